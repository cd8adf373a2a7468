"""Map: the answer as one interactive page that works offline, made of a Folium map and one element of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import folium
import numpy as np
from branca.element import MacroElement
from folium.template import Template
from pyproj import Transformer

from walkcircle.analysis import Analysis
from walkcircle.errors import OutputError
from walkcircle.tables import Causes, Checkup, CommunityCoverage, Gaps
from walkcircle.views.findings import Finding, describe_index, describe_kind, join_limits
from walkcircle.views.layers import LAYERS, Layer
from walkcircle.views.legend import describe_legend
from walkcircle.views.overview import PAGE
from walkcircle.views.page import Page, add_policy, assemble_leaflet, join_scripts, name_elements, read_asset
from walkcircle.views.palette import write_css_roles
from walkcircle.views.payload import Packing
from walkcircle.views.portrait import FOLDER
from walkcircle.views.sheets import name_files
from walkcircle.views.text import TEXTS, Language

#: Online tiles, only where a study asks for them, and then behind a switch that is off.
TILE_URL = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"

_LANG: Final[Mapping[str, str]] = {"en": "en", "zh": "zh-CN"}


class WalkMap(folium.Map):
    """A Folium map in a page of its own: offline, with every script allowed by its hash.

    Other Folium layers are added as to any map (``folium.GeoJson(…).add_to(walk_map)``); what would need the
    internet is refused when the page is made.
    """

    # Leaflet is in the page already, and nothing else is needed
    default_js: ClassVar[list[tuple[str, str]]] = []  # type: ignore[misc]  # Folium declares it per instance
    default_css: ClassVar[list[tuple[str, str]]] = []  # type: ignore[misc]  # Folium declares it per instance

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <style>{{ this.leaflet_css }}</style>
            <style>{{ this.page_css }}</style>
            <script>L_NO_TOUCH = false; L_DISABLE_3D = false;</script>
            <script>{{ this.leaflet_js }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map("map", {
                center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }}, ...{{ this.options|tojavascript }}
            });
            {{ this.get_name() }}.attributionControl.setPrefix("");
            {%- if this.objects_to_stay_in_front %}
            {{ this.get_name() }}.on("overlayadd", () => {
                {%- for one in this.objects_to_stay_in_front %} {{ one.get_name() }}.bringToFront(); {%- endfor %}
            });
            {%- endif %}
        {% endmacro %}
        """
    )

    def __init__(
        self, centre: tuple[float, float], language: Language, answer: MacroElement, *, tile_url: str | None = None
    ) -> None:
        """Put an `answer` on a page; `centre` is latitude and longitude, `tile_url` what it may switch on."""
        super().__init__(
            location=centre, tiles=None, zoom_start=14, zoom_control=False, prefer_canvas=True,
            zoom_snap=0.25, max_zoom=19, wheel_px_per_zoom_level=90,
        )  # fmt: skip
        self.page = Page(_LANG[language])
        self.page.add_child(self)
        self.leaflet_css, self.leaflet_js = assemble_leaflet()
        self.page_css = write_css_roles() + read_asset("live/page.css")
        self._tile_url = tile_url
        self.add_child(answer)

    def to_html(self) -> str:
        """Return the whole page as text; the same map gives the same text.

        Raises
        ------
        OutputError
            A layer that was added needs something from outside.
        """
        html = self.page.render()
        script = self.page.script.render()
        if "AwesomeMarkers" in script:
            msg = "folium.Icon needs fonts from the internet; use a marker without icon=, or folium.DivIcon"
            raise OutputError(msg)
        if re.search(r"\$[.(]", script):  # Folium's popups are written with jQuery
            jquery = read_asset("assets/jquery/jquery.min.js")
            html = html.replace("</head>", f"<script>{jquery}</script>\n</head>", 1)
        return add_policy(name_elements(html, self.page), image_hosts=_tile_hosts(self))

    def save(self, outfile: str | os.PathLike[str]) -> None:  # type: ignore[override]  # a file has a name here
        """Write the page to one file, under a temporary name first.

        Raises
        ------
        OutputError
            A layer that was added needs something from outside, or the file cannot be written.
        """
        path = Path(outfile)
        html = self.to_html()
        draft = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(html, encoding="utf-8", newline="\n")
            draft.replace(path)
        except OSError as error:
            msg = f"{path}: cannot be written ({error.strerror}); choose a folder that exists and is yours"
            raise OutputError(msg) from error

    def _repr_html_(self) -> str:  # type: ignore[override]  # Jupyter passes nothing
        """Show the page in a notebook; it needs no internet there either."""
        return (
            f'<iframe srcdoc="{escape(self.to_html())}" title="walkcircle" '
            'style="width:100%;height:640px;border:0" allowfullscreen></iframe>'
        )


class _Answer(MacroElement):
    """The results on the map: landmarks, data and scripts of the page."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <script>{{ this.scripts }}</script>
        {% endmacro %}
        {% macro html(this, kwargs) %}
            {{ this.skeleton }}
            <script type="application/octet-stream" id="payload">{{ this.payload }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            walkcircle.start({{ this._parent.get_name() }}, document.getElementById("payload"));
        {% endmacro %}
        """
    )

    def __init__(self, payload: str, language: Language) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Branca leaves this one without types
        self._name = "Answer"
        self.scripts = join_scripts()
        self.payload = payload
        self.skeleton = _fill_texts(read_asset("live/page.html"), language)


def draw_map(
    answer: Analysis,
    *,
    language: Language | None = None,
    layers: Mapping[str, Layer] = LAYERS,
    pages: bool = False,
) -> WalkMap:
    """Draw an answer as a map that opens in any browser, shows itself in a notebook, and saves to one file.

    Parameters
    ----------
    answer
        What :func:`~walkcircle.analysis.analyse` gave.
    language
        ``en`` or ``zh``; that of the study when None. The page can switch.
    layers
        What is packed into the page, by name; :data:`~walkcircle.views.layers.LAYERS` with or without your own.
    pages
        Link to the overview and to each community's portrait, which are beside a map that
        :func:`~walkcircle.views.files.write_outputs` wrote.
    """
    spoken = language or answer.study.outputs.language
    west, south, east, north = answer.checkup.total_bounds
    middle = (west + east) / 2, (south + north) / 2
    tile_url = TILE_URL if answer.study.outputs.tiles else None
    packing = Packing(answer.place.network.crs, middle)
    record: dict[str, Any] = {name: pack(answer, packing) for name, pack in layers.items()}
    record |= {
        "title": answer.study.title,
        "language": spoken,
        "texts": TEXTS,
        "legend": describe_legend(),
        "findings": _findings(answer),
        "facts": _facts(answer),
        "tiles": tile_url,
        "bounds": _corners(answer, packing),
        "pages": _link_pages(answer) if pages else None,
    }
    lon, lat = Transformer.from_crs(answer.checkup.crs, 4326, always_xy=True).transform(*middle)
    return WalkMap((round(lat, 6), round(lon, 6)), spoken, _Answer(packing.encode(record), spoken), tile_url=tile_url)


def _link_pages(answer: Analysis) -> dict[str, Any]:
    """Return where the overview and the portraits lie beside the map."""
    ids = [str(one) for one in answer.checkup[Checkup.community]]
    files = name_files(ids)
    return {"overview": PAGE, "portraits": [f"{FOLDER}/{files[one]}" for one in ids]}


def _corners(answer: Analysis, packing: Packing) -> list[list[int]]:
    """Return the corners of what the first view shows: the communities where people live."""
    inhabited = answer.checkup[answer.checkup[Checkup.population] > 0]
    shown = inhabited if len(inhabited) else answer.checkup
    west, south, east, north = shown.total_bounds
    xy = packing.place(np.array([[west, south], [east, north], [west, north], [east, south]]))
    return [xy.min(axis=0).tolist(), xy.max(axis=0).tolist()]


def _findings(answer: Analysis) -> dict[str, Any]:
    """Return the finding for each measure and language."""
    walker, standard = answer.study.walkers[0].name, answer.study.standard
    covered = answer.communities[answer.communities[CommunityCoverage.walker] == walker]
    gaps = answer.gaps[answer.gaps[Gaps.walker] == walker]
    causes = answer.causes[answer.causes[Causes.walker] == walker]

    def tell(language: Language) -> list[dict[str, Any]]:
        found: list[Finding] = [describe_index(covered, gaps, answer.checkup, standard, language)]
        found += [
            describe_kind(covered, gaps, answer.checkup, kind, language, causes=causes) for kind in standard.kinds
        ]
        return [asdict(one) for one in found]

    return {language: tell(language) for language in TEXTS}


def _facts(answer: Analysis) -> dict[str, Any]:
    """Return what the footer and the notes say about how the numbers came about."""
    study, place = answer.study, answer.place
    walker, standard = study.walkers[0], study.standard
    grades = answer.checkup[Checkup.confidence].value_counts().sort_index()
    return {
        "walker": {"en": walker.en, "zh": walker.zh},
        "speed": f"{walker.speed_kmh:g}",
        "limit": join_limits(standard),
        "standard": {"en": standard.en, "zh": standard.zh},
        "standard_note": standard.note,
        "date": place.data_date,
        "people": place.population_source,
        "grades": [[grade, int(count)] for grade, count in grades.items()],
        "sources": list(place.sources),
        "notes": list(place.notes),
        "made_with": f"walkcircle {version('walkcircle')}",
    }


def _fill_texts(skeleton: str, language: Language) -> str:
    """Put the page's own words into its skeleton, so that it reads well before any script runs."""
    for key, words in TEXTS[language].items():
        skeleton = skeleton.replace(f"[[{key}]]", escape(words))
    return skeleton


def _tile_hosts(walk_map: WalkMap) -> list[str]:
    """Return the hosts of the tile layers that the study or the user put on the map."""
    urls = [child.tiles for child in walk_map._children.values() if isinstance(child, folium.TileLayer)]  # noqa: SLF001 - the tree has no other door
    if walk_map._tile_url:  # noqa: SLF001 - the map's own
        urls.append(walk_map._tile_url)  # noqa: SLF001 - the map's own
    return sorted({"https://" + urlsplit(url).netloc.replace("{s}", "*") for url in urls})
