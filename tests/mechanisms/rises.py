"""Theory that runs: what rises when a mechanism is turned up, and what is exactly zero when it is off.

Values are of parameters, policies are bare levers; a measure is a tally's name or a function of the engine.
"""

from __future__ import annotations

import numpy as np
from sandbox import nudge, total

from sim.numerics.fixed_point import MIND

TIGHT = {"committee_share": 0.05, "property_share": 0.08, "kpi": 0.0}  # half the hours: queues without end
CLAIMS = TIGHT | {"formal_constant": -2.5}  # and many more claims
ANGRY = {"dispute_hazard": 0.004}  # eight times the disputes, so that a year of 2,000 residents shows them


def fix_days(e) -> float:
    """Mean days from first claim to fixed."""
    days = e.world.times[1].sum(axis=0)
    return float((np.arange(len(days)) * days).sum() / days.sum())


def mean_of(column):
    """A measure: the mean over residents of a mind's column."""
    return lambda e: float(getattr(e.world.residents, column).mean(dtype="f8"))


# what rises, from (values, policies), to (values, policies)
G0 = nudge("workers", grid_workers=("shift", 1.0))
RISES = {
    "1 feedback: a stock above the baseline's breeds problems": (
        "created",
        {"baseline_stock": 0.05, "feedback": 0.0},
        (),
        {"baseline_stock": 0.05, "feedback": 2.0},
        (),
    ),
    "1 frail buildings aside, the rate scales arrivals": (
        "created",
        {"problem_rate": 0.8},
        (),
        {"problem_rate": 2.0},
        (),
    ),
    "2 naming: more is named": ("named", {"naming_rate": 0.02}, (), {"naming_rate": 0.2}, ()),
    "2 naming: what is named is claimed": ("claims", {"naming_rate": 0.02}, (), {"naming_rate": 0.2}, ()),
    "2 fading: what fades less stays": (
        "open",
        {"noise.fading": 0.1, "sanitation.fading": 0.1},
        (),
        {"noise.fading": 0.0, "sanitation.fading": 0.0},
        (),
    ),
    "3 choice: efficacy draws claims": (
        "claims",
        {"efficacy_mean": 0.3, "efficacy_learning": 0.0},
        (),
        {"efficacy_mean": 0.7, "efficacy_learning": 0.0},
        (),
    ),
    "3 choice: trust draws claims": ("claims", {"trust_mean": 0.4}, (), {"trust_mean": 0.75}, ()),
    "3 choice: without direct talk more is claimed": ("claims", {}, (), {"direct_constant": -20.0}, ()),
    "3 choice: a channel more draws claims": ("claims", {}, (), {}, (nudge("wechat", open_wechat=1.0),)),
    "3 hearsay: those who never claimed learn too": (
        lambda e: float(np.abs(e.world.residents.efficacy[:, 0] / 65535.0 - 0.5).mean()),
        {"efficacy_sd": 0.0, "hearsay": 0.0},
        (),
        {"efficacy_sd": 0.0, "hearsay": 0.5},
        (),
    ),
    "4 self-help: skilled buildings settle themselves": (
        "direct_settled",
        {"selfhelp_start": 0.3},
        (),
        {"selfhelp_start": 0.7},
        (),
    ),
    "4 self-help: the skill decays while the state fixes all": (
        lambda e: -float(e.world.buildings["selfhelp"].mean()),
        {"selfhelp_half_life": 1e9},
        (),
        {"selfhelp_half_life": 180.0},
        (),
    ),
    "4 talk: failed talks cost belonging": (
        lambda e: -mean_of("belonging")(e),
        {"talk_loss": 0.0},
        (),
        {"talk_loss": 0.08},
        (),
    ),
    "5 merging: fewer are dispatched": (
        lambda e: -total(e, "dispatched"),
        {"coclaim_rate": 0.003},
        (),
        {"coclaim_rate": 0.003},
        (nudge("merge", merge_gain=0.7),),
    ),
    "5 merging: less work": (
        lambda e: -total(e, "demand_property"),
        {"coclaim_rate": 0.01},
        (),
        {"coclaim_rate": 0.01},
        (nudge("merge2", merge_gain=0.7),),
    ),
    "5 unmerged co-claims are work": (
        "demand_property",
        {"coclaim_rate": 0.01, "unmerged_work": 0.0},
        (),
        {"coclaim_rate": 0.01, "unmerged_work": 0.6},
        (),
    ),
    "5 triage: hours come free": ("avail_committee", {}, (), {}, (nudge("triage", triage=0.3),)),
    "5 transcription is work": (
        "demand_committee",
        {"transcription_hours": 0.0},
        (),
        {"transcription_hours": 0.4},
        (),
    ),
    "6 creaming: more is closed by taking the easy first": (
        "records_closed",
        CLAIMS | {"kpi": 1.0, "creaming": 0.0, "paper_rate": 0.0, "pressure_queue": 0.0},
        (),
        CLAIMS | {"kpi": 1.0, "creaming": 0.6, "paper_rate": 0.0, "pressure_queue": 0.0},
        (),
    ),
    "6 data entry under targets eats hours": (
        lambda e: -total(e, "avail_committee"),
        {"kpi": 0.5},
        (),
        {"kpi": 0.5},
        (nudge("forms", data_entry=0.5),),
    ),
    "6 the queue itself eats hours under targets": (
        lambda e: -total(e, "avail_committee"),
        TIGHT | {"kpi": 1.0, "pressure_queue": 0.0, "share_floor": 0.01},
        (),
        TIGHT | {"kpi": 1.0, "pressure_queue": 0.01, "share_floor": 0.01},
        (),
    ),
    "7 level 2 is finite: a smaller desk has a backlog": (
        "backlog_level2",
        {},
        (),
        {},
        (nudge("desk", level2_scale=("scale", 0.3)),),
    ),
    "7 level 2 is finite: its claimants wait": (
        fix_days,
        {},
        (),
        {},
        (nudge("desk2", level2_scale=("scale", 0.3)),),
    ),
    "7 departments' delay is waited for": (
        fix_days,
        {},
        (),
        {},
        (nudge("slow", level2_delay_scale=("scale", 3.0)),),
    ),
    "7 returns come back as work": (
        "demand_property",
        {"level2_return": 0.0},
        (),
        {"level2_return": 0.9},
        (),
    ),
    "8 patrol finds": (
        "detected",
        {},
        (G0,),
        {},
        (nudge("patrol", grid_workers=("shift", 1.0), patrol=("shift", 0.25)),),
    ),
    "8 sensors find": ("detected", {}, (), {}, (nudge("sensor", sensor_rate=0.002),)),
    "8 what is found is work": ("demand_property", {}, (), {}, (nudge("sensor2", sensor_rate=0.002),)),
    "9 overload brings paper closures": ("records_paper", {"kpi": 0.5}, (), TIGHT | {"kpi": 0.5}, ()),
    "9 targets bring paper closures": ("records_paper", TIGHT | {"kpi": 0.05}, (), TIGHT | {"kpi": 1.0}, ()),
    "10 disconfirmation: service better than expected pleases more (b2 = 0 is the rival theory)": (
        mean_of("satisfaction"),
        {"disconfirmation": 0.0, "expectation_mean": 0.5, "drift_target": 0.5, "influence": 0.0},
        (),
        {"disconfirmation": 0.5, "expectation_mean": 0.5, "drift_target": 0.5, "influence": 0.0},
        (),
    ),
    "10 bad service displeases those exposed": (
        lambda e: -mean_of("satisfaction")(e),
        CLAIMS | {"exposed_weight": 0.0},
        (),
        CLAIMS | {"exposed_weight": 0.5},
        (),
    ),
    "11 bad service costs trust": (
        lambda e: -mean_of("trust")(e),
        TIGHT | {"trust_loss": 0.0},
        (),
        TIGHT | {"trust_loss": 0.15},
        (),
    ),
    "12 influence: opinions draw together": (
        lambda e: -float(e.world.residents.satisfaction.std() / MIND),
        {"influence": 0.0},
        (),
        {"influence": 0.1},
        (),
    ),
    "12 what one lives with weighs on satisfaction": (
        lambda e: -mean_of("satisfaction")(e),
        {"ambient_load": 0.0},
        (),
        {"ambient_load": 0.4},
        (),
    ),
    "13 heat feeds disputes": ("disputes", ANGRY | {"talk_heat": 0.0}, (), ANGRY | {"talk_heat": 0.7}, ()),
    "13 contagion feeds disputes": (
        "disputes",
        ANGRY | {"contagion_weight": 0.0},
        (),
        ANGRY | {"contagion_weight": 1.0},
        (),
    ),
    "13 waiting feeds disputes": ("disputes", ANGRY | TIGHT | {"overdue_start": 1e9}, (), ANGRY | TIGHT, ()),
    "13 trust dampens disputes": (
        lambda e: -total(e, "disputes"),
        ANGRY | {"trust_mean": 0.4},
        (),
        ANGRY | {"trust_mean": 0.75},
        (),
    ),
    "14 ties make mediators": (
        "dispute_settled",
        ANGRY | {"mediation_tie": 5.0, "tie_committee": 0.0},
        (),
        ANGRY | {"mediation_tie": 5.0, "tie_committee": 0.6},
        (),
    ),
    "14 training makes mediators": (
        "dispute_settled",
        ANGRY,
        (),
        ANGRY,
        (nudge("trained", mediation_training=1.0),),
    ),
    "14 mediation takes hours": (
        "demand_committee",
        ANGRY | {"mediation_hours": 3.0},
        (),
        ANGRY | {"mediation_hours": 12.0},
        (),
    ),
    "15 anger over shared grievances withholds fees": (
        lambda e: float(e.world.series[: e.day + 1, e.world.tally.dtype.names.index("withheld")].mean()),
        ANGRY | {"withhold_exposed": 1e6},
        (),
        ANGRY | {"withhold_exposed": 10.0, "withhold_satisfaction": 0.7, "withhold_leave": 0.9},
        (),
    ),
    "15 withheld fees are property hours lost": (
        lambda e: -total(e, "avail_property"),
        ANGRY | {"withhold_exposed": 1e6},
        (),
        ANGRY | {"withhold_exposed": 10.0, "withhold_satisfaction": 0.7, "withhold_leave": 0.9},
        (),
    ),
    "16 overload burns out": ("burnout", {}, (), TIGHT, ()),
    "16 burnout costs hours": (
        lambda e: -total(e, "avail_committee"),
        TIGHT | {"burnout_loss": 0.0},
        (),
        TIGHT | {"burnout_loss": 0.7},
        (),
    ),
    "16 burnt-out workers leave": (
        "turnover",
        TIGHT | {"turnover_rate": 0.001, "turnover_burnout": 0.0},
        (),
        TIGHT | {"turnover_rate": 0.001, "turnover_burnout": 40.0},
        (),
    ),
    "16 newcomers work less": (
        lambda e: -total(e, "avail_committee"),
        {"newcomer_skill": 0.9},
        (nudge("new", committee_staff=("shift", 3.0)),),
        {"newcomer_skill": 0.4},
        (nudge("new2", committee_staff=("shift", 3.0)),),
    ),
    "17 turnover costs ties": (
        lambda e: -float(e.world.households["tie_committee"].mean()),
        {"turnover_rate": 0.0},
        (),
        {"turnover_rate": 0.003},
        (),
    ),
    "17 visits make ties": (
        lambda e: float(e.world.households["tie_grid"].mean()),
        {},
        (G0,),
        {},
        (nudge("visits", grid_workers=("shift", 1.0), visits=10.0),),
    ),
    "18 imitation spreads the app": (
        "adopters",
        {"adoption_imitate": 0.0},
        ("smart_platform",),
        {"adoption_imitate": 0.6},
        ("smart_platform",),
    ),
    "18 a launch drive enrols": (
        "adopters",
        {},
        ({"policy": "smart_platform", "launch": 0.0},),
        {},
        ({"policy": "smart_platform", "launch": 0.3},),
    ),
    "18 bad outcomes disadopt": (
        lambda e: -total(e, "adopters"),
        TIGHT | {"disadoption": 0.0, "formal_constant": -2.0},
        ("smart_platform",),
        TIGHT | {"disadoption": 1.0, "formal_constant": -2.0},
        ("smart_platform",),
    ),
    "19 council voice: those represented are treated more justly": (
        lambda e: float(e.world.tally["event_p"][0] / e.world.tally["event_n"][0]),
        {"justice_voice": 0.0},
        ({"policy": "resident_council", "base": -3.0, "meetings": 12.0},),
        {"justice_voice": 0.2},
        ({"policy": "resident_council", "base": -3.0, "meetings": 12.0},),
    ),
    "21 zones give hours": ("avail_committee", {}, (), {}, (nudge("zones", party_active=0.5),)),
    "21 mandates tire": (
        lambda e: -total(e, "hours_volunteer"),
        {"party_fatigue": 0.05},
        (nudge("free", party_active=0.5),),
        {"party_fatigue": 0.05},
        (nudge("made", party_active=0.5, party_mandate=1.0),),
    ),
    "22 root fixes prevent problems": (
        lambda e: -total(e, "created"),
        {"maintenance_budget": 0.0},
        (),
        {"maintenance_budget": 3e6},
        (),
    ),
    "a contract gives hours": ("avail_committee", {}, (), {}, (nudge("contract", contract=1.0),)),
}
EXACTLY_OFF = {
    "no patrol, no detection": ("detected", {}, (G0,)),
    "no targets, no paper closures": ("records_paper", TIGHT, ()),
    "no app, no app claims": ("app_claims", {}, ()),
    "no zones, no volunteers' hours": ("hours_volunteer", {}, ()),
    "no council, no meetings": ("council_meetings", {}, ()),
    "no co-claims at rate 0": ("coclaims", {"coclaim_rate": 0.0}, ()),
    "no disputes at hazard 0": ("disputes_all", {"dispute_hazard": 0.0}, ()),
    "no mediation at rate 0": ("mediations", ANGRY | {"mediation_rate": 0.0}, ()),
    "no petitions where none fail so": ("petitions", ANGRY | {"failed_petition": 0.0}, ()),
    "no returns at probability 0": ("level2_returned", {"level2_return": 0.0}, ()),
    "no root fixes without money": ("root_fixes", {"maintenance_budget": 0.0}, ()),
    "no turnover at rate 0": ("turnover", {"turnover_rate": 0.0}, ()),
    "nobody withholds where no grievance is shared": ("withheld", ANGRY | {"withhold_exposed": 1e6}, ()),
    "nothing is out of scope at share 0": ("out_of_scope", {"out_of_scope": 0.0}, ()),
}
