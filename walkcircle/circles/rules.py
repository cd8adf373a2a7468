"""Rules of living circles: how many people, how much ground, how far to walk, what parts them; each with its source."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, field
from importlib import resources
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from walkcircle.errors import StudyError
from walkcircle.records import STRICT, make_record
from walkcircle.standards import Citation

Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]


@dataclass(frozen=True, config=STRICT, kw_only=True)
class CircleRules:
    """What one size of circle must be, and what it costs to break that, in minutes of walking.

    Attributes
    ----------
    minutes
        Which circle: 5 or 15.
    limit_min
        Longest walk from a member to the centre, minutes, inclusive.
    reach_min
        Longest walk to a centre at all, minutes; `limit_min` when None. Where homes lie far apart it lets circles grow
        beyond the limit, at a cost, instead of leaving them without people.
    population
        Least, aimed-at and most residents.
    area_km2
        Least and most ground, km²; None where the rules name none.
    hard, soft
        Kinds of barriers that part circles, and those that only cost.
    outside_min
        For each resident below the least or above the most, minutes.
    broken_share
        A circle outside of the band counts as if this share of the aim were missing besides, so that one that is a few
        people short is worth a step.
    target_min
        For each resident off the aim, inside the band too, minutes. It decides how many circles there are.
    ground_min
        For ground outside of its band, minutes for each resident who would live there if the aim were met in the
        middle of that band.
    soft_min
        For each resident whose straight way to the centre crosses a soft barrier, minutes.
    border_min
        For each resident whose centre lies in another administrative area, minutes.
    beyond_min
        On top of the walk, for each resident who would have to walk longer than the limit, minutes. In circles made
        of clusters nobody does without `reach_min`; in circles made of circles a few may.
    name
        What the rules are called.
    cited
        Source of each figure and how well it is known, by its name; ``weights`` stands for all costs.
    """

    minutes: Positive
    limit_min: Positive
    population: tuple[NotNegative, Positive, Positive]
    area_km2: tuple[NotNegative, Positive] | None = None
    reach_min: Positive | None = None
    hard: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    outside_min: NotNegative = 10.0
    broken_share: NotNegative = 0.1
    target_min: NotNegative = 0.5
    ground_min: NotNegative = 0.0
    soft_min: NotNegative = 0.0
    border_min: NotNegative = 0.0
    beyond_min: NotNegative = 10.0
    name: str = "own"
    cited: dict[str, Citation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse bands that are upside down, and a kind of barrier that is both hard and soft."""
        least, aim, most = self.population
        if not least <= aim <= most:
            msg = f"population is {list(self.population)}; give the least, the aim and the most, in this order"
            raise ValueError(msg)
        if self.area_km2 is not None and self.area_km2[0] > self.area_km2[1]:
            msg = f"area_km2 is {list(self.area_km2)}; give the least and the most, in this order"
            raise ValueError(msg)
        if self.reach_min is not None and self.reach_min < self.limit_min:
            msg = f"reach_min is {self.reach_min:g}, below limit_min; give at least {self.limit_min:g}, or leave it out"
            raise ValueError(msg)
        both = sorted(set(self.hard) & set(self.soft))
        if both:
            msg = f"'{both[0]}' is a hard and a soft barrier; leave it in one of the two"
            raise ValueError(msg)


def list_rules() -> list[tuple[str, float]]:
    """List the rules that come along: name and minutes.

    Examples
    --------
    >>> list_rules()[:2]
    [('gb50180', 5.0), ('gb50180', 15.0)]
    """
    return [(name, float(minutes)) for name, sizes in _read_presets().items() for minutes in sizes]


def read_rules(name: str, minutes: float, changes: Mapping[str, Any] | None = None) -> CircleRules:
    """Read the rules of one size of circle that come along, and change some of their figures.

    Sizes and how well they are known (``rules.toml`` has the sources):

    ========  =====  ========================  =====================================================================
    name      min    residents                 how known
    ========  =====  ========================  =====================================================================
    gb50180   5      5,000 to 12,000           remembered: GB 50180-2018, 8 to 18 ha
    gb50180   15     50,000 to 100,000         seen: GB 50180-2018; 130 to 200 ha remembered
    hangzhou  5      4,500, about 6,500, most  inferred: 1,690 circles for 10.0 to 11.8 million people
                     12,000
    hangzhou  15     20,000, about 31,500,     inferred: 344 circles for the same people, 4.9 five-minute circles each
                     most 50,000
    shanghai  5      5,000 to 12,000           inferred: that of GB 50180-2018
    shanghai  15     30,000 to 50,000          seen: draft technical standard of 2024, main city
    ========  =====  ========================  =====================================================================

    Parameters
    ----------
    name
        ``gb50180``, ``hangzhou`` or ``shanghai``.
    minutes
        5 or 15.
    changes
        Figures of your own by their names, as a study has them in its section ``[circles]``.

    Raises
    ------
    StudyError
        There are no such rules, or a figure has an unknown name or an impossible value.

    Examples
    --------
    >>> read_rules("hangzhou", 15).population
    (20000.0, 31500.0, 50000.0)
    >>> read_rules("hangzhou", 5, {"limit_min": 6.0}).limit_min
    6.0
    """
    presets = _read_presets()
    if name not in presets:
        close = difflib.get_close_matches(name, presets, n=1)
        cure = f"did you mean '{close[0]}'?" if close else f"the rules are: {', '.join(presets)}"
        msg = f"there are no rules of circles called '{name}'; {cure}"
        raise StudyError(msg)
    sizes = presets[name]
    size = f"{minutes:g}"
    if size not in sizes:
        msg = f"the rules '{name}' have no circle of {size} minutes; they have {', '.join(sizes)}"
        raise StudyError(msg)
    content = {"name": name, "minutes": float(minutes), **sizes[size]}
    rules = make_record(content, CircleRules, where="rules.toml")
    if not changes:
        return rules
    changed = {key: cited for key, cited in content["cited"].items() if key not in changes}
    return make_record({**asdict(rules), **changes, "cited": changed}, CircleRules, where=f"[circles] {size} minutes")


def _read_presets() -> dict[str, dict[str, dict[str, Any]]]:
    """Read the file beside this module."""
    return tomllib.loads(resources.files("walkcircle.circles").joinpath("rules.toml").read_text(encoding="utf-8"))
