"""Profiles: what portraits and overviews say of each community, worked out once for all of them, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.adequacy import measure_supply
from walkcircle.analysis import Analysis
from walkcircle.buffers import compare_radius, measure_radius_coverage
from walkcircle.bundle import count_missing, measure_bundle, weigh_bundle
from walkcircle.candidates import ALONG_STREETS, ANY_KIND, KIND_MARK
from walkcircle.footing import round_seconds
from walkcircle.gaps import GAP
from walkcircle.groups import GROUPS
from walkcircle.kernels import label_pieces
from walkcircle.place import assign_communities
from walkcircle.standards import Kind
from walkcircle.study import SEARCH_FACTOR
from walkcircle.tables import (
    Bundle,
    Candidates,
    CategoryScores,
    Checkup,
    Clusters,
    Communities,
    CommunityBundle,
    CommunityCoverage,
    Completeness,
    Coverage,
    Facilities,
    Gaps,
    MissingKinds,
    Nearest,
    Needs,
    RadiusGap,
    Supply,
)
from walkcircle.walking import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The groups of children and youths under 16, who together make a community one of families.
YOUNGEST: Final = ("infant", "child", "pupil", "youth")

#: From which share of residents on a community is called ageing, of families, or young. A place with 30 % aged 60 and
#: over is severely ageing in the usual Chinese grades (20 % is moderate); the other two are walkcircle's choice, a
#: little above the country's 18 % under 15 and 27 % aged 16 to 35.
TYPE_BOUNDS: Final[Mapping[str, float]] = {"ageing": 0.3, "families": 0.2, "young": 0.35}

#: How many similar communities and measures are named.
NAMED = 3

#: How many needs are named.
NEEDS_NAMED = 5

#: Less than this is nobody; sums of people carry rounding.
LEAST_PERSON = 0.5


@dataclass(frozen=True)
class Walk:
    """One walker's walk from a community to the nearest facility of a kind.

    Attributes
    ----------
    walker
        Name of the walker.
    minutes
        The walk that half of the residents do not exceed; infinite where half find none within the search, missing
        where nothing is known.
    facility, name
        The facility that is nearest to most residents; None where there is none.
    share
        Share of residents within the limit.
    """

    walker: str
    minutes: float
    facility: str | None
    name: str | None
    share: float


@dataclass(frozen=True)
class Stock:
    """What a community has of a kind with a norm: units, units per 1,000 people, and what is short; missing unknown."""

    units: float
    unknown: int
    per_1000: float
    norm: float
    adequacy: float
    shortfall: float


@dataclass(frozen=True)
class KindProfile:
    """One kind of facility in one community, for the first walker where only one is meant.

    Attributes
    ----------
    kind
        The kind.
    walks
        One per walker.
    known, covered
        Residents whose walk is known, and of them those within the limit.
    share, radius, radius_gap
        Share of residents within the walk, within the straight-line radius, and how much larger the second is.
    count
        Facilities of the kind inside the community.
    stock
        Supply against the norm, or None where the standard has none.
    without, unsure
        Residents certainly without, and those to check on the ground.
    cause
        Why most of them are without, or None.
    firm, thin, reason
        Whether the data are firm; whether they are so thin that nothing is certain of anybody; and why.
    group, stand_in
        Whom the kind is for, and whether all residents stand in for them.
    """

    kind: Kind
    walks: tuple[Walk, ...]
    known: float
    covered: float
    share: float
    radius: float
    radius_gap: float
    count: int
    stock: Stock | None
    without: float
    unsure: float
    cause: str | None
    firm: bool
    thin: bool
    reason: str | None
    group: str
    stand_in: bool


@dataclass(frozen=True)
class Completion:
    """How much of the bundle residents have.

    Attributes
    ----------
    kinds
        How many kinds make the bundle: those whose data are firm for at least half of all residents.
    within
        How many of them the resident in the middle has within the limit; missing where nothing is known.
    share, complete, known
        Share of residents who have all, how many they are, and of how many that is known.
    one_short
        Residents who lack just one.
    at_least
        Some kind of the bundle is not firm here, so that there may be more.
    """

    kinds: int
    within: float
    share: float
    complete: float
    known: float
    one_short: float
    at_least: bool


@dataclass(frozen=True)
class Streets:
    """What walking is like inside a community; missing where there is no street, or no walk.

    Attributes
    ----------
    detour
        Length of the shortest walks to the nearest facility of each kind over their straight lines, residents within
        the limit only, weighted by people.
    crossings_per_km2
        Nodes where three or more streets meet, per square kilometre.
    steps, private
        Shares of the street length that are steps, and that belong to closed estates or owners.
    length_m
        Length of all streets inside.
    """

    detour: float
    crossings_per_km2: float
    steps: float
    private: float
    length_m: float


@dataclass(frozen=True)
class Standing:
    """Where a community stands by its index; each missing where it is not known or not measured."""

    index: float
    rank: float
    ranked: int
    firm_kinds: int
    grade: str
    weakest: bool
    percentile: float
    probability: float
    rank_low: float
    rank_high: float


@dataclass(frozen=True)
class Need:
    """What residents ask for: the share of households, the quadrant of need and supply, whether enough were asked."""

    kind: Kind
    asked: float
    quadrant: str | None
    firm: bool


@dataclass(frozen=True)
class Site:
    """Idle land or rooms: its name, m² of ground and of floor, the first year; missing where unknown.

    Attributes
    ----------
    kinds
        The kinds that are allowed, as kinds of the standard, else as they are called; empty for any kind, None where
        that is not known.
    """

    name: str
    area_m2: float
    floor_m2: float
    kinds: tuple[Kind | str, ...] | None
    from_year: float


@dataclass(frozen=True)
class Profile:
    """Every number of one community.

    Attributes
    ----------
    community, name, subdistrict, district
        Who it is; None where the place does not say.
    area_km2, residents, density, households, official
        Square kilometres, people, people per square kilometre, households, official residents; missing where unknown.
    estates, gated
        Closed estates with homes here, and the share of residents who live in one.
    groups
        People by group; missing where unknown. ``unknown`` has the residents of whom the group is not known.
    unknown
        See `groups`.
    type
        A key of :data:`TYPE_BOUNDS`, ``mixed``, or None where ages are not known.
    standing, completion, streets
        See each.
    categories
        Score of each category, 0 to 100; missing where no kind of it is known.
    kinds
        One per kind, in the order of the standard.
    needs
        What is asked for most, or None where nobody was asked.
    sites
        Idle land and rooms in the community as they are listed, or None where no list was given.
    peers
        Positions of the most similar communities, the nearest first.
    """

    community: str
    name: str
    subdistrict: str | None
    district: str | None
    area_km2: float
    residents: float
    density: float
    households: float
    official: float
    estates: int
    gated: float
    groups: Mapping[str, float]
    unknown: Mapping[str, float]
    type: str | None
    standing: Standing
    completion: Completion | None
    streets: Streets
    categories: Mapping[str, float]
    kinds: tuple[KindProfile, ...]
    needs: tuple[Need, ...] | None
    sites: tuple[Site, ...] | None
    peers: tuple[int, ...]

    @property
    def gaps(self) -> tuple[KindProfile, ...]:
        """The kinds with residents certainly without, most residents first."""
        found = [one for one in self.kinds if one.without >= LEAST_PERSON]
        return tuple(sorted(found, key=lambda one: -one.without))

    @property
    def shown(self) -> KindProfile:
        """The kind that a small map shows: most certainly without, else most to check, else the least covered."""
        return max(self.kinds, key=lambda one: (one.without, one.unsure, -1.0 if isnan(one.share) else 1 - one.share))


def measure_profiles(answer: Analysis) -> tuple[Profile, ...]:
    """Work out the profile of every community, in the order of the check-up.

    Parameters
    ----------
    answer
        What :func:`~walkcircle.analysis.analyse` gave.
    """
    checkup = answer.checkup
    ids = [str(one) for one in checkup[Checkup.community]]
    areas = checkup.geometry.area.to_numpy() / 1e6
    residents = checkup[Checkup.population].to_numpy(dtype=float)
    standings, scores = _list_standings(checkup), _find_category_scores(answer)
    kinds, streets, completions = _list_kinds(answer), _measure_streets(answer, areas), _measure_completion(answer)
    estates, gated = _measure_estates(answer)
    groups, unknown = _count_groups(answer.clusters, ids)
    identity = answer.place.communities.set_index(Communities.community).reindex(ids)
    peers, needs, sites = find_peers(scores, residents), _list_needs(answer), _list_sites(answer)
    categories = [one.id for one in answer.study.standard.categories]
    official = _numbers(identity, Communities.population)
    households = _numbers(identity, Communities.households)
    places = {c: _texts(identity, c) for c in (Communities.subdistrict, Communities.district)}
    profiles = []
    for i, community in enumerate(ids):
        mine = {group: float(people[i]) for group, people in groups.items()}
        doubt = {group: float(people[i]) for group, people in unknown.items()}
        profiles.append(
            Profile(
                community=community,
                name=str(checkup[Checkup.name].iloc[i]),
                subdistrict=places[Communities.subdistrict][i],
                district=places[Communities.district][i],
                area_km2=float(areas[i]),
                residents=float(residents[i]),
                density=float(residents[i] / areas[i]) if areas[i] > 0 else nan,
                households=float(households[i]),
                official=float(official[i]),
                estates=int(estates[i]),
                gated=float(gated[i]),
                groups=mine,
                unknown=doubt,
                type=choose_type(mine, doubt, float(residents[i])),
                standing=standings[i],
                completion=completions[i],
                streets=streets[i],
                categories=dict(zip(categories, map(float, scores[i]), strict=True)),
                kinds=kinds[community],
                needs=None if needs is None else needs.get(community, ()),
                sites=None if sites is None else sites.get(community, ()),
                peers=peers[i],
            )
        )
    return tuple(profiles)


def choose_type(groups: Mapping[str, float], unknown: Mapping[str, float], residents: float) -> str | None:
    """Call a community ageing, of families, young or mixed by the shares of its residents' groups.

    The share that exceeds its bound in :data:`TYPE_BOUNDS` by the largest factor names it; none does in a mixed one.
    Where the people of a group are not known for all residents, there is no type.

    Examples
    --------
    >>> choose_type({"elder": 35, "adult": 20, "infant": 2, "child": 3, "pupil": 5, "youth": 2}, {}, 100)
    'ageing'
    """
    needed = (Clusters.elder, Clusters.adult, *YOUNGEST)
    if residents < 1 or any(unknown.get(g, 0.0) >= LEAST_PERSON or isnan(groups.get(g, nan)) for g in needed):
        return None
    share = {
        "ageing": groups[Clusters.elder] / residents,
        "families": sum(groups[g] for g in YOUNGEST) / residents,
        "young": groups[Clusters.adult] / residents,
    }
    factor = {name: share[name] / bound for name, bound in TYPE_BOUNDS.items()}
    most = max(factor, key=lambda name: factor[name])
    return most if factor[most] >= 1 else "mixed"


def find_peers(scores: NDArray[np.float64], residents: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """Find the most similar communities by their category scores and their size.

    Scores and the logarithm of residents are standardised over all communities; the distance is the root of the mean
    square difference over what is known of both, and at least half must be.

    Parameters
    ----------
    scores
        ``(n, c)`` category scores, missing where unknown.
    residents
        ``(n,)`` people.

    Returns
    -------
    list
        Positions of up to :data:`NAMED` others for each, the nearest first. Where nobody lives there are none.

    Examples
    --------
    >>> find_peers(np.array([[10.0], [90.0], [12.0]]), np.array([100.0, 100.0, 100.0]))[0]
    (2, 1)
    """
    features = np.column_stack([scores, np.log(np.maximum(residents, 1.0))])
    features[residents < 1] = nan
    known = ~np.isnan(features)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, features, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (features - mean) ** 2, 0.0).sum(axis=0) / count)
    standard = np.where(known, (features - mean) / np.where(spread > 0, spread, 1.0), 0.0)
    found = []
    for i in range(len(features)):
        both = known & known[i]
        shared = both.sum(axis=1)
        square = (np.where(both, standard - standard[i], 0.0) ** 2).sum(axis=1) / np.maximum(shared, 1)
        square[(2 * shared < features.shape[1]) | (np.arange(len(features)) == i)] = inf
        order = np.argsort(square, kind="stable")[:NAMED]
        found.append(tuple(int(j) for j in order if square[j] < inf))
    return found


def _list_standings(checkup: gpd.GeoDataFrame) -> list[Standing]:
    """Take index, rank and confidence from the check-up, and what else it may have."""
    extra = {
        name: _numbers(checkup, name)
        for name in (Checkup.percentile, Checkup.weakest_probability, Checkup.rank_low, Checkup.rank_high)
    }
    index = checkup[Checkup.index].to_numpy(dtype=float, na_value=nan)
    rank = pd.to_numeric(checkup[Checkup.rank], errors="coerce").to_numpy(dtype=float, na_value=nan)
    ranked = int((~np.isnan(rank)).sum())
    return [
        Standing(
            index=float(index[i]),
            rank=float(rank[i]),
            ranked=ranked,
            firm_kinds=int(checkup[Checkup.firm_kinds].iloc[i]),
            grade=str(checkup[Checkup.confidence].iloc[i]),
            weakest=bool(checkup[Checkup.weakest].iloc[i]),
            percentile=float(extra[Checkup.percentile][i]),
            probability=float(extra[Checkup.weakest_probability][i]),
            rank_low=float(extra[Checkup.rank_low][i]),
            rank_high=float(extra[Checkup.rank_high][i]),
        )
        for i in range(len(checkup))
    ]


def _find_category_scores(answer: Analysis) -> NDArray[np.float64]:
    """Return ``(communities, categories)`` scores."""
    ids, names = answer.checkup[Checkup.community], [one.id for one in answer.study.standard.categories]
    table = answer.categories.pivot_table(
        index=CategoryScores.community, columns=CategoryScores.category, values=CategoryScores.score, dropna=False
    )
    return np.asarray(table.reindex(index=ids, columns=names).to_numpy(dtype=float))


def _list_kinds(answer: Analysis) -> dict[str, tuple[KindProfile, ...]]:
    """Make the rows of the table of kinds for each community."""
    standard, walkers = answer.study.standard, [walker.name for walker in answer.study.walkers]
    first = walkers[0]
    walks, covered = _list_walks(answer), _rows(answer.communities, CommunityCoverage)
    gaps, radius, stocks, counts = _sum_gaps(answer), _list_radius(answer), _list_stocks(answer), _count_inside(answer)
    causes = _rows(answer.gaps, Gaps)
    unseen = Walk(first, nan, None, None, nan)
    found = {}
    for community in answer.checkup[Checkup.community]:
        rows = []
        for kind in standard.kinds:
            row = covered.get((community, kind.id, first), {})
            within, wider = radius.get((community, kind.id), (nan, nan))
            reason, cause = (
                row.get(CommunityCoverage.reason),
                causes.get((community, kind.id, first), {}).get(Gaps.cause),
            )
            rows.append(
                KindProfile(
                    kind=kind,
                    walks=tuple(
                        replace(
                            walks.get((community, kind.id, name), replace(unseen, walker=name)),
                            share=_number(covered.get((community, kind.id, name), {}).get(CommunityCoverage.share)),
                        )
                        for name in walkers
                    ),
                    known=_number(row.get(CommunityCoverage.population)) - _number(row.get(CommunityCoverage.unknown)),
                    covered=_number(row.get(CommunityCoverage.covered)),
                    share=_number(row.get(CommunityCoverage.share)),
                    radius=within,
                    radius_gap=wider,
                    count=counts.get((community, kind.id), 0),
                    stock=stocks.get((community, kind.id)),
                    without=gaps.get((community, kind.id, True), 0.0),
                    unsure=gaps.get((community, kind.id, False), 0.0),
                    cause=None if cause is None or pd.isna(cause) else str(cause),
                    firm=row.get(CommunityCoverage.confidence) == "firm",
                    thin=isnan(_number(row.get(CommunityCoverage.share_at_most))),
                    reason=None if reason is None or pd.isna(reason) else str(reason),
                    group=str(row.get(CommunityCoverage.group, "all")),
                    stand_in=bool(row.get(CommunityCoverage.stand_in, False)),
                )
            )
        found[str(community)] = tuple(rows)
    return found


def _list_walks(answer: Analysis) -> dict[tuple[str, str, str], Walk]:
    """Find the walk of the resident in the middle, and the facility nearest to most."""
    keys: list[str] = [Coverage.community, Coverage.kind, Coverage.walker]
    rows = answer.coverage[answer.coverage[Coverage.known] & (answer.coverage[Coverage.population] > 0)]
    rows = rows.dropna(subset=[Coverage.community])
    middle = find_middle(rows, keys)
    near = rows.dropna(subset=[Coverage.facility]).groupby([*keys, Coverage.facility])[Coverage.population].sum()
    # of facilities that are nearest to as many, the first by its id
    most = near.round(6).reset_index().sort_values(
        [Coverage.population, Coverage.facility], ascending=[False, True], kind="stable"
    ).drop_duplicates(keys).set_index(keys)[Coverage.facility]  # fmt: skip
    facilities = answer.place.facilities
    names = dict(zip(zip(facilities[Facilities.facility], facilities[Facilities.kind], strict=True),
                     facilities[Facilities.name], strict=True))  # fmt: skip
    found = {}
    nearest_to_most = most.to_dict()
    for (community, kind, walker), minutes in middle.items():
        facility = nearest_to_most.get((community, kind, walker))
        name = names.get((facility, kind))
        found[str(community), str(kind), str(walker)] = Walk(
            str(walker), float(minutes), facility, None if name is None or pd.isna(name) else str(name), nan
        )
    return found


def find_middle(rows: pd.DataFrame, keys: list[str]) -> dict[Any, float]:
    """Find the walk that half of the people do not exceed, minutes; infinite where half of them find none.

    Parameters
    ----------
    rows
        :class:`~walkcircle.tables.Coverage` of clusters that are on the network.
    keys
        Columns that tell whose people are taken together.

    Examples
    --------
    >>> rows = pd.DataFrame({"kind": "shop", "population": [30.0, 20.0, 10.0], "minutes": [9.0, 3.0, None]})
    >>> find_middle(rows, ["kind"])
    {'shop': 9.0}
    """
    ordered = rows.assign(**{Coverage.minutes: rows[Coverage.minutes].fillna(inf)}).sort_values(
        Coverage.minutes, kind="stable"
    )
    people = ordered.groupby(keys)[Coverage.population]
    # sums of people carry rounding
    half = ordered[people.cumsum() >= people.transform("sum") * (0.5 - 1e-12)]
    middle = half.groupby(keys)[Coverage.minutes].first()
    return {key: float(minutes) for key, minutes in middle.items()}


def _sum_gaps(answer: Analysis) -> dict[tuple[str, str, bool], float]:
    """Sum the residents without by community, kind and whether that is certain."""
    gaps = _first_walker(answer, answer.gaps, Gaps.walker)
    sums = gaps.groupby([Gaps.community, Gaps.kind, gaps[Gaps.verdict] == GAP])[Gaps.residents_without].sum()
    keys: list[Any] = sums.index.to_list()
    return {(str(c), str(k), bool(sure)): float(n) for (c, k, sure), n in zip(keys, sums, strict=True)}


def compare_shares(answer: Analysis) -> pd.DataFrame:
    """Set straight-line coverage beside coverage on foot for the first walker: a RadiusGap table."""
    kinds = answer.study.standard.kinds
    radius = measure_radius_coverage(answer.clusters, answer.place.facilities, kinds)
    coverage = _first_walker(answer, answer.coverage, Coverage.walker)
    if len(radius) == 0:
        return pd.DataFrame(columns=[*map(str, RadiusGap.columns())])
    return compare_radius(radius, coverage, answer.place.communities)


def _list_radius(answer: Analysis) -> dict[tuple[str, str], tuple[float, float]]:
    """Return straight-line coverage and its lead over the walk, by community and kind."""
    table = compare_shares(answer)
    keys = zip(table[RadiusGap.community], table[RadiusGap.kind], strict=True)
    values = table[[RadiusGap.share_radius, RadiusGap.share_gap]].to_numpy(dtype=float)
    return {(str(c), str(k)): (float(a), float(b)) for (c, k), (a, b) in zip(keys, values, strict=True)}


def _count_inside(answer: Analysis) -> dict[tuple[str, str], int]:
    """Count the facilities of each kind inside each community."""
    facilities = answer.place.facilities
    home = assign_communities(facilities, answer.place.communities)
    sizes = facilities.groupby([home.to_numpy(), facilities[Facilities.kind].to_numpy()]).size()
    keys: list[Any] = sizes.index.to_list()
    return {(str(c), str(k)): int(n) for (c, k), n in zip(keys, sizes, strict=True)}


def _list_stocks(answer: Analysis) -> dict[tuple[str, str], Stock]:
    """Hold what each community has against the norm, for kinds that have one and whose people are known."""
    found: dict[tuple[str, str], Stock] = {}
    communities = answer.place.communities
    ids = [str(one) for one in communities[Communities.community]]
    facilities = answer.place.facilities
    home = assign_communities(facilities, communities)
    residents = answer.checkup.set_index(Checkup.community)[Checkup.population].reindex(ids)
    groups, unknown = _count_groups(answer.clusters, ids)
    for kind in answer.study.standard.kinds:
        if kind.norm_per_1000 is None:
            continue
        people = residents if kind.group == "all" else pd.Series(groups[kind.group], index=ids)
        doubtful = kind.group != "all" and bool((unknown[kind.group] >= LEAST_PERSON).any())
        if people.isna().any() or doubtful:
            continue
        mine = (facilities[Facilities.kind] == kind.id) & home.notna()
        units = pd.Series(_units(facilities[mine], kind), index=home[mine].astype(str).to_numpy())
        table = measure_supply(units, people.astype(float), norm_per_1000=kind.norm_per_1000)
        for row in table.to_dict("records"):
            found[str(row[Supply.area]), kind.id] = Stock(
                float(row[Supply.supply]), int(row[Supply.unknown]), _number(row[Supply.per_1000]),
                float(kind.norm_per_1000), _number(row[Supply.adequacy]), _number(row[Supply.shortfall]),
            )  # fmt: skip
    return found


def _units(facilities: gpd.GeoDataFrame, kind: Kind) -> NDArray[np.float64]:
    """Return what each facility counts in the unit of its norm; missing where that is not known."""
    if not kind.norm_unit.startswith("m²"):
        return _numbers(facilities, Facilities.capacity)
    if kind.norm_unit == "m²":
        return _numbers(facilities, Facilities.floor_m2)
    # ground, as of a park, is what is drawn on the map
    shapes = facilities.geometry.to_numpy()
    return np.where(shapely.get_dimensions(shapes) == 2, shapely.area(shapes), nan)


def _measure_completion(answer: Analysis) -> list[Completion | None]:
    """Measure the bundle of the kinds whose data are firm for at least half of all residents."""
    checkup, first = answer.checkup, answer.study.walkers[0].name
    residents = checkup.set_index(Checkup.community)[Checkup.population]
    table = answer.place.completeness
    people = table[Completeness.community].map(residents).fillna(0.0)
    is_firm = table[Completeness.grade] == "firm"
    firm_people = people.where(is_firm, 0.0).groupby(table[Completeness.kind]).sum()
    kinds = [k.id for k in answer.study.standard.kinds if firm_people.get(k.id, 0.0) >= residents.sum() / 2 > 0]
    if not kinds:
        return [None] * len(checkup)
    bundle = measure_bundle(answer.coverage[answer.coverage[Coverage.walker] == first], kinds=kinds)
    weighed = weigh_bundle(bundle, checkup).set_index(CommunityBundle.community)
    lacking = count_missing(bundle, checkup)
    short = lacking[lacking[MissingKinds.missing] == 1].set_index(MissingKinds.community)[MissingKinds.people]
    known = bundle[bundle[Bundle.known] & (bundle[Bundle.population] > 0)].dropna(subset=[Bundle.community])
    # the middle of what is missing is the middle of what is there, seen from the other side
    middle = find_middle(known.assign(**{Coverage.minutes: known[Bundle.missing].astype(float)}), [Bundle.community])
    thin = set(table[Completeness.community][~is_firm & table[Completeness.kind].isin(kinds)])
    return [
        Completion(
            kinds=len(kinds),
            within=len(kinds) - middle.get(community, nan),
            share=_number(weighed[CommunityBundle.share_complete].get(community)),
            complete=float(weighed[CommunityBundle.complete].get(community, 0.0)),
            known=float((weighed[CommunityBundle.population] - weighed[CommunityBundle.unknown]).get(community, 0.0)),
            one_short=float(short.get(community, 0.0)),
            at_least=community in thin,
        )
        for community in checkup[Checkup.community]
    ]


def _measure_estates(answer: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the closed estates with homes in each community, and the share of residents in them."""
    clusters, ids = answer.clusters, answer.checkup[Checkup.community]
    inside = clusters[clusters[Clusters.estate].notna()]
    count = inside.groupby(Clusters.community)[Clusters.estate].nunique().reindex(ids, fill_value=0)
    people = inside.groupby(Clusters.community)[Clusters.population].sum().reindex(ids, fill_value=0.0)
    whole = clusters.groupby(Clusters.community)[Clusters.population].sum().reindex(ids, fill_value=0.0)
    share = _divide(people.to_numpy(dtype=float), whole.to_numpy(dtype=float))
    return count.to_numpy(dtype=np.int64), share


def _count_groups(
    clusters: gpd.GeoDataFrame, ids: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Count each group's people in each community, missing where nothing is known, and residents not known of."""
    residents = clusters[Clusters.population]
    home = clusters[Clusters.community]
    people, unknown = {}, {}
    for group in GROUPS:
        mine = clusters[group].astype(float) if group in clusters else pd.Series(nan, index=clusters.index)
        people[group] = mine.groupby(home).sum(min_count=1).reindex(ids).to_numpy(dtype=float)
        doubt = residents.where(mine.isna(), 0.0).groupby(home).sum().reindex(ids, fill_value=0.0)
        unknown[group] = doubt.to_numpy(dtype=float)
    return people, unknown


def _measure_streets(answer: Analysis, areas: NDArray[np.float64]) -> list[Streets]:
    """Measure what walking is like inside each community."""
    network = answer.place.network
    ids = pd.Index(answer.checkup[Checkup.community])
    middle = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    at = _locate(middle, answer)
    # squares are crossed on lines that nobody paved
    length = np.where((network.kind == "square") | (at < 0), 0.0, network.length_m)

    def total(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(np.maximum(at, 0), amounts, minlength=len(ids)), dtype=float)

    whole = total(length)
    steps = _divide(total(np.where(network.steps, length, 0.0)), whole)
    private = _divide(total(np.where(network.private, length, 0.0)), whole)
    junctions = _locate(shapely.points(_find_junctions(answer)), answer)
    density = _divide(np.bincount(junctions[junctions >= 0], minlength=len(ids)).astype(float), areas)
    detour = _measure_detours(answer).reindex(ids).to_numpy(dtype=float)
    return [
        Streets(*map(float, row)) for row in zip(detour, density, steps, private, whole, strict=True)
    ]  # fmt: skip


def _locate(points: NDArray[np.object_], answer: Analysis) -> NDArray[np.int64]:
    """Return the position of the community that each point lies in, -1 outside."""
    frame = gpd.GeoDataFrame(geometry=points, crs=answer.checkup.crs)
    ids = pd.Index(answer.checkup[Checkup.community])
    return np.asarray(ids.get_indexer(assign_communities(frame, answer.place.communities)), dtype=np.int64)


def _find_junctions(answer: Analysis) -> NDArray[np.float64]:
    """Return where three or more streets meet; nodes that edges of no length join are one."""
    network = answer.place.network
    ends, real = network.ends, (network.length_m > 0) & (network.kind != "square")
    head = label_pieces(ends[~real & (network.length_m <= 0)], len(network.xy))
    degree = np.bincount(head[ends[real].ravel()], minlength=len(head))
    return np.asarray(network.xy[degree >= 3])


def _measure_detours(answer: Analysis) -> pd.Series:
    """Measure walk over straight line to the nearest of each kind, for residents within the limit, by community."""
    footing, walker = answer.footing, answer.study.walkers[0]
    metres_per_min = walker.metres_per_second * 60
    # the same streets are open, and each is as long as it is: no slope, no stairs, no wait
    flat = round_seconds(footing.network.length_m / walker.metres_per_second)[:, None]
    plain = replace(footing, seconds=np.where(np.isfinite(footing.seconds), flat, inf), hierarchy=None)
    facilities, clusters = answer.place.facilities, answer.clusters
    longest = max(kind.limit_min for kind in answer.study.standard.kinds)
    near = nearest(
        plain, answer.starts, facilities, walker, spots=answer.ends, limit_min=SEARCH_FACTOR * longest
    )  # fmt: skip
    mine = _first_walker(answer, answer.coverage, Coverage.walker)
    covered = mine[mine[Coverage.covered] & mine[Coverage.known]]
    pairs = covered.merge(
        near[[Nearest.origin, Nearest.kind, Nearest.facility, Nearest.minutes]],
        left_on=[Coverage.cluster, Coverage.kind], right_on=[Nearest.origin, Nearest.kind], suffixes=("", "_plain"),
    )  # fmt: skip
    home = clusters.set_index(Clusters.cluster).geometry.reindex(pairs[Coverage.cluster])
    shapes = facilities.set_index([Facilities.facility, Facilities.kind]).geometry
    goal = shapes.reindex(pd.MultiIndex.from_arrays([pairs[f"{Nearest.facility}_plain"], pairs[Coverage.kind]]))
    people = pairs[Coverage.population].to_numpy(dtype=float)
    walked = pairs[f"{Nearest.minutes}_plain"].to_numpy(dtype=float) * metres_per_min * people
    straight = shapely.distance(home.to_numpy(), goal.to_numpy()) * people
    sums = pd.DataFrame({"walked": walked, "straight": straight}).groupby(pairs[Coverage.community].to_numpy()).sum()
    return pd.Series(_divide(sums["walked"].to_numpy(), sums["straight"].to_numpy()), index=sums.index)


def _list_needs(answer: Analysis) -> dict[str, tuple[Need, ...]] | None:
    """List what residents ask for most, by community, or None where nobody was asked."""
    needs = getattr(answer, "needs", None)
    if needs is None or len(needs) == 0:
        return None
    mine = needs[needs[CommunityCoverage.walker] == answer.study.walkers[0].name] if _has_walkers(needs) else needs
    kinds = {kind.id: kind for kind in answer.study.standard.kinds}
    mine = mine[mine[CommunityCoverage.kind].isin(list(kinds))]
    mine = mine.sort_values([Needs.asked, CommunityCoverage.kind], ascending=[False, True], kind="stable")
    found: dict[str, list[Need]] = {}
    for row in mine.to_dict("records"):
        quadrant = row.get(Needs.quadrant)
        found.setdefault(str(row[str(CommunityCoverage.community)]), []).append(
            Need(
                kinds[row[str(CommunityCoverage.kind)]],
                float(row[Needs.asked]),
                None if quadrant is None or pd.isna(quadrant) else str(quadrant),
                row.get(str(CommunityCoverage.confidence), "firm") == "firm",
            )
        )
    return {community: tuple(rows[:NEEDS_NAMED]) for community, rows in found.items()}


def _list_sites(answer: Analysis) -> dict[str, tuple[Site, ...]] | None:
    """List the idle space of each community, or None where no list was given; sites along streets are no list."""
    candidates = answer.place.candidates
    if candidates is None or (len(candidates) and (candidates[Candidates.source] == ALONG_STREETS).all()):
        return None
    by_id = {kind.id: kind for kind in answer.study.standard.kinds}
    names, listed = _texts(candidates, Candidates.name), _texts(candidates, Candidates.kinds)
    area, floor = _numbers(candidates, Candidates.area_m2), _numbers(candidates, Candidates.floor_m2)
    year = _numbers(candidates, Candidates.from_year)
    found: dict[str, list[Site]] = {}
    for i, community in enumerate(_texts(candidates, Candidates.community)):
        if community is None:
            continue
        text = listed[i]
        ids = None if text is None else () if text == ANY_KIND else tuple(text.split(KIND_MARK))
        kinds = None if ids is None else tuple(by_id.get(one, one) for one in ids)
        name = names[i] or str(candidates[Candidates.candidate].iloc[i])
        found.setdefault(community, []).append(Site(name, float(area[i]), float(floor[i]), kinds, float(year[i])))
    return {community: tuple(sites) for community, sites in found.items()}


def _has_walkers(table: pd.DataFrame) -> bool:
    return CommunityCoverage.walker in table


def _rows(table: pd.DataFrame, of: type[CommunityCoverage | Gaps]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the rows of a table by community, kind and walker; the first of several."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # columns are texts
    for row in rows:
        found.setdefault((row[str(of.community)], row[str(of.kind)], row[str(of.walker)]), row)
    return found


def _first_walker(answer: Analysis, table: pd.DataFrame, column: str) -> pd.DataFrame:
    return table[table[column] == answer.study.walkers[0].name]


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as floats, all missing where there is none."""
    if column not in frame:
        return np.full(len(frame), nan)
    return np.asarray(pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=nan))


def _texts(frame: pd.DataFrame, column: str) -> list[str | None]:
    """Return a column as texts, None where there is none."""
    if column not in frame:
        return [None] * len(frame)
    return [None if pd.isna(value) or str(value) == "" else str(value) for value in frame[column]]


def _number(value: Any) -> float:
    """Return a float, missing for nothing."""
    return nan if value is None or pd.isna(value) else float(value)


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), nan), where=whole > 0))
