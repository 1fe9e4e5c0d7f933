"""The synthetic population against what the scenario says of it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.scenario import Scenario
from sim.vocabulary import ELDERLY, MIGRANT, OWNER, PARTY, YOUNG
from sim.world import people, ties
from sim.world.population import building_sizes, synthesise

PLACE = Scenario.load("hongshan_road")
POP = synthesise(PLACE.scaled(60_000), 11)  # five communities: sampling error is half of one community's
N = len(POP.flags)
HAS = {
    name: (POP.flags & bit) > 0
    for name, bit in {
        "elderly": ELDERLY,
        "young": YOUNG,
        "migrant": MIGRANT,
        "owner": OWNER,
        "party": PARTY,
    }.items()
}
TRAITS = (
    "flags",
    "digital",
    "voice",
    "disposition",
    "threshold",
    "openness",
    "satisfaction",
    "expectation",
    "trust",
    "belonging",
    "efficacy",
)


def pairs(pop):
    """Both ends of every stored tie, as resident rows."""
    origin = pop.community_first_resident[pop.building_community[pop.building]]
    return ties.pairs(pop.near_n, pop.far_n, pop.tie_near, pop.tie_far, origin)


@pytest.mark.parametrize(
    "group, share",
    [
        ("elderly", PLACE.elderly_share),
        ("young", PLACE.young_share),
        ("migrant", PLACE.migrant_share),
        ("party", PLACE.party_share),
    ],
)
def test_shares_match_the_scenario(group, share):
    """Within 1.2 points: four standard errors of 60,000 residents who share households of 2.6."""
    assert HAS[group].mean() == pytest.approx(share, abs=0.012)


def test_owner_shares_match_by_estate():
    estate = POP.building_estate[POP.building]
    for k, name in enumerate(("old", "renewal", "commodity")):
        assert HAS["owner"][estate == k].mean() == pytest.approx(getattr(PLACE.owner_share, name), abs=0.02)


def test_party_members_are_1180_of_12000_and_289_in_1000_are_elderly():
    assert HAS["party"].sum() / N * 12_000 == pytest.approx(1_180, rel=0.05)
    assert HAS["elderly"][HAS["party"]].mean() == pytest.approx(0.289, abs=0.025)
    assert HAS["young"][HAS["party"]].mean() < HAS["young"].mean() - 0.05


def test_correlations_have_the_stated_sign():
    m, e = HAS["migrant"], HAS["elderly"]
    assert e[m].mean() < 0.5 * e[~m].mean()
    assert HAS["young"][m].mean() > 1.3 * HAS["young"][~m].mean()
    assert HAS["owner"][m].mean() < 0.3
    assert HAS["owner"][~m].mean() > 0.7
    assert POP.belonging[m].mean() < POP.belonging[~m].mean() - 0.08
    assert HAS["party"][m].mean() < 0.6 * HAS["party"][~m].mean()
    assert POP.voice[HAS["party"]].mean() > POP.voice[~HAS["party"]].mean() + 0.2 * people.VOICE
    for a, b in (("satisfaction", "trust"), ("trust", "belonging")):
        assert 0.2 < np.corrcoef(getattr(POP, a), getattr(POP, b))[0, 1] < 0.4
    assert np.corrcoef(POP.efficacy[:, 0], POP.efficacy[:, 6])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_digital_skill_falls_with_age_to_the_stated_means():
    skill = POP.digital / people.DIGITAL
    adult = ~HAS["young"] & ~HAS["elderly"]
    for mask, mean in ((HAS["young"], 0.92), (adult, 0.80), (HAS["elderly"], 0.37)):
        assert skill[mask].mean() == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize(
    "column, scale, mean, sd",
    [
        ("satisfaction", 1.0, 0.64, 0.10),
        ("expectation", 1.0, 0.60, 0.10),
        ("trust", 1.0, 0.60, 0.12),
        ("disposition", people.UNIT, 0.0, 0.13),
        ("threshold", people.UNIT, 0.25, 0.12),
        ("voice", people.VOICE, 0.0, 1.02),
    ],
)
def test_starting_distributions(column, scale, mean, sd):
    values = getattr(POP, column).astype("f8") / scale
    assert values.mean() == pytest.approx(mean, abs=0.01 * max(1.0, sd / 0.2))
    assert values.std() == pytest.approx(sd, rel=0.03)


def test_columns_are_in_bounds():
    for name in ("satisfaction", "expectation", "trust", "belonging"):
        column = getattr(POP, name)
        assert column.dtype == np.float32 and 0.0 <= column.min() and column.max() <= 1.0
    assert POP.openness.min() >= 127
    assert not (HAS["young"] & HAS["elderly"]).any()


def test_rows_nest_community_grid_building_household():
    assert len(POP.community_residents) == 5 and N == 60_000
    assert POP.community_residents.sum() == POP.grid_residents.sum() == POP.building_size.sum() == N
    assert (np.diff(POP.building.astype(int)) >= 0).all() and (
        np.diff(POP.building_grid.astype(int)) >= 0
    ).all()
    assert np.array_equal(np.bincount(POP.building), POP.building_size)
    assert np.array_equal(POP.building_first, np.append(0, np.cumsum(POP.building_size)[:-1]))
    community = POP.building_community[POP.building]
    household = POP.household + POP.community_first_household[community]
    assert (np.isin(np.diff(household), (0, 1))).all() and household[-1] + 1 == len(POP.household_building)
    assert np.array_equal(POP.household_building[household], POP.building)
    assert np.array_equal(household[POP.building_first], POP.building_first_household)
    assert np.bincount(household).mean() == pytest.approx(2.6, abs=0.05)


def test_a_household_shares_origin_and_tenure():
    household = POP.household + POP.community_first_household[POP.building_community[POP.building]]
    for group in ("migrant", "owner"):
        members = np.bincount(household, HAS[group])
        size = np.bincount(household)
        assert ((members == 0) | (members == size)).all()


def test_frailty_is_gamma_with_mean_one_in_each_community():
    weight = POP.building_frailty * POP.building_size
    for c in range(5):
        here = POP.building_community == c
        assert weight[here].sum() / POP.building_size[here].sum() == pytest.approx(1.0, abs=1e-5)
    assert POP.building_frailty.var() == pytest.approx(1.0 / 0.7, rel=0.35)  # 500 buildings of a heavy tail


def test_newcomers_in_one_building_change_nobody_elses_traits():
    place = PLACE.scaled(2_000)
    sizes = building_sizes(place)
    grown = sizes.copy()
    grown[5] += 9
    before, after = synthesise(place, 3), synthesise(place, 3, grown)
    old = np.ones(len(after.flags), bool)
    end = before.building_first[5] + sizes[5]
    old[end : end + 9] = False
    for name in TRAITS:
        assert np.array_equal(getattr(before, name), getattr(after, name)[old]), name
    assert len(after.flags) == len(before.flags) + 9


def test_same_seed_same_bytes_and_another_seed_another_population():
    place = PLACE.scaled(2_000)
    one, same, other = synthesise(place, 1), synthesise(place, 1), synthesise(place, 2)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, same))
    for name in (*TRAITS, "building_frailty", "tie_near", "tie_far"):
        assert getattr(one, name).tobytes() != getattr(other, name).tobytes(), name


def test_ties_are_symmetric_distinct_and_never_to_oneself():
    here, there = pairs(POP)
    assert (here != there).all()
    forth, back = here * N + there, there * N + here
    assert len(np.unique(forth)) == len(forth)
    assert np.array_equal(np.sort(forth), np.sort(back))
    grid = POP.building_grid[POP.building]
    assert (grid[here] == grid[there]).all()
    assert (POP.building[here] == POP.building[there]).mean() == pytest.approx(0.8, abs=0.02)


def test_mean_degree_is_the_estates():
    degree, estate = POP.near_n.astype(int) + POP.far_n, POP.building_estate[POP.building]
    old, renewal, commodity = (degree[estate == k].mean() for k in range(3))
    assert old > renewal > commodity
    assert [old, renewal, commodity] == pytest.approx([15, 10, 6], rel=0.05)


def test_ties_join_like_to_like_more_than_chance():
    """Against the share of like pairs when ends are shuffled within buildings (so estates do not count)."""
    here, there = pairs(POP)
    near = POP.building[here] == POP.building[there]
    here, there = here[near], there[near]
    rng = np.random.default_rng(1)
    stranger = POP.building_first[POP.building[here]] + (
        rng.random(len(here)) * POP.building_size[POP.building[here]]
    ).astype(int)
    for group in ("elderly", "young", "owner"):
        alike = (HAS[group][here] == HAS[group][there]).mean()
        assert alike > (HAS[group][here] == HAS[group][stranger]).mean() + 0.04, group


def test_without_homophily_ties_are_blind():
    """The rival: ratios of 1 leave no more likeness than a stranger's (within half a point)."""
    place = PLACE.with_parameters({"tie_age_ratio": 1.0, "tie_tenure_ratio": 1.0})
    pop = synthesise(place, 4)
    here, there = pairs(pop)
    elderly = (pop.flags & ELDERLY) > 0
    b = pop.building
    share = np.bincount(b, elderly) / pop.building_size
    near = b[here] == b[there]
    p = (share[b] * pop.building_size[b] - elderly) / (pop.building_size[b] - 1)
    expected = np.where(elderly, p, 1 - p)[here[near]].mean()
    assert (elderly[here] == elderly[there])[near].mean() == pytest.approx(expected, abs=0.005)


def test_quantile_tables_are_the_distributions_they_stand_for():
    normal = people.normal_table()
    z = np.array([people.quantile(normal, v) for v in range(65536)])
    assert abs(z.mean()) < 1e-9 and z.std() == pytest.approx(1.0, abs=2e-4)
    waits = ties.wait_table()
    w = np.array([ties.wait(waits, np.uint64(v)) for v in range(50_000, 2**32, 100_000)])
    assert w.mean() == pytest.approx(1.0, abs=1e-3) and w.var() == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"migrant_share": 0.0},
        {"elderly_share": 0.0, "young_share": 0.0},
        {"party_share": 0.0},
        {"migrant_share": 0.9},
        {"elderly_share": 0.8, "young_share": 0.2},
    ],
)
def test_extreme_shares_hold(changes):
    place = PLACE.scaled(2_000).model_copy(update=changes)
    pop = synthesise(place, 5)
    for name, share in changes.items():
        bit = {
            "migrant_share": MIGRANT,
            "elderly_share": ELDERLY,
            "young_share": YOUNG,
            "party_share": PARTY,
        }[name]
        assert ((pop.flags & bit) > 0).mean() == pytest.approx(share, abs=0.0 if share == 0.0 else 0.08)


def test_tiny_places_do_not_fail():
    place = PLACE.scaled(6)
    pop = synthesise(place, 1)
    assert len(pop.flags) == 6 and (pop.near_n + pop.far_n < 6).all()


def test_a_place_too_large_for_its_columns_is_refused():
    with pytest.raises(ValueError, match="65535"):
        synthesise(PLACE.scaled(9_000_000), 1)
