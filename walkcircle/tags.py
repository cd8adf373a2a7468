"""Conditions on OpenStreetMap tags, written as short texts so that planners can change them.

A condition is one or more ``key=value`` joined by spaces, all of which must hold: ``key=a|b`` allows
either value, ``key=*`` any value, ``key!=a`` anything but that one (the tag may be absent),
``key!=*`` no value at all. A tag that lists values with semicolons has each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache


def condition_holds(condition: str, tags: Mapping[str, str]) -> bool:
    """Tell whether all parts of `condition` hold for a feature with these `tags`.

    Examples
    --------
    >>> condition_holds("amenity=school isced:level=1|2", {"amenity": "school", "isced:level": "0;1"})
    True
    >>> condition_holds("highway=trunk foot!=yes", {"highway": "trunk", "foot": "yes"})
    False
    """
    return all(_part_holds(key, negated, allowed, tags) for key, negated, allowed in _parse(condition))


def list_keys(condition: str) -> list[str]:
    """List the tag keys that `condition` looks at.

    Examples
    --------
    >>> list_keys("highway=trunk foot!=yes")
    ['highway', 'foot']
    """
    return [key for key, _, _ in _parse(condition)]


@cache
def _parse(condition: str) -> tuple[tuple[str, bool, frozenset[str]], ...]:
    """Take a condition apart once: key, whether it is negated, and the values it names."""
    parts = (part.partition("=") for part in condition.split())
    return tuple((key.removesuffix("!"), key.endswith("!"), frozenset(wanted.split("|"))) for key, _, wanted in parts)


def _part_holds(key: str, negated: bool, allowed: frozenset[str], tags: Mapping[str, str]) -> bool:  # noqa: FBT001 - a part of a condition, never called by hand
    text = tags.get(key, "")
    values = {value.strip() for value in text.split(";")} - {""} if ";" in text else {text.strip()} - {""}
    if negated:
        return not values if "*" in allowed else allowed.isdisjoint(values)
    return bool(values) if "*" in allowed else not allowed.isdisjoint(values)
