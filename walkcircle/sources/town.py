"""A made-up Chinese town whose answers are known by hand.

The town lies in the open sea off Zhejiang, so that nobody takes it for a real one. It is drawn on squared
paper: metres east and north of a corner in UTM zone 51, streets along the lines. Superblocks are named as on
a chessboard, ``a1`` in the south-west to ``e5`` in the north-east, and each has a street through its middle.
A river runs south of row 3, with bridges on both sides of column b and west of column d, but none further
east; a railway runs south of row 5, with one underpass west of column c.

Everybody's door is 15 m from a lane, every registered facility 10 m from a street. Streets, estates and
facilities never change; the seed only moves people and the estates' names.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyproj

from walkcircle.tables import Residences

Spot = tuple[int, int]
Row = dict[str, Any]

MADE_UP = "made up by walkcircle; no real place"
DATA_DATE = "2026-01-01"
CRS = "EPSG:32651"
#: UTM position of the paper's corner: the town is centred on the zone's middle meridian, 123° E.
CORNER = (498_500, 3_262_250)
#: The map reaches so many metres beyond the last street, further than a walk of 15 minutes; all of it is sea.
SEA_M = 1300

#: Use of each superblock, row by row: 1, 2 or 3 gated estates' gates, o old open neighbourhood, p park,
#: s square, n new development where nobody lives yet, h hill.
PLAN: Mapping[int, str] = {
    5: "nnohh",
    4: "2o132",
    3: "3os21",
    2: "o2p32",
    1: "13o21",
}
WIDTH, DEPTH = 600, 500
#: South edge of each row's blocks; between rows 2 and 3 is the river, between 4 and 5 the railway.
SOUTH: Mapping[int, int] = {1: 0, 2: 500, 3: 1100, 4: 1600, 5: 2200}
#: South border of each row's communities; they meet in the middle of river and railway.
BORDERS: Mapping[int, int] = {1: 0, 2: 500, 3: 1050, 4: 1600, 5: 2150, 6: 2700}
CROSS_STREETS: Mapping[int, str] = {
    0: "纬一路", 500: "纬二路", 1000: "南岸路", 1100: "北岸路",
    1600: "纬三路", 2100: "铁南路", 2200: "铁北路", 2700: "纬四路",
}  # fmt: skip
#: Where a road crosses the river, passes under the railway, or ends before the hill.
BRIDGES, UNDERPASS, HILL = (600, 1200, 1800), 1200, 2400

#: Group of people → its column in the register of residences.
GROUP_COLUMNS: Mapping[str, str] = {
    "infant": "pop_0_3", "child": "pop_3_6", "pupil": "pop_6_12", "youth": "pop_12_15",
    "adult": "pop_16_35", "elder": "pop_60", "aged": "pop_80", "disabled": "pop_disabled",
}  # fmt: skip

#: Age group → its share of the people in estates, and of those in old lanes.
AGES: Mapping[str, tuple[float, float]] = {
    "pop_0_3": (0.025, 0.015), "pop_3_6": (0.03, 0.02), "pop_6_12": (0.07, 0.05),
    "pop_12_15": (0.03, 0.025), "pop_16_35": (0.32, 0.22), "pop_60": (0.17, 0.34),
}  # fmt: skip

#: Community → its subdistrict and its blocks. Nobody lives in 新港; 渡口 is cut by the river.
COMMUNITIES: Mapping[str, tuple[str, str]] = {
    "新港社区": ("子虚街道", "a5 b5"), "铁北社区": ("子虚街道", "c5 d5 e5"),
    "站前社区": ("子虚街道", "a4 b4"), "望山社区": ("子虚街道", "c4 d4"),
    "东坡社区": ("子虚街道", "e4"), "西埠社区": ("乌有街道", "a3"),
    "渡口社区": ("乌有街道", "b2 b3"), "广场社区": ("乌有街道", "c3 d3"),
    "待渡社区": ("乌有街道", "e3"), "老街社区": ("亡是街道", "a2"),
    "南塘社区": ("亡是街道", "c2 d2"), "东塘社区": ("亡是街道", "e2"),
    "桑园社区": ("亡是街道", "a1 b1"), "稻香社区": ("亡是街道", "c1"),
    "石桥社区": ("亡是街道", "d1"), "灯塔社区": ("亡是街道", "e1"),
}  # fmt: skip

#: Kind → the register's own word for it, and where: at the centre of a block, at the ``west`` end of its
#: middle street, or on the street to its ``south``. The register lists all facilities of these kinds.
REGISTER: Mapping[str, tuple[str, str]] = {
    "community_service_station": ("便民服务站", "a1 b1 c1 d1 e1 a2 d2 e2 a3 b3 d3 e3 a4 b4 c4 d4 e4 c5"),
    "subdistrict_service_centre": ("办事大厅", "c4-west d3-south c1"),
    "infant_care_station": ("托育驿站", "a1 b1 d1 e1 b2 d2 a3 b3 e3 c4 d4"),
    "kindergarten": ("幼儿园", "a1 b1 c1 d1 e1 a2 b2 d2 e2 a3 b3 d3 e3 a4 b4 c4 d4 e4"),
    "child_growth_station": ("儿童之家", "b1 c1 e1 a2 d2 e2 b3 d3 b4 c4"),
    "primary_school": ("完全小学", "b1-west d1-west e1 b2-west d2 e2 b3-west d3-west b4-west d4-west e4 c5"),
    "junior_high_school": ("初级中学", "b1-south d2-south b4-south d4-south"),
    "home_care_centre": ("居家养老中心", "a1 b1 c1 d1 a2 b2 d2 e2 a3 b3 d3 e3 a4 b4 c4 d4 e4 c5"),
    "nursing_home": ("敬老院", "a2-south e4-west"),
    "community_health_centre": ("卫生院", "b4-west c3-west d1-west"),
    "community_health_station": ("卫生站", "a1 c1 d1 e1 b2 e2 a3 b3 d3 e3 a4 c4 e4 c5"),
    "cultural_centre": ("文化馆", "c3-south"),
    "fresh_market": ("农贸市场", "b1-west a2 d1-west b3 e3 c4-south d4-west"),
    "community_canteen": ("老年食堂", "a1 c1 e1 a2 d2 b3 d3 a4 c4 c5"),
}

#: What the map knows of the six kinds that no register lists: too little to call anything a gap.
MAPPED_POINTS: Mapping[Spot, Mapping[str, str]] = {
    (910, 1340): {"shop": "convenience", "name": "渡口便利店"},
    (1810, 730): {"shop": "supermarket", "name": "南塘超市"},
    (590, 1840): {"shop": "convenience", "name": "站前便利店"},
    (2390, 240): {"shop": "supermarket", "name": "石桥超市"},
    (1260, 1340): {"leisure": "fitness_centre", "name": "广场健身房"},
    (1490, 260): {"amenity": "library", "name": "稻香书房"},
    (2110, 1840): {"healthcare": "rehabilitation", "name": "望山阳光家园"},
    (1640, 1240): {"amenity": "restaurant", "name": "无何有面馆"},
    (1210, 1890): {"amenity": "bank", "name": "子虚银行"},
    (2400, 2500): {"tourism": "viewpoint", "name": "望海亭"},
}


@dataclass(frozen=True)
class IdleSite:
    """Idle land or rooms 10 m south of the middle street of a block, in the words of a Chinese list; None is unknown.

    Costs are in ten thousand yuan.
    """

    id: str
    name: str
    block: str
    kinds: str | None
    area_m2: int | None
    floor_m2: int | None
    level: int | None
    shared: str | None
    from_year: int | None
    capex: int | None
    opex: int | None
    ownership: str
    barrier_free: str | None


#: One stands where a known gap is, in each of four communities; one is free to any kind, and one says next to nothing.
IDLE_SITES = (
    IdleSite("闲-1", "灯塔旧仓库", "e1", "居家养老中心、老年食堂", 800, 620, 1, "否", 2026, 180, 24, "国有", "是"),
    IdleSite("闲-2", "待渡预留地", "e3", "完全小学", 12_000, None, None, None, 2028, 5200, None, "国有", None),
    IdleSite("闲-3", "铁北旧厂房", "c5", "不限", 3000, 1800, 1, "否", 2027, None, None, "企业", None),
    IdleSite("闲-4", "渡口旧粮站", "b2", "便民服务站", 450, 300, 2, "否", 2026, 60, 12, "集体", "否"),
    IdleSite("闲-5", "渡口旧影院", "b3", "文化馆、托育驿站", 700, 1200, 3, "否", 2030, 450, 40, "国有", "否"),
    IdleSite("闲-6", "石桥学校食堂", "d1", "老年食堂", None, 240, 1, "周末和假期", 2026, None, 5, "国有", "是"),
    IdleSite("闲-7", "老街空铺", "a2", None, None, 90, None, None, None, None, None, "私有", None),
)
#: Column of the table of candidates → its name in the list.
IDLE_COLUMNS: Mapping[str, str] = {
    "id": "编号", "name": "名称", "allowed": "可设功能", "area_m2": "占地面积", "floor_m2": "建筑面积", "level": "楼层",
    "shared": "错时使用", "from_year": "可用年份", "capex": "改造费", "opex": "年费用", "ownership": "权属",
    "barrier_free": "无障碍",
}  # fmt: skip


@dataclass(frozen=True)
class KnownGap:
    """A kind that all residents of a block lack within its Hangzhou limit, because the town was drawn so.

    It holds for walkers of 4.7 to 4.8 km/h without delays, and nobody else in the town lacks that kind.
    """

    community: str
    block: str
    kind: str
    why: str


KNOWN_GAPS = (
    KnownGap("灯塔社区", "e1", "home_care_centre", "it has none, and d1's is 595 m from its nearest door"),
    KnownGap("待渡社区", "e3", "primary_school", "e2's is over the river where the bridge is missing"),
    KnownGap("铁北社区", "c5", "kindergarten", "it has none, and the next are beyond the underpass"),
    KnownGap("渡口社区", "b2", "community_service_station", "its own is in b3, over the bridge"),
)


@dataclass(frozen=True)
class PencilWalk:
    """A walk measured by hand on the plan, the same whether estates are open or closed to strangers."""

    home: str
    facility: str
    metres: float
    how: str


PENCIL_WALKS = (
    # 15 from the door to the lane, 50 along it, 10 to the other door
    PencilWalk("b4-2-3", "home_care_centre-b4", 75, "along one street"),
    # 15 to the lane, 55 along it, 40 down to the gate, 20 to the street, 145 along it, 10
    PencilWalk("d1-nw-1", "home_care_centre-d1", 285, "through the gate of an estate"),
    # 15, 55, 70 up to the back gate, 20 to 南岸路, 155 to the bridge, 100 over it, 250 north, 300 west, 10
    PencilWalk("b2-ne-5", "community_service_station-b3", 975, "over the bridge"),
    # 15, 70 west along the lane, 125 south, 100 under the railway, 250 south, 300 west, 10
    PencilWalk("c5-1-1", "kindergarten-b4", 870, "through the underpass"),
    # 65 m as the crow flies, over the wall: 15, 55, 140 to the gate, 20, 155 west, 250 south, 100 east, 10
    PencilWalk("c4-sw-5", "fresh_market-c4-south", 745, "around the wall"),
    # 552 m as the crow flies: 15, 55, 40, 20, 755 west to the last bridge, 600 south, 900 east, 10
    PencilWalk("e3-sw-1", "primary_school-e2", 2395, "around by the last bridge"),
)


def write_town(folder: Path, *, seed: int = 1) -> Path:
    """Write the town's map, people, communities, register, idle space and study into `folder`.

    Parameters
    ----------
    folder
        Made where it is missing. Holds ``town.osm``, ``residences.csv``, ``communities.geojson``,
        ``facilities.csv``, ``idle.csv`` and ``study.toml`` afterwards.
    seed
        Moves people and the estates' names, nothing else; the same seed writes the same bytes.

    Returns
    -------
    Path
        The study's file, for :func:`~walkcircle.study.read_study`.
    """
    rng = np.random.default_rng(seed)
    blocks = [_Block(f"{'abcde'[i]}{row}", use) for row, uses in PLAN.items() for i, use in enumerate(uses)]
    estates = _plan_estates(blocks, rng)
    homes = [*_homes_in_estates(estates), *_homes_in_lanes(blocks)]
    people = _settle(homes, rng)
    sheet = _Sheet()
    _draw_arterials(sheet)
    _draw_streets(sheet, blocks)
    _draw_river_and_railway(sheet)
    _draw_square_parks_and_sites(sheet, blocks)
    _draw_estates(sheet, estates)
    _draw_homes(sheet, homes, people)
    for spot, tags in MAPPED_POINTS.items():
        sheet.mark(spot, **tags)
    texts = {
        "town.osm": sheet.to_xml(),
        "residences.csv": _to_csv(people),
        "communities.geojson": _to_geojson(people),
        "facilities.csv": "\ufeff" + _to_csv(_register()),  # with the mark by which Excel knows UTF-8
        "idle.csv": "\ufeff" + _to_csv(_list_idle()),
        "study.toml": _word_study(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return folder / "study.toml"


# ── the plan ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Block:
    """A superblock, by its name and use."""

    name: str
    use: str = ""

    def at(self, east: int, north: int) -> Spot:
        """Return a spot so many metres from the block's south-west corner."""
        return WIDTH * "abcde".index(self.name[0]) + east, SOUTH[int(self.name[1])] + north

    def box(self, west: int, south: int, east: int, north: int) -> list[Spot]:
        """Return a closed rectangle between metres from the block's south-west corner."""
        return [self.at(*spot) for spot in _ring(west, south, east, north)]

    @property
    def community(self) -> str:
        return next(name for name, (_, blocks) in COMMUNITIES.items() if self.name in blocks.split())


@dataclass(frozen=True)
class _Estate:
    """A walled quarter of a gated block.

    It is drawn by its own ruler: `along` the middle street from the main gate, `deep` away from the street.
    """

    block: _Block
    quarter: str
    name: str

    def at(self, along: int, deep: int) -> Spot:
        middle = 155 if "w" in self.quarter else 445
        return self.block.at(middle + along, DEPTH // 2 + (deep if "n" in self.quarter else -deep))

    def box(self, left: int, near: int, right: int, far: int) -> list[Spot]:
        return [self.at(*spot) for spot in _ring(left, near, right, far)]


@dataclass(frozen=True)
class _Home:
    """A block of flats, its door and its outline."""

    id: str
    door: Spot
    outline: list[Spot]
    estate: str | None = None


def _ring(west: int, south: int, east: int, north: int) -> list[Spot]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def _plan_estates(blocks: list[_Block], rng: np.random.Generator) -> list[_Estate]:
    first, second = ("听涛", "望潮", "观澜", "枕浪", "云帆", "海月", "沧波", "归棹"), "苑园府庭邸湾里"
    quarters = product((block for block in blocks if block.use in "123"), ("sw", "se", "nw", "ne"))
    names = rng.permutation([a + b for a, b in product(first, second)]).tolist()
    return [_Estate(block, quarter, name) for (block, quarter), name in zip(quarters, names, strict=True)]


def _homes_in_estates(estates: list[_Estate]) -> Iterator[_Home]:
    """Three lanes, each with two slabs; numbered from the gate on, west before east."""
    for estate in estates:
        for number, (deep, along) in enumerate(product((60, 110, 160), (-55, 55)), start=1):
            outline = estate.box(along - 30, deep + 15, along + 30, deep + 29)
            home = f"{estate.block.name}-{estate.quarter}-{number}"
            yield _Home(home, estate.at(along, deep + 15), outline, estate.name)


def _homes_in_lanes(blocks: list[_Block]) -> Iterator[_Home]:
    """Houses north of each lane; numbered by lane from the south on, then from the west on."""
    for block in (b for b in blocks if b.use == "o"):
        for lane, north in enumerate((125, 250, 375), start=1):
            for number, east in enumerate((70, 160, 250, 350, 440, 530), start=1):
                outline = block.box(east - 20, north + 15, east + 20, north + 27)
                yield _Home(f"{block.name}-{lane}-{number}", block.at(east, north + 15), outline)


def _settle(homes: list[_Home], rng: np.random.Generator) -> list[Row]:
    """Fill the homes: taller houses and younger people in the estates, older people in the lanes."""
    rows: list[Row] = []
    for home, (lon, lat) in zip(homes, _to_degrees(home.door for home in homes), strict=True):
        shares = [in_lanes if home.estate is None else in_estates for in_estates, in_lanes in AGES.values()]
        floors = int(rng.integers(4, 7) if home.estate is None else rng.integers(6, 12))
        population = int(rng.binomial(16 * floors, 0.66))
        ages = dict(zip(AGES, rng.multinomial(population, [*shares, 1 - sum(shares)]).tolist(), strict=False))
        row: Row = {"id": home.id, "lon": lon, "lat": lat, Residences.estate: home.estate}
        row |= {Residences.population: population, **ages, "pop_80": int(rng.binomial(ages["pop_60"], 0.15))}
        row |= {"pop_disabled": int(rng.binomial(population, 0.03)), "floors": floors}
        rows.append({**row, Residences.dwellings: 4 * floors, "note": MADE_UP})
    return rows


def _register() -> list[Row]:
    """List the facilities in the words of a Chinese office."""
    shifts = {"": (300, 260), "west": (10, 280), "south": (100, 10)}
    rows: list[Row] = []
    for kind, (word, places) in REGISTER.items():
        for place in places.split():
            name, _, where = place.partition("-")
            block = _Block(name)
            [(lon, lat)] = _to_degrees([block.at(*shifts[where])])
            row: Row = {"编号": f"{kind}-{place}", "名称": f"{block.community}{word}", "类别": word}
            row |= {"街道": COMMUNITIES[block.community][0], "经度": lon, "纬度": lat, "备注": MADE_UP}
            rows.append(row)
    return rows


def _list_idle() -> list[Row]:
    """List idle land and rooms in the words of a Chinese office."""
    rows: list[Row] = []
    for site in IDLE_SITES:
        [(lon, lat)] = _to_degrees([_Block(site.block).at(300, 240)])
        told = {name: getattr(site, "kinds" if key == "allowed" else key) for key, name in IDLE_COLUMNS.items()}
        rows.append({**told, "经度": lon, "纬度": lat, "备注": MADE_UP})
    return rows


# ── the drawing ────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Sheet:
    """Squared paper on which lines and spots are drawn; lines that meet at a bend or end share the node."""

    lines: list[tuple[Sequence[Spot], dict[str, str]]] = field(default_factory=list)
    marks: dict[Spot, dict[str, str]] = field(default_factory=dict)

    def draw(self, *spots: Spot, **tags: str) -> None:
        self.lines.append((spots, tags))

    def mark(self, spot: Spot, **tags: str) -> None:
        self.marks[spot] = tags

    def to_xml(self) -> str:
        """Write OpenStreetMap XML, nodes before ways, numbered in the order of drawing."""
        ways = self._join()
        spots = dict.fromkeys([*(spot for way, _ in ways for spot in way), *self.marks])
        number = {spot: str(n) for n, spot in enumerate(spots, start=1)}
        stamp = {"version": "1", "timestamp": f"{DATA_DATE}T00:00:00Z"}
        osm = ET.Element("osm", version="0.6", generator="walkcircle", note=MADE_UP)
        (west, south), (east, north) = _to_degrees([(-SEA_M, -SEA_M), (3000 + SEA_M, 2700 + SEA_M)])
        sea = {"minlon": west, "minlat": south, "maxlon": east, "maxlat": north}
        ET.SubElement(osm, "bounds", {edge: str(degrees) for edge, degrees in sea.items()})
        for (spot, n), (lon, lat) in zip(number.items(), _to_degrees(spots), strict=True):
            node = ET.SubElement(osm, "node", {"id": n, **stamp, "lon": str(lon), "lat": str(lat)})
            _tag(node, self.marks.get(spot, {}))
        for position, (line, tags) in enumerate(ways, start=1):
            way = ET.SubElement(osm, "way", {"id": str(position), **stamp})
            for spot in line:
                ET.SubElement(way, "nd", ref=number[spot])
            _tag(way, tags)
        ET.indent(osm, " ")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(osm, encoding="unicode")}\n'

    def _join(self) -> list[tuple[list[Spot], dict[str, str]]]:
        """Give each squared line the ends and bends of the streets that touch it between its own."""
        touching: dict[tuple[str, int], set[Spot]] = defaultdict(set)
        for spots, tags in self.lines:
            for east, north in spots if "highway" in tags else ():
                touching["east", east].add((east, north))
                touching["north", north].add((east, north))
        joined = []
        for spots, tags in self.lines:
            line = [spots[0]]
            for a, b in pairwise(spots):
                axis = ("east", a[0]) if a[0] == b[0] else ("north", a[1] if a[1] == b[1] else -1)
                between = sorted(spot for spot in touching[axis] if min(a, b) < spot < max(a, b))
                line += [*(between if a < b else reversed(between)), b]
            joined.append((line, tags))
        return joined


def _draw_arterials(sheet: _Sheet) -> None:
    """Draw the grid of wide roads, with its bridges and its underpass, around the hill."""
    for east in range(0, 3001, WIDTH):
        road = {"highway": "secondary", "name": f"经{'一二三四五六'[east // WIDTH]}路", "sidewalk": "both"}
        stretches = ((0, 500, 1000), (1100, 1600, 2100), (2200, 2700))
        for norths in stretches[: 2 if east == HILL else 3]:
            sheet.draw(*((east, north) for north in norths), **road)
        if east in BRIDGES:
            sheet.draw((east, 1000), (east, 1100), bridge="yes", layer="1", **road)
        if east == UNDERPASS:
            sheet.draw((east, 2100), (east, 2200), tunnel="yes", layer="-1", **road)
    for north, name in CROSS_STREETS.items():
        sheet.draw((0, north), (3000, north), highway="secondary", name=name, sidewalk="both")


def _draw_streets(sheet: _Sheet, blocks: list[_Block]) -> None:
    """Draw the street through the middle of each block, and the lanes of the old ones."""
    for block in blocks:
        name = block.community.removesuffix("社区")
        if block.use in "123on":
            sheet.draw(block.at(0, 250), block.at(600, 250), highway="residential", name=f"{name}街")
        lanes = (100, 200, 400, 500) if block.use == "o" else ()
        for east in lanes:
            spots = [block.at(east, north) for north in (0, 125, 250, 375, 500)]
            sheet.draw(*spots, highway="living_street", name=f"{name}弄")
        for north in (125, 375) if lanes else ():
            sheet.draw(block.at(0, north), block.at(600, north), highway="living_street", name=f"{name}里")


def _draw_river_and_railway(sheet: _Sheet) -> None:
    sheet.draw(*_ring(0, 1020, 3000, 1080), natural="water", water="river", name="无何有江")
    sheet.draw((0, 1050), (3000, 1050), waterway="river", name="无何有江")
    sheet.draw((0, 2150), (3000, 2150), railway="rail", name="子虚铁路")


def _draw_square_parks_and_sites(sheet: _Sheet, blocks: list[_Block]) -> None:
    """Draw the square with its streets, the park with its cross of paths, the hill, and building sites."""
    square, park = _Block("c3"), _Block("c2")
    sheet.draw(*square.box(150, 150, 450, 350), highway="pedestrian", area="yes", name="无何有广场")
    for start, end in (((0, 250), (150, 250)), ((450, 250), (600, 250)), ((300, 0), (300, 150))):
        sheet.draw(square.at(*start), square.at(*end), highway="pedestrian", name="广场路")
    sheet.draw(*park.box(30, 30, 570, 470), leisure="park", name="南塘公园")
    sheet.draw(*park.box(320, 140, 348, 155), leisure="pitch", sport="basketball")
    sheet.draw(*(park.at(east, 250) for east in (0, 30, 300, 570, 600)), highway="footway")
    sheet.draw(*(park.at(300, north) for north in (0, 30, 250, 470, 500)), highway="footway")
    sheet.draw(*_ring(1830, 2230, 2970, 2670), leisure="park", name="望山公园")
    sheet.draw((2400, 2200), (2400, 2230), (2400, 2260), highway="footway")
    sheet.draw((2400, 2260), (2400, 2400), highway="steps", incline="up", step_count="320")
    sheet.draw((2000, 2200), (2000, 2230), (2200, 2350), (2400, 2400), (2400, 2500), highway="footway")
    for block in (b for b in blocks if b.use == "n"):
        sheet.draw(*block.box(20, 20, 580, 230), landuse="construction", name="新港工地")


def _draw_estates(sheet: _Sheet, estates: list[_Estate]) -> None:
    """Draw the wall, three lanes on a spine, and one to three gates: to the middle street, behind, aside."""
    for estate in estates:
        at, outward = estate.at, -1 if "w" in estate.quarter else 1
        sheet.draw(*estate.box(-135, 20, 135, 230), landuse="residential", barrier="wall", name=estate.name)
        for deep in (60, 110, 160):
            sheet.draw(at(-85, deep), at(0, deep), at(85, deep), highway="footway", access="private")
        ways_in = (
            (at(0, 0), at(0, 20), at(0, 160)),
            (at(0, 250), at(0, 230), at(0, 160)),
            (at(155 * outward, 110), at(135 * outward, 110), at(85 * outward, 110)),
        )
        for street, gate, lane in ways_in[: int(estate.block.use)]:
            sheet.draw(street, gate, highway="service")
            sheet.mark(gate, barrier="gate")
            sheet.draw(gate, lane, highway="service", access="private")


def _draw_homes(sheet: _Sheet, homes: list[_Home], people: list[Row]) -> None:
    for home, row in zip(homes, people, strict=True):
        floors = {"building:levels": str(row["floors"])}
        sheet.draw(*home.outline, building="apartments", ref=home.id, **floors)


# ── the files ──────────────────────────────────────────────────────────────────────────────────────────


def _to_degrees(spots: Iterable[Spot]) -> list[tuple[float, float]]:
    """Return longitude and latitude of spots, to the centimetre."""
    east, north = (np.array(list(spots)) + CORNER).T
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(east, north)
    return list(zip(lon.round(7).tolist(), lat.round(7).tolist(), strict=True))


def _tag(element: ET.Element, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        ET.SubElement(element, "tag", k=key, v=value)


def _to_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _to_geojson(people: list[Row]) -> str:
    """Draw each community around its blocks, with as many residents as its homes hold; one line each."""
    features = []
    for n, (name, (subdistrict, names)) in enumerate(COMMUNITIES.items(), start=1):
        blocks = names.split()
        rows, wests = [int(block[1]) for block in blocks], [_Block(block).at(0, 0)[0] for block in blocks]
        ring = _ring(min(wests), BORDERS[min(rows)], max(wests) + WIDTH, BORDERS[max(rows) + 1])
        population = sum(row[Residences.population] for row in people if row["id"][:2] in blocks)
        properties = {"id": f"S{n:02}", "name": name, "subdistrict": subdistrict, "population": population}
        geometry = {"type": "Polygon", "coordinates": [_to_degrees(ring)]}
        feature = {"type": "Feature", "properties": {**properties, "note": MADE_UP}, "geometry": geometry}
        features.append(json.dumps(feature, ensure_ascii=False))
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def _word_study() -> str:
    groups = "\n".join(f'{group} = "{column}"' for group, column in GROUP_COLUMNS.items())
    kinds = "\n".join(f'"{word}" = "{kind}"' for kind, (word, _) in REGISTER.items())
    idle = "\n".join(f'{key} = "{name}"' for key, name in IDLE_COLUMNS.items())
    return f"""\
# A town {MADE_UP}; written by walkcircle.sources.town.
title = "无何有城（虚构的城镇）"
standard = "hangzhou"
walkers = ["adult"]
minutes = [5, 10, 15]

[place]
file = "town.osm"
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

[residences.groups]
{groups}

[[facilities]]
source = "file"
file = "facilities.csv"
register = "无何有城设施名册"
id = "编号"
name = "名称"
kind = "类别"
lon = "经度"
lat = "纬度"

[facilities.kinds]
{kinds}

[[facilities]]
source = "osm"

[siting]
file = "idle.csv"
register = "无何有城闲置空间清单"
{idle}
lon = "经度"
lat = "纬度"
currency = "CNY"
costs_in = 10000

[siting.kinds]
{kinds}

[outputs]
folder = ".."          # beside this folder
language = "zh"
"""
