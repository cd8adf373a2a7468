"""Where something could be built or opened: idle land and buildings."""

from __future__ import annotations

from walkcircle.tables.columns import Column, Table


class Candidates(Table):
    """Idle land and buildings where a facility could go, one row each; what is not known is missing, never zero."""

    title = "candidate sites"
    candidate = Column("candidate", "text", "identifier of the site", unique=True)
    name = Column("name", "text", "name as listed", nullable=True)
    area_m2 = Column(
        "area_m2", "number", "ground; that of the shape where the list gives none", unit="m²", low=0, nullable=True
    )
    floor_m2 = Column("floor_m2", "number", "floor area that could be used", unit="m²", low=0, nullable=True)
    level = Column(
        "level",
        "number",
        "storey: 1 is the ground floor, -1 the first below it; of several the lowest above ground",
        nullable=True,
    )
    kinds = Column(
        "kinds", "text", "ids of the kinds that are allowed there, parted by ';'; '*' for any kind", nullable=True
    )
    shared = Column(
        "shared", "text", "when it may be used beside its owner's use; 'no' for all the time", nullable=True
    )
    from_year = Column("from_year", "count", "first year it could be used", low=1900, nullable=True)
    capex = Column(
        "capex",
        "number",
        "cost of making it ready, in the currency of the study",
        unit="currency",
        low=0,
        nullable=True,
    )
    opex = Column("opex", "number", "rent and running cost", unit="currency per year", low=0, nullable=True)
    ownership = Column("ownership", "text", "who owns it, as listed", nullable=True)
    barrier_free = Column("barrier_free", "flag", "a wheelchair gets in", nullable=True)
    source = Column("source", "text", "where the row comes from: the list's name, or 'along the streets'")
    community = Column("community", "text", "community it lies in; missing outside all", nullable=True)
    geometry = Column("geometry", "geometry", "point or area of the site")
