"""Social organisations (社会组织): present everywhere; specialist hours only under a contract.

The lever ``contract`` is zero at baseline, and zero is exactly off.
"""

from __future__ import annotations

from sim.mechanisms.matters import quantise
from sim.numerics.jit import kernel, rule
from sim.vocabulary import COMMITTEE

LABEL = "social_organisation"
READS = ("contract", "contract_reports")
COLUMNS = ()


@rule
def contract_hours(contract, workers, day_hours, share):
    """Case hours per workday bought by a contract: workers * 7 h * share left for cases. Unit: h."""
    return contract * workers * day_hours * share


@rule
def after_reports(hours, reports):
    """Case hours left when the contract is accounted for in reports: hours * (1 - reports). Unit: h."""
    return hours * (1.0 - reports)


@kernel
def work_contract(world, c):
    """Phase (workdays): contracted hours join the committee's."""
    levers = world.levers
    p = world.params[0]
    if levers[c].contract <= 0.0:
        return
    hours = contract_hours(levers[c].contract, p.organisation_workers, p.workday_hours, p.organisation_share)
    hours = quantise(after_reports(hours, levers[c].contract_reports))
    world.communities[c].hours[COMMITTEE] += hours
    world.communities[c].available[COMMITTEE] += hours
    world.tally[0].avail_committee += hours
    world.tally[0].organisation_workers_days += levers[c].contract * p.organisation_workers
