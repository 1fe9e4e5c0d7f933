"""A hundred and fifty command lines that nobody should type: each is answered in words, within 2 seconds, and
nothing is simulated.

    python benchmarks/fuzz_commands.py                      150 lines, seed 1
    python benchmarks/fuzz_commands.py --count 1000 --seed 5 --show

Every line is run through ``experiments.cli.main`` in a folder of its own that holds a few files of the wrong
kind. Where a line is good, it is stopped at the moment when the model would be compiled or an engine built. A
good answer is: done, that moment, or an exit code of 1, 2 or 130 with at most 21 lines on stderr; what is
refused leaves the folder as it was. Ends with 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS, LINES, WIDTH = 2.0, 21, 1_000
HUNG = 15  # seconds after which a line counts as never answered
WORDS = (
    "0",
    "-1",
    "1",
    "2",
    "007",
    "1_0",
    "1e3",
    "2.5",
    "nan",
    "inf",
    "true",
    "yes",
    "",
    " ",
    "99999999999999999999",
    "9999999999",
    "9223372036854775808",
    "9" * 5000,
    "\u0663",
    "\u00b2",
    "3,5,8",
    "3,3",
    ",",
    "1,,2",
    "1,x",
    "x" * 255,
    "x" * 40_000,
    "..",
    ".",
    "/",
    "-",
    "--",
    "@",
    "@x",
    "%s",
    "{x}",
    "{",
    "=cmd()",
    "a b",
    "\u540d\u79f0",
    "\udcff",
    "a\nb",
    "\x1b[31m",
    "/no/such.yaml",
    "no/such.yaml",
    "none.yaml",
    "folder.yaml",
    "folder",
    "pipe.yaml",
    "null.yaml",
    "broken.yaml",
    "gbk.yaml",
    "binary.yaml",
    "list.yaml",
    "results",
    "/bin/ls",
    "/dev/null",
    "three_policies",
    "three_polices",
    "ranks",
    "what_decides",
    "bundles",
    "small_community",
    "hongshan_grid",
    "baseline",
    "dispute_rate",
    "x:intensity=1",
    "grid_management:intensity=yes",
    "grid_management:intensity=2",
    "grid_management:policy=",
    "grid_management:=1",
    "grid_management:intensity=1,intensity=1",
    ":intensity=1",
    "grid_management:start_day=0.5",
    "grid_management:start_day=9,end_day=3",
    "grid_management:end_day=-50",
    "resident_council:x=1",
    "2/5",
    "0/0",
    "5/2",
    "1/99999999999",
    "a/b",
    "dispute_rate=0.3",
    "dispute_rate=-1",
    "x=1",
    "dispute_rate=1_0",
    "dispute_rate=nan",
    "dask",
    "slurm",
    "tcp://x",
    "file://x",
    "process",
    "a=0:1,b=0:1",
    "a=1:0",
    "a=0:1,a=0:1",
    "a",
    "a=x|y",
    "y",
    "y,y",
    "a",
    "sobol",
    "pawn",
    "pawn,pwan",
    "csv",
    "xlsx",
    "runs",
    "3",
    "6",
    "24",
    "claims",
    "en",
    "zh",
    "fr",
    "table.csv",
    "gbk.csv",
    "utf16.csv",
    "ragged.csv",
    "empty.csv",
    "words.csv",
    "dir.csv",
)
FLAGS = (
    "--fresh",
    "--quiet",
    "--no-report",
    "--all",
    "--long",
    "--full",
    "--help",
    "--drop-failed",
    "--second-order",
    "--deterministic",
    "--shared-seeds",
    "--version",
    "--no-such-option",
    "-x",
)
VALUED = (
    "--seeds",
    "--seed",
    "--days",
    "--burn-in",
    "--residents",
    "--from-day",
    "--workers",
    "--executor",
    "--shard",
    "--out",
    "--run-limit",
    "--precision",
    "--min-seeds",
    "--max-seeds",
    "--policy",
    "--n",
    "--replicates",
    "--from",
    "--inputs",
    "--outputs",
    "--analysis",
    "--curves",
    "--to",
    "--only",
    "--systems",
    "--lang",
)


class Reached(BaseException):
    """The moment at which a good line would begin to compute."""


@dataclass(frozen=True)
class Answer:
    """How a line was answered, what it said, and how long it took."""

    verdict: str
    words: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict in ("done", "would run", "refused") and self.seconds <= SECONDS


def options() -> dict[str, tuple[int, list[str], list[str]]]:
    """verb -> (least positional arguments, its flags, its options with a value), as the parser has them."""
    from experiments.cli import parser

    verbs = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)).choices
    found = {}
    for verb, sub in verbs.items():
        actions = [a for a in sub._actions if a.option_strings]
        least = sum(not a.option_strings and a.nargs not in ("?", "*") for a in sub._actions)
        found[verb] = (
            least,
            [a.option_strings[-1] for a in actions if a.nargs == 0],
            [a.option_strings[-1] for a in actions if a.nargs != 0],
        )
    return found


def lines(count: int, seed: int) -> Iterator[list[str]]:
    """``count`` command lines, every verb in turn; the same for the same seed."""
    rng, verbs = random.Random(seed), options()
    for i in range(count):
        verb = list(verbs)[i % len(verbs)]
        least, flags, valued = verbs[verb]
        words = [rng.choice(WORDS) for _ in range(max(0, least + rng.choice((-1, 0, 0, 0, 0, 1))))]
        if least and rng.random() < 0.5:  # a good one, so that what follows is looked at
            words[:1] = [
                rng.choice(
                    {"run": ["small_community", "hongshan_grid"], "sweep": ["ranks", "bundles"]}.get(
                        verb, ["three_policies"]
                    )
                )
            ]
        for _ in range(rng.randrange(4)):
            if rng.random() < 0.25:
                words.append(rng.choice(flags or FLAGS) if rng.random() < 0.8 else rng.choice(FLAGS))
            else:
                words += [
                    rng.choice(valued or VALUED) if rng.random() < 0.9 else rng.choice(VALUED),
                    rng.choice(WORDS),
                ]
        yield [verb if rng.random() < 0.97 else rng.choice(WORDS), *words]


def furnish(folder: Path) -> None:
    """Files of the wrong kind, and of the right one."""
    (folder / "folder.yaml").mkdir()
    (folder / "dir.csv").mkdir()
    (folder / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.yaml")
    (folder / "null.yaml").write_bytes(b"name: a\0b\n")
    (folder / "broken.yaml").write_text("name: [a\nb: }\n", encoding="utf-8")
    (folder / "list.yaml").write_text("- a\n- b\n", encoding="utf-8")
    (folder / "binary.yaml").write_bytes(bytes(range(256)) * 8)
    study = (ROOT / "configs" / "studies" / "three_policies.yaml").read_text(encoding="utf-8")
    (folder / "gbk.yaml").write_bytes(study.encode("gb18030"))
    table = "a,b,y\n" + "".join(f"{i % 7 / 7},{i % 5 / 5},{i}\n" for i in range(40))
    (folder / "table.csv").write_text(table, encoding="utf-8")
    (folder / "gbk.csv").write_bytes(table.replace("b", "\u7532").encode("gb18030"))
    (folder / "utf16.csv").write_bytes(table.encode("utf-16"))
    (folder / "ragged.csv").write_text("a,b,y\n1,2\n", encoding="utf-8")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "words.csv").write_text(table.replace("39", "many"), encoding="utf-8")


def listing(folder: Path) -> set[str]:
    """Everything that lies in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@contextlib.contextmanager
def nothing_computed() -> Iterator[None]:
    """Compiling and building an engine raise ``Reached``."""
    from unittest import mock

    import sim.engine
    import sim.precompile

    def stop(*_, **__):
        raise Reached

    with (
        mock.patch.object(sim.precompile, "compile_all", stop),
        mock.patch.object(sim.engine.Engine, "__init__", stop),
    ):
        yield


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """TimeoutError for what hangs (where there is an alarm clock)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_):
        raise TimeoutError("no answer")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HUNG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer(words: Sequence[str]) -> Answer:
    """Run one line in a folder of its own."""
    from experiments import cli

    out, err, here = io.StringIO(), io.StringIO(), Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnish(folder)
        before = listing(folder)
        os.chdir(folder)
        began = time.perf_counter()
        try:
            with (
                in_time(),
                nothing_computed(),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                verdict = judged(cli.main(list(words)), err.getvalue(), listing(folder) - before)
        except Reached:
            verdict = "would run"
        except SystemExit as end:
            verdict = judged(end.code or 0, err.getvalue(), listing(folder) - before)
        except BaseException:
            verdict = "traceback"
            err.write(traceback.format_exc()[-1500:])
        finally:
            os.chdir(here)
        return Answer(verdict, err.getvalue(), time.perf_counter() - began)


def judged(code: object, said: str, new: set[str]) -> str:
    """The verdict on an exit code, what was said on stderr, and what now lies in the folder."""
    rows = said.splitlines()
    if code == 0:
        return "done"
    if code not in (1, 2, 130) or not said.strip() or "Traceback" in said:
        return f"exit code {code}"
    if len(rows) > LINES or max(map(len, rows)) > WIDTH:
        return "too long"
    return "left something behind" if new and code == 2 else "refused"


def main(argv: list[str] | None = None) -> int:
    """Make the lines, run them, count; 0 if every answer was a good one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print every answer")
    args = parser.parse_args(argv)
    answer(["list"])  # what is imported once is no line's fault
    answer(["compare", "three_policies"])
    answer(["sensitivity", "--from", "table.csv", "--inputs", "a=0:1,b=0:1", "--outputs", "y"])
    verdicts, bad, slowest = Counter(), 0, 0.0
    for i, words in enumerate(lines(args.count, args.seed)):
        told = answer(words)
        verdicts[told.verdict] += 1
        slowest = max(slowest, told.seconds)
        bad += not told.good
        if args.show or not told.good:
            short = [word if len(word) < 60 else f"{word[:20]}...({len(word)})" for word in words]
            print(
                f"{i} {short!a}: {told.verdict} ({told.seconds:.2f} s)\n  {told.words[-900:].strip()}",
                flush=True,
            )
    for verdict, number in verdicts.most_common():
        print(f"{verdict:24} {number}")
    print(f"{args.count} command lines, {bad} answered badly; slowest {slowest:.2f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
