"""Put real numbers into both READMEs: the results table, the readings, the figure, the performance table.

    python docs/update_readme.py results/three_policies
    python docs/update_readme.py --benchmarks saved_output.txt

The first takes a results folder of ``cogov compare``; the second what ``benchmarks/run.py`` printed.
Texts are in docs/texts.yaml. A reading whose condition the numbers no longer meet is left out, and said.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from generate import ROOT, said, table, texts

from experiments.html.canvas import BAD, GOOD, INK, NEUTRAL, Canvas
from experiments.html.numbers import MISSING, fixed
from experiments.html.words import Words, plain_words
from experiments.report.comparison.data import Results, read
from experiments.report.comparison.verdicts import BETTER, CLEAR, SAME, WORSE, Finding, findings

LANGUAGES = ("en", "zh")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}
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
PANELS = (
    "dispute_rate",
    "satisfaction_index",
    "event_satisfaction",
    "audited_resolution",
    "workload_committee",
    "workload_property",
)
MARK = {BETTER: " ✓", WORSE: " ✕"}
FONTS = (
    "'Segoe UI','Helvetica Neue',Arial,'Noto Sans','Liberation Sans','PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',sans-serif"
)
COLUMN, ROW, SIDE, TOP, GAP = 226.0, 25.0, 158.0, 50.0, 20.0  # px of the figure


def write(path: Path, words: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(words, encoding="utf-8")
    os.replace(part, path)


def put(name: str, lang: str, body: str) -> None:
    """Replace what stands between ``<!-- name: begin -->`` and ``<!-- name: end -->`` of a README."""
    path = READMES[lang]
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


class Facts:
    """Findings by outcome and arm, and the pieces of text that readings are made of."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def of(self, outcome: str, arm: str) -> Finding | None:
        """The finding, or None where the study has no such arm or outcome."""
        if arm not in self.results.others or outcome not in self.results.values:
            return None
        return next(f for f in findings(self.results, outcome) if f.arm == arm)

    def verdict(self, outcome: str, arm: str) -> str:
        """Its verdict, '' where there is none."""
        found = self.of(outcome, arm)
        return found.verdict if found else ""

    def percent(self, outcome: str, arm: str, digits: int = 0) -> str:
        """A share's level in per cent."""
        return fixed(100 * self.results.mean(arm, outcome), digits)

    def value(self, outcome: str, arm: str, digits: int = 1) -> str:
        """A level."""
        return fixed(self.results.mean(arm, outcome), digits)

    def change(self, outcome: str, arm: str, digits: int = 1) -> str:
        """A paired difference as shown."""
        found = self.of(outcome, arm)
        return fixed(found.paired.difference * found.shown.scale, digits, signed=True) if found else MISSING

    def contrast(self, arm: str, rival: str, outcome: str) -> tuple[float, float]:
        """Interval of arm minus rival."""
        pair = self.results.contrast(arm, rival, outcome)
        return pair.low, pair.high


GRID, COUNCIL, ALL, STAFF, PLATFORM = (
    "grid_management",
    "resident_council",
    "all_three",
    "equal_cost_staff",
    "smart_platform",
)


def moved_bottleneck(f: Facts) -> dict | None:
    """Grid management relieves the committee and overloads the property company."""
    if f.verdict("workload_committee", GRID) != BETTER or f.verdict("workload_property", GRID) != WORSE:
        return None
    if f.verdict("dispute_rate", GRID) != WORSE:
        return None
    names = {"committee": "workload_committee", "property": "workload_property"}
    loads = {
        f"{k}{when}": f.percent(n, arm)
        for k, n in names.items()
        for when, arm in (("0", f.results.baseline), ("1", GRID))
    }
    return loads | {"d0": f.value("dispute_rate", f.results.baseline), "d1": f.value("dispute_rate", GRID)}


def books_and_truth(f: Facts) -> dict | None:
    """The books stay nearly full while an audit finds less."""
    if f.verdict("audited_resolution", GRID) != WORSE or f.results.mean(GRID, "reported_resolution") < 0.95:
        return None
    base = f.results.baseline
    return {
        "r0": f.percent("reported_resolution", base, 1),
        "r1": f.percent("reported_resolution", GRID, 1),
        "a0": f.percent("audited_resolution", base),
        "a1": f.percent("audited_resolution", GRID),
    }


def blunt_survey(f: Facts) -> dict | None:
    """Callers notice far more than the survey shows."""
    event, survey = f.of("event_satisfaction", GRID), f.of("satisfaction_index", GRID)
    if event is None or survey is None or not (event.clear and survey.clear):
        return None
    if abs(event.paired.difference) * 100 < 4 * abs(survey.paired.difference):
        return None
    return {"event": f.change("event_satisfaction", GRID, 0), "survey": f.change("satisfaction_index", GRID)}


def money_alone(f: Facts) -> dict | None:
    """The grid's money on committee staff leaves disputes where they were."""
    if f.verdict("dispute_rate", STAFF) != SAME or f.verdict("workload_committee", STAFF) != BETTER:
        return None
    return {
        "w0": f.percent("workload_committee", f.results.baseline),
        "w1": f.percent("workload_committee", STAFF),
        "change": f.change("dispute_rate", STAFF, 2),
    }


def small_council(f: Facts) -> dict | None:
    """A council without money of its own changes little."""
    if f.verdict("dispute_rate", COUNCIL) != SAME or f.verdict("satisfaction_index", COUNCIL) != SAME:
        return None
    fewer = f.of("root_fixes", COUNCIL)
    if (
        fewer is None
        or not fewer.paired.high < 0
        or not math.isfinite(f.results.mean(COUNCIL, "council_attendance"))
    ):
        return None
    return {
        "fixes0": f.value("root_fixes", f.results.baseline),
        "fixes1": f.value("root_fixes", COUNCIL),
        "present": f.percent("council_attendance", COUNCIL, 1) + "%",
    }


def bundle(f: Facts) -> dict | None:
    """All three together do worse than the grid alone."""
    if ALL not in f.results.others or not f.contrast(ALL, GRID, "dispute_rate")[0] > 0:
        return None
    low, high = f.contrast(ALL, GRID, "dispute_rate")
    return {
        "d": f.value("dispute_rate", ALL),
        "low": fixed(low, 1),
        "high": fixed(high, 1),
        "platform": f.change("dispute_rate", PLATFORM, 2),
    }


READINGS: dict[str, Callable[[Facts], dict | None]] = {
    "moved_bottleneck": moved_bottleneck,
    "books_and_truth": books_and_truth,
    "blunt_survey": blunt_survey,
    "money_alone": money_alone,
    "small_council": small_council,
    "bundle": bundle,
}


def readings(results: Results) -> dict[str, str]:
    """The list of readings in each language; what the numbers do not support is left out."""
    facts, lines = Facts(results), {lang: [] for lang in LANGUAGES}
    for name, reading in READINGS.items():
        values = reading(facts)
        if values is None:
            print(f"left out, not what these results say: {name}", file=sys.stderr)
            continue
        for lang in LANGUAGES:
            lines[lang].append(
                "- "
                + said(f"readme.readings.{name}", lang)
                .strip()
                .replace("\n", "" if lang == "zh" else " ")
                .format(**values)
            )
    return {lang: "\n".join(lines[lang]) or said("readme.readings.none", lang) for lang in LANGUAGES}


def results_block(results: Results, lang: str, told: str) -> str:
    """Figure, table, how to read it, what surprised."""
    values = {
        "seeds": len(results.seeds),
        "residents": fixed(results.residents, 0),
        "years": fixed(results.days / 365, 0),
        "version": results.manifest["model_version"][:8],
        "arms": len(results.arms),
    }
    image = f"![{said('readme.alt', lang)}](docs/images/three_policies.{lang}.svg)"
    source = said("readme.source", lang).strip().replace("\n", "" if lang == "zh" else " ").format(**values)
    return "\n\n".join(
        [image, source, results_table(results, lang), f"**{said('readme.surprised', lang)}**", told]
    )


def plain(phrase: Words, lang: str) -> Words:
    """A phrase in one language, still safe as markup."""
    return Words(*[getattr(phrase, lang)] * 2)


def figure(results: Results, lang: str) -> str:
    """Paired differences of headline outcomes, a panel each, as an SVG document that stands alone."""
    columns, arms = 3, len(results.others)
    high = TOP + ROW * arms + 44
    width, height = SIDE + columns * (COLUMN + GAP), 2 * high + 70
    canvas = Canvas(f"three-policies-{lang}", width, height, plain_words(said("readme.alt", lang)))
    canvas.say(
        14,
        height - 28,
        plain(Words(said("readme.figure.title", "zh"), said("readme.figure.title", "en")), lang),
        size=15,
        weight="bold",
    )
    for i, name in enumerate(PANELS):
        column, row = i % columns, i // columns
        top = height - 42 - row * high
        panel(
            canvas, findings(results, name), lang, SIDE + column * (COLUMN + GAP), top, with_names=column == 0
        )
    note = said("readme.figure.note", lang).format(seeds=len(results.seeds))
    canvas.say(14, 12, Words(note, note), size=10.5, color="#4a545e")
    return stand_alone(canvas.svg(), width, height, lang)


def panel(canvas: Canvas, found: list[Finding], lang: str, left: float, top: float, with_names: bool) -> None:
    """One outcome: a row per arm with dot, interval and value; names at the left of the first panel of a
    line.
    """
    shown, scale = found[0].shown, found[0].shown.scale
    bottom = top - TOP - ROW * len(found)
    canvas.say(left, top - 22, plain(shown.label, lang), size=12, weight="bold")
    base = said("readme.figure.baseline", lang).format(
        level=baseline_level(found[0]), unit=shown.change_unit.plain(lang)
    )
    canvas.say(left, top - 39, Words(base, base), size=10, color="#4a545e")
    ax = canvas.axes(
        left, bottom, canvas.width - left - COLUMN, canvas.height - (top - TOP), hide=("top", "right", "left")
    )
    ends = [
        v * scale
        for f in found
        for v in (f.paired.low, f.paired.high, f.paired.difference)
        if math.isfinite(v)
    ] + [0.0]
    low, high = min(ends), max(ends)
    room = 0.3 * (high - low) or 1.0
    low, high = low - (room if low < 0 else 0.12 * room), high + (room if high > 0 else 0.12 * room)
    ax.set_xlim(low, high)
    ax.set_ylim(0, len(found))
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    ax.locator_params(axis="x", nbins=4)
    ax.axvline(0, color=INK, linewidth=1)
    ax.tick_params(labelsize=9.5)
    for i, f in enumerate(found):
        y = len(found) - i - 0.5
        ink = GOOD if f.verdict == BETTER else BAD if f.verdict == WORSE else NEUTRAL
        if f.paired.has_interval:
            ax.plot(
                [f.paired.low * scale, f.paired.high * scale],
                [y, y],
                color=ink,
                linewidth=2.4,
                solid_capstyle="round",
            )
        ax.plot(
            [f.paired.difference * scale],
            [y],
            "o",
            markersize=6.5,
            color=ink,
            markeredgecolor=ink,
            markeredgewidth=1.4,
            markerfacecolor=ink if f.verdict in CLEAR else "white",
        )
        value_beside(
            canvas,
            f,
            lang,
            ink,
            left + COLUMN * (f.paired.low * scale - low) / (high - low),
            left + COLUMN * (f.paired.high * scale - low) / (high - low),
            left,
            bottom + ROW * y - 4,
        )
        if with_names:
            canvas.say(left - 12, bottom + ROW * y - 4, plain(f.label, lang), ha="right", size=11)


def value_beside(
    canvas: Canvas, f: Finding, lang: str, ink: str, start: float, end: float, left: float, y: float
) -> None:
    """The difference beside its interval, on the side away from zero where there is room."""
    if not f.known:
        return
    to_left = f.paired.difference < 0 and start - left > 34
    x, align = (start - 7, "right") if to_left else (end + 7, "left")
    canvas.say(x, y, plain(f.difference, lang), ha=align, size=9.5, color=ink)


def baseline_level(f: Finding) -> str:
    """The baseline's level as the axis counts."""
    mark = "%" if f.shown.unit.en == "%" else ""
    return fixed(f.paired.baseline * f.shown.scale, f.digits) + mark


def stand_alone(svg: str, width: float, height: float, lang: str) -> str:
    """An SVG document of its own: namespaces, size, white ground, fonts that have the language's letters."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" lang="{lang}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" aria-label="{said("readme.alt", lang)}">'
        f"<style>text{{font-family:{FONTS}}}*{{stroke-linejoin:round;stroke-linecap:butt}}</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
    )
    return re.sub(r"^<svg[^>]*>", lambda m: head, svg) + "\n"


LINE = re.compile(
    r"^(?P<key>\S+)\s+(?P<what>\S.*?)\s{2,}(?P<value>-?[\d.]+|nan) ?(?P<unit>.*?)(?:\s+bar (?P<bar>[\d.]+): (?P<verdict>met|NOT MET))?$"
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
            put("results", lang, results_block(results, lang, told[lang]))
    if args.benchmarks is not None:
        rows = measured(args.benchmarks.read_text(encoding="utf-8"))
        for lang in LANGUAGES:
            put("performance", lang, performance_block(rows, lang))
    return 0


if __name__ == "__main__":
    sys.exit(main())
