"""Drawing: the map of a plan as shapes and numbers, from which a page makes SVG and a document PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import cos, pi, sin
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from walkcircle.tables import Checkup, Projects
from walkcircle.views.drawings import MAP_HEIGHT, MAP_WIDTH, Frame, pick_frame
from walkcircle.views.names import clean_name
from walkcircle.views.palette import BANDS, LIGHT, classify_value

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    Line = NDArray[np.float64]

#: Height of the key below the ground, in the units of the drawing.
KEY_HEIGHT = 64

#: Greys of the communities by the class of their index, the worst served first, and the ground where none is known;
#: light enough that every mark stands out.
GREYS: Final = ("#a9a9a6", "#bebebb", "#d0d0cd", "#e0e0dd", "#efefec")

#: Blues of the years, the first the darkest: one hue, told apart by lightness alone, as every kind of colour vision
#: and a grey printer can.
BLUES: Final = ((8, 41, 107), (158, 190, 240))

#: What has no year is white; what is written is ink; communities have a quiet border.
_PAPER, _INK, _BORDER = "#ffffff", LIGHT["ink"], "#6f7678"

#: Borders of living circles: the vermilion of Okabe and Ito, Color Universal Design (2008), darkened.
_CIRCLE: Final = "#a84300"

#: Numbers on pale marks: with white on dark ones, no blue is in between where neither is read (WCAG 2, 4.5 to 1).
_BLACK = "#000000"

#: Lengths that a scale bar may have, metres, and the longest one in the units of the drawing.
_BARS: Final = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
_LONGEST_BAR = 240.0

#: With more projects than this, marks bear no numbers: they would not be read.
MOST_NUMBERED = 150


@dataclass(frozen=True, eq=False)
class Area:
    """Ground inside rings, holes too, with its fill and border."""

    rings: tuple[Line, ...]
    fill: str | None
    stroke: str
    width: float


@dataclass(frozen=True, eq=False)
class Stroke:
    """Lines of one colour."""

    lines: tuple[Line, ...]
    stroke: str
    width: float


@dataclass(frozen=True)
class Disc:
    """A mark with what is written in it."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str
    text: str = ""


@dataclass(frozen=True)
class Label:
    """Some words or a number; a `name` is in the language of the place, for which not every machine has letters."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    is_name: bool = False
    anchor: str = "middle"


@dataclass(frozen=True)
class Drawing:
    """Shapes in the order in which they are drawn.

    Attributes
    ----------
    width, height
        In the units of the shapes.
    shapes
        From the ground up.
    label
        What it shows, for those who do not see it.
    caption
        What stands below it.
    """

    width: int
    height: int
    shapes: tuple[Area | Stroke | Disc | Label, ...]
    label: str
    caption: str


def draw_sites(
    checkup: gpd.GeoDataFrame,
    projects: gpd.GeoDataFrame,
    years: Sequence[int],
    *,
    links: gpd.GeoDataFrame,
    circles: gpd.GeoDataFrame | None = None,
    label: str,
    caption: str,
) -> Drawing:
    """Draw projects over the communities: numbered by rank, shaded by year; communities in the grey of their index.

    Parameters
    ----------
    checkup
        :class:`~walkcircle.tables.Checkup` of today.
    projects
        :class:`~walkcircle.tables.Projects`.
    years
        All years of the plan, in order.
    links
        :class:`~walkcircle.tables.Links`, which have no year.
    circles
        :class:`~walkcircle.tables.Circles` whose borders are drawn.
    label, caption
        What the drawing shows, and what stands below it.
    """
    inhabited = checkup[checkup[Checkup.population] > 0]
    ground = inhabited if len(inhabited) else checkup
    boxes = np.array([one.total_bounds for one in (ground, projects) if len(one)])
    frame = pick_frame([*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)], margin=0.05)
    shapes: list[Area | Stroke | Disc | Label] = [*_draw_ground(frame, checkup), *_draw_names(frame, checkup)]
    shapes += [] if circles is None else _draw_circles(frame, circles)
    shapes += _draw_links(frame, links)
    shapes += _draw_projects(frame, projects, {year: choose_blue(n, len(years)) for n, year in enumerate(years)})
    shapes += _draw_key(frame, years)
    return Drawing(MAP_WIDTH, MAP_HEIGHT + KEY_HEIGHT, tuple(shapes), label, caption)


def choose_blue(position: int, count: int) -> str:
    """Return the blue of a year by its position among all.

    Examples
    --------
    >>> choose_blue(0, 3), choose_blue(2, 3)
    ('#08296b', '#9ebef0')
    """
    part = position / (count - 1) if count > 1 else 0.0
    first, last = BLUES
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(first, last, strict=True))


def _draw_ground(frame: Frame, checkup: gpd.GeoDataFrame) -> list[Area | Stroke]:
    """Draw the communities in grey; hatched where people live and no index is known."""
    shapes: list[Area | Stroke] = []
    for shape, index, people in zip(checkup.geometry, checkup[Checkup.index], checkup[Checkup.population], strict=True):
        band = classify_value(float(index) if pd.notna(index) else None)
        cut = _clip(frame, shape)
        if cut.is_empty:
            continue
        rings = tuple(frame.place(shapely.get_coordinates(ring)).astype(float) for ring in _rings(cut))
        shapes.append(Area(rings, GREYS[band] if band >= 0 else _PAPER, _BORDER, 2.0))
        if band < 0 and people > 0:
            shapes.append(Stroke(_hatch(frame, cut), GREYS[1], 2.0))
    return shapes


def _clip(frame: Frame, shape: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = frame.box
    return shapely.clip_by_rect(shapely.simplify(shape, 0.8 / frame.scale), west, south, east, north)


def _rings(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shape)
    return list(shapely.get_rings(parts[shapely.get_dimensions(parts) == 2]))


def _hatch(frame: Frame, shape: shapely.Geometry) -> tuple[Line, ...]:
    """Return slanted lines inside a shape, on one grid for all shapes."""
    step = 14 * np.sqrt(2) / frame.scale
    west, south, east, north = shape.bounds
    first, last = int(np.floor((west - north) / step)), int(np.ceil((east - south) / step))
    offsets = np.arange(first, last + 1) * step
    lines = shapely.linestrings(
        np.stack([np.column_stack([offsets + south, np.full(len(offsets), south)]),
                  np.column_stack([offsets + north, np.full(len(offsets), north)])], axis=1)
    )  # fmt: skip
    inside = shapely.get_parts(shapely.intersection(lines, shape))
    inside = inside[(shapely.get_dimensions(inside) == 1) & (shapely.length(inside) > 0)]
    return tuple(frame.place(shapely.get_coordinates(line)).astype(float) for line in inside)


def _draw_names(frame: Frame, checkup: gpd.GeoDataFrame) -> list[Label]:
    """Name the communities where there is room: a Chinese character is about twice as wide as a letter."""
    labels = []
    for shape, name, people in zip(checkup.geometry, checkup[Checkup.name], checkup[Checkup.population], strict=True):
        text = clean_name(name, longest=18)
        width = sum(24 if ord(letter) > 0x2E80 else 13 for letter in text)
        if people <= 0 or not text or width >= (shape.bounds[2] - shape.bounds[0]) * frame.scale:
            continue
        x, y = frame.place(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
        labels.append(Label(float(x), float(y) + 8, text, 22, LIGHT["quiet"], is_name=True))
    return labels


def _draw_circles(frame: Frame, circles: gpd.GeoDataFrame) -> list[Area]:
    """Draw the borders of living circles over the ground, with a pale edge beside dark communities."""
    shapes = []
    for shape in circles.geometry:
        cut = _clip(frame, shape)
        rings = tuple(frame.place(shapely.get_coordinates(ring)).astype(float) for ring in _rings(cut))
        if rings:
            shapes += [Area(rings, None, _PAPER, 7.0), Area(rings, None, _CIRCLE, 3.5)]
    return shapes


def _draw_links(frame: Frame, links: gpd.GeoDataFrame) -> list[Stroke | Disc]:
    """Draw missing links as black lines, gates as small squares of the same width."""
    shapes: list[Stroke | Disc] = []
    for shape in links.geometry:
        line = frame.place(shapely.get_coordinates(shape)).astype(float)
        x, y = line.mean(axis=0)
        if len(line) < 2 or np.ptp(line, axis=0).max() < 8:
            line = np.array([(x - 5.0, y), (x + 5.0, y)])
        shapes += [Stroke((line,), _PAPER, 14.0), Stroke((line,), _INK, 8.0)]
    return shapes


def _draw_projects(frame: Frame, projects: gpd.GeoDataFrame, shades: dict[int, str]) -> list[Stroke | Disc]:
    """Draw each project as a disc with its rank, beside its site where others stand there already."""
    count = len(projects)
    radius = 23.0 if count <= 30 else 17.0 if count <= 80 else 13.0 if count <= MOST_NUMBERED else 7.0
    places = shapely.point_on_surface(projects.geometry.to_numpy())
    at = frame.place(shapely.get_coordinates(places)).astype(float).reshape(-1, 2)
    taken: list[tuple[float, float]] = []
    leaders, discs = [], []
    for (x, y), rank, year in zip(at.tolist(), projects[Projects.rank], projects[Projects.year], strict=True):
        fill = shades.get(int(year), _PAPER) if pd.notna(year) else _PAPER
        there = _find_room(x, y, radius, taken)
        taken.append(there)
        if there != (x, y):
            leaders.append(Stroke((np.array([(x, y), there]),), _INK, 2.0))
            leaders.append(Stroke((np.array([(x - 3.0, y), (x + 3.0, y)]),), _INK, 6.0))
        edge = _INK if fill == _PAPER else _PAPER
        discs.append(Disc(*there, radius, fill, edge, str(rank) if count <= MOST_NUMBERED else ""))
    return [*leaders, *discs]


def _find_room(x: float, y: float, radius: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the nearest place on a widening round where a disc touches none that is there."""
    if not taken:
        return x, y
    others = np.array(taken)
    apart = 2 * radius + 3

    def is_free(u: float, v: float) -> bool:
        inside = radius < u < MAP_WIDTH - radius and radius < v < MAP_HEIGHT - radius
        return inside and bool((np.hypot(others[:, 0] - u, others[:, 1] - v) >= apart).all())

    if is_free(x, y):
        return x, y
    for ring in range(1, 16):
        for step in range(8 * ring):
            turn = 2 * pi * step / (8 * ring)
            u, v = round(x + ring * apart * cos(turn), 1), round(y + ring * apart * sin(turn), 1)
            if is_free(u, v):
                return u, v
    return x, y


def _draw_key(frame: Frame, years: Sequence[int]) -> list[Area | Stroke | Disc | Label]:
    """Draw the key: the years, the classes of the index, and a scale bar of a round length."""
    middle = MAP_HEIGHT + KEY_HEIGHT / 2 + 4
    shapes: list[Area | Stroke | Disc | Label] = []
    x = 20.0
    for number, year in _pick_years(years):
        shapes.append(Disc(x + 12, middle, 12, choose_blue(number, len(years)), _PAPER))
        shapes.append(Label(x + 30, middle + 8, str(year), 22, _INK, anchor="start"))
        x += 90
    x += 12
    for band, grey in zip(BANDS, GREYS, strict=True):
        box = np.array([(x, middle - 11), (x + 26, middle - 11), (x + 26, middle + 11), (x, middle + 11)])
        shapes.append(Area((box,), grey, _BORDER, 1.5))
        shapes.append(Label(x + 32, middle + 7, band.label, 20, _INK, anchor="start"))
        x += 104
    length = max((bar for bar in _BARS if bar * frame.scale <= _LONGEST_BAR), default=_BARS[0])
    width, right = length * frame.scale, MAP_WIDTH - 20.0
    bar = np.array(
        [(right - width, middle + 2), (right - width, middle + 14), (right, middle + 14), (right, middle + 2)]
    )
    text = f"{length:,} m" if length < 1000 else f"{length / 1000:g} km"
    return [*shapes, Stroke((bar,), _INK, 3.0), Label(right - width / 2, middle + 6, text, 20, _INK)]


def _pick_years(years: Sequence[int]) -> list[tuple[int, int]]:
    """Return so many years as the key has room for, the first and the last among them, with their positions."""
    if not years:
        return []
    picked = sorted({round(one) for one in np.linspace(0, len(years) - 1, min(len(years), 4))})
    return [(position, years[position]) for position in picked]


# ── how it is put down ────────────────────────────────────────────────────────────────────────────


def write_svg(drawing: Drawing) -> Markup:
    """Write a drawing as SVG inside a page: shapes, and texts that are escaped."""
    parts = [Markup('<rect width="{}" height="{}" fill="{}"/>').format(drawing.width, drawing.height, _PAPER)]
    for shape in drawing.shapes:
        if isinstance(shape, Area):
            parts.append(
                Markup('<path d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="{:g}"/>').format(
                    _write_path(shape.rings, "z"), shape.fill or "none", shape.stroke, shape.width
                )
            )
        elif isinstance(shape, Stroke):
            parts.append(
                Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{:g}"/>').format(
                    _write_path(shape.lines, ""), shape.stroke, shape.width
                )
            )
        elif isinstance(shape, Disc):
            parts.append(
                Markup('<circle cx="{:g}" cy="{:g}" r="{:g}" fill="{}" stroke="{}" stroke-width="2.5"/>').format(
                    shape.x, shape.y, shape.radius, shape.fill, shape.stroke
                )
            )
            parts += [_write_text(_number(shape))] if shape.text else []
        else:
            parts.append(_write_text(shape))
    return Markup('<svg class="plan" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        drawing.width, drawing.height, drawing.label, Markup("").join(parts)
    )


def _number(disc: Disc) -> Label:
    """Return the number in a disc: pale on dark, dark on pale."""
    size = disc.radius * (1.2 if len(disc.text) < 3 else 0.9)
    return Label(disc.x, disc.y + 0.36 * size, disc.text, size, _PAPER if _is_dark(disc.fill) else _BLACK)


def _is_dark(colour: str) -> bool:
    """Tell whether white is read better on a colour than black, by its relative luminance (WCAG 2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.179


def _write_text(label: Label) -> Markup:
    # attributes and no style: the policy of the page takes no style but its own
    return Markup('<text x="{:g}" y="{:g}" font-size="{:g}" text-anchor="{}" fill="{}">{}</text>').format(
        round(label.x, 1), round(label.y, 1), label.size, label.anchor, label.fill, label.text
    )


def _write_path(lines: Sequence[Line], end: str) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in line) + end for line in lines if len(line) > 1)


#: Pixels of a picture for each unit of the drawing, and how many are drawn for one that stays, each way.
_PIXELS, _FINER = 1.5, 2


def write_png(drawing: Drawing) -> bytes:
    """Write a drawing as PNG for a document: without names, for whose language no letters may be there."""
    from PIL import Image as Picture
    from PIL import ImageDraw as Pencil

    scale = _PIXELS * _FINER
    size = (round(drawing.width * scale), round(drawing.height * scale))
    image = Picture.new("RGB", size, _PAPER)
    pencil = Pencil.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Area):
            _fill_area(image, shape, scale)
            for ring in shape.rings:
                _draw_line(pencil, ring * scale, shape.stroke, shape.width * scale)
        elif isinstance(shape, Stroke):
            for line in shape.lines:
                _draw_line(pencil, line * scale, shape.stroke, shape.width * scale)
        elif isinstance(shape, Disc):
            x, y, radius = shape.x * scale, shape.y * scale, shape.radius * scale
            box = (x - radius, y - radius, x + radius, y + radius)
            pencil.ellipse(box, fill=shape.fill, outline=shape.stroke, width=round(2.5 * scale))
            if shape.text:
                _draw_letters(pencil, _number(shape), scale)
        elif not shape.is_name:
            _draw_letters(pencil, shape, scale)
    buffer = BytesIO()
    image.reduce(_FINER).save(buffer, "PNG")
    return buffer.getvalue()


def _fill_area(image: Image, area: Area, scale: float) -> None:
    """Fill an area, its holes left open: what an even number of rings go around."""
    from PIL import Image as Picture
    from PIL import ImageChops
    from PIL import ImageDraw as Pencil

    rings = [[(float(x), float(y)) for x, y in ring * scale] for ring in area.rings if len(ring) > 2]
    if area.fill is None or not rings:
        return
    if len(rings) == 1:
        Pencil.Draw(image).polygon(rings[0], fill=area.fill)
        return
    inside = Picture.new("1", image.size)
    for ring in rings:
        mask = Picture.new("1", image.size)
        Pencil.Draw(mask).polygon(ring, fill=1)
        inside = ImageChops.logical_xor(inside, mask)
    image.paste(area.fill, mask=inside)


def _draw_line(pencil: ImageDraw, line: Line, colour: str, width: float) -> None:
    pencil.line([(float(x), float(y)) for x, y in line], fill=colour, width=max(round(width), 1), joint="curve")


def _draw_letters(pencil: ImageDraw, label: Label, scale: float) -> None:
    """Write digits and the like in the letters that Pillow brings along, so that every machine writes the same."""
    from PIL import ImageFont

    anchor = "ms" if label.anchor == "middle" else "ls"
    font = ImageFont.load_default(label.size * scale)
    text = label.text.replace("–", "-")  # for which these letters have no sign
    pencil.text((label.x * scale, label.y * scale), text, fill=label.fill, font=font, anchor=anchor)
