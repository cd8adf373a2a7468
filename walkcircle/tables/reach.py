"""What is within reach: coverage, bundles, nearest few, and the straight line beside the walk."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


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
    unmapped_chance = Column(
        "unmapped_chance", "number", "chance that one which is not on the map is within the limit", low=0, high=1
    )
    unsure = Column(
        "unsure", "flag", "not covered, but perhaps it is: the data end on the way, or that chance is above a tenth"
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
    unsure = Column(
        "unsure",
        "number",
        "of them, those not covered who perhaps are: the data end on the way, or one may not be on the map",
        unit="people",
        low=0,
    )
    doubt = Column("doubt", "text", "why most of these are unsure", nullable=True)
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
        "(covered + unsure) / (population - unknown), the most that the data allow; missing where they are thin",
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
    unsure = Column(
        "unsure", "count", "of the missing kinds, those that are perhaps within the limit", low=0, nullable=True
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
