"""A thousand damaged configuration files of ten classes: each is taken or refused in words, within 2 seconds
and 300 MB.

    python benchmarks/fuzz_configs.py                         1,000 files, seed 1
    python benchmarks/fuzz_configs.py --count 5000 --seed 7
    python benchmarks/fuzz_configs.py --only plan --keep bad  keep what was answered badly in the folder bad/

Every file is a shipped one with one to three slips: of the keyboard, of the pen (values, keys), of the
encoding, and of malice (bombs of aliases, depth, length). A good answer is acceptance, or an error of ours of
at most 21 lines. Ends with 1 otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.config_slips import ENCODINGS, SLIPS  # noqa: E402  # the path comes first

SECONDS, MEGABYTES, LINES, WIDTH = 2.0, 300, 21, 1_000
PATIENCE = 20.0  # seconds after which a file counts as never answered


@dataclass(frozen=True)
class Class:
    """One class of files: where its shipped ones lie, and what reads one (a path)."""

    pattern: str
    load: Callable[[Path], object]


def classes() -> dict[str, Class]:
    """The ten classes by name."""
    from experiments.questions.comparison import Study
    from experiments.questions.plan import Plan
    from experiments.validation import systems
    from experiments.validation.runs import patterns, phenomena
    from sim.config import registry
    from sim.scenario import Scenario

    return {
        "place": Class("places/*.yaml", Scenario.load),
        "study": Class("studies/three_policies.yaml", Study.load),
        "plan": Class("studies/what_decides.yaml", Plan.load),
        "ranks": Class("studies/ranks.yaml", Plan.load),
        "bundles": Class("studies/bundles.yaml", Plan.load),
        "system": Class("systems/*.yaml", systems.System.load),
        "phenomenon": Class("studies/phenomena/*.yaml", phenomena.Phenomenon.load),
        "pattern": Class("patterns/[a-z]*.yaml", lambda path: patterns.load_patterns(path.parent)),
        "cells": Class("patterns/_cells.yaml", lambda path: patterns.load_cells(path=path)),
        "parameters": Class(
            "parameters/[a-bd-jl-z]*.yaml", lambda path: registry.read_parameters(path.parent)
        ),
    }


def damaged(kinds: dict[str, Class], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """(class, what was done, content) of ``count`` files, the classes in turn; the same for the same seed."""
    rng = random.Random(seed)
    shipped = {name: sorted((ROOT / "configs").glob(kind.pattern)) for name, kind in kinds.items()}
    for i in range(count):
        name = list(kinds)[i % len(kinds)]
        words, done = rng.choice(shipped[name]).read_text(encoding="utf-8"), []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            slip = rng.choice(SLIPS)
            words = slip(words, rng)
            done.append(slip.__name__)
        how = rng.choice(ENCODINGS) if rng.random() < 0.15 else "utf-8"
        content = words.encode(
            "latin-1" if how == "cut" else how,
            errors="replace" if how in ("latin-1", "cut") else "surrogatepass",
        )
        yield (
            name,
            "+".join([*done, *([how] if how != "utf-8" else [])]),
            content[: rng.randrange(len(content) + 1)] if how == "cut" else content,
        )


# -- answers ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """How a file was answered: accepted, refused, or something that nobody should meet."""

    verdict: str
    words: str
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.verdict in ("accepted", "refused") and self.seconds <= SECONDS


def answer(load: Callable[[Path], object], path: Path) -> Answer:
    """Read a file; what it said, and how long it took."""
    import warnings

    from sim.config.errors import UserError

    began = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load(path)
        verdict, words = "accepted", ""
    except UserError as error:
        words = error.show("en")
        lines = [*words.splitlines(), *error.show("zh").splitlines()]
        long = (
            len(words.splitlines()) > LINES
            or max(map(len, lines)) > WIDTH
            or not all(line.isprintable() for line in lines)
        )
        verdict = "too long or unprintable" if long or not words else "refused"
    except MemoryError:
        verdict, words = "out of memory", ""
    except Exception:
        verdict, words = "traceback", traceback.format_exc()[-1500:]
    return Answer(verdict, words, time.perf_counter() - began)


def serve(pipe, folder: Path) -> None:
    """In a process of its own, within the memory allowed: answer files as they come."""
    kinds = classes()
    for name, kind in kinds.items():  # what is read once is no file's fault
        first = sorted((ROOT / "configs").glob(kind.pattern))[0]
        try:
            kind.load(first)
        except Exception:
            print(f"{name}: {first.name} as shipped is refused", file=sys.stderr)
    _limit()
    while (asked := pipe.recv()) is not None:
        name, content = asked
        path = folder / "x" / "file.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        pipe.send(answer(kinds[name].load, path))


def _limit() -> None:
    """At most so many megabytes more than this process has now (where the system can hold it to that)."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return


class Server:
    """A process that answers; started anew where it hung or died."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(there, self.folder), daemon=True
        )
        self.process.start()

    def ask(self, name: str, content: bytes) -> Answer:
        """The answer to one file."""
        self.pipe.send((name, content))
        patience = time.monotonic() + PATIENCE + 60.0 * (self.process.exitcode is None)
        while time.monotonic() < patience:
            if self.pipe.poll(0.5):
                return self.pipe.recv()
            if not self.process.is_alive():
                break
        verdict = "no answer" if self.process.is_alive() else f"the process died ({self.process.exitcode})"
        self.end()
        self.start()
        return Answer(verdict, "", PATIENCE)

    def end(self) -> None:
        self.process.kill()
        self.process.join()


def main(argv: list[str] | None = None) -> int:
    """Make the files, ask, count; 0 if every answer was a good one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one class")
    parser.add_argument("--keep", type=Path, help="a folder for files that were answered badly")
    parser.add_argument("--show", action="store_true", help="print every answer")
    args = parser.parse_args(argv)
    kinds = {name: kind for name, kind in classes().items() if args.only in (None, name)}
    verdicts, slowest, bad = Counter(), 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        for i, (name, done, content) in enumerate(damaged(kinds, args.count, args.seed)):
            found = server.ask(name, content)
            verdicts[name, found.verdict] += 1
            slowest = max(slowest, found.seconds)
            if not found.good or args.show:
                print(
                    f"{i} {name} {done}: {found.verdict} ({found.seconds:.2f} s)\n{found.words}", flush=True
                )
            if not found.good:
                bad += 1
                if args.keep:
                    args.keep.mkdir(parents=True, exist_ok=True)
                    (args.keep / f"{i}_{name}.yaml").write_bytes(content)
        server.end()
    for (name, verdict), number in sorted(verdicts.items()):
        print(f"{name:12} {verdict:12} {number}")
    print(f"{args.count} files, {bad} answered badly; slowest {slowest:.2f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
