"""Is there enough for all, and how evenly is it spread."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


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
