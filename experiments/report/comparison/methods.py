"""The methods part: arms, runs, seeds, versions, pairing achieved, parameters with their status,
definitions.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.console import command
from experiments.html.numbers import MISSING, factor, fixed
from experiments.html.words import Words, from_mapping, joined, plain_words, words, words_or
from experiments.report.comparison.assumptions import plain, value_and_range
from experiments.report.comparison.data import Results
from experiments.report.comparison.summary import detailed, duration, parameters
from experiments.report.comparison.verdicts import Finding, findings, level

STATUSES = ("empirical", "claim", "guess", "fitted")
ERROR_LENGTH = 160


@dataclass(frozen=True)
class ParameterRow:
    """One parameter in force."""

    name: str
    meaning: Words
    value: Words
    changed: Words | None
    unit: str
    status: str
    source: str


def parameter_rows(results: Results) -> list[ParameterRow]:
    """All parameters in force, by status and name; those changed from the registry's value say so."""
    rows = []
    for row in parameters(results):
        changed = row.get("default") is not None and row["default"] != row.get("value")
        rows.append(
            ParameterRow(
                row["name"],
                from_mapping({side: row.get(side, "") for side in ("en", "zh")}),
                value_and_range(row),
                words("report.methods.changed", default=plain(row["default"])) if changed else None,
                str(row.get("unit", "")),
                row["status"],
                str(row.get("source") or ""),
            )
        )
    return sorted(
        rows, key=lambda r: (STATUSES.index(r.status) if r.status in STATUSES else len(STATUSES), r.name)
    )


def facts(results: Results) -> list[tuple[Words, Words]]:
    """(what, value) pairs that identify the results."""
    m = results.manifest
    versions = ", ".join(f"{name} {number}" for name, number in (m.get("versions") or {}).items())
    machine = m.get("machine") or {}
    kind = ", ".join(str(v) for name, v in machine.items() if name != "byte_order")
    done = sum(results.completed(arm) for arm in results.arms)
    rows = [
        ("residents", fixed(results.residents, 0)),
        ("window", duration(results.days)),
        ("burn_in", duration(m.get("burn_in_days", 0))),
        ("seeds", seed_text(results.seeds)),
        (
            "population",
            words("report.methods.per_seed")
            if m.get("population_seed") == "per_seed"
            else m.get("population_seed", ""),
        ),
        ("completed", f"{done} / {len(results.arms) * len(results.seeds)}"),
        ("hash", m.get("scenario_hash", "")),
        ("model", m.get("model_version", "")),
        ("commit", m.get("git_commit") or MISSING),
        ("created", m.get("created", "")),
        ("machine", kind),
        ("versions", versions),
    ]
    return [(words(f"report.methods.{name}"), plain_words(value)) for name, value in rows if value != ""]


def seed_text(seeds: tuple[int, ...]) -> str:
    """'1–30' for a run of whole numbers, else all of them."""
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}–{seeds[-1]}"
    return ", ".join(map(str, seeds))


def arms(results: Results) -> list[tuple[Words, Words, str, str]]:
    """(name, what it does, runs completed of asked, values set) per arm; a bundle without a text of its
    own names its parts.
    """
    rows = []
    for arm in results.arms:
        parts = [policy.get("policy", "") for policy in results.manifest["arms"].get(arm) or ()]
        rows.append(
            (
                results.label(arm),
                words_or(f"policy.{arm}.summary", bundle_text(parts)),
                f"{results.completed(arm)} / {len(results.seeds)}",
                set_values(results.manifest["arms"].get(arm)),
            )
        )
    return rows


def set_values(policies: list[dict]) -> str:
    """What the study sets of an arm's policies, beside their defaults: 'grid_management: intensity 0.5'."""
    told = []
    for policy in policies or ():
        own = {name: value for name, value in policy.items() if name != "policy"}
        if own:
            told.append(
                f"{policy.get('policy', '')}: "
                + ", ".join(f"{name} {plain(value)}" for name, value in own.items())
            )
    return "; ".join(told)


@dataclass(frozen=True)
class PlaceRow:
    """One trait of the place, with its status and source."""

    label: Words
    value: str
    status: str
    source: str


def place_rows(results: Results) -> list[PlaceRow]:
    """The traits of the place that the scenario gives a source for."""
    scenario = results.manifest.get("scenario") or {}
    return [
        PlaceRow(
            words_or(f"report.place.{name}", name.replace("_", " ")),
            trait(scenario.get(name)),
            entry.get("status", "guess"),
            entry.get("source", ""),
        )
        for name, entry in (scenario.get("sources") or {}).items()
    ]


def trait(value: object) -> str:
    """A scenario's value as one line: 'old 40, renewal 30'."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(
            " ".join(plain(part) for part in item.values()) if isinstance(item, dict) else plain(item)
            for item in value
        )
    return "" if value is None else plain(value)


def bundle_text(parts: list[str]) -> Words:
    """Policies by name, joined by plus signs."""
    return joined((words_or(f"policy.{part}.label", part) for part in parts), "report.list.plus")


def pairing(results: Results) -> list[tuple[Words, list[tuple[str, str]]]]:
    """Per outcome: (achieved correlation, variance factor) for every arm."""
    rows = []
    for name in detailed(results):
        cells = [
            (fixed(p.correlation, 2), factor(p.variance_factor))
            for p in (results.paired(arm, name) for arm in results.others)
        ]
        if any(c != (MISSING, MISSING) for c in cells):
            rows.append((results.outcome(name).label, cells))
    return rows


def failures(results: Results) -> list[tuple[Words, int, str, str]]:
    """(arm, seed, last line of the error, replay command) of every failed run."""
    rows = []
    for row in results.failed:
        lines = str(row["error"]).strip().splitlines() or ["?"]
        rows.append(
            (
                results.label(row["arm"]),
                row["seed"],
                lines[-1][:ERROR_LENGTH],
                command("replay", results.folder.name, row["run_id"]),
            )
        )
    return rows


def definitions(results: Results) -> list[tuple[Words, Words, Words, Words]]:
    """(label, unit, definition, better) of every outcome measured."""
    rows = []
    for name in sorted({n.partition("@")[0] for n in results.values}):
        shown = results.outcome(name)
        definition = shown.definition if shown.definition.en else plain_words(MISSING)
        rows.append(
            (shown.label, shown.unit, definition, words(f"report.methods.better.{shown.better or 'none'}"))
        )
    return rows


def everything(results: Results) -> list[tuple[Words, Words, list[Finding]]]:
    """(outcome, baseline's level, findings) of every outcome, those by year behind their whole."""
    names = sorted(results.values)
    return [
        (results.outcome(n).label, level(results, results.baseline, n), findings(results, n)) for n in names
    ]
