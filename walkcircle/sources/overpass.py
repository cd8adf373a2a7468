"""Overpass: a place fetched by name or bounding box, stored as an OSM file, and read from there ever after.

Nominatim turns a name into an area, Overpass gives what is mapped in and around it, both through osmnx.
The answer is stored as OSM XML, which the reader of OSM files takes like any other, beside a small JSON
file that says what was asked, when, and how old the map is.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import os
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.sax.saxutils import quoteattr

import shapely

from walkcircle.errors import SourceError
from walkcircle.study import PlaceSection

if TYPE_CHECKING:
    import requests

Area: TypeAlias = shapely.Polygon | shapely.MultiPolygon
Bounds: TypeAlias = tuple[float, float, float, float]  # west, south, east, north in degrees

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
AGENT = "walkcircle (Python package, through OSMnx; each place is asked for once and stored)"
OFFLINE = "or name a downloaded .osm.pbf under [place] file, which works offline"

MAX_KM2 = 2500.0  # osmnx' own limit for one request, settings.max_query_area_size
QUERY_S = 300  # what the server may take; its default of 180 s is short for a large city
QUERY_BYTES = 1 << 30  # what the server may hold; its default of 512 MiB is short for a large city
PATIENCE_S = 300.0  # a server that is still busy after this is given up; osmnx alone would ask for ever

# Asked for in one query, so that the whole study has one date. Large shapes that no walk needs (rivers as
# relations, states, countries) are left out, because `>` fetches all nodes of what is found. `out body`, not
# `out skel`, also for the nodes of ways: gates and crossings are tagged there.
QUERY = """[out:json][timeout:{seconds}][maxsize:{size}][bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];
(
way["highway"]; relation["highway"]["type"="multipolygon"];
node["highway"]; node["entrance"]; node["barrier"]; way["barrier"];
way["building"]; relation["building"]; way["landuse"]; relation["landuse"];
nwr["leisure"]; nwr["amenity"]; nwr["shop"]; nwr["office"]; nwr["craft"]; nwr["tourism"];
nwr["healthcare"]; nwr["social_facility"]; nwr["sport"]; nwr["historic"]; nwr["club"];
nwr["emergency"]["emergency"!~"hydrant"]; node["aerialway"]; way["aerialway"]; way["man_made"];
node["public_transport"]; way["public_transport"]; relation["public_transport"="platform"];
node["railway"]; way["railway"]; way["waterway"]; relation["waterway"~"^(riverbank|dock)$"];
way["natural"]; relation["natural"~"^(water|wood|scrub|grassland|heath|beach)$"];
node["place"]; way["place"]; relation["place"="square"];
relation["boundary"="administrative"]["admin_level"~"^([6-9]|1[0-2])$"];
);
(._;>;);
out body;"""


@dataclass(frozen=True)
class FetchedPlace:
    """A place that is stored on this computer.

    Attributes
    ----------
    path
        The stored ``.osm.gz``; it reaches as far beyond the area as the longest walk.
    data_date
        ``YYYY-MM-DD`` of the map, as Overpass dated it.
    area
        The place itself in WGS 84: the outline of a name, the rectangle of a bounding box.
    name
        What Nominatim calls the place, or the bounding box in words.
    """

    path: Path
    data_date: str
    area: Area
    name: str


def fetch_place(
    place: PlaceSection,
    *,
    folder: Path,
    margin_m: float,
    refresh: bool = False,
    report: Callable[[str], None] | None = None,
) -> FetchedPlace:
    """Fetch the map of a named place or bounding box, or read it from `folder` where it was stored before.

    Parameters
    ----------
    place
        With a `name` or a `bbox`.
    folder
        Where fetched places are stored; made when missing.
    margin_m
        How far to fetch beyond the area: the longest walk, metres.
    refresh
        Fetch even when stored; what is stored stays until the new files are whole.
    report
        Is told in one sentence what happens; silent by default.

    Raises
    ------
    SourceError
        The place is not found, is no area or is too large; a server cannot be reached, is busy or answers
        with less than was asked; the folder cannot be written.
    """
    say = report or (lambda _sentence: None)
    bbox = place.bbox and list(place.bbox)
    asked = {"name": place.name, "bbox": bbox, "margin_m": float(margin_m), "query": QUERY}
    slug = re.sub(r"\W+", "-", (place.name or "bbox").lower()).strip("-")[:40]
    path = folder / f"{slug}-{_digest(asked)[:8]}.osm.gz"
    stored = None if refresh else _read_stored(path, asked)
    if stored is not None:
        say(f"{stored.name} is read from {path.name}, the map of {stored.data_date}")
        return stored
    if path.exists() and not refresh:
        say(f"{path.name} is damaged or only half stored, and is fetched again")
    if place.name:
        say(f"asking Nominatim for the outline of {place.name}")
    area, name = _locate(place)
    bounds = _grow(area.bounds, margin_m)
    _check_size(bounds, name)
    say(f"asking Overpass for {_km2(bounds):,.1f} km² around {name}, which can take minutes")
    answer = _fetch_elements(bounds, name)
    try:
        stored = _store(path, answer, bounds, asked, FetchedPlace(path, _date_of(answer), area, name))
    except OSError as error:
        msg = f"{folder}: the map cannot be stored ({error.strerror}); free space or choose another folder"
        raise SourceError(msg) from None
    say(f"{path.name} is stored, the map of {stored.data_date}; later runs need no internet")
    return stored


def find_area(name: str) -> tuple[Area, str]:
    """Look up a place with Nominatim; return its outline in WGS 84 and its full name.

    Raises
    ------
    SourceError
        There is no such place, it is a point or line, or Nominatim cannot be asked.
    """
    with _asking("Nominatim", wait_s=60):
        from osmnx import geocoder

        try:
            found = geocoder.geocode_to_gdf(name).iloc[0]
        except TypeError as error:
            if error.__cause__ is None:  # osmnx gives a cause when it means that no result has an area
                raise
            msg = f"'{name}' is a point or line on the map, not an area; give [place] bbox around it instead"
            raise SourceError(msg) from None
        except ValueError as error:
            if error.__cause__ is not None:  # the answer was not JSON, and says nothing about the name
                raise
            msg = f"'{name}' is not found; check the spelling, add the country, or give [place] bbox instead"
            raise SourceError(msg) from None
    area = shapely.make_valid(found.geometry, method="structure", keep_collapsed=False)
    return area, str(found["display_name"])


def _locate(place: PlaceSection) -> tuple[Area, str]:
    if place.bbox is not None:
        return shapely.box(*place.bbox), f"bbox {', '.join(f'{degrees:g}' for degrees in place.bbox)}"
    if place.name is not None:
        return find_area(place.name)
    msg = f"[place] names the file {place.file}, which is not fetched but read; give name or bbox to fetch"
    raise SourceError(msg)


def _grow(bounds: Bounds, margin_m: float) -> Bounds:
    """Move each side outwards by at least `margin_m` at any latitude, and by little more."""
    west, south, east, north = bounds
    tall = margin_m / 110_574  # the shortest degree of latitude on WGS 84, at the equator, metres
    south, north = max(south - tall, -90.0), min(north + tall, 90.0)
    # a degree of longitude has at least 111,319 m × cos(latitude), and least on the side nearer to a pole
    wide = margin_m / (111_319 * max(math.cos(math.radians(max(-south, north))), 1e-6))
    return max(west - wide, -180.0), south, min(east + wide, 180.0), north


def _km2(bounds: Bounds) -> float:
    """Area between two meridians and two parallels, on the sphere with the Earth's surface (6,371.007 km)."""
    west, south, east, north = map(math.radians, bounds)
    return 6371.007**2 * (east - west) * (math.sin(north) - math.sin(south))


def _check_size(bounds: Bounds, name: str) -> None:
    if _km2(bounds) > MAX_KM2:
        msg = (
            f"{name}: the rectangle around it and its walks has {_km2(bounds):,.0f} km², the limit is "
            f"{MAX_KM2:,.0f} km²; choose a smaller place, {OFFLINE}"
        )
        raise SourceError(msg)


def _fetch_elements(bounds: Bounds, name: str) -> dict[str, Any]:
    """Ask Overpass for what is mapped within `bounds`; return its JSON answer, whole and dated."""
    west, south, east, north = bounds
    query = QUERY.format(seconds=QUERY_S, size=QUERY_BYTES, south=south, west=west, north=north, east=east)
    with _asking("Overpass", wait_s=QUERY_S + 30):
        import requests
        from osmnx import _overpass, settings

        # osmnx waits a whole minute when it cannot reach the server, so whether it can is found out first
        status = f"{settings.overpass_url.rstrip('/')}/status"
        requests.get(status, headers={"User-Agent": AGENT}, timeout=30, **settings.requests_kwargs)
        # osmnx' public functions give graphs and features, without relations' members and without a date.
        # This private one gives the raw answer and keeps the pauses that the servers ask for; it has stood
        # since osmnx 2.0, and the tests notice when it changes.
        answer = _overpass._overpass_request(OrderedDict(data=query))  # noqa: SLF001
    if "remark" in answer:
        msg = (
            f"{name}: Overpass stopped before its answer was whole ({str(answer['remark']).strip()}); "
            f"try again later, choose a smaller place, {OFFLINE}"
        )
        raise SourceError(msg)
    if not any(element["type"] == "way" for element in answer.get("elements", ())):
        msg = f"{name}: Overpass has no street here; check that bbox is west, south, east, north"
        raise SourceError(msg)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", _date_of(answer)):
        msg = f"{name}: Overpass did not say how old its map is; try again later, {OFFLINE}"
        raise SourceError(msg)
    return answer


def _date_of(answer: dict[str, Any]) -> str:
    return str(answer.get("osm3s", {}).get("timestamp_osm_base"))[:10]


@contextmanager
def _asking(server: str, *, wait_s: float) -> Iterator[None]:
    """Lend osmnx our settings, take them back whatever happens, and word what goes wrong on the way."""
    import requests
    from osmnx import settings

    ours = {
        "use_cache": False,  # walkcircle stores the answer itself, and not below the current folder
        "cache_only_mode": False,
        "http_user_agent": AGENT,
        "http_referer": AGENT,
        "doh_url_template": None,  # nobody but the two map servers is told what is looked up
        "overpass_rate_limit": True,
        "requests_timeout": wait_s,
        "requests_kwargs": {**settings.requests_kwargs, "hooks": {"response": _watch(server)}},
    }
    theirs = {key: getattr(settings, key) for key in ours}
    resolve = socket.getaddrinfo  # osmnx replaces it, to stay with one of several servers of the same name
    try:
        for key, value in ours.items():
            setattr(settings, key, value)
        yield
    except requests.exceptions.ReadTimeout:
        msg = f"{server} did not answer in {wait_s:.0f} s; try again later, choose a smaller place, {OFFLINE}"
        raise SourceError(msg) from None
    except requests.exceptions.RequestException as error:
        msg = f"{server} cannot be reached ({type(error).__name__}); check the internet connection, {OFFLINE}"
        raise SourceError(msg) from None
    except ValueError:  # osmnx' word for an answer that is not JSON
        msg = (
            f"{server} answered with something that is not map data, as an overloaded server or the login "
            f"page of a network does; try again later, {OFFLINE}"
        )
        raise SourceError(msg) from None
    finally:
        socket.getaddrinfo = resolve
        for key, value in theirs.items():
            setattr(settings, key, value)


def _watch(server: str) -> Callable[..., None]:
    """Return a hook that sees each answer before osmnx does, because osmnx never gives up a busy server."""
    began = time.monotonic()

    def check(response: requests.Response, *_args: object, **_options: object) -> None:
        waiting = response.status_code in {429, 504} or response.url.endswith("/status")
        if waiting and time.monotonic() - began > PATIENCE_S:
            msg = f"{server} was busy for {PATIENCE_S / 60:.0f} minutes; try again later, {OFFLINE}"
            raise SourceError(msg)
        if not (waiting or response.ok):
            refusal = f"{response.status_code} {response.reason}"
            msg = f"{server} refused the request ({refusal}); try again later, {OFFLINE}"
            raise SourceError(msg)

    return check


def _read_stored(path: Path, asked: dict[str, Any]) -> FetchedPlace | None:
    """Read what is stored for what is asked; None when it is missing, half written or damaged."""
    try:
        record = json.loads(_beside(path).read_text(encoding="utf-8"))
        if record.pop("seal") != _digest(record) or record["asked"] != asked:
            return None
        if record["sha256"] != _checksum(path):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    area = shapely.from_geojson(json.dumps(record["area"]))
    return FetchedPlace(path, record["data_date"], area, record["name"])


def _store(
    path: Path, answer: dict[str, Any], bounds: Bounds, asked: dict[str, Any], place: FetchedPlace
) -> FetchedPlace:
    """Store the answer, then the record that vouches for it: without its record a file is not believed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _renamed_to(path) as part:
        _write_osm(part, answer, bounds)
    record = {
        "name": place.name,
        "data_date": place.data_date,
        "fetched_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "attribution": ATTRIBUTION,
        "sha256": _checksum(path),
        "asked": asked,
        "area": json.loads(shapely.to_geojson(place.area)),
    }
    with _renamed_to(_beside(path)) as part:
        sealed = {"seal": _digest(record), **record}
        part.write_text(json.dumps(sealed, ensure_ascii=False, indent=1), encoding="utf-8")
    return place


def _write_osm(path: Path, answer: dict[str, Any], bounds: Bounds) -> None:
    """Write an Overpass answer as OSM XML, nodes before ways before relations, each by rising id."""
    order = {"node": 0, "way": 1, "relation": 2}
    elements = sorted(answer["elements"], key=lambda element: (order[element["type"]], element["id"]))
    stamp = quoteattr(answer["osm3s"]["timestamp_osm_base"])
    west, south, east, north = (f'"{degrees:.7f}"' for degrees in bounds)
    with (
        path.open("wb") as raw,
        # no name and no time in the header, so that the same map is stored as the same bytes
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        text.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        text.write(f'<osm version="0.6" generator="walkcircle, from Overpass" timestamp={stamp}>\n')
        text.write(f"<note>{ATTRIBUTION}</note>\n<meta osm_base={stamp}/>\n")
        text.write(f"<bounds minlat={south} minlon={west} maxlat={north} maxlon={east}/>\n")
        text.writelines(_element_lines(elements))
        text.write("</osm>\n")


def _element_lines(elements: list[dict[str, Any]]) -> Iterator[str]:
    for record in elements:
        kind = record["type"]
        where = f' lat="{record["lat"]:.7f}" lon="{record["lon"]:.7f}"' if kind == "node" else ""
        yield f'<{kind} id="{record["id"]}"{where}>\n'
        for node in record.get("nodes", ()):
            yield f'<nd ref="{node}"/>\n'
        for member in record.get("members", ()):
            role = quoteattr(member["role"])
            yield f'<member type="{member["type"]}" ref="{member["ref"]}" role={role}/>\n'
        for key, value in record.get("tags", {}).items():
            yield f"<tag k={quoteattr(key)} v={quoteattr(value)}/>\n"
        yield f"</{kind}>\n"


@contextmanager
def _renamed_to(path: Path) -> Iterator[Path]:
    """Give a temporary file to write and rename it to `path`, so that no half of a file is ever seen."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".osm.gz") + ".json")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
