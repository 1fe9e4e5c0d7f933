"""The command ``cogov``: one file per verb in ``experiments/verbs/``, found by its name.

Nothing heavy is imported before a verb runs: ``cogov --help`` answers at once.
"""
from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from experiments.console import same_command
from experiments.errors import UserError
from sim.errors import Notice
from sim.texts import LANGUAGES, chosen_language, language, set_language, shortened, text

BAD_INPUT, STOPPED, PIPE_CLOSED = 2, 130, 141
LONGEST = 600  # characters of an error of the command line
NO_MEMORY = re.compile("allocate memory|failed to map", re.IGNORECASE)  # as the loader of libraries says it
_ARGPARSE = {  # argparse's own messages -> catalog keys
    "usage: ": "argparse.usage", "options": "argparse.options", "positional arguments": "argparse.positionals",
    "show this help message and exit": "argparse.help",
    "the following arguments are required: %s": "argparse.required", "unrecognized arguments: %s": "argparse.unknown",
    "invalid choice: %(value)r (choose from %(choices)s)": "argparse.choice",
    "invalid %(type)s value: %(value)r": "argparse.value", "expected one argument": "argparse.one",
    "argument %(argument_name)s: %(message)s": "argparse.argument",
}


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors say what to do next, in the user's language."""

    def error(self, message: str) -> NoReturn:
        print(text("cli.error", message=shortened(message, LONGEST)), file=sys.stderr)
        print(text("cli.see_help", command=self.prog), file=sys.stderr)
        raise SystemExit(BAD_INPUT)

    def _print_message(self, message: str, file=None) -> None:
        """argparse would swallow a full disk here."""
        if message:
            (file or sys.stderr).write(message)


def parser() -> argparse.ArgumentParser:
    """The whole command line, every verb's file asked for its arguments."""
    argparse._ = _translated  # argparse reads its messages through this name
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, help=text("cli.option.lang"))
    top = Parser(prog="cogov", description=text("cli.description"), epilog=text("cli.epilog"), parents=[common],
                 formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=_version(), help=text("argparse.version"))
    verbs = top.add_subparsers(dest="verb", metavar=text("cli.verb"), required=True, parser_class=Parser)
    for name in sorted(path.stem for path in (Path(__file__).parent / "verbs").glob("[a-z]*.py")):
        module = import_module(f"experiments.verbs.{name}")
        sub = verbs.add_parser(name, help=text(f"cli.{name}.help"), parents=[common], description=text(f"cli.{name}.description"),
                               formatter_class=argparse.RawDescriptionHelpFormatter)
        module.arguments(sub)
        sub.set_defaults(run=module.run, parser=sub)
    return top


def _translated(message: str) -> str:
    key = _ARGPARSE.get(message)
    return text(key) if key else message


def _version() -> str:
    from sim import __version__

    return f"cogov {__version__}"


def _wished_language(argv: list[str]) -> str | None:
    """--lang is needed before parsing, for help and for errors."""
    for i, word in enumerate(argv):
        value = word[7:] if word.startswith("--lang=") else argv[i + 1] if word == "--lang" and i + 1 < len(argv) else None
        if value in LANGUAGES:
            return value
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 good, 1 some runs failed, 2 an error that the user can mend,
    130 stopped, 141 the reader of the output went away. What it changes in the process (signal handlers, language,
    argparse's words) is as before when it returns."""
    if "multiprocessing.spawn" in sys.modules:  # perhaps a worker that reads a script without a __main__ guard
        from experiments.executors import refuse_second_reading

        refuse_second_reading()
    if argv is None:
        _in_utf8()
        argv = sys.argv[1:]
    with _as_before():
        set_language(_wished_language(argv))
        for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show Chinese must not end the program
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        with warnings.catch_warnings():
            warnings.showwarning = _show(warnings.showwarning)
            return _answer(argv)


def _in_utf8() -> None:
    """A path in Chinese under a locale that knows only ASCII: start again in Python's UTF-8 mode, where it is a path like any other."""
    if not sys.flags.utf8_mode and any("\udc80" <= letter <= "\udcff" for word in sys.argv for letter in word):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})


def _answer(argv: list[str]) -> int:
    """The verb's exit code, whatever ends it; every word of it is out, or the code says that it is not."""
    args = None
    try:
        args = parser().parse_args(argv)
        args.lang = args.lang or language()
        code = args.run(args) or 0
        sys.stdout.flush()
        return code
    except SystemExit as end:  # --help, --version, a wrong argument: their words may still wait in a buffer
        try:
            sys.stdout.flush()
        except OSError as error:
            return _broken(error, args)
        raise end
    except KeyboardInterrupt:
        _last_words(text("cli.stopped"), *([text("cli.next"), f"  {same_command(args)}"] if args else []))
        return STOPPED
    except Exception as error:
        return _broken(error, args)


def _broken(error: Exception, args) -> int:
    """One line for what a user can mend; a fault of ours goes up with its traceback."""
    if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno == errno.EIO and error.filename is None):
        _give_up_stdout()
        if hasattr(args, "run_limit"):  # a batch ended with its reader; a list that was cut short needs no word
            _last_words(text("cli.pipe_closed"), f"  {same_command(args)}")
        return PIPE_CLOSED
    if isinstance(error, UserError):
        message = str(error)
    elif isinstance(error, MemoryError) or (isinstance(error, ImportError) and NO_MEMORY.search(str(error))):
        message = text("cli.no_memory")
    elif isinstance(error, OSError):
        message = text("cli.os_error", what=shortened(error.filename or text("cli.output"), 240), why=error.strerror or error)
        if error.filename is None:
            _give_up_stdout()
    else:
        raise error
    _last_words(text("cli.error", message=message))
    return BAD_INPUT


def _last_words(*lines: str) -> None:
    """On stderr, if there is still one."""
    with suppress(OSError, ValueError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)


def _give_up_stdout() -> None:
    """What waits in stdout's buffer can go nowhere: Python would try again at its end, and fail with words of its own."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def _as_before() -> Iterator[None]:
    """SIGTERM (a cluster's 'please stop') and SIGHUP (a terminal that closes) are Ctrl-C by other names, in here only.

    A program that was started under nohup stays deaf to SIGHUP.
    """
    words, lang, handlers = argparse._, chosen_language(), {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                handlers[number] = signal.signal(number, _terminated)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        set_language(lang)
        argparse._ = words


def _show(usual: Callable) -> Callable:
    """Warnings as usual, but what is meant for the user in one line of their language."""
    def show(message, category, *place, **more) -> None:
        if issubclass(category, Notice):
            print(message, file=sys.stderr)
        else:
            usual(message, category, *place, **more)

    return show


def _terminated(*_) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
