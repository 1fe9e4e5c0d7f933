"""cogov list: what there is to choose from, one line each."""

from __future__ import annotations

from experiments.console import in_language, label, next_steps, number, say, table
from sim.config.catalog import language, text

KINDS = ("places", "policies", "metrics", "designs", "parameters", "studies", "systems")


def arguments(parser) -> None:
    parser.add_argument(
        "kind",
        nargs="?",
        choices=KINDS,
        metavar=text("cli.arg.kind"),
        help=text("cli.arg.kind.help", kinds=", ".join(KINDS)),
    )


def run(args) -> int:
    for kind in (
        [args.kind] if args.kind else [kind for kind in KINDS if kind not in ("metrics", "parameters")]
    ):
        say(f"list.{kind}")
        table(ROWS[kind]())
    steps = {
        "places": "cogov run small_community",
        "policies": "cogov run small_community --policy grid_management",
        "studies": "cogov compare three_policies",
        "designs": "cogov compare three_policies",
        "systems": "cogov validate",
    }
    next_steps(
        steps.get(
            args.kind, "cogov list parameters" if args.kind == "metrics" else "cogov compare three_policies"
        )
    )
    return 0


def _configs(folder: str) -> list[tuple[str, str]]:
    from sim.config.catalog import read_yaml
    from sim.config.paths import config_dir

    found = []
    for path in sorted((config_dir() / folder).glob("*.yaml")):
        data = read_yaml(path)
        found.append((path.stem, in_language((data or {}).get("title"))))
    return found


def _places() -> list[tuple[str, str, str]]:
    """Places with the rows of the founding documents that are simulated there."""
    rows: dict[str, list[int]] = {}
    for row, _, _, place in _systems():
        rows.setdefault(place, []).append(int(row))
    return [
        (name, title, text("list.rows", rows=_ranges(rows[name])) if name in rows else "")
        for name, title in _configs("places")
    ]


def _ranges(numbers: list[int]) -> str:
    """2, 3, 4, 9 as '2–4, 9'."""
    runs: list[list[int]] = []
    for n in sorted(numbers):
        runs[-1].append(n) if runs and runs[-1][-1] == n - 1 else runs.append([n])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _systems() -> list[tuple[str, str, str, str]]:
    from sim.config.catalog import read_yaml
    from sim.config.paths import config_dir

    found = [(path.stem, read_yaml(path) or {}) for path in (config_dir() / "systems").glob("*.yaml")]
    return [
        (f"{data.get('number', 0):2d}", name, in_language(data.get("title")), str(data.get("place", "")))
        for name, data in sorted(found, key=lambda item: item[1].get("number", 0))
    ]


def _policies() -> list[tuple[str, str]]:
    from sim import policies

    return [
        (name, label("policy", name, fallback=_first_line(policies.get(name)))) for name in policies.names()
    ]


def _first_line(thing) -> str:
    return ((thing.__doc__ or "").strip().splitlines() or [""])[0]


def _metrics() -> list[tuple[str, str, str]]:
    from sim import metrics

    return [
        (name, label("outcome", name), label("outcome", name, "unit", info.unit))
        for name, info in metrics.registry().items()
    ]


def _designs() -> list[tuple[str, str]]:
    from experiments import designs

    return [
        (name, label("design", name, fallback=_first_line(designs.get(name)))) for name in designs.names()
    ]


def _parameters() -> list[tuple[str, ...]]:
    from sim.config import registry

    return [
        (
            p.name,
            number(p.value),
            f"{number(p.low)}–{number(p.high)}",
            p.unit,
            p.status,
            getattr(p, language()),
        )
        for p in registry.registry().values()
    ]


ROWS = {
    "places": _places,
    "systems": _systems,
    "studies": lambda: _configs("studies"),
    "policies": _policies,
    "metrics": _metrics,
    "designs": _designs,
    "parameters": _parameters,
}
