"""Write the reference pages from what the code and configs declare, in both languages; then the ODD pages
(odd_pages.py).

python docs/generate.py           write docs/reference/*.md and docs/odd/*.md
python docs/generate.py --check   only name the pages that are stale
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

from sim import metrics, policies
from sim.config import registry
from sim.config.catalog import catalog, has, read_yaml, text
from sim.levers import LEVERS
from sim.policies.base import Size

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference"
SIZE = Size(residents=12_000.0, grids=12.0, communities=1.0)  # Hongshan Road
LAST_OF_COMMUNITY = "release"


@cache
def texts() -> dict:
    """docs/texts.yaml."""
    return read_yaml(ROOT / "docs" / "texts.yaml")


def said(key: str, lang: str):
    """An entry of docs/texts.yaml, ``page.entry``, in a language."""
    found = texts()
    for part in key.split("."):
        found = found[part]
    return found[lang]


def unit(words: str, lang: str) -> str:
    """A unit in a language; one that docs/texts.yaml does not know stays as declared."""
    return str(texts()["units"].get(words, words)) if lang == "zh" else words


def number(value: float) -> str:
    """Short and exact enough."""
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def span(low: float, high: float) -> str:
    """A range."""
    return f"{number(low)} – {number(high)}"


def cell(words: object) -> str:
    """Text that a table's cell can hold."""
    return " ".join(str(words).split()).replace("|", "\\|").replace("<", "&lt;")


def code(words: str) -> str:
    """A name as code."""
    return f"`{words}`"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell(c) for c in row) + " |" for row in rows)])


def page(name: str, lang: str, *parts: str, **values) -> str:
    """A page's head, its introduction and its parts."""
    intro = said(f"{name}.intro", lang).strip()
    if lang == "zh":
        intro = intro.replace("\n", "")  # a line break would show as a blank
    return (
        "\n\n".join(
            [
                f"# {said(f'{name}.title', lang)}",
                f"<!-- {said('generated', lang)} -->",
                intro.format(**values) if values else intro,
                *parts,
            ]
        )
        + "\n"
    )


def status(word: str, lang: str) -> str:
    return said("status", lang).get(word, word)


def parameters(lang: str) -> str:
    """configs/parameters: scalars by file, then the two tables."""
    known = registry.registry()
    count = Counter(p.status for p in known.values())
    head, parts = said("parameters.columns", lang), []
    for group in dict.fromkeys(p.group for p in known.values()):
        rows = [
            (
                code(p.name),
                p.symbol,
                getattr(p, lang),
                number(p.value),
                span(p.low, p.high),
                unit(p.unit, lang),
                p.rule,
                status(p.status, lang),
                p.source,
            )
            for p in known.values()
            if p.group == group
        ]
        parts += [f"## {group}", table(head, rows)]
    for name, columns in (("kinds", registry.kind_columns()), ("channels", registry.channel_columns())):
        names = registry.row_names(name)
        meaning = [
            (
                code(c.name),
                c.symbol,
                getattr(c, lang),
                "",
                span(c.low, c.high),
                unit(c.unit, lang),
                c.rule,
                status(c.status, lang),
                c.source,
            )
            for c in columns.values()
        ]
        values = [
            (names[row][lang], *(number(c.values[i]) for c in columns.values()))
            for i, row in enumerate(registry.TABLES[name])
        ]
        parts += [
            f"## {said(f'parameters.{name}', lang)}",
            said("parameters.table_intro", lang),
            table(head, meaning),
            table([" ", *(code(c) for c in columns)], values),
        ]
    return page("parameters", lang, *parts, scalars=len(known), **{s: count[s] for s in registry.STATUSES})


def _default(field) -> str:
    value = None if field.default is MISSING else field.default
    return code(value) if isinstance(value, str) else number(value)


def _setting(policy: type, field, lang: str) -> tuple:
    meta = field.metadata
    key = "policy.intensity" if field.name == "intensity" else f"policy.{policy.name}.parameter.{field.name}"
    allowed = (
        " / ".join(code(c) for c in meta["choices"]) if meta["choices"] else span(meta["low"], meta["high"])
    )
    return (
        code(field.name),
        text(key, lang),
        _default(field),
        allowed,
        unit(meta["unit"], lang),
        status(meta["status"], lang),
        meta["source"],
    )


def _policy(name: str, lang: str) -> list[str]:
    policy = policies.get(name)
    made, head = policy(), said("policies.columns", lang)
    moves, how = made.moves(SIZE), said("policies.how", lang)
    levers = [(code(m.lever), text(f"lever.{m.lever}", lang), how[m.how], number(m.amount)) for m in moves]
    spent = sum(made.cost(SIZE, registry.params_record()).values()) / SIZE.residents
    cost = f"{number(spent)} {said('policies.cost_unit', lang)}" if spent else said("policies.free", lang)
    colon, stop = ("：", "。") if lang == "zh" else (": ", ".")
    parts = [
        f"## {text(f'policy.{name}.label', lang)} (`{name}`)",
        text(f"policy.{name}.summary", lang),
        f"**{said('policies.fails', lang)}**{colon}{text(f'policy.{name}.fails', lang)}",
        f"**{said('policies.cost', lang)}**{colon}{cost}{stop}",
    ]
    if made.institution(0) is not None:
        parts.append(said("policies.institution", lang))
    parts += [
        f"### {said('policies.moves', lang)}",
        table(said("policies.lever_columns", lang), levers) if levers else said("policies.nothing", lang),
    ]
    return [
        *parts,
        f"### {said('policies.settings', lang)}",
        table(head, [_setting(policy, f, lang) for f in fields(policy)]),
    ]


def policy_page(lang: str) -> str:
    """Every shipped policy: what it moves, costs and can be set to; then all levers."""
    parts = [part for name in policies.names() for part in _policy(name, lang)]
    rows = [
        (code(v.name), text(f"lever.{v.name}", lang), number(v.base), span(v.low, v.high), code(v.reader))
        for v in LEVERS
    ]
    return page(
        "policies",
        lang,
        *parts,
        f"## {said('policies.levers', lang)}",
        said("policies.levers_intro", lang),
        table(said("policies.all_columns", lang), rows),
    )


def outcome_page(lang: str) -> str:
    """Every metric by family."""
    known, parts = metrics.registry(), []
    better, families = said("outcomes.better", lang), texts()["outcomes"]["families"]
    for family in dict.fromkeys(m.family for m in known.values()):
        rows = [
            (
                code(m.name),
                text(f"outcome.{m.name}.label", lang),
                text(f"outcome.{m.name}.unit", lang),
                better[m.better],
                text(f"outcome.{m.name}.definition", lang),
                m.definition,
            )
            for m in known.values()
            if m.family == family
        ]
        title = families[family][lang] if family in families else family
        parts += [f"## {title} (`sim/metrics/{family}.py`)", table(said("outcomes.columns", lang), rows)]
    return page("outcomes", lang, *parts)


def comparison_page(lang: str) -> str:
    """Every column of comparison.csv, and how --precision stops."""
    from experiments.analysis import comparison, sequential

    rows = [(code(name), text(f"column.{name}", lang)) for name in comparison.COLUMNS]
    stopping = (
        said("comparison.stopping_text", lang).strip().format(level=sequential.LEVEL, alike=sequential.ALIKE)
    )
    if lang == "zh":
        stopping = stopping.replace("\n", "")
    return page(
        "comparison",
        lang,
        table(said("comparison.columns", lang), rows),
        f"## {said('comparison.stopping', lang)}",
        stopping,
    )


@cache
def _homes() -> dict[str, str]:
    """Where each phase's function lives, from the imports of sim/day.py (nothing is compiled for it)."""
    tree = ast.parse((ROOT / "sim" / "day.py").read_text(encoding="utf-8"))
    homes = {n.name: "sim/day.py" for n in tree.body if isinstance(n, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            homes |= {alias.name: node.module.replace(".", "/") + ".py" for alias in node.names}
    return homes


@cache
def order() -> tuple[tuple[str, str], ...]:
    """ORDER of sim/day.py, read as text."""
    tree = ast.parse((ROOT / "sim" / "day.py").read_text(encoding="utf-8"))
    found = [
        n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "ORDER"
    ]
    return ast.literal_eval(found[0])


def day_page(lang: str) -> str:
    """The phases of a day in their order."""
    when = said("day.when", lang)
    rows = [
        (i, code(name), when.get(how, how), text(f"phase.{name}", lang), code(_homes()[name]))
        for i, (name, how) in enumerate(order(), 1)
    ]
    return page("day", lang, table(said("day.columns", lang), rows), last=LAST_OF_COMMUNITY)


PAGES: dict[str, Callable[[str], str]] = {
    "parameters": parameters,
    "policies": policy_page,
    "outcomes": outcome_page,
    "order-of-a-day": day_page,
    "comparison": comparison_page,
}


def needed() -> list[str]:
    """Catalog keys that the pages ask for."""
    from experiments.analysis import comparison

    keys = [f"lever.{v.name}" for v in LEVERS] + [f"phase.{name}" for name, _ in order()]
    for name in policies.names():
        keys += [f"policy.{name}.{part}" for part in ("label", "summary", "fails")]
        keys += [
            f"policy.{name}.parameter.{f.name}" for f in fields(policies.get(name)) if f.name != "intensity"
        ]
    for name in metrics.registry():
        keys += [f"outcome.{name}.{part}" for part in ("label", "unit", "definition")]
    keys += [f"column.{name}" for name in comparison.COLUMNS]
    return keys


def missing() -> list[str]:
    """Of these, the ones that configs/catalog lacks."""
    return [
        key for key in needed() if not has(key) or not all(catalog()[key].get(lang) for lang in ("en", "zh"))
    ]


def pages() -> dict[Path, str]:
    """Path -> text of every page."""
    return {
        TARGET / f"{name}{'.zh' if lang == 'zh' else ''}.md": make(lang)
        for name, make in PAGES.items()
        for lang in ("en", "zh")
    }


def stale() -> list[Path]:
    """Pages that are not what the code says now."""
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
    if missing():
        print("configs/catalog lacks: " + ", ".join(missing()), file=sys.stderr)
        return 1
    old = stale()
    for path in old:
        print(path.relative_to(ROOT))
        if not args.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    import odd_pages  # which imports this file

    return int(bool(old) and args.check) | odd_pages.main()


if __name__ == "__main__":
    sys.exit(main())
