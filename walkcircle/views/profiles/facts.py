"""Facts: what a profile holds, as frozen records of plain numbers; what is not known is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from walkcircle.standards import Kind

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
