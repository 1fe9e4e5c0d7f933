"""Parameters and levers: every one of them moves the world."""

from __future__ import annotations

from sandbox import EVERYTHING, STRESS, differ, nudge, run

from sim.config import registry
from sim.levers import LEVERS
from sim.policies.resident_council import ResidentCouncil

# --- nothing is idle

RICH = STRESS | {"maintenance_budget": 3e6}
RICH_POLICIES = (
    *EVERYTHING,
    nudge(
        "rich",
        party_active=("shift", 0.5),
        party_mandate=("shift", 0.5),
        contract=("shift", 0.3),
        open_party_member=1.0,
        mediation_training=("shift", 0.3),
        staff_choose=1.0,
    ),
)
ONLY_MONEY = {
    "organisation_price",
    "volunteer_hour_price",
    "worker_hour_price",
    "worker_year_pay",
}  # prices: costs, not days
KNOWN_IDLE = {"adoption_launch", "contagion_days"}  # defects.md: in the registry, read by nothing


def test_every_parameter_moves_the_world():
    """Set to one end of its range or the other, each parameter changes the state of a rich world within
    200 days; prices aside.
    """
    base = run(RICH_POLICIES, 200, 1, RICH, 600)
    idle = set()
    for name, p in registry.registry().items():
        if not any(
            differ(base, run(RICH_POLICIES, 200, 1, RICH | {name: end}, 600)) for end in (p.high, p.low)
        ):
            idle.add(name)
    assert idle - KNOWN_IDLE <= ONLY_MONEY


def test_every_lever_moves_the_world():
    """Each lever, moved alone on top of workers, an app, members and a contract, changes the state within
    250 days.
    """
    ground = nudge(
        "ground",
        grid_workers=("shift", 1.0),
        patrol=("shift", 0.1),
        visits=("shift", 2.0),
        open_app=("shift", 1.0),
        app_launch=("shift", 0.1),
        party_active=("shift", 0.3),
        contract=("shift", 0.2),
        data_entry=("shift", 0.1),
    )

    class Seats(ResidentCouncil):
        """A council whose own moves are left out."""

        def moves(self, size):
            return []

    idle = []
    for lever in LEVERS:
        council = [Seats(base=-3.0)] if lever.name in ("council_voice", "open_council") else []
        moves = [("shift", 0.6 * min(lever.high, 5.0)), ("scale", 0.4), ("shift", -0.6)]
        base = run([ground, *council], 250, 1, RICH, 900)
        arms = (
            run([ground, *council, nudge("m", **{lever.name: move})], 250, 1, RICH, 900) for move in moves
        )
        if not any(differ(base, arm, but=("levers", "communities.opened")) for arm in arms):
            idle.append(lever.name)
    assert idle == []
