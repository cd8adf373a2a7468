"""Living circles: what bounds them, who belongs to which, how they are, and which rules they break."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Barriers(Table):
    """What parts circles: roads, railways, rivers. The rules say which kinds part them and which only cost."""

    title = "barriers"
    kind = Column("kind", "text", "motorway, trunk, primary, secondary, rail, river, or a kind of your own")
    geometry = Column("geometry", "geometry", "the line, or the area of water")


class Circles(Table):
    """Living circles: one row each, all sizes in one table."""

    title = "living circles"
    circle = Column("circle", "text", "identifier of the circle, its minutes first", unique=True)
    minutes = Column("minutes", "number", "which circle it is: 5 or 15 minutes", unit="min", low=0)
    parent = Column("parent", "text", "the larger circle that it is part of, where there is one", nullable=True)
    centre = Column("centre", "text", "the cluster that its people walk to")
    population = Column("population", "number", "residents", unit="people", low=0)
    area_km2 = Column("area_km2", "number", "ground of its clusters", unit="km²", low=0)
    clusters = Column("clusters", "count", "clusters in it", low=1)
    longest_min = Column(
        "longest_min", "number", "longest known walk of a member to the centre", unit="min", low=0, nullable=True
    )
    mean_min = Column(
        "mean_min", "number", "mean known walk of a resident to the centre", unit="min", low=0, nullable=True
    )
    compactness = Column(
        "compactness", "number", "4π · area / perimeter², 1 for a round circle (Polsby and Popper 1991)", low=0, high=1
    )
    geometry = Column("geometry", "geometry", "its ground")


class CircleMembers(Table):
    """Which circle each cluster belongs to: one row for each cluster and size of circles."""

    title = "members of circles"
    cluster = Column("cluster", "text", "the cluster")
    tier_min = Column("tier_min", "number", "which circle it is: 5 or 15 minutes", unit="min", low=0)
    circle = Column("circle", "text", "the circle; missing where the cluster fits nowhere", nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    minutes = Column(
        "minutes", "number", "walk to the centre; missing where it is not known", unit="min", low=0, nullable=True
    )


class BrokenRules(Table):
    """Rules that a circle breaks, each with the people concerned."""

    title = "broken rules"
    rule = Column(
        "rule",
        "text",
        "population_below, population_above, area_below, area_above, beyond_limit, not_contiguous, barrier_crossed, "
        "border_crossed or unreached",
    )
    tier_min = Column("tier_min", "number", "which circle it is: 5 or 15 minutes", unit="min", low=0)
    circle = Column("circle", "text", "the circle; missing where a cluster fits nowhere", nullable=True)
    cluster = Column("cluster", "text", "the cluster, where one fits nowhere", nullable=True)
    found = Column(
        "found", "number", "what there is: people, km², minutes, parts, pairs, areas, clusters", nullable=True
    )
    allowed = Column("allowed", "number", "what the rule allows, in the same unit")
    people = Column("people", "number", "residents concerned", unit="people", low=0)


class Containment(Table):
    """How far residents find what they need inside their own circle: one row per circle and kind."""

    title = "self-containment"
    circle = Column("circle", "text", "the circle")
    kind = Column("kind", "text", "kind of facility")
    population = Column("population", "number", "residents who can walk to one at all", unit="people", low=0)
    inside = Column("inside", "number", "of them, those whose nearest lies inside their circle", unit="people", low=0)
    share = Column("share", "number", "inside over population; missing without any", low=0, high=1, nullable=True)


class Severance(Table):
    """How far barriers cut circles: one row per circle."""

    title = "severance"
    circle = Column("circle", "text", "the circle")
    pairs = Column("pairs", "number", "pairs of residents of two clusters of the circle", low=0)
    severed = Column("severed", "number", "of them, those with a barrier on the straight way between them", low=0)
    share = Column("share", "number", "severed over pairs; missing without any", low=0, high=1, nullable=True)


class Stability(Table):
    """How far circles stay when the numbers of people are drawn anew: one row per circle."""

    title = "stability"
    circle = Column("circle", "text", "the circle")
    draws = Column("draws", "count", "how often people were drawn anew", low=1)
    jaccard = Column("jaccard", "number", "mean likeness to the most alike of the new circles", low=0, high=1)


class CircleGaps(Table):
    """Who is within the limit of each kind, and who is not, by living circle: the gap list.

    For each kind, walker and size of circles the people of all rows add up to those of the communities; who is in no
    circle has a row without one.
    """

    title = "gap list by circle"
    circle = Column("circle", "text", "the circle; missing for people who are in none", nullable=True)
    tier_min = Column("tier_min", "number", "which circle it is: 5 or 15 minutes", unit="min", low=0)
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    limit_min = Column("limit_min", "number", "limit of the standard, inclusive", unit="min", low=0)
    residents = Column("residents", "number", "all residents of the circle", unit="people", low=0)
    population = Column("population", "number", "people whom the kind serves", unit="people", low=0)
    unknown = Column("unknown", "number", "of them, those whose homes are not on the network", unit="people", low=0)
    covered = Column("covered", "number", "of them, those within the limit", unit="people", low=0)
    without = Column("without", "number", "of them, those who are certainly not", unit="people", low=0)
    to_check = Column(
        "to_check", "number", "of them, those who seem not to be, to be checked on the ground", unit="people", low=0
    )
    share = Column(
        "share", "number", "covered / (population - unknown); missing where nobody is served", low=0, high=1,
        nullable=True,
    )  # fmt: skip
    inside = Column("inside", "count", "facilities of the kind whose middle lies inside the circle", low=0)
    owed = Column(
        "owed", "flag", "a circle of this size owes the kind: the standard demands it and has it for this tier or, "
        "without tiers, with a limit that is no longer than the circle's minutes",
    )  # fmt: skip
    lacking = Column("lacking", "flag", "it is owed, none is inside, and somebody is certainly without")


class CircleSizes(Table):
    """How good living circles are: one row per size."""

    title = "sizes of circles"
    tier_min = Column("tier_min", "number", "which circles: 5 or 15 minutes", unit="min", low=0)
    circles = Column("circles", "count", "how many", low=0)
    population = Column("population", "number", "residents in them", unit="people", low=0)
    nowhere = Column("nowhere", "number", "residents in none", unit="people", low=0)
    least = Column("least", "number", "least residents that the rules allow", unit="people", low=0)
    aim = Column("aim", "number", "residents that the rules aim at", unit="people", low=0)
    most = Column("most", "number", "most residents that the rules allow", unit="people", low=0)
    too_small = Column("too_small", "count", "circles with fewer residents than allowed", low=0)
    too_large = Column("too_large", "count", "circles with more residents than allowed", low=0)
    mean_min = Column(
        "mean_min", "number", "mean known walk of a resident to the centre", unit="min", low=0, nullable=True
    )
    longest_min = Column("longest_min", "number", "longest known walk to a centre", unit="min", low=0, nullable=True)
    severed_share = Column(
        "severed_share", "number", "pairs of residents of one circle with a barrier on the straight way between them",
        low=0, high=1, nullable=True,
    )  # fmt: skip
    inside_share = Column(
        "inside_share", "number", "residents, added up over kinds, whose nearest facility lies inside their circle, of "
        "those who can walk to one", low=0, high=1, nullable=True,
    )  # fmt: skip
    borders = Column("borders", "text", "areas that the likeness is to", nullable=True)
    ari = Column(
        "ari", "number", "likeness to these: adjusted Rand index, 1 for equal, 0 as by chance", high=1, nullable=True
    )
    nmi = Column("nmi", "number", "the same by shared information, 0 to 1", low=0, high=1, nullable=True)
    vi = Column("vi", "number", "what circles and areas say that the other does not, nats", low=0, nullable=True)
    broken = Column("broken", "count", "rules that circles break", low=0)
