"""OpenStreetMap files (.osm.pbf, .osm, .osm.gz, .osm.bz2), read offline in one pass.

Only reads: what is a walkable street is said by ``walkable.toml``, what is a facility by the standard.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import osmium
import shapely
from pyproj import Transformer

from walkcircle.barriers import BARRIERS
from walkcircle.errors import SourceError
from walkcircle.network import (
    CROSSINGS,
    ROADS,
    NodeMarks,
    WalkNetwork,
    WalkRules,
    Ways,
    assemble_network,
    choose_crs,
    classify_road,
    find_level,
    read_walk_rules,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

#: Features with one of these keys may be a facility, a home, a boundary, or part of the picture.
_KEYS = (
    "highway", "building", "amenity", "shop", "leisure", "landuse", "office", "healthcare", "social_facility",
    "tourism", "craft", "public_transport", "railway", "natural", "waterway", "boundary", "entrance", "barrier",
    "place", "sport", "historic", "club", "emergency", "aerialway", "route", "man_made",
)  # fmt: skip

#: Older than any edit.
_NO_DATE = datetime.min.replace(tzinfo=UTC)

#: OpenStreetMap's first year; files without dates have 1970.
_FIRST_YEAR = 2004

#: A closed way without one of these keys is no line.
_LINE_KEYS = ("highway", "route", "barrier", "natural")

#: From this class on a road is an arterial, which is kept as a feature too, walked or not.
_ARTERIAL = ROADS.index("secondary")

#: A boundary that lacks more member ways than this is not mended: too much of it would be invented.
MOST_MISSING_WAYS = 2

#: Nor is one whose gap is longer than this share of the stretches that are there.
LONGEST_MEND = 0.4


@dataclass(frozen=True)
class Feature:
    """One OpenStreetMap object with its tags and its shape in degrees; `edited` is when, as far as known."""

    osm_id: str
    tags: Mapping[str, str]
    shape: shapely.Geometry
    edited: str | None = None


@dataclass(frozen=True)
class OsmContents:
    """What a file holds, before anything is decided; shapes are WGS 84 degrees.

    Attributes
    ----------
    network
        The walking network, in the metric CRS chosen from the data.
    points, areas, lines
        Tagged nodes, areas (closed ways and multipolygons) and lines that are neither streets nor areas.
    roads
        Arterials as lines, walked or not, and ways that are crossings.
    data_date
        ``YYYY-MM-DD`` the file states, or None.
    newest_edit
        ``YYYY-MM-DD`` of the latest edit in the file, or None where edits carry no date.
    box
        West, south, east, north of the data, degrees.
    cut_ways
        Streets of which the file lacks nodes: it was cut there.
    closed_m
        Boundaries of which the file lacks one stretch, by id, with the length of the straight line that
        closes each, metres.
    """

    network: WalkNetwork
    points: list[Feature]
    areas: list[Feature]
    lines: list[Feature]
    roads: list[Feature]
    data_date: str | None
    newest_edit: str | None
    box: tuple[float, float, float, float]
    cut_ways: int
    closed_m: dict[str, float]

    def project(self, features: list[Feature]) -> gpd.GeoSeries:
        """Return the shapes of `features` in the network's CRS."""
        return gpd.GeoSeries([f.shape for f in features], crs=4326).to_crs(self.network.crs)


def check_file(path: Path) -> None:
    """Check that a file is there and may be OpenStreetMap data by its name.

    Raises
    ------
    SourceError
        The file is missing, empty or of an unknown kind.
    """
    if not path.exists():
        msg = f"{path}: there is no such file; check the path in [place]"
        raise SourceError(msg)
    if not path.name.endswith(SUFFIXES):
        msg = f"{path.name}: not a known kind of OpenStreetMap file; use {', '.join(SUFFIXES)}"
        raise SourceError(msg)
    if path.stat().st_size == 0:
        msg = f"{path.name}: the file is empty; download it again"
        raise SourceError(msg)


def read_osm_file(path: Path, *, report: Callable[[str], None] | None = None) -> OsmContents:
    """Read streets and features from an OpenStreetMap file.

    Parameters
    ----------
    path
        The file.
    report
        Called with the name of each step as it begins.

    Raises
    ------
    SourceError
        The file is missing, empty, cut short or not OpenStreetMap data, or holds no walkable street.
    """
    tell = report or (lambda _: None)
    check_file(path)
    tell("Reading streets and places")
    try:
        raw = _read_raw(path)
    except (RuntimeError, osmium.InvalidLocationError, ValueError) as error:
        msg = (
            f"{path.name}: cannot be read as OpenStreetMap data ({error}); it may be cut short or of another kind: "
            "download it again"
        )
        raise SourceError(msg) from None
    if not raw.paths and not raw.squares:
        msg = f"{path.name}: holds no walkable street; check that it was not filtered down to something else"
        raise SourceError(msg)
    return raw.contents(tell)


def _read_raw(path: Path) -> _Raw:
    """Read a file, sorted first where its objects may not be in order: XML by hand or from Overpass often is not."""
    if path.name.endswith(".pbf"):
        try:
            return _Raw().read(path, path)
        except RuntimeError as error:
            if "out of order" not in str(error):
                raise
    with tempfile.TemporaryDirectory() as folder:
        in_order = Path(folder) / "sorted.osm.pbf"
        reader = osmium.MergeInputReader()
        reader.add_file(str(path))
        with osmium.SimpleWriter(str(in_order)) as writer:
            reader.apply(writer)
        return _Raw().read(in_order, path)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Node(NamedTuple):
    """A node of a way, kept for later."""

    ref: int
    lon: float
    lat: float


@dataclass
class _Raw:
    """What has been read so far."""

    position: dict[int, int] = field(default_factory=dict)
    lonlat: list[float] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    way_tags: list[tuple[int, dict[str, str], bool]] = field(default_factory=list)
    squares: list[list[list[int]]] = field(default_factory=list)
    points: list[tuple[str, dict[str, str], str | None, float, float]] = field(default_factory=list)
    areas: list[tuple[str, dict[str, str], str | None, str]] = field(default_factory=list)
    lines: list[Feature] = field(default_factory=list)
    data_date: str | None = None
    newest: datetime = _NO_DATE
    header_box: tuple[float, float, float, float] | None = None
    cut_ways: int = 0
    cut: set[int] = field(default_factory=set)
    roads: list[tuple[int, list[int]]] = field(default_factory=list)
    arterials: list[Feature] = field(default_factory=list)
    boundaries: dict[int, tuple[dict[str, str], list[int]]] = field(default_factory=dict)
    outlines: dict[int, tuple[dict[str, str], list[_Node]]] = field(default_factory=dict)
    built: set[int] = field(default_factory=set)
    mended: list[Feature] = field(default_factory=list)

    def read(self, path: Path, original: Path) -> _Raw:
        """Go through a file once (twice inside osmium, which joins multipolygons first); its head is the original's."""
        rules, wkb = read_walk_rules(), osmium.geom.WKBFactory()
        verdicts: dict[tuple[str | None, ...], str] = {}
        processor = osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.KeyFilter(*_KEYS))
        self._read_header(osmium.io.Reader(str(original)).header(), original)
        thing: Any  # osmium's union of types cannot be told apart by its own is_… methods
        for thing in processor:
            self.newest = max(self.newest, thing.timestamp)
            # a closed way without these is an area and comes again as such; to decode tags is half of the work
            if thing.is_way() and thing.is_closed() and not any(key in thing.tags for key in _LINE_KEYS):
                continue
            tags = dict(thing.tags)
            if thing.is_node():
                self.points.append((f"node/{thing.id}", tags, _day(thing), thing.location.lon, thing.location.lat))
            elif thing.is_way():
                self._read_way(thing, tags, rules, verdicts)
            elif thing.is_relation() and tags.get("boundary") == "administrative":
                self.boundaries[thing.id] = tags, [m.ref for m in thing.members if m.type == "w"]
            elif thing.is_area():
                self._read_area(thing, tags, rules.verdict, wkb)
        # a square whose outline crosses itself cannot be crossed, but is still walked along
        for way, (tags, nodes) in self.outlines.items():
            if rules.verdict(tags) == "public":
                self._keep_path([self._place(node) for node in nodes], way, tags, private=False)
        self._mend_boundaries(path)
        return self

    def _read_header(self, header: Any, path: Path) -> None:
        stated = header.get("osmosis_replication_timestamp") or _overpass_date(path)
        self.data_date = stated[:10] if stated else None
        box = header.box()
        if box.valid():
            self.header_box = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)

    def _read_way(
        self,
        way: Any,
        tags: dict[str, str],
        rules: WalkRules,
        seen: dict[tuple[str | None, ...], str],
    ) -> None:
        """Keep a walkable street as a path, anything else that is not closed as a line."""
        if "highway" not in tags and "route" not in tags:
            # a wall round a compound and the coast of an island are rings, but still lines
            if not way.is_closed() or "barrier" in tags or tags.get("natural") == "coastline":
                known = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
                if len(known) > 1:
                    self.lines.append(Feature(f"way/{way.id}", tags, shapely.LineString(known)))
            return
        if tags.get("area") == "yes" and way.is_closed():
            nodes = [_Node(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
            self.outlines[way.id] = tags, nodes
            return
        self._keep_arterial(way, tags)
        # ways alike in all that the rules look at share a verdict
        key = tuple(map(tags.get, rules.keys))
        walked = seen.get(key) or seen.setdefault(key, rules.verdict(tags))
        if walked == "no":
            # nobody walks along a motor road, but a crossing may cross it
            if road := classify_road(tags.get("highway", "")):
                self.roads.append((road, [node.ref for node in way.nodes]))
            return
        run: list[int] = []
        missing = False
        for node in map(way.nodes.__getitem__, range(len(way.nodes))):  # twice as fast as way.nodes itself
            at = self.position.get(node.ref)
            if at is not None or node.location.valid():
                run.append(self._place(node) if at is None else at)
                if missing and len(run) == 1:
                    self.cut.update(run)
                continue
            missing = True
            self.cut.update(run[-1:])
            self._keep_path(run, way.id, tags, private=walked == "private")
            run = []
        self._keep_path(run, way.id, tags, private=walked == "private")
        self.cut_ways += missing

    def _keep_arterial(self, way: Any, tags: dict[str, str]) -> None:
        """Keep an arterial, walked or not, or a way that is a crossing, as a feature."""
        if classify_road(tags.get("highway", "")) >= _ARTERIAL or _is_crossing(tags):
            known = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            if len(known) > 1:
                self.arterials.append(Feature(f"way/{way.id}", tags, shapely.LineString(known)))

    def _keep_path(self, run: list[int], way_id: int, tags: dict[str, str], *, private: bool) -> None:
        if len(run) > 1:
            self.paths.append(run)
            self.way_tags.append((way_id, tags, private))

    def _read_area(
        self, area: Any, tags: dict[str, str], verdict: Callable[[Mapping[str, str]], str], wkb: Any
    ) -> None:
        """Keep an area; one that is a public walkable square also becomes part of the streets."""
        if area.num_rings()[0] == 0:
            return  # its outline crosses itself or is not closed
        if "highway" in tags:
            if area.from_way() and tags.get("area") != "yes":
                return  # a street round a block
            if area.from_way():
                self.outlines.pop(area.orig_id(), None)
            if verdict(tags) == "public":
                for outer in area.outer_rings():
                    rings = [outer, *area.inner_rings(outer)]
                    self.squares.append([[self._place(node) for node in ring] for ring in rings])
        if not area.from_way():
            self.built.add(area.orig_id())
        kind = "way" if area.from_way() else "relation"
        self.areas.append((f"{kind}/{area.orig_id()}", tags, _day(area), wkb.create_multipolygon(area)))

    def _place(self, node: Any) -> int:
        """Return the position of a node, new or known."""
        at = self.position.get(node.ref)
        if at is None:
            at = self.position[node.ref] = len(self.position)
            self.lonlat += (node.lon, node.lat)
        return at

    def _mend_boundaries(self, path: Path) -> None:
        """Close the boundaries that lack a single stretch, as happens where an extract was cut along one."""
        broken = {relation: found for relation, found in self.boundaries.items() if relation not in self.built}
        wanted = {way for _, ways in broken.values() for way in ways}
        if not wanted:
            return
        lines: dict[int, shapely.LineString] = {}
        ways = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        way: Any  # only ways pass the filters
        for way in ways.with_filter(osmium.filter.IdFilter(wanted)):
            known = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            if len(known) == len(way.nodes) > 1:
                lines[way.id] = shapely.LineString(known)
        for relation, (tags, members) in broken.items():
            found = [lines[way] for way in members if way in lines]
            if len(members) - len(found) > MOST_MISSING_WAYS or not found:
                continue
            line = shapely.line_merge(shapely.MultiLineString(found))
            if not isinstance(line, shapely.LineString) or len(line.coords) < 3:
                continue
            ends = shapely.Point(line.coords[0]).distance(shapely.Point(line.coords[-1]))
            if ends <= LONGEST_MEND * line.length:
                self.mended.append(Feature(f"relation/{relation}", tags, shapely.Polygon(line)))

    def contents(self, tell: Callable[[str], None]) -> OsmContents:
        """Turn what was read into features and a network."""
        tell("Laying out places")
        lonlat = np.array(self.lonlat).reshape(-1, 2)
        west, south = lonlat.min(axis=0)
        east, north = lonlat.max(axis=0)
        box = self.header_box or (float(west), float(south), float(east), float(north))
        crs = choose_crs((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        move = Transformer.from_crs(4326, crs, always_xy=True)
        shapes = shapely.from_wkb([wkb for *_, wkb in self.areas])
        areas = [Feature(i, tags, shape, day) for (i, tags, day, _), shape in zip(self.areas, shapes, strict=True)]
        spots = shapely.points(np.array([(lon, lat) for *_, lon, lat in self.points]).reshape(-1, 2))
        points = [Feature(i, tags, spot, day) for (i, tags, day, *_), spot in zip(self.points, spots, strict=True)]
        gaps = gpd.GeoSeries(
            [shapely.LineString([f.shape.exterior.coords[-2], f.shape.exterior.coords[0]]) for f in self.mended],
            crs=4326,
        ).to_crs(crs)
        extent = gpd.GeoSeries([shapely.box(*box)], crs=4326).to_crs(crs).iloc[0]
        ways = self._ways(np.column_stack(move.transform(*lonlat.T)))
        return OsmContents(
            network=assemble_network(ways, crs, extent=extent, report=tell),
            points=points,
            areas=[*areas, *self.mended],
            lines=self.lines,
            roads=self.arterials,
            data_date=self.data_date,
            newest_edit=self.newest.date().isoformat() if self.newest.year >= _FIRST_YEAR else None,
            box=box,
            cut_ways=self.cut_ways,
            closed_m={f.osm_id: float(gap) for f, gap in zip(self.mended, gaps.length, strict=True)},
        )

    def _ways(self, xy: NDArray[np.float64]) -> Ways:
        ids = np.fromiter(self.position, dtype=np.int64, count=len(self.position))
        cut = np.zeros(len(ids), bool)
        cut[list(self.cut)] = True
        tags = [t for _, t, _ in self.way_tags]
        kind = np.array([t.get("highway", "path") for t in tags], dtype=str)
        barrier, stop = self._read_marks()
        road = self._find_roads()
        crossing, crossed = self._find_crossings(stop, road)
        return Ways(
            xy=xy,
            osm_node=ids,
            cut=cut,
            paths=_cut_paths(self.paths),
            osm_way=np.array([i for i, _, _ in self.way_tags], dtype=np.int64),
            kind=kind,
            steps=kind == "steps",
            crossing=crossing,
            crossed=crossed,
            private=np.array([private for _, _, private in self.way_tags], dtype=bool),
            oneway=np.array([_ONEWAY.get(t.get("oneway:foot", ""), 0) for t in tags], dtype=np.int8),
            level=np.array([find_level(t) for t in tags], dtype=np.int8),
            squares=[[np.array(ring, dtype=np.int64) for ring in rings] for rings in self.squares],
            marks=NodeMarks(barrier, stop, road),
        )

    def _read_marks(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the barrier on each node, and the control of the crossing there."""
        rules = read_walk_rules()
        barrier, stop = np.zeros((2, len(self.position)), np.uint8)
        for osm_id, tags, *_ in self.points:
            if "barrier" not in tags and "highway" not in tags:
                continue
            at = self.position.get(int(osm_id.removeprefix("node/")))
            if at is not None:
                barrier[at] = BARRIERS.index(rules.passage(tags)) if "barrier" in tags else 0
                stop[at] = _stop(tags)
        return barrier, stop

    def _find_roads(self) -> NDArray[np.uint8]:
        """Return the class of the largest road at each node."""
        on_road: list[list[int]] = [[] for _ in ROADS]
        for path, (_, tags, _) in zip(self.paths, self.way_tags, strict=True):
            on_road[classify_road(tags.get("highway", ""))].extend(path)
        for road, refs in self.roads:
            on_road[road].extend(self.position[ref] for ref in refs if ref in self.position)
        largest = np.zeros(len(self.position), np.uint8)
        for road, nodes in enumerate(on_road[1:], start=1):
            largest[nodes] = road
        return largest

    def _find_crossings(
        self, stop: NDArray[np.uint8], road: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the control of each way that is a crossing and the road it crosses; 0 for any other way.

        The way and its nodes may each say how it is controlled; the better control is believed.
        """
        crossing, crossed = np.zeros((2, len(self.paths)), np.uint8)
        for way, (path, (_, tags, _)) in enumerate(zip(self.paths, self.way_tags, strict=True)):
            code = _crossing(tags)
            if code:
                crossing[way] = max(code, stop[path].max())
                crossed[way] = road[path].max()
        return crossing, crossed


def _cut_paths(paths: list[list[int]]) -> list[NDArray[np.int64]]:
    """Turn paths into arrays: pieces of one, since to make each by itself takes ten times as long."""
    flat = np.fromiter(chain.from_iterable(paths), dtype=np.int64)
    stops = np.cumsum([len(path) for path in paths]).tolist()
    return [flat[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


def _overpass_date(path: Path) -> str | None:
    """Find the date that Overpass writes at the head of OSM XML, which osmium does not pass on."""
    openers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".osm": open}
    if path.suffix not in openers:
        return None
    with openers[path.suffix](path, "rb") as file:
        head = file.read(2000).decode("utf-8", errors="replace")
    found = re.search(r'osm_base="(\d{4}-\d{2}-\d{2})', head)
    return found[1] if found else None


_ONEWAY: Mapping[str, int] = {"yes": 1, "1": 1, "true": 1, "-1": -1}
_CONTROL: Mapping[str, str] = {
    "traffic_signals": "signals", "signals": "signals", "marked": "marked", "zebra": "marked",
    "uncontrolled": "marked", "controlled": "signals",
}  # fmt: skip


_CROSSING_KEYS = ("footway", "path", "cycleway", "pedestrian")


def _day(thing: Any) -> str | None:
    """Return the day of a thing's last edit, where the file tells."""
    edited = thing.timestamp
    return f"{edited:%Y-%m-%d}" if edited.year >= _FIRST_YEAR else None


def _crossing(tags: Mapping[str, str]) -> int:
    """Return the code of a way that crosses a road, 0 for any other."""
    return _control(tags) if _is_crossing(tags) else 0


def _is_crossing(tags: Mapping[str, str]) -> bool:
    """Tell whether a way crosses a road."""
    return "crossing" in tags.values() and any(tags.get(key) == "crossing" for key in _CROSSING_KEYS)


def _stop(tags: Mapping[str, str]) -> int:
    """Return the code of a node at which a road is crossed, 0 for any other."""
    on_road = tags.get("highway", "")
    if tags.get("crossing") == "no" or ("crossing" not in on_road and "traffic_signals" not in on_road):
        return 0
    return CROSSINGS.index("signals") if "traffic_signals" in on_road else _control(tags)


def _control(tags: Mapping[str, str]) -> int:
    """Return the code of the best control that a crossing is said to have."""
    if tags.get("crossing:signals", "no") != "no":
        return CROSSINGS.index("signals")
    named = CROSSINGS.index(_CONTROL.get(tags.get("crossing", ""), "unmarked"))
    painted = tags.get("crossing:markings", "no") != "no"
    return max(named, CROSSINGS.index("marked" if painted else "unmarked"))
