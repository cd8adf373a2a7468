"""What is given: homes, communities, facilities, what was asked, and what was left out of it."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table, declare_people


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
    infant = declare_people("infant", "under 3")
    child = declare_people("child", "aged 3 to 6")
    pupil = declare_people("pupil", "aged 6 to 12")
    youth = declare_people("youth", "aged 12 to 15")
    adult = declare_people("adult", "aged 16 to 35")
    elder = declare_people("elder", "aged 60 and over")
    aged = declare_people("aged", "aged 80 and over")
    disabled = declare_people("disabled", "with disabilities")
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
    edited = Column("edited", "text", "day of its last edit on the map, YYYY-MM-DD", optional=True, nullable=True)
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


class Survey(Table):
    """What residents answered when they were asked what they need, per community and kind."""

    title = "survey of needs"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    asked = Column("asked", "number", "share of the answering households that ask for it", low=0, high=1)
    response = Column(
        "response", "number", "share of the households that answered", low=0, high=1, optional=True, nullable=True
    )


class Completeness(Table):
    """How far the data can be trusted, per community and kind."""

    title = "completeness"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    grade = Column("grade", "text", "firm or check")
    reason = Column("reason", "text", "what makes the data thin", nullable=True)
    people = Column("people", "text", "how the people whom the kind serves are known", optional=True)
    registered = Column("registered", "flag", "a complete register lists the kind")
    mapped = Column("mapped", "count", "of the kind on the map, in and around the community", low=0)
    mapped_around = Column("mapped_around", "count", "of all kinds on the map, in and around the community", low=0)
    edited_years = Column(
        "edited_years", "number", "median time since their last edit, at the date of the map; missing where unknown",
        unit="years", low=0, nullable=True,
    )  # fmt: skip
    residents_per_km2 = Column("residents_per_km2", "number", "residents", unit="people/km²", low=0)
    streets_km_per_km2 = Column(
        "streets_km_per_km2", "number", "streets on foot; missing where not asked", unit="km/km²", low=0, nullable=True
    )
    closed_share = Column(
        "closed_share", "number", "share of residents in closed estates without a mapped way; missing where not asked",
        low=0, high=1, nullable=True,
    )  # fmt: skip


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
