"""What to build, where, in which year and for whom; what it changes, and how near it is to the best possible."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Projects(Table):
    """What is proposed, one row per facility or link; those of a plan in the order in which they are to be built."""

    title = "projects"
    project = Column("project", "text", "identifier of the project", unique=True)
    sort = Column("sort", "text", "facility, or link")
    kind = Column("kind", "text", "kind of facility, or of link: gate, crossing, footbridge, path")
    candidate = Column("candidate", "text", "the site, or the missing link", nullable=True)
    name = Column("name", "text", "name of the site or of what is crossed", nullable=True)
    community = Column("community", "text", "community it lies in; missing outside all", nullable=True)
    year = Column("year", "count", "year in which it is to be built; missing where no budget is left", nullable=True)
    rank = Column("rank", "count", "1 is to be built first", low=1)
    first = Column("first", "flag", "it comes early as it serves communities of the weakest tenth above all")
    capex = Column("capex", "number", "cost of building; missing where unknown", unit="currency", low=0, nullable=True)
    opex = Column("opex", "number", "cost of each year; missing where unknown", unit="currency per year", low=0,
                  nullable=True)  # fmt: skip
    newly_served = Column(
        "newly_served", "number", "people newly in time on top of all projects before it, added up over kinds",
        unit="people × kinds", low=0,
    )  # fmt: skip
    alone = Column(
        "alone", "number", "people newly in time if nothing else were built, added up over kinds",
        unit="people × kinds", low=0,
    )  # fmt: skip
    cost_per_person = Column(
        "cost_per_person", "number", "capex / newly_served; missing where the cost is or nobody is", unit="currency",
        low=0, nullable=True,
    )  # fmt: skip
    index_change = Column(
        "index_change", "number", "points that the index of its best-served community gains on top of those before",
        nullable=True,
    )  # fmt: skip
    index_community = Column("index_community", "text", "that community", nullable=True)
    alternative = Column("alternative", "text", "the next best site or link for the same people", nullable=True)
    alternative_served = Column(
        "alternative_served", "number", "people newly in time with it instead", unit="people × kinds", low=0,
        nullable=True,
    )  # fmt: skip
    proposed = Column("proposed", "flag", "proposed by the user, and so built in any case; the others were chosen")
    state = Column("state", "text", "planned, building, operating or dropped")
    doubt = Column("doubt", "text", "what is to be checked before it is decided", nullable=True)
    geometry = Column("geometry", "geometry", "the site, or the link")


class ProjectGains(Table):
    """Whom each project brings within the limit, per kind, on top of all projects before it."""

    title = "whom projects serve"
    project = Column("project", "text", "the project")
    kind = Column("kind", "text", "kind of facility that is newly in time")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    community = Column("community", "text", "where they live; missing outside all", nullable=True)
    newly_served = Column("newly_served", "number", "people newly within the limit", unit="people", low=0)


class Phases(Table):
    """The years of a plan."""

    title = "years of the plan"
    year = Column("year", "count", "year", unique=True)
    budget = Column("budget", "number", "budget of the year", unit="currency", low=0)
    carried_in = Column("carried_in", "number", "left over from the years before", unit="currency", low=0)
    spent = Column("spent", "number", "cost of the year's projects", unit="currency", low=0)
    projects = Column("projects", "count", "projects of the year", low=0)
    newly_served = Column("newly_served", "number", "people newly in time, over kinds", unit="people × kinds", low=0)
    served_so_far = Column("served_so_far", "number", "the same since the first year", unit="people × kinds", low=0)
    gap_left = Column("gap_left", "number", "people in a firm gap that stay so", unit="people × kinds", low=0)


class BeforeAfter(Table):
    """Coverage of each community and kind before the plan and after it, each kind by its own walker."""

    title = "before and after"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    population = Column("population", "number", "people whom the kind serves", unit="people", low=0)
    covered_before = Column("covered_before", "number", "of them, within the limit today", unit="people", low=0)
    covered_after = Column("covered_after", "number", "of them, within the limit after", unit="people", low=0)
    share_before = Column("share_before", "number", "share within the limit today", low=0, high=1, nullable=True)
    share_after = Column("share_after", "number", "share within the limit after", low=0, high=1, nullable=True)


class IndexChanges(Table):
    """The index and rank of each community before the plan and after it."""

    title = "index before and after"
    community = Column("community", "text", "community", unique=True)
    name = Column("name", "text", "name of the community in its own language")
    index_before = Column("index_before", "number", "0 to 100, today", low=0, high=100, nullable=True)
    index_after = Column("index_after", "number", "0 to 100, after", low=0, high=100, nullable=True)
    rank_before = Column("rank_before", "count", "1 is the best, today", low=1, nullable=True)
    rank_after = Column("rank_after", "count", "1 is the best, after", low=1, nullable=True)
    weakest_before = Column("weakest_before", "flag", "among the weakest tenth today")
    weakest_after = Column("weakest_after", "flag", "among the weakest tenth after")


class Proofs(Table):
    """How near the plan is to the best possible, and what its promises cost."""

    title = "how good the plan is"
    question = Column("question", "text", "what was optimised", unique=True)
    objective = Column("objective", "number", "people newly in time, added up over kinds", unit="people × kinds", low=0)
    bound = Column("bound", "number", "no plan of this budget can reach more", unit="people × kinds", low=0)
    proven_gap = Column("proven_gap", "number", "(bound - objective) / bound", low=0, high=1, nullable=True)
    status = Column("status", "text", "optimal, or how the search ended")
    sites = Column("sites", "count", "projects chosen", low=0)
    cost = Column("cost", "number", "what they cost together", unit="currency", low=0)
    seconds = Column("seconds", "number", "time of the search", unit="s", low=0)


class Wants(Table):
    """Homes that are certainly without a kind, one row per cluster and kind."""

    title = "homes without"
    kind = Column("kind", "text", "kind of facility")
    cluster = Column("cluster", "text", "where they live")
    community = Column("community", "text", "community of the cluster")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    people = Column("people", "number", "people whom the kind would serve there", unit="people", low=0)
