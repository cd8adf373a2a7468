"""Every table's columns, each declared once with its type, unit, range and meaning.

A :class:`Column` *is* its name, so ``clusters[Clusters.population]`` reads and type-checks as plain
pandas. The declarations become pandera schemas when a table is checked at the door
(:func:`check_table`); inside, tables are trusted.
"""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandera.pandas as pa

Frame = TypeVar("Frame", bound=pd.DataFrame)
Dtype = Literal["text", "number", "count", "flag", "geometry"]


class Column(str):
    """The name of a column, carrying what the column holds.

    Attributes
    ----------
    dtype
        ``text``, ``number`` (float), ``count`` (whole number), ``flag`` (bool) or ``geometry``.
    unit
        Unit of a number, as shown to the reader; empty for text.
    low, high
        Inclusive bounds of a number, or None.
    optional
        The column may be absent.
    nullable
        A value may be missing; it then means *unknown*, never zero.
    unique
        No value occurs twice.
    meaning
        One sentence for the reader of the table.
    """

    __slots__ = ("dtype", "high", "low", "meaning", "nullable", "optional", "unique", "unit")

    dtype: Dtype
    unit: str
    low: float | None
    high: float | None
    optional: bool
    nullable: bool
    unique: bool
    meaning: str

    def __new__(
        cls,
        name: str,
        dtype: Dtype,
        meaning: str,
        *,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        optional: bool = False,
        nullable: bool = False,
        unique: bool = False,
    ) -> Self:
        """Make a column named `name`."""
        column = super().__new__(cls, name)
        column.dtype, column.meaning, column.unit = dtype, meaning, unit
        column.low, column.high = low, high
        column.optional, column.nullable, column.unique = optional, nullable, unique
        return column

    @property
    def range(self) -> str:
        """The bounds in words, empty when there is none."""
        low = "" if self.low is None else f"from {self.low:g}"
        high = "" if self.high is None else f"to {self.high:g}"
        return f"{low} {high}".strip()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy and pickle as the plain name: pandas copies labels, and a file should hold only text."""
        return str, (str(self),)


class Table:
    """A set of declared columns; a subclass is a table, its docstring says of what."""

    title: ClassVar[str] = "table"

    @classmethod
    def columns(cls) -> Iterator[Column]:
        """Iterate over the declared columns in the order they were written."""
        for value in vars(cls).values():
            if isinstance(value, Column):
                yield value


def _people(group: str, whom: str) -> Column:
    """Declare the number of people of one group, which may be unknown."""
    return Column(group, "number", f"residents {whom}", unit="people", low=0, optional=True, nullable=True)


class Residences(Table):
    """Where people live, one row per building, estate or survey point."""

    title = "residences"
    residence = Column("residence", "text", "identifier of the residence", unique=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    dwellings = Column(
        "dwellings", "number", "homes, known or estimated", unit="homes", low=0, optional=True, nullable=True
    )
    estate = Column("estate", "text", "housing estate the building belongs to", optional=True, nullable=True)
    source = Column("source", "text", "where the row comes from", optional=True, nullable=True)
    infant = _people("infant", "under 3")
    child = _people("child", "aged 3 to 6")
    pupil = _people("pupil", "aged 6 to 12")
    youth = _people("youth", "aged 12 to 15")
    adult = _people("adult", "aged 16 to 35")
    elder = _people("elder", "aged 60 and over")
    aged = _people("aged", "aged 80 and over")
    disabled = _people("disabled", "with disabilities")
    geometry = Column("geometry", "geometry", "building, estate or point")


class Communities(Table):
    """The areas that are scored, one row each."""

    title = "communities"
    community = Column("community", "text", "identifier of the community", unique=True)
    name = Column("name", "text", "name of the community in its own language")
    population = Column(
        "population", "number", "official residents", unit="people", low=0, optional=True, nullable=True
    )
    households = Column(
        "households", "number", "official households", unit="households", low=0, optional=True, nullable=True
    )
    subdistrict = Column("subdistrict", "text", "subdistrict or town it belongs to", optional=True, nullable=True)
    district = Column("district", "text", "district or county it belongs to", optional=True, nullable=True)
    geometry = Column("geometry", "geometry", "area of the community")


class Facilities(Table):
    """Places people walk to, one row per facility and kind."""

    title = "facilities"
    facility = Column("facility", "text", "identifier of the facility")
    kind = Column("kind", "text", "kind of facility in the standard")
    name = Column("name", "text", "name as mapped or registered", nullable=True)
    source = Column("source", "text", "where the row comes from: osm or the register's name")
    capacity = Column(
        "capacity",
        "number",
        "people or beds it is made for",
        unit="places",
        low=0,
        optional=True,
        nullable=True,
    )
    floor_m2 = Column("floor_m2", "number", "floor area", unit="m²", low=0, optional=True, nullable=True)
    opened = Column(
        "opened",
        "text",
        "first day it was open, YYYY-MM-DD; a map may know only the year or month",
        optional=True,
        nullable=True,
    )
    closed = Column("closed", "text", "last day it is open, YYYY-MM-DD", optional=True, nullable=True)
    source_row = Column(
        "source_row", "text", "line, row or feature of the register's file", optional=True, nullable=True
    )
    also = Column("also", "text", "the same place on the map, by its OpenStreetMap id", optional=True, nullable=True)
    geometry = Column("geometry", "geometry", "point or area of the facility")


class Estates(Table):
    """Closed housing estates: walks leave them by their own paths and gates."""

    title = "closed estates"
    estate = Column("estate", "text", "identifier of the estate", unique=True)
    name = Column("name", "text", "name of the estate", nullable=True)
    geometry = Column("geometry", "geometry", "land of the estate")


class Clusters(Table):
    """Where walks start: the residents of one estate or one grid cell of one community."""

    title = "clusters"
    cluster = Column("cluster", "text", "identifier of the cluster", unique=True)
    community = Column("community", "text", "community the cluster lies in", nullable=True)
    estate = Column("estate", "text", "housing estate, where there is one", nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    residences = Column("residences", "count", "residences in the cluster", low=1)
    infant = Residences.infant
    child = Residences.child
    pupil = Residences.pupil
    youth = Residences.youth
    adult = Residences.adult
    elder = Residences.elder
    aged = Residences.aged
    disabled = Residences.disabled
    geometry = Column("geometry", "geometry", "the residence nearest to the middle of its people")


class WalkTimes(Table):
    """Walking times between pairs; a pair that is not there cannot be walked within the limit."""

    title = "walking times"
    origin = Column("origin", "text", "where the walk starts (index label)")
    destination = Column("destination", "text", "where the walk ends (index label)")
    minutes = Column("minutes", "number", "walking time, access legs included", unit="min", low=0)
    metres = Column("metres", "number", "length of that walk, access legs included", unit="m", low=0)


class Nearest(Table):
    """The nearest facilities of each kind; what cannot be walked within the limit has no row."""

    title = "nearest facilities"
    origin = Column("origin", "text", "where the walk starts (index label)")
    kind = Column("kind", "text", "kind of facility")
    rank = Column("rank", "count", "1 is the nearest", low=1)
    facility = Column("facility", "text", "the facility")
    minutes = Column("minutes", "number", "walking time, access legs included", unit="min", low=0)


class Counts(Table):
    """How many facilities of each kind lie within a limit: one row per origin, kind and limit."""

    origin = Column("origin", "text", "where the walk starts (index label)")
    kind = Column("kind", "text", "kind of facility")
    limit_min = Column("limit_min", "number", "longest walk that counts, inclusive", unit="min", low=0)
    facilities = Column("facilities", "count", "facilities within it", low=0)


class Coverage(Table):
    """Nearest facility of each kind from each cluster."""

    title = "coverage"
    cluster = Column("cluster", "text", "where the walk starts")
    community = Column("community", "text", "community of the cluster", nullable=True)
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    population = Column("population", "number", "residents of the cluster", unit="people", low=0)
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    demand = Column(
        "demand", "number", "people of that group; all residents where their number is unknown", unit="people", low=0
    )
    stand_in = Column("stand_in", "flag", "the demand is all residents, as the number of the group is unknown")
    limit_min = Column("limit_min", "number", "limit of the standard, inclusive", unit="min", low=0)
    minutes = Column(
        "minutes",
        "number",
        "walk to the nearest facility; missing when none is within the search limit",
        unit="min",
        low=0,
        nullable=True,
    )
    facility = Column("facility", "text", "the nearest facility", nullable=True)
    covered = Column("covered", "flag", "the nearest facility is within the limit")
    known = Column("known", "flag", "the cluster is on the network; if not, nothing is known of its walks")
    open_edge = Column(
        "open_edge",
        "flag",
        "not covered, but the data end within half the limit: what lies beyond is unknown",
    )


class CommunityCoverage(Table):
    """Coverage weighted by people whom the kind serves, per community and kind."""

    title = "coverage by community"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    residents = Column("residents", "number", "all residents of the community", unit="people", low=0)
    population = Column("population", "number", "people whom the kind serves", unit="people", low=0)
    unknown = Column("unknown", "number", "of them, those whose homes are not on the network", unit="people", low=0)
    covered = Column("covered", "number", "of them, those within the limit", unit="people", low=0)
    beyond = Column(
        "beyond",
        "number",
        "of them, those not covered for whom the data end within half the limit",
        unit="people",
        low=0,
    )
    share = Column(
        "share",
        "number",
        "covered / (population - unknown); missing where nobody is served",
        low=0,
        high=1,
        nullable=True,
    )
    share_at_most = Column(
        "share_at_most",
        "number",
        "(covered + beyond) / (population - unknown), the most that the data allow; missing where they are thin",
        low=0,
        high=1,
        nullable=True,
    )
    confidence = Column("confidence", "text", "firm, or check where the data are thin")
    reason = Column("reason", "text", "what makes the data thin", nullable=True)


class Bundle(Table):
    """How many of the required kinds each cluster has within its limits."""

    title = "bundle"
    cluster = Column("cluster", "text", "where the walk starts")
    community = Column("community", "text", "community of the cluster", nullable=True)
    walker = Column("walker", "text", "who walks")
    population = Column("population", "number", "residents of the cluster", unit="people", low=0)
    required = Column("required", "count", "kinds that make the bundle", low=1)
    within = Column("within", "count", "of them, within the limit; missing where not known", low=0, nullable=True)
    missing = Column("missing", "count", "of them, not within the limit; missing where not known", low=0, nullable=True)
    beyond = Column(
        "beyond", "count", "of the missing kinds, those for whom the data end on the way", low=0, nullable=True
    )
    short_of = Column("short_of", "text", "the one kind that is missing, where it is one", nullable=True)
    complete = Column("complete", "flag", "every required kind is within the limit")
    enough = Column("enough", "flag", "at least as many kinds as asked for are within the limit")
    known = Column("known", "flag", "the cluster is on the network; if not, nothing is known of its walks")


class CommunityBundle(Table):
    """How many residents have the whole bundle, per community."""

    title = "bundle by community"
    community = Column("community", "text", "community")
    walker = Column("walker", "text", "who walks")
    population = Column("population", "number", "residents of the community", unit="people", low=0)
    unknown = Column("unknown", "number", "residents whose homes are not on the network", unit="people", low=0)
    complete = Column("complete", "number", "residents with every kind within the limit", unit="people", low=0)
    enough = Column("enough", "number", "residents with as many kinds as asked for", unit="people", low=0)
    share_complete = Column(
        "share_complete", "number", "complete / (population - unknown)", low=0, high=1, nullable=True
    )
    share_enough = Column("share_enough", "number", "enough / (population - unknown)", low=0, high=1, nullable=True)


class MissingKinds(Table):
    """How many residents lack how many kinds, per community; one short is a cheap win."""

    title = "residents by missing kinds"
    community = Column("community", "text", "community")
    walker = Column("walker", "text", "who walks")
    missing = Column("missing", "count", "kinds that are not within the limit", low=0)
    people = Column("people", "number", "residents who lack exactly so many", unit="people", low=0)
    share = Column("share", "number", "of the residents whose walks are known", low=0, high=1, nullable=True)


class Sweep(Table):
    """The share of people within every time, not only within one limit."""

    title = "coverage by time"
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    minutes = Column("minutes", "number", "longest walk that counts, inclusive", unit="min", low=0)
    population = Column("population", "number", "residents whose walks are known", unit="people", low=0)
    covered = Column("covered", "number", "residents within that time", unit="people", low=0)
    share = Column("share", "number", "covered / population; missing where nobody lives", low=0, high=1, nullable=True)


class DualAccess(Table):
    """The mean walk to the nearest few facilities of each category."""

    title = "dual access"
    origin = Column("origin", "text", "where the walk starts")
    facility_category = Column("facility_category", "text", "category of facilities")
    found = Column("found", "count", "facilities that entered the mean, at most as many as asked for", low=0)
    minutes = Column(
        "minutes", "number", "mean walk; missing where too few can be walked to", unit="min", low=0, nullable=True
    )


class Proximity(Table):
    """The mean of the dual access to all categories."""

    title = "proximity time"
    origin = Column("origin", "text", "where the walk starts", unique=True)
    minutes = Column(
        "minutes", "number", "mean over the categories; missing where one is missing", unit="min", low=0, nullable=True
    )


class AreaProximity(Table):
    """Proximity time weighted by people, and the share within a limit."""

    title = "proximity time by area"
    area = Column("area", "text", "area, or all", unique=True)
    population = Column("population", "number", "people of the area", unit="people", low=0)
    unknown = Column("unknown", "number", "people whose proximity time is missing", unit="people", low=0)
    minutes = Column("minutes", "number", "mean over the others, weighted by people", unit="min", low=0, nullable=True)
    limit_min = Column("limit_min", "number", "longest proximity time that counts, inclusive", unit="min", low=0)
    within = Column("within", "number", "people within it", unit="people", low=0)
    share = Column("share", "number", "within / (population - unknown)", low=0, high=1, nullable=True)


class Radius(Table):
    """Straight-line coverage, the official one, from each cluster."""

    title = "straight-line coverage"
    cluster = Column("cluster", "text", "where people live")
    community = Column("community", "text", "community of the cluster", nullable=True)
    kind = Column("kind", "text", "kind of facility")
    population = Column("population", "number", "residents of the cluster", unit="people", low=0)
    limit_m = Column("limit_m", "number", "service radius of the standard, inclusive", unit="m", low=0)
    distance_m = Column(
        "distance_m",
        "number",
        "straight to the nearest facility; missing when there is none",
        unit="m",
        low=0,
        nullable=True,
    )
    within = Column("within", "flag", "within the service radius")


class RadiusGap(Table):
    """Straight-line coverage beside coverage on foot, for the same people."""

    title = "radius against walk"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    population = Column("population", "number", "residents whose walks are known", unit="people", low=0)
    limit_m = Column("limit_m", "number", "service radius of the standard, inclusive", unit="m", low=0)
    limit_min = Column("limit_min", "number", "limit of the standard on foot, inclusive", unit="min", low=0)
    share_radius = Column("share_radius", "number", "within the radius", low=0, high=1, nullable=True)
    share_walked = Column("share_walked", "number", "within the walk", low=0, high=1, nullable=True)
    share_gap = Column("share_gap", "number", "share_radius - share_walked", low=-1, high=1, nullable=True)


class Gaps(Table):
    """Residents without a kind of facility that serves them within the limit, per community."""

    title = "gaps"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    residents_without = Column(
        "residents_without", "number", "residents of the group beyond the limit", unit="people", low=0
    )
    share_without = Column("share_without", "number", "of the community's residents of the group", low=0, high=1)
    verdict = Column("verdict", "text", "gap, or check on the ground where the data are thin")
    reason = Column("reason", "text", "why the verdict is not firm", nullable=True)
    cause = Column("cause", "text", "the cause of most of them; missing where it was not asked", nullable=True)


class Straight(Table):
    """The nearest facility of a kind in a straight line, which nobody need be able to walk."""

    title = "nearest in a straight line"
    origin = Column("origin", "text", "where the line starts (index label)")
    kind = Column("kind", "text", "kind of facility")
    facility = Column("facility", "text", "the facility")
    metres = Column("metres", "number", "length of the line", unit="m", low=0)


class Causes(Table):
    """Why residents are without a kind of facility; the parts of each gap add up to its residents."""

    title = "causes"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    cause = Column("cause", "text", "what keeps them from it; of several, the first in the order of walkcircle.gaps")
    verdict = Column(
        "verdict", "text", "that of the gap; missing for full, whose residents are within the limit", nullable=True
    )
    residents = Column("residents", "number", "residents with this cause", unit="people", low=0)
    cluster = Column("cluster", "text", "the home of most of them, which the next columns are about")
    facility = Column(
        "facility", "text", "the nearest once the cause is gone; in a straight line where no walk helps", nullable=True
    )
    minutes = Column(
        "minutes", "number", "walk to the nearest as it is; missing beyond the search", unit="min", low=0, nullable=True
    )
    minutes_relaxed = Column(
        "minutes_relaxed",
        "number",
        "walk to the facility once the cause is gone; along a straight line with a usual detour where no walk helps",
        unit="min",
        low=0,
        nullable=True,
    )
    detail = Column("detail", "text", "the same in words")


class Survey(Table):
    """What residents answered when they were asked what they need, per community and kind."""

    title = "survey of needs"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    asked = Column("asked", "number", "share of the answering households that ask for it", low=0, high=1)
    response = Column(
        "response", "number", "share of the households that answered", low=0, high=1, optional=True, nullable=True
    )


class Needs(Table):
    """What residents ask for beside what they have, per community and kind; no part of the index."""

    title = "needs"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    asked = Column("asked", "number", "share of the answering households that ask for it", low=0, high=1)
    share = Column("share", "number", "share of residents within the limit", low=0, high=1, nullable=True)
    quadrant = Column(
        "quadrant", "text", "asked for much or little, served or not; missing where the share is unknown", nullable=True
    )
    response = Column("response", "number", "share of the households that answered", low=0, high=1, nullable=True)
    confidence = Column("confidence", "text", "firm, or check where few answered or the data are thin")
    reason = Column("reason", "text", "why it is not firm", nullable=True)


class Sufficiency(Table):
    """Whether there is enough of a kind, and whether it is large enough, per community."""

    title = "sufficiency"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    adequacy = Column(
        "adequacy",
        "number",
        "units per person / norm, at most 1, mean over the people who need the kind",
        low=0,
        high=1,
        nullable=True,
    )
    adequacy_known = Column("adequacy_known", "number", "share of them for whom it is known", low=0, high=1)
    quality = Column(
        "quality",
        "number",
        "share of those in time whose nearest facility has the floor area that the standard asks for",
        low=0,
        high=1,
        nullable=True,
    )
    quality_known = Column("quality_known", "number", "share of them for whom that is known", low=0, high=1)


class Scores(Table):
    """The score of each community for each kind, and what it is made of."""

    title = "scores by kind"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "by whose walks it is scored")
    group = Column("group", "text", "whom the kind is for")
    coverage = Column(
        "coverage",
        "number",
        "share of those who need it for whom it is in time, at most; missing where the data are thin",
        low=0,
        high=1,
        nullable=True,
    )
    adequacy = Column("adequacy", "number", "is there enough; missing where unknown", low=0, high=1, nullable=True)
    quality = Column("quality", "number", "is it large enough; missing where unknown", low=0, high=1, nullable=True)
    score = Column(
        "score", "number", "weighted mean of the three, of those that are known", low=0, high=100, nullable=True
    )
    known = Column("known", "number", "share of the three weights that is known and firm", low=0, high=1)
    stand_in = Column("stand_in", "flag", "all residents stand in for people of the group, whose number is unknown")


class CategoryScores(Table):
    """The score of each community for each category."""

    title = "scores by category"
    community = Column("community", "text", "community")
    category = Column("category", "text", "category of the standard")
    score = Column(
        "score", "number", "weighted mean of its kinds, of those that have a score", low=0, high=100, nullable=True
    )
    known = Column("known", "number", "weighted mean of what is known of its kinds", low=0, high=1)


class Firmness(Table):
    """How firm the ranking is: what becomes of it when all that is doubtful is drawn anew, many times."""

    title = "firmness"
    community = Column("community", "text", "community", unique=True)
    weakest_probability = Column(
        "weakest_probability",
        "number",
        "share of the draws in which it is in the weakest tenth; missing without a rank",
        low=0,
        high=1,
        nullable=True,
    )
    rank_low = Column("rank_low", "number", "5th percentile of its rank over the draws", low=1, nullable=True)
    rank_high = Column("rank_high", "number", "95th percentile of its rank over the draws", low=1, nullable=True)


class Checkup(Table):
    """The check-up of each community: index, rank, and how sure we are."""

    title = "check-up"
    community = Column("community", "text", "community", unique=True)
    name = Column("name", "text", "name of the community")
    subdistrict = Column("subdistrict", "text", "subdistrict or town it belongs to", optional=True, nullable=True)
    district = Column("district", "text", "district or county it belongs to", optional=True, nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    index = Column(
        "index",
        "number",
        "0 to 100, from known kinds only; missing where fewer than half are firm or nobody lives",
        low=0,
        high=100,
        nullable=True,
    )
    rank = Column(
        "rank",
        "count",
        "1 is the best; missing with the index, and where hardly anybody lives",
        low=1,
        nullable=True,
    )
    percentile = Column(
        "percentile",
        "number",
        "of the other communities with a rank, how many have a lower index",
        unit="%",
        low=0,
        high=100,
        optional=True,
        nullable=True,
    )
    firm_kinds = Column("firm_kinds", "count", "kinds with trustworthy data", low=0)
    weakest = Column("weakest", "flag", "in the weakest tenth")
    weakest_probability = Column(
        "weakest_probability",
        "number",
        "share of the draws in which it is in the weakest tenth; missing without a rank or without draws",
        low=0,
        high=1,
        optional=True,
        nullable=True,
    )
    rank_low = Column(
        "rank_low", "number", "5th percentile of its rank over the draws", low=1, optional=True, nullable=True
    )
    rank_high = Column(
        "rank_high", "number", "95th percentile of its rank over the draws", low=1, optional=True, nullable=True
    )
    absent = Column(
        "absent",
        "text",
        "mandatory kinds that certainly nobody there has in time, by their ids",
        optional=True,
        nullable=True,
    )
    confidence = Column("confidence", "text", "A to D, by the share of the scores' weights that is known and firm")
    geometry = Column("geometry", "geometry", "area of the community")


class AreaScores(Table):
    """The index of subdistricts, districts and the whole: means over their communities, weighted by people."""

    title = "index by area"
    level = Column("level", "text", "subdistrict, district or city")
    area = Column("area", "text", "its name; all for the city")
    district = Column("district", "text", "district of a subdistrict", nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    communities = Column("communities", "count", "its communities", low=0)
    scored = Column("scored", "count", "of them, those with an index", low=0)
    scored_population = Column("scored_population", "number", "residents of those", unit="people", low=0)
    index = Column(
        "index",
        "number",
        "mean of the index, weighted by residents; missing without any",
        low=0,
        high=100,
        nullable=True,
    )


class AreaCategories(Table):
    """The score of subdistricts, districts and the whole for each category, weighted by people."""

    title = "categories by area"
    level = Column("level", "text", "subdistrict, district or city")
    area = Column("area", "text", "its name; all for the city")
    district = Column("district", "text", "district of a subdistrict", nullable=True)
    category = Column("category", "text", "category of the standard")
    population = Column("population", "number", "residents of communities with that score", unit="people", low=0)
    score = Column(
        "score",
        "number",
        "mean of the score, weighted by residents; missing without any",
        low=0,
        high=100,
        nullable=True,
    )


class Adequacy(Table):
    """How much of a kind of facility there is for each person, shared with everybody else in reach."""

    title = "adequacy"
    origin = Column("origin", "text", "where people live", unique=True)
    demand = Column("demand", "number", "people who need the facility", unit="people", low=0)
    facilities = Column("facilities", "count", "facilities in reach that weigh something", low=0)
    unknown = Column(
        "unknown", "count", "of them, those whose units per person are unknown: no capacity, or no demand", low=0
    )
    units_per_person = Column(
        "units_per_person",
        "number",
        "units for each person; missing while anything in reach is unknown",
        unit="units/person",
        low=0,
        nullable=True,
    )
    units_at_least = Column(
        "units_at_least", "number", "units for each person from what is known", unit="units/person", low=0
    )


class Crowding(Table):
    """How many people share each facility."""

    title = "crowding"
    facility = Column("facility", "text", "facility", unique=True)
    capacity = Column("capacity", "number", "what it offers; missing where unknown", unit="units", low=0, nullable=True)
    people = Column("people", "number", "people who reach it, weighted by how near they are", unit="people", low=0)
    people_per_unit = Column(
        "people_per_unit",
        "number",
        "people / capacity; missing where that is unknown or nothing",
        unit="people/unit",
        low=0,
        nullable=True,
    )
    units_per_person = Column(
        "units_per_person",
        "number",
        "capacity / people; missing where nobody reaches it or capacity is unknown",
        unit="units/person",
        low=0,
        nullable=True,
    )


class Supply(Table):
    """What an area has of a kind of facility, against the norm per 1,000 people."""

    title = "supply"
    area = Column("area", "text", "area", unique=True)
    people = Column("people", "number", "people who need it", unit="people", low=0)
    supply = Column("supply", "number", "what is known to be there", unit="units", low=0)
    unknown = Column("unknown", "count", "facilities whose capacity is unknown", low=0)
    per_1000 = Column("per_1000", "number", "units per 1,000 people", unit="units/1,000 people", low=0, nullable=True)
    adequacy = Column(
        "adequacy",
        "number",
        "per_1000 / norm, at most 1; missing while the unknown could change it",
        low=0,
        high=1,
        nullable=True,
    )
    shortfall = Column(
        "shortfall",
        "number",
        "units that the norm asks for beyond the supply; missing like adequacy",
        unit="units",
        low=0,
        nullable=True,
    )


class Equity(Table):
    """How evenly something is spread over people: one row."""

    title = "equity"
    people = Column("people", "number", "people whose value is known", unit="people", low=0)
    unknown_share = Column(
        "unknown_share", "number", "share of all people whose value is missing", low=0, high=1, nullable=True
    )
    mean = Column("mean", "number", "mean over people", low=0, nullable=True)
    lowest = Column("lowest", "number", "smallest value of anybody", low=0, nullable=True)
    highest = Column("highest", "number", "largest value of anybody", low=0, nullable=True)
    gini = Column("gini", "number", "0 is equal", low=0, high=1, nullable=True)
    palma = Column(
        "palma",
        "number",
        "sum of the upper tenth of people / sum of the lower four tenths; 0.25 is equal",
        low=0,
        nullable=True,
    )
    theil = Column("theil", "number", "Theil's T, 0 is equal", low=0, nullable=True)
    theil_between = Column("theil_between", "number", "the part between the groups", low=0, nullable=True)
    theil_within = Column("theil_within", "number", "the part within the groups", low=0, nullable=True)
    p90_p10 = Column("p90_p10", "number", "upper decile / lower decile of people", low=1, nullable=True)
    ede = Column("ede", "number", "value that would be as bad if all had it (Kolm-Pollak)", nullable=True)
    kappa = Column("kappa", "number", "aversion of that value, one over its unit", low=0, nullable=True)


class Zones(Table):
    """Which zones fall behind a bound, and how many people in them do."""

    title = "zones against a bound"
    zone = Column("zone", "text", "zone", unique=True)
    people = Column("people", "number", "people whose value is known", unit="people", low=0)
    unknown = Column("unknown", "number", "people whose value is missing", unit="people", low=0)
    mean = Column("mean", "number", "mean over people; missing where nothing is known", nullable=True)
    worst = Column("worst", "number", "worst value of anybody", nullable=True)
    people_outside = Column("people_outside", "number", "people who themselves miss the bound", unit="people", low=0)
    outside = Column("outside", "flag", "the zone's mean misses the bound")


class Isochrones(Table):
    """How far one can walk from each cluster."""

    title = "isochrones"
    cluster = Column("cluster", "text", "where the walk starts")
    walker = Column("walker", "text", "who walks")
    minutes = Column("minutes", "number", "time limit, inclusive", unit="min", low=0)
    reached_m = Column("reached_m", "number", "street length within the limit", unit="m", low=0)
    geometry = Column("geometry", "geometry", "ground within the limit, holes and parts kept")


class Truth(Table):
    """How true drawn isochrones are to the streets that are reached: one row per shape, tunnels left aside."""

    title = "truth of the isochrones"
    cluster = Column("cluster", "text", "where the walk starts")
    minutes = Column("minutes", "number", "longest walk, inclusive", unit="min", low=0)
    reached_m = Column("reached_m", "number", "street length that is reached", unit="m", low=0)
    omitted_m = Column("omitted_m", "number", "of it, what lies outside the shape", unit="m", low=0)
    taken_in_m = Column("taken_in_m", "number", "street inside the shape that is not reached", unit="m", low=0)


class Completeness(Table):
    """How far the data can be trusted, per community and kind."""

    title = "completeness"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    grade = Column("grade", "text", "firm or check")
    reason = Column("reason", "text", "what makes the data thin", nullable=True)
    people = Column("people", "text", "how the people whom the kind serves are known", optional=True)


class Agreement(Table):
    """Pairs where the drawn isochrone and the walking time disagree, each with its cause."""

    title = "agreement"
    cluster = Column("cluster", "text", "where the walk starts")
    facility = Column("facility", "text", "facility")
    kind = Column("kind", "text", "kind of facility")
    limit_min = Column("limit_min", "number", "time limit", unit="min", low=0)
    minutes = Column("minutes", "number", "walking time; missing beyond the limit", unit="min", nullable=True)
    inside = Column("inside", "flag", "the facility's shape touches the drawn isochrone")
    cause = Column("cause", "text", "why they differ")


class Effects(Table):
    """What proposed facilities change, per community and kind."""

    title = "effects"
    community = Column("community", "text", "community", nullable=True)
    kind = Column("kind", "text", "kind of facility")
    newly_served = Column("newly_served", "number", "residents who come within the limit", unit="people", low=0)
    nearer = Column("nearer", "number", "residents whose walk gets shorter", unit="people", low=0)
    still_without = Column("still_without", "number", "residents still beyond the limit", unit="people", low=0)
    share_before = Column("share_before", "number", "covered before", low=0, high=1, nullable=True)
    share_after = Column("share_after", "number", "covered after", low=0, high=1, nullable=True)


class Unsnapped(Table):
    """What could not be joined to the streets, and why."""

    title = "not on the network"
    layer = Column("layer", "text", "residences, clusters, facilities or proposals")
    item = Column("item", "text", "identifier in that layer")
    reason = Column("reason", "text", "what hinders it")
    distance_m = Column("distance_m", "number", "to the nearest usable street", unit="m", low=0, nullable=True)


class Remarks(Table):
    """What was unusual in the planner's files, and what was made of it: one row per cell or row of a file."""

    title = "remarks on registers"
    in_file = Column("in_file", "text", "the file")
    in_row = Column("in_row", "count", "its line, row or feature", low=1)
    in_column = Column("in_column", "text", "its column; missing where it is about the whole row", nullable=True)
    as_written = Column("as_written", "text", "what stands there", nullable=True)
    remarked = Column("remarked", "text", "what it is, and what was made of it")
    used = Column("used", "flag", "the row is used; if not, it was left out")


class Merged(Table):
    """Facilities that a register and the map both have; the register's row stays."""

    title = "merged facilities"
    registered = Column("registered", "text", "the register's facility, which stays")
    mapped = Column("mapped", "text", "the map's facility, which goes")
    kind = Column("kind", "text", "kind of facility")
    registered_name = Column("registered_name", "text", "its name in the register", nullable=True)
    mapped_name = Column("mapped_name", "text", "its name on the map", nullable=True)
    alike = Column("alike", "number", "how alike the names are; missing without names", low=0, high=1, nullable=True)
    apart_m = Column("apart_m", "number", "how far the two places are apart", unit="m", low=0)


class Changes(Table):
    """What changed the number of people within the limit between two check-ups; the parts add up to the whole."""

    title = "changes by part"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    part = Column("part", "text", "mapping, closed, opened, streets or population, counted in this order")
    residents = Column("residents", "number", "people who came within the limit, less those who left it", unit="people")


class ChangedCoverage(Table):
    """Coverage of two check-ups beside each other, per community, kind and walker."""

    title = "coverage before and after"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    known_before = Column("known_before", "number", "people whose walk was known", unit="people", low=0)
    known_after = Column("known_after", "number", "people whose walk is known", unit="people", low=0)
    covered_before = Column("covered_before", "number", "of them, within the limit before", unit="people", low=0)
    covered_after = Column("covered_after", "number", "of them, within the limit after", unit="people", low=0)
    share_before = Column("share_before", "number", "covered / known, before", low=0, high=1, nullable=True)
    share_after = Column("share_after", "number", "covered / known, after", low=0, high=1, nullable=True)


class ChangedCommunities(Table):
    """The communities of two check-ups: which stayed, which are new, which are gone."""

    title = "communities before and after"
    community = Column("community", "text", "community", unique=True)
    name = Column("name", "text", "name of the community")
    fate = Column("fate", "text", "kept, redrawn (other borders), appeared or gone")
    population_before = Column(
        "population_before", "number", "residents before; missing where it was not there", unit="people", low=0,
        nullable=True,
    )  # fmt: skip
    population_after = Column(
        "population_after", "number", "residents after; missing where it is gone", unit="people", low=0, nullable=True
    )


class ChangedFacilities(Table):
    """Facilities that are not the same in two check-ups, what became of each, and what that rests on."""

    title = "facilities that changed"
    facility_before = Column("facility_before", "text", "identifier before; missing where it is new", nullable=True)
    facility_after = Column("facility_after", "text", "identifier after; missing where it is gone", nullable=True)
    kind = Column("kind", "text", "kind of facility")
    name_before = Column("name_before", "text", "name before", nullable=True)
    name_after = Column("name_after", "text", "name after", nullable=True)
    fate = Column(
        "fate", "text",
        "opened, closed, relocated; or a change of the map alone: moved, redrawn, renamed, retagged, doubled, newly "
        "listed, no longer listed",
    )  # fmt: skip
    part = Column("part", "text", "the part that counts it: opened, closed, mapping, or closed and opened")
    apart_m = Column("apart_m", "number", "how far the two places are apart", unit="m", low=0, nullable=True)
    evidence = Column("evidence", "text", "what the verdict rests on")
    community = Column("community", "text", "community it lies in", nullable=True)
    geometry = Column("geometry", "geometry", "its place, after where there is one")


TABLES: tuple[type[Table], ...] = (
    Residences,
    Communities,
    Facilities,
    Estates,
    Clusters,
    WalkTimes,
    Nearest,
    Counts,
    Coverage,
    CommunityCoverage,
    Bundle,
    CommunityBundle,
    MissingKinds,
    Sweep,
    DualAccess,
    Proximity,
    AreaProximity,
    Radius,
    RadiusGap,
    Gaps,
    Straight,
    Causes,
    Survey,
    Needs,
    Sufficiency,
    Scores,
    CategoryScores,
    Firmness,
    Checkup,
    AreaScores,
    AreaCategories,
    Adequacy,
    Crowding,
    Supply,
    Equity,
    Zones,
    Isochrones,
    Truth,
    Completeness,
    Agreement,
    Effects,
    Unsnapped,
    Remarks,
    Merged,
    Changes,
    ChangedCoverage,
    ChangedCommunities,
    ChangedFacilities,
)


def check_table(frame: Frame, table: type[Table], *, where: str) -> Frame:
    """Return `frame` if it is a valid `table`, else say which column, which row and what to do.

    Parameters
    ----------
    frame
        Any frame; extra columns are kept.
    table
        The declaration to check against.
    where
        What the frame is, for the message (a file name, ``residences``, …).

    Raises
    ------
    TableError
        A column is missing, or a value has the wrong type or is out of range; a geometry is missing,
        in degrees, empty, or crosses itself.
    """
    for column in table.columns():
        if column not in frame.columns and not column.optional:
            known = ", ".join(map(str, frame.columns))
            msg = f"{where}: column '{column}' ({column.meaning}) is missing; the columns are: {known}"
            raise TableError(msg)
    _check_values(frame, table, where)
    if isinstance(frame, gpd.GeoDataFrame) and any(c.dtype == "geometry" for c in table.columns()):
        check_geometry(frame, where=where)
    return frame


def check_series(series: pd.Series, *, where: str, nullable: bool = False, unique: bool = True) -> pd.Series:
    """Return `series` as floats if it holds usable amounts, else say which row and what to do.

    Parameters
    ----------
    series
        Amounts by label: people, capacities, minutes.
    where
        What they are, for the message.
    nullable
        An amount may be missing; it then means *unknown*, never zero.
    unique
        No label occurs twice.

    Raises
    ------
    TableError
        An amount is missing, negative, infinite or no number; a label occurs twice.

    Examples
    --------
    >>> check_series(pd.Series({"a": 3, "b": None}), where="capacities", nullable=True).to_list()
    [3.0, nan]
    """
    cure = "give a number of at least 0, or leave it out if unknown" if nullable else "give a number of at least 0"
    absent = series.isna().to_numpy()
    amounts = pd.to_numeric(series, errors="coerce").astype(float)
    values = amounts.to_numpy()
    wrong = np.isinf(values) | (values < 0) | (np.isnan(values) & ~absent)
    if not nullable:
        wrong |= absent
    if wrong.any():
        row = int(wrong.argmax())
        msg = f"{where}: row {_plain(series.index[row])!r} is {_plain(series.iloc[row])!r}; {cure}"
        raise TableError(msg)
    if unique and not series.index.is_unique:
        label = series.index[series.index.duplicated()][0]
        msg = f"{where}: row {_plain(label)!r} occurs twice; sum or remove the rows"
        raise TableError(msg)
    return amounts


def check_geometry(frame: gpd.GeoDataFrame, *, where: str) -> None:
    """Refuse geometry without a metric CRS, and empty or self-crossing shapes.

    Raises
    ------
    TableError
        With the row's index label and the cure.
    """
    if frame.crs is None:
        msg = f"{where}: no coordinate reference system; set one with .set_crs()"
        raise TableError(msg)
    if not frame.crs.is_projected:
        name = frame.crs.to_string()
        msg = f"{where}: coordinates are in degrees ({name}); project first: .to_crs(frame.estimate_utm_crs())"
        raise TableError(msg)
    shapes = frame.geometry
    empty = shapes.isna() | shapes.is_empty
    if empty.any():
        msg = f"{where}: row {_plain(empty.idxmax())!r} has no geometry; remove the row or give it one"
        raise TableError(msg)
    crossed = ~shapes.is_valid
    if crossed.any():
        msg = f"{where}: the shape of row {_plain(crossed.idxmax())!r} crosses itself; mend it with .make_valid()"
        raise TableError(msg)


def _check_values(frame: pd.DataFrame, table: type[Table], where: str) -> None:
    """Run the pandera schema of `table` over the columns that are there."""
    # pandera takes half a second to import, which `walkcircle --help` should not pay
    import pandera.pandas as pa

    declared = [c for c in table.columns() if c in frame.columns and c.dtype != "geometry"]
    schema = pa.DataFrameSchema({str(c): _pandera_column(c) for c in declared})
    plain = pd.DataFrame({str(c): frame[c].to_numpy() for c in declared})
    try:
        schema.validate(plain, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        column = next(c for c in declared if c == first["column"])
        row = "" if pd.isna(first["index"]) else f", row {_plain(frame.index[int(first['index'])])!r}"
        msg = f"{where}: column '{column}'{row}: {_plain(first['failure_case'])!r} should be {_expected(column)}"
        raise TableError(msg) from None


def _plain(value: object) -> object:
    """Return a NumPy number as Python's own, which reads better in a sentence."""
    return value.item() if isinstance(value, np.generic) else value


def _pandera_column(column: Column) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.dtype in {"number", "count"}:
        checks.append(pa.Check(_is_number, element_wise=True))
    return pa.Column(None, checks, nullable=column.nullable, unique=column.unique)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and abs(float(value)) != inf


def _expected(column: Column) -> str:
    """Say in words what a value of `column` should be."""
    words = {"text": "a text", "number": "a number", "count": "a whole number", "flag": "true or false"}
    text = words.get(column.dtype, column.dtype)
    if column.low is not None:
        text += f" of at least {column.low:g}"
    if column.high is not None:
        text += f" and at most {column.high:g}"
    if column.unit:
        text += f" ({column.unit})"
    if column.unique:
        text += ", different in each row"
    return text if column.nullable else f"{text}, never missing"
