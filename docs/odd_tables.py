"""Tables of the ODD page that can drift from the code: columns, the day, policies, outcomes, places."""

from __future__ import annotations

from functools import cache

import generate
import odd_code
from generate import code, number, said, table

from sim import metrics, policies
from sim.config import registry
from sim.config.catalog import read_yaml, text
from sim.world.tables import BUILDING, CASE, COMMUNITY, GRID, HOUSEHOLD, MATTER, TRAITS, WORKER

ROOT = generate.ROOT
TARGET, TEXTS = ROOT / "docs" / "odd", ROOT / "docs" / "odd" / "texts"
NAMES = ("odd", "odd-d", "trace")
LANGUAGES = ("en", "zh")


@cache
def texts(name: str) -> dict:
    """A file of docs/odd/texts."""
    return read_yaml(TEXTS / f"{name}.yaml")


def prose(words: str, lang: str) -> str:
    """A text of several lines as one paragraph; in Chinese a line break would show as a blank."""
    lines = [line.strip() for line in str(words).strip().splitlines()]
    return ("" if lang == "zh" else " ").join(lines)


def label(key: str, lang: str) -> str:
    """A short word of the generated parts (docs/odd/texts/labels.yaml)."""
    return texts("labels")[key][lang]


def source(words: str, lang: str) -> str:
    """A source; in Chinese where it has been translated."""
    return texts("sources").get(words, words) if lang == "zh" else words


def columns() -> dict[str, list[str]]:
    """Entity -> names of its columns, from the model's own tables."""
    from sim.world.build import Matters, Residents

    beside = {
        name: [f for f in Residents._fields if f != "rec"] if name == "resident" else []
        for name in texts("columns")
    }
    beside["matter"], beside["case"] = (
        [f for f in Matters._fields if f in ("tick", "weekday")],
        [f for f in Matters._fields if f == "due"],
    )
    tables = {
        "resident": TRAITS,
        "household": HOUSEHOLD,
        "building": BUILDING,
        "grid": GRID,
        "community": COMMUNITY,
        "worker": WORKER,
        "matter": MATTER,
        "case": CASE,
    }
    return {name: [*dtype.names, *beside[name]] for name, dtype in tables.items()}


def entities(lang: str) -> str:
    """One table per kind of row: columns and meanings."""
    parts = []
    for name, names in columns().items():
        known = texts("columns")[name]
        parts += [
            f"#### {known['_title'][lang]}",
            table(
                [label("column", lang), label("meaning", lang)],
                [(code(c), known.get(c, {}).get(lang, "?")) for c in names],
            ),
        ]
    return "\n\n".join(parts)


def values(which: str, lang: str) -> str:
    """The table of kinds or of channels: a row each."""
    known = registry.kind_columns() if which == "kinds" else registry.channel_columns()
    names = registry.row_names(which)
    rows = [
        (names[row][lang], *(number(c.values[i]) for c in known.values()))
        for i, row in enumerate(registry.TABLES[which])
    ]
    return table([" ", *(code(c) for c in known)], rows)


def day(lang: str) -> str:
    """The phases of a day as docs/reference has them."""
    when = said("day.when", lang)
    rows = [
        (i, code(name), when.get(how, how), text(f"phase.{name}", lang), code(generate._homes()[name]))
        for i, (name, how) in enumerate(generate.order(), 1)
    ]
    return table(said("day.columns", lang), rows)


def policy_list(lang: str) -> str:
    """Every shipped policy: name, what it is, its institution."""
    rows = [
        (
            code(p),
            text(f"policy.{p}.label", lang),
            text(f"policy.{p}.summary", lang),
            text(f"policy.{p}.fails", lang),
            code(odd_code.institution_of(p).split(":")[-1]) if odd_code.institution_of(p) else "–",
        )
        for p in policies.names()
    ]
    return table([label(k, lang) for k in ("name", "policy", "what", "fails", "institution")], rows)


def metric_list(lang: str) -> str:
    """Every outcome by family."""
    known, families = metrics.registry(), generate.texts()["outcomes"]["families"]
    colon = "：" if lang == "zh" else ": "
    lines = []
    for family in dict.fromkeys(m.family for m in known.values()):
        names = [
            f"`{m.name}` {text(f'outcome.{m.name}.label', lang)}"
            for m in known.values()
            if m.family == family
        ]
        title = families[family][lang] if family in families else family
        lines.append(f"- **{title}**{colon}" + ("；" if lang == "zh" else "; ").join(names))
    return "\n".join(lines)


def patterns(lang: str) -> str:
    """The rows of configs/patterns in their order."""
    raw = [read_yaml(path) for path in sorted((ROOT / "configs" / "patterns").glob("[a-z]*.yaml"))]
    rows = [
        (
            code(r["id"]),
            r["title"][lang],
            r["fact"][lang],
            r["check"][lang],
            r["grade"],
            label(f"part_{r['part']}", lang),
            r.get("imposed", {}).get(lang, "–"),
            source(r["source"], lang),
        )
        for r in sorted(raw, key=lambda r: r["order"])
    ]
    return table(
        [label(k, lang) for k in ("id", "pattern", "fact", "check", "grade", "set", "imposed", "source")],
        rows,
    )


def phenomena(lang: str) -> str:
    """The studies of emergence: what is claimed of each beforehand."""
    raw = [read_yaml(path) for path in sorted((ROOT / "configs" / "studies" / "phenomena").glob("*.yaml"))]
    rows = [
        (r["number"], r["title"][lang], r["claim"][lang])
        for r in sorted(raw, key=lambda r: (r["number"], r["name"]))
    ]
    return table(["#", label("phenomenon", lang), label("claimed", lang)], rows)


def places(lang: str) -> str:
    """The places that can be run."""
    from sim.scenario import Scenario
    from sim.scenario import places as known

    rows = []
    for name in known():
        s = Scenario.load(name)
        people = s.communities * s.buildings * s.residents_per_building
        rows.append(
            (
                code(name),
                getattr(s.title, lang),
                number(round(people)),
                s.communities,
                number(s.elderly_share),
                number(s.migrant_share),
            )
        )
    return table(
        [label(k, lang) for k in ("name", "place", "residents", "communities", "elderly", "migrants")], rows
    )


def draws(lang: str) -> str:
    """Names of all decisions that are drawn."""
    return ", ".join(code(d) for d in odd_code.decisions())
