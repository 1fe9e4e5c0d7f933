"""The claims table: what a founding document says beside what the model does, and a verdict that is computed.

Reads results only: systems.json (the claims as they were when the runs were made) and one results folder
per place. The rule: *cannot be what it says* where the document's own figures, by arithmetic, pass a
declared bound; else *reproduced* where the whole 95% interval over seeds lies within what is claimed;
else *not reproduced*. A claimed figure that is a setting of the simulation is marked as imposed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.html.numbers import significant
from experiments.html.words import phrase
from experiments.store import kept
from experiments.validation import arithmetic
from experiments.validation import judge as rules
from experiments.validation.claim_values import Arms, Values
from experiments.validation.shown import bound_words, shown
from sim.config.catalog import LANGUAGES, text

SPEC, TABLE = "systems.json", "claims.csv"
REPRODUCED, FAILED, IMPOSSIBLE = "reproduced", "not_reproduced", "cannot"
VERDICTS = (REPRODUCED, FAILED, IMPOSSIBLE)


@dataclass(frozen=True)
class Estimate:
    """Mean over seeds and its 95% interval (NaN below three seeds), in the measure's own unit."""

    mean: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    @property
    def ends(self) -> tuple[float, float]:
        """What is held against a bound: the interval, or the mean where there is none."""
        return (
            (self.low, self.high)
            if math.isfinite(self.low) and math.isfinite(self.high)
            else (self.mean, self.mean)
        )


@dataclass(frozen=True)
class Tested:
    """A test with its simulated value, its bounds as numbers, and how it came out."""

    test: Mapping
    label: dict[str, str]
    unit: object  # "share", or words in both languages
    estimate: Estimate
    at_least: float
    at_most: float
    outcome: str  # met, slight (met, hardly noticeable), missed, small, crosses, nothing, unmeasured
    given: bool = False  # made of figures alone, nothing simulated in it
    without: Estimate = Estimate(math.nan)  # of a level: the same measure under traditional administration

    @property
    def met(self) -> bool:
        return self.outcome in ("met", "slight")


@dataclass(frozen=True)
class Judged:
    """One line of the claims table."""

    system: Mapping
    claim: Mapping
    verdict: str
    reason: dict[str, str]
    tested: tuple[Tested, ...]
    first: Tested  # the test that decided
    beside: dict[str, Estimate] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)  # of what stands beside, as the manifest names them


def judge(system: Mapping, arms: Arms, outcomes: Mapping[str, Mapping] | None = None) -> list[Judged]:
    """All claims of a system against its runs. ``outcomes``: units of metrics, as a manifest has them."""
    return [_judge_claim(system, claim, arms, outcomes or {}) for claim in system["claims"]]


def estimate(values: np.ndarray) -> Estimate:
    """Mean of values per seed and its interval; those that are not finite are left out."""
    found = rules.estimate(values)
    return Estimate(found.mean, found.low, found.high, found.n)


def _judge_claim(system: Mapping, claim: Mapping, arms: Arms, outcomes: Mapping) -> Judged:
    seeds = Values(system, claim, arms)
    tested = tuple(_test(test, seeds, outcomes) for test in claim["tests"])
    met = [t.met for t in tested]
    good = any(met) if claim.get("need") == "any" else all(met)
    blocked = [c for c in claim.get("cannot", ()) if _beyond(c, seeds)]
    verdict = IMPOSSIBLE if blocked else REPRODUCED if good else FAILED
    first = _deciding(tested, good, claim.get("need") == "any")
    beside = {
        name: estimate(seeds.of(name))
        for name in claim.get("beside", ())
        if name in arms.get(system["name"], {})
    }
    beside = {name: found for name, found in beside.items() if math.isfinite(found.mean)}
    units = {name: outcomes.get(name, {}).get("unit", "") for name in beside}
    return Judged(system, claim, verdict, _reason(claim, blocked, first, seeds), tested, first, beside, units)


def _deciding(tested: tuple[Tested, ...], good: bool, any_will_do: bool) -> Tested:
    """The test that the sentence tells of: of those on the verdict's side the clearest if one is enough,
    else the weakest.
    """
    side = [t for t in tested if t.met == good]
    wished = "met" if any_will_do else "slight"
    return next((t for t in side if t.outcome == wished), side[0]) if side else tested[0]


def _test(test: Mapping, seeds: Values, outcomes: Mapping) -> Tested:
    kind, measure = test["judge"], test.get("measure", "")
    at_least, at_most = (
        math.nan if test.get(b) is None else seeds.mean(test[b]) for b in ("at_least", "at_most")
    )
    unit = test.get("unit") or _unit(measure, outcomes)
    label = _label(test)
    if kind == "none":
        return Tested(test, label, unit, Estimate(math.nan), at_least, at_most, "unmeasured")
    values = seeds.per_seed(measure)
    if kind == "change":
        values, unit = values - seeds.on_baseline(measure), "points" if unit == "share" else unit
    elif kind == "relative":
        with np.errstate(all="ignore"):
            values = values / seeds.on_baseline(measure) - 1.0
        unit = "share"
    found = estimate(values)
    return Tested(
        test,
        label,
        unit,
        found,
        at_least,
        at_most,
        _sized(test, found, _outcome(found, at_least, at_most, strict=kind != "level")),
        given=not (used := [name for name in arithmetic.names(measure) if seeds.simulated(name)]),
        without=estimate(seeds.on_baseline(measure))
        if kind == "level" and not any("." in n for n in used)
        else Estimate(math.nan),
    )


def _outcome(found: Estimate, at_least: float, at_most: float, strict: bool) -> str:
    """met: the whole interval within the bounds; missed: wholly outside; crosses: neither.

    A change of 0 is no change.
    """
    if not math.isfinite(found.mean):
        return "nothing"
    low, high = found.ends
    enough = math.isnan(at_least) or (low > at_least if strict and at_least == 0.0 else low >= at_least)
    little = math.isnan(at_most) or (high < at_most if strict and at_most == 0.0 else high <= at_most)
    if enough and little:
        return "met"
    return "missed" if high < at_least or low > at_most or low == high else "crosses"


def _sized(test: Mapping, found: Estimate, outcome: str) -> str:
    """A change of the right sign that is too small to notice: slight, or small where a marked one is
    claimed.
    """
    if outcome != "met" or test.get("smallest") is None or abs(found.mean) >= test["smallest"]:
        return outcome
    return "small" if test.get("marked") else "slight"


def _beyond(cannot: Mapping, seeds: Values) -> bool:
    value = seeds.mean(cannot["value"])
    over = cannot.get("at_most") is not None and value > seeds.mean(cannot["at_most"])
    return bool(over or (cannot.get("at_least") is not None and value < seeds.mean(cannot["at_least"])))


def _unit(measure: str, outcomes: Mapping) -> object:
    unit = outcomes.get(measure, {}).get("unit", "")
    return "share" if unit == "share" else phrase(f"outcome.{measure}.unit", unit)


def _label(test: Mapping) -> dict[str, str]:
    label = test.get("label") or phrase(f"outcome.{test.get('measure', '')}.label", test.get("measure", ""))
    key = f"claims.label.{test['judge']}"
    return {lang: text(key, lang, label=label[lang]) for lang in LANGUAGES}


def _reason(claim: Mapping, blocked: list[Mapping], first: Tested, seeds: Values) -> dict[str, str]:
    """The verdict's reason, from numbers, in both languages."""
    blanks, reason = seeds.blanks(), {}
    for lang in LANGUAGES:
        parts = []
        for cannot in blocked:
            bound = cannot["at_most"] if cannot.get("at_most") is not None else cannot["at_least"]
            why = cannot["why"][lang].format(
                **blanks, value=significant(seeds.mean(cannot["value"])), bound=significant(seeds.mean(bound))
            )
            parts.append(text("claims.reason.cannot", lang, why=why))
        if not blocked or first.outcome not in ("nothing", "unmeasured"):
            parts.append(_found(first, lang, bool(blocked)))
        if claim.get("imposed"):
            parts.append(text("claims.reason.imposed", lang))
        if claim.get("note"):
            parts.append(claim["note"][lang].format(**blanks))
        reason[lang] = ("" if lang == "zh" else " ").join(parts)
    return reason


def _found(tested: Tested, lang: str, beside: bool) -> str:
    """The simulated value held against the bound (or only put beside it, where arithmetic has decided)."""
    if tested.outcome in ("nothing", "unmeasured"):
        return text(f"claims.reason.{tested.outcome}", lang, label=tested.label[lang])
    bound = bound_words(
        tested.at_least, tested.at_most, tested.unit, lang, change=tested.test["judge"] != "level"
    )
    key = "claims.reason.beside" if beside else f"claims.reason.{tested.outcome}"
    more = (
        {"smallest": shown(tested.test["smallest"], tested.unit, lang, exact=True)}
        if tested.outcome in ("slight", "small") and not beside
        else {}
    )
    return text(key, lang, value=_told(tested, lang), bound=bound, **more)


def _told(tested: Tested, lang: str) -> str:
    """A value as its sentence says it: with the interval, or why there is none."""
    e = tested.estimate
    value = shown(e.mean, tested.unit, lang)
    if tested.given:
        return text("claims.given", lang, value=value)
    if not math.isfinite(e.low):
        return text("claims.no_interval", lang, value=value, n=e.n)
    low, high = shown(e.low, tested.unit, lang, bare=True), shown(e.high, tested.unit, lang, bare=True)
    return (
        text("claims.same", lang, value=value, n=e.n)
        if low == high
        else text("claims.interval", lang, value=value, low=low, high=high, n=e.n)
    )


# -- the folder ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ClaimResults:
    """All lines of the table, and what the runs were: seeds, residents simulated by place, systems."""

    lines: tuple[Judged, ...]
    spec: Mapping
    runs: Mapping[str, tuple[int, int]]  # place -> (residents simulated, failed runs)

    def count(self, verdict: str) -> int:
        return sum(line.verdict == verdict for line in self.lines)


def read(folder: Path) -> ClaimResults | None:
    """Judge what a folder of ``cogov validate`` holds; None where no claims were run."""
    path = Path(folder) / SPEC
    if not kept.expected(path):
        return None
    spec = kept.read_document(path)
    stores = {
        place: _arms(Path(folder) / "places" / place)
        for place in dict.fromkeys(s["place"] for s in spec["systems"])
    }
    lines = [line for system in spec["systems"] for line in judge(system, *stores[system["place"]][:2])]
    return ClaimResults(tuple(lines), spec, {place: found[2] for place, found in stores.items()})


def _arms(folder: Path) -> tuple[Arms, Mapping, tuple[int, int]]:
    from experiments.store.folder import Store
    from experiments.tasks import HEAD

    store = Store(folder)
    manifest, table = store.load(), store.runs()
    arm, seed = table["arm"].to_pylist(), table["seed"].to_pylist()
    ok = np.array([status == "ok" for status in table["status"].to_pylist()])
    seeds = list(manifest["seeds"])
    place = {
        name: np.array([i for i, a in enumerate(arm) if a == name], dtype=int) for name in manifest["arms"]
    }
    arms: dict[str, dict[str, np.ndarray]] = {name: {} for name in manifest["arms"]}
    for column in (c for c in table.column_names if c not in HEAD):
        values = np.where(ok, table[column].to_numpy(zero_copy_only=False).astype(float), np.nan)
        for name, rows in place.items():
            line = np.full(len(seeds), np.nan)
            line[[seeds.index(seed[row]) for row in rows]] = values[rows]
            arms[name][column] = line
    return arms, manifest["outcomes"], (int(max(table["residents"].to_pylist(), default=0)), int((~ok).sum()))


def section(results: ClaimResults, lang: str) -> str:
    """The claims table as HTML in one language."""
    from experiments.validation.pages.claims import table

    return table(results, lang)
