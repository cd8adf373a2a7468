"""Bundle: who has all kinds, who is one short, counted by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from builders import make_communities, tries
from hypothesis import given
from hypothesis import strategies as st

from walkcircle.bundle import count_missing, measure_bundle, weigh_bundle
from walkcircle.errors import TableError
from walkcircle.tables import Bundle, CommunityBundle, Coverage, MissingKinds, check_table

COMMUNITIES = make_communities({name: shapely.box(i, 0, i + 1, 1) for i, name in enumerate(("west", "east", "empty"))})
KINDS = ("shop", "school", "park")
#: Cluster, community, people, which kinds are within (1), not (0), not but the data end on the way (2); None: off.
HOMES = (
    ("a", "west", 100, (1, 1, 1)),
    ("b", "west", 40, (1, 0, 1)),
    ("c", "west", 20, (0, 2, 1)),
    ("off", "west", 7, None),
    ("d", "east", 30, (0, 0, 0)),
    ("out", None, 5, (1, 1, 1)),
)


def coverage_of(homes=HOMES, *, walker="stroller") -> pd.DataFrame:
    rows = [
        (
            cluster,
            community,
            kind,
            walker,
            float(people),
            "all",
            float(people),
            False,
            10.0,
            None,
            None,
            state == 1,
            states is not None,
            state == 2,
            0.0,
            state == 2,
        )
        for cluster, community, people, states in homes
        for kind, state in zip(KINDS, states or (0, 0, 0), strict=True)
    ]
    columns = [str(column) for column in Coverage.columns()]
    return pd.DataFrame(rows, columns=columns).astype({Coverage.minutes: float})


def bundle_of(coverage=None, **options) -> pd.DataFrame:
    table = measure_bundle(coverage_of() if coverage is None else coverage, **options)
    check_table(table, Bundle, where="bundle")
    return table.set_index(Bundle.cluster)


def test_kinds_within_the_limit_are_counted():
    table = bundle_of()
    assert table[Bundle.within].drop("off").to_dict() == {"a": 3, "b": 2, "c": 1, "d": 0, "out": 3}
    assert table[Bundle.missing].drop("off").to_dict() == {"a": 0, "b": 1, "c": 2, "d": 3, "out": 0}
    assert table[Bundle.unsure].drop("off").to_dict() == {"a": 0, "b": 0, "c": 1, "d": 0, "out": 0}
    assert table.index[table[Bundle.complete]].to_list() == ["a", "out"]
    assert table[Bundle.short_of].dropna().to_dict() == {"b": "school"}
    assert (table[Bundle.required] == 3).all()


def test_of_a_home_that_is_off_the_network_nothing_is_known():
    row = bundle_of().loc["off"]
    assert row[[Bundle.within, Bundle.missing, Bundle.unsure, Bundle.short_of]].isna().all()
    assert not row[[Bundle.known, Bundle.complete, Bundle.enough]].any()


def test_some_of_the_kinds_may_be_enough():
    table = bundle_of(at_least=2)
    assert table.index[table[Bundle.enough]].to_list() == ["a", "b", "out"]
    assert table.index[table[Bundle.complete]].to_list() == ["a", "out"]


def test_the_bundle_may_be_some_of_the_kinds():
    """Without the school, b has all; a kind named twice counts once."""
    table = bundle_of(kinds=["park", "shop", "park"])
    assert table.index[table[Bundle.complete]].to_list() == ["a", "b", "out"]
    assert table[Bundle.short_of].dropna().to_dict() == {"c": "shop"}
    assert (table[Bundle.required] == 2).all()


def test_walkers_are_counted_apart():
    slow = coverage_of([(*home[:3], (0, 0, 0)) for home in HOMES], walker="slow")
    table = bundle_of(pd.concat([coverage_of(), slow]))
    assert table.loc["a", Bundle.within].to_list() == [3, 0]
    assert table.loc["a", Bundle.walker].to_list() == ["stroller", "slow"]


def test_the_bundle_is_weighed_by_people():
    """West: 100 of 160 have all and 140 at least two; seven are off the network; in empty nobody lives."""
    table = weigh_bundle(bundle_of(at_least=2).reset_index(), COMMUNITIES)
    check_table(table, CommunityBundle, where="communities")
    table = table.set_index(CommunityBundle.community)
    assert table[CommunityBundle.population].to_dict() == {"west": 167, "east": 30, "empty": 0}
    assert table[CommunityBundle.unknown].to_dict() == {"west": 7, "east": 0, "empty": 0}
    assert table[CommunityBundle.share_complete].to_list() == pytest.approx([100 / 160, 0, np.nan], nan_ok=True)
    assert table[CommunityBundle.share_enough].to_list() == pytest.approx([140 / 160, 0, np.nan], nan_ok=True)


def test_those_one_short_are_counted():
    table = count_missing(bundle_of().reset_index(), COMMUNITIES)
    check_table(table, MissingKinds, where="missing kinds")
    people = table.pivot_table(index=MissingKinds.community, columns=MissingKinds.missing, values=MissingKinds.people)
    assert people.loc["west"].to_list() == [100, 40, 20, 0]
    assert people.loc["east"].to_list() == [0, 0, 0, 30]
    assert people.loc["empty"].to_list() == [0, 0, 0, 0]
    shares = table.set_index([MissingKinds.community, MissingKinds.missing])[MissingKinds.share]
    assert shares["west"].to_list() == pytest.approx([100 / 160, 40 / 160, 20 / 160, 0])
    assert shares["empty"].isna().all()


STATES = st.none() | st.tuples(*[st.integers(0, 2)] * 3)


@tries(20)
@given(homes=st.lists(st.tuples(st.sampled_from(["west", "east"]), st.integers(0, 99), STATES), min_size=1, max_size=8))
def test_the_bundle_is_rarer_than_its_rarest_kind(homes):
    """F_all ≤ min C_f ≤ F_1; the numbers of missing kinds add up; complete is nothing missing."""
    named = [(f"h{i}", *home) for i, home in enumerate(homes)]
    coverage = coverage_of(named)
    bundle = measure_bundle(coverage, at_least=1)
    known = bundle[bundle[Bundle.known]]
    assert (known[Bundle.within] + known[Bundle.missing] == 3).all()
    assert (known[Bundle.complete] == (known[Bundle.missing] == 0)).all()
    for row in weigh_bundle(bundle, COMMUNITIES).itertuples():
        here = [(people, states) for _, community, people, states in named if community == row.community and states]
        total = sum(people for people, _ in here)
        assert row.population - row.unknown == total
        if total == 0:
            continue
        each = [sum(people for people, states in here if states[i] == 1) / total for i in range(3)]
        assert row.share_complete <= min(each) + 1e-12
        assert row.share_enough >= max(each) - 1e-12
        assert row.share_complete == pytest.approx(sum(p for p, states in here if states == (1, 1, 1)) / total)
    shares = count_missing(bundle, COMMUNITIES).groupby(MissingKinds.community)[MissingKinds.share].sum(min_count=1)
    assert shares.dropna().to_list() == pytest.approx([1.0] * shares.notna().sum())


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda table: table, {"kinds": ["bar"]}, "there is no kind 'bar'; the kinds are shop, school, park"),
        (lambda table: table, {"kinds": []}, "there are no kinds, so there is no bundle"),
        (lambda table: table, {"at_least": 4}, "at_least is 4; the bundle has 3 kinds, so give 1 to 3"),
        (lambda table: table, {"at_least": 0}, "at_least is 0"),
        (lambda table: table.iloc[1:], {}, "cluster 'a' lacks a kind for walker 'stroller'; give every cluster every"),
        (lambda table: pd.concat([table, table]), {}, "cluster 'a' has kind 'shop' twice; keep one row"),
    ],
)
def test_what_is_no_bundle_is_refused(change, options, message):
    with pytest.raises(TableError, match=message):
        measure_bundle(change(coverage_of()), **options)
