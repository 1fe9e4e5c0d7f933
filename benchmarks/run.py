"""Performance goals that apply, row by row, as CPU time and ratios of one run.

    python benchmarks/run.py            all quick rows (about three minutes, warm)
    python benchmarks/run.py --full     and the cold compile and the city of 12 million
    python benchmarks/run.py --only day big

A row states what was measured, its bar, and beside every time the stock of open matters.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sim import policies
from sim.engine import Engine
from sim.precompile import compile_all
from sim.scenario import Scenario
from sim.world.build import nbytes

ROWS: dict[str, tuple] = {}
ALL_THREE = ["grid_management", "resident_council", "smart_platform"]
RARE = {
    "problem_rate": 0.45,
    "baseline_stock": 0.08,
}  # a stock under .2 open matters per resident, which the bars speak of


def row(key: str, full: bool = False):
    """Register a benchmark; it yields (what, value, unit, bar or None)."""

    def register(function):
        ROWS[key] = (function, full)
        return function

    return register


def year(engine: Engine, days: int = 365) -> tuple[float, float]:
    """(CPU ns per resident-day, mean stock of open matters per resident) of the next ``days``."""
    began, start = time.process_time(), engine.day
    engine.advance(days)
    cpu = time.process_time() - began
    opened = engine.world.series[
        start + 1 : engine.day + 1, list(engine.world.tally.dtype.names).index("open")
    ].mean()
    return cpu * 1e9 / engine.size.residents / days, float(opened) / engine.size.residents


@row("day")
def cost_of_a_day():
    """Cost = a * residents + b * open matters, one thread, 12,000 residents, fitted over four stocks."""
    stock, cost = [], []
    for rate in (0.2, 0.45, 0.8, 1.2):
        scenario = Scenario.load("hongshan_road").with_parameters(
            {"problem_rate": rate, "baseline_stock": rate * 0.17}, check=False
        )
        best = min(year(Engine(scenario, (), 1, seed).advance(365)) for seed in (1, 2, 3))
        cost.append(best[0])
        stock.append(best[1])
        yield (
            f"a resident's day at a stock of {best[1]:.2f}",
            best[0],
            "ns",
            20.0 if best[1] <= 0.25 else None,
        )
    b, a = np.polyfit(stock, cost, 1)
    yield "a: a resident's day without any matter", a, "ns", None
    yield "b: an open matter's day", b, "ns", 50.0
    yield "a + .2 b: a resident's day at a stock of .2", a + 0.2 * b, "ns", 20.0


@row("policies")
def policies_on():
    """The same day with policies in force; all of them at once where conditions are rare."""
    for arm in ([], ["smart_platform"], ["grid_management"], ALL_THREE):
        engine = Engine("hongshan_road", (), 1, 1).advance(365)
        engine.set_policies(arm)
        ns, stock = year(engine)
        yield f"a resident's day under {', '.join(arm) or 'baseline'} (stock {stock:.2f})", ns, "ns", None
    every = [name for name in policies.names() if name not in ("baseline", "emergency")]
    rare = Scenario.load("hongshan_road").with_parameters(RARE, check=False)
    snapshot = Engine(rare, (), 1, 1).advance(365).snapshot()
    ns, stock = min(
        year(Engine.branch(snapshot, every)) for _ in range(3)
    )  # the first loads the institutions' compiled code
    yield f"all {len(every)} policies in force (stock {stock:.2f})", ns, "ns", 20.0


@row("mesa")
def plain_mesa():
    """A plain Mesa model of the same size whose agents do one addition a step: what a loop alone costs."""
    import mesa

    class Person(mesa.Agent):
        def __init__(self, model):
            super().__init__(model)
            self.value = 0.0

        def step(self):
            self.value += self.model.random.random()

    class Plain(mesa.Model):
        def __init__(self):
            super().__init__()
            Person.create_agents(self, 2000)

        def step(self):
            self.agents.shuffle_do("step")

    model = Plain()
    began = time.process_time()
    for _ in range(50):
        model.step()
    plain = (time.process_time() - began) * 1e9 / 2000 / 50
    ours, stock = year(Engine(Scenario.load("hongshan_road").scaled(2000), (), 1, 1).advance(30))
    yield "plain Mesa: an agent-step of one random draw", plain, "ns", None
    yield f"ratio to a resident's day of the whole model (stock {stock:.2f})", plain / ours, "times", None


def best_ms(call, each: int = 8, blocks: int = 12) -> float:
    """CPU ms of a call: the best of several blocks, so that other work on the machine counts little."""
    call()
    spent = []
    for _ in range(blocks):
        began = time.process_time()
        for _ in range(each):
            call()
        spent.append((time.process_time() - began) / each * 1e3)
    return min(spent)


@row("overhead")
def overhead():
    """A run outside ``advance``, 2,000 residents: build, mark, snapshot, branch, outcomes, series."""
    scenario = Scenario.load("hongshan_road").scaled(2000)
    engine = Engine(scenario, (), 1, 1).advance(1).mark()
    snapshot = engine.snapshot()
    Engine.branch(snapshot, ALL_THREE).advance(1).outcomes()
    seeds = iter(range(10_000))
    built = best_ms(lambda: Engine(scenario, (), 1, next(seeds)))
    peopled = best_ms(lambda: Engine(scenario, (), next(seeds), 1))

    def arm():
        branch = Engine.branch(snapshot, ALL_THREE)
        branch.outcomes(), branch.series(), branch.grid_table()

    arms, copied = best_ms(arm), best_ms(engine.snapshot)
    engine.advance(365)
    outcomes = best_ms(engine.outcomes)
    past = stock_of_day_0(scenario)
    yield "a new world", built, "ms", None
    yield "of this, simulating the stock that it begins with", past, "ms", None
    yield (
        "a run of its own: a new world but for its stock, outcomes of a year",
        built - past + outcomes,
        "ms",
        1.5,
    )
    yield "the same with a population of its own", peopled - past + outcomes, "ms", None
    yield "an arm of a shared burn-in: branch, outcomes, series, grids", arms, "ms", 1.5
    yield "a snapshot, once per seed", copied, "ms", None


def stock_of_day_0(scenario: Scenario) -> float:
    """ms of the compiled fast-forward that fills a new world with what it begins with."""
    from sim import engine as home

    spent, begin = [], home.begin

    def timed(*args):
        start = time.process_time()
        begin(*args)
        spent.append(time.process_time() - start)

    home.begin = timed
    try:
        for seed in range(60):
            Engine(scenario, (), 1, seed)
    finally:
        home.begin = begin
    return min(spent) * 1e3


@row("big")
def big():
    """200,000 residents, one subdistrict, one year, one thread."""
    scenario = Scenario.load("hongshan_road").scaled(200_000)
    Engine(scenario.scaled(24_000), (), 1, 1).advance(1)
    engine = Engine(scenario, (), 1, 1)
    began = time.process_time()
    ns, stock = year(engine)
    yield f"200,000 residents, a year (stock {stock:.2f})", time.process_time() - began, "s CPU", 1.5
    rare = scenario.with_parameters(RARE, check=False)
    began = time.process_time()
    ns_rare, stock_rare = year(Engine(rare, (), 1, 1))
    yield f"the same at a stock of {stock_rare:.2f}", ns_rare * 200_000 * 365 / 1e9, "s CPU", 1.5
    yield "bytes per resident, all tables", nbytes(engine.world) / engine.size.residents, "B", 100.0
    matters = sum(a.nbytes for a in engine.world.matters)
    yield "of these, matters", matters / engine.size.residents, "B", None
    small, _ = year(Engine("hongshan_road", (), 1, 1))
    yield "scaling exponent, 12,000 to 200,000", 1 + np.log(ns / small) / np.log(200_000 / 12_000), "", 1.05


@row("main")
def main_comparison():
    """The README's main command, warm: the runs alone, and all of it to the finished report."""
    with tempfile.TemporaryDirectory() as out:
        base = [
            sys.executable,
            "-m",
            "experiments.cli",
            "compare",
            "configs/studies/three_policies.yaml",
            "--lang",
            "en",
        ]
        began, before = time.monotonic(), os.times()
        subprocess.run([*base, "--out", f"{out}/main"], check=True, capture_output=True)
        wall, after = time.monotonic() - began, os.times()
        yield "main comparison, 6 arms x 30 seeds, to the finished report", wall, "s wall", 40.0
        yield (
            "the same",
            after.children_user - before.children_user + after.children_system - before.children_system,
            "s CPU",
            None,
        )
    runs = []
    for seed in (1, 2):
        engine = Engine("hongshan_road", (), seed, seed)
        began = time.process_time()
        snapshot = engine.advance(365).mark().snapshot()
        for arm in ([], ["grid_management"], ["resident_council"], ["smart_platform"], ALL_THREE):
            Engine.branch(snapshot, arm).advance(730).outcomes()
        runs.append(time.process_time() - began)
    yield "5 arms of a seed, one core", float(np.mean(runs)), "s CPU", None
    yield (
        "5 arms x 30 seeds on two cores, runs alone (from the line above)",
        float(np.mean(runs)) * 15,
        "s",
        20.0,
    )


@row("start")
def start_up():
    """What a user waits for at the start; best of five whole processes."""

    def best(code: list[str], n: int = 5) -> float:
        times = []
        for _ in range(n):
            began = time.monotonic()
            subprocess.run([sys.executable, *code], check=True, capture_output=True)
            times.append(time.monotonic() - began)
        return min(times)

    empty = best(["-c", "pass"])
    yield "import sim", best(["-c", "import sim"]) - empty, "s wall", 0.05
    yield "cogov --help", best(["-m", "experiments.cli", "--help"]), "s wall", 0.5
    engine = (
        "from sim import Engine, Scenario; Engine(Scenario.load('hongshan_road').scaled(2000)).advance(365)"
    )
    yield "warm start to the end of a first year, 2,000 residents", best(["-c", engine], 3), "s wall", 1.5
    model = "from sim import CommunityModel; CommunityModel('hongshan_road', residents=2000).run(365)"
    yield "the same through Mesa", best(["-c", model], 3), "s wall", 3.0


@row("cold", full=True)
def cold_compile():
    """Everything compiled from nothing, once per version of the sources."""
    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"COGOV_CACHE": cache}
        began, before = time.monotonic(), os.times()
        subprocess.run(
            [sys.executable, "-m", "experiments.cli", "warm"], check=True, capture_output=True, env=env
        )
        after = os.times()
        yield "cold compile", time.monotonic() - began, "s wall", 60.0
        yield (
            "the same",
            after.children_user - before.children_user + after.children_system - before.children_system,
            "s CPU",
            90.0,
        )


@row("city", full=True)
def city():
    """60 subdistricts of 200,000: 12 million residents, a year, two threads."""
    scenario = Scenario.load("hongshan_road").scaled(200_000)
    engines = [Engine(scenario, (), 1, seed) for seed in range(60)]
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda e: e.advance(365), engines))
    yield "12 million residents, a year, two threads", time.monotonic() - began, "s wall", 60.0


def main() -> None:
    """Run the chosen rows and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", nargs="*", choices=list(ROWS), default=None)
    args = parser.parse_args()
    compile_all()
    for key, (function, full) in ROWS.items():
        if (args.only is not None and key not in args.only) or (args.only is None and full and not args.full):
            continue
        for what, value, unit, bar in function():
            verdict = "" if bar is None else f"   bar {bar:g}: {'met' if value <= bar else 'NOT MET'}"
            print(f"{key:9s} {what:75s} {value:9.3f} {unit}{verdict}", flush=True)


if __name__ == "__main__":
    main()
