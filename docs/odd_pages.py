"""The ODD page, its ODD+D supplement and the TRACE page, in both languages: prose by hand, everything that
can drift from the code.

    python docs/odd_pages.py           write docs/odd/*.md
    python docs/odd_pages.py --check   only name the pages that are stale

Prose stands in docs/odd/texts/*.tmpl; a line {{name}} there is replaced by the block of that name below. What
each submodel, policy and column is stands in docs/odd/texts/*.yaml.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import generate
import odd_code
from generate import code, number, said, span, status, table, unit

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


def _status(entry, lang: str) -> str:
    word = status(entry["status"], lang)
    if "imposed" in entry["source"]:
        word += ("、" if lang == "zh" else ", ") + label("imposed", lang)
    return word


def source(words: str, lang: str) -> str:
    """A source; in Chinese where it has been translated."""
    return texts("sources").get(words, words) if lang == "zh" else words


@cache
def owners() -> dict[str, list[str]]:
    """Submodel -> its parameters: those named there, then those of its groups that nobody has named."""
    every = {**registry.registry(), **registry.kind_columns(), **registry.channel_columns()}
    named = {p for s in texts("submodels").values() for p in s.get("parameters", ())}
    return {
        key: [
            *s.get("parameters", ()),
            *(n for n, p in every.items() if p.rule in s.get("rules", ()) and n not in named),
        ]
        for key, s in texts("submodels").items()
    }


def _parameter(name: str, lang: str) -> tuple:
    for which, known in (
        ("", registry.registry()),
        ("kinds", registry.kind_columns()),
        ("channels", registry.channel_columns()),
    ):
        if name in known:
            p = known[name]
            value = number(p.value) if not which else label(f"by_{which}", lang)
            return (
                p.symbol,
                code(name),
                getattr(p, lang),
                value,
                span(p.low, p.high),
                unit(p.unit, lang),
                _status({"status": p.status, "source": p.source}, lang),
                source(p.source, lang),
            )
    return ("?", code(name), *[""] * 6)


def equations(names, brief: bool, lang: str) -> list[str]:
    """Each rule: what it says, and its code as an equation."""
    parts = []
    for name in names:
        words = (
            texts("sentences").get(name, {"en": "", "zh": ""})[lang].replace("*", "\\*").replace("_", "\\_")
        )
        parts.append(f"`{name}` {words}".rstrip())
        if not brief and name in odd_code.functions():
            parts.append(f"```text\n{odd_code.equation(name)}\n```")
    return ["\n".join(f"- {p}" for p in parts)] if brief else parts


def excerpts(section: dict, lang: str) -> list[str]:
    """Statements of phases that are part of the equation, as the code has them."""
    lines = [
        f"{where.split(' | ')[0]}\n    {odd_code.excerpt(where)}" for where in section.get("excerpts", ())
    ]
    return [label("excerpts", lang), "```text\n" + "\n".join(lines) + "\n```"] if lines else []


def _names(title: str, names, lang: str) -> str:
    colon, comma = ("：", "、") if lang == "zh" else (": ", ", ")
    return f"**{label(title, lang)}**{colon}" + comma.join(code(n) for n in names)


def submodel(n: int, key: str, lang: str) -> list[str]:
    """One section: text, equations, parameters, functions, tests."""
    s = texts("submodels")[key]
    parts = [
        f"### 7.{n} {s['title'][lang]}",
        prose(s["text"][lang], lang),
        *equations(s["equations"], s.get("brief", False), lang),
        *excerpts(s, lang),
    ]
    if owners()[key]:
        head = [
            label(k, lang)
            for k in ("symbol", "name", "meaning", "default", "range", "unit", "status", "source")
        ]
        parts.append(table(head, [_parameter(p, lang) for p in owners()[key]]))
    else:
        parts.append(label("no_parameters", lang))
    return [*parts, _names("functions", s["functions"], lang), _names("tests", s["tests"], lang)]


def _setting(policy: str, row: tuple, lang: str) -> tuple:
    raw = next(f for f in generate.fields(policies.get(policy)) if code(f.name) == row[0])
    meta = dict(raw.metadata)
    return (*row[:5], _status(meta, lang), source(meta["source"], lang))


def policy_section(n: int, name: str, lang: str) -> list[str]:
    """One policy: process, failure, levers, settings, functions, tests."""
    known = texts("policies").get(name, {"text": {"en": "?", "zh": "？"}, "tests": []})
    policy, colon = policies.get(name), "：" if lang == "zh" else ": "
    made, how = policy(), said("policies.how", lang)
    levers = [
        (code(m.lever), text(f"lever.{m.lever}", lang), how[m.how], number(m.amount))
        for m in made.moves(generate.SIZE)
    ]
    rows = [_setting(name, generate._setting(policy, f, lang), lang) for f in generate.fields(policy)]
    home = odd_code.institution_of(name)
    parts = [
        f"### 7.{n} {text(f'policy.{name}.label', lang)} (`{name}`)",
        text(f"policy.{name}.summary", lang)
        + ("" if lang == "zh" else " ")
        + prose(known["text"][lang], lang),
        f"**{label('fails', lang)}**{colon}{text(f'policy.{name}.fails', lang)}",
        *equations(known.get("equations", ()), False, lang),
        *excerpts(known, lang),
    ]
    parts.append(table(said("policies.lever_columns", lang), levers) if levers else label("no_levers", lang))
    parts.append(table(said("policies.columns", lang), rows))
    classes = [f"{policy.__module__}:{policy.__name__}", *([home] if home else [])]
    return [*parts, _names("functions", classes, lang), _names("tests", known["tests"], lang)]


def submodels(lang: str) -> str:
    """All sections of heading 7: mechanisms, then policies."""
    mechanisms = list(texts("submodels"))
    parts = [part for n, key in enumerate(mechanisms, 1) for part in submodel(n, key, lang)]
    for n, name in enumerate(policies.names(), len(mechanisms) + 1):
        parts += policy_section(n, name, lang)
    return "\n\n".join(parts)


def numbers() -> dict[str, int]:
    """Counts that the prose may name as {{n.…}}."""
    held = Counter(p.status for p in registry.registry().values())
    return {
        "parameters": len(registry.registry()),
        "guess": held["guess"],
        "fitted": held["fitted"],
        "empirical": held["empirical"],
        "claim": held["claim"],
        "rules": len(odd_code.rules()),
        "phases": len(generate.order()),
        "policies": len(policies.names()),
        "metrics": len(metrics.registry()),
        "submodels": len(texts("submodels")) + len(policies.names()),
        "institutions": sum(bool(odd_code.institution_of(p)) for p in policies.names()),
        "patterns": len(list((ROOT / "configs" / "patterns").glob("[a-z]*.yaml"))),
        "phenomena": len(list((ROOT / "configs" / "studies" / "phenomena").glob("*.yaml"))),
        "past": round(registry.registry()["past_days"].value),
        "places": len(list((ROOT / "configs" / "places").glob("*.yaml"))),
        "draws": len(odd_code.decisions()),
    }


BLOCKS = {
    "entities": entities,
    "kinds": lambda lang: values("kinds", lang),
    "channels": lambda lang: values("channels", lang),
    "day": day,
    "policies": policy_list,
    "metrics": metric_list,
    "patterns": patterns,
    "phenomena": phenomena,
    "places": places,
    "draws": draws,
    "submodels": submodels,
}


def page(name: str, lang: str) -> str:
    """A template with its blocks and numbers filled in."""
    words = (TEXTS / f"{name}.{lang}.tmpl").read_text(encoding="utf-8")
    counts = numbers()
    words = re.sub(r"\{\{n\.(\w+)\}\}", lambda m: str(counts[m[1]]), words)
    order = {key: n for n, key in enumerate(texts("submodels"), 1)}
    words = re.sub(r"\{\{s\.(\w+)\}\}", lambda m: f"7.{order[m[1]]}", words)
    words = re.sub(r"^\{\{(\w+)\}\}$", lambda m: BLOCKS[m[1]](lang), words, flags=re.MULTILINE)
    head, _, rest = words.partition("\n")
    note = said("generated", lang).replace("docs/generate.py", "docs/odd_pages.py")
    return f"{head}\n\n<!-- {note} -->\n{rest.rstrip()}\n"


def pages() -> dict[Path, str]:
    """Path -> text of every page."""
    return {
        TARGET / f"{name}{'.zh' if lang == 'zh' else ''}.md": page(name, lang)
        for name in NAMES
        for lang in LANGUAGES
    }


def stale() -> list[Path]:
    """Pages that are not what code and texts say now."""
    return [
        path
        for path, words in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != words
    ]


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    made = pages()
    old = [
        path for path, words in made.items() if not path.exists() or path.read_text(encoding="utf-8") != words
    ]
    for path in old:
        print(path.relative_to(ROOT))
        if not args.check:
            path.write_text(made[path], encoding="utf-8")
    return int(bool(old) and args.check)


if __name__ == "__main__":
    sys.exit(main())
