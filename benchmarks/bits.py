"""One hash of a set of runs: every policy, every system of configs/systems, two seeds, small places.

    python benchmarks/bits.py                        print the hash
    python benchmarks/bits.py --write before.json    keep the hashes of all parts of all runs
    python benchmarks/bits.py --against before.json  compare: exit 1, and which part of which run differs

Run it before and after a change that must not change a result. A run's parts are its outcomes, daily series,
grids, tallies, records and minds. Names count: an outcome under another name is another outcome.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (1, 2)
PAST, DAYS = 120, 400  # a full year of the window, and a piece of the next
RESIDENTS = 2400
MINDS = ("satisfaction", "expectation", "trust", "belonging", "efficacy", "next_problem")


def arms() -> Iterator[tuple[str, str, list]]:
    """(name, place, policies) of every run of one seed; what two policies do together and what ends is
    among them.
    """
    from experiments.validation.systems import load_all
    from sim import policies

    for name in policies.names():
        yield name, "small_community", [name]
    names = [name for name in policies.names() if name != "baseline"]
    yield "all at half", "small_community", [{"policy": name, "intensity": 0.5} for name in names]
    yield (
        "all for a while",
        "small_community",
        [{"policy": name, "start_day": 31, "end_day": 250} for name in names],
    )
    for system in load_all():
        for arm, entries in system.arms().items():
            yield f"system {arm}", system.place, [dict(entry) for entry in entries]


def parts(engine) -> dict[str, str]:
    """Hashes of what a run leaves behind."""
    world, days = engine.world, engine.day + 1
    outcomes = {name: np.array([value], "f8") for name, value in engine.outcomes().items()}
    return {
        "outcomes": hashed(outcomes),
        "series": hashed(engine.series()),
        "grids": hashed(engine.grid_table()),
        "tally": hashed({"tally": world.tally, "state": world.state, "credit": world.credit}),
        "records": hashed(
            {"series": world.series[:days], "cohorts": world.cohorts[:days], "times": world.times}
        ),
        "minds": hashed({name: getattr(world.residents, name) for name in MINDS}),
        "tables": hashed({"workers": world.workers, "households": world.households}),
    }


def hashed(columns: Mapping[str, np.ndarray]) -> str:
    """Hash of named arrays, whatever their order; every NaN is one NaN."""
    total = hashlib.blake2b(digest_size=8)
    for name in sorted(columns):
        values = np.ascontiguousarray(columns[name])
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), np.nan, values)
        total.update(name.encode() + b"\0" + values.tobytes())
    return total.hexdigest()


def all_runs() -> dict[str, dict[str, str]]:
    """Parts of every run by its name; runs of one place and seed branch from one past."""
    from sim import Engine, Scenario

    found, pasts = {}, {}
    for name, place, policies in arms():
        for seed in SEEDS:
            if (place, seed) not in pasts:
                scenario = Scenario.load(place).scaled(RESIDENTS)
                pasts[place, seed] = Engine(scenario, (), seed, seed).advance(PAST).mark().snapshot()
            found[f"{name}, seed {seed}"] = parts(Engine.branch(pasts[place, seed], policies).advance(DAYS))
    return found


def differences(before: Mapping, after: Mapping) -> list[str]:
    """One line per run that is missing, new or different."""
    lines = [f"{name}: gone" for name in before if name not in after] + [
        f"{name}: new" for name in after if name not in before
    ]
    for name in before:
        wrong = [
            part for part in before[name] if before[name][part] != after.get(name, before[name]).get(part)
        ]
        if wrong:
            lines.append(f"{name}: {', '.join(wrong)}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """0 if nothing was to be compared, or nothing differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--against", type=Path, metavar="FILE")
    args = parser.parse_args(arguments)
    before = json.loads(args.against.read_text(encoding="utf-8")) if args.against else None
    began = time.process_time()
    runs = all_runs()
    whole = hashlib.blake2b(json.dumps(runs, sort_keys=True).encode(), digest_size=16).hexdigest()
    print(f"{len(runs)} runs, {time.process_time() - began:.0f} s of CPU: {whole}")
    if args.write:
        args.write.write_text(json.dumps(runs, indent=0) + "\n", encoding="utf-8")
    if before is None:
        return 0
    lines = differences(before, runs)
    print("\n".join(lines) if lines else "the same to the last bit")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
