"""Where walks start, how long they take, and the ground they reach."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table
from walkcircle.tables.ground import Residences


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
