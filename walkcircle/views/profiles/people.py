"""People: groups, the type of community that they make, and closed estates."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.analysis import Analysis
from walkcircle.groups import GROUPS
from walkcircle.tables import Checkup, Clusters
from walkcircle.views.profiles.facts import LEAST_PERSON
from walkcircle.views.profiles.figures import share_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: The groups of children and youths under 16, who together make a community one of families.
YOUNGEST: Final = ("infant", "child", "pupil", "youth")


#: From which share of residents on a community is called ageing, of families, or young. A place with 30 % aged 60 and
#: over is severely ageing in the usual Chinese grades (20 % is moderate); the other two are walkcircle's choice, a
#: little above the country's 18 % under 15 and 27 % aged 16 to 35.
TYPE_BOUNDS: Final[Mapping[str, float]] = {"ageing": 0.3, "families": 0.2, "young": 0.35}


def choose_type(groups: Mapping[str, float], unknown: Mapping[str, float], residents: float) -> str | None:
    """Call a community ageing, of families, young or mixed by the shares of its residents' groups.

    The share that exceeds its bound in :data:`TYPE_BOUNDS` by the largest factor names it; none does in a mixed one.
    Where the people of a group are not known for all residents, there is no type.

    Examples
    --------
    >>> choose_type({"elder": 35, "adult": 20, "infant": 2, "child": 3, "pupil": 5, "youth": 2}, {}, 100)
    'ageing'
    """
    needed = (Clusters.elder, Clusters.adult, *YOUNGEST)
    if residents < 1 or any(unknown.get(g, 0.0) >= LEAST_PERSON or isnan(groups.get(g, nan)) for g in needed):
        return None
    share = {
        "ageing": groups[Clusters.elder] / residents,
        "families": sum(groups[g] for g in YOUNGEST) / residents,
        "young": groups[Clusters.adult] / residents,
    }
    factor = {name: share[name] / bound for name, bound in TYPE_BOUNDS.items()}
    most = max(factor, key=lambda name: factor[name])
    return most if factor[most] >= 1 else "mixed"


def measure_estates(answer: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the closed estates with homes in each community, and the share of residents in them."""
    clusters, ids = answer.clusters, answer.checkup[Checkup.community]
    inside = clusters[clusters[Clusters.estate].notna()]
    count = inside.groupby(Clusters.community)[Clusters.estate].nunique().reindex(ids, fill_value=0)
    people = inside.groupby(Clusters.community)[Clusters.population].sum().reindex(ids, fill_value=0.0)
    whole = clusters.groupby(Clusters.community)[Clusters.population].sum().reindex(ids, fill_value=0.0)
    share = share_parts(people.to_numpy(dtype=float), whole.to_numpy(dtype=float))
    return count.to_numpy(dtype=np.int64), share


def count_groups(
    clusters: gpd.GeoDataFrame, ids: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Count each group's people in each community, missing where nothing is known, and residents not known of."""
    residents = clusters[Clusters.population]
    home = clusters[Clusters.community]
    people, unknown = {}, {}
    for group in GROUPS:
        mine = clusters[group].astype(float) if group in clusters else pd.Series(nan, index=clusters.index)
        people[group] = mine.groupby(home).sum(min_count=1).reindex(ids).to_numpy(dtype=float)
        doubt = residents.where(mine.isna(), 0.0).groupby(home).sum().reindex(ids, fill_value=0.0)
        unknown[group] = doubt.to_numpy(dtype=float)
    return people, unknown
