"""How far projects have come, in a table that the user keeps, and what became of their promises."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Tracking(Table):
    """How far each project has come, one row per project; places in degrees (WGS 84), days as YYYY-MM-DD."""

    title = "tracking of projects"
    project = Column("project", "text", "identifier of the project", unique=True)
    sort = Column("sort", "text", "facility, or link")
    kind = Column("kind", "text", "kind of facility, or of link: gate, crossing, footbridge, path")
    state = Column("state", "text", "planned, building, operating or dropped")
    name = Column("name", "text", "name of the facility or of what is crossed", nullable=True)
    lon = Column("lon", "number", "longitude, WGS 84", unit="°", low=-180, high=180, nullable=True)
    lat = Column("lat", "number", "latitude, WGS 84", unit="°", low=-90, high=90, nullable=True)
    wkt = Column(
        "wkt", "text", "line of a link or area of a site in WGS 84, such as LINESTRING (lon lat, lon lat)",
        nullable=True,
    )  # fmt: skip
    planned = Column("planned", "text", "day since which it is planned", nullable=True)
    building = Column("building", "text", "day since which it is being built", nullable=True)
    operating = Column("operating", "text", "day since which it operates, or will", nullable=True)
    dropped = Column("dropped", "text", "day on which it was dropped", nullable=True)
    promised = Column(
        "promised", "number", "people newly in time when it was planned, added up over kinds", unit="people × kinds",
        low=0, nullable=True,
    )  # fmt: skip
    note = Column("note", "text", "what the user wants to remember", nullable=True)
    facility = Column(
        "facility", "text", "the facility of the check-up that it is; missing where it is none", optional=True,
        nullable=True,
    )  # fmt: skip


class Deliveries(Table):
    """What became of the promises of projects, one row per project, in the order of the tracking table."""

    title = "promised and delivered"
    project = Column("project", "text", "the project", unique=True)
    state = Column("state", "text", "planned, building, operating or dropped")
    counted = Column("counted", "flag", "it operates on the day of the data, and so counts in the check-up")
    promised = Column(
        "promised", "number", "people newly in time when it was planned", unit="people × kinds", low=0, nullable=True
    )
    delivered = Column(
        "delivered", "number",
        "people in time with it who are not without any tracked project, nor with those before it: links first, then "
        "facilities in the order of the table; missing where it does not count", unit="people × kinds", low=0,
        nullable=True,
    )  # fmt: skip
    only = Column(
        "only", "number", "people who would not be in time if it alone were gone; missing where it does not count",
        unit="people × kinds", low=0, nullable=True,
    )  # fmt: skip
