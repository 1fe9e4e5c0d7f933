"""Plausible slips in mechanisms, one at a time, in a copy of the sources: do the tests see them?

    python benchmarks/mutations.py                    all of them, one after another (half an hour of one
        core)
    python benchmarks/mutations.py --list             what they are
    python benchmarks/mutations.py --only paper_fixes queue_by_key
    python benchmarks/mutations.py --cold             nothing is taken over from the sound engine's compiled
        code

Sources and tests are copied to a temporary folder; each slip is put into the copy, the tests named with it
are run until the first fails, and the file is put back. The compiled code has a cache folder of its own,
which starts with the sound engine's code of modules that do not import the changed one, however indirectly. A
slip that survives is run again without that help, so stale code can hide none. The tests must pass on the
copy first. Printed is a Markdown table. Whether a slip was caught is counted for it alone, never for two at
once.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mutation_list import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("sim", "experiments", "configs", "tests", "pyproject.toml")
PATIENCE = 900.0  # seconds for one slip's tests, compilation included
BROKEN = re.compile(
    r"TypingError|LoweringError|SyntaxError|NameError|ImportError|ModuleNotFoundError|"
    r"found no collectors|not found:"
)


@dataclass(frozen=True)
class Verdict:
    """What became of one slip: killed, survived, or broken (it does not even compile, which proves
    nothing).
    """

    fate: str
    by: str
    seconds: float


class Copy:
    """A copy of the repository in a temporary folder, and compiled code of the sound engine beside it."""

    def __init__(self, folder: Path, cold: bool) -> None:
        self.folder, self.cold = folder / "copy", cold
        self.sound, self.own = folder / "sound", folder / "own"
        self.folder.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, self.folder / name)

    def run(self, arguments: list[str], cache: Path) -> subprocess.CompletedProcess:
        """A Python process that sees the copy alone, with a lower priority."""
        env = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "COGOV_CACHE": str(cache),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=env,
            text=True,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            preexec_fn=lambda: os.nice(10),
        )

    def test(self, tests: tuple[str, ...], cache: Path) -> Verdict:
        """Run the tests until one fails."""
        start = time.monotonic()
        try:
            done = self.run(
                ["-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=line", *tests], cache
            )
        except subprocess.TimeoutExpired:
            return Verdict("killed", "(never ended)", time.monotonic() - start)
        seconds = time.monotonic() - start
        if done.returncode == 0:
            return Verdict("survived", "", seconds)
        failed = re.search(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        if done.returncode != 1 or failed is None or BROKEN.search(done.stdout):
            return Verdict("broken", (done.stdout + done.stderr)[-400:], seconds)
        return Verdict("killed", failed.group(1).removeprefix("tests/"), seconds)

    def prepare(self, changed: set[str]) -> None:
        """The slip's own cache folder: empty, or with the sound code of all that cannot see the
        ``changed`` files.
        """
        shutil.rmtree(self.own, ignore_errors=True)
        if self.cold or not self.sound.exists():
            return
        target = Path(
            self.run(["-c", "from sim.numerics.jit import CACHE; print(CACHE)"], self.own).stdout.strip()
        )
        stale = {Path(path).stem for path in touched(self.folder, changed)}
        for path in self.sound.rglob("*.nb?"):
            if path.name.split(".")[0] not in stale:
                shutil.copy2(path, target / path.name)

    def attempt(self, mutation: Mutation) -> Verdict:
        """Put one slip in, run its tests, and put the files back as they were, dates included."""
        paths = {file: self.folder / file for file, _, _ in mutation.edits}
        before = {file: (path.read_text(encoding="utf-8"), path.stat()) for file, path in paths.items()}
        try:
            for file, old, new in mutation.edits:
                text = paths[file].read_text(encoding="utf-8")
                if text.count(old) != 1:
                    return Verdict(
                        "broken", f"{file}: the text to change is there {text.count(old)} times", 0.0
                    )
                paths[file].write_text(text.replace(old, new), encoding="utf-8")
            self.prepare(set(paths))
            found = self.test(mutation.tests, self.own)
            if found.fate == "survived" and not self.cold:
                shutil.rmtree(self.own, ignore_errors=True)
                found = self.test(mutation.tests, self.own)
            return found
        finally:
            for file, (text, stat) in before.items():
                paths[file].write_text(text, encoding="utf-8")
                os.utime(paths[file], ns=(stat.st_atime_ns, stat.st_mtime_ns))


def touched(folder: Path, changed: set[str]) -> set[str]:
    """The changed files and all of sim that import them, directly or through others."""
    imports = {str(p.relative_to(folder)): imported(p) for p in (folder / "sim").rglob("*.py")}
    found = set(changed)
    while True:
        more = {file for file, names in imports.items() if names & found} - found
        if not more:
            return found
        found |= more


def imported(path: Path) -> set[str]:
    """Files of sim that a file imports, anywhere in it."""
    files = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        files |= {name.replace(".", "/") + ".py" for name in names}
    return files


def row(mutation: Mutation, found: Verdict) -> str:
    """One line of the table."""
    by = f"`{found.by}`" if found.by else "nobody"
    return (
        f"| `{mutation.name}` | {mutation.slip} | {mutation.mechanism} | "
        f"{found.fate} | {by.replace('|', '/')} |"
    )


def main(words: list[str] | None = None) -> int:
    """0 if every slip was killed; 1 if one survived or broke, 2 if the tests fail without any."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these slips only")
    parser.add_argument("--list", action="store_true", help="list the slips and end")
    parser.add_argument("--cold", action="store_true", help="compile everything anew for every slip")
    args = parser.parse_args(words)
    unknown = set(args.only or ()) - {m.name for m in MUTATIONS}
    if unknown:
        parser.error(f"no such slip: {', '.join(sorted(unknown))} (see --list)")
    chosen = [m for m in MUTATIONS if not args.only or m.name in args.only]
    if args.list:
        for m in chosen:
            print(
                f"{m.name:22} {', '.join(sorted({file for file, _, _ in m.edits}))}: "
                f"{m.slip}  [{' '.join(m.tests)}]"
            )
        return 0
    with tempfile.TemporaryDirectory(prefix="cogov-mutations-") as folder:
        copy = Copy(Path(folder), args.cold)
        sound = copy.test(tuple(dict.fromkeys(test for m in chosen for test in m.tests)), copy.sound)
        print(
            f"Without a slip: {sound.fate} in {sound.seconds:.0f} s {sound.by}", file=sys.stderr, flush=True
        )
        if sound.fate != "survived":
            return 2
        print(
            "| Slip | What is changed | Mechanism | Fate | First test that fails |\n"
            "| --- | --- | --- | --- | --- |",
            flush=True,
        )
        fates = []
        for mutation in chosen:
            found = copy.attempt(mutation)
            fates.append(found.fate)
            print(row(mutation, found), flush=True)
            print(f"{mutation.name}: {found.seconds:.0f} s", file=sys.stderr, flush=True)
    print(
        f"\n{fates.count('killed')} of {len(fates)} killed, {fates.count('survived')} survived, "
        f"{fates.count('broken')} broken."
    )
    return 0 if fates.count("killed") == len(fates) else 1


if __name__ == "__main__":
    sys.exit(main())
