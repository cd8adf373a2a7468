"""Updates: every change equals a full search to the last bit, and undoing it leaves no trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import STROLLER, draw_network, grid_paths, points, tries
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle import kernels
from walkcircle.arcs import Csr
from walkcircle.errors import NetworkError, TableError
from walkcircle.footing import ROUNDING_S, make_footing, round_seconds
from walkcircle.legs import Legs, walk_directly
from walkcircle.snapping import Spots, snap_points
from walkcircle.updates import measure_standing
from walkcircle.updates.seeds import _seed_all
from walkcircle.walking import measure_nearest

KINDS = 3


def join_spots(parts) -> Spots:
    """Put the spots of several things one after the other."""
    columns = {
        c: np.concatenate([getattr(p, c) for p in parts]) for c in ("edge", "fraction", "access_m", "xy", "door_xy")
    }
    item = np.concatenate([np.full(len(p), i) for i, p in enumerate(parts)])
    return Spots(labels=pd.RangeIndex(len(parts)), item=item, unsnapped=parts[0].unsnapped, **columns)


def search_again(footing, starts, standing_of, links, limit_s):
    """Search all over again: seconds and facility of every node, then of every origin, for each kind.

    `standing_of` holds kind and spots of each facility by its number; None where there is none any more.
    """
    tail, head, cost, metres = footing._arcs
    if links:
        more = np.array(links)
        tail, head = np.append(tail, more[:, 0].astype(int)), np.append(head, more[:, 1].astype(int))
        cost, metres = np.append(cost, more[:, 2]), np.append(metres, more[:, 2])
    nodes = len(footing.network.xy)
    inward = Csr.from_arcs(head, tail, cost, metres, nodes)
    leaving = Legs.leaving(footing, starts)
    rows = []
    for code in range(KINDS):
        there = [(number, spots) for number, (kind, spots) in standing_of.items() if kind == code]
        seconds, label = np.full(nodes, np.inf), np.full(nodes, -1)
        item, near, mark = np.repeat(starts.item, 2), None, None
        if there:
            ends = join_spots([spots for _, spots in there])
            number = np.array([n for n, _ in there])[ends.item]
            legs = Legs.arriving(footing, ends)
            seconds, label = kernels.search_nearest(
                inward.indptr, inward.head, inward.cost, legs.node.ravel().astype(np.uint32), legs.seconds.ravel(),
                np.repeat(number, 2), limit_s, *inward.buckets(legs.seconds, limit_s),
            )  # fmt: skip
            begin, end, direct, _ = walk_directly(footing, starts, ends)
            item = np.append(item, starts.item[begin])
            near, mark = direct, number[end]
        near = np.concatenate([(seconds[leaving.node] + leaving.seconds).ravel(), *([] if near is None else [near])])
        mark = np.concatenate([label[leaving.node].ravel(), *([] if mark is None else [mark])])
        near[near > limit_s] = np.inf
        order = np.lexsort((mark, near, item))
        first = order[np.unique(item[order], return_index=True)[1]]
        origins_s, origins = np.full(len(starts.labels), np.inf), np.full(len(starts.labels), -1)
        at = item[first]
        origins_s[at] = near[first]
        origins[at] = np.where(np.isfinite(near[first]), mark[first], -1)
        rows.append((np.append(seconds, origins_s), np.append(label, origins)))
    return np.stack([r[0] for r in rows]), np.stack([r[1] for r in rows])


def look(standing):
    """Return seconds and facilities of all nodes and origins."""
    return (
        np.concatenate([standing.node_seconds, standing.seconds], axis=1),
        np.concatenate([standing.node_nearest, standing.nearest], axis=1),
    )


def assert_same(one, other):
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def scatter(network, rng, count) -> Spots:
    """Snap places in a grid town, many of them at corners and doors of each other, some with several spots."""
    xy = np.where(rng.random((count, 2)) < 0.4, rng.integers(0, 4, (count, 2)) * 100, rng.integers(0, 300, (count, 2)))
    found = snap_points(points(*map(tuple, xy.astype(float))), network, within_m=400)
    item = np.sort(rng.integers(0, max(count - 1, 1), count))
    item = np.unique(item, return_inverse=True)[1]
    return replace(found, item=item, labels=pd.RangeIndex(int(item.max()) + 1))


def lay_town(seed, *, ties, limit_min):
    """Lay a random grid town, with one-way paths and gates, and measure how near everybody is."""
    rng = np.random.default_rng(seed)
    paths = [p for p in grid_paths(4, 4) if rng.random() > 0.15]
    count = len(paths)
    network = draw_network(
        paths, merge=False, oneway=rng.choice([0, 0, 0, 0, 1, -1], count).tolist(),
        private=(rng.random(count) < 0.15).tolist(),
    )  # fmt: skip
    footing = make_footing(network, replace(STROLLER, gates="resident"))
    if not ties:
        footing = replace(footing, seconds=round_seconds(footing.seconds * rng.uniform(0.5, 2, footing.seconds.shape)))
    starts, ends = scatter(network, rng, 12), scatter(network, rng, 8)
    kind = np.append(rng.integers(0, KINDS, len(ends.labels) - 1), KINDS - 1)
    return rng, footing, starts, ends, kind, measure_standing(footing, starts, ends, kind, limit_min=limit_min)


def place_one(network, rng) -> Spots:
    xy = tuple((rng.integers(0, 7, 2) * 50.0).tolist())
    return snap_points(points(xy), network, within_m=400)


class Diary:
    """What was asked for, written down apart from the standing."""

    def __init__(self, footing, ends, kind):
        self.footing, self.links, self.next = footing, [], len(kind)
        self.there = {n: (int(kind[n]), ends.between(n, n + 1)) for n in range(len(kind))}

    def ask(self, what, rng, standing):
        """Ask something at random; return the change and the diary after it."""
        new = Diary.__new__(Diary)
        new.footing, new.links, new.next, new.there = self.footing, list(self.links), self.next, dict(self.there)
        network = self.footing.network
        number = int(rng.choice(list(self.there))) if self.there else -1
        if what == "add" or number < 0:
            kind, spots = int(rng.integers(KINDS)), place_one(network, rng)
            new.there[self.next], new.next = (kind, spots), self.next + 1
            return standing.add_facility(spots, kind), new
        if what == "remove":
            del new.there[number]
            return standing.remove_facility(number), new
        if what == "move":
            spots = place_one(network, rng)
            new.there[number] = (self.there[number][0], spots)
            return standing.move_facility(number, spots), new
        if what == "link":
            first, last = rng.integers(0, len(network.xy), 2).tolist()
            there, back = float(rng.integers(0, 150)), float(rng.choice([np.inf, 0.0, 40.0]))
            new.links += [link for link in ((first, last, there), (last, first, back)) if link[2] < np.inf]
            return standing.add_link(first, last, there, back), new
        edge, ways = int(rng.integers(len(network.ends))), [(True, True), (True, False), (False, True)]
        there, back = ways[rng.integers(3)]
        seconds = self.footing.seconds.copy()
        seconds[edge] = np.where([there, back], np.inf, seconds[edge])
        new.footing = replace(self.footing, seconds=seconds)
        return standing.close_edge(edge, there=there, back=back), new


@given(
    seed=st.integers(0, 10**6),
    wishes=st.lists(st.sampled_from(["add", "remove", "move", "link", "close"]), min_size=1, max_size=8),
    ties=st.booleans(),
    limit_min=st.sampled_from([None, 3.0, 8.0]),
)
@tries(40)
def test_any_sequence_of_changes_equals_a_full_search_and_undoing_it_leaves_no_trace(seed, wishes, ties, limit_min):
    rng, footing, starts, ends, kind, standing = lay_town(seed, ties=ties, limit_min=limit_min)
    limit_s = (np.inf if limit_min is None else limit_min * 60) + ROUNDING_S
    diary, states = Diary(footing, ends, kind), []
    for wish in wishes:
        before = look(standing)
        assert_same(before, search_again(diary.footing, starts, diary.there, diary.links, limit_s))
        states.append(before)
        change, diary = diary.ask(wish, rng, standing)
        assert_same(look(standing), before)  # a question changes nothing
        standing.apply(change)
        after = look(standing)
        nodes = len(footing.network.xy)
        rows, columns = np.nonzero((before[0] != after[0])[:, nodes:] | (before[1] != after[1])[:, nodes:])
        assert (change.kind.tolist(), change.origin.tolist()) == (rows.tolist(), columns.tolist())
        assert_same((change.before_s, change.before), [b[rows, nodes + columns] for b in before])
        assert_same((change.after_s, change.after), [a[rows, nodes + columns] for a in after])
    assert_same(look(standing), search_again(diary.footing, starts, diary.there, diary.links, limit_s))
    for state in reversed(states):
        standing.undo()
        assert_same(look(standing), state)
    change, diary = Diary(footing, ends, kind).ask(wishes[-1], rng, standing)
    standing.apply(change)
    assert_same(look(standing), search_again(diary.footing, starts, diary.there, diary.links, limit_s))


@given(seed=st.integers(0, 10**6), limit_min=st.sampled_from([None, 5.0]))
@settings(max_examples=30, deadline=None)
def test_a_new_standing_holds_the_numbers_of_the_engine(seed, limit_min):
    _, footing, starts, ends, kind, standing = lay_town(seed, ties=True, limit_min=limit_min)
    np.testing.assert_array_equal(standing.seconds, measure_nearest(footing, starts, ends, kind, limit_min=limit_min).T)


@given(seed=st.integers(0, 10**6), closed=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_one_thing_is_seeded_like_many_at_once_to_the_last_bit(seed, closed):
    rng, footing, starts, ends, kind, standing = lay_town(seed, ties=False, limit_min=None)
    edges = rng.integers(0, len(footing.network.ends), closed)
    standing._web.footing.seconds[edges, rng.integers(0, 2, closed)] = np.inf
    everything = _seed_all(standing._web.footing, starts, ends)
    for number in range(len(kind)):
        vertex, seconds = standing._seeds.make(ends.between(number, number + 1))
        mine = everything[2] == number
        assert sorted(zip(vertex, seconds, strict=True)) == sorted(
            zip(everything[0][mine], everything[1][mine], strict=True)
        )


def test_a_kind_without_any_facility_may_be_asked_about():
    """The first clinic of a town, 90 m from one home and 10 m from the other, at 1 m/s."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], merge=False)
    footing = make_footing(network, STROLLER)
    starts, school = snap_points(points((0, 0), (100, 0)), network), snap_points(points((200, 0)), network)
    standing = measure_standing(footing, starts, school, np.zeros(1, int), kinds=2)
    assert standing.seconds.tolist() == [pytest.approx([200, 100]), [np.inf, np.inf]]
    change = standing.add_facility(snap_points(points((90, 0)), network), 1)
    assert change.after_s == pytest.approx([90, 10])
    assert change.kind.tolist() == [1, 1]
    with pytest.raises(TableError, match="of kind 0, but there are 0 kinds; give kinds=1 or more"):
        measure_standing(footing, starts, school, np.zeros(1, int), kinds=0)


def test_a_hundred_facilities_come_and_go_without_a_trace():
    """More than there was room for, each moved once, then all taken back."""
    rng, footing, starts, ends, kind, standing = lay_town(11, ties=True, limit_min=None)
    before, diary = look(standing), Diary(footing, ends, kind)
    for wish in ["add", "move"] * 50:
        change, diary = diary.ask(wish, rng, standing)
        standing.apply(change)
    assert_same(look(standing), search_again(footing, starts, diary.there, [], ROUNDING_S + np.inf))
    for _ in range(100):
        standing.undo()
    assert_same(look(standing), before)
    assert standing._number == len(kind)


@given(seed=st.integers(0, 10**6), links=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_a_link_makes_no_one_worse_off(seed, links):
    rng, footing, _, ends, kind, standing = lay_town(seed, ties=False, limit_min=None)
    diary = Diary(footing, ends, kind)
    for _ in range(links):
        before = look(standing)[0]
        change, diary = diary.ask("link", rng, standing)
        standing.apply(change)
        assert (look(standing)[0] <= before).all()
        assert (change.after_s <= change.before_s).all()


def test_a_clinic_at_the_far_end_of_a_street_halves_the_walk():
    """One street of three stretches of 100 m at 1 m/s; the school stands at the west end, the second at the east."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]], merge=False)
    footing = make_footing(network, STROLLER)
    starts = snap_points(points((110, 0), (210, 0), (290, 0)), network)
    ends = snap_points(points((0, 0)), network)
    standing = measure_standing(footing, starts, ends, np.zeros(1, int))
    assert standing.seconds.tolist() == [pytest.approx([110, 210, 290])]
    change = standing.add_facility(snap_points(points((300, 0)), network), 0)
    assert repr(change) == "<Change 2 origins and kinds, 2 of them nearer>"
    assert change.origin.tolist() == [1, 2]
    assert change.after_s == pytest.approx([90, 10])
    assert change.after.tolist() == [1, 1]
    standing.apply(change)
    assert standing.seconds[0] == pytest.approx([110, 90, 10])
    at = np.argsort(network.xy[:, 0])
    closed = next(e for e, both in enumerate(network.ends.tolist()) if set(both) == {at[0], at[1]})
    standing.apply(standing.close_edge(closed))
    assert standing.seconds[0] == pytest.approx([190, 90, 10])
    assert repr(standing) == "<Standing 3 origins, 4 nodes, 1 kinds, 2 changes>"


def test_what_cannot_be_meant_is_refused():
    *_, ends, _, standing = lay_town(3, ties=True, limit_min=None)
    one = ends.between(0, 1)
    with pytest.raises(TableError, match="there is no kind 3"):
        standing.add_facility(one, KINDS)
    with pytest.raises(TableError, match="spots of one thing"):
        standing.add_facility(ends, 0)
    with pytest.raises(TableError, match="there is no facility 99"):
        standing.remove_facility(99)
    with pytest.raises(TableError, match="no change to take back"):
        standing.undo()
    with pytest.raises(NetworkError, match="the nodes are 0 to"):
        standing.add_link(0, 10_000, 5.0)
    with pytest.raises(NetworkError, match="seconds of 0 or more"):
        standing.add_link(0, 1, -5.0)
    with pytest.raises(NetworkError, match="there is no edge 10000"):
        standing.close_edge(10_000)
    change = standing.remove_facility(0)
    standing.apply(change)
    with pytest.raises(TableError, match="another state"):
        standing.apply(change)
    with pytest.raises(TableError, match="there is no facility 0"):
        standing.remove_facility(0)


def test_a_ring_of_no_length_does_not_hold_itself_up():
    """Two corners joined by a link of no seconds lose the school together when the street to it is closed."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], merge=False)
    footing = make_footing(network, STROLLER)
    corner = np.argsort(network.xy[:, 0])
    standing = measure_standing(
        footing, snap_points(points((200, 0)), network), snap_points(points((0, 0)), network), np.zeros(1, int)
    )
    standing.apply(standing.add_link(int(corner[1]), int(corner[2]), 0.0, 0.0))
    assert standing.node_seconds[0, corner] == pytest.approx([0, 100, 100])
    closed = next(e for e, both in enumerate(network.ends.tolist()) if set(both) == {corner[0], corner[1]})
    standing.apply(standing.close_edge(closed))
    assert standing.node_seconds[0, corner].tolist() == [0, np.inf, np.inf]
    assert standing.seconds.tolist() == [[np.inf]]
