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
from odd_tables import (
    LANGUAGES,
    NAMES,
    ROOT,
    TARGET,
    TEXTS,
    day,
    draws,
    entities,
    label,
    metric_list,
    patterns,
    phenomena,
    places,
    policy_list,
    prose,
    source,
    texts,
    values,
)

from sim import metrics, policies
from sim.config import registry
from sim.config.catalog import text


def _status(entry, lang: str) -> str:
    word = status(entry["status"], lang)
    if "imposed" in entry["source"]:
        word += ("、" if lang == "zh" else ", ") + label("imposed", lang)
    return word


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
