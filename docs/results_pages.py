"""Results pages: real numbers into both READMEs and docs/results(.zh).md.

    python docs/results_pages.py results/three_policies
    python docs/results_pages.py --benchmarks saved_output.txt

The first takes a results folder of ``cogov compare``; the second what ``benchmarks/run.py`` printed.
Texts are in docs/texts.yaml. A reading whose condition the numbers no longer meet is left out, and said.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from generate import ROOT, said, table, texts
from results_figure import baseline_level, figure
from results_readings import readings

from experiments.html.numbers import MISSING, fixed
from experiments.report.comparison.data import Results, read
from experiments.report.comparison.verdicts import BETTER, WORSE, Finding, findings

LANGUAGES = ("en", "zh")

READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}
PAGES = {"en": ROOT / "docs" / "results.md", "zh": ROOT / "docs" / "results.zh.md"}
IN_README = 3  # readings; the page has all of them

IMAGES = ROOT / "docs" / "images"

ROWS = (
    "dispute_rate",
    "satisfaction_index",
    "event_satisfaction",
    "reported_resolution",
    "audited_resolution",
    "fix_days_median",
    "workload_committee",
    "workload_property",
    "workload_level2",
    "cost_budget",
)

MARK = {BETTER: " ✓", WORSE: " ✕"}


def write(path: Path, words: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(words, encoding="utf-8")
    os.replace(part, path)


def put(path: Path, name: str, body: str) -> None:
    """Replace what stands between ``<!-- name: begin -->`` and ``<!-- name: end -->`` of a file."""
    old = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if old.count(begin) != 1 or old.count(end) != 1:
        raise SystemExit(f"{path.name}: needs {begin} and {end} once each")
    head, tail = old.split(begin)[0], old.split(end)[1]
    write(path, f"{head}{begin}\n{body.strip()}\n{end}{tail}")


def results_table(results: Results, lang: str) -> str:
    """Baseline levels, then each arm's paired difference with its 95% interval."""
    colon = "：" if lang == "zh" else ": "
    rows = []
    for name in ROWS:
        found, shown = findings(results, name), results.outcome(name)
        kind = texts()["readme"]["kinds"].get(name)
        label = (kind[lang] + colon if kind else "") + shown.label.plain(lang)
        plain_unit = shown.change_unit.plain(lang)
        rows.append(
            (
                f"{label}<br>({plain_unit})" if lang == "en" else f"{label}<br>（{plain_unit}）",
                baseline_level(found[0]),
                *(difference(f, lang) for f in found),
            )
        )
    head = ["", *(results.label(arm).plain(lang) for arm in results.arms)]
    return table(head, rows).replace("&lt;br>", "<br>")


def difference(f: Finding, lang: str) -> str:
    """'+1.2 ✕<br>(0.9 to 1.5)'."""
    if not f.known:
        return MISSING
    interval = f.interval.plain(lang)
    shown = f"{f.difference.plain(lang)}{'' if f.shown.money else MARK.get(f.verdict, '')}"
    if f.paired.low == f.paired.high:
        return shown
    return f"{shown}<br>({interval})" if lang == "en" else f"{shown}<br>（{interval}）"


def values_of(results: Results) -> dict[str, object]:
    """Sizes and version of a study, as texts name them."""
    return {
        "seeds": len(results.seeds),
        "residents": fixed(results.residents, 0),
        "years": fixed(results.days / 365, 0),
        "version": results.manifest["model_version"][:8],
        "arms": len(results.arms),
    }


def line(key: str, lang: str, **values: object) -> str:
    """A text of docs/texts.yaml on one line."""
    return said(key, lang).strip().replace("\n", "" if lang == "zh" else " ").format(**values)


def readme_block(results: Results, lang: str, told: list[str]) -> str:
    """Figure, what it shows and how far to trust it, the first readings."""
    image = f"![{said('readme.alt', lang)}](docs/images/three_policies.{lang}.svg)"
    return (
        "\n\n".join(
            [image, line("readme.short", lang, **values_of(results)), f"**{said('readme.surprised', lang)}**"]
        )
        + "\n\n"
        + "\n".join(told[:IN_README])
    )


def page_block(results: Results, lang: str, told: list[str]) -> str:
    """How to read the table, the table, what surprised."""
    source = line("readme.source", lang, **values_of(results))
    heading = f"## {said('readme.surprised', lang)}"
    return "\n\n".join([source, results_table(results, lang), heading, "\n".join(told)])


LINE = re.compile(
    r"^(?P<key>\S+)\s+(?P<what>\S.*?)\s{2,}(?P<value>-?[\d.]+|nan) ?(?P<unit>.*?)"
    r"(?:\s+bar (?P<bar>[\d.]+): (?P<verdict>met|NOT MET))?$"
)


def measured(lines: str) -> list[dict]:
    """Rows of benchmarks/run.py's output."""
    found = []
    for line in lines.splitlines():
        match = LINE.match(line.rstrip()) or LINE.match(
            re.sub(r"(\S) (\s*-?\d+\.\d{3} )", r"\1  \2", line.rstrip())
        )
        if match:
            found.append(match.groupdict())
    return found


def performance_block(rows: list[dict], lang: str) -> str:
    """The rows that users care about, in the order of docs/texts.yaml."""
    shown = []
    for entry in texts()["readme"]["performance"]:
        for row in rows:
            match = row["key"] == entry["key"] and re.search(entry["what"], row["what"])
            if match:
                value, digits = float(row["value"]), entry.get("digits", 1)
                units = texts()["readme"]["units"].get(row["unit"], {}).get(lang, row["unit"])
                bar = f"{float(row['bar']):g} {units}" if row["bar"] else MISSING
                shown.append((entry[lang].format(*match.groups()), f"{fixed(value, digits)} {units}", bar))
                break
    if not shown:
        raise SystemExit("no line of benchmarks/run.py found")
    return table(said("readme.performance_columns", lang), shown)


def main() -> int:
    """Rewrite what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="?", type=Path, help="a results folder of the three_policies study")
    parser.add_argument("--benchmarks", type=Path, help="saved output of benchmarks/run.py")
    args = parser.parse_args()
    if args.results is None and args.benchmarks is None:
        parser.error("nothing to do")
    if args.results is not None:
        results = read(args.results)
        told = readings(results)
        for lang in LANGUAGES:
            write(IMAGES / f"three_policies.{lang}.svg", figure(results, lang))
            put(READMES[lang], "results", readme_block(results, lang, told[lang]))
            put(PAGES[lang], "results", page_block(results, lang, told[lang]))
    if args.benchmarks is not None:
        rows = measured(args.benchmarks.read_text(encoding="utf-8"))
        for lang in LANGUAGES:
            put(PAGES[lang], "performance", performance_block(rows, lang))
    return 0


if __name__ == "__main__":
    sys.exit(main())
