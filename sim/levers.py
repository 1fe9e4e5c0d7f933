"""Levers: the named quantities that a policy may move, folded in a fixed order.

A policy shifts, scales or raises a lever; nothing else of the world is open to it but its own
institution. value = max(base * product of scales + sum of shifts, every raise), clipped to the
lever's range. Policies are folded in the order of their canonical text, so A+B and B+A give the
same bits and removing A from A+B gives exactly B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.config.catalog import listed, nearest
from sim.config.errors import UserError


@dataclass(frozen=True)
class Lever:
    """A quantity of a community: base value, unit, range and what reads it."""

    name: str
    base: float
    unit: str
    low: float
    high: float
    reader: str


LEVERS = tuple(
    Lever(*row)
    for row in (
        ("problem_scale", 1.0, "factor on arrivals", 0.0, 1.0, "problems"),
        ("kpi", 0.0, "added to the parameter kpi", -1.0, 1.0, "community_worker"),
        ("data_entry", 0.0, "share of pressure turned into forms", 0.0, 1.0, "community_worker"),
        ("triage", 0.0, "share of intake sorted by machine", 0.0, 1.0, "community_worker"),
        ("committee_staff", 0.0, "workers added", -1000.0, 1e6, "community_worker"),
        ("committee_scale", 1.0, "factor on hours", 0.0, 1e6, "community_worker"),
        ("committee_extra_hours", 0.0, "h per workday", 0.0, 1e6, "community_worker"),
        ("mediation_training", 0.0, "added to the mediation logit", 0.0, 2.0, "community_worker"),
        ("property_scale", 1.0, "factor on hours", 0.0, 1e6, "property_company"),
        (
            "staff_choose",
            1.0,
            "1: staff choose root fixes by claim count; 0: somebody else does",
            0.0,
            1.0,
            "property_company",
        ),
        ("maintenance_scale", 1.0, "factor on the maintenance budget", 0.0, 10.0, "property_company"),
        ("level2_scale", 1.0, "factor on cases per workday", 0.0, 1e6, "level2_desk"),
        ("level2_delay_scale", 1.0, "factor on the department's delay", 0.1, 5.0, "level2_desk"),
        ("return_scale", 1.0, "factor on the share returned", 0.0, 4.0, "level2_desk"),
        ("grid_workers", 0.0, "workers per grid", 0.0, 2.0, "grid_worker"),
        ("patrol", 0.0, "share of a worker's day", 0.0, 0.4, "grid_worker"),
        ("visits", 0.0, "home visits per worker and workday", 0.0, 30.0, "grid_worker"),
        ("sensor_rate", 0.0, "1/day on a fully visible condition", 0.0, 0.002, "grid_worker"),
        ("merge_gain", 0.0, "added to the probability that a co-claim is merged", 0.0, 0.7, "resident"),
        ("app_priority", 0.0, "days that an app claim is ahead in the queue", 0.0, 30.0, "resident"),
        ("status_info", 0.0, "status shown to those who claimed by app or chat", 0.0, 1.0, "resident"),
        ("app_launch", 0.0, "share enrolled by the launch drive", 0.0, 0.3, "resident"),
        ("app_merit", 0.0, "added to the logit of an app's usefulness", -3.0, 3.0, "resident"),
        (
            "app_booking",
            0.0,
            "added to the logit of usefulness by bookings; above 0 the app can be had without its claims",
            0.0,
            3.0,
            "resident",
        ),
        (
            "desk_relief",
            0.0,
            "share of an adopter's enquiries that the platform answers",
            0.0,
            1.0,
            "community_worker",
        ),
        ("council_voice", 0.0, "voice in procedures of those represented", 0.0, 1.0, "resident"),
        ("party_active", 0.0, "share of Party members active under zones", 0.0, 1.0, "party_member"),
        ("party_mandate", 0.0, "share of their hours that is mandated", 0.0, 1.0, "party_member"),
        (
            "contract",
            0.0,
            "share of a social-organisation contract in force",
            0.0,
            5.0,
            "social_organisation",
        ),
        ("open_counter", 1.0, "channel open", 0.0, 1.0, "resident"),
        ("open_hotline", 1.0, "channel open", 0.0, 1.0, "resident"),
        ("open_grid_worker", 0.0, "channel open", 0.0, 1.0, "resident"),
        ("open_party_member", 0.0, "channel open", 0.0, 1.0, "resident"),
        ("open_wechat", 0.0, "channel open", 0.0, 1.0, "resident"),
        ("open_app", 0.0, "channel open", 0.0, 1.0, "resident"),
        ("open_council", 0.0, "channel open", 0.0, 1.0, "resident"),
        (
            "party_branches",
            0.0,
            "1: only members whom their branch has made ready can be active",
            0.0,
            1.0,
            "party_member",
        ),
        (
            "party_call",
            0.0,
            "added to the active share where zones are, in an emergency",
            0.0,
            1.0,
            "party_member",
        ),
        (
            "contract_reports",
            0.0,
            "share of contracted case hours that goes into reports",
            0.0,
            1.0,
            "social_organisation",
        ),
        (
            "mediator_hours",
            0.0,
            "professionals' h per workday, for disputes only",
            0.0,
            1e6,
            "community_worker",
        ),
        ("enquiry_scale", 1.0, "factor on enquiries", 0.0, 20.0, "community_worker"),
        (
            "diverted",
            0.0,
            "share of committee and grid workers' hours taken by an emergency",
            0.0,
            0.95,
            "community_worker",
        ),
    )
)
HOW = ("shift", "scale", "raise")
BY_NAME = {lever.name: lever for lever in LEVERS}
DTYPE = np.dtype([(lever.name, "f8") for lever in LEVERS])


@dataclass(frozen=True)
class Move:
    """What one policy does to one lever: ``how`` is shift, scale or raise (to at least)."""

    lever: str
    how: str
    amount: float


class LeverError(UserError, ValueError):
    """A policy names a lever that nobody reads, or moves it in an unknown way."""


def check(move: Move, owner: str) -> None:
    """Raise LeverError, listing the levers, where a move cannot act."""
    if move.lever not in BY_NAME:
        near, known = nearest(move.lever, BY_NAME), listed(BY_NAME, most=len(BY_NAME))
        raise LeverError(
            "lever.near" if near else "lever.unknown", policy=owner, lever=move.lever, near=near, known=known
        )
    if move.how not in HOW:
        raise LeverError("lever.how", policy=owner, lever=move.lever, how=move.how, known=listed(HOW))


def fold(moves: list[Move]) -> dict[str, float]:
    """All levers' values under these moves (already in canonical order)."""
    values = {}
    for lever in LEVERS:
        scale, shift, floor = 1.0, 0.0, lever.low
        for move in moves:
            if move.lever == lever.name:
                if move.how == "scale":
                    scale *= move.amount
                elif move.how == "shift":
                    shift += move.amount
                else:
                    floor = max(floor, move.amount)
        values[lever.name] = min(max(lever.base * scale + shift, floor), lever.high)
    return values
