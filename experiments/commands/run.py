"""cogov run: one run of one place, its headline outcomes on the screen."""

from __future__ import annotations

import argparse

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, in_language, next_steps, same_command, say
from sim.config.catalog import shortened, text
from sim.config.numbers import read_number

FAILED = 1


def arguments(parser) -> None:
    parser.add_argument("place", metavar=text("cli.arg.place"), help=text("cli.arg.place.help"))
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        type=policy,
        metavar=text("cli.arg.policy"),
        help=text("cli.option.policy"),
    )
    parser.add_argument(
        "--seed",
        type=options.whole(1, options.LAST_SEED),
        default=1,
        metavar="N",
        help=text("cli.option.seed"),
    )
    options.size(parser)
    parser.add_argument("--all", action="store_true", help=text("cli.option.all"))
    parser.add_argument("--quiet", action="store_true", help=text("cli.option.quiet"))


def policy(words: str) -> dict[str, object]:
    """'grid_management:intensity=0.5,start_day=10' as {"policy": ..., "intensity": 0.5, "start_day": 10}."""
    name, _, rest = words.partition(":")
    chosen: dict[str, object] = {"policy": name.strip()}
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not key or not value or key in chosen:
            twice = equals and value and key in chosen and key != "policy"
            raise argparse.ArgumentTypeError(
                text("cli.setting_twice" if twice else "cli.bad_policy", word=shortened(pair))
            )
        chosen[key] = _value(value)
    return chosen


def _value(word: str) -> object:
    """A number, a truth value or a word."""
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    value = read_number(word)
    return word if value is None else value


def run(args) -> int:
    import time

    from sim.scenario import Scenario

    system = _system(args.place)
    chosen = [*(dict(p) for p in system.policies), *args.policy] if system else args.policy
    _check_policies(chosen)
    scenario = _scenario(Scenario.load(system.place if system else args.place), args)
    launch.warm(args.quiet)
    began = time.monotonic()
    result = _simulate(args, scenario, chosen)
    if result.status != "ok":
        print(result.error)
        say("run.failed", place=args.place, seed=args.seed)
        return FAILED
    say(
        "run.title",
        place=in_language((system or scenario).title, scenario.name),
        residents=f"{result.residents:,}",
        days=result.task.days,
        burn_in=result.task.burn_in_days,
        seed=args.seed,
        seconds=f"{time.monotonic() - began:.1f}",
    )
    options.outcomes_table(result.outcomes, list(result.outcomes) if args.all else None)
    say("run.done")
    policies = [_policy_words(chosen) for chosen in args.policy]
    next_steps(same_command(args, policy=policies, seed=args.seed + 1), command("compare", "three_policies"))
    return 0


def _system(word: str):
    """A system of the founding documents by its name: its place, with its policies in force; None for a
    place.
    """
    from sim.config.config_file import available

    if word not in available("systems"):
        return None
    from experiments.validation.systems import System

    return System.load(word)


def _scenario(scenario, args):
    """The place with what was overridden on the command line, checked again."""
    times = {
        name: value
        for name, value in (("days", args.days), ("burn_in_days", args.burn_in))
        if value is not None
    }
    if args.residents is not None:
        scenario = scenario.scaled(args.residents)
    return options.on_command_line(lambda: type(scenario).from_dict({**scenario.to_dict(), **times}))


def _check_policies(chosen: list[dict]) -> None:
    from experiments.questions.comparison import check_policies
    from sim.config.config_file import in_memory

    source = in_memory({}, text("cli.command_line"))
    check_policies(source, ("--policy",), chosen)
    source.raise_problems()


def _policy_words(chosen: dict) -> str:
    rest = ",".join(f"{key}={value}" for key, value in chosen.items() if key != "policy")
    return chosen["policy"] + (f":{rest}" if rest else "")


def _simulate(args, scenario, policies):
    from experiments import tasks
    from experiments.running import worker

    branch = tasks.Branch("run", tasks.bundle(policies), "")
    task = tasks.SeedTask(
        tasks.scenario_text(scenario),
        scenario.hash,
        args.seed,
        args.seed,
        scenario.burn_in_days,
        scenario.days,
        scenario.residents,
        (branch,),
    )
    return worker.run_task(task)[0]
