"""The command ``cogov``: one file per verb in ``experiments/verbs/``, found by its name.

Nothing heavy is imported before a verb runs: ``cogov --help`` answers at once.
"""
from __future__ import annotations

import argparse
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from experiments.errors import UserError
from sim.errors import Notice
from sim.texts import LANGUAGES, language, set_language, shortened, text

BAD_INPUT, STOPPED = 2, 130
LONGEST = 600  # characters of an error of the command line
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
        sub.set_defaults(run=module.run)
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
    """Run the command; returns its exit code (0 good, 1 some runs failed, 2 bad input, 130 stopped)."""
    argv = sys.argv[1:] if argv is None else argv
    set_language(_wished_language(argv))
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show Chinese must not end the program
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    args = parser().parse_args(argv)
    args.lang = args.lang or language()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminated)
    with warnings.catch_warnings():
        warnings.showwarning = _show(warnings.showwarning)
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    """The verb's own exit code, or that of how it ended."""
    try:
        return args.run(args) or 0
    except KeyboardInterrupt:
        print(text("cli.stopped"), file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # `cogov list | head`
        sys.stderr.close()
        return 0
    except UserError as error:
        print(text("cli.error", message=error), file=sys.stderr)
        return BAD_INPUT


def _show(usual: Callable) -> Callable:
    """Warnings as usual, but what is meant for the user in one line of their language."""
    def show(message, category, *place, **more) -> None:
        if issubclass(category, Notice):
            print(message, file=sys.stderr)
        else:
            usual(message, category, *place, **more)

    return show


def _terminated(*_) -> None:
    """A cluster's 'please stop' is Ctrl-C by another name."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
