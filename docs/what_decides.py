"""Write docs/explanation/what-decides.md and .zh.md from results folders: the screening, the indices of what
is left, the ranks.

    cogov sensitivity what_decides && cogov sensitivity what_decides_pawn && cogov sweep ranks
    python docs/what_decides.py results/what_decides results/what_decides_pawn results/ranks

Every number on the page comes from those folders; their commands, seeds and model version are named on it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from experiments.html.numbers import MISSING, fixed, percent, with_half
from experiments.report.design.data import Design, best, read
from experiments.report.design.page import answer
from sim.config.catalog import text

TARGET = Path(__file__).resolve().parent / "explanation"
NAMES = {"en": "what-decides.md", "zh": "what-decides.zh.md"}
TOP = 6


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(
        [*lines, *("| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows)]
    )


def say(key: str, lang: str, **values) -> str:
    return text(f"what_decides.{key}", lang, **values)


def identity(design: Design, lang: str) -> str:
    """How the results were made: command, sizes, seeds, version."""
    m, plan = design.manifest, design.manifest["plan"]
    verdict = next(iter(design.tables["convergence"]), None)
    rows = (
        fixed(verdict.rows, 0)
        if verdict
        else fixed(sum(1 for _ in open(design.folder / "design.csv", encoding="utf-8-sig")) - 1, 0)
    )
    return say(
        "identity",
        lang,
        command=m["command"],
        rows=rows,
        factors=len(m["factors"]),
        arms=len(m["arms"]),
        replicates=plan["replicates"],
        seeds=text(f"design.seeds.{plan['replicate_seeds']}", lang),
        place=m["scenario"]["name"],
        burn_in=m["burn_in_days"],
        days=m["days"],
        sample_seed=plan["sample_seed"],
        model=m["model_version"],
        commit=(m.get("git_commit") or MISSING)[:10],
        created=m["created"][:10],
    )


def indices(
    design: Design, analysis: str, kinds: list[str], lang: str, others: dict[str, str] | None = None
) -> list[str]:
    """Per target: the answer in words and its leading factors."""
    parts = []
    for target in design.targets:
        parts += [f"### {design.label(target).plain(lang)}", answer(design, analysis, target).plain(lang)]
        rows = best(design.indices(analysis, target), TOP)
        by = {k: {r.factor: r for r in design.indices(analysis, target, k)} for k in kinds}
        by |= {
            k: {r.factor: r for r in design.indices(other, target, k)} for k, other in (others or {}).items()
        }
        cells = [
            [
                f"`{r.factor}`",
                *(with_half(by[k][r.factor].value, by[k][r.factor].half_width) for k in by),
                design.factor(r.factor).plain(lang),
            ]
            for r in rows
        ]
        if cells:
            parts.append(
                table(
                    [
                        text("design.head.factor", lang),
                        *(text(f"design.index.{k}", lang) for k in by),
                        say("meaning", lang),
                    ],
                    cells,
                )
            )
    return parts


def ranks(design: Design, lang: str) -> list[str]:
    """Per outcome: probability of first and of last place, and of being better than the baseline, by
    structure.
    """
    parts = []
    rows = design.tables["against"]
    for outcome in dict.fromkeys(r.outcome for r in rows):
        cells = []
        for r in (r for r in rows if r.outcome == outcome):
            place = {
                p.place: p.probability
                for p in design.tables["ranks"]
                if (p.outcome, p.alternative, p.arm) == (outcome, r.alternative, r.arm)
            }
            cells.append(
                [
                    design.alternative(r.alternative).plain(lang),
                    design.arm(r.arm).plain(lang),
                    fixed(r.worlds, 0),
                    percent(place[1], 0),
                    percent(place[max(place)], 0),
                    f"{percent(r.better, 0)} ({fixed(100 * r.low, 0)}–{fixed(100 * r.high, 0)})",
                    percent(r.worse, 0),
                    percent(r.agreement, 0),
                ]
            )
        parts += [
            f"### {design.outcome(outcome).plain(lang)}",
            table(
                [
                    say(f"column.{c}", lang)
                    for c in ("structure", "arm", "worlds", "first", "last", "better", "worse", "agreement")
                ],
                cells,
            ),
        ]
    return parts


def page(morris: Design, left: Design | None, ranked: Design | None, lang: str) -> str:
    """The whole page in a language."""
    parts = [
        f"# {say('title', lang)}",
        f"<!-- {say('generated', lang)} -->",
        f"**{text('report.disclaimer', lang)}**{text('report.mark.stop', lang)}"
        f"{text('report.disclaimer.long', lang)}",
        say("intro", lang),
        f"## {say('screening', lang)}",
        identity(morris, lang),
        *indices(morris, "morris", ["mu_star", "rms", "sigma"], lang),
    ]
    if left:
        parts += [
            f"## {say('left', lang)}",
            say("left_intro", lang),
            identity(left, lang),
            *indices(left, "pawn", ["pawn"], lang, {"S1": "rbd_fast"}),
        ]
    if ranked:
        parts += [
            f"## {say('ranks', lang)}",
            text("design.note.ranks", lang),
            text("design.method.ranks", lang),
            identity(ranked, lang),
            *ranks(ranked, lang),
        ]
    return "\n\n".join([*parts, f"## {say('limits', lang)}", say("limits_text", lang)]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("morris", type=Path)
    parser.add_argument("left", type=Path, nargs="?")
    parser.add_argument("ranks", type=Path, nargs="?")
    args = parser.parse_args()
    found = [read(folder) if folder else None for folder in (args.morris, args.left, args.ranks)]
    for lang, name in NAMES.items():
        (TARGET / name).write_text(page(*found, lang), encoding="utf-8")
        print(TARGET / name)


if __name__ == "__main__":
    main()
