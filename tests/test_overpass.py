"""Fetching a place through Nominatim and Overpass, without any network.

Both servers are made up here. What they answer is made from the bundled extract
data/monaco/monaco.osm.pbf, in the formats of the real ones, and they take the query seriously: only what
it asks for is in the answer.
"""

import functools
import gzip
import importlib.util
import json
import re
import socket
import sys
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import osmium
import pytest
import requests
import shapely
from pyproj import Geod

from walkcircle.errors import SourceError
from walkcircle.sources import overpass
from walkcircle.sources.osm_file import read_osm_file
from walkcircle.sources.overpass import FetchedPlace, fetch_place, find_area
from walkcircle.study import PlaceSection

EXTRACT = Path(__file__).parents[1] / "data" / "monaco" / "monaco.osm.pbf"
STAMP = "2023-12-26T21:21:22Z"  # osmosis_replication_timestamp in the header of the extract
MONACO = PlaceSection(name="Monaco")
WARD = PlaceSection(name="La Condamine")
CORNER = PlaceSection(bbox=(7.418, 43.730, 7.421, 43.732))  # a few streets of Monaco-Ville and La Condamine
STATUS = """Connected as: 1
Current time: 2024-01-02T00:00:00Z
Announced endpoint: none
Rate limit: 2
2 slots available now.
Currently running queries (pid, space limit, time limit, start time):
"""


# ── the made-up servers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def elements():
    """Give everything in the extract as elements of Overpass JSON, by type and id."""
    found = {"node": {}, "way": {}, "relation": {}}
    names = {"n": "node", "w": "way", "r": "relation"}
    for thing in osmium.FileProcessor(str(EXTRACT)):
        element = {"type": names[thing.type_str()], "id": thing.id}
        if thing.is_node():
            element |= {"lat": round(thing.location.lat, 7), "lon": round(thing.location.lon, 7)}
        elif thing.is_way():
            element["nodes"] = [node.ref for node in thing.nodes]
        else:
            element["members"] = [{"type": names[m.type], "ref": m.ref, "role": m.role} for m in thing.members]
        if tags := dict(thing.tags):
            element["tags"] = tags
        found[element["type"]][thing.id] = element
    return found


@pytest.fixture(scope="module")
def answers(elements):
    """Give what the made-up Overpass answers to a query, worked out once for each query."""
    return functools.cache(lambda query: json.dumps(overpass_answer(query, elements)))


@pytest.fixture(scope="module")
def outlines():
    """Give the wards of Monaco that the extract holds whole, by name, and their union as Monaco."""
    factory = osmium.geom.WKBFactory()
    wards = {
        thing.tags["name"]: shapely.from_wkb(factory.create_multipolygon(thing))
        for thing in osmium.FileProcessor(str(EXTRACT)).with_areas()
        if thing.is_area() and thing.tags.get("boundary") == "administrative"
    }
    return wards | {"Monaco": shapely.union_all(list(wards.values())), "摩纳哥城": wards["Monaco-Ville"]}


def overpass_answer(query, elements):
    """Answer an Overpass query: the statements that walkcircle uses, over the elements of the extract."""
    south, west, north, east = map(float, re.search(r"\[bbox:([^]]+)]", query)[1].split(","))
    inside = {
        "node": {
            key
            for key, node in elements["node"].items()
            if south <= node["lat"] <= north and west <= node["lon"] <= east
        }
    }
    inside["way"] = {key for key, way in elements["way"].items() if not inside["node"].isdisjoint(way["nodes"])}
    inside["relation"] = {
        key
        for key, relation in elements["relation"].items()
        if any(m["ref"] in inside.get(m["type"], ()) for m in relation["members"])
    }
    tagged = {
        kind: [(key, tags) for key in keys if (tags := elements[kind][key].get("tags"))]
        for kind, keys in inside.items()
    }
    found = set()
    statement = r'(node|way|relation|nwr)((?:\["[^"]+"(?:!?[=~]"[^"]+")?])+);'
    union = query.partition("\n(\n")[2].partition("\n);\n")[0]
    assert not re.sub(statement, "", union).strip(), "there is a statement that this server does not know"
    for kinds, conditions in re.findall(statement, union):
        parts = re.findall(r'\["([^"]+)"(?:(!?[=~])"([^"]+)")?]', conditions)
        for kind in ("node", "way", "relation") if kinds == "nwr" else (kinds,):
            found |= {(kind, key) for key, tags in tagged[kind] if meets(tags, parts)}
    if "(._;>;);" in query:
        for step in ("relation", "way"):  # ways of relations first, then nodes of both
            for _, key in [pair for pair in found if pair[0] == step]:
                element = elements[step][key]
                below = [(m["type"], m["ref"]) for m in element.get("members", ()) if m["type"] != "relation"]
                below += [("node", ref) for ref in element.get("nodes", ())]
                found |= {(kind, ref) for kind, ref in below if ref in elements[kind]}
    return {
        "version": 0.6,
        "generator": "made from data/monaco/monaco.osm.pbf",
        "osm3s": {"timestamp_osm_base": STAMP, "copyright": "OpenStreetMap contributors, ODbL"},
        "elements": [elements[kind][key] for kind, key in sorted(found, reverse=True)],  # any order will do
    }


def meets(tags, parts):
    """Tell whether all the conditions of one statement hold."""
    wanted = {
        "": lambda _given, _value: True,
        "=": str.__eq__,
        "~": lambda given, value: re.search(value, given),
        "!~": lambda given, value: not re.search(value, given),
    }
    return all(key in tags and wanted[sign](tags[key], value) for key, sign, value in parts)


def nominatim_answer(name, outlines):
    """Answer a search: first a point, as a real answer may, then the outline."""
    west, south, east, north = outlines[name].bounds
    shapes = {f"{name} (a label)": shapely.Point(west, south), f"{name}, made up": outlines[name]}
    return [
        {
            "place_id": place_id,
            "licence": "made from data/monaco/monaco.osm.pbf",
            "osm_type": "relation",
            "lat": str(south),
            "lon": str(west),
            "importance": 1 / place_id,
            "display_name": display_name,
            "boundingbox": [str(south), str(north), str(west), str(east)],
            "geojson": json.loads(shapely.to_geojson(shape)),
        }
        for place_id, (display_name, shape) in enumerate(shapes.items(), start=1)
    ]


class Servers:
    """Both servers. `answers` holds, for the last part of a path, what is answered instead of the usual."""

    def __init__(self, answers, outlines):
        self.asked = []
        self.answers = {
            "search": lambda name: (200, json.dumps(nominatim_answer(name, outlines))),
            "status": lambda _: (200, STATUS),
            "interpreter": lambda query: (200, answers(query)),
        }

    def send(self, request, **options):
        """Stand in for the one method of requests through which everything leaves the computer."""
        self.asked.append((request, options))
        url = urlsplit(request.url)
        query = parse_qs(request.body or url.query)
        answer = self.answers[url.path.rpartition("/")[2]](query.get("data", query.get("q", [""]))[0])
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, response.reason = answer[0], "as made up"
        response._content, response.encoding = answer[1].encode(), "utf-8"
        response.request, response.url = request, request.url
        return response

    def last(self, part):
        """Give the last request whose path ends so."""
        return next(request for request, _ in reversed(self.asked) if urlsplit(request.url).path.endswith(part))


@contextmanager
def made_up_internet(answers, outlines):
    """Put the made-up servers where the internet was, block sockets, and let waiting cost no time."""

    def refuse(*_args):
        pytest.fail("something tried to leave the computer")

    def refuse_to_resolve(_host):  # as behind a proxy; osmnx would then ask Google, if it were let
        raise socket.gaierror

    servers, now = Servers(answers, outlines), [1000.0]
    servers.waited = lambda: now[0] - 1000.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", servers.send)
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "gethostbyname", refuse_to_resolve)
        patch.setattr(time, "monotonic", lambda: now[0])
        patch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
        yield servers


@pytest.fixture(autouse=True)
def servers(answers, outlines, tmp_path, monkeypatch):
    """Give the servers to each test, in a current folder of its own."""
    monkeypatch.chdir(tmp_path)
    with made_up_internet(answers, outlines) as made_up:
        yield made_up


@pytest.fixture(scope="module")
def monaco(answers, outlines, tmp_path_factory):
    """Fetch the whole of Monaco once, for the tests that only read it."""
    with made_up_internet(answers, outlines):
        return fetch_place(MONACO, folder=tmp_path_factory.mktemp("monaco"), margin_m=1175)


@pytest.fixture
def folder(tmp_path):
    """Name a folder for stored places that is not there yet."""
    return tmp_path / "places"


def fetch(folder, place=CORNER, margin_m=100.0, **options):
    """Fetch a small place."""
    return fetch_place(place, folder=folder, margin_m=margin_m, **options)


@functools.cache
def read_extract(kind):
    """Read all elements of one kind from the extract."""
    return read_things(EXTRACT, kind)


def read_things(path, kind):
    """Read all elements of one kind from an OSM file: tags, members, coordinates in units of 1e-7 degrees."""
    things = {}
    for thing in osmium.FileProcessor(str(path)).with_locations():
        if thing.type_str() != kind:
            continue
        if kind == "n":
            rest = [(thing.location.x, thing.location.y)]
        elif kind == "w":
            rest = [(node.ref, node.location.x, node.location.y) for node in thing.nodes]
        else:
            rest = [(member.type, member.ref, member.role) for member in thing.members]
        things[thing.id] = (dict(thing.tags), rest)
    return things


def highways_within(ways, bounds):
    """Pick the ways with a highway tag that have a node within `bounds`."""
    west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
    return {
        key: (tags, nodes)
        for key, (tags, nodes) in ways.items()
        if "highway" in tags and any(west <= x <= east and south <= y <= north for _, x, y in nodes)
    }


# ── what is stored ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_fetched_name_has_the_streets_of_the_extract_itself(monaco, outlines):
    """Ids, tags, node refs and coordinates to 1e-7 degrees are those of the PBF, within the grown outline."""
    wanted = highways_within(read_extract("w"), overpass._grow(outlines["Monaco"].bounds, 1175))
    assert len(wanted) > 1500
    assert highways_within(read_things(monaco.path, "w"), (-180, -90, 180, 90)) == wanted


def segments_of(network):
    """List every straight piece of every street with what it is; where streets are joined does not matter."""
    pieces = []
    columns = (network.lines, network.kind, network.private, network.steps, network.level)
    for line, *attributes in zip(*columns, strict=True):
        pieces += [(*sorted(pair), *map(str, attributes)) for pair in pairwise(line.coords)]
    return sorted(pieces)


def junctions_of(network):
    """List the places where anything but two stretches meet."""
    return sorted(map(tuple, network.xy[np.bincount(network.ends.ravel()) != 2].tolist()))


def test_the_reader_of_osm_files_finds_the_same_network_in_it(monaco):
    """What is fetched and what is read offline are one and the same study; only the edge of the data differs."""
    fetched, offline = read_osm_file(monaco.path), read_osm_file(EXTRACT)
    assert fetched.data_date == offline.data_date == monaco.data_date
    assert segments_of(fetched.network) == segments_of(offline.network)
    assert junctions_of(fetched.network) == junctions_of(offline.network)


def test_a_street_that_leaves_the_rectangle_keeps_its_nodes_beyond(folder):
    """A way is stored with all of its nodes; one wholly outside is stored only as a part of a relation."""
    fetched = fetch(folder)
    grown = overpass._grow(CORNER.bbox, 100)
    stored = highways_within(read_things(fetched.path, "w"), (-180, -90, 180, 90))
    wanted = highways_within(read_extract("w"), grown)
    assert 50 < len(wanted) < 500
    assert {key: stored.get(key) for key in wanted} == wanted
    parts = {ref for _, members in read_things(fetched.path, "r").values() for _, ref, _ in members}
    assert set(stored) - set(wanted) <= parts
    east = round(grown[2] * 1e7)
    assert any(x > east for _, nodes in wanted.values() for _, x, _ in nodes)


def test_gates_and_crossings_keep_the_tags_of_their_nodes(folder):
    """The nodes of ways are not bare: each stored node has the tags and place it has in the extract."""
    fetched = fetch(folder)
    stored, all_nodes = read_things(fetched.path, "n"), read_extract("n")
    assert stored == {key: all_nodes[key] for key in stored}
    tags = [tags for tags, _ in stored.values()]
    assert any(t.get("highway") == "crossing" for t in tags)
    assert any("barrier" in t for t in tags)


def test_wards_and_courtyards_are_whole_areas_in_the_stored_file(monaco):
    """Relations keep members and roles: pyosmium builds the same wards and buildings from both."""

    def areas(path):
        return {
            (thing.orig_id(), thing.num_rings())
            for thing in osmium.FileProcessor(str(path)).with_areas()
            if thing.is_area()
            and not thing.from_way()
            and ("building" in thing.tags or thing.tags.get("boundary") == "administrative")
        }

    assert len(areas(EXTRACT)) > 10
    assert areas(monaco.path) == areas(EXTRACT)


def test_relations_keep_their_members_and_roles(monaco):
    """Outer and inner rings, stops and labels are told apart by their roles."""
    stored = read_things(monaco.path, "r")
    assert len(stored) > 50
    assert stored == {key: read_extract("r")[key] for key in stored}


def test_the_stored_file_is_in_the_order_that_readers_expect(monaco):
    """Nodes, then ways, then relations, each by rising id, whatever the order of the answer."""
    things = [("nwr".index(t.type_str()), t.id) for t in osmium.FileProcessor(str(monaco.path))]
    assert things == sorted(things)


@pytest.mark.parametrize("level", ["2", "3", "4"])
def test_whole_countries_and_regions_are_not_fetched(monaco, level):
    """France and its regions touch Monaco; their thousands of nodes are nobody's walk."""
    levels = [tags.get("admin_level") for tags, _ in read_things(monaco.path, "r").values()]
    assert "10" in levels
    assert level not in levels


@pytest.mark.parametrize("kind", ["n", "w"])
def test_what_planners_look_for_is_stored(monaco, kind):
    """Every point and shape with one of these keys is stored, with its tags; the rectangle holds it all."""
    stored = read_things(monaco.path, kind)
    for key in (
        "amenity", "shop", "office", "leisure", "tourism", "healthcare", "social_facility", "craft",
        "public_transport", "railway", "place", "entrance", "barrier", "sport", "historic", "club",
        "building", "landuse", "waterway",
    ):  # fmt: skip
        wanted = {thing: rest for thing, rest in read_extract(kind).items() if key in rest[0]}
        if kind == "n":
            wanted = {} if key in {"building", "landuse", "waterway"} else wanted
        assert {thing: stored.get(thing) for thing in wanted} == wanted, key


def test_odd_characters_in_tags_survive(folder, servers):
    """Quotes, angle brackets, line breaks and Chinese come back as they were mapped."""
    odd = {"name": "\"A\" & 'B' <社区>\nzweite Zeile\t😀", "note": ""}
    ends = [{"type": "node", "id": key, "lat": 43.731, "lon": 7.419 + key / 1e7} for key in (10, 9)]
    way = {"type": "way", "id": -5, "nodes": [10, 9], "tags": {"highway": "path"} | odd}
    answer = {"osm3s": {"timestamp_osm_base": STAMP}, "elements": [way, *ends]}
    servers.answers["interpreter"] = lambda _: (200, json.dumps(answer))
    stored = read_things(fetch(folder).path, "w")
    assert stored == {
        -5: (
            {"highway": "path", "name": odd["name"], "note": ""},
            [(10, 74190010, 437310000), (9, 74190009, 437310000)],
        )
    }


def test_the_date_of_the_map_is_recorded_three_times(folder):
    """The date is in what is returned, in the record beside the file, and in the header of the file."""
    fetched = fetch(folder)
    record = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    header = gzip.decompress(fetched.path.read_bytes()).decode().splitlines()[1:5]
    assert fetched.data_date == record["data_date"] == "2023-12-26"
    assert header[0] == f'<osm version="0.6" generator="walkcircle, from Overpass" timestamp="{STAMP}">'
    assert header[2] == f'<meta osm_base="{STAMP}"/>'
    assert header[3].startswith('<bounds minlat="43.729')


def test_the_header_of_the_stored_file_says_how_far_it_reaches(folder):
    """Readers find the grown rectangle in the file's bounds."""
    box = osmium.io.Reader(str(fetch(folder).path)).header().box()
    reach = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    assert reach == pytest.approx(overpass._grow(CORNER.bbox, 100), abs=1e-7)


def test_the_record_beside_the_file_says_what_was_asked_and_of_whom(folder, outlines):
    """The question, the outline, the time and the attribution are kept, the server's address is not."""
    fetched = fetch(folder, WARD, 300)
    assert re.fullmatch(r"la-condamine-[0-9a-f]{8}\.osm\.gz", fetched.path.name)
    record = json.loads(fetched.path.with_name(fetched.path.name.replace(".osm.gz", ".json")).read_text("utf-8"))
    assert record["asked"] == {
        "name": "La Condamine",
        "bbox": None,
        "margin_m": 300.0,
        "query": overpass.QUERY,
    }
    assert record["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert record["fetched_at"].endswith("+00:00")
    assert shapely.from_geojson(json.dumps(record["area"])).equals(outlines["La Condamine"])
    assert "http" not in json.dumps(record)


def test_the_area_of_a_name_is_its_outline_and_not_its_label(folder, outlines):
    """Nominatim's first result may be a point; the outline counts."""
    fetched = fetch(folder, WARD)
    assert fetched.area.equals(outlines["La Condamine"])
    assert fetched.name == "La Condamine, made up"
    assert find_area("La Condamine")[1] == fetched.name


def test_the_area_of_a_bounding_box_is_its_rectangle(folder, servers):
    """The margin belongs to the file and not to the area, and Nominatim is not asked."""
    fetched = fetch(folder)
    assert fetched.area.equals(shapely.box(*CORNER.bbox))
    assert fetched.name == "bbox 7.418, 43.73, 7.421, 43.732"
    assert {urlsplit(request.url).hostname for request, _ in servers.asked} == {"overpass-api.de"}


def test_the_same_map_is_stored_as_the_same_bytes(folder, tmp_path):
    """Nothing in the file depends on when or where it was fetched."""
    assert fetch(folder).path.read_bytes() == fetch(tmp_path / "elsewhere").path.read_bytes()


# ── what is asked ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_servers_are_asked_once_and_told_who_asks(folder, servers, outlines):
    """One look-up, one query for the grown rectangle, in walkcircle's name, with time for the answer."""
    fetch(folder, WARD, 1175)
    paths = [urlsplit(request.url).path for request, _ in servers.asked]
    assert paths.count("/search") == paths.count("/api/interpreter") == 1
    assert parse_qs(urlsplit(servers.last("/search").url).query)["q"] == ["La Condamine"]
    for request, _ in servers.asked:
        assert request.headers["User-Agent"].startswith("walkcircle")
    request = servers.last("/interpreter")
    assert request.method == "POST"
    assert request.headers["referer"].startswith("walkcircle")
    query = parse_qs(request.body)["data"][0]
    west, south, east, north = overpass._grow(outlines["La Condamine"].bounds, 1175)
    start = f"[out:json][timeout:300][maxsize:1073741824][bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];"
    assert query.startswith(start)
    assert query.endswith("(._;>;);\nout body;")
    assert next(options["timeout"] for asked, options in servers.asked if asked is request) > 300


@pytest.mark.parametrize("latitude", [-54.8, 0.0, 43.7, 69.6, 78.2])
def test_the_margin_is_as_wide_as_the_walk_at_any_latitude(latitude):
    """From each side of the rectangle to the grown one it is the margin, and at most a hundredth more."""
    old = (20.0, latitude - 0.02, 20.05, latitude + 0.02)
    west, south, east, north = overpass._grow(old, 1500.0)
    geod = Geod(ellps="WGS84")
    nearest_the_pole = max(old[1], old[3], key=abs)
    for one, other in (
        ((old[0], nearest_the_pole), (west, nearest_the_pole)),
        ((old[2], nearest_the_pole), (east, nearest_the_pole)),
        ((20.0, old[1]), (20.0, south)),
        ((20.0, old[3]), (20.0, north)),
    ):
        distance_m = geod.inv(*one, *other)[2]
        assert distance_m >= 1499.999
        assert distance_m <= 1500.0 * 1.012


def test_a_rectangle_at_the_edge_of_the_map_stays_on_it():
    """Overpass knows no degree beyond 180 and 90."""
    assert overpass._grow((-180.0, 89.999, 180.0, 90.0), 2000.0)[2:] == (180.0, 90.0)
    assert overpass._grow((179.9, -16.0, 180.0, -15.9), 2000.0)[2] == 180.0


def test_a_square_degree_has_its_known_area():
    """At the equator one square degree has 12,364 km² on this sphere; the whole Earth 510 million."""
    assert overpass._km2((0, 0, 1, 1)) == pytest.approx(12_363.7, abs=1)
    assert overpass._km2((-180, -90, 180, 90)) == pytest.approx(510_065_600, rel=1e-5)


# ── reading again ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_stored_place_is_read_without_asking_anyone(folder, servers):
    """The second call makes no request and gives the same."""
    first = fetch(folder, WARD)
    requests_made = len(servers.asked)
    told = []
    again = fetch(folder, WARD, report=told.append)
    assert len(servers.asked) == requests_made
    assert again == FetchedPlace(first.path, first.data_date, again.area, first.name)
    assert again.area.equals_exact(first.area, 0)
    assert told == [f"La Condamine, made up is read from {first.path.name}, the map of 2023-12-26"]


def test_reading_a_stored_place_does_not_wait_for_osmnx(folder, monkeypatch):
    """Osmnx takes seconds to import; a fresh copy of the module reads a stored place without it."""
    first = fetch(folder)
    monkeypatch.setitem(sys.modules, "osmnx", None)  # now an import of it fails
    spec = importlib.util.spec_from_file_location("fresh_overpass", overpass.__file__)
    fresh = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fresh_overpass", fresh)  # where dataclasses look for their types
    spec.loader.exec_module(fresh)
    assert fresh.fetch_place(CORNER, folder=folder, margin_m=100).data_date == first.data_date
    with pytest.raises(ImportError, match="osmnx"):
        fresh.fetch_place(CORNER, folder=folder, margin_m=100, refresh=True)


@pytest.mark.parametrize(
    "other",
    [
        {"margin_m": 101.0},
        {"place": PlaceSection(bbox=(7.418, 43.730, 7.421, 43.733))},
        {"place": PlaceSection(name="摩纳哥城")},
    ],
)
def test_another_question_is_stored_under_another_name(folder, servers, other):
    """A longer walk, another rectangle or a name in any script is fetched beside the first."""
    first = fetch(folder)
    made = len(servers.asked)
    second = fetch(folder, **other)
    assert len(servers.asked) > made
    assert first.path != second.path
    assert first.path.exists()
    assert second.path.exists()


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def make_the_map_younger(path):
    path.write_text(path.read_text("utf-8").replace("2023-12-26", "2025-06-01"), encoding="utf-8")


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        ("*.osm.gz", flip_a_byte),
        ("*.osm.gz", lambda path: path.write_bytes(path.read_bytes()[:-20])),
        ("*.osm.gz", Path.unlink),
        ("*.json", Path.unlink),
        ("*.json", make_the_map_younger),
        ("*.json", lambda path: path.write_text('{"half": ')),
        ("*.json", lambda path: path.write_text("[]")),
        ("*.json", lambda path: path.write_bytes(b"\xff\xfe\x00")),
    ],
)
def test_a_damaged_store_is_fetched_again_and_never_believed(folder, servers, which, damage):
    """Whichever of the two files is damaged or gone, the place is asked for once more and mended."""
    first = fetch(folder)
    whole = first.path.read_bytes()
    damage(next(folder.glob(which)))
    made = len(servers.asked)
    again = fetch(folder)
    assert len(servers.asked) > made
    assert again.data_date == "2023-12-26"
    assert again.path.read_bytes() == whole
    made = len(servers.asked)
    fetch(folder)
    assert len(servers.asked) == made


def test_a_damaged_store_without_internet_is_an_error(folder, servers):
    """Better no answer than one from a broken file."""
    flip_a_byte(fetch(folder).path)
    servers.answers["status"] = lambda _: requests.exceptions.ConnectionError("unplugged")
    with pytest.raises(SourceError, match="cannot be reached"):
        fetch(folder)


def test_a_refresh_asks_again_and_a_failed_one_spoils_nothing(folder, servers):
    """What is stored stays readable until the new answer is whole."""
    fetch(folder)
    servers.answers["interpreter"] = lambda _: (200, '{"remark": "runtime error: out of memory"}')
    with pytest.raises(SourceError, match="out of memory"):
        fetch(folder, refresh=True)
    made = len(servers.asked)
    assert fetch(folder).data_date == "2023-12-26"
    assert len(servers.asked) == made


def test_a_newer_map_replaces_the_stored_one_on_refresh(folder, servers):
    """The new date is in what is returned now and in what is read later."""
    fetch(folder)
    usual = servers.answers["interpreter"]
    servers.answers["interpreter"] = lambda query: (200, usual(query)[1].replace("2023-12-26", "2024-02-29"))
    assert fetch(folder, refresh=True).data_date == "2024-02-29"
    assert fetch(folder).data_date == "2024-02-29"


def test_a_crash_while_writing_leaves_no_file(folder, monkeypatch):
    """Neither half a map nor a temporary file is left."""
    monkeypatch.setattr(overpass, "_element_lines", lambda _elements: iter(["<node ", 1 / 1, None]))
    with pytest.raises(TypeError):
        fetch(folder)
    assert list(folder.iterdir()) == []


def test_nothing_is_written_outside_the_folder(folder, tmp_path):
    """The cache that osmnx keeps below the current folder stays away; ours holds the map and its record."""
    fetch(folder, WARD)
    assert list(tmp_path.iterdir()) == [folder]
    assert sorted(path.suffix for path in folder.iterdir()) == [".gz", ".json"]


@pytest.mark.parametrize("answer", ["whole", "broken"])
def test_osmnx_is_given_back_as_it_was(folder, servers, answer):
    """Its settings and the name resolution it replaces are restored, after an error too."""
    from osmnx import settings

    before, resolve = {key: getattr(settings, key) for key in vars(settings)}, socket.getaddrinfo
    if answer == "broken":
        servers.answers["interpreter"] = lambda _: (400, "<html>parse error</html>")
        with pytest.raises(SourceError):
            fetch(folder, WARD)
    else:
        fetch(folder, WARD)
    assert {key: getattr(settings, key) for key in vars(settings)} == before
    assert socket.getaddrinfo is resolve


def test_a_server_that_the_user_chose_in_osmnx_is_asked(folder, servers, monkeypatch):
    """Servers and proxies are settings of osmnx, and the stored name does not depend on them."""
    from osmnx import settings

    first = fetch(folder).path
    monkeypatch.setattr(settings, "overpass_url", "https://overpass.example.org/api/")
    monkeypatch.setattr(settings, "requests_kwargs", {"verify": "our-proxy.pem"})
    assert fetch(folder, refresh=True).path == first
    assert servers.last("/interpreter").url == "https://overpass.example.org/api/interpreter"
    assert servers.asked[-1][1]["verify"] == "our-proxy.pem"


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────


def refusal(folder, place=CORNER, **options):
    """Fetch what cannot be fetched; return the one sentence, and see that nothing was stored."""
    with pytest.raises(SourceError) as caught:
        fetch(folder, place, **options)
    assert not folder.exists() or list(folder.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


PBF = "or name a downloaded .osm.pbf under [place] file, which works offline"


def test_a_name_that_nobody_knows_is_an_error_with_a_cure(folder, servers):
    """Spelling, country, bounding box."""
    servers.answers["search"] = lambda _: (200, "[]")
    cure = "check the spelling, add the country, or give [place] bbox instead"
    assert refusal(folder, PlaceSection(name="Monacco")) == f"'Monacco' is not found; {cure}"


def test_a_name_that_is_only_a_point_is_an_error_with_a_cure(folder, servers, outlines):
    """A point has no inside to study."""
    servers.answers["search"] = lambda _: (200, json.dumps(nominatim_answer("Monaco", outlines)[:1]))
    assert refusal(folder, MONACO) == (
        "'Monaco' is a point or line on the map, not an area; give [place] bbox around it instead"
    )


@pytest.mark.parametrize(("place", "part", "server"), [(MONACO, "search", "Nominatim"), (CORNER, "status", "Overpass")])
def test_no_internet_is_said_at_once(folder, servers, place, part, server):
    """The user is told that a file works offline, without the minute that osmnx would wait."""
    servers.answers[part] = lambda _: requests.exceptions.ConnectionError("unplugged")
    cure = f"check the internet connection, {PBF}"
    assert refusal(folder, place) == f"{server} cannot be reached (ConnectionError); {cure}"
    assert servers.waited() < 5


@pytest.mark.parametrize("status", [429, 504])
def test_a_server_that_stays_busy_is_given_up(folder, servers, status):
    """It is asked a few times, with osmnx' pauses between, and not for ever."""
    servers.answers["interpreter"] = lambda _: (status, "<html>busy</html>")
    assert refusal(folder) == f"Overpass was busy for 5 minutes; try again later, {PBF}"
    tries = sum(request.method == "POST" for request, _ in servers.asked)
    assert 3 <= tries <= 10
    assert 300 <= servers.waited() < 400


def test_a_server_that_never_has_a_slot_is_given_up(folder, servers):
    """Left alone, osmnx would poll the status page without end."""
    servers.answers["status"] = lambda _: (200, STATUS.replace("2 slots available now.\n", ""))
    assert refusal(folder) == f"Overpass was busy for 5 minutes; try again later, {PBF}"


def test_a_server_that_is_busy_for_a_while_is_waited_for(folder, servers):
    """Too many requests, then a timeout, then the map."""
    usual, busy = servers.answers["interpreter"], iter([429, 504])

    def answer(query):
        status = next(busy, None)
        return usual(query) if status is None else (status, "busy")

    servers.answers["interpreter"] = answer
    assert fetch(folder).data_date == "2023-12-26"
    assert servers.waited() >= 110


def test_a_server_that_falls_silent_is_an_error_with_a_cure(folder, servers):
    """No answer within the time that the query was given and a little more."""
    servers.answers["interpreter"] = lambda _: requests.exceptions.ReadTimeout("silence")
    assert refusal(folder) == (f"Overpass did not answer in 330 s; try again later, choose a smaller place, {PBF}")


def test_an_answer_that_was_cut_off_is_an_error_even_with_streets_in_it(folder, servers):
    """Overpass says 200 and adds a remark when it ran out of time; such a map would lack streets silently."""
    usual, remark = servers.answers["interpreter"], 'runtime error: Query timed out in "query" at line 9'
    servers.answers["interpreter"] = lambda query: (
        200,
        json.dumps(json.loads(usual(query)[1]) | {"remark": remark}),
    )
    assert refusal(folder) == (
        f"bbox 7.418, 43.73, 7.421, 43.732: Overpass stopped before its answer was whole ({remark}); "
        f"try again later, choose a smaller place, {PBF}"
    )


def test_an_empty_answer_is_an_error_with_a_cure(folder):
    """The middle of the sea has no streets."""
    place = PlaceSection(bbox=(7.6, 43.2, 7.61, 43.21))
    assert refusal(folder, place) == (
        "bbox 7.6, 43.2, 7.61, 43.21: Overpass has no street here; check that bbox is west, south, east, north"
    )


def test_a_map_without_a_date_is_an_error(folder, servers):
    """Every study says how old its streets are."""
    usual = servers.answers["interpreter"]
    servers.answers["interpreter"] = lambda query: (200, usual(query)[1].replace("timestamp_osm_base", "t"))
    assert "Overpass did not say how old its map is; try again later" in refusal(folder)


def test_a_rectangle_that_is_too_large_is_not_even_asked_for(folder, servers):
    """The message has the area, 111.195² × 1.0213 × 1.0294 × cos 43.5° (9,428 km²), and the limit."""
    message = refusal(folder, PlaceSection(bbox=(7.0, 43.0, 8.0, 44.0)), margin_m=1175)
    assert message == (
        "bbox 7, 43, 8, 44: the rectangle around it and its walks has 9,428 km², the limit is 2,500 km²; "
        f"choose a smaller place, {PBF}"
    )
    assert servers.asked == []


@pytest.mark.parametrize(("place", "part"), [(MONACO, "search"), (CORNER, "interpreter")])
def test_a_refusal_names_its_status(folder, servers, place, part):
    """A blocked user sees that it is no fault of the study."""
    servers.answers[part] = lambda _: (403, "<html>blocked</html>")
    assert f" refused the request (403 as made up); try again later, {PBF}" in refusal(folder, place)


@pytest.mark.parametrize(("place", "part"), [(MONACO, "search"), (CORNER, "interpreter")])
def test_a_login_page_is_not_mistaken_for_an_answer(folder, servers, place, part):
    """Hotels and airports answer every request with their own page, which says nothing about the name."""
    servers.answers[part] = lambda _: (200, "<html>welcome to our Wi-Fi</html>")
    assert "answered with something that is not map data" in refusal(folder, place)


def test_a_file_is_read_and_not_fetched(folder):
    """The door for files is another one."""
    message = refusal(folder, PlaceSection(file="monaco.osm.pbf"))
    assert message.startswith("[place] names the file monaco.osm.pbf, which is not fetched but read")


def test_a_folder_that_cannot_be_made_is_an_error_with_a_cure(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SourceError, match=r"the map cannot be stored .*; free space or choose another folder"):
        fetch(tmp_path / "taken")


def test_each_step_is_reported_in_a_sentence(folder):
    """Whoever waits is told for what."""
    told = []
    fetch(folder, WARD, report=told.append)
    assert [sentence.split()[0] for sentence in told[:2]] == ["asking", "asking"]
    assert re.search(r"Overpass for \d+\.\d km² around La Condamine, made up", told[1])
    assert told[2].endswith("is stored, the map of 2023-12-26; later runs need no internet")
