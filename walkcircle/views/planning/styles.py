"""Styles: the layers of a plan and how QGIS shows them, years in the same blues as on the map of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from xml.sax.saxutils import quoteattr

import pandas as pd

from walkcircle.plan import Plan
from walkcircle.tables import Links, Phases, Projects
from walkcircle.views.planning.document import to_date
from walkcircle.views.planning.drawing import choose_blue

#: Names of the layers.
SITES, LINKS, GATES = "sites", "links", "gates"

#: Name of the table in which QGIS looks for styles, and of the column of shapes in a GeoPackage.
LAYER_STYLES, _SHAPES = "layer_styles", "geom"

#: What is in no class is white with an edge of ink.
_WHITE, _INK = "#ffffff", "#23282b"

_MARKER: Final = (
    '<symbol type="marker" name="{number}" alpha="1"><layer class="SimpleMarker" enabled="1"><Option type="Map">'
    '<Option name="name" type="QString" value="circle"/><Option name="size" type="QString" value="5"/>'
    '<Option name="color" type="QString" value="{colour}"/>'
    '<Option name="outline_color" type="QString" value="{edge}"/>'
    '<Option name="outline_width" type="QString" value="0.4"/></Option></layer></symbol>'
)
_LINE: Final = (
    '<symbol type="line" name="{number}" alpha="1"><layer class="SimpleLine" enabled="1"><Option type="Map">'
    '<Option name="line_color" type="QString" value="{colour}"/>'
    '<Option name="line_width" type="QString" value="1.2"/></Option></layer></symbol>'
)
_LABELS: Final = (
    '<labeling type="simple"><settings><text-style fieldName="{field}" fontSize="8" textColor="35,40,43,255" '
    'isExpression="0"><text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,255"/></text-style>'
    '<placement placement="6" dist="1"/></settings></labeling>'
)


#: Sorts of missing links and their colours: Okabe and Ito, Color Universal Design (2008), darkened.
_LINK_COLOURS: Final = (
    ("gate", "#8a5a00"), ("crossing", "#0072b2"), ("footbridge", "#a8467c"), ("path", "#00795c"),
)  # fmt: skip


def list_layers(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the layers of a plan as QGIS shows them: sites by year, missing links by sort, and their styles.

    Sites are points, also where the list gives ground; gates are points apart from links, which are lines. A layer
    without rows is left out.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    """
    is_line = (plan.links.geometry.geom_type != "Point").to_numpy(dtype=bool)
    layers = {
        SITES: plan.projects.set_geometry(plan.projects.geometry.representative_point()),
        LINKS: plan.links[is_line],
        GATES: plan.links[~is_line],
    }
    kept = {name: frame for name, frame in layers.items() if len(frame)}
    years = [int(year) for year in plan.phases[Phases.year]]
    by_year = [(str(year), "long", choose_blue(number, len(years))) for number, year in enumerate(years)]
    by_sort = [(sort, "string", colour) for sort, colour in _LINK_COLOURS]
    styles = {
        SITES: write_qml(_MARKER, Projects.year, by_year, label=Projects.rank),
        LINKS: write_qml(_LINE, Links.link_kind, by_sort),
        GATES: write_qml(_MARKER, Links.link_kind, by_sort),
    }
    date = to_date(plan.analysis.place.data_date)
    return {**kept, LAYER_STYLES: list_styles({name: styles[name] for name in kept}, date)} if kept else {}


def list_styles(styles: Mapping[str, str], date: datetime) -> pd.DataFrame:
    """List the styles of layers as QGIS reads them from the table ``layer_styles``.

    Parameters
    ----------
    styles
        QML by the name of its layer.
    date
        When they were made.
    """
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": list(styles),
            "f_geometry_column": _SHAPES,
            "styleName": [f"{name} of the plan" for name in styles],
            "styleQML": list(styles.values()),
            "styleSLD": "",
            "useAsDefault": True,
            "description": "",
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(date),
        }
    )


def write_qml(form: str, column: str, classes: Sequence[tuple[str, str, str]], *, label: str | None = None) -> str:
    """Write a style with a symbol for each class of a column and a white one for what is in none.

    Parameters
    ----------
    form
        The symbol.
    column
        What is classified.
    classes
        Value, its type and its colour.
    label
        Column that is written beside each; none when None.
    """
    categories, symbols = [], []
    for number, (value, sort, colour) in enumerate(classes):
        named = f"value={quoteattr(value)} label={quoteattr(value)}"
        categories.append(f'<category symbol="{number}" {named} type="{sort}" render="true"/>')
        symbols.append(form.format(number=number, colour=_write_colour(colour), edge=_write_colour(_WHITE)))
    last = len(classes)
    categories.append(f'<category symbol="{last}" value="" type="NULL" label="–" render="true"/>')
    symbols.append(form.format(number=last, colour=_write_colour(_WHITE), edge=_write_colour(_INK)))
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.22" '
        f'styleCategories="Symbology|Labeling" labelsEnabled="{int(label is not None)}">'
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(str(column))} enableorderby="0" forceraster="0">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2>"
        f"{'' if label is None else _LABELS.format(field=label)}</qgis>"
    )


def _write_colour(colour: str) -> str:
    """Write a colour as QGIS does: red, green, blue and opacity."""
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
