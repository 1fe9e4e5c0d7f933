"""cogov list: what there is to choose from, one line each."""
from __future__ import annotations

from experiments.console import in_language, label, next_steps, number, say, table
from sim.texts import language, text

KINDS = ("places", "policies", "metrics", "designs", "parameters", "studies")


def arguments(parser) -> None:
    parser.add_argument("kind", nargs="?", choices=KINDS, metavar=text("cli.arg.kind"), help=text("cli.arg.kind.help", kinds=", ".join(KINDS)))


def run(args) -> int:
    for kind in [args.kind] if args.kind else [kind for kind in KINDS if kind not in ("metrics", "parameters")]:
        say(f"list.{kind}")
        table(ROWS[kind]())
    steps = {"places": "cogov run small_community", "policies": "cogov run small_community --policy grid_management",
             "studies": "cogov compare three_policies", "designs": "cogov compare three_policies"}
    next_steps(steps.get(args.kind, "cogov list parameters" if args.kind == "metrics" else "cogov compare three_policies"))
    return 0


def _configs(folder: str) -> list[tuple[str, str]]:
    from sim.paths import config_dir
    from sim.texts import read_yaml

    found = []
    for path in sorted((config_dir() / folder).glob("*.yaml")):
        data = read_yaml(path)
        found.append((path.stem, in_language((data or {}).get("title"))))
    return found


def _policies() -> list[tuple[str, str]]:
    from sim import policies

    return [(name, label("policy", name, fallback=_first_line(policies.get(name)))) for name in policies.names()]


def _first_line(thing) -> str:
    return ((thing.__doc__ or "").strip().splitlines() or [""])[0]


def _metrics() -> list[tuple[str, str, str]]:
    from sim import metrics

    return [(name, label("outcome", name), label("outcome", name, "unit", info.unit)) for name, info in metrics.registry().items()]


def _designs() -> list[tuple[str, str]]:
    from experiments import designs

    return [(name, label("design", name, fallback=_first_line(designs.get(name)))) for name in designs.names()]


def _parameters() -> list[tuple[str, ...]]:
    from sim import schema

    return [(p.name, number(p.value), f"{number(p.low)}–{number(p.high)}", p.unit, p.status, getattr(p, language()))
            for p in schema.registry().values()]


ROWS = {"places": lambda: _configs("places"), "studies": lambda: _configs("studies"), "policies": _policies, "metrics": _metrics,
        "designs": _designs, "parameters": _parameters}
