"""Scenarios: proposals written as the GeoJSON file that is read again, and their effects as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from walkcircle.errors import OutputError
from walkcircle.proposals import WGS84, FacilityAdded, FacilityClosed, FacilityMoved, LinkAdded

if TYPE_CHECKING:
    import pandas as pd

    from walkcircle.proposals import Edit, Scenario

#: Decimals of a degree: a tenth of a millimetre.
DECIMALS = 9


def write_scenario(scenario: Scenario, path: str | Path) -> Path:
    """Write a scenario as GeoJSON, as :func:`~walkcircle.sources.scenarios.read_scenario` describes it.

    Parameters
    ----------
    scenario
        Its edits. What is named by edges of one network, and has no line, has no meaning in a file.
    path
        The file; one that is there is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        The file cannot be written, or an edit is named by edges alone.
    """
    file = Path(path)
    features = [_write_edit(edit) for edit in scenario.to_crs(WGS84).edits]
    # one feature a line: a planner may edit the file by hand
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{file}: cannot be written ({error.strerror}); choose another folder"
        raise OutputError(msg) from None
    return file


def write_effects(effects: pd.DataFrame, path: str | Path) -> Path:
    """Write :class:`~walkcircle.tables.Effects` as CSV that spreadsheets read, and return the file.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    file = Path(path)
    try:
        effects.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")
    except OSError as error:
        msg = f"{file}: cannot be written ({error.strerror or error}); choose another folder"
        raise OutputError(msg) from None
    return file


def _write_edit(edit: Edit) -> dict[str, Any]:
    """Write an edit as a feature."""
    if isinstance(edit, FacilityAdded):
        properties = {"action": "add", "kind": edit.kind, "name": edit.name, "facility": edit.facility}
        return _make_feature({**properties, "capex": edit.capex}, edit.point)
    if isinstance(edit, FacilityMoved):
        return _make_feature({"action": "move", "facility": edit.facility, "kind": edit.kind}, edit.point)
    if isinstance(edit, FacilityClosed):
        return _make_feature({"action": "close", "facility": edit.facility, "kind": edit.kind}, None)
    if isinstance(edit, LinkAdded) and edit.line is not None:
        return _make_feature({"action": "add", "link_kind": edit.link_kind, "capex": edit.capex}, edit.line)
    if not isinstance(edit, LinkAdded) and edit.way is not None:
        return _make_feature({"action": "close", "way": edit.way}, None)
    msg = "an edge of a network means nothing in a file; draw the link with a line, or close the street by its way"
    raise OutputError(msg)


def _make_feature(properties: dict[str, Any], shape: shapely.Geometry | None) -> dict[str, Any]:
    """Make a feature; what is not known is left out."""
    geometry = None
    if shape is not None:
        places = [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in shapely.get_coordinates(shape).tolist()]
        geometry = {"type": shape.geom_type, "coordinates": places[0] if shape.geom_type == "Point" else places}
    known = {name: value for name, value in properties.items() if value is not None}
    return {"type": "Feature", "properties": known, "geometry": geometry}
