"""Stocks: what each community has of the kinds with a norm."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.adequacy import measure_supply
from walkcircle.analysis import Analysis
from walkcircle.place import assign_communities
from walkcircle.standards import Kind
from walkcircle.tables import Checkup, Communities, Facilities, Supply
from walkcircle.views.profiles.facts import LEAST_PERSON, Stock
from walkcircle.views.profiles.figures import read_numbers, to_number
from walkcircle.views.profiles.people import count_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray


def list_stocks(answer: Analysis) -> dict[tuple[str, str], Stock]:
    """Hold what each community has against the norm, for kinds that have one and whose people are known."""
    found: dict[tuple[str, str], Stock] = {}
    communities = answer.place.communities
    ids = [str(one) for one in communities[Communities.community]]
    facilities = answer.place.facilities
    home = assign_communities(facilities, communities)
    residents = answer.checkup.set_index(Checkup.community)[Checkup.population].reindex(ids)
    groups, unknown = count_groups(answer.clusters, ids)
    for kind in answer.study.standard.kinds:
        if kind.norm_per_1000 is None:
            continue
        people = residents if kind.group == "all" else pd.Series(groups[kind.group], index=ids)
        doubtful = kind.group != "all" and bool((unknown[kind.group] >= LEAST_PERSON).any())
        if people.isna().any() or doubtful:
            continue
        mine = (facilities[Facilities.kind] == kind.id) & home.notna()
        units = pd.Series(_units(facilities[mine], kind), index=home[mine].astype(str).to_numpy())
        table = measure_supply(units, people.astype(float), norm_per_1000=kind.norm_per_1000)
        for row in table.to_dict("records"):
            found[str(row[Supply.area]), kind.id] = Stock(
                float(row[Supply.supply]), int(row[Supply.unknown]), to_number(row[Supply.per_1000]),
                float(kind.norm_per_1000), to_number(row[Supply.adequacy]), to_number(row[Supply.shortfall]),
            )  # fmt: skip
    return found


def _units(facilities: gpd.GeoDataFrame, kind: Kind) -> NDArray[np.float64]:
    """Return what each facility counts in the unit of its norm; missing where that is not known."""
    if not kind.norm_unit.startswith("m²"):
        return read_numbers(facilities, Facilities.capacity)
    if kind.norm_unit == "m²":
        return read_numbers(facilities, Facilities.floor_m2)
    # ground, as of a park, is what is drawn on the map
    shapes = facilities.geometry.to_numpy()
    return np.where(shapely.get_dimensions(shapes) == 2, shapely.area(shapes), nan)
