"""Analysis: the answer to a study, and the only place that knows the order of the measures."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from walkcircle.place import Place
from walkcircle.study import Study


@dataclass(frozen=True)
class Analysis:
    """The answer: every table that a study asks for. All are documented in :mod:`walkcircle.tables`.

    Attributes
    ----------
    study, place
        The question and the ground.
    clusters
        Where walks start.
    isochrones
        Ground within each limit from each cluster, for the first walker.
    coverage
        Nearest facility of each kind from each cluster, per walker.
    communities
        Coverage weighted by people, per community, kind and walker.
    gaps
        Residents without, per community, kind and walker.
    checkup
        The index of each community and the weakest tenth, for the first walker.
    agreement
        Where drawn isochrones and walking times disagree, and why.
    compared
        Number of (cluster, facility, limit) triples that were compared for `agreement`.
    unsnapped
        What could not be joined to the streets.
    """

    study: Study
    place: Place
    clusters: gpd.GeoDataFrame
    isochrones: gpd.GeoDataFrame
    coverage: pd.DataFrame
    communities: pd.DataFrame
    gaps: pd.DataFrame
    checkup: gpd.GeoDataFrame
    agreement: pd.DataFrame
    compared: int
    unsnapped: pd.DataFrame
