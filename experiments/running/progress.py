"""Progress by arm with the time left: bars in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

LINE_SECONDS = 10.0  # between plain lines: a cluster's log must not look hung, nor drown
COMPILING_AFTER, COMPILING_EVERY = (
    1.5,
    2.0,
)  # seconds: loading compiled code takes less; a line every other second is enough


class Clock:
    """Runs done by arm, and the seconds left at the pace so far."""

    def __init__(self, totals: dict[str, int], now: Callable[[], float] = time.monotonic):
        self.totals, self.done, self.now = totals, Counter(), now
        self.began = now()

    def advance(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self.done.update(arm for _, arm, _ in rows)

    @property
    def finished(self) -> int:
        return sum(self.done.values())

    @property
    def total(self) -> int:
        return sum(self.totals.values())

    def seconds_left(self) -> float | None:
        """None until something has finished."""
        if not self.finished:
            return None
        return (self.now() - self.began) / self.finished * (self.total - self.finished)


class Silent:
    """No progress at all (``--quiet``); notes are dropped too."""

    def advance(self, rows) -> None: ...

    def tick(self) -> None: ...

    def note(self, key: str, **values: str) -> None: ...

    def close(self) -> None: ...


class Lines(Silent):
    """A line every ten seconds on stderr."""

    def __init__(self, totals: dict[str, int], words: Callable[..., str], out=None):
        self.clock, self.words, self.out = Clock(totals), words, out or sys.stderr
        self.last = self.clock.began

    def advance(self, rows) -> None:
        self.clock.advance(rows)
        self.tick()

    def tick(self) -> None:
        if self.clock.now() - self.last >= LINE_SECONDS:
            self.last = self.clock.now()
            arms = ", ".join(
                f"{arm} {self.clock.done[arm]}/{total}" for arm, total in self.clock.totals.items()
            )
            self._print(
                "progress.line",
                done=self.clock.finished,
                total=self.clock.total,
                arms=arms,
                left=duration(self.clock.seconds_left()),
            )

    def note(self, key: str, **values: str) -> None:
        self._print(key, **values)

    def _print(self, key: str, **values) -> None:
        with suppress(OSError):  # a terminal that closed, a full disk: progress is a courtesy, the runs go on
            print(self.words(key, **values), file=self.out, flush=True)


class Bars(Lines):
    """One bar per arm, drawn from this thread only (worker processes may have to be forked later)."""

    def __init__(self, totals: dict[str, int], words: Callable[..., str], out=None):
        super().__init__(totals, words, out)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(file=self.out),
            auto_refresh=False,
            transient=True,
        )
        self.rows = {arm: self.bars.add_task(arm, total=total, left="") for arm, total in totals.items()}
        self.bars.start()

    def tick(self) -> None:
        left = self.words("progress.left", left=duration(self.clock.seconds_left()))
        for arm, row in self.rows.items():
            self.bars.update(row, completed=self.clock.done[arm], left=left)
        with suppress(OSError):
            self.bars.refresh()

    def _print(self, key: str, **values) -> None:
        with suppress(OSError):
            self.bars.console.print(self.words(key, **values), markup=False, highlight=False)

    def close(self) -> None:
        with suppress(OSError):
            self.bars.stop()


def make(totals: dict[str, int], words: Callable[..., str], quiet: bool = False):
    """The progress that fits the place: none, bars in a terminal, lines elsewhere."""
    if quiet or not totals:
        return Silent()
    return Bars(totals, words) if sys.stderr.isatty() else Lines(totals, words)


def duration(seconds: float | None) -> str:
    """Seconds as a person says them: <1 s, 8 s, 3 min 20 s, 2 h 05 min; '?' when unknown."""
    if seconds is None:
        return "?"
    if seconds < 0.5:
        return "<1 s"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def compiling():
    """A callback that says what is being compiled, on stderr; silent while it only loads what is there."""
    from sim.config.catalog import text

    began = said = time.monotonic()

    def show(phase: str, done: int, of: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - began > COMPILING_AFTER and now - said > COMPILING_EVERY:
            said = now
            print(text("warm.phase", phase=phase, done=done, of=of), file=sys.stderr, flush=True)

    return show
