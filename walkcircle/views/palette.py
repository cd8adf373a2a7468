"""Colours and class breaks of the map, each with its reason; nothing else decides a colour.

A colour belongs to a *role* (paper, water, band 0, accent, …); the page's CSS and its canvas both take it from
here, for light and for dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Final

#: Lower bounds of the five classes of an index or a coverage in per cent. Fixed, so that two cities and two years
#: compare; finer towards the top, where a standard asks for nearly everyone (walkcircle's choice).
BREAKS = (0.0, 50.0, 70.0, 85.0, 95.0)

#: Role → colour on white paper. The ground follows printed planning atlases: quiet enough to carry data.
#: ``band0`` to ``band4`` are one ramp from the worst served (dark) to the best (near paper): lightness grows
#: evenly, so that the order survives a grey printer and every kind of colour vision. Tested in tests/test_map.py.
LIGHT: Final[Mapping[str, str]] = {
    "paper": "#f7f6f3",
    "panel": "#fffefb",
    "ink": "#23282b",
    "quiet": "#5d666a",
    "rule": "#dcd8d0",
    "water": "#dde7ee",
    "shore": "#bccbd6",
    "green": "#e7eee0",
    "building": "#4a423220",
    "casing": "#d6d2cb",
    "street": "#ffffff",
    "path": "#a39c90",
    "rail": "#9a9a9a",
    "veil": "#f7f6f3a6",
    "border": "#3b4a50",
    "halo": "#ffffffe0",
    "band0": "#12505c",
    "band1": "#3d8088",
    "band2": "#79aeab",
    "band3": "#b3d3c4",
    "band4": "#e9efd2",
    "unknown": "#efece6",
    "hatch": "#8d8a84",
    "accent": "#c2410c",
    "accentsoft": "#c2410c66",
    "proposal": "#1d4ed8",
    "walk0": "#3b2a78",
    "walk1": "#7b62c4",
    "walk2": "#b8a7e6",
    "glow": "#23282b",
}

#: The same roles on dark paper: the best served are again nearest to the paper, the worst stand out.
DARK: Final[Mapping[str, str]] = {
    "paper": "#1b1f22",
    "panel": "#22272a",
    "ink": "#eceae4",
    "quiet": "#a3abae",
    "rule": "#3a4145",
    "water": "#16262f",
    "shore": "#2c4553",
    "green": "#1f2b22",
    "building": "#ffffff12",
    "casing": "#14171a",
    "street": "#4a5256",
    "path": "#6c7478",
    "rail": "#7a7f82",
    "veil": "#1b1f2299",
    "border": "#c4cfd2",
    "halo": "#14171ae0",
    "band0": "#c9ece0",
    "band1": "#8fc4bd",
    "band2": "#5b9999",
    "band3": "#356c72",
    "band4": "#22454d",
    "unknown": "#2a2e30",
    "hatch": "#868b8d",
    "accent": "#fb923c",
    "accentsoft": "#fb923c66",
    "proposal": "#7aa2ff",
    "walk0": "#ece4ff",
    "walk1": "#b09ae8",
    "walk2": "#6f5ab0",
    "glow": "#ffffff",
}

#: Colours of facility categories in their reading order: Okabe and Ito, Color Universal Design (2008), darkened
#: where they stand on white. Their vermilion is left out: burnt orange belongs to gaps alone.
CATEGORIES_LIGHT = (
    "#0072b2", "#00795c", "#a8467c", "#7a6a00", "#2a8fc7", "#8a5a00", "#4d4d4d", "#5a4a9c", "#006d77",
)  # fmt: skip
CATEGORIES_DARK = (
    "#56b4e9", "#2fc79b", "#e39ac4", "#f0e442", "#8fd0f5", "#e69f00", "#c8c8c8", "#b3a5ee", "#5fd0d8",
)  # fmt: skip

#: Shapes that tell the kinds of one category apart without colour.
GLYPHS = ("circle", "square", "triangle", "diamond", "cross", "ring", "bar", "star")


@dataclass(frozen=True)
class Band:
    """One class of the choropleth, from `low` (inclusive) up to `high` (exclusive, but for the last)."""

    position: int
    low: float
    high: float

    @property
    def role(self) -> str:
        """The role that colours this class."""
        return f"band{self.position}"

    @property
    def label(self) -> str:
        """The class as the legend shows it."""
        return f"{self.low:g}–{self.high:g}"


BANDS = tuple(
    Band(position, low, high) for position, (low, high) in enumerate(zip(BREAKS, (*BREAKS[1:], 100.0), strict=True))
)


def classify_value(value: float | None) -> int:
    """Return the position of the class a value (0 to 100) falls in; -1 when it is not known.

    Examples
    --------
    >>> classify_value(84.99), classify_value(85), classify_value(100), classify_value(None)
    (2, 3, 4, -1)
    """
    if value is None or isnan(value):
        return -1
    return max(band.position for band in BANDS if value >= band.low)


def write_css_roles() -> str:
    """Return the roles as CSS variables, for light and dark paper."""
    light = _rules(LIGHT, CATEGORIES_LIGHT)
    dark = _rules(DARK, CATEGORIES_DARK)
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        # a page that is being printed is on white paper, whatever the screen
        f"body.printing {{ color-scheme: light; {light} --paper: #ffffff; --panel: #ffffff; --veil: #ffffffa6; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _rules(roles: Mapping[str, str], categories: tuple[str, ...]) -> str:
    names = [*roles.items(), *((f"category{i}", colour) for i, colour in enumerate(categories))]
    return " ".join(f"--{name}: {colour};" for name, colour in names)
