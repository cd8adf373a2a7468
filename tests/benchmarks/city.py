"""A made-up city the size of Hangzhou, as files that ``walkcircle run`` accepts; the same seed writes the same bytes.

The city lies in the open sea, so that nobody takes it for a real one. It is a grid of superblocks, 480 × 400 m,
bent a little: primary, secondary and tertiary roads around them, gated estates, old lanes, parks, suburbs and
hills inside. A river and a canal have few bridges. People grow denser towards the centre.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
import rasterio
import shapely
from pyproj import Transformer

from walkcircle.sources.town import AGES
from walkcircle.standards import read_standard

if TYPE_CHECKING:
    from numpy.typing import NDArray

MADE_UP = "made up by walkcircle; no real place"
DATA_DATE = "2026-01-01"
CRS = "EPSG:32651"
#: UTM position of the south-western corner: in the East China Sea, near the zone's middle meridian.
CORNER = (480_000.0, 3_150_000.0)
#: The map reaches so many metres beyond the last street; all of it is sea.
SEA_M = 1_500.0

#: What there is at scale 1.
NODES, RESIDENCES, COMMUNITIES, FACILITIES, PEOPLE = 1_000_000, 100_000, 1_260, 35_000, 10_000_000

WIDTH, DEPTH = 480, 400
#: Walking nodes that come out of one superblock, measured.
_NODES_PER_BLOCK = 78.5
#: Communities in a subdistrict, and subdistricts in a district.
_IN_SUBDISTRICT, _IN_DISTRICT = 7, 14

#: How common each kind is among 35,000 (walkcircle's assumption, after the density of a large Chinese city).
FREQUENCY: Mapping[str, float] = {
    "supermarket_convenience": 7000, "outdoor_sports": 3500, "kindergarten": 1900, "home_care_centre": 1600,
    "culture_room": 1600, "community_park": 1500, "community_gym": 1500, "community_health_station": 1300,
    "community_service_station": 1260, "community_canteen": 1200, "infant_care_station": 1000, "fresh_market": 900,
    "child_growth_station": 800, "primary_school": 600, "rehab_station": 400, "junior_high_school": 350,
    "nursing_home": 250, "subdistrict_service_centre": 190, "community_health_centre": 190, "cultural_centre": 190,
}  # fmt: skip

_FIRST, _SECOND = (
    "云海潮月星风松竹梅兰荷桂柳杏桃枫芦苇鹭雁鸥鲸沙礁湾汀洲渚沧波澜溪泉石岩岭川原霞虹",
    "庭苑桥塘浦埠岸坊里园堂井亭渡坞台滩口舍村林圃墩湖",
)

Spot = tuple[int, int]


@dataclass(frozen=True)
class City:
    """What was written: the study's file, and how much of each there is."""

    study: Path
    walking_nodes: int
    residences: int
    communities: int
    facilities: int
    people: int


def write_city(folder: Path, *, scale: float = 1.0, seed: int = 1) -> City:
    """Write map, registers, heights and study of the city into `folder`.

    Parameters
    ----------
    folder
        Made where it is missing. Holds ``city.osm.pbf``, ``communities.geojson``, ``residences.csv``,
        ``facilities.csv``, ``dem.tif`` and ``study.toml`` afterwards.
    scale
        1 is a million walking nodes, 100,000 residential buildings, 1,260 communities, 35,000 facilities and ten
        million people; 0.005 is a small town.
    seed
        The same seed writes the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    plan = _make_plan(scale, rng)
    sheet = _Sheet()
    _draw_roads(sheet, plan)
    _draw_water(sheet, plan)
    slots = [slot for block in plan.blocks() for slot in _draw_block(sheet, block)]
    homes = _choose_homes(slots, plan, max(round(RESIDENCES * scale), 20), rng)
    for home in homes:
        _draw_home(sheet, home)
    _write_map(sheet, plan, folder / "city.osm.pbf", rng)
    people = max(round(PEOPLE * scale), 20)
    population = _write_residences(homes, people, folder / "residences.csv", rng)
    communities = _write_communities(homes, population, plan, max(round(COMMUNITIES * scale), 4), folder, rng)
    facilities = max(round(FACILITIES * scale), len(FREQUENCY))
    _write_facilities(homes, facilities, folder / "facilities.csv", rng)
    _write_heights(plan, folder / "dem.tif")
    (folder / "study.toml").write_bytes(_word_study().encode("utf-8"))
    return City(
        folder / "study.toml", sheet.count_walking_nodes(), len(homes), communities, facilities, int(population.sum())
    )


# ── the plan ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Block:
    """A superblock: its column and row, its use, how dense it is."""

    column: int
    row: int
    use: str
    density: float

    def at(self, east: int, north: int) -> Spot:
        """Return a spot so many metres from the south-western corner."""
        return self.column * WIDTH + east, self.row * DEPTH + north


@dataclass(frozen=True, eq=False)
class _Plan:
    """Use and density of every superblock, by row and column; hills as middle, radius and height."""

    use: NDArray[np.str_]
    density: NDArray[np.float64]
    river: int
    canal: int
    hills: NDArray[np.float64]

    @property
    def rows(self) -> int:
        return len(self.use)

    @property
    def columns(self) -> int:
        return self.use.shape[1]

    def blocks(self) -> Iterator[_Block]:
        """Go through the superblocks."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield _Block(column, row, str(self.use[row, column]), float(self.density[row, column]))

    def is_road(self, column: int, row: int, *, east: bool) -> tuple[bool, bool]:
        """Tell whether the road at a superblock's south (`east`) or west side is there, and whether on a bridge."""
        if east:
            wet = column == self.canal
            return not wet or row % 3 == 0, wet
        wet = row == self.river
        return not wet or column % 4 == 0, wet


@dataclass(frozen=True)
class _Slot:
    """Where a residential building may stand: its lane, its door, its outline, its estate."""

    block: _Block
    lane: Spot
    door: Spot
    outline: tuple[Spot, ...]
    private: bool
    estate: str
    floors: int


def _make_plan(scale: float, rng: np.random.Generator) -> _Plan:
    """Lay out uses: dense in the middle, suburbs outside, hills aside."""
    columns = max(round(np.sqrt(scale * NODES / _NODES_PER_BLOCK)), 5)
    rows = max(round(scale * NODES / _NODES_PER_BLOCK / columns), 5)
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    away = np.hypot((column + 0.5) / columns - 0.5, (row + 0.5) / rows - 0.5) * 2
    density = np.exp(-2.5 * away)
    centre = np.array([columns * WIDTH, rows * DEPTH]) / 2
    radius = min(900.0, 0.1 * columns * WIDTH)
    angles = np.linspace(0, 2 * np.pi, max(round(10 * np.sqrt(scale)), 1), endpoint=False) + rng.uniform(0, 6)
    middles = centre + np.column_stack([np.cos(angles), np.sin(angles)]) * centre * rng.uniform(
        0.6, 0.85, (len(angles), 1)
    )
    hills = np.column_stack([middles, np.full(len(angles), radius), radius * rng.uniform(0.14, 0.22, len(angles))])
    dice = rng.random(away.shape)
    estates = 0.62 - 0.35 * away
    use = np.select(
        [dice < estates, dice < estates + 0.22 - 0.12 * away, dice < estates + 0.28 - 0.12 * away],
        ["estates", "lanes", "park"],
        "suburb",
    )
    here = np.stack([(column + 0.5) * WIDTH, (row + 0.5) * DEPTH], axis=-1).reshape(-1, 2)
    use[(_raise(here, hills) > 0.4 * hills[:, 3].max()).reshape(use.shape)] = "hill"
    river, canal = rows // 2 + 1, columns // 3
    use[river] = use[:, canal] = "water"
    return _Plan(use, density, river, canal, hills)


def _raise(xy: NDArray[np.float64], hills: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height above the plain at each place, metres."""
    height = np.zeros(len(xy))
    for east, north, radius, top in hills:
        height += top * np.exp(-((xy[:, 0] - east) ** 2 + (xy[:, 1] - north) ** 2) / (2 * radius**2))
    return height


# ── the drawing ─────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Sheet:
    """Squared paper: spots become nodes in the order of drawing; lines through the same spot share its node."""

    number: dict[int, int] = field(default_factory=dict)
    ways: list[tuple[int, list[int]]] = field(default_factory=list)
    tags: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)
    marks: dict[int, dict[str, str]] = field(default_factory=dict)

    def node(self, spot: Spot) -> int:
        """Return the node at a spot, from 1 on."""
        key = (spot[0] << 32) + spot[1]
        return self.number.setdefault(key, len(self.number) + 1)

    def draw(self, spots: Sequence[Spot], **tags: str) -> None:
        """Draw a line."""
        key = tuple(tags.items())
        self.ways.append((self.tags.setdefault(key, len(self.tags)), [self.node(spot) for spot in spots]))

    def mark(self, spot: Spot, **tags: str) -> None:
        """Tag a spot."""
        self.marks[self.node(spot)] = tags

    def spots(self) -> NDArray[np.float64]:
        """Return the place of every node on the paper."""
        keys = np.fromiter(self.number, np.int64, len(self.number))
        return np.column_stack([keys >> 32, keys & (2**32 - 1)]).astype(float)

    def count_walking_nodes(self) -> int:
        """Count the nodes of streets."""
        walked = {number for tags, number in self.tags.items() if tags[0][0] == "highway"}
        on_street = bytearray(len(self.number) + 1)
        for tags, nodes in self.ways:
            if tags in walked:
                for node in nodes:
                    on_street[node] = 1
        return sum(on_street)


def _straight(start: Spot, end: Spot, step: int = 40) -> list[Spot]:
    """Return the spots of a straight line, one every `step` metres."""
    count = max(abs(end[0] - start[0]), abs(end[1] - start[1])) // step
    return [
        (start[0] + (end[0] - start[0]) * i // count, start[1] + (end[1] - start[1]) * i // count)
        for i in range(count + 1)
    ]


def _draw_roads(sheet: _Sheet, plan: _Plan) -> None:
    """Draw the roads around the superblocks, wide ones less often, and the bridges."""
    ranks = ("primary", "tertiary", "secondary", "tertiary")
    for row in range(plan.rows + 1):
        for column in range(plan.columns + 1):
            here = _Block(column, row, "", 0.0)
            sides = (
                (column < plan.columns, True, here.at(WIDTH, 0), row),
                (row < plan.rows, False, here.at(0, DEPTH), column),
            )
            for inside, east, end, line in sides:
                there, bridge = plan.is_road(column, row, east=east)
                if inside and there:
                    more = {"bridge": "yes", "layer": "1"} if bridge else {}
                    name = f"{'纬' if east else '经'}{line}路"
                    sheet.draw(
                        _straight(here.at(0, 0), end), highway=ranks[line % 4], name=name, sidewalk="both", **more
                    )


def _draw_water(sheet: _Sheet, plan: _Plan) -> None:
    """Draw the river from west to east and the canal from south to north."""
    low, high = plan.river * DEPTH + 30, (plan.river + 1) * DEPTH - 30
    there = [(column * WIDTH + 5, low) for column in range(plan.columns + 1)]
    back = [(column * WIDTH + 5, high) for column in range(plan.columns, -1, -1)]
    sheet.draw([*there, *back, there[0]], natural="water", water="river", name="无何有江")
    west, east = plan.canal * WIDTH + 180, plan.canal * WIDTH + 300
    up = [(east, row * DEPTH + 5) for row in range(plan.rows + 1)]
    down = [(west, row * DEPTH + 5) for row in range(plan.rows, -1, -1)]
    sheet.draw([*up, *down, up[0]], natural="water", water="canal", name="子虚河")


def _draw_block(sheet: _Sheet, block: _Block) -> Iterator[_Slot]:
    """Draw a superblock, and say where homes may stand."""
    at = block.at
    if block.use in {"estates", "lanes", "suburb"}:
        sheet.draw(_straight(at(0, 200), at(WIDTH, 200)), highway="residential")
    if block.use == "estates":
        for quarter in ("sw", "se", "nw", "ne"):
            yield from _draw_estate(sheet, block, quarter)
    elif block.use == "lanes":
        yield from _draw_lanes(sheet, block)
    elif block.use == "suburb":
        for east in range(80, 401, 80):
            yield _make_slot(block, at(east, 200), at(east, 212), 2, rise=9)
            yield _make_slot(block, at(east, 200), at(east, 188), 2, rise=-9)
    elif block.use == "park":
        sheet.draw(_ring(at(20, 20), at(460, 380)), leisure="park", name="城市公园")
        sheet.draw(_straight(at(240, 0), at(240, DEPTH)), highway="footway")
        sheet.draw(_straight(at(0, 200), at(WIDTH, 200)), highway="footway")
        ring = [
            at(120, 100),
            at(240, 80),
            at(360, 100),
            at(400, 200),
            at(360, 300),
            at(240, 320),
            at(120, 300),
            at(80, 200),
        ]
        sheet.draw([*ring, ring[0]], highway="footway", surface="gravel")
    elif block.use == "hill":
        sheet.draw([at(0, 200), at(60, 230), at(120, 240), at(180, 210), at(240, 200)], highway="footway")
        sheet.draw(_straight(at(240, 200), at(240, 280)), highway="steps", incline="up")
        sheet.draw([at(240, 280), at(320, 330), at(400, 320), at(WIDTH, 320)], highway="footway")
        sheet.draw(_ring(at(10, 10), at(470, 390)), natural="wood")


def _draw_estate(sheet: _Sheet, block: _Block, quarter: str) -> Iterator[_Slot]:
    """Draw a walled quarter: four lanes on a spine, one to three gates, eight slabs."""
    west, up = 20 if quarter[1] == "w" else 260, 1 if quarter[0] == "n" else -1
    name = f"E{block.row:03}{block.column:03}{quarter}"
    variety = (block.row * 7 + block.column * 13 + len(sheet.ways)) % 6

    def at(along: int, deep: int) -> Spot:
        return block.at(west + along, 200 + up * deep)

    sheet.draw(_ring(at(0, 20), at(200, 190)), landuse="residential", barrier="wall", name=name)
    for deep in (40, 80, 120, 160):
        sheet.draw(_straight(at(20, deep), at(180, deep)), highway="footway", access="private")
    for along in (20, 100, 180):
        sheet.draw(_straight(at(along, 40), at(along, 160)), highway="service", access="private")
    gates = [(at(100, 0), at(100, 20), at(100, 40)), (at(100, 200), at(100, 190), at(100, 160))]
    aside = (at(-20, 80), at(0, 80), at(20, 80)) if west == 20 else (at(220, 80), at(200, 80), at(180, 80))
    for street, gate, lane in [*gates, aside][: 1 + (variety >= 3) + (variety == 5)]:
        sheet.draw([street, gate], highway="service")
        sheet.mark(gate, barrier="gate")
        sheet.draw([gate, lane], highway="service", access="private")
    floors = 6 + round(14 * block.density)
    for deep in (40, 80, 120, 160):
        for along in (60, 140):
            yield _make_slot(block, at(along, deep), at(along, deep + 12), floors, rise=14 * up, estate=name)


def _draw_lanes(sheet: _Sheet, block: _Block) -> Iterator[_Slot]:
    """Draw an old neighbourhood, open to all, with houses north of every other lane."""
    at = block.at
    for east in (80, 160, 320, 400):
        sheet.draw(_straight(at(east, 0), at(east, DEPTH)), highway="living_street")
    for north in (80, 120, 280, 320):
        sheet.draw(_straight(at(0, north), at(WIDTH, north)), highway="living_street")
    for north in (80, 200, 320):
        for east in range(40, 441, 80):
            yield _make_slot(block, at(east, north), at(east, north + 10), 5, rise=12)


def _make_slot(block: _Block, lane: Spot, door: Spot, floors: int, *, rise: int, estate: str = "") -> _Slot:
    """Put a building behind its door, so many metres deep."""
    (x, y), half = door, 12
    outline = ((x - half, y), door, (x + half, y), (x + half, y + rise), (x - half, y + rise), (x - half, y))
    return _Slot(block, lane, door, outline, bool(estate), estate, floors)


def _ring(one: Spot, other: Spot) -> list[Spot]:
    """Return a closed rectangle; gates lie on it, so its sides have a spot where one may be."""
    (west, east), (south, north) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    middle = (west + east) // 2
    # spots at 60 m from either end: a side gate is there when the estate's own street is near that end
    low, high = south + 60, north - 60
    ring = [(west, south), (middle, south), (east, south), (east, low), (east, high), (east, north)]
    return [*ring, (middle, north), (west, north), (west, high), (west, low), (west, south)]


def _draw_home(sheet: _Sheet, home: _Slot) -> None:
    """Draw a residential building and the path to its door."""
    sheet.draw(
        home.outline, building="apartments" if home.floors > 3 else "house", **{"building:levels": str(home.floors)}
    )
    sheet.draw([home.lane, home.door], highway="footway", **({"access": "private"} if home.private else {}))


def _choose_homes(slots: list[_Slot], plan: _Plan, wanted: int, rng: np.random.Generator) -> list[_Slot]:
    """Choose where homes stand, denser towards the centre."""
    if len(slots) < wanted:
        msg = f"the plan of {plan.columns} × {plan.rows} superblocks has room for {len(slots):,} homes, not {wanted:,}"
        raise ValueError(msg)
    weight = np.array([0.3 + slot.block.density for slot in slots])
    # the largest of u ** (1 / w): a weighted choice without repeats (Efraimidis and Spirakis 2006)
    draw = np.log(rng.random(len(slots))) / weight
    return [slots[i] for i in np.sort(np.argsort(-draw, kind="stable")[:wanted])]


# ── the files ───────────────────────────────────────────────────────────────────────────────────


def _bend(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn squared paper into metres of the CRS, bent a little so that few streets are straight."""
    x, y = xy.T
    east = x + 60 * np.sin(2 * np.pi * y / 5300) + 25 * np.sin(2 * np.pi * x / 2900 + 1)
    north = y + 60 * np.sin(2 * np.pi * x / 6100 + 2) + 25 * np.sin(2 * np.pi * y / 3100)
    return np.column_stack([east, north]) + CORNER


def _to_degrees(metres: NDArray[np.float64]) -> list[list[float]]:
    """Return longitude and latitude, to the centimetre."""
    lonlat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(*metres.T)
    rounded: list[list[float]] = np.column_stack(lonlat).round(7).tolist()
    return rounded


def _write_map(sheet: _Sheet, plan: _Plan, path: Path, rng: np.random.Generator) -> None:
    """Write nodes and ways as they were numbered."""
    spots = sheet.spots()
    places = _to_degrees(_bend(spots) + rng.uniform(-1.5, 1.5, spots.shape))
    header = osmium.io.Header()
    header.set("generator", "walkcircle")
    header.set("osmosis_replication_timestamp", f"{DATA_DATE}T00:00:00Z")
    size = np.array([plan.columns * WIDTH, plan.rows * DEPTH]) + SEA_M
    (west, south), (east, north) = _to_degrees(np.array([[-SEA_M, -SEA_M], size]) + CORNER)
    header.add_box(osmium.osm.Box(west, south, east, north))
    stamp = {"version": 1, "timestamp": f"{DATA_DATE}T00:00:00Z"}
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        node, way = osmium.osm.mutable.Node, osmium.osm.mutable.Way
        for number, place in enumerate(places, start=1):
            writer.add_node(node(id=number, location=tuple(place), tags=sheet.marks.get(number, {}), **stamp))
        tags = [dict(pairs) for pairs in sheet.tags]
        for number, (which, nodes) in enumerate(sheet.ways, start=1):
            writer.add_way(way(id=number, nodes=nodes, tags=tags[which], **stamp))


def _write_residences(homes: list[_Slot], people: int, path: Path, rng: np.random.Generator) -> NDArray[np.int64]:
    """Fill the homes: taller houses and younger people in the estates, older people elsewhere."""
    floors = np.array([home.floors for home in homes])
    spread = floors * rng.uniform(0.6, 1.4, len(homes))
    population = rng.multinomial(people, spread / spread.sum())
    doors = _to_degrees(_bend(np.array([home.door for home in homes], dtype=float)))
    rows = []
    for number, (home, (lon, lat), count) in enumerate(zip(homes, doors, population.tolist(), strict=True), start=1):
        shares = [in_lanes if not home.estate else in_estates for in_estates, in_lanes in AGES.values()]
        ages = rng.multinomial(count, [*shares, 1 - sum(shares)]).tolist()[:-1]
        rows.append([f"R{number:06}", lon, lat, count, home.estate, home.floors, 4 * home.floors, *ages])
    _write_csv(path, ["id", "lon", "lat", "population", "estate", "floors", "dwellings", *AGES], rows)
    return np.asarray(population)


def _write_communities(
    homes: list[_Slot],
    population: NDArray[np.int64],
    plan: _Plan,
    wanted: int,
    folder: Path,
    rng: np.random.Generator,
) -> int:
    """Cut a snake through all superblocks into communities of about as many people each."""
    people = np.zeros((plan.rows, plan.columns))
    for home, count in zip(homes, population.tolist(), strict=True):
        people[home.block.row, home.block.column] += count
    snake = list(_follow_snake(plan.rows, plan.columns))
    weight = np.array([people[row, column] for row, column in snake]) + 0.2 * people.mean()
    share = np.cumsum(weight) / weight.sum() * wanted
    community = np.minimum(np.floor(share - weight / weight.sum() * wanted / 2).astype(int), wanted - 1)
    names = rng.permutation([a + b for a in _FIRST for b in _SECOND]).tolist()
    features = []
    for number, members in enumerate(np.split(np.arange(len(snake)), np.searchsorted(community, np.arange(1, wanted)))):
        if len(members) == 0:
            continue
        cells = [snake[i] for i in members]
        shape = shapely.union_all(
            [shapely.box(c * WIDTH, r * DEPTH, (c + 1) * WIDTH, (r + 1) * DEPTH) for r, c in cells]
        )
        shape = shapely.transform(_keep_corners(shape), _bend)
        subdistrict, district = number // _IN_SUBDISTRICT, number // (_IN_SUBDISTRICT * _IN_DISTRICT)
        residents = int(sum(people[cell] for cell in cells))
        properties = {
            "id": f"S{number + 1:04}", "name": f"{names[number % len(names)]}社区",
            "subdistrict": f"{names[-1 - subdistrict]}街道", "district": f"{names[-301 - district]}区",
            "population": residents, "note": MADE_UP,
        }  # fmt: skip
        ring = _to_degrees(shapely.get_coordinates(shape))
        geometry = {"type": "Polygon", "coordinates": [ring]}
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        features.append(json.dumps(feature, ensure_ascii=False))
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
    (folder / "communities.geojson").write_bytes(text.encode("utf-8"))
    return len(features)


def _follow_snake(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Visit every cell, each beside the one before: up and down in bands of three rows, there and back.

    A band has to end in its upper row, where the next one begins; of an even number of columns the last two are
    therefore climbed together.
    """
    forward = True
    for first in range(0, rows, 3):
        band = range(first, min(first + 3, rows))
        line = list(range(columns) if forward else range(columns - 1, -1, -1))
        alone = line if columns % 2 else line[:-2]
        for number, column in enumerate(alone):
            for row in band if number % 2 == 0 else reversed(band):
                yield row, column
        for row in band if columns % 2 == 0 else ():
            for column in line[-2:] if (row - first) % 2 == 0 else line[:-3:-1]:
                yield row, column
        forward = not forward


def _keep_corners(shape: shapely.Geometry) -> shapely.Polygon:
    """Return the outline with a vertex at every corner of a superblock, so that neighbours share all of theirs."""
    outline = [(round(x), round(y)) for x, y in shape.exterior.coords]
    ring = []
    for (x, y), (to_x, to_y) in pairwise(outline):
        ring += _straight((x, y), (to_x, to_y), WIDTH if y == to_y else DEPTH)[:-1]
    return shapely.Polygon(ring)


def _write_facilities(homes: list[_Slot], wanted: int, path: Path, rng: np.random.Generator) -> None:
    """Put facilities beside the streets where people live, at least one of each kind."""
    kinds = [kind for kind in read_standard("hangzhou").kinds if kind.id in FREQUENCY]
    share = np.array([FREQUENCY[kind.id] for kind in kinds])
    number = 1 + rng.multinomial(wanted - len(kinds), share / share.sum())
    near = [homes[i].block for i in rng.integers(len(homes), size=wanted).tolist()]
    along, middle = rng.integers(30, WIDTH - 30, wanted), rng.random(wanted) < 0.7
    aside = rng.choice([-9, 9], wanted)
    spots = np.array(
        [
            block.at(int(east), 200 + int(side) if inside else abs(int(side)))
            for block, east, side, inside in zip(near, along, aside, middle, strict=True)
        ],
        dtype=float,
    )
    places = iter(_to_degrees(_bend(spots)))
    rows = []
    for kind, count in zip(kinds, number.tolist(), strict=True):
        for which in range(1, count + 1):
            lon, lat = next(places)
            rows.append([f"{kind.id}-{which}", f"{kind.zh.split('（')[0]}{which}号", kind.zh, lon, lat, MADE_UP])
    _write_csv(path, ["编号", "名称", "类别", "经度", "纬度", "备注"], rows)


def _write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))


def _write_heights(plan: _Plan, path: Path, *, cell_m: float = 30.0) -> None:
    """Write the hills as a GeoTIFF in metres, 30 m cells as satellites measure them, beyond the map's edge."""
    size = np.array([plan.columns * WIDTH, plan.rows * DEPTH]) + 2 * SEA_M
    columns, rows = np.ceil(size / cell_m).astype(int).tolist()
    east = CORNER[0] - SEA_M + cell_m * (np.arange(columns) + 0.5)
    north = CORNER[1] - SEA_M + cell_m * (rows - np.arange(rows) - 0.5)
    hills = np.column_stack([_bend(plan.hills[:, :2]), plan.hills[:, 2:]])
    corner = rasterio.Affine(cell_m, 0, CORNER[0] - SEA_M, 0, -cell_m, CORNER[1] - SEA_M + rows * cell_m)
    profile = {"driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": CRS}
    with rasterio.open(path, "w", **profile, transform=corner, compress="deflate", predictor=3, tiled=True) as raster:
        for first in range(0, rows, 256):
            part = north[first : first + 256]
            xy = np.column_stack([np.tile(east, len(part)), np.repeat(part, columns)])
            height = 5 + 2 * np.sin(xy[:, 0] / 1700) + _raise(xy, hills)
            window = rasterio.windows.Window(0, first, columns, len(part))
            raster.write(height.reshape(len(part), columns).astype(np.float32), 1, window=window)


def _word_study() -> str:
    kinds = "\n".join(f'"{kind.zh}" = "{kind.id}"' for kind in read_standard("hangzhou").kinds if kind.id in FREQUENCY)
    return f"""\
# A city {MADE_UP}; written by tests.benchmarks.city.
title = "无何有市（虚构的城市）"
standard = "hangzhou"
walkers = ["adult", "elder", "child"]
minutes = [5, 10, 15]

[place]
file = "city.osm.pbf"
heights = "dem.tif"
data_date = "{DATA_DATE}"

[communities]
source = "file"
file = "communities.geojson"
id = "id"
name = "name"
population = "population"

[residences]
source = "file"
file = "residences.csv"
id = "id"
estate = "estate"

[[facilities]]
source = "file"
file = "facilities.csv"
register = "无何有市设施名册"
id = "编号"
name = "名称"
kind = "类别"
lon = "经度"
lat = "纬度"

[facilities.kinds]
{kinds}

[outputs]
folder = "maps"
language = "zh"
"""
