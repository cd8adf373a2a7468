"""Conditions on OpenStreetMap tags, written as short texts so that planners can change them.

A condition is one or more ``key=value`` joined by spaces, all of which must hold: ``key=a|b`` allows
either value, ``key=*`` any value, ``key!=a`` anything but that one (the tag may be absent). A tag
that lists values with semicolons has each of them.
"""

from __future__ import annotations

from collections.abc import Mapping


def condition_holds(condition: str, tags: Mapping[str, str]) -> bool:
    """Tell whether all parts of `condition` hold for a feature with these `tags`.

    Examples
    --------
    >>> condition_holds("amenity=school isced:level=1|2", {"amenity": "school", "isced:level": "0;1"})
    True
    >>> condition_holds("highway=trunk foot!=yes", {"highway": "trunk", "foot": "yes"})
    False
    """
    return all(_part_holds(part, tags) for part in condition.split())


def _part_holds(part: str, tags: Mapping[str, str]) -> bool:
    key, _, wanted = part.partition("=")
    values = {value.strip() for value in tags.get(key.removesuffix("!"), "").split(";")} - {""}
    allowed = wanted.split("|")
    if key.endswith("!"):
        return not values.intersection(allowed)
    return bool(values) if allowed == ["*"] else not values.isdisjoint(allowed)
