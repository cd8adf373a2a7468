"""Analysis: the answer to a study, and the only place that knows the order of the measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.areas import score_areas
from walkcircle.attainment import (
    WHOLE_METHODS,
    Choices,
    Walked,
    choose_walkers,
    count_choices,
    drop_unsure,
    list_choices,
    measure_attainment,
    measure_whole,
)
from walkcircle.checkup import score_categories, score_communities, score_kinds
from walkcircle.circles import (
    LivingCircles,
    delineate_nested,
    list_circle_gaps,
    list_nearest,
    measure_circles,
    read_rules,
)
from walkcircle.clusters import cluster_residences
from walkcircle.coverage import compare_reach, deny_unsure, intersect_facilities, measure_coverage, weigh_coverage
from walkcircle.crossings import split_sides
from walkcircle.errors import NetworkError, StudyError
from walkcircle.firmness import join_firmness, measure_firmness
from walkcircle.footing import Footing, make_footing
from walkcircle.gaps import explain_gaps, find_gaps, measure_straight, relax_walker
from walkcircle.isochrones import OFF_STREET_M, measure_truth, pick_origins, trace_isochrones
from walkcircle.needs import measure_emphasis, measure_needs
from walkcircle.network import LINK
from walkcircle.place import Place
from walkcircle.routes import SchoolWays, find_schools, measure_school_ways
from walkcircle.snapping import Spots, snap_points
from walkcircle.study import SEARCH_FACTOR, Study
from walkcircle.sufficiency import find_supply, measure_sufficiency, measure_units
from walkcircle.tables import (
    Agreement,
    Checkup,
    Clusters,
    Communities,
    Completeness,
    Coverage,
    Facilities,
    Nearest,
    Scores,
    WalkTimes,
)
from walkcircle.unmapped import estimate_unmapped
from walkcircle.updates import Standing, measure_standing
from walkcircle.walking import measure_times, nearest, walk, walk_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Called with the name of a step and the share of it that is done, 0 to 1.
Report = Callable[[str, float], None]


#: Clusters whose shapes are held against the streets: enough to tell one percent from two, done in a second or two.
TRUTH_SAMPLE = 10


@dataclass(frozen=True, eq=False)
class Analysis:
    """The answer: every table that a study asks for. All are documented in :mod:`walkcircle.tables`.

    Attributes
    ----------
    study, place
        The question and the ground.
    clusters
        Where walks start.
    starts, ends
        Where clusters and facilities meet the streets for the first walker.
    isochrones
        Ground within each limit from each cluster, for the first walker.
    truth
        What the isochrones of a sample of clusters leave out of the streets reached, and what else they take in.
    coverage
        Nearest facility of each kind from each cluster, per walker.
    communities
        Coverage weighted by people, per community, kind and walker.
    gaps
        Residents without, per community, kind and walker.
    causes
        Why they are without; the parts of each gap add up to its residents.
    needs
        What residents asked for beside what they have; None where nobody was asked.
    scores, categories
        Scores of each community for each kind, and for each category of kinds.
    checkup
        The index of each community, its rank and the weakest tenth, and how firm they are.
    areas, area_categories
        Index and categories of subdistricts, districts and the whole.
    agreement
        Where drawn isochrones and walking times disagree, and why.
    compared
        How many pairs were within some limit by either way of looking, and so were compared.
    unsnapped
        What could not be joined to the streets.
    circles
        Living circles with their gap list; None where the study asks for none.
    schools
        Ways to school and the crossings on them; None where there are no schools, no arterials, or they are not asked
        for.
    """

    study: Study
    place: Place
    clusters: gpd.GeoDataFrame
    starts: Spots
    ends: Spots
    isochrones: gpd.GeoDataFrame
    truth: pd.DataFrame
    coverage: pd.DataFrame
    communities: pd.DataFrame
    gaps: pd.DataFrame
    causes: pd.DataFrame
    needs: pd.DataFrame | None
    scores: pd.DataFrame
    categories: pd.DataFrame
    checkup: gpd.GeoDataFrame
    areas: pd.DataFrame
    area_categories: pd.DataFrame
    agreement: pd.DataFrame
    compared: int
    unsnapped: pd.DataFrame
    circles: LivingCircles | None = None
    schools: SchoolWays | None = None

    def __repr__(self) -> str:
        """Say what was answered in one line."""
        return (
            f"<Analysis of {self.study.title}: {self.clusters[Clusters.population].sum():,.0f} people in "
            f"{len(self.clusters)} clusters, {len(self.checkup)} communities, {len(self.gaps)} gaps>"
        )

    @cached_property
    def footing(self) -> Footing:
        """The streets as the first walker finds them."""
        return make_footing(self.place.network, self.study.walkers[0])

    @cached_property
    def standing(self) -> Standing:
        """How near every cluster is to each kind for the first walker: :meth:`find_standing`."""
        return self.find_standing(self.study.walkers[0].name)

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        """What was asked for, by the names of walkers."""
        return {}

    def find_standing(self, walker: str) -> Standing:
        """Find how near every cluster is to each kind for a walker, ready for questions of the form *what if*.

        Kinds are numbered in the order of the standard, facilities in that of the place. It is searched when it is
        first asked for, and kept: 16 bytes for each kind and each node or cluster.

        Raises
        ------
        StudyError
            The study has no such walker.
        """
        if walker not in self._standings:
            self._standings[walker] = self._search_standing(walker)
        return self._standings[walker]

    def _search_standing(self, walker: str) -> Standing:
        """Search the standing of a walker."""
        place, study = self.place, self.study
        names = [one.name for one in study.walkers]
        if walker not in names:
            msg = f"there is no walker '{walker}' in the study; its walkers are: {', '.join(names)}"
            raise StudyError(msg)
        footing, starts, ends = self.footing, self.starts, self.ends
        if walker != names[0]:
            footing = make_footing(place.network, study.walkers[names.index(walker)])
            starts = snap_clusters(place, study, self.clusters, footing)
            ends = snap_facilities(place, study, place.facilities, footing)
        ids = [kind.id for kind in study.standard.kinds]
        code = pd.Index(ids).get_indexer(place.facilities[Facilities.kind])
        asked = ends.pick(np.flatnonzero(code[ends.item] >= 0))  # nobody asks for kinds of no standard
        return measure_standing(
            footing, starts, asked, np.maximum(code, 0), limit_min=find_search_limit(study), kinds=len(ids)
        )


def analyse(place: Place, study: Study, *, report: Report | None = None, is_whole: bool = True) -> Analysis:
    """Answer a study: who reaches what in time, who does not, and where.

    Parameters
    ----------
    place
        The ground.
    study
        The question.
    report
        Called with each step's name and the share of it that is done.
    is_whole
        Delineate circles and measure ways to school as the study asks; else leave both out.

    Raises
    ------
    NetworkError
        No residence can be joined to the streets.
    StudyError
        There are no such rules of circles.
    """
    tell = report or (lambda _step, _share: None)
    tell("Grouping homes", 0.0)
    clusters = cluster_homes(place, study)
    walks = []
    for number, walker in enumerate(study.walkers):
        tell(f"Walking to the nearest facilities ({walker.name})", number / len(study.walkers))
        walks.append(_walk_to_nearest(place, study, clusters, make_footing(place.network, walker)))
    coverage = pd.concat([part.coverage for part in walks], ignore_index=True)
    communities = weigh_coverage(coverage, place.communities, place.completeness)
    walkers = choose_walkers(
        study.standard, [walker.name for walker in study.walkers], own_walker=study.checkup.own_walker
    )
    tell("Finding causes", 0.0)
    supplied = _walk_to_supply(place, study, {part.footing.walker.name: part for part in walks}, walkers)
    causes = pd.concat(
        [_find_causes(place, study, clusters, part, _times_of(part, supplied, walkers)) for part in walks],
        ignore_index=True,
    )
    first = walks[0]
    tell("Drawing isochrones", 0.0)
    blocks = walk_blocks(
        first.footing, first.starts, first.footing.walker, limit_min=max(study.minutes),
        report=lambda done, count: tell("Drawing isochrones", done / count),
    )  # fmt: skip
    isochrones = pd.concat([trace_isochrones(reach, study.minutes) for reach in blocks], ignore_index=True)
    tell("Comparing shapes with walking times", 0.0)
    agreement, compared = _compare(place, study, first, isochrones)
    tell("Scoring communities", 0.0)
    all_walks = _AllWalks(walks, walkers, supplied)
    scored = _score(place, study, all_walks, clusters, coverage, communities, tell)
    areas, area_categories = score_areas(scored.checkup, scored.categories)
    return Analysis(
        study=study,
        place=place,
        clusters=clusters,
        starts=first.starts,
        ends=first.ends,
        isochrones=isochrones,
        truth=_measure_truth(study, first, isochrones),
        coverage=coverage,
        communities=communities,
        gaps=find_gaps(communities, causes),
        causes=causes,
        needs=_measure_needs(place, study, communities),
        scores=scored.scores,
        categories=scored.categories,
        checkup=scored.checkup,
        areas=areas,
        area_categories=area_categories,
        agreement=agreement,
        compared=compared,
        unsnapped=pd.concat([first.starts.unsnapped, first.ends.unsnapped], ignore_index=True),
        circles=_delineate(place, study, all_walks, clusters, coverage, tell) if is_whole else None,
        schools=_walk_to_school(place, study, all_walks, clusters, tell) if is_whole else None,
    )


# ── where walks start and end ─────────────────────────────────────────────────────────────────────


def cluster_homes(place: Place, study: Study) -> gpd.GeoDataFrame:
    """Group the homes of a place as its study asks, and return :class:`~walkcircle.tables.Clusters`."""
    return cluster_residences(
        place.residences,
        place.communities,
        cell_m=study.residences.cell_m,
        estates=place.estates if study.residences.by_estate else None,
    )


def snap_clusters(place: Place, study: Study, clusters: gpd.GeoDataFrame, footing: Footing) -> Spots:
    """Join homes to the streets that the walker can use.

    Raises
    ------
    NetworkError
        None can be joined.
    """
    starts = _snap(place, study, clusters, footing, footing.usable, layer="clusters")
    if len(starts) == 0:
        msg = (
            f"no home lies within {study.snapping.within_m:g} m of a street; check that homes and streets are of the "
            "same place, or raise [snapping] within_m"
        )
        raise NetworkError(msg)
    return starts


def snap_facilities(place: Place, study: Study, facilities: gpd.GeoDataFrame, footing: Footing) -> Spots:
    """Join facilities to public streets; those inside a closed estate to its own paths."""
    allowed = find_allowed(place, footing, is_public=True)
    named = facilities.set_index(Facilities.facility, drop=False)  # what cannot be joined is listed by its id
    return _snap(place, study, named, footing, allowed, layer="facilities")


def find_allowed(place: Place, footing: Footing, *, is_public: bool) -> NDArray[np.bool_]:
    """Return the edges that homes may join, or facilities, which the public comes to."""
    public = footing.usable & ~place.network.private
    return public if is_public and public.any() else footing.usable


def _snap(
    place: Place,
    study: Study,
    things: gpd.GeoDataFrame,
    footing: Footing,
    allowed: NDArray[np.bool_],
    *,
    layer: str,
) -> Spots:
    """Join things to streets that lead somewhere where they can, through doors and gates.

    Homes and facilities join pieces that nothing joins only where no other street is within reach, and so links that
    are only proposed: a bridge over somebody's home takes nobody from their street, and no link makes a walk longer.
    """
    laid = place.network.kind != LINK
    return snap_points(
        things,
        place.network,
        within_m=study.snapping.within_m,
        allowed=allowed,
        allowed_inside=footing.usable & laid,
        preferred=place.network.leads_on & laid,
        estates=place.estates,
        entrances=place.entrances,
        layer=layer,
    )


# ── walks ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Walks:
    """One walker's walks: the streets as they find them, where walks start and end, and what is covered."""

    footing: Footing
    starts: Spots
    ends: Spots
    coverage: pd.DataFrame
    walked: Walked


def _walk_to_nearest(place: Place, study: Study, clusters: gpd.GeoDataFrame, footing: Footing) -> _Walks:
    """Walk from every cluster to the nearest facility of each kind."""
    starts = snap_clusters(place, study, clusters, footing)
    ends = snap_facilities(place, study, place.facilities, footing)
    pace = footing.walker.metres_per_second * 60
    longest = max(kind.limit_min for kind in study.standard.kinds)
    far, edge_min = find_search_limit(study), _minutes_to_edge(footing, starts, longest)
    few = count_choices(study.standard)
    registered = place.completeness.groupby(Completeness.kind)[Completeness.registered].all()
    near = nearest(footing, starts, place.facilities, footing.walker, spots=ends, k=few, limit_min=far)
    coverage = measure_coverage(
        clusters,
        near,
        study.standard.kinds,
        walker=footing.walker.name,
        off_network=[str(label) for label in np.delete(starts.labels.to_numpy(), np.unique(starts.item))],
        edge_min=edge_min,
        unmapped=estimate_unmapped(
            clusters, place.facilities, study.standard.kinds, metres_per_min=pace,
            shares=study.checkup.unmapped_share, registered=registered.index[registered],
        ),
    )  # fmt: skip
    access_m = pd.Series(starts.access_m).groupby(starts.labels.take(starts.item)).min()
    return _Walks(footing, starts, ends, coverage, Walked(near, access_m / pace, edge_min, pace, far))


def find_search_limit(study: Study) -> float:
    """Return how far the nearest facility is looked for, minutes."""
    return SEARCH_FACTOR * max(kind.limit_min for kind in study.standard.kinds)


def _minutes_to_edge(footing: Footing, starts: Spots, limit_min: float) -> pd.Series:
    """Return how long each cluster's walk is to where the data end; only those within the limit are there."""
    network = footing.network
    places = shapely.points(network.xy[network.cut])
    ends = gpd.GeoDataFrame(
        {Facilities.facility: "edge", Facilities.kind: "edge"},
        index=range(len(places)),
        geometry=places,
        crs=network.crs,
    )
    near = nearest(footing, starts, ends, footing.walker, limit_min=limit_min)
    return pd.Series(near[Nearest.minutes].to_numpy(), index=near[Nearest.origin].to_numpy(), dtype=float)


def _walk_to_supply(
    place: Place, study: Study, walks: dict[str, _Walks], walkers: dict[str, str]
) -> dict[str, pd.DataFrame]:
    """Walk to every facility of the kinds whose capacities can be held against a norm."""
    found = {}
    for kind in study.standard.kinds:
        if find_supply(kind, place.facilities) is not None:
            mine = walks[walkers[kind.id]]
            ids = place.facilities[Facilities.facility]
            ends = mine.ends.relabel(pd.Index(ids)).only((place.facilities[Facilities.kind] == kind.id).to_numpy())
            found[kind.id] = measure_times(
                mine.footing, mine.starts, ends, mine.footing.walker, limit_min=kind.limit_min
            )
    return found


# ── why residents are without, and what they ask for ──────────────────────────────────────────────


def _find_causes(
    place: Place, study: Study, clusters: gpd.GeoDataFrame, walks: _Walks, times: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Explain one walker's gaps: walk once more, freed from one thing after another, where a kind is missing."""
    coverage, walker = walks.coverage, walks.footing.walker
    without = coverage[coverage[Coverage.known] & ~coverage[Coverage.covered]]
    starts = walks.starts.only(walks.starts.labels.isin(without[Coverage.cluster]))
    wanted = place.facilities[Facilities.kind].isin(without[Coverage.kind]).to_numpy()
    there, ends = place.facilities[wanted], walks.ends.only(wanted)
    relaxed = {}
    for name, freed in relax_walker(walker).items() if len(without) else ():
        footing = make_footing(place.network, freed)
        if _is_same(footing, walks.footing):
            continue  # nothing of the kind is here, so that it keeps nobody
        limit_min = float(without[Coverage.limit_min].max())
        relaxed[name] = nearest(footing, starts, there, freed, spots=ends, limit_min=limit_min)
    straight = measure_straight(coverage, clusters, place.facilities)
    return explain_gaps(
        coverage, relaxed, straight, place.facilities, place.completeness, walker=walker,
        units_per_person=measure_units(coverage, place.facilities, study.standard, times=times),
        kinds=study.standard.kinds,
    )  # fmt: skip


def _times_of(walks: _Walks, supplied: dict[str, pd.DataFrame], walkers: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Return the times to supplies by one walker: those of the kinds that this walker is asked for."""
    return {kind: times for kind, times in supplied.items() if walkers[kind] == walks.footing.walker.name}


def _is_same(one: Footing, other: Footing) -> bool:
    """Tell whether two walkers find the same streets."""
    return np.array_equal(one.seconds, other.seconds) and np.array_equal(one.enter, other.enter)


def _measure_needs(place: Place, study: Study, communities: pd.DataFrame) -> pd.DataFrame | None:
    """Set what residents asked for beside what they have, where they were asked."""
    if place.survey is None:
        return None
    bounds = study.needs
    return measure_needs(
        place.survey, communities, asked_much=bounds.asked_much, served=bounds.served,
        least_response=bounds.least_response,
    )  # fmt: skip


# ── shapes held against the streets and the walks ─────────────────────────────────────────────────


def _measure_truth(study: Study, walks: _Walks, isochrones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Hold the shapes of some clusters against the streets, which are walked once more for them."""
    sample = walks.starts.take(pick_origins(walks.starts, TRUTH_SAMPLE))
    return measure_truth(walk(walks.footing, sample, walks.footing.walker, limit_min=max(study.minutes)), isochrones)


def _compare(place: Place, study: Study, walks: _Walks, isochrones: gpd.GeoDataFrame) -> tuple[pd.DataFrame, int]:
    """Hold the drawn shapes against the walking times, and count the pairs that either finds."""
    inside = intersect_facilities(isochrones, place.facilities)
    positions = walks.ends.relabel(pd.RangeIndex(len(place.facilities)))
    times = measure_times(
        walks.footing, walks.starts, positions, walks.footing.walker, limit_min=1.5 * max(study.minutes)
    )
    access = pd.Series(walks.ends.access_m).groupby(walks.ends.item).min()
    agreement = compare_reach(
        inside, times, place.facilities, minutes=study.minutes, access_m=access, off_street_m=OFF_STREET_M
    )
    within = sum(int((times[WalkTimes.minutes] <= limit).sum()) for limit in study.minutes)
    return agreement, within + int(agreement[Agreement.inside].sum())


# ── scores ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _AllWalks:
    """All walks, the walker of each kind, and the times to every facility of the kinds whose supply is known."""

    walks: list[_Walks]
    walkers: dict[str, str]
    supplied: dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class _Scored:
    """The scores of kinds, categories and communities."""

    scores: pd.DataFrame
    categories: pd.DataFrame
    checkup: gpd.GeoDataFrame


def _score(
    place: Place,
    study: Study,
    all_walks: _AllWalks,
    clusters: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    communities: pd.DataFrame,
    tell: Report,
) -> _Scored:
    """Score kinds, categories and communities, each kind by its own walker, and try how firm the ranks are."""
    standard, section, walkers = study.standard, study.checkup, all_walks.walkers
    walked = {part.footing.walker.name: part.walked for part in all_walks.walks}
    choices = list_choices(coverage, walked, place.communities, standard, walkers=walkers)
    emphasis = None
    if place.survey is not None and section.needs_weight > 0:
        emphasis = measure_emphasis(
            place.survey, list(choices.communities), [kind.id for kind in standard.kinds],
            weight=section.needs_weight, least_response=study.needs.least_response,
        )  # fmt: skip
    plain = standard.method == "threshold"
    sufficiency = measure_sufficiency(
        coverage, place.facilities, place.communities, standard, walkers=walkers, times=all_walks.supplied
    ) if plain else None  # fmt: skip
    residents = clusters.groupby(Clusters.community)[Clusters.population].sum()

    def score(covered: pd.DataFrame, chosen: Choices) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        scores = score_kinds(
            covered, standard, section, walkers=walkers, sufficiency=sufficiency,
            attainment=None if plain else measure_attainment(chosen, standard),
        )  # fmt: skip
        whole = None
        if standard.method in WHOLE_METHODS:
            thin = scores[Scores.coverage].isna().to_numpy().reshape(len(chosen.communities), -1)
            whole = measure_whole(chosen, standard, thin)
        return scores, score_communities(
            scores, covered, place.communities, standard, section, residents=residents, whole=whole, emphasis=emphasis
        )

    scores, checkup = score(communities, choices)
    _, low = score(deny_unsure(communities), drop_unsure(choices))
    checkup[Checkup.index_low] = low[Checkup.index].to_numpy(dtype=float)
    firmness = measure_firmness(
        choices, scores, checkup, place.facilities, standard, section, emphasis=emphasis,
        report=lambda done, count: tell("Scoring communities", done / count),
    )  # fmt: skip
    return _Scored(scores, score_categories(scores, standard, emphasis=emphasis), join_firmness(checkup, firmness))


# ── living circles and ways to school ─────────────────────────────────────────────────────────────


def _delineate(
    place: Place, study: Study, all_walks: _AllWalks, clusters: gpd.GeoDataFrame, coverage: pd.DataFrame, tell: Report
) -> LivingCircles | None:
    """Delineate living circles by the first walker, and list what each is short of."""
    section = study.circles
    if section is None:
        return None
    rules = read_rules(section.rules, 5, section.five), read_rules(section.rules, 15, section.fifteen)
    first, areas = all_walks.walks[0], _list_areas(place, study, clusters)
    nowhere = pd.Series(0, index=clusters[Clusters.cluster])
    outer = delineate_nested(
        clusters, first.footing, first.starts, rules, barriers=place.barriers,
        area=shapely.union_all(place.communities.geometry.to_numpy()), borders=areas.get(section.borders, nowhere),
        report=lambda share: tell("Delineating living circles", share),
    )  # fmt: skip
    tell("Measuring living circles", 0.0)
    sizes, containment, severance = measure_circles(
        outer, clusters, list_nearest(coverage, all_walks.walkers), place.facilities.set_index(Facilities.facility),
        barriers=place.barriers, areas=areas,
    )  # fmt: skip
    gaps = list_circle_gaps(
        coverage, place.completeness, outer.members, outer.circles, place.facilities, study.standard.kinds
    )
    return LivingCircles(outer, sizes, containment, severance, gaps)


def _list_areas(place: Place, study: Study, clusters: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """List the administrative areas of each cluster that are known, the largest last; hexagons are none."""
    community = clusters.set_index(Clusters.cluster)[Clusters.community]
    table = place.communities.set_index(Communities.community)
    known = [
        (str(column), community.map(table[column]))
        for column in (Communities.subdistrict, Communities.district)
        if column in table and table[column].notna().any()
    ]
    own = [] if study.communities.source == "hexagons" else [(str(Clusters.community), community)]
    return {name: areas for name, areas in (*known[:1], *own, *known[1:]) if areas.notna().any()}


def _walk_to_school(
    place: Place, study: Study, all_walks: _AllWalks, clusters: gpd.GeoDataFrame, tell: Report
) -> SchoolWays | None:
    """Measure the ways to each kind of school by the walks of its walker."""
    kinds = find_schools(study.standard.kinds, study.schools.kinds) if study.schools.ways else []
    here = set(place.facilities[Facilities.kind])
    kinds = [kind for kind in kinds if kind.id in here]
    if not kinds or place.roads is None or len(place.roads) == 0:
        return None
    tell("Walking to school", 0.0)
    found, sided = [], {}
    for number, kind in enumerate(kinds):
        walks = next(one for one in all_walks.walks if one.footing.walker.name == all_walks.walkers[kind.id])
        name = walks.footing.walker.name
        if name not in sided:
            sided[name] = split_sides(walks.footing, roads=place.roads, controls=place.controls)
        mine = (place.facilities[Facilities.kind] == kind.id).to_numpy()
        schools = place.facilities[mine].reset_index(drop=True)
        found.append(measure_school_ways(sided[name], walks.starts, walks.ends.only(mine), clusters, schools, kind))
        tell("Walking to school", (number + 1) / len(kinds))
    return SchoolWays.join(found)
