"""The verbs of the command, one file each: ``arguments(parser)`` declares them, ``run(args)`` does the
work.
"""
