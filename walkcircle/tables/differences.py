"""What would change, and what has changed."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Effects(Table):
    """What a scenario changes, per community and kind, each kind by its own walker."""

    title = "effects"
    community = Column("community", "text", "community", nullable=True)
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people; they are counted")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    newly_served = Column("newly_served", "number", "people who come within the limit", unit="people", low=0)
    unsure = Column(
        "unsure", "number", "of the newly served, those who may have had one: the data end near, or it is not mapped",
        unit="people", low=0,
    )  # fmt: skip
    lost = Column("lost", "number", "people who are no longer within the limit", unit="people", low=0)
    nearer = Column("nearer", "number", "people whose walk gets shorter", unit="people", low=0)
    farther = Column("farther", "number", "people whose walk gets longer", unit="people", low=0)
    still_without = Column("still_without", "number", "people beyond the limit after", unit="people", low=0)
    known_before = Column("known_before", "number", "people whose walk was known", unit="people", low=0)
    known_after = Column("known_after", "number", "people whose walk is known", unit="people", low=0)
    covered_before = Column("covered_before", "number", "of them, within the limit before", unit="people", low=0)
    covered_after = Column("covered_after", "number", "of them, within the limit after", unit="people", low=0)
    share_before = Column("share_before", "number", "covered / known, before", low=0, high=1, nullable=True)
    share_after = Column("share_after", "number", "covered / known, after", low=0, high=1, nullable=True)


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
