"""Areas: the check-up rolled up from communities to subdistricts, districts and the whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from walkcircle.tables import AreaCategories, AreaScores, CategoryScores, Checkup

#: How the whole is called, which has no name of its own.
WHOLE = "all"


def score_areas(checkup: pd.DataFrame, categories: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score subdistricts, districts and the whole: means over their communities, weighted by residents.

    ``index of an area = Σ residents · index / Σ residents`` over its communities with an index, and the same for each
    category.

    Parameters
    ----------
    checkup
        :class:`~walkcircle.tables.Checkup`; its subdistrict and district say what belongs where.
    categories
        :class:`~walkcircle.tables.CategoryScores`.

    Returns
    -------
    tuple of DataFrame
        :class:`~walkcircle.tables.AreaScores` and :class:`~walkcircle.tables.AreaCategories`: subdistricts, districts,
        and the whole, whose area is called all. Communities without a score are in neither sum; those that name no
        subdistrict or district are only in the whole.
    """
    home = checkup.set_index(Checkup.community)
    rows = categories[categories[CategoryScores.community].isin(home.index)]
    at_home = home.reindex(rows[CategoryScores.community])
    levels = [_name_areas(home, level) for level in ("subdistrict", "district", "city")]
    keys = [AreaScores.level, AreaScores.area, AreaScores.district]
    indices, parts = [], []
    for names in levels:
        people = home[Checkup.population].to_numpy(dtype=float)
        index = home[Checkup.index].to_numpy(dtype=float)
        indices.append(_weigh(names.reset_index(drop=True), keys, index, people))
        named = names.reindex(rows[CategoryScores.community]).reset_index(drop=True)
        named[AreaCategories.category] = rows[CategoryScores.category].to_numpy()
        people = at_home[Checkup.population].to_numpy(dtype=float)
        score = rows[CategoryScores.score].to_numpy(dtype=float)
        parts.append(_weigh(named, [*keys, AreaCategories.category], score, people))
    areas, by_category = pd.concat(indices, ignore_index=True), pd.concat(parts, ignore_index=True)
    categorised = by_category.drop(columns=[AreaScores.population, AreaScores.communities, AreaScores.scored]).rename(
        columns={AreaScores.scored_population: AreaCategories.population, AreaScores.index: AreaCategories.score}
    )
    return areas[[*map(str, AreaScores.columns())]], categorised[[*map(str, AreaCategories.columns())]]


def _name_areas(home: pd.DataFrame, level: str) -> pd.DataFrame:
    """Name the area of each community at a level, and the district of a subdistrict."""
    nothing = pd.Series(None, index=home.index, dtype=object)
    named = {
        column: home[column] if column in home.columns else nothing
        for column in (Checkup.subdistrict, Checkup.district)
    }
    area = {
        "subdistrict": named[Checkup.subdistrict],
        "district": named[Checkup.district],
        "city": pd.Series(WHOLE, index=home.index, dtype=object),
    }[level]
    above = named[Checkup.district] if level == "subdistrict" else nothing
    return pd.DataFrame(
        {AreaScores.level: level, AreaScores.area: area.astype(object), AreaScores.district: above.astype(object)},
        index=home.index,
    )


def _weigh(names: pd.DataFrame, keys: Sequence[str], values: np.ndarray, people: np.ndarray) -> pd.DataFrame:
    """Return the mean of each area, weighted by people, of what is known."""
    inside = names[AreaScores.area].notna().to_numpy()
    known = ~np.isnan(values)
    summed = "sum"
    table = names.assign(
        **{
            AreaScores.population: people,
            AreaScores.communities: 1,
            AreaScores.scored: known.astype(int),
            AreaScores.scored_population: np.where(known, people, 0.0),
            summed: np.where(known, people * np.nan_to_num(values), 0.0),
        }
    )
    sums = table[inside].groupby(list(keys), dropna=False, sort=False).sum().reset_index()
    total = sums[AreaScores.scored_population].to_numpy(dtype=float)
    mean = np.divide(sums.pop(summed).to_numpy(dtype=float), total, out=np.full(len(sums), np.nan), where=total > 0)
    sums[AreaScores.district] = sums[AreaScores.district].astype(object).where(sums[AreaScores.district].notna(), None)
    return sums.assign(**{AreaScores.index: mean.round(9).clip(0, 100)})
