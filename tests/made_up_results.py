"""Made-up results of a comparison, and a page of its report taken apart."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from experiments.analysis import comparison
from experiments.running.worker import Frames
from experiments.store.folder import Store

ARMS = {
    "baseline": [],
    "grid_management": [{"policy": "grid_management"}],
    "mix <b>&": [{"policy": "a"}, {"policy": "b"}],
    "equal_cost_staff": [{"policy": "equal_cost_staff"}],
}
# outcome -> (unit, better, baseline level, effect in each arm beside the baseline, noise)
OUTCOMES = {
    "dispute_rate": ("per 1,000 residents and year", "low", 8.3, (-1.4, 0.0, 0.9), 0.2),
    "satisfaction_index": ("index 0-100", "high", 63.0, (0.4, 0.0, -2.0), 0.1),
    "event_satisfaction": ("share", "high", 0.88, (0.03, 0.0, 0.0), 0.004),
    "reported_resolution": ("share", "high", 0.93, (0.04, 0.0, 0.0), 0.004),
    "audited_resolution": ("share", "high", 0.74, (-0.05, 0.0, 0.0), 0.004),
    "formalism_gap": ("percentage points", "low", 19.0, (9.0, 0.0, 0.0), 0.4),
    "cost_budget": ("CNY per resident-year", "low", 0.0, (65.0, 1.0, 65.0), 0.0),
    "contacts_rate": ("per 1,000 residents and year", "", 400.0, (30.0, 0.0, 0.0), 3.0),
    "demand_rate": ("per 1,000 residents and year", "", 130.0, (9.0, 0.0, 0.0), 2.0),
    "desk_share": ("share", "", 0.6, (0.0, 0.0, 0.0), 0.01),
    "workload_property": ("ratio", "low", 0.7, (0.5, 0.0, 0.0), 0.02),
    "satisfaction_gap_elderly": ("index points", "low", 1.2, (2.0, 0.0, 0.0), 0.05),
    "claim_ratio_migrant": ("ratio", "", 0.9, (-0.2, 0.0, 0.0), 0.01),
    "my_own_metric": ("widgets", "high", 5.0, (1.0, 0.0, 0.0), 0.1),
}
SERIES = ("disputes", "claims", "satisfaction_index", "open", "backlog_property")
RUN = ("run_id", "arm", "seed")  # what every table of a study begins with
URL = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}|url\((?!#)|@import|\bsrc=", re.IGNORECASE)


def results_folder(
    folder: Path, arms=ARMS, seeds: int = 6, failed=(), missing=(), days: int = 140, grids: int = 3
) -> Path:
    """A results folder as `cogov compare` leaves it, from made-up numbers."""
    store = Store(folder)
    store.open(manifest(arms, seeds, days))
    store.write(_frames(list(arms), seeds, failed, missing, days, grids))
    write_comparison(store, seeds)
    return folder


def _frames(arms: list[str], seeds: int, failed, missing, days: int, grids: int) -> Frames:
    rng = np.random.default_rng(5)
    rows = []
    columns = {k: [] for k in [*RUN, "population_seed", "status", "error", "residents", "days", *OUTCOMES]}
    series = {k: [] for k in [*RUN, "day", *SERIES]}
    tiles = {k: [] for k in [*RUN, "grid", "community", "residents", "disputes", "satisfaction_index"]}
    for seed in range(1, seeds + 1):
        luck = {name: rng.normal() for name in OUTCOMES}
        for place, arm in enumerate(arms):
            bad = (arm, seed) in failed
            run = _run(arm, seed, place, days, bad)
            rows.append((run["run_id"], arm, run["status"]))
            for name, (_, _, level, effects, noise) in OUTCOMES.items():
                effect = effects[(place - 1) % len(effects)] if place else 0.0
                value = level + effect + noise * (luck[name] + 0.3 * rng.normal())
                run[name] = math.nan if bad or name in missing else value
            for name, column in columns.items():
                column.append(run[name])
            if not bad:
                _extend(series, run, _days(rng, days), days)
                _extend(tiles, run, _grids(rng, grids), grids)
    return Frames(tuple(rows), columns, series if series["day"] else {}, tiles if tiles["grid"] else {})


def _run(arm: str, seed: int, place: int, days: int, bad: bool) -> dict:
    return {
        "run_id": f"{place:02d}{seed:04d}",
        "arm": arm,
        "seed": seed,
        "population_seed": 1,
        "status": "failed" if bad else "ok",
        "error": "Traceback\nValueError: broken <i>here</i>" if bad else "",
        "residents": 0 if bad else 12_000,
        "days": days,
    }


def _days(rng, days: int) -> dict:
    return {"day": range(days), **{s: rng.random(days) * 9 for s in SERIES}}


def _grids(rng, grids: int) -> dict:
    return {
        "grid": range(grids),
        "community": [0] * grids,
        "residents": [1000] * grids,
        "disputes": rng.random(grids) * 9,
        "satisfaction_index": 60 + rng.random(grids),
    }


def _extend(table: dict[str, list], run: dict, columns: dict, length: int) -> None:
    for name, values in columns.items():
        table[name].extend(values)
    for name in RUN:
        table[name].extend([run[name]] * length)


def manifest(arms, seeds: int, days: int) -> dict:
    entry = {
        "value": 0.2,
        "default": 0.1,
        "low": 0.0,
        "high": 1.0,
        "unit": "1",
        "source": "guess",
        "en": "target pressure",
        "zh": "考核压力",
    }
    return {
        "study": "made_up",
        "design": "compare",
        "scenario_hash": "cafe",
        "days": days,
        "burn_in_days": 365,
        "population_seed": "per_seed",
        "model_version": "beef",
        "engine": "x",
        "arms": arms,
        "baseline": "baseline",
        "seeds": list(range(1, seeds + 1)),
        "title": {"en": "Made-up study", "zh": "虚构的研究"},
        "labels": {},
        "smallest_effect": {"dispute_rate": 0.5},
        "shown": ["dispute_rate"],
        "outcomes": {
            name: {"unit": o[0], "better": o[1], "family": "", "definition": f"what {name} is"}
            for name, o in OUTCOMES.items()
        },
        "parameters": [
            {"name": "kpi", "status": "guess", **entry},
            {"name": "rate", "status": "empirical", **entry},
        ],
        "scenario": {"name": "place", "title": {"en": "A place", "zh": "某地"}},
        "versions": {"cogov": "9.9"},
        "machine": {"system": "Linux"},
        "git_commit": None,
        "created": "2024-02-29T00:00:00+00:00",
    }


def write_comparison(store: Store, seeds: int) -> None:
    table = store.runs()
    runs = {name: table[name].to_pylist() for name in table.column_names}
    better = {name: o[1] for name, o in OUTCOMES.items()}
    rows = comparison.compare(
        runs,
        comparison.Question(
            list(store.manifest["arms"]),
            "baseline",
            range(1, seeds + 1),
            list(OUTCOMES),
            better,
            store.manifest["smallest_effect"],
        ),
    )
    comparison.write_csv(rows, store.folder / "comparison.csv")


class Page(HTMLParser):
    """Collects the text of each language, and the numbers of the table of changes."""

    def __init__(self, html: str):
        super().__init__()
        self.stack: list[tuple[str, dict]] = []
        self.words = {"zh-CN": [], "en": []}
        self.changes: dict[tuple[str, str], list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "link", "path", "use", "rect"):
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(tag in ("style", "script") for tag, _ in self.stack):
            return
        langs = [a["lang"] for tag, a in self.stack if "lang" in a and tag != "html"]
        for lang in langs[-1:] or ("zh-CN", "en"):
            self.words[lang].append(data)
        for _, a in self.stack:
            if "data-outcome" in a and self.stack[-1][0] == "data":
                self.changes[a["data-outcome"], a["data-arm"]] = [data, self.stack[-1][1]["value"]]

    def text(self, lang: str) -> str:
        return re.sub(r"\s+", " ", "".join(self.words[lang]))
