"""Scenarios: the GeoJSON file of proposals that a map exports and a planner edits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.proposals import LINK_KINDS, Scenario

if TYPE_CHECKING:
    from walkcircle.study import Study

#: What can be done with a facility, and what each needs beside its action.
_ACTIONS: Mapping[str, str] = {"add": "a kind and a Point", "move": "a facility and a Point", "close": "a facility"}

#: Names of the only coordinate reference system of GeoJSON, as files still write it.
_DEGREES = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326",
                      "EPSG:4326"})  # fmt: skip


def read_scenario(path: str | Path, study: Study) -> Scenario:
    """Read proposals from a GeoJSON file, in degrees (WGS 84), in the order of its features.

    What a feature means is in its `properties`; others than these are left alone, and one that is null is as if it were
    not there:

    ==========  ===========  =======================================================================================
    geometry    action       further properties
    ==========  ===========  =======================================================================================
    Point       ``add``      `kind`, of the standard; `name`, `facility` (its id) and `capex` (what it costs, for a
                             plan) if wanted. Without an action a Point adds.
    Point       ``move``     `facility`, its id; `kind` where only one of its kinds moves
    Point or    ``close``    `facility`, its id; `kind` where only one of its kinds closes
    none
    LineString  ``add``      `link_kind`: ``gate``, ``crossing``, ``footbridge`` or ``path``, which it is if nothing is
                             said; `capex`. Without an action a LineString adds a link.
    any, none   ``close``    `way`, the number of an OpenStreetMap way that closes, in place of `facility`
    ==========  ===========  =======================================================================================

    Ids of facilities are those of ``tables/facilities.csv`` and of the map: ``node/123``. An example::

        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"action": "add", "kind": "health", "name": "New clinic"},
                    "geometry": {"type": "Point", "coordinates": [7.4187, 43.7312]},
                },
                {"type": "Feature", "properties": {"action": "close", "facility": "node/123"}, "geometry": null},
                {
                    "type": "Feature",
                    "properties": {"link_kind": "footbridge"},
                    "geometry": {"type": "LineString", "coordinates": [[7.4187, 43.7312], [7.4190, 43.7310]]},
                },
            ],
        }

    Parameters
    ----------
    path
        The file.
    study
        Its standard has the kinds.

    Returns
    -------
    Scenario
        Its edits. Whether facilities and streets are there is known when it meets a place.

    Raises
    ------
    SourceError
        The file is not there, or is no GeoJSON.
    TableError
        A feature cannot be meant; the first that cannot is named by its number, 1, 2, …
    """
    file = Path(path)
    scenario = Scenario()
    for number, feature in enumerate(_read_features(file), start=1):
        try:
            scenario = _Feature.read(feature).add_to(scenario, study)
        except (TableError, StudyError) as error:
            msg = f"{file.name}: feature {number}: {error}"
            raise TableError(msg) from None
    return scenario


def _read_features(path: Path) -> Sequence[object]:
    """Read the features of a collection, or a single one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check the path"
        raise SourceError(msg) from None
    except (ValueError, RecursionError):  # also bytes that are no UTF-8
        msg = f"{path.name}: is no GeoJSON; export the proposals again, or check the file with any JSON editor"
        raise SourceError(msg) from None
    if isinstance(content, dict) and content.get("type") == "Feature":
        content = {"type": "FeatureCollection", "features": [content]}
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection" or not isinstance(features, list):
        msg = f"{path.name}: is no GeoJSON FeatureCollection; it begins with {{'type': 'FeatureCollection', …"
        raise SourceError(msg.replace("'", '"'))
    named = re.findall(r'"name": "([^"]*)"', json.dumps(content.get("crs")))
    if content.get("crs") is not None and not _DEGREES.issuperset(named or [""]):
        msg = f"{path.name}: its coordinates are in {_write(content['crs'])}; export it in degrees (WGS 84, EPSG:4326)"
        raise SourceError(msg)
    return features


class _Feature:
    """A feature whose shape and texts were checked."""

    def __init__(self, properties: dict[str, Any], shape: str | None, places: list[tuple[float, float]]) -> None:
        self._properties, self._shape, self._places = properties, shape, places

    @classmethod
    def read(cls, feature: object) -> _Feature:
        """Take a feature apart.

        Raises
        ------
        TableError
            It is no feature, or its geometry is none that is understood.
        """
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            msg = 'it is no Feature; it should have "type": "Feature", properties and a geometry'
            raise TableError(msg)
        properties, geometry = feature.get("properties"), feature.get("geometry")
        if properties is not None and not isinstance(properties, dict):
            msg = "its properties are no object; write them as {name: value}"
            raise TableError(msg)
        shape, places = None, []
        if geometry is not None:
            shape = geometry.get("type") if isinstance(geometry, dict) else None
            if shape not in {"Point", "LineString"}:
                msg = f"its geometry is {_write(shape)}; a facility is a Point, a link is a LineString"
                raise TableError(msg)
            places = _read_places([geometry.get("coordinates")] if shape == "Point" else geometry.get("coordinates"))
        return cls(properties or {}, shape, places)

    def add_to(self, scenario: Scenario, study: Study) -> Scenario:
        """Return the scenario with what the feature means.

        Raises
        ------
        TableError
            It cannot be meant.
        StudyError
            Its kind is not in the standard.
        """
        action = self._text("action") or ("add" if self._shape else None)
        if action is None or action not in _ACTIONS:
            msg = f"its action is {_write(action or None)}; the actions are: {', '.join(_ACTIONS)}"
            raise TableError(msg)
        kind, facility = self._text("kind"), self._text("facility")
        way = self._properties.get("way")
        if action == "close" and facility is None and way is not None:
            if isinstance(way, bool) or not isinstance(way, int):
                msg = f"its way is {_write(way)}; give the number of an OpenStreetMap way"
                raise TableError(msg)
            return scenario.close_street(way)
        if self._shape == "LineString":
            return self._add_link(scenario, action)
        if kind is not None:
            kind = study.standard.kind(kind).id
        lacks = kind is None if action == "add" else facility is None
        if lacks or (action != "close" and self._shape is None):
            msg = f"to {action} takes {_ACTIONS[action]}, and {self._describe(action)} is missing"
            raise TableError(msg)
        if action == "close":
            return scenario.close_facility(str(facility), kind=kind)
        if action == "move":
            return scenario.move_facility(str(facility), *self._places[0], kind=kind)
        return scenario.add_facility(
            str(kind), *self._places[0], name=self._text("name"), facility=facility, capex=self._cost()
        )

    def _add_link(self, scenario: Scenario, action: str) -> Scenario:
        if action != "add":
            msg = f"a LineString cannot {action}; a link is added, and a street is closed by its way"
            raise TableError(msg)
        return scenario.add_link(self._places, link_kind=self._text("link_kind") or LINK_KINDS[-1], capex=self._cost())

    def _describe(self, action: str) -> str:
        """Say what is missing."""
        wanted = "kind" if action == "add" else "facility"
        return f"its {wanted}" if self._text(wanted) is None else "its place"

    def _cost(self) -> float | None:
        """Return the cost of building; None where it is missing."""
        value = self._properties.get("capex")
        if value is None or _is_number(value, most=1e15):
            return None if value is None else float(value)
        msg = f"its capex is {_write(value)}; write a number, in whole currency"
        raise TableError(msg)

    def _text(self, name: str) -> str | None:
        """Return a property that is a text, or a number as one; None where it is missing or empty."""
        value = self._properties.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value.strip() or None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        msg = f"its {name} is {_write(value)}; write a text"
        raise TableError(msg)


def _read_places(coordinates: object) -> list[tuple[float, float]]:
    """Read longitudes and latitudes; heights are left out."""
    if not isinstance(coordinates, list):
        msg = "its geometry has no coordinates; write [longitude, latitude]"
        raise TableError(msg)
    places = []
    for pair in coordinates:
        numbers = pair if isinstance(pair, list) else []
        if len(numbers) < 2 or not all(_is_number(number) for number in numbers[:2]):
            msg = f"its coordinates hold {_write(pair)}; write [longitude, latitude] as two numbers"
            raise TableError(msg)
        places.append((float(numbers[0]), float(numbers[1])))
    return places


def _is_number(value: object, *, most: float = 1e9) -> bool:
    """Tell whether a value is a number that a coordinate may be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < most and isfinite(value)  # a whole number may be too long for a float


def _write(value: object) -> str:
    """Write a value of the file, shortened."""
    if value is None:
        return "missing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
