"""The command ``cogov``: one file per verb in ``experiments/commands/``, found by its name.

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
from sim.config.catalog import LANGUAGES, chosen_language, language, set_language, shortened, text
from sim.config.errors import Notice, UserError

BAD_INPUT, STOPPED, PIPE_CLOSED = 2, 130, 141
LONGEST = 600  # characters of an error of the command line
OF_OUTPUT = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EPIPE,
    errno.EBADF,
)  # without a file's name: of stdout
LEAST_MEMORY = 600_000_000  # bytes of address space: 555 MB are taken by a run of 2,000 residents
NO_MEMORY = re.compile(
    "allocate memory|failed to map|start new thread", re.IGNORECASE
)  # as the loader of libraries says it
_ARGPARSE = {  # argparse's own messages -> catalog keys
    "usage: ": "argparse.usage",
    "options": "argparse.options",
    "positional arguments": "argparse.positionals",
    "show this help message and exit": "argparse.help",
    "the following arguments are required: %s": "argparse.required",
    "unrecognized arguments: %s": "argparse.unknown",
    "invalid choice: %(value)r (choose from %(choices)s)": "argparse.choice",
    "invalid %(type)s value: %(value)r": "argparse.value",
    "expected one argument": "argparse.one",
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
    top = Parser(
        prog="cogov",
        description=text("cli.description"),
        epilog=text("cli.epilog"),
        parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=_version(), help=text("argparse.version"))
    verbs = top.add_subparsers(dest="verb", metavar=text("cli.verb"), required=True, parser_class=Parser)
    for name in sorted(path.stem for path in (Path(__file__).parent / "commands").glob("[a-z]*.py")):
        module = import_module(f"experiments.commands.{name}")
        sub = verbs.add_parser(
            name,
            help=text(f"cli.{name}.help"),
            parents=[common],
            description=text(f"cli.{name}.description"),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
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
        value = (
            word[7:]
            if word.startswith("--lang=")
            else argv[i + 1]
            if word == "--lang" and i + 1 < len(argv)
            else None
        )
        if value in LANGUAGES:
            return value
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 good, 1 some runs failed, 2 an error that the user can mend,
    130 stopped, 141 the reader of the output went away. What it changes in the process (signal handlers,
    language, argparse's words) is as before when it returns."""
    if (
        "multiprocessing.spawn" in sys.modules
    ):  # perhaps a worker that reads a script without a __main__ guard
        from experiments.running.executors import refuse_second_reading

        refuse_second_reading()
    own = argv is None  # the program itself, and not a call from Python
    if own:
        _in_utf8()
    words = sys.argv[1:] if argv is None else argv
    with _as_before():
        set_language(_wished_language(words))
        with warnings.catch_warnings():
            warnings.showwarning = _show(warnings.showwarning)
            return _answer(words, own)


def _in_utf8() -> None:
    """A path in Chinese under a locale of ASCII: start again in Python's UTF-8 mode, where it is like any
    other.
    """
    if not sys.flags.utf8_mode and any(
        "\udc80" <= letter <= "\udcff" for word in sys.argv for letter in word
    ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})


def _answer(argv: list[str], own: bool) -> int:
    """The verb's exit code, whatever ends it; every word of it is out, or the code says that it is not."""
    args = None
    try:
        args = parser().parse_args(argv)
        args.lang = args.lang or language()
        _check_room()
        code = args.run(args) or 0
        sys.stdout.flush()
        return code
    except SystemExit as end:  # --help, --version, a wrong argument: their words may still wait in a buffer
        try:
            sys.stdout.flush()
        except OSError as error:
            return _broken(error, args, own)
        raise end
    except KeyboardInterrupt:
        _last_words(text("cli.stopped"), *([text("cli.next"), f"  {same_command(args)}"] if args else []))
        return STOPPED
    except Exception as error:
        return _broken(error, args, own)


def _check_room() -> None:
    """MemoryError where this session may not take what every verb needs: a library of linear algebra that
    gets no memory while it is loaded asks again for ever, and no signal ends it.
    """
    with suppress(ImportError):  # not on every system
        import resource

        allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
        if allowed != resource.RLIM_INFINITY and allowed < LEAST_MEMORY:
            raise MemoryError


def _broken(error: Exception, args, own: bool) -> int:
    """One line for what a user can mend; a fault of ours goes up with its traceback."""
    of_output = isinstance(error, OSError) and error.filename is None and error.errno in OF_OUTPUT
    if own and of_output:
        _give_up_stdout()
    if of_output and error.errno in (errno.EPIPE, errno.EIO):
        if hasattr(
            args, "run_limit"
        ):  # a batch ended with its reader; a list that was cut short needs no word
            _last_words(text("cli.pipe_closed"), f"  {same_command(args)}")
        return PIPE_CLOSED
    if isinstance(error, UserError):
        message = str(error)
    elif isinstance(error, MemoryError) or (
        isinstance(error, (ImportError, RuntimeError)) and NO_MEMORY.search(str(error))
    ):
        message = text("cli.no_memory")
    elif isinstance(error, OSError):
        what = error.filename or (text("cli.output") if of_output else type(error).__name__)
        message = text("cli.os_error", what=shortened(what, 240), why=error.strerror or error)
    else:
        raise error
    _last_words(text("cli.error", message=message))
    return BAD_INPUT


def _last_words(*lines: str) -> None:
    """On stderr, if there is still one."""
    with suppress(OSError, ValueError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)


def _give_up_stdout() -> None:
    """What waits in stdout's buffer can go nowhere: Python would try again at its end, with an error of
    its own.
    """
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def _as_before() -> Iterator[None]:
    """SIGTERM (a cluster's 'please stop') and SIGHUP (a closing terminal) are Ctrl-C by other names, in here
    only.

    A program that was started under nohup stays deaf to SIGHUP.
    """
    words, lang, handlers = argparse._, chosen_language(), {}
    streams = [
        (stream, stream.errors) for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")
    ]
    for stream, _ in streams:  # a terminal that cannot show Chinese must not end the program
        stream.reconfigure(errors="replace")
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                handlers[number] = signal.signal(number, _terminated)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for stream, errors in streams:
            with suppress(OSError, ValueError):  # what waits in a broken stream cannot be put out first
                stream.reconfigure(errors=errors)
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
