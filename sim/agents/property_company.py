"""The property company (物业公司): repairs and services paid by fees, and the yearly root fixes.

Withheld fees shrink its hours, which makes more problems: the way down is open, and so is the way
back. Root fixes are bought from the same maintenance budget in every arm.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.service import serve_pool
from sim.numerics.jit import kernel, rule
from sim.vocabulary import PROPERTY

LABEL = "property_company"
READS = ("property_scale", "staff_choose", "maintenance_scale")
COLUMNS = ("pool", "slot", "fte", "burnout", "skill", "hired", "vacant_until")
PLAN_EVERY = 91  # days between decisions on root fixes (four a year)


@rule
def fee_rate(normal, withheld_share):
    """Fees collected as a share of fees due:
    what is normal, less the households withholding (model rule 6).
    """
    return min(1.0, max(0.0, normal * (1.0 - withheld_share)))


@kernel
def serve_property(world, c, day, seed):
    """Phase (workdays): property staff serve the property matters of all grids, in order of priority."""
    hours = world.communities[c].hours[PROPERTY]
    left = serve_pool(world, c, day, seed, PROPERTY, hours)
    world.communities[c].hours[PROPERTY] = left
    world.tally[0].hours_property += hours - left


@kernel
def collect_fees(world, c):
    """Phase: the collection rate follows the households that withhold."""
    community = world.communities[c]
    community.fee_rate = fee_rate(
        world.params[0].normal_fee_rate + community.fee_gain,
        community.withheld / max(community.households, 1),
    )


def root_price(world, kind: int) -> float:
    """Price of one root fix of a kind (CNY)."""
    return float(world.params["root_fix_price"][0] * world.kinds["root_price_factor"][kind])


def buy_root_fix(world, building: int, kind: int) -> None:
    """Buy one: arrivals of that kind in that building fall by the effect's share of what is left."""
    fix_root(world, building, kind)
    world.tally["maintenance_spent"] += root_price(world, kind)


def fix_root(world, building: int, kind: int) -> None:
    """What a root fix does, whoever pays for it: see buy_root_fix."""
    root = world.buildings["root"]
    root[building, kind] += world.params["root_fix_effect"][0] * (1.0 - root[building, kind])
    world.tally["root_fixes"] += 1.0


class MaintenancePlan:
    """Staff's own choice of root fixes: where most was claimed, every quarter, as far as money goes."""

    def next_day(self, day: int) -> int:
        """The first day from ``day`` on which the plan is made (a quarter's end)."""
        return max(1, -(-day // PLAN_EVERY)) * PLAN_EVERY

    def act(self, world, day: int, seed: int) -> None:
        """Spend each community's quarter of the budget; what is left is carried over."""
        for c, community in enumerate(world.communities):
            quarter = (
                world.params["maintenance_budget"][0]
                * world.levers["maintenance_scale"][c]
                * PLAN_EVERY
                / 365.0
            )
            quarter *= community["residents"] / world.params["reference_residents"][0]
            community["fund"] += quarter
            if world.levers["staff_choose"][c] > 0.5:
                self._spend(world, community)

    def _spend(self, world, community) -> None:
        first, last = community["first_building"], community["first_building"] + community["buildings"]
        claims = world.buildings["kind_claims"][first:last] * (1.0 - world.buildings["root"][first:last])
        order = np.argsort(-claims.ravel(), kind="stable")
        for index in order:
            building, kind = first + index // claims.shape[1], int(index % claims.shape[1])
            price = root_price(world, kind)
            if price > community["fund"] or claims.ravel()[index] <= 0.0:
                break  # the first on the list that cannot be paid is waited for
            community["fund"] -= price
            buy_root_fix(world, building, kind)
