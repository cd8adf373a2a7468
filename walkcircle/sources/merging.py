"""Merging: facilities that a register and the map both have become one.

The rule: the same kind, at most :data:`WITHIN_M` metres apart (nothing where one lies inside the other), and names
that are alike; where one of them has no name, at most :data:`NAMELESS_WITHIN_M`. The register's row stays, and keeps
the map's id. Each place of the map goes to the row whose name is most like its own, then to the nearest, then to the
first by identifier, so that the order of rows never matters.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.tables import Facilities, Merged

#: How far a register's place and the map's may be apart: about the width of a school's ground, metres.
WITHIN_M = 50.0
#: The same where there is no name to compare: the spot itself, as two surveyors would mark it, metres.
NAMELESS_WITHIN_M = 10.0
#: Names are alike from this share of common letters on (Ratcliff and Obershelp, as in :mod:`difflib`).
ALIKE = 0.7

BRACKETED = re.compile(r"[(\[<{【〔《]([^)\]>}】〕》]*)[)\]>}】〕》]")
#: Province, city and district in front of a name; 小区, 社区, 园区, 校区 and 院区 are no districts.
IN_FRONT = re.compile(
    r"(?:\w{2,3}省|\w{2,3}自治区)?(?:\w{2,3}市)?(?:\w{1,3}(?<![小社园校院片新厂库])区|\w{2,3}县)?(?=\w{3})"
)
NUMBERS = re.compile(r"\d+|[零一二三四五六七八九十]+(?=小|中|幼|校|院|号|分|期|店|所|园|人民|实验|医)")
DIGITS = str.maketrans("零一二三四五六七八九", "0123456789")


def merge_facilities(registered: gpd.GeoDataFrame, mapped: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Put a register and the map together, what both have once.

    Parameters
    ----------
    registered, mapped
        :class:`~walkcircle.tables.Facilities` in one metric CRS.

    Returns
    -------
    GeoDataFrame, DataFrame
        The register's rows, with the map's ids in ``also``, then the map's other rows; and the pairs,
        :class:`~walkcircle.tables.Merged`.

    Examples
    --------
    >>> def place(identifier, name, x):
    ...     columns = {Facilities.facility: identifier, Facilities.kind: "school", Facilities.name: name}
    ...     return gpd.GeoDataFrame([columns | {Facilities.source: "?"}], geometry=[shapely.Point(x, 0)], crs=32651)
    >>> both, pairs = merge_facilities(place("A", "杭州市上城区胜利小学", 0), place("n1", "胜利小学（主校区）", 40))
    >>> both[[Facilities.facility, Facilities.also]].to_numpy().tolist()
    [['A', 'n1']]
    """
    pairs = _find_pairs(registered, mapped)
    also: dict[int, list[str]] = defaultdict(list)
    for _, pair in pairs.iterrows():
        also[pair["row"]].append(str(pair[Merged.mapped]))
    marked = registered.assign(**{
        str(Facilities.also): pd.Series(
            [";".join(sorted(also[row])) if row in also else None for row in range(len(registered))],
            index=registered.index, dtype=object,
        )
    })  # fmt: skip
    gone = np.zeros(len(mapped), dtype=bool)
    gone[pairs["gone"].to_numpy(dtype=np.int64)] = True
    both = pd.concat([marked, mapped[~gone]], ignore_index=True)
    table = pairs[[*map(str, Merged.columns())]].sort_values([Merged.kind, Merged.registered, Merged.mapped])
    return gpd.GeoDataFrame(both, crs=registered.crs), table.reset_index(drop=True)


def compare_names(one: str, other: str) -> float:
    """Say how alike two names are, from 0 to 1; names with different numbers are not alike at all.

    Examples
    --------
    >>> compare_names("杭州市上城区小营巷小学", "小营巷小学"), compare_names("第一小学", "第二小学")
    (1.0, 0.0)
    >>> compare_names("学军小学（求智校区）", "学军小学（紫金港校区）") < 0.7
    True
    """
    first, second = (_flatten(name) for name in sorted((one, other)))
    # what stands in brackets tells two branches apart, where both have some
    inside = ["".join(BRACKETED.findall(name)) for name in (first, second)]
    branches = _compare_letters(*inside) if all(inside) else 1.0
    return min(branches, _compare_letters(*(_shorten(name) for name in (first, second))))


def _find_pairs(registered: gpd.GeoDataFrame, mapped: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return for each place of the map the row of the register that it is, where there is one."""
    ours, theirs = registered.geometry.to_numpy(), mapped.geometry.to_numpy()
    gone, row = shapely.STRtree(ours).query(theirs, predicate="dwithin", distance=WITHIN_M)
    kinds = registered[Facilities.kind].to_numpy()[row], mapped[Facilities.kind].to_numpy()[gone]
    gone, row = gone[kinds[0] == kinds[1]], row[kinds[0] == kinds[1]]
    names = (
        registered[Facilities.name].to_numpy(dtype=object)[row],
        mapped[Facilities.name].to_numpy(dtype=object)[gone],
    )
    alike = np.array([_alike(one, other) for one, other in zip(*names, strict=True)], dtype=float)
    apart = shapely.distance(ours[row], theirs[gone])
    pairs = pd.DataFrame({
        "row": row,
        "gone": gone,
        Merged.registered: registered[Facilities.facility].to_numpy()[row],
        Merged.mapped: mapped[Facilities.facility].to_numpy()[gone],
        Merged.kind: kinds[0][kinds[0] == kinds[1]],
        Merged.registered_name: names[0],
        Merged.mapped_name: names[1],
        Merged.alike: alike,
        Merged.apart_m: apart,
    })  # fmt: skip
    same = (alike >= ALIKE) | (np.isnan(alike) & (apart <= NAMELESS_WITHIN_M))
    order = [Merged.mapped, Merged.kind, Merged.alike, Merged.apart_m, Merged.registered]
    best = pairs[same].sort_values(order, ascending=[True, True, False, True, True], na_position="last")
    return pd.DataFrame(best.drop_duplicates("gone"))


def _alike(one: object, other: object) -> float:
    if not isinstance(one, str) or not isinstance(other, str):
        return np.nan
    return compare_names(one, other)


def _flatten(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _shorten(name: str) -> str:
    """Leave out what stands in front and in brackets, and every mark that is no letter."""
    return IN_FRONT.sub("", re.sub(r"[^\w]", "", BRACKETED.sub("", name)), count=1)


def _compare_letters(first: str, second: str) -> float:
    shorter, longer = sorted((first, second), key=lambda name: (len(name), name))
    if not shorter or _numbers(first) != _numbers(second):
        return 0.0
    if len(shorter) >= 3 and (longer.startswith(shorter) or longer.endswith(shorter)):
        return 1.0
    return difflib.SequenceMatcher(None, shorter, longer, autojunk=False).ratio()


def _numbers(name: str) -> list[str]:
    return sorted(found.translate(DIGITS) for found in NUMBERS.findall(name))
