"""Drawings: the small pictures of portraits and overviews as SVG inside the page; colours are roles of the palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import cos, isnan, pi, sin
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from walkcircle.analysis import Analysis
from walkcircle.tables import Checkup, Clusters, Coverage, Facilities
from walkcircle.views.names import clean_name
from walkcircle.views.palette import BANDS, classify_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

#: Size of a small map, in the units of its drawing; three to two.
MAP_WIDTH, MAP_HEIGHT = 1200, 800

#: A frame has at least this width, metres, and reaches so far beyond its community, as a share of its size.
_LEAST_FRAME_M, _MARGIN = 300.0, 0.06

#: Where a small map shows more ground than this, footpaths and yards would be a grey mass, metres.
_PATHS_UP_TO_M = 3500.0

#: Lengths that a scale bar may have, metres.
_BARS: Final = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)

#: How a home is drawn of whose walks nothing is known.
_UNKNOWN = "unknown"

_MINOR = ("footway", "path", "steps", "service", "track", "cycleway", "corridor", "platform", "gate", "bridleway")


@dataclass(frozen=True)
class Frame:
    """A window on the ground: its corner and its size in metres, and how many units a metre is."""

    west: float
    north: float
    width_m: float
    scale: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        height_m = self.width_m * MAP_HEIGHT / MAP_WIDTH
        return self.west, self.north - height_m, self.west + self.width_m, self.north

    def place(self, xy: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return ``(n, 2)`` units of the drawing, y growing downwards."""
        return np.rint(np.column_stack([xy[:, 0] - self.west, self.north - xy[:, 1]]) * self.scale).astype(np.int64)

    def write_path(self, shapes: Shapes, *, closed: bool = False) -> str:
        """Write shapes as the path of an SVG, cut at the frame."""
        if len(shapes) == 0:
            return ""
        simple = shapely.simplify(shapes, 0.8 / self.scale)
        margin = 4 / self.scale
        west, south, east, north = self.box
        cut = shapely.clip_by_rect(simple, west - margin, south - margin, east + margin, north + margin)
        lines = shapely.get_rings(shapely.get_parts(cut)) if closed else shapely.get_parts(cut)
        lines = lines[shapely.get_dimensions(lines) == 1]
        xy, of_line = shapely.get_coordinates(lines, return_index=True)
        if len(xy) == 0:
            return ""
        units = self.place(xy)
        first = np.diff(of_line, prepend=-1) != 0
        step = np.diff(units, axis=0, prepend=units[:1])
        kept = first | (step != 0).any(axis=1)
        # what shrinks to a point is not drawn
        line = of_line[kept]
        kept[kept] = np.bincount(line, minlength=len(lines))[line] > 1
        units, step, first = units[kept], step[kept], first[kept]
        steps = zip(first.tolist(), units.tolist(), step.tolist(), strict=True)
        return "".join(f"M{x} {y}l" if begins else f"{dx} {dy} " for begins, (x, y), (dx, dy) in steps)


def pick_frame(bounds: Sequence[float], *, margin: float = _MARGIN) -> Frame:
    """Pick the frame of a small map around some ground, with a margin as a share of its size on each side."""
    west, south, east, north = bounds
    ratio = MAP_WIDTH / MAP_HEIGHT
    width = max(east - west, (north - south) * ratio, _LEAST_FRAME_M) * (1 + 2 * margin)
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    return Frame(middle_x - width / 2, middle_y + width / ratio / 2, width, MAP_WIDTH / width)


@dataclass(frozen=True, eq=False)
class Ground:
    """What all small maps of an answer share: the ground in trees, and what each home has."""

    answer: Analysis

    @cached_property
    def _streets(self) -> tuple[shapely.STRtree, NDArray[np.bool_]]:
        network = self.answer.place.network
        minor = np.isin(network.kind, _MINOR)
        drawn = (network.kind != "square") & (network.length_m > 0)
        return shapely.STRtree(network.lines[drawn]), minor[drawn]

    @cached_property
    def _grounds(self) -> dict[str, shapely.STRtree]:
        background = self.answer.place.background
        layers = {"green": background.green, "water": background.water}
        shapes = {name: series.to_numpy() for name, series in layers.items()}
        return {name: shapely.STRtree(some[shapely.get_dimensions(some) == 2]) for name, some in shapes.items()}

    @cached_property
    def _status(self) -> pd.DataFrame:
        """What each cluster (row) has of each kind (column): met, gap, check or unknown."""
        coverage = self.answer.coverage
        mine = coverage[coverage[Coverage.walker] == self.answer.study.walkers[0].name]
        known, covered, unsure = (mine[c].to_numpy(dtype=bool) for c in
                                (Coverage.known, Coverage.covered, Coverage.unsure))  # fmt: skip
        word = np.select([~known, covered, unsure], [_UNKNOWN, "met", "check"], "gap")
        table = pd.DataFrame(
            {Coverage.cluster: mine[Coverage.cluster], Coverage.kind: mine[Coverage.kind], "word": word}
        )
        return table.pivot_table(index=Coverage.cluster, columns=Coverage.kind, values="word", aggfunc="first")

    @cached_property
    def _homes(self) -> dict[str, NDArray[np.int64]]:
        found = self.answer.clusters.groupby(Clusters.community).indices
        return {str(community): np.asarray(rows, dtype=np.int64) for community, rows in found.items()}

    @cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        facilities = self.answer.place.facilities
        shapes = facilities.geometry.to_numpy()
        inner = np.where(
            shapely.get_dimensions(shapes) == 0, shapely.centroid(shapes), shapely.point_on_surface(shapes)
        )
        return shapely.get_coordinates(inner), facilities[Facilities.kind].to_numpy().astype(str)

    @cached_property
    def _most(self) -> float:
        return max(float(self.answer.clusters[Clusters.population].quantile(0.95)), 1.0)

    def draw_community(self, position: int, kind: str, *, thin: bool, label: str, metres: str) -> Markup:
        """Draw one community: its ground and streets, what its homes have of a kind, and facilities.

        Parameters
        ----------
        position
            Row of the community in the check-up.
        kind
            Id of the kind.
        thin
            The data of that kind are thin here, so that homes without it are to be checked.
        label
            What the picture is, for those who do not see it.
        metres
            Text of the scale bar, with ``{metres}``.
        """
        shape = self.answer.checkup.geometry.iloc[position]
        frame = pick_frame(shape.bounds)
        box = shapely.box(*frame.box)
        near = {name: tree.geometries[tree.query(box, predicate="intersects")] for name, tree in self._grounds.items()}
        areas = [f'<path class="{name}" d="{frame.write_path(some, closed=True)}"/>' for name, some in near.items()]
        tree, minor = self._streets
        inside = np.sort(tree.query(box, predicate="intersects"))
        if frame.width_m > _PATHS_UP_TO_M:
            inside = inside[~minor[inside]]
        streets = "".join(
            f'<path class="{name}" d="{frame.write_path(tree.geometries[rows])}"/>'
            for name, rows in (("minor", inside[minor[inside]]), ("street", inside[~minor[inside]]))
        )
        outline = frame.write_path(np.array([shape]), closed=True)
        parts = [*areas, streets, f'<path class="outline" d="{outline}"/>',
                 *self._draw_facilities(frame, kind), *self._draw_homes(frame, position, kind, thin=thin),
                 _draw_scale(frame, metres)]  # fmt: skip
        drawn = Markup("".join(parts))  # noqa: S704 - numbers and our own class names only
        return Markup('<svg class="ground" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
            MAP_WIDTH, MAP_HEIGHT, label, drawn
        )

    def _draw_homes(self, frame: Frame, position: int, kind: str, *, thin: bool) -> list[str]:
        """Draw the homes of a community, a ring where all is well and a disc where not, so that print is clear."""
        community = str(self.answer.checkup[Checkup.community].iloc[position])
        rows = self._homes.get(community, np.zeros(0, np.int64))
        clusters = self.answer.clusters.iloc[rows]
        xy = frame.place(shapely.get_coordinates(shapely.centroid(clusters.geometry.to_numpy())))
        words = self._status[kind].reindex(clusters[Clusters.cluster]).fillna(_UNKNOWN)
        people = clusters[Clusters.population].to_numpy(dtype=float)
        radius = np.clip(24 * np.sqrt(people / self._most), 7, 30)
        order = np.argsort(-people, kind="stable")
        return [
            f'<circle class="home {"check" if thin and words.iloc[i] == "gap" else words.iloc[i]}" '
            f'cx="{xy[i, 0]}" cy="{xy[i, 1]}" r="{radius[i]:.0f}"/>'
            for i in order
        ]

    def _draw_facilities(self, frame: Frame, kind: str) -> list[str]:
        """Draw the facilities in the frame, those of the kind strong."""
        xy, kinds = self._points
        west, south, east, north = frame.box
        inside = (xy[:, 0] > west) & (xy[:, 0] < east) & (xy[:, 1] > south) & (xy[:, 1] < north)
        mine = inside & (kinds == kind)
        others = np.unique(frame.place(xy[inside & ~mine]), axis=0)
        dots = "".join(f"M{x} {y}h0" for x, y in others.tolist())
        squares = [
            f'<rect class="place" x="{x - 13}" y="{y - 13}" width="26" height="26"/>'
            for x, y in frame.place(xy[mine]).tolist()
        ]
        return [f'<path class="others" d="{dots}"/>', *squares]


def draw_radar(scores: Sequence[tuple[str, float, float]], label: str) -> Markup:
    """Draw category scores as a radar.

    Parameters
    ----------
    scores
        Label of each category, its score here (0 to 100, missing where unknown), and the mean of all.
    label
        What the picture is, with its numbers, for those who do not see it.

    Returns
    -------
    Markup
        An axis without a score is dashed and the shape leaves it out; fewer than three categories make no radar.
    """
    count = len(scores)
    if count < 3:
        return Markup("")
    turn = [2 * pi * i / count - pi / 2 for i in range(count)]

    def spot(i: int, score: float) -> tuple[float, float]:
        return 300 + 1.25 * score * cos(turn[i]), 182 + 1.25 * score * sin(turn[i])

    def ring(values: Sequence[float], css: str) -> str:
        points = [spot(i, value) for i, value in enumerate(values) if not isnan(value)]
        return f'<polygon class="{css}" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>'

    parts = [ring([level] * count, "grid") for level in (25, 50, 75, 100)]
    for i, (_, score, _) in enumerate(scores):
        x, y = spot(i, 100)
        parts.append(f'<path class="{"axis none" if isnan(score) else "axis"}" d="M300 182L{x:.1f} {y:.1f}"/>')
    parts += [ring([mean for _, _, mean in scores], "mean"), ring([score for _, score, _ in scores], "own")]
    for i, (_, score, _) in enumerate(scores):
        if not isnan(score):
            x, y = spot(i, score)
            parts.append(f'<circle class="own" cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>')
    texts = []
    for i, (name, score, _) in enumerate(scores):
        x, y = 300 + 137 * cos(turn[i]), 182 + 141 * sin(turn[i])
        anchor = "middle" if abs(cos(turn[i])) < 0.2 else "start" if cos(turn[i]) > 0 else "end"
        text = "?" if isnan(score) else f"{score:.0f}"
        down = -14 if sin(turn[i]) < -0.9 else 6 if sin(turn[i]) > 0.9 else -4
        texts.append(
            Markup(
                '<text x="{0}" y="{1}" text-anchor="{2}">{3}<tspan class="value" x="{0}" dy="21">{4}</tspan></text>'
            ).format(f"{x:.0f}", f"{y + down:.0f}", anchor, clean_name(name, longest=20), text)
        )
    return Markup('<svg class="radar" viewBox="0 0 600 372" role="img" aria-label="{}">{}{}</svg>').format(
        label,
        Markup("".join(parts)),  # noqa: S704 - numbers and our own class names only
        Markup("").join(texts),
    )


def draw_strip(indices: Sequence[float], own: float, label: str) -> Markup:
    """Draw every index as a tick on a scale in the colours of the map, `own` as a long mark."""
    bands = "".join(
        f'<rect class="{band.role}" y="16" height="12" '
        f'x="{20 + 4 * band.low:g}" width="{4 * (band.high - band.low):g}"/>'
        for band in BANDS
    )
    ticks = "".join(f"M{20 + 4 * index:.1f} 31v7" for index in sorted(indices) if not isnan(index))
    scale = "".join(f'<text x="{20 + 4 * at:g}" y="56" text-anchor="middle">{at:g}</text>' for at in
                    (0, *(band.low for band in BANDS[1:-1]), 100))  # fmt: skip
    mark = "" if isnan(own) else f'<path class="mark" d="M{20 + 4 * own:.1f} 8v31m-5 -31h10l-5 8z"/>'
    return Markup('<svg class="strip" viewBox="0 0 440 60" role="img" aria-label="{}">{}</svg>').format(
        label,
        Markup(f'{bands}<path class="ticks" d="{ticks}"/>{scale}{mark}'),  # noqa: S704 - numbers only
    )


def draw_histogram(counts: Sequence[int], label: str) -> Markup:
    """Draw how many communities have an index in each tenth of the scale."""
    most = max(*counts, 1)
    parts = []
    for i, count in enumerate(counts):
        height = 90 * count / most
        role = BANDS[max(classify_value(10 * i + 5), 0)].role
        if count:
            parts.append(
                f'<rect class="{role}" x="{21 + 40 * i}" y="{106 - height:.1f}" width="38" height="{height:.1f}"/>'
                f'<text x="{40 + 40 * i}" y="{100 - height:.1f}" text-anchor="middle" class="value">{count}</text>'
            )
    scale = "".join(f'<text x="{20 + 4 * at}" y="122" text-anchor="middle">{at}</text>' for at in range(0, 101, 20))
    return Markup('<svg class="histogram" viewBox="0 0 440 128" role="img" aria-label="{}">{}</svg>').format(
        label,
        Markup("".join(parts) + f'<path class="base" d="M20 106.5h400"/>{scale}'),  # noqa: S704 - numbers only
    )


def draw_choropleth(checkup: gpd.GeoDataFrame, label: str, metres: str) -> Markup:
    """Draw communities in the colour of their index; the weakest tenth is outlined, unknown is hatched."""
    inhabited = checkup[checkup[Checkup.population] > 0]
    frame = pick_frame((inhabited if len(inhabited) else checkup).total_bounds, margin=0.1)
    parts = []
    for shape, index, people in zip(checkup.geometry, checkup[Checkup.index], checkup[Checkup.population], strict=True):
        band = classify_value(float(index) if pd.notna(index) else None)
        css = f"band{band}" if band >= 0 else "hatched" if people > 0 else "empty"
        parts.append(f'<path class="area {css}" d="{frame.write_path(np.array([shape]), closed=True)}"/>')
    weakest = checkup[checkup[Checkup.weakest]].geometry.to_numpy()
    parts.append(f'<path class="weakest" d="{frame.write_path(weakest, closed=True)}"/>')
    names = []
    for shape, name, index in zip(checkup.geometry, checkup[Checkup.name], checkup[Checkup.index], strict=True):
        # dark ground wants pale letters: which of the bands are dark is a matter of day and night, of the style sheet
        band = classify_value(float(index) if pd.notna(index) else None)
        (x, y) = frame.place(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
        text = clean_name(name, longest=18)
        # a name is written where there is room for it: a Chinese character is about twice as wide as a letter
        width = sum(30 if ord(letter) > 0x2E80 else 17 for letter in text)
        if width < (shape.bounds[2] - shape.bounds[0]) * frame.scale:
            names.append(
                Markup('<text class="on{}" x="{}" y="{}" text-anchor="middle">{}</text>').format(band, x, y + 10, text)
            )
    hatch = (
        '<defs><pattern id="hatch" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="14" height="14" class="unknown"/><path d="M0 0v14" class="hatching"/></pattern></defs>'
    )
    return Markup('<svg class="choropleth" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>').format(
        MAP_WIDTH, MAP_HEIGHT, label, Markup(hatch + "".join(parts)),  # noqa: S704 - numbers and our own class names only
        Markup("").join(names), Markup(_draw_scale(frame, metres)),  # noqa: S704 - a number in a text of ours
    )  # fmt: skip


def _draw_scale(frame: Frame, metres: str) -> str:
    """Draw a scale bar of a round length, about a fifth of the width."""
    length = min(_BARS, key=lambda bar: abs(bar - frame.width_m / 5))
    width = round(length * frame.scale)
    right, y = MAP_WIDTH - 24, MAP_HEIGHT - 24
    text = metres.format(metres=f"{length:,}")
    return (
        f'<path class="scale" d="M{right - width} {y - 10}v10h{width}v-10"/>'
        f'<text class="scale" x="{right - width / 2:.0f}" y="{y - 14}" text-anchor="middle">{text}</text>'
    )
