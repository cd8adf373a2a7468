"""Changes: what changed between two check-ups of a place, and how much of it each cause explains.

The people within the limit of a kind are counted six times, each time with one more input replaced by that of the newer
check-up; a part is the difference between one count and the next:

=============  ============================================================================================
as it was      the older check-up
mapping        what only the map or the register changed: places moved by at most 50 m, drawn anew or under another
               identifier, renamed, retagged, drawn twice, listed now though open before, or no longer read
closed         facilities that are gone
opened         facilities that are new; now they are those of the newer check-up
streets        streets, gates, doors, closed estates and heights
population     homes, the people in them, and the borders of communities: the newer check-up itself
=============  ============================================================================================

So the parts add up to the whole change, exactly, for each community, kind and walker. The order is fixed, and what two
causes do together falls to the later one: a clinic that only a new bridge leads to serves nobody in `opened`, and its
people are in `streets`; people who move in beside a new clinic are in `population`. (A sequential, not an averaged,
decomposition: each step is a state that can be walked through and checked. Compared backwards, the same causes may
have other shares.)

Communities are matched by their ids, hexagons by their place. Those that appear or are gone are listed, with their
people in `population`.

OpenStreetMap does not tell a new place, path or house from one that was only now mapped. Of a place, what says since
when it is open (``start_date``, the column `opened` of a register) is believed (:mod:`walkcircle.fates`); what does not
counts as opened or closed, and :class:`~walkcircle.tables.ChangedFacilities` says so in its column `evidence`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.analysis import Report, cluster_homes, snap_clusters, snap_facilities
from walkcircle.coverage import measure_coverage, weigh_coverage
from walkcircle.errors import StudyError, TableError
from walkcircle.fates import UNDATED, CheckedUp, Fates, compare_facilities
from walkcircle.footing import Footing, make_footing
from walkcircle.gaps import LEAST_PERSON
from walkcircle.groups import GROUPS, count_demand
from walkcircle.place import Place
from walkcircle.snapping import Spots
from walkcircle.study import Study
from walkcircle.tables import (
    ChangedCommunities,
    ChangedCoverage,
    ChangedFacilities,
    Changes,
    Clusters,
    Communities,
    CommunityCoverage,
)
from walkcircle.walkers import Walker
from walkcircle.walking import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


#: The parts of a change, in the order in which inputs are replaced.
PARTS: Final = ("mapping", "closed", "opened", "streets", "population")

#: Borders are others where more than this share of the ground is not common to both (walkcircle's assumption).
REDRAWN_SHARE = 0.01

#: Beyond the longest limit, so that the limit alone decides who is within it, minutes.
_BEYOND_MIN = 1.0

#: The states that are counted; a part is the difference between one and the next.
_STATES: Final = ("as it was", *PARTS)

_KEYS: Final = (CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker)


@dataclass(frozen=True, eq=False)
class Covered:
    """A check-up without its shapes and scores: who has what within the limit. See :class:`CheckedUp`."""

    study: Study
    place: Place
    clusters: gpd.GeoDataFrame
    communities: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two check-ups beside each other.

    Attributes
    ----------
    old, new
        The two.
    changes
        :class:`~walkcircle.tables.Changes`, for every community, kind and walker in which anything changed.
    coverage
        :class:`~walkcircle.tables.ChangedCoverage`, for all of them.
    communities
        :class:`~walkcircle.tables.ChangedCommunities`.
    facilities
        :class:`~walkcircle.tables.ChangedFacilities`.
    notes
        What the reader should know, in whole sentences.
    """

    old: CheckedUp
    new: CheckedUp
    changes: pd.DataFrame
    coverage: pd.DataFrame
    communities: pd.DataFrame
    facilities: gpd.GeoDataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Say what was compared in one line."""
        return (
            f"<Comparison of {self.old.study.title} with {self.new.study.title}: {len(self.facilities)} facilities "
            f"and {self.changes[Changes.community].nunique()} communities changed>"
        )


def measure_covered(place: Place, study: Study, *, report: Report | None = None) -> Covered:
    """Measure who has what within the limit, which is all that a comparison needs of a check-up.

    A fraction of the work of :func:`~walkcircle.analysis.analyse`, and the same numbers.

    Parameters
    ----------
    place, study
        The ground and the question.
    report
        Called with each step's name and the share of it that is done.

    Raises
    ------
    NetworkError
        No residence can be joined to the streets.
    """
    tell = report or _tell_nobody
    tell("Grouping homes", 0.0)
    homes = Covered(study, place, cluster_homes(place, study), pd.DataFrame())
    parts = []
    for number, walker in enumerate(study.walkers):
        tell(f"Walking to the nearest facilities ({walker.name})", number / len(study.walkers))
        parts.append(_cover(_stand(place, homes, walker), place.facilities))
    return replace(homes, communities=pd.concat(parts, ignore_index=True))


def compare_analyses(old: CheckedUp, new: CheckedUp, *, report: Report | None = None) -> Comparison:
    """Compare two check-ups, and split the change into parts that add up.

    Per walker at most four searches for the nearest facilities: three over the older streets, one over the newer.
    The module's first lines say what each part is and in which order they are counted.

    Parameters
    ----------
    old, new
        Two check-ups of the same place by the same standard, walkers and limits, each an
        :class:`~walkcircle.analysis.Analysis` or what :func:`measure_covered` returns.
    report
        Called with each step's name and the share of it that is done.

    Raises
    ------
    StudyError
        The two ask different questions: another standard, other walkers, limits or ways of grouping homes.
    TableError
        The two are in different coordinate systems, or have no community in common.
    NetworkError
        No home of the older check-up can be joined to the newer streets.
    """
    tell = report or _tell_nobody
    _refuse_other_questions(old.study, new.study)
    _refuse_other_places(old.place, new.place)
    tell("Comparing facilities", 0.0)
    key = _match_communities(old, new)
    fates = compare_facilities(old, new)
    states = _count_states(old, new, key, fates, tell)
    communities = _compare_communities(old, new, key)
    facilities = fates.to_table(new, key)
    return Comparison(
        old=old,
        new=new,
        changes=_list_changes(states),
        coverage=_compare_coverage(old, new, key, states),
        communities=communities,
        facilities=facilities,
        notes=(*_note_inputs(old, new), *_note_communities(communities, old), *_note_facilities(facilities)),
    )


def round_parts(parts: Sequence[float], total: int) -> list[int]:
    """Round the parts of a whole to whole people so that they add up to `total`.

    Each is rounded down, and those with the largest remainders get what is left (the method of Hamilton).

    Parameters
    ----------
    parts
        People, fewer or more.
    total
        What they should add up to; at most as far from their sum as rounding takes it.

    Examples
    --------
    >>> round_parts([1.4, 2.4, -0.4], 3)
    [1, 2, 0]
    >>> round_parts([0.0, 0.5, 0.5], 1)
    [0, 1, 0]
    """
    exact = np.asarray(parts, dtype=float)
    down = np.floor(exact)
    # a part that is nothing stays nothing while there are others
    felt = np.flatnonzero(exact) if exact.any() else np.arange(len(exact))
    order = felt[np.lexsort((-np.abs(exact[felt]), down[felt] - exact[felt]))]
    left = round(total - down.sum())
    for step in range(abs(left)):
        down[(order if left > 0 else order[::-1])[step % len(order)]] += np.sign(left)
    return [int(part) for part in down]


@dataclass(frozen=True)
class Account:
    """One line of a comparison in whole people: `before`, plus all `parts`, is `after`.

    Attributes
    ----------
    before, after
        People within the limit.
    parts
        By the names of :data:`PARTS`.
    share_before, share_after
        Of the people whose walks are known; missing (NaN) where there is nobody.
    """

    before: int
    parts: Mapping[str, int]
    after: int
    share_before: float
    share_after: float


def sum_changes(comparison: Comparison, by: Sequence[str]) -> dict[tuple[str, ...], Account]:
    """Sum a comparison in whole people, by some of community, kind and walker.

    Parameters
    ----------
    comparison
        As :func:`compare_analyses` returns it.
    by
        Columns of :class:`~walkcircle.tables.Changes`, such as kind and walker. People of several kinds are the same
        people: leave a kind or a walker out only where there is one.

    Returns
    -------
    dict
        An account for each combination that there is, in the order of the tables.
    """
    keys = list(by)
    counted = (
        ChangedCoverage.known_before, ChangedCoverage.known_after,
        ChangedCoverage.covered_before, ChangedCoverage.covered_after,
    )  # fmt: skip
    sums = comparison.coverage.groupby(keys, sort=False)[[*counted]].sum()
    parts = comparison.changes.pivot_table(index=keys, columns=Changes.part, values=Changes.residents, aggfunc="sum")
    parts = parts.reindex(sums.index).reindex(columns=list(PARTS)).fillna(0.0)
    names = [key if isinstance(key, tuple) else (key,) for key in sums.index]
    accounts = {}
    for name, numbers, part in zip(names, sums.to_numpy(dtype=float), parts.to_numpy(dtype=float), strict=True):
        known_before, known_after, before, after = numbers.tolist()
        whole = round(before), round(after) if part.any() else round(before)
        accounts[name] = Account(
            before=whole[0],
            parts=dict(zip(PARTS, round_parts(part.tolist(), whole[1] - whole[0]), strict=True)),
            after=whole[1],
            share_before=min(before / known_before, 1.0) if known_before > 0 else nan,
            share_after=min(after / known_after, 1.0) if known_after > 0 else nan,
        )
    return accounts


def _tell_nobody(_step: str, _share: float) -> None:
    """Report nothing."""


# ── counting ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Ground:
    """Streets as one walker finds them, and homes that stand on them.

    The homes lie in the communities of `home`, which is another place than `place` while the streets are newer.
    """

    place: Place
    home: Place
    study: Study
    clusters: gpd.GeoDataFrame
    footing: Footing
    starts: Spots


def _stand(place: Place, checked: CheckedUp, walker: Walker) -> _Ground:
    """Put the homes of a check-up on the streets of a place."""
    footing = make_footing(place.network, walker)
    starts = snap_clusters(place, checked.study, checked.clusters, footing)
    return _Ground(place, checked.place, checked.study, checked.clusters, footing, starts)


def _cover(ground: _Ground, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count who has what within the limit: keys, population, unknown and covered of CommunityCoverage."""
    footing, starts, kinds = ground.footing, ground.starts, ground.study.standard.kinds
    ends = snap_facilities(ground.place, ground.study, facilities, footing)
    longest = max(kind.limit_min for kind in kinds) + _BEYOND_MIN
    near = nearest(footing, starts, facilities, footing.walker, spots=ends, limit_min=longest)
    off_network = [str(label) for label in np.delete(starts.labels.to_numpy(), np.unique(starts.item))]
    coverage = measure_coverage(ground.clusters, near, kinds, walker=footing.walker.name, off_network=off_network)
    weighed = weigh_coverage(coverage, ground.home.communities, ground.home.completeness)
    return weighed[[*_KEYS, CommunityCoverage.population, CommunityCoverage.unknown, CommunityCoverage.covered]]


def _count_states(old: CheckedUp, new: CheckedUp, key: pd.Series, fates: Fates, tell: Report) -> pd.DataFrame:
    """Count who is within the limit with one more input replaced each time.

    Returns
    -------
    DataFrame
        One row per community, kind and walker of either check-up, one column per state.
    """
    ids = pd.unique(pd.concat([old.place.communities[Communities.community], key]))
    walkers = old.study.walkers
    grid = pd.MultiIndex.from_product(
        [ids, [kind.id for kind in old.study.standard.kinds], [walker.name for walker in walkers]], names=_KEYS
    )
    tables: dict[str, list[pd.DataFrame]] = {state: [] for state in _STATES}
    for number, walker in enumerate(walkers):
        tell(f"Counting again ({walker.name})", number / len(walkers))
        last = old.communities[old.communities[CommunityCoverage.walker] == walker.name]
        tables[_STATES[0]].append(last)
        steps = fates.replace_facilities()
        ground = None if all(step is None for step in steps) else _stand(old.place, old, walker)
        for state, facilities in zip(_STATES[1:4], steps, strict=True):
            last = last if ground is None or facilities is None else _cover(ground, facilities)
            tables[state].append(last)
        tables[_STATES[4]].append(_cover(_stand(new.place, old, walker), new.place.facilities))
    tables[_STATES[5]].append(_rename_communities(new.communities, key))
    counted = {
        state: pd.concat(parts).set_index([*_KEYS])[CommunityCoverage.covered].reindex(grid, fill_value=0.0)
        for state, parts in tables.items()
    }
    return pd.DataFrame(counted).astype(float)


def _list_changes(states: pd.DataFrame) -> pd.DataFrame:
    """List the differences of consecutive states where there is any, all parts of it."""
    differences = pd.DataFrame(
        {part: states[after] - states[before] for part, before, after in zip(PARTS, _STATES, _STATES[1:], strict=False)}
    )
    felt = differences[(differences.abs() > LEAST_PERSON).any(axis=1)]
    keys = felt.index.repeat(len(PARTS)).to_frame(index=False)
    return keys.assign(**{
        str(Changes.part): np.tile(np.array(PARTS, dtype=object), len(felt)),
        str(Changes.residents): felt.to_numpy().ravel(),
    })  # fmt: skip


def _compare_coverage(old: CheckedUp, new: CheckedUp, key: pd.Series, states: pd.DataFrame) -> pd.DataFrame:
    """Set the coverage of both beside each other."""
    parts = []
    for table, state in ((old.communities, _STATES[0]), (_rename_communities(new.communities, key), _STATES[-1])):
        there = table.set_index([*_KEYS]).reindex(states.index)
        known = (there[CommunityCoverage.population] - there[CommunityCoverage.unknown]).fillna(0.0).to_numpy()
        covered = states[state].to_numpy()
        share = np.divide(covered, known, out=np.full(len(known), np.nan), where=known > 0).clip(max=1)
        parts.append((known, covered, share))
    before, after = parts
    return states.index.to_frame(index=False).assign(**{
        str(column): values
        for column, values in zip(
            [c for c in ChangedCoverage.columns() if c not in _KEYS],
            [column for pair in zip(before, after, strict=True) for column in pair],
            strict=True,
        )
    })  # fmt: skip


# ── communities ───────────────────────────────────────────────────────────────────────────────────


def _match_communities(old: CheckedUp, new: CheckedUp) -> pd.Series:
    """Return by what name each of the newer communities is listed, on its id.

    It is its own, but for hexagons: these are named from the outermost home, so that one more home may rename all. A
    hexagon is called as it was before, and one where there was none is marked as new.

    Raises
    ------
    TableError
        No community is in both.
    """
    before, after = (checked.place.communities for checked in (old, new))
    ids = after[Communities.community].to_numpy()
    key = pd.Series(ids, index=ids)
    if _are_hexagons(old, new):
        there, here = shapely.STRtree(shapely.centroid(before.geometry.to_numpy())).query(
            shapely.centroid(after.geometry.to_numpy()), predicate="dwithin", distance=1.0
        )
        key = key.astype(str) + " (new)"
        key.iloc[there] = before[Communities.community].to_numpy()[here]
    if not key.isin(before[Communities.community]).any():
        msg = (
            "the two check-ups have no community in common; give both the same [communities], "
            "with a column id that names each community in either file"
        )
        raise TableError(msg)
    return key


def _are_hexagons(old: CheckedUp, new: CheckedUp) -> bool:
    return all(checked.study.communities.source == "hexagons" for checked in (old, new))


def _rename_communities(table: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Name communities of the newer check-up as they are listed."""
    column = CommunityCoverage.community
    return table.assign(**{str(column): table[column].map(key)})


def _compare_communities(old: CheckedUp, new: CheckedUp, key: pd.Series) -> pd.DataFrame:
    """List every community of either check-up with its people."""
    before = old.place.communities.set_index(Communities.community)
    after = new.place.communities.set_index(new.place.communities[Communities.community].map(key))
    ids = pd.unique(pd.Series([*before.index, *after.index], dtype=object))
    in_old, in_new = pd.Index(ids).isin(before.index), pd.Index(ids).isin(after.index)
    both = in_old & in_new
    shapes = [frame.geometry.reindex(ids[both]).to_numpy() for frame in (before, after)]
    other = shapely.area(shapely.symmetric_difference(*shapes)) > REDRAWN_SHARE * shapely.area(shapely.union(*shapes))
    fate = np.where(in_new, "appeared", "gone").astype(object)
    fate[both] = np.where(other, "redrawn", "kept")
    names = after[Communities.name].combine_first(before[Communities.name]).reindex(ids)
    people = [
        checked.clusters.groupby(communities)[Clusters.population].sum().reindex(ids)
        for checked, communities in (
            (old, old.clusters[Clusters.community]),
            (new, new.clusters[Clusters.community].map(key)),
        )
    ]
    return pd.DataFrame(
        {
            ChangedCommunities.community: ids,
            ChangedCommunities.name: ids if _are_hexagons(old, new) else names.to_numpy(),
            ChangedCommunities.fate: fate,
            ChangedCommunities.population_before: np.where(in_old, people[0].fillna(0.0), np.nan),
            ChangedCommunities.population_after: np.where(in_new, people[1].fillna(0.0), np.nan),
        }
    )


# ── doubts ────────────────────────────────────────────────────────────────────────────────────────


def _refuse_other_questions(old: Study, new: Study) -> None:
    """Refuse two studies whose numbers do not mean the same.

    Raises
    ------
    StudyError
        With the first thing that differs.
    """
    for what, before, after in _list_questions(old, new):
        if before != after:
            msg = f"the two check-ups have {what} ({before}, then {after}); give both studies the same"
            raise StudyError(msg)


def _list_questions(old: Study, new: Study) -> Iterator[tuple[str, object, object]]:
    """Go through what must be the same in both studies."""
    kinds = [{kind.id: kind for kind in study.standard.kinds} for study in (old, new)]
    only = [sorted({*kinds[i]} - {*kinds[1 - i]}) for i in (0, 1)]
    titles = [
        f"{study.standard.id}: {', '.join(found) or 'no other kind'}"
        for study, found in zip((old, new), only, strict=True)
    ]
    if any(only):
        yield "standards with other kinds", titles[0], titles[1]
    for one, other in ((kinds[0][name], kinds[1][name]) for name in kinds[0]):
        yield f"other limits for {one.id}", f"{one.limit_min:g} min", f"{other.limit_min:g} min"
        yield f"other groups for {one.id}", one.group, other.group
        yield f"other tags for {one.id}", one.osm, other.osm
    walkers = [{walker.name: replace(walker, cited={}) for walker in study.walkers} for study in (old, new)]
    yield "other walkers", ", ".join(sorted(walkers[0])), ", ".join(sorted(walkers[1]))
    for name in walkers[0]:
        yield f"other figures for the walker {name}", walkers[0][name], walkers[1][name]
    yield "other limits of [snapping] within_m", old.snapping.within_m, new.snapping.within_m
    yield "other [residences] cell_m", old.residences.cell_m, new.residences.cell_m
    yield "another [residences] by_estate", old.residences.by_estate, new.residences.by_estate


def _refuse_other_places(old: Place, new: Place) -> None:
    """Refuse two places on different squared paper.

    Raises
    ------
    TableError
        With both coordinate systems.
    """
    if old.network.crs != new.network.crs:
        names = ", then ".join(place.network.crs.name for place in (old, new))
        msg = f"the two places are in different coordinate systems ({names}); cut both files to the same area"
        raise TableError(msg)


def _note_inputs(old: CheckedUp, new: CheckedUp) -> Iterator[str]:
    """Say where the two differ in more than what they describe."""
    days = [(checked.place.data_date or "")[:10] for checked in (old, new)]
    if not all(days):
        yield "The date of the data is not known for both, so that no facility is known to be older than a check-up."
    elif days[0] > days[1]:
        yield f"The first check-up ({days[0]}) is younger than the second ({days[1]}): all is told backwards."
    sources = [checked.place.population_source for checked in (old, new)]
    if sources[0] != sources[1]:
        yield f"People were counted in another way ({sources[0]}; then {sources[1]}), which is in population."
    people = [float(checked.clusters[Clusters.population].sum()) for checked in (old, new)]
    if "osm" in {checked.study.residences.source for checked in (old, new)} and abs(people[1] - people[0]) >= 1:
        yield "People are estimated from mapped buildings: a house only now mapped counts as people who moved in."
    asked = {kind.group for kind in new.study.standard.kinds}
    for group in (one for one in GROUPS.values() if one.id in asked):
        known = [_knows_group(checked.clusters, group.id) for checked in (old, new)]
        if known[0] != known[1]:
            which = "older" if known[0] else "newer"
            yield (
                f"Only the {which} check-up knows how many {group.en} there are; in the other all residents stand in "
                "for them, which is in population."
            )
    if len({checked.study.place.heights is None for checked in (old, new)}) > 1:
        yield "Only one of the two knows heights, which is in streets."
    if len({checked.study.place.cut_along_border for checked in (old, new)}) > 1:
        yield "Only one of the two is cut along the border of its area, which is in streets."


def _knows_group(clusters: gpd.GeoDataFrame, group: str) -> bool:
    """Tell whether it is known of any home how many of a group live there."""
    _, stand_in = count_demand(clusters, group)
    return bool((~stand_in & (clusters[Clusters.population] > 0)).any())


def _note_communities(communities: pd.DataFrame, old: CheckedUp) -> Iterator[str]:
    """Say which communities are not the same."""
    fate = communities[ChangedCommunities.fate]
    names = communities[ChangedCommunities.name].astype(str)
    for word, after in (
        ("appeared", "are new; their people are in population"),
        ("gone", "are not there any more; their people are in population"),
        ("redrawn", "have other borders; who changed over is in population"),
    ):
        mine = names[fate == word].tolist()
        if mine:
            more = f" and {len(mine) - 5} more" if len(mine) > 5 else ""
            yield f"Communities that {after}: {', '.join(mine[:5])}{more}."
    if old.study.communities.source == "hexagons":
        yield "Hexagons are matched by their place and called as in the older check-up."


def _note_facilities(facilities: gpd.GeoDataFrame) -> Iterator[str]:
    """Say how many openings and closings rest on nothing but a list."""
    for fate, doubt in (
        ("opened", "may have been there before"),
        ("closed", "may still be there"),
    ):
        mine = facilities[facilities[ChangedFacilities.fate] == fate]
        undated = int(mine[ChangedFacilities.evidence].str.endswith(UNDATED).sum())
        if undated:
            yield f"Of {len(mine):,} facilities that {fate}, {undated:,} have no date and {doubt}."
