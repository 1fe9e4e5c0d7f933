"""Stopping on the half-width of the paired difference: the interval, the batches, the coverage, the
command.
"""

from __future__ import annotations

import csv
import json
import math
import shutil

import numpy as np
import pytest

from benchmarks.sequential_coverage import coverage
from experiments import cli
from experiments.analysis import paired, sequential
from experiments.store.folder import Store

SKEWED = np.array([0.12, 0.31, 0.23, 0.54, 0.15, 0.42, 0.21, 1.9])


def test_the_interval_is_the_tables_at_a_level_that_allows_for_looking():
    assert [end[0] for end in sequential.interval(SKEWED[:, None])] == [
        end[0] for end in paired.interval(SKEWED[:, None], sequential.LEVEL)
    ]
    assert sequential.LEVEL > 0.95


def test_interval_of_missing_few_and_equal_values():
    values = np.array(
        [
            [1.0, 3.0, 5.0],
            [1.0, math.nan, 6.0],
            [1.0, 4.0, math.nan],
            [1.0, math.nan, math.nan],
            [1.0, 5.0, math.nan],
        ]
    )
    low, high = sequential.interval(values)
    assert (low[0], high[0]) == (1.0, 1.0) and np.isnan([low[2], high[2]]).all()
    alone = sequential.interval(np.array([[3.0], [4.0], [5.0]]))
    assert (low[1], high[1]) == (alone[0][0], alone[1][0])


@pytest.mark.parametrize("shape", ["normal", "gamma, skewness 1", "exponential, skewness 2"])
@pytest.mark.parametrize("bound", [0.6, 0.3])
def test_intervals_cover_what_they_say_however_often_one_looks(shape, bound):
    """3,000 seeded studies a cell, standard error .4 points; the benchmark has 20,000 and more cells."""
    share, seeds = coverage(shape, bound, 3000)
    assert 0.925 <= share <= 0.975 and 10 < seeds < 110


def one(half_width: float, bound: float = 0.3) -> sequential.Look:
    return sequential.Look("o", "a", 10, 0.0, -half_width, half_width, bound)


def test_batches_are_planned_but_neither_tiny_nor_huge():
    assert sequential.next_count(40, [one(0.36)]) == math.ceil(40 * 1.44)
    assert sequential.next_count(40, [one(0.301)]) == 50 and sequential.next_count(40, [one(3.0)]) == 80
    assert (
        sequential.next_count(40, [one(math.inf)]) == 80
        and sequential.next_count(150, [one(3.0)], 200) == 200
    )
    assert sequential.next_count(40, [one(0.1), one(0.36)]) == math.ceil(40 * 1.44), "the widest arm decides"


def test_a_look_waits_for_every_arm_and_not_for_what_never_comes():
    rng = np.random.default_rng(2)
    base = np.column_stack([rng.normal(size=12), np.full(12, math.nan)])
    values = {
        "base": base,
        "near": base + 1.0 + 0.01 * rng.normal(size=(12, 1)),
        "far": base + rng.normal(size=(12, 1)),
    }
    looks = sequential.look(values, "base", {"x": 0.3, "never": 0.1})
    assert [(look.arm, look.outcome, look.reached) for look in looks] == [
        ("near", "x", True),
        ("far", "x", False),
    ]
    assert (
        not sequential.done(looks)
        and looks[0].difference == pytest.approx(1.0, abs=0.02)
        and looks[0].n == 12
    )


def test_rare_events_are_waited_for_and_constants_are_not():
    base = np.column_stack([np.arange(12.0), np.zeros(12)])
    values = {"base": base, "arm": base + [0.0, 5.0]}
    rare, constant = sequential.look(values, "base", {"disputes": 0.3, "cost": 0.1})
    assert not rare.reached and constant.reached and constant.half_width == 0
    values = {arm: np.repeat(own, 3, axis=0) for arm, own in values.items()}
    assert sequential.done(sequential.look(values, "base", {"disputes": 0.3, "cost": 0.1}))


def test_running_mean_ends_where_the_look_is():
    values = np.array([3.0, 1.0, math.nan, 2.0, 5.0])
    mean, low, high = sequential.running(values)
    assert mean == pytest.approx([3, 2, 2, 2, 2.75]) and np.isnan(low[:3]).all()
    last = sequential.interval(values[:, None])
    assert (low[-1], high[-1]) == (last[0][0], last[1][0])


# -- the command --------------------------------------------------------------------------------

TINY = [
    "three_policies",
    "--residents",
    "360",
    "--days",
    "60",
    "--burn-in",
    "20",
    "--workers",
    "1",
    "--no-report",
    "--quiet",
    "--lang",
    "en",
]


def compare(folder, *words: str) -> int:
    return cli.main(["compare", *TINY, "--out", str(folder), *words])


def held(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "runs").glob("*.parquet")}


def seeds_of(folder) -> list[int]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["seeds"]


@pytest.fixture(scope="module")
def precise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("precise") / "out"
    assert (
        compare(folder, "--precision", "satisfaction_index=0.4", "--min-seeds", "6", "--max-seeds", "90") == 0
    )
    return folder


def test_seeds_are_added_until_the_difference_is_known_well_enough(precise):
    with (precise / "comparison.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if row["outcome"] == "satisfaction_index" and row["arm"] != "baseline"
        ]
    widths = [(float(row["high_sequential"]) - float(row["low_sequential"])) / 2 for row in rows]
    assert all(
        row["low"] == row["low_sequential"] and row["high"] == row["high_sequential"] for row in rows
    ), "the table's own interval"
    assert len(rows) == 5 and max(widths) <= 0.4 and 6 <= len(seeds_of(precise)) < 90


def test_a_second_start_repeats_nothing_and_a_narrower_bound_extends(precise, tmp_path, capsys):
    folder = tmp_path / "copy"
    shutil.copytree(precise, folder)
    before, count = held(folder), len(seeds_of(folder))
    assert (
        compare(folder, "--precision", "satisfaction_index=0.4", "--min-seeds", "6", "--max-seeds", "90") == 0
    )
    assert (
        "none is repeated" in capsys.readouterr().out
        and held(folder) == before
        and len(seeds_of(folder)) == count
    )
    assert (
        compare(
            folder,
            "--precision",
            "satisfaction_index=0.01",
            "--min-seeds",
            "6",
            "--max-seeds",
            str(count + 4),
        )
        == 0
    )
    said = capsys.readouterr().out
    assert f"{count + 4} seeds is the limit" in said and "none is repeated" in said
    assert before.items() <= held(folder).items() and len(seeds_of(folder)) == count + 4


def test_what_was_lost_half_way_is_done_again_to_the_same_table(precise, tmp_path):
    """A start that lost half of its parts: the next one ends with the same seeds, the same table byte for
    byte, the same runs.
    """
    folder = tmp_path / "copy"
    shutil.copytree(precise, folder)
    for part in sorted((folder / "runs").glob("*.parquet"))[::2]:
        part.unlink()
    (folder / "comparison.csv").unlink()
    assert (
        compare(folder, "--precision", "satisfaction_index=0.4", "--min-seeds", "6", "--max-seeds", "90") == 0
    )
    assert (folder / "comparison.csv").read_bytes() == (precise / "comparison.csv").read_bytes()
    assert Store(folder).mend().fingerprint() == Store(precise).mend().fingerprint()


def test_seeds_of_a_former_comparison_are_reused_whatever_their_numbers(tmp_path):
    from experiments.commands._precision import more

    assert more([3, 5, 8], 6) == [3, 5, 8, 1, 2, 4] and more([1, 2, 3], 2) == [1, 2, 3]
    assert compare(tmp_path / "out", "--seeds", "2,7") == 0
    before = held(tmp_path / "out")
    assert compare(tmp_path / "out", "--precision", "trust=9", "--min-seeds", "5", "--max-seeds", "5") == 0
    assert seeds_of(tmp_path / "out") == [2, 7, 1, 3, 4] and before.items() <= held(tmp_path / "out").items()


@pytest.mark.parametrize(
    "words, said",
    [
        (["--precision", "dispute_rte=1"], "nearest: dispute_rate"),
        (["--precision", "dispute_rate=0"], "above 0"),
        (["--precision", "trust=1", "--seeds", "3"], "leave out --seeds"),
        (["--precision", "trust=1", "--min-seeds", "9", "--max-seeds", "8"], "--min-seeds 9"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(tmp_path, capsys, words, said):
    try:
        code = compare(tmp_path / "out", *words)
    except SystemExit as stop:
        code = stop.code
    assert code == cli.BAD_INPUT and said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_from_day_is_a_straight_run_whose_policies_start_on_that_day(tmp_path):
    """Bit for bit: burn-in 20, arms part 15 days later; and another folder by default than without it."""
    from experiments.questions.comparison import Study
    from experiments.store.folder import Store
    from sim.engine import Engine

    assert compare(tmp_path / "out", "--seeds", "1", "--from-day", "15") == 0
    store = Store(tmp_path / "out")
    assert store.load()["burn_in_days"] == 35
    runs = store.runs().to_pylist()
    study = Study.load("three_policies")
    place = study.place().scaled(360)
    for row in runs[:2]:
        policies = [policy | {"start_day": 35} for policy in study.arms[row["arm"]]]
        outcomes = (
            Engine(place, policies, row["population_seed"], row["seed"])
            .advance(35)
            .mark()
            .advance(60)
            .outcomes()
        )
        assert {name: row[name] for name in outcomes if outcomes[name] == outcomes[name]} == {
            n: v for n, v in outcomes.items() if v == v
        }
