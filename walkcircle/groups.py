"""Groups: the people whom a kind of facility serves, and how many of them live where.

A number of a group is known or it is not; nothing is made up. Where it is not known, all residents stand in for the
group, and every table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from walkcircle.errors import TableError
from walkcircle.tables import Clusters

#: The group that everybody is of.
EVERYBODY: Final = "all"


@dataclass(frozen=True)
class Group:
    """People of some ages, or in some need.

    Attributes
    ----------
    id
        As in a standard, and the name of the column that counts them.
    zh, en
        What they are called inside a sentence, in the plural.
    ages
        Their ages in completed years, as standards write them; empty where ages do not tell.
    """

    id: str
    zh: str
    en: str
    ages: str

    def label(self, language: str) -> str:
        """Return what they are called in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


#: The groups by id, which is also the name of their column in residences and clusters. The ages are those that
#: standards name: care for infants is for those under 3, kindergartens are for those of 3 to 6, and so on; where two
#: groups meet, whoever has that birthday is of the older one.
GROUPS: Final[Mapping[str, Group]] = {
    group.id: group
    for group in (
        Group("infant", "3岁以下婴幼儿", "infants under 3", "0-3"),
        Group("child", "3至6岁儿童", "children aged 3 to 6", "3-6"),
        Group("pupil", "6至12岁学童", "pupils aged 6 to 12", "6-12"),
        Group("youth", "12至15岁少年", "youths aged 12 to 15", "12-15"),
        Group("adult", "16至35岁青年", "young adults aged 16 to 35", "16-35"),
        Group("elder", "60岁及以上老年人", "people aged 60 and over", "60+"),
        Group("aged", "80岁及以上高龄老年人", "people aged 80 and over", "80+"),
        Group("disabled", "残疾人", "people with disabilities", ""),
    )
}


def name_group(group: str, language: str) -> str:
    """Return what the people of a group are called inside a sentence; those of ``all`` are residents.

    Raises
    ------
    TableError
        There is no such group.

    Examples
    --------
    >>> name_group("child", "en"), name_group("all", "zh")
    ('children aged 3 to 6', '居民')
    """
    if group == EVERYBODY:
        return "居民" if language == "zh" else "residents"
    return _find_group(group).label(language)


def count_demand(clusters: pd.DataFrame, group: str) -> tuple[pd.Series, pd.Series]:
    """Count the people of a group in each cluster; where that is not known, all residents stand in.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`; a group without a column, or a missing number, is not known.
    group
        ``all``, or an id of :data:`GROUPS`.

    Returns
    -------
    people : Series of float
        On the index of `clusters`.
    stand_in : Series of bool
        True where `people` are all residents because the group's number is not known.

    Raises
    ------
    TableError
        There is no such group.

    Examples
    --------
    >>> clusters = pd.DataFrame({"population": [100.0, 50.0], "elder": [20.0, None]})
    >>> people, stand_in = count_demand(clusters, "elder")
    >>> people.tolist(), stand_in.tolist()
    ([20.0, 50.0], [False, True])
    """
    residents = clusters[Clusters.population].astype(float)
    nobody = pd.Series(data=False, index=clusters.index)
    if group == EVERYBODY:
        return residents, nobody
    column = _find_group(group).id
    if column not in clusters:
        # where nobody lives, the number of every group is known
        return residents, residents > 0
    people = clusters[column].astype(float).where(residents > 0, 0.0)
    return people.fillna(residents), people.isna()


def _find_group(group: str) -> Group:
    if group not in GROUPS:
        msg = f"there is no group '{group}'; the groups are: {', '.join([EVERYBODY, *GROUPS])}"
        raise TableError(msg)
    return GROUPS[group]
