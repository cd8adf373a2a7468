"""Gaps: residents without a kind of facility within the limit, whether we know or only lack data, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.coverage import BEYOND, UNMAPPED_NEAR
from walkcircle.footing import ROUNDING_MIN
from walkcircle.tables import (
    Causes,
    Clusters,
    CommunityCoverage,
    Completeness,
    Coverage,
    Facilities,
    Gaps,
    Nearest,
    Straight,
)
from walkcircle.unmapped import USUAL_DETOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind
    from walkcircle.walkers import Walker

GAP = "gap"
CHECK = "check on the ground"

#: Sums of people carry rounding; less than this is nobody.
LEAST_PERSON = 1e-3

#: The column of coverage whose people are without: those that :attr:`CommunityCoverage.covered` is summed from.
_PEOPLE: Final = Coverage.demand

GATE = "gate"
CLIMB = "slope or stairs"
CROSSING = "crossing"
SEVERAL = "several of these together"
BARRIER = "barrier or missing link"
UNMAPPED = "probably not mapped"
NONE_NEAR = "none within reach"
FULL = "full"

#: The causes in the order they are asked for; a resident has the first that holds.
CAUSES = (GATE, CLIMB, CROSSING, SEVERAL, BARRIER, UNMAPPED, NONE_NEAR, FULL)

#: What a walker is freed from, one thing at a time and at last all: the cause that it would show, and in words.
RELAXATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "gates": (GATE, "with all gates open"),
    "slope": (CLIMB, "if all were flat"),
    "stairs": (CLIMB, "if stairs were level ground"),
    "slope and stairs": (CLIMB, "if all were flat, stairs too"),
    "crossings": (CROSSING, "without waits at crossings"),
    "all": (SEVERAL, "with gates open, all flat and no waits"),
}


def find_gaps(covered: pd.DataFrame, causes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Find the communities and kinds that leave residents out.

    Where the data are thin, end on the way, or may well lack a facility that is near, the verdict is "check on the
    ground": what is not mapped may still be there. A community can have both, for different residents. Counted are the
    people whom a kind serves; where `stand_in` says so, all residents, as it is not known how many of the group there
    are.

    Parameters
    ----------
    covered
        :class:`~walkcircle.tables.CommunityCoverage`.
    causes
        :class:`~walkcircle.tables.Causes`, where they were asked for.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Gaps`, firm gaps first, then by residents without.
    """
    known = covered[CommunityCoverage.population] - covered[CommunityCoverage.unknown]
    without = known - covered[CommunityCoverage.covered]
    unsure = covered[CommunityCoverage.unsure]
    thin = covered[CommunityCoverage.share_at_most].isna()
    parts = [
        _rows(
            covered,
            (without - unsure).where(~thin, 0.0),
            known,
            GAP,
            pd.Series(None, covered.index, dtype=object),
        ),
        _rows(covered, without.where(thin, 0.0), known, CHECK, covered[CommunityCoverage.reason]),
        _rows(covered, unsure.where(~thin, 0.0), known, CHECK, covered[CommunityCoverage.doubt]),
    ]
    table = pd.concat(parts, ignore_index=True)
    table[Gaps.cause] = _name_causes(table, causes)
    is_check = (table[Gaps.verdict] == CHECK).to_numpy()
    order = np.lexsort((table[Gaps.kind], table[Gaps.community], -table[Gaps.residents_without], is_check))
    return table.iloc[order].reset_index(drop=True)


def _rows(covered: pd.DataFrame, without: pd.Series, known: pd.Series, verdict: str, reason: pd.Series) -> pd.DataFrame:
    """Make the rows of one verdict; less than a thousandth of a person is rounding."""
    some = without > LEAST_PERSON
    return pd.DataFrame(
        {
            Gaps.community: covered[CommunityCoverage.community][some],
            Gaps.kind: covered[CommunityCoverage.kind][some],
            Gaps.walker: covered[CommunityCoverage.walker][some],
            Gaps.group: covered[CommunityCoverage.group][some],
            Gaps.stand_in: covered[CommunityCoverage.stand_in][some],
            Gaps.residents_without: without[some],
            Gaps.share_without: (without / known)[some],
            Gaps.verdict: verdict,
            Gaps.reason: reason[some],
        }
    )


def _name_causes(gaps: pd.DataFrame, causes: pd.DataFrame | None) -> NDArray[np.object_]:
    """Return the cause with the most residents of each gap, the first in order of equally many."""
    if causes is None:
        return np.full(len(gaps), None, dtype=object)
    keys = [Causes.community, Causes.kind, Causes.walker, Causes.verdict]
    order = np.lexsort((causes[Causes.cause].map(CAUSES.index), -causes[Causes.residents]))
    most = causes.iloc[order].dropna(subset=[Causes.verdict]).drop_duplicates(keys)
    named = most.set_index(keys)[Causes.cause].astype(object)
    found = named.reindex(pd.MultiIndex.from_frame(gaps[[Gaps.community, Gaps.kind, Gaps.walker, Gaps.verdict]]))
    return np.asarray(found.where(found.notna(), None).to_numpy(dtype=object))


def relax_walker(walker: Walker) -> dict[str, Walker]:
    """Free a walker from what may keep them from a facility: each thing by itself, and all together.

    Level ground has no steepest grade, stairs are walked at the level speed, and nobody waits at a crossing.

    Returns
    -------
    dict
        By the names of :data:`RELAXATIONS`, in their order. The name of the walker stays.

    Examples
    --------
    >>> from walkcircle.walkers import read_walker
    >>> freed = relax_walker(read_walker("wheelchair"))
    >>> freed["gates"].gates, freed["stairs"].stairs_factor, freed["crossings"].signals
    ('open', 1.0, None)
    """

    def level(one: Walker) -> Walker:
        return replace(one, slope="flat", max_grade_up=None, max_grade_down=None)

    def without_stairs(one: Walker) -> Walker:
        return replace(one, stairs_factor=1.0, stairs_up_factor=None, stairs_down_factor=None)

    def without_waits(one: Walker) -> Walker:
        return replace(one, crossing_s={}, crossing_road_s={}, signals=None)

    flat = without_stairs(level(walker))
    return {
        "gates": replace(walker, gates="open"),
        "slope": level(walker),
        "stairs": without_stairs(walker),
        "slope and stairs": flat,
        "crossings": without_waits(walker),
        "all": without_waits(replace(flat, gates="open")),
    }


def measure_straight(coverage: pd.DataFrame, clusters: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure the straight line to the nearest facility of each kind that a cluster is without.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`; only what is known and not covered is measured.
    clusters, facilities
        :class:`~walkcircle.tables.Clusters` and :class:`~walkcircle.tables.Facilities` in one metric CRS.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Straight`; of equally near facilities the first by id. To an area the line ends at
        its outline.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"cluster": ["a"]}, geometry=gpd.points_from_xy([0], [0]), crs=32650)
    >>> places = gpd.GeoDataFrame(
    ...     {"facility": ["f"], "kind": ["clinic"]}, geometry=gpd.points_from_xy([300], [400]), crs=32650
    ... )
    >>> without = pd.DataFrame({"cluster": ["a"], "kind": ["clinic"], "known": [True], "covered": [False]})
    >>> measure_straight(without, homes, places)["metres"].to_list()
    [500.0]
    """
    gaps = coverage[coverage[Coverage.known] & ~coverage[Coverage.covered]].drop_duplicates(
        [Coverage.cluster, Coverage.kind]
    )
    home = pd.Series(clusters.geometry.to_numpy(), index=clusters[Clusters.cluster].to_numpy())
    parts = [pd.DataFrame(columns=[*map(str, Straight.columns())])]
    for kind, mine in gaps.groupby(Coverage.kind, sort=False):
        there = facilities[facilities[Facilities.kind] == kind].sort_values(Facilities.facility, kind="stable")
        starts = home.reindex(mine[Coverage.cluster]).to_numpy()
        (start, end), metres = shapely.STRtree(there.geometry.to_numpy()).query_nearest(starts, return_distance=True)
        order = np.lexsort((end, start))
        start, end, metres = start[order], end[order], metres[order]
        first = np.diff(start, prepend=-1) > 0
        parts.append(
            pd.DataFrame(
                {
                    Straight.origin: mine[Coverage.cluster].to_numpy()[start[first]],
                    Straight.kind: kind,
                    Straight.facility: there[Facilities.facility].to_numpy()[end[first]],
                    Straight.metres: metres[first],
                }
            )
        )
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def explain_gaps(
    coverage: pd.DataFrame,
    relaxed: Mapping[str, pd.DataFrame],
    straight: pd.DataFrame,
    facilities: pd.DataFrame,
    completeness: pd.DataFrame,
    *,
    walker: Walker,
    units_per_person: pd.Series | None = None,
    kinds: Sequence[Kind] = (),
    detour: float = USUAL_DETOUR,
) -> pd.DataFrame:
    """Explain why residents are without a kind of facility within the limit.

    Each cluster that is without has the first cause that holds, in the order of :data:`CAUSES`:

    - *gate*, *slope or stairs*, *crossing*: freed from this alone, the walk is within the limit.
    - *several of these together*: freed from all of them it is, from none by itself.
    - *barrier or missing link*: none of this helps, yet the straight line to a facility is so short that a walk
      `detour` times as long would be in time. A river without a bridge, a wall, a railway, a way that is not mapped.
    - *probably not mapped*: no facility is that near, and the data are thin there, end within half of the walk, or may
      well lack one that is (:func:`~walkcircle.unmapped.estimate_unmapped`).
    - *none within reach*: no facility is that near, and the data are firm.

    Their parts add up to the residents of each gap (:func:`find_gaps`), per verdict. Beside them stand those of
    *full*, who are within the limit but have fewer units per person than the norm.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage` of one walker.
    relaxed
        :class:`~walkcircle.tables.Nearest` from the clusters that are without, by a name of :data:`RELAXATIONS`: the
        same walks by :func:`relax_walker`. One that is left out is taken to change nothing.
    straight
        :class:`~walkcircle.tables.Straight` of the same clusters.
    facilities
        :class:`~walkcircle.tables.Facilities`, for their names.
    completeness
        :class:`~walkcircle.tables.Completeness`.
    walker
        Who walks; the level speed turns straight lines into minutes.
    units_per_person
        Units per person by cluster and kind (a Series with both in its index); missing where unknown. None when
        nobody asked whether there is enough.
    kinds
        The kinds with their norms per 1,000 people, for *full*.
    detour
        How many times as long as the straight line a walk usually is.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Causes`, in the order of community, kind and cause.
    """
    without = _find_causes(coverage, relaxed, straight, completeness, walker, detour)
    parts = [without]
    if units_per_person is not None:
        parts.append(_find_full(coverage, units_per_person, kinds))
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = zip(facilities[Facilities.facility], facilities[Facilities.name], strict=True)
    return _sum_causes(found, {str(facility): str(name) for facility, name in rows if pd.notna(name)})


#: Columns that the clusters carry on the way to the table: what freed them, the straight line, the nearest now.
_HOW, _METRES, _NEAREST, _NOTE = "how", "metres", "nearest", "note"

#: Stands for the verdict of those who are within the limit, until the table is made.
_NO_GAP = ""


def _find_causes(
    coverage: pd.DataFrame,
    relaxed: Mapping[str, pd.DataFrame],
    straight: pd.DataFrame,
    completeness: pd.DataFrame,
    walker: Walker,
    detour: float,
) -> pd.DataFrame:
    """Give each cluster and kind without its cause, verdict, and the facility that the cause is about."""
    gaps = coverage[coverage[Coverage.known] & ~coverage[Coverage.covered]]
    pairs = pd.MultiIndex.from_frame(gaps[[Coverage.cluster, Coverage.kind]])
    limit = gaps[Coverage.limit_min].to_numpy(dtype=float) + ROUNDING_MIN
    line = straight.set_index([Straight.origin, Straight.kind]).reindex(pairs)
    metres = line[Straight.metres].to_numpy(dtype=float)
    usual = metres * detour / walker.metres_per_second / 60
    thin = completeness.set_index([Completeness.community, Completeness.kind])[Completeness.reason]
    reason = thin.reindex(pd.MultiIndex.from_frame(gaps[[Coverage.community, Coverage.kind]])).to_numpy(dtype=object)
    doubt = np.where(gaps[Coverage.open_edge], BEYOND, UNMAPPED_NEAR)
    reason = np.where(gaps[Coverage.unsure].to_numpy(dtype=bool) & pd.isna(reason), doubt, reason)
    is_thin = ~pd.isna(reason)
    near = usual <= limit
    cause = np.select([near, is_thin], [BARRIER, UNMAPPED], NONE_NEAR).astype(object)
    facility, minutes = line[Straight.facility].to_numpy(dtype=object, copy=True), usual.copy()
    how = np.full(len(gaps), None, dtype=object)
    for name in reversed([name for name in RELAXATIONS if name in relaxed]):
        freed = relaxed[name][relaxed[name][Nearest.rank] == 1].set_index([Nearest.origin, Nearest.kind])
        freed = freed.reindex(pairs)
        walk = freed[Nearest.minutes].to_numpy(dtype=float)
        helps = walk <= limit
        cause[helps], how[helps] = RELAXATIONS[name][0], name
        facility[helps], minutes[helps] = freed[Nearest.facility].to_numpy(dtype=object)[helps], walk[helps]
    return pd.DataFrame(
        {
            **_who(gaps),
            Causes.cause: cause,
            Causes.verdict: np.where(is_thin, CHECK, GAP),
            Causes.facility: facility,
            Causes.minutes_relaxed: minutes,
            _HOW: how,
            _METRES: metres,
            _NOTE: reason,
        }
    )


def _find_full(coverage: pd.DataFrame, units_per_person: pd.Series, kinds: Sequence[Kind]) -> pd.DataFrame:
    """Find the clusters that are within the limit of a kind and have less of it than the norm."""
    norms = {kind.id: (kind.norm_per_1000, kind.norm_unit or "units") for kind in kinds if kind.norm_per_1000}
    mine = coverage[coverage[Coverage.known] & coverage[Coverage.covered] & coverage[Coverage.kind].isin(list(norms))]
    pairs = pd.MultiIndex.from_frame(mine[[Coverage.cluster, Coverage.kind]])
    per_1000 = 1000 * units_per_person.reindex(pairs).to_numpy(dtype=float)
    norm = mine[Coverage.kind].map({kind: norm for kind, (norm, _) in norms.items()}).to_numpy(dtype=float)
    unit = mine[Coverage.kind].map({kind: unit for kind, (_, unit) in norms.items()}).to_numpy(dtype=object)
    # sums over catchments carry rounding: what meets the norm to a billionth meets it
    short = per_1000 < norm * (1 - 1e-9)
    note = [
        f"{have:.3g} {what} per 1,000 people in reach, where the norm asks for {want:g}"
        for have, what, want in zip(per_1000[short], unit[short], norm[short], strict=True)
    ]
    found = mine[short]
    return pd.DataFrame(
        {
            **_who(found),
            Causes.cause: FULL,
            Causes.verdict: _NO_GAP,
            Causes.facility: found[Coverage.facility].to_numpy(dtype=object),
            Causes.minutes_relaxed: found[Coverage.minutes].to_numpy(dtype=float),
            _HOW: None,
            _METRES: np.nan,
            _NOTE: note,
        }
    )


def _who(coverage: pd.DataFrame) -> dict[str, NDArray[np.generic]]:
    """Return whom rows of coverage are about, and how they walk now."""
    return {
        Causes.community: coverage[Coverage.community].to_numpy(),
        Causes.kind: coverage[Coverage.kind].to_numpy(),
        Causes.walker: coverage[Coverage.walker].to_numpy(),
        Causes.residents: coverage[_PEOPLE].to_numpy(dtype=float),
        Causes.cluster: coverage[Coverage.cluster].to_numpy(),
        Causes.minutes: coverage[Coverage.minutes].to_numpy(dtype=float),
        _NEAREST: coverage[Coverage.facility].to_numpy(dtype=object),
    }


def _sum_causes(found: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Sum people per community, kind, verdict and cause, and tell of the cluster with the most of them."""
    gap = [Causes.community, Causes.kind, Causes.walker, Causes.verdict]
    people = found.groupby(gap)[Causes.residents].transform("sum")  # missing outside all communities
    # a gap of less than a thousandth of a person is none; within one every part counts, so that they add up
    kept = found[(people > LEAST_PERSON) & (found[Causes.residents] > 0)]
    order = np.lexsort((kept[Causes.cluster].astype(str), -kept[Causes.residents]))
    rows = kept.iloc[order].groupby([*gap, Causes.cause], sort=False)
    table = rows.first(skipna=False).reset_index()
    table[Causes.residents] = rows[Causes.residents].sum().to_numpy(dtype=float)
    table[Causes.detail] = [_describe(row, names) for row in table.to_dict("records")]
    rank = table[Causes.cause].map(CAUSES.index)
    by = np.lexsort((table[Causes.verdict], rank, table[Causes.kind], table[Causes.community]))
    verdict = table[Causes.verdict].astype(object)
    table[Causes.verdict] = verdict.where(verdict != _NO_GAP, None)
    return table.iloc[by].reset_index(drop=True)[[*map(str, Causes.columns())]]


def _describe(row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    """Say in words what a planner can use: which facility, how far it is now, and how far it could be."""
    if row[Causes.cause] == FULL:
        return str(row[_NOTE])
    facility, nearest = row[Causes.facility], row[_NEAREST]
    other = "" if facility == nearest or pd.isna(nearest) else f" to {names.get(nearest, str(nearest))}"
    now = row[Causes.minutes]
    walked = "now none is found" if np.isnan(now) else f"now {now:.1f} min{other}"
    named = "" if pd.isna(facility) else names.get(facility, str(facility))
    if not pd.isna(row[_HOW]):
        return f"{named}: {row[Causes.minutes_relaxed]:.1f} min {RELAXATIONS[row[_HOW]][1]}, {walked}"
    thin = "" if pd.isna(row[_NOTE]) else f"; {row[_NOTE]}"
    if not named:
        return f"none is known at all{thin}"
    line = f"{named} is {row[_METRES]:,.0f} m away in a straight line"
    if row[Causes.cause] == BARRIER:
        return f"{line}, {row[Causes.minutes_relaxed]:.1f} min with a usual detour, {walked}{thin}"
    return f"the nearest in a straight line, {named}, is {row[_METRES]:,.0f} m away, {walked}{thin}"
