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
