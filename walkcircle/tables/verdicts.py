"""What is lacking and why, scores, ranks, and how firm they are."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Gaps(Table):
    """Residents without a kind of facility that serves them within the limit, per community."""

    title = "gaps"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "who walks")
    group = Column("group", "text", "whom the kind serves: all, or one group of people")
    stand_in = Column("stand_in", "flag", "all residents stand in for some of the group, as its number is unknown")
    residents_without = Column(
        "residents_without", "number", "residents of the group beyond the limit", unit="people", low=0
    )
    share_without = Column("share_without", "number", "of the community's residents of the group", low=0, high=1)
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


class Scores(Table):
    """The score of each community for each kind, and what it is made of."""

    title = "scores by kind"
    community = Column("community", "text", "community")
    kind = Column("kind", "text", "kind of facility")
    walker = Column("walker", "text", "by whose walks it is scored")
    group = Column("group", "text", "whom the kind is for")
    coverage = Column(
        "coverage",
        "number",
        "share of those who need it for whom it is in time, at most; missing where the data are thin",
        low=0,
        high=1,
        nullable=True,
    )
    adequacy = Column("adequacy", "number", "is there enough; missing where unknown", low=0, high=1, nullable=True)
    quality = Column("quality", "number", "is it large enough; missing where unknown", low=0, high=1, nullable=True)
    score = Column(
        "score", "number", "weighted mean of the three, of those that are known", low=0, high=100, nullable=True
    )
    known = Column("known", "number", "share of the three weights that is known and firm", low=0, high=1)
    stand_in = Column("stand_in", "flag", "all residents stand in for people of the group, whose number is unknown")


class CategoryScores(Table):
    """The score of each community for each category."""

    title = "scores by category"
    community = Column("community", "text", "community")
    category = Column("category", "text", "category of the standard")
    score = Column(
        "score", "number", "weighted mean of its kinds, of those that have a score", low=0, high=100, nullable=True
    )
    known = Column("known", "number", "weighted mean of what is known of its kinds", low=0, high=1)


class Firmness(Table):
    """How firm the ranking is: what becomes of it when all that is doubtful is drawn anew, many times."""

    title = "firmness"
    community = Column("community", "text", "community", unique=True)
    weakest_probability = Column(
        "weakest_probability",
        "number",
        "share of the draws in which it is in the weakest tenth; missing without a rank",
        low=0,
        high=1,
        nullable=True,
    )
    rank_low = Column("rank_low", "number", "5th percentile of its rank over the draws", low=1, nullable=True)
    rank_high = Column("rank_high", "number", "95th percentile of its rank over the draws", low=1, nullable=True)


class Checkup(Table):
    """The check-up of each community: index, rank, and how sure we are."""

    title = "check-up"
    community = Column("community", "text", "community", unique=True)
    name = Column("name", "text", "name of the community")
    subdistrict = Column("subdistrict", "text", "subdistrict or town it belongs to", optional=True, nullable=True)
    district = Column("district", "text", "district or county it belongs to", optional=True, nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    index = Column(
        "index",
        "number",
        "0 to 100, from known kinds only; missing where fewer than half are firm or nobody lives",
        low=0,
        high=100,
        nullable=True,
    )
    index_low = Column(
        "index_low", "number", "the same if nobody who is unsure had it: the truth lies between", low=0, high=100,
        nullable=True,
    )  # fmt: skip
    rank = Column(
        "rank",
        "count",
        "1 is the best; missing with the index, and where hardly anybody lives",
        low=1,
        nullable=True,
    )
    percentile = Column(
        "percentile",
        "number",
        "of the other communities with a rank, how many have a lower index",
        unit="%",
        low=0,
        high=100,
        optional=True,
        nullable=True,
    )
    firm_kinds = Column("firm_kinds", "count", "kinds with trustworthy data", low=0)
    weakest = Column("weakest", "flag", "in the weakest tenth")
    weakest_probability = Column(
        "weakest_probability",
        "number",
        "share of the draws in which it is in the weakest tenth; missing without a rank or without draws",
        low=0,
        high=1,
        optional=True,
        nullable=True,
    )
    rank_low = Column(
        "rank_low", "number", "5th percentile of its rank over the draws", low=1, optional=True, nullable=True
    )
    rank_high = Column(
        "rank_high", "number", "95th percentile of its rank over the draws", low=1, optional=True, nullable=True
    )
    absent = Column(
        "absent",
        "text",
        "mandatory kinds that certainly nobody there has in time, by their ids",
        optional=True,
        nullable=True,
    )
    confidence = Column("confidence", "text", "A to D, by the share of the scores' weights that is known and firm")
    geometry = Column("geometry", "geometry", "area of the community")


class AreaScores(Table):
    """The index of subdistricts, districts and the whole: means over their communities, weighted by people."""

    title = "index by area"
    level = Column("level", "text", "subdistrict, district or city")
    area = Column("area", "text", "its name; all for the city")
    district = Column("district", "text", "district of a subdistrict", nullable=True)
    population = Column("population", "number", "residents", unit="people", low=0)
    communities = Column("communities", "count", "its communities", low=0)
    scored = Column("scored", "count", "of them, those with an index", low=0)
    scored_population = Column("scored_population", "number", "residents of those", unit="people", low=0)
    index = Column(
        "index",
        "number",
        "mean of the index, weighted by residents; missing without any",
        low=0,
        high=100,
        nullable=True,
    )


class AreaCategories(Table):
    """The score of subdistricts, districts and the whole for each category, weighted by people."""

    title = "categories by area"
    level = Column("level", "text", "subdistrict, district or city")
    area = Column("area", "text", "its name; all for the city")
    district = Column("district", "text", "district of a subdistrict", nullable=True)
    category = Column("category", "text", "category of the standard")
    population = Column("population", "number", "residents of communities with that score", unit="people", low=0)
    score = Column(
        "score",
        "number",
        "mean of the score, weighted by residents; missing without any",
        low=0,
        high=100,
        nullable=True,
    )
