"""Roads and their crossings, the way to school, and links that are missing."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Roads(Table):
    """Roads for motors as the map has them, walked or not; one row per way."""

    title = "roads"
    road = Column("road", "count", "OpenStreetMap way")
    road_class = Column("road_class", "text", "class of the road: its highway value")
    name = Column("name", "text", "name, or else number, of the road", nullable=True)
    level = Column("level", "count", "1 on a bridge, 0 on the ground, -1 in a tunnel", low=-1, high=1, optional=True)
    geometry = Column("geometry", "geometry", "line of the road, with the vertices that it shares with other ways")


class Controls(Table):
    """Crossings and traffic lights as the map has them."""

    title = "mapped crossings"
    control = Column(
        "control", "text", "signals, marked or unmarked; missing where the map does not say", nullable=True
    )
    geometry = Column("geometry", "geometry", "the crossing as a point, or as the line of the way that crosses")


class SchoolRoutes(Table):
    """How many pupils of each school reach it without an unprotected crossing of an arterial.

    A crossing of which the map does not say whether it is protected is counted both ways, as protected and as
    unprotected: the truth lies between.
    """

    title = "ways to school"
    facility = Column("facility", "text", "the school, once for each kind of school that it is")
    kind = Column("kind", "text", "kind of school", optional=True)
    name = Column("name", "text", "name of the school", nullable=True)
    group = Column("group", "text", "whose ways are counted: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    limit_min = Column("limit_min", "number", "longest walk that counts, inclusive", unit="min", low=0)
    pupils = Column("pupils", "number", "people whose nearest school it is, within the limit", unit="people", low=0)
    farther = Column(
        "farther",
        "number",
        "people whose nearest school it is, beyond the limit; not counted here",
        unit="people",
        low=0,
    )
    minutes = Column("minutes", "number", "their mean walk by the quickest way", unit="min", low=0, nullable=True)
    safe_if_protected = Column(
        "safe_if_protected", "number", "of the pupils, those with a safe way within the limit, unknown crossings "
        "counted as protected", unit="people", low=0,
    )  # fmt: skip
    safe_if_unprotected = Column(
        "safe_if_unprotected", "number", "the same, unknown crossings counted as unprotected", unit="people", low=0
    )
    share_if_protected = Column(
        "share_if_protected", "number", "safe_if_protected / pupils", low=0, high=1, nullable=True
    )
    share_if_unprotected = Column(
        "share_if_unprotected", "number", "safe_if_unprotected / pupils", low=0, high=1, nullable=True
    )
    detour_min_if_protected = Column(
        "detour_min_if_protected", "number", "mean by which the quickest safe way takes longer than the quickest, over "
        "the pupils with a safe way of any length, unknown crossings counted as protected", unit="min", low=0,
        nullable=True,
    )  # fmt: skip
    detour_min_if_unprotected = Column(
        "detour_min_if_unprotected", "number", "the same, unknown crossings counted as unprotected; a mean over fewer "
        "pupils", unit="min", low=0, nullable=True,
    )  # fmt: skip
    detour_m_if_protected = Column(
        "detour_m_if_protected", "number", "mean length by which the quickest safe way is longer, over the same; "
        "below 0 where the quickest way saves waits, not metres", unit="m", nullable=True,
    )  # fmt: skip
    detour_m_if_unprotected = Column(
        "detour_m_if_unprotected",
        "number",
        "the same, unknown crossings counted as unprotected",
        unit="m",
        nullable=True,
    )
    no_way_if_protected = Column(
        "no_way_if_protected", "number", "of the pupils, those with no safe way at all, unknown crossings counted as "
        "protected", unit="people", low=0,
    )  # fmt: skip
    no_way_if_unprotected = Column(
        "no_way_if_unprotected", "number", "the same, unknown crossings counted as unprotected", unit="people", low=0
    )
    geometry = Column("geometry", "geometry", "point or area of the school")


class Crossings(Table):
    """Crossings of arterials on quickest ways to school that are not known to be protected, the worst first."""

    title = "crossings on the way to school"
    kind = Column("kind", "text", "kind of school that the pupils walk to", optional=True)
    rank = Column("rank", "count", "1 is the crossing that most pupils use on their way to this kind", low=1)
    name = Column("name", "text", "name, or else number, of the road that is crossed", nullable=True)
    road_class = Column("road_class", "text", "class of the road that is crossed")
    control = Column("control", "text", "its control, as mapped; missing where the map does not say", nullable=True)
    protection = Column("protection", "text", "unprotected, or unknown where the map does not say")
    pupils = Column("pupils", "number", "people whose quickest way to the nearest school uses it", unit="people", low=0)
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    schools = Column("schools", "text", "ids of the schools they walk to")
    geometry = Column("geometry", "geometry", "place where the road is crossed")


class UnitCosts(Table):
    """What links cost, as the planner says; any currency, the same in all rows."""

    title = "unit costs of links"
    link_kind = Column("link_kind", "text", "gate, crossing, footbridge or path", unique=True)
    fixed = Column("fixed", "number", "cost of one, whatever its length", unit="currency", low=0)
    per_m = Column("per_m", "number", "cost of each metre on top", unit="currency/m", low=0)


class Links(Table):
    """Ways that are missing and could be made: gates opened, crossings added, footbridges and paths built."""

    title = "missing links"
    link = Column("link", "text", "identifier of the link", unique=True)
    link_kind = Column("link_kind", "text", "gate, crossing, footbridge or path")
    over = Column("over", "text", "what it opens or leads over", nullable=True)
    first_edge = Column("first_edge", "count", "edge of the network on which it begins", low=0)
    first_fraction = Column("first_fraction", "number", "how far along that edge", low=0, high=1)
    last_edge = Column("last_edge", "count", "edge of the network on which it ends", low=0)
    last_fraction = Column("last_fraction", "number", "how far along that edge", low=0, high=1)
    built_m = Column("built_m", "number", "length of what is to be built; 0 for a gate", unit="m", low=0)
    there_s = Column("there_s", "number", "seconds to walk it", unit="s", low=0)
    back_s = Column(
        "back_s", "number", "seconds to walk it back; missing where that is open today", unit="s", low=0, nullable=True
    )
    around_m = Column(
        "around_m", "number", "length of today's way between its ends; missing where it is longer than was looked for",
        unit="m", low=0, nullable=True,
    )  # fmt: skip
    doubt = Column("doubt", "text", "what may stand against it, to be checked on the ground", nullable=True)
    newly_served = Column(
        "newly_served", "number", "residents newly in time of at least one kind", unit="people", low=0, optional=True
    )
    gains = Column(
        "gains", "number", "people newly in time, added up over the kinds", unit="people × kinds", low=0, optional=True
    )
    cost = Column(
        "cost", "number", "cost in the currency of the unit costs; missing where these do not say",
        unit="currency", low=0, optional=True, nullable=True,
    )  # fmt: skip
    gains_per_cost = Column(
        "gains_per_cost", "number", "gains / cost; missing where the cost is", unit="people × kinds / currency",
        low=0, optional=True, nullable=True,
    )  # fmt: skip
    geometry = Column("geometry", "geometry", "the link as a straight line; a gate as a point")


class LinkGains(Table):
    """Whom each missing link would bring within the limit of each kind."""

    title = "gains of missing links"
    link = Column("link", "text", "the link")
    kind = Column("kind", "text", "kind of facility")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    limit_min = Column("limit_min", "number", "longest walk that counts, inclusive", unit="min", low=0)
    newly_served = Column("newly_served", "number", "people newly within the limit", unit="people", low=0)
    nearer = Column("nearer", "number", "people whose walk becomes shorter", unit="people", low=0)
    saved_min = Column(
        "saved_min", "number", "walking time saved, one way, by all whose walk is known before and after",
        unit="people × min", low=0,
    )  # fmt: skip


class LinkedHomes(Table):
    """Which homes each missing link alone would newly bring within the limit of each kind."""

    title = "homes that missing links would serve"
    link = Column("link", "text", "the link")
    kind = Column("kind", "text", "kind of facility that is newly in time")
    cluster = Column("cluster", "text", "where they live")
