"""The slips of benchmarks/mutations.py: each a plausible mistake in one mechanism, and the tests that
should see it.
"""

from __future__ import annotations

from dataclasses import dataclass

WORKER, RESIDENT = "sim/agents/community_worker.py", "sim/agents/resident.py"
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


PAPER = "        set_stage(m, row, LUMPED, tally)\n        if q.first_claim >= 0:  # who never asked does not find out\n"
GIVE_BACK = "                give_back(c, day, seed, params, kinds, levers, grids, communities, m, row, pool, g, tally)\n"
FIXED_CALL = (
    "fixed(c, day, seed, row, pool, params, levers, residents, households, buildings, grids, communities, m, work, tally, "
    "cohorts, times)"
)
VISIT = "def visit(c, day, seed, params, levers, households, grids, communities, tally):"
CONTACT = "            contact(households, params, grids[g].first_household + int(u * grids[g].households), YES, day)\n"
PLEASED = (
    CONTACT
    + """            for i in range(community.first_resident, community.first_resident + community.residents):
                if residents.rec[i].household == grids[g].first_household + int(u * grids[g].households) - community.first_household:
                    residents.satisfaction[i] = min(65535, residents.satisfaction[i] + 655)
"""
)
SCOPE = "        if r.stage == NAMED:\n            set_stage(m, row, LUMPED, tally)\n        evaluate(row, p.outcome_none"
SCOPE_ENDS = "        finish(m, work, buildings, grids, communities, row, FADED, pool, tally, cohorts)\n        evaluate(row, p.outcome_none"

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
        "clock < 0 and p.overdue_from_detection > 0.5 and r.flags",
        "clock < 0 and r.flags",
        MUTANTS,
    ),
    one(
        "heat_stays",
        "anger does not decay in the hazard of a dispute",
        "13 disputes",
        "sim/mechanisms/disputes.py",
        "heat_at(q.heat, p.heat_half_life, day - q.heat_day)",
        "q.heat",
        MUTANTS,
    ),
    one(
        "bound_too_low",
        "the clock's bounds take today's severity for all 128 days",
        "the clock",
        "sim/mechanisms/hazards.py",
        "min(1.0, r.severity + 0.25 * p.severity_growth * days)",
        "min(1.0, r.severity + 0.0 * p.severity_growth * days)",
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
            (RESIDENT, "* (r.exposed - 1):\n", "* 50.0:\n"),
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
                "fading_hazard(kinds[r.kind].fading, severity_now(m, row, params, day))",
                "kinds[r.kind].fading",
            ),
            ("sim/mechanisms/hazards.py", "fading * (1.0 - r.severity)", "fading"),
        ),
        (HAZARDS,),
    ),
    one(
        "talk_always_settles",
        "direct talk always settles the matter",
        "4 direct talk",
        RESIDENT,
        "if uniform(seed, D_TALK, key_of(m, row), 0, r.ticks) < chance:",
        "if chance > 0.0:",
        HAZARDS,
    ),
    Mutation(
        "paper_fixes",
        "a closure on paper ends the condition as well",
        "9 paper closure",
        (
            (
                WORKER,
                PAPER,
                "        finish(m, work, buildings, grids, communities, row, FIXED, pool, tally, cohorts)\n        if q.first_claim >= 0:\n",
            ),
            (WORKER, "DISPUTE, EXITED, GRID_POOL,", "DISPUTE, EXITED, FIXED, GRID_POOL,"),
        ),
        (MATTERS,),
    ),
    one(
        "paper_clears_clock",
        "a closure on paper forgets when the first claim was made",
        "9 paper closure",
        WORKER,
        PAPER,
        PAPER.replace("        if q.first", "        q.first_claim = -1\n        if q.first"),
        MATTERS,
    ),
    one(
        "reclaim_resets_clock",
        "a second claim starts the wait anew",
        "3 claims",
        RESIDENT,
        "        t.reclaims += 1.0\n",
        "        t.reclaims += 1.0\n        q.first_claim = day\n",
        MATTERS,
    ),
    Mutation(
        "scope_ends",
        "an answer out of scope ends the condition",
        "3 claims",
        (
            (RESIDENT, SCOPE, SCOPE_ENDS),
            (
                RESIDENT,
                "          m, row, channel, tally, cohorts):\n",
                "          m, row, channel, tally, cohorts, work):\n",
            ),
            (
                RESIDENT,
                "                  m, row, what, tally, cohorts)\n",
                "                  m, row, what, tally, cohorts, work)\n",
            ),
            (
                RESIDENT,
                "CLAIMED, COLD, COUNCIL, DIRECT, EXITED,",
                "CLAIMED, COLD, COUNCIL, DIRECT, EXITED, FADED,",
            ),
        ),
        (MUTANTS,),
    ),
    one(
        "row_keyed",
        "the choice of a channel is drawn by table row, not by the matter's key",
        "random numbers",
        RESIDENT,
        "uniform(seed, D_CHOICE, key_of(m, row), 0, r.ticks)",
        "uniform(seed, D_CHOICE, np.uint64(row), 0, r.ticks)",
        MATTERS,
    ),
    one(
        "returned_is_fixed",
        "a case that level 2 returns counts as fixed",
        "7 level 2",
        LEVEL2,
        GIVE_BACK,
        "                tally[0].level2_returned += 1.0\n                " + FIXED_CALL + "\n",
        f"{MECHANISMS}::test_a_returned_case_is_not_solved",
    ),
    Mutation(
        "visit_pleases",
        "a grid worker's visit adds to satisfaction directly",
        "10 evaluation",
        (
            (GRID, VISIT, VISIT.replace("levers, households", "levers, residents, households")),
            (GRID, CONTACT, PLEASED),
            (
                "sim/day.py",
                "visit(c, day, seed, w.params, w.levers, w.households",
                "visit(c, day, seed, w.params, w.levers, w.residents, w.households",
            ),
        ),
        ("tests/engine/test_engine.py::test_no_policy_writes_a_mind",),
    ),
    one(
        "merging_adds_work",
        "merged co-claims are as much work as unmerged ones",
        "5 merging",
        RESIDENT,
        "            t.merged += 1.0\n",
        "            t.merged += 1.0\n            extra += p.unmerged_work * kinds[r.kind].work\n",
        MOVES + "[5 merging: less work]",
    ),
    one(
        "queue_by_key",
        "the queue is served in order of keys, not of priority",
        "6 order of service",
        "sim/mechanisms/matters.py",
        "        return m.cases[one].vday < m.cases[other].vday\n",
        "        pass\n",
        EXTREMES,
    ),
    one(
        "ties_survive",
        "households keep their tie when the worker leaves",
        "17 ties",
        "sim/mechanisms/workforce.py",
        "            lose_ties(worker, households, grids, communities, params, day)\n",
        "            pass\n",
        MOVES + "[17 turnover costs ties]",
    ),
    one(
        "root_fix_idle",
        "a root fix prevents nothing",
        "22 root fixes",
        "sim/mechanisms/problems.py",
        "now * (1.0 - buildings[b].root[k]) * ",
        "now * ",
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
        WORKER,
        "needed = quantise(p.mediation_hours) - by_others",
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
