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
    geometry = Column("geometry", "geometry", "building, estate or point")


class Communities(Table):
    """The areas that are scored, one row each."""

    title = "communities"
    community = Column("community", "text", "identifier of the community", unique=True)
    name = Column("name", "text", "name of the community in its own language")
    population = Column(
        "population", "number", "official residents", unit="people", low=0, optional=True, nullable=True
    )
    geometry = Column("geometry", "geometry", "area of the community")


class Facilities(Table):
    """Places people walk to, one row per facility and kind."""

    title = "facilities"
    facility = Column("facility", "text", "identifier of the facility")
    kind = Column("kind", "text", "kind of facility in the standard")
    name = Column("name", "text", "name as mapped or registered", nullable=True)
    source = Column("source", "text", "where the row comes from: osm or the register's name")
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
    """Coverage weighted by people, per community and kind."""

    title = "coverage by community"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    population = Column("population", "number", "residents of the community", unit="people", low=0)
    unknown = Column("unknown", "number", "residents whose homes are not on the network", unit="people", low=0)
    covered = Column("covered", "number", "residents within the limit", unit="people", low=0)
    beyond = Column(
        "beyond",
        "number",
        "residents not covered for whom the data end within half the limit",
        unit="people",
        low=0,
    )
    share = Column(
        "share",
        "number",
        "covered / (population - unknown); missing where nobody lives",
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


class Gaps(Table):
    """Residents without a kind of facility within the limit, per community."""

    title = "gaps"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    residents_without = Column("residents_without", "number", "residents beyond the limit", unit="people", low=0)
    share_without = Column("share_without", "number", "of the community's residents", low=0, high=1)
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


class Checkup(Table):
    """The check-up of each community: index, rank, and how sure we are."""

    title = "check-up"
    community = Column("community", "text", "community", unique=True)
    name = Column("name", "text", "name of the community")
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
    firm_kinds = Column("firm_kinds", "count", "kinds with trustworthy data", low=0)
    weakest = Column("weakest", "flag", "in the weakest tenth")
    confidence = Column("confidence", "text", "A to D, by the share of kinds that are firm")
    geometry = Column("geometry", "geometry", "area of the community")


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
    Gaps,
    Straight,
    Causes,
    Survey,
    Needs,
    Checkup,
    Isochrones,
    Truth,
    Completeness,
    Agreement,
    Effects,
    Unsnapped,
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
