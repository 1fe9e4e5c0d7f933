"""The slips of benchmarks/mutations.py: each a plausible mistake in one mechanism, and the tests that
should see it.
"""

from __future__ import annotations

from dataclasses import dataclass

WORKER, CLAIMS = "sim/agents/community_worker.py", "sim/mechanisms/claims.py"
LEVEL2, GRID, PARTY = "sim/agents/level2_desk.py", "sim/agents/grid_worker.py", "sim/agents/party_member.py"
MATTERS, HAZARDS, MECHANISMS = (
    "tests/mechanisms/test_matters.py",
    "tests/mechanisms/test_hazards.py",
    "tests/mechanisms/test_mechanisms.py",
)
EXTREMES, MUTANTS = "tests/engine/test_extremes.py", "tests/mechanisms/test_mutants.py"
MOVES = f"{MECHANISMS}::test_mechanism_moves_its_outcome_as_stated"


@dataclass(frozen=True)
class Mutation:
    """A slip: ``edits`` are (file, text that is there once, text that replaces it)."""

    name: str
    slip: str
    mechanism: str
    edits: tuple[tuple[str, str, str], ...]
    tests: tuple[str, ...]


def one(name: str, slip: str, mechanism: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    """A slip in a single place."""
    return Mutation(name, slip, mechanism, ((file, old, new),), tests)


PAPER = (
    "        set_stage(matters, row, LUMPED, world.tally)\n"
    "        if case.first_claim >= 0:  # who never asked does not find out\n"
)
GIVE_BACK = "                give_back(world, c, day, seed, row, pool, g)\n"
CONTACT = "            contact(world.households, world.params, h, YES, day)\n"
PLEASED = (
    CONTACT
    + """            for i in range(community.first_resident, community.first_resident + community.residents):
                if world.residents.rec[i].household == h - community.first_household:
                    world.residents.satisfaction[i] = min(65535, world.residents.satisfaction[i] + 655)
"""
)
SCOPE = (
    "            set_stage(matters, row, LUMPED, tally)\n"
    "        evaluate(world, c, day, seed, row, p.outcome_none"
)
SCOPE_ENDS = SCOPE.replace(
    "            set_stage(matters, row, LUMPED, tally)", "            finish(world, row, FADED, pool)"
)
RECORDS = "from sim.mechanisms.records import "

MUTATIONS = (
    one(
        "burnout_stays",
        "burnout never recovers",
        "16 burnout",
        "sim/mechanisms/workforce.py",
        "p.burnout_threshold, p.burnout_recovery\n",
        "p.burnout_threshold, 0.0\n",
        MOVES,
    ),
    one(
        "withheld_for_ever",
        "fees stay withheld after the grievance has ended",
        "15 fees",
        "sim/mechanisms/disputes.py",
        "        if alive:\n",
        "        if alive or building.withheld > 0:\n",
        MUTANTS,
    ),
    one(
        "influence_unbounded",
        "neighbours influence each other at any distance of opinion",
        "12 influence",
        "sim/mechanisms/weekly_round.py",
        "reach = p.confidence * MIND / 255.0",
        "reach = 1e9 + p.confidence",
        MUTANTS,
    ),
    one(
        "useless_app_spreads",
        "the app spreads whatever its usefulness",
        "18 adoption",
        "sim/mechanisms/weekly_round.py",
        "        merit += p.usefulness_efficacy * (residents.efficacy[i, APP] / EFFICACY - 0.5)\n",
        "        merit = 0.0\n",
        MUTANTS,
    ),
    one(
        "overdue_from_patrol",
        "what patrol found counts as overdue though nobody asked",
        "13 disputes",
        "sim/mechanisms/disputes.py",
        "clock < 0 and p.overdue_from_detection > 0.5 and matter.flags",
        "clock < 0 and matter.flags",
        MUTANTS,
    ),
    one(
        "heat_stays",
        "anger does not decay in the hazard of a dispute",
        "13 disputes",
        "sim/mechanisms/disputes.py",
        "heat_at(case.heat, p.heat_half_life, day - case.heat_day)",
        "case.heat",
        MUTANTS,
    ),
    one(
        "bound_too_low",
        "the clock's bounds take today's severity for all 128 days",
        "the clock",
        "sim/mechanisms/hazards.py",
        "min(1.0, matter.severity + 0.25 * p.severity_growth * days)",
        "min(1.0, matter.severity + 0.0 * p.severity_growth * days)",
        HAZARDS,
    ),
    one(
        "council_without_weight",
        "the council approves by claims alone, whoever is in the room",
        "19 council",
        "sim/policies/resident_council.py",
        "support = agenda * weight[:, None]",
        "support = agenda * np.ones_like(weight)[:, None]",
        MUTANTS,
    ),
    Mutation(
        "coclaims_unbounded",
        "co-claims do not depend on how many are exposed",
        "5 co-claims",
        (
            (CLAIMS, "            matter.exposed - 1\n", "            50.0\n"),
            ("sim/mechanisms/hazards.py", "* high * max(exposed - 1, 0)", "* high * 50.0"),
        ),
        (HAZARDS,),
    ),
    Mutation(
        "fading_whatever",
        "severe conditions fade as often as slight ones",
        "2 fading",
        (
            (
                "sim/mechanisms/problems.py",
                "fading_hazard(kind.fading, severity_now(matters, row, world.params, day))",
                "kind.fading",
            ),
            ("sim/mechanisms/hazards.py", "fading * (1.0 - matter.severity)", "fading"),
        ),
        (HAZARDS,),
    ),
    one(
        "talk_always_settles",
        "direct talk always settles the matter",
        "4 direct talk",
        "sim/mechanisms/direct_talk.py",
        "if uniform(seed, D_TALK, key_of(matters, row), 0, matter.ticks) < chance:",
        "if chance > 0.0:",
        HAZARDS,
    ),
    Mutation(
        "paper_fixes",
        "a closure on paper ends the condition as well",
        "9 paper closure",
        (
            (WORKER, PAPER, "        finish(world, row, FIXED, pool)\n        if case.first_claim >= 0:\n"),
            (WORKER, RECORDS, "from sim.vocabulary import FIXED\n" + RECORDS + "finish, "),
        ),
        (MATTERS,),
    ),
    one(
        "paper_clears_clock",
        "a closure on paper forgets when the first claim was made",
        "9 paper closure",
        WORKER,
        PAPER,
        PAPER.replace("        if case.first", "        case.first_claim = -1\n        if case.first"),
        MATTERS,
    ),
    one(
        "reclaim_resets_clock",
        "a second claim starts the wait anew",
        "3 claims",
        CLAIMS,
        "        t.reclaims += 1.0\n",
        "        t.reclaims += 1.0\n        case.first_claim = day\n",
        MATTERS,
    ),
    Mutation(
        "scope_ends",
        "an answer out of scope ends the condition",
        "3 claims",
        (
            (CLAIMS, "        if matter.stage == NAMED:\n" + SCOPE, "        if True:\n" + SCOPE_ENDS),
            (CLAIMS, RECORDS, "from sim.vocabulary import FADED\n" + RECORDS + "finish, "),
        ),
        (MUTANTS,),
    ),
    one(
        "row_keyed",
        "the choice of a channel is drawn by table row, not by the matter's key",
        "random numbers",
        "sim/mechanisms/choice.py",
        "uniform(seed, D_CHOICE, key_of(matters, row), 0, matter.ticks)",
        "uniform(seed, D_CHOICE, np.uint64(row), 0, matter.ticks)",
        MATTERS,
    ),
    one(
        "returned_is_fixed",
        "a case that level 2 returns counts as fixed",
        "7 level 2",
        LEVEL2,
        GIVE_BACK,
        "                world.tally[0].level2_returned += 1.0\n"
        "                fixed(world, c, day, seed, row, pool)\n",
        f"{MECHANISMS}::test_a_returned_case_is_not_solved",
    ),
    one(
        "visit_pleases",
        "a grid worker's visit adds to satisfaction directly",
        "10 evaluation",
        GRID,
        CONTACT,
        PLEASED,
        "tests/engine/test_policies_compose.py::test_no_policy_writes_a_mind",
    ),
    one(
        "merging_adds_work",
        "merged co-claims are as much work as unmerged ones",
        "5 merging",
        CLAIMS,
        "            t.merged += 1.0\n",
        "            t.merged += 1.0\n            extra += p.unmerged_work * world.kinds[matter.kind].work\n",
        MOVES + "[5 merging: less work]",
    ),
    one(
        "queue_by_key",
        "the queue is served in order of keys, not of priority",
        "6 order of service",
        "sim/mechanisms/queues.py",
        "        return matters.cases[one].vday < matters.cases[other].vday\n",
        "        pass\n",
        EXTREMES,
    ),
    one(
        "ties_survive",
        "households keep their tie when the worker leaves",
        "17 ties",
        "sim/mechanisms/workforce.py",
        "            lose_ties(worker, world.households, world.grids, world.communities, "
        "world.params, day)\n",
        "            pass\n",
        MOVES + "[17 turnover costs ties]",
    ),
    one(
        "root_fix_idle",
        "a root fix prevents nothing",
        "22 root fixes",
        "sim/mechanisms/problems.py",
        "            * (1.0 - world.buildings[b].root[k])\n",
        "",
        MOVES + "[22 root fixes prevent problems]",
    ),
    one(
        "level2_infinite",
        "the desk takes up whatever waits",
        "7 level 2",
        LEVEL2,
        "    while credit[0] >= 1.0:\n",
        "    while True:\n",
        MOVES + "[7 level 2 is finite: a smaller desk has a backlog]",
    ),
    one(
        "mediation_free",
        "mediation takes nobody's hours",
        "14 mediation",
        "sim/mechanisms/mediation.py",
        "needed = quantise(mediation_hours) - by_others",
        "needed = 0.0",
        MOVES + "[14 mediation takes hours]",
    ),
    one(
        "zones_of_one",
        "a single active member makes a working zone",
        "21 zones",
        PARTY,
        "active if active >= p.party_zone_members else 0",
        "active",
        "tests/validation/test_phenomena.py::test_zones_are_convex_in_density",
    ),
)
