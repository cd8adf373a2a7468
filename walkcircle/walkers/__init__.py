"""Who walks: speed, slopes, stairs, crossings and gates, each figure with its source.

A walker is one TOML file. Those beside this module are read by name (``adult``, ``elder``); a
planner's own file is read by its path and is their equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from walkcircle.errors import StudyError
from walkcircle.records import STRICT, read_record

#: Which private paths may be walked: all; those of one's own estate, outwards; none.
Gates = Literal["open", "resident", "closed"]
#: How a slope changes the speed: a published function of :mod:`walkcircle.walkers.slopes`.
Slope = Literal["flat", "tobler", "campbell-p10", "irmischer-clarke", "wheels"]
#: The most by which a slope speeds a walker up: the greatest value of each function, just below the flat.
FASTEST: Mapping[Slope, float] = {
    "flat": 1.0, "tobler": 1.192, "campbell-p10": 1.014, "irmischer-clarke": 1.013, "wheels": 1.0,
}  # fmt: skip
Grade = Annotated[float, Field(gt=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
#: Share of level speed on stairs; TOML has no null, so a file says 0 for stairs that cannot be walked.
StairsFactor = Annotated[
    Annotated[float, Field(gt=0, le=2)] | None,
    BeforeValidator(lambda factor: None if factor == 0 else factor),
]


@dataclass(frozen=True, config=STRICT)
class Signals:
    """Traffic lights as people on foot meet them: seconds of one cycle, and of green in it.

    Examples
    --------
    >>> round(Signals(cycle_s=90, green_s=25).delay_s, 1)
    23.5
    """

    cycle_s: Annotated[float, Field(gt=0, le=600)]
    green_s: Annotated[float, Field(gt=0)]

    def __post_init__(self) -> None:
        """Refuse a green longer than the cycle."""
        if self.green_s > self.cycle_s:
            msg = f"green_s is {self.green_s:g}, longer than the whole cycle of {self.cycle_s:g} s"
            raise ValueError(msg)

    @property
    def delay_s(self) -> float:
        """Mean wait, (C - g)² / 2C, of people who come at any moment and wait for green.

        Highway Capacity Manual 2000, equation 18-5.
        """
        return (self.cycle_s - self.green_s) ** 2 / (2 * self.cycle_s)


@dataclass(frozen=True, config=STRICT)
class Walker:
    """Someone who walks; with a speed alone, on the flat and without any delay.

    Attributes
    ----------
    speed_kmh
        Speed on level ground, kilometres per hour.
    name
        How the walker is called in tables.
    zh, en
        Labels.
    stairs_factor
        Speed on stairs as a share of level speed, along the stairs' mapped length; None where stairs
        cannot be walked at all, which a file writes as 0. Such a walker does not pass stiles, turnstiles and
        kissing gates either; they cost others nothing.
    stairs_up_factor, stairs_down_factor
        The same up and down, where heights say which way is up; else `stairs_factor` holds.
    slope
        How a slope changes the speed; ``flat`` pays no heed to it. Without heights nobody does.
    critical_grade
        With ``slope = "wheels"``: the grade (rise over run) that takes twice the time.
    max_grade_up, max_grade_down
        A street steeper than this over `grade_over_m` is closed in that direction; None for no limit.
        Where heights are unknown nothing is closed.
    grade_over_m
        Length over which a grade must keep up to close a street, metres; the whole of a shorter edge.
    crossing_s
        Delay in seconds at each crossing, by the name of its control: ``signals``, ``marked``,
        ``unmarked``. A crossing is a way, or a node of a road where paths meet or pass over it.
    crossing_road_s
        Delay in seconds at a crossing without signals by the class of the road that is crossed:
        ``service``, ``residential``, ``tertiary``, ``secondary``, ``primary``. It goes before `crossing_s`, which holds
        where the class is not known or not listed.
    signals
        Cycle and green of traffic lights, from which the delay follows, instead of one in `crossing_s`.
    gates
        ``open``: private paths count as public. ``resident``: a walk may start on private paths and
        leave them, but not enter them. ``closed``: private paths are not walked. Private gates on a path are private
        paths of no length, and so is all to which only they lead; what is shut for all (``access=no``, ``foot=no``)
        nobody passes. ``walkable.toml`` has the rules.
    cited
        Source of each figure, by its name.

    Examples
    --------
    >>> Walker(speed_kmh=4.8).metres_per_second
    1.3333333333333333
    >>> Walker(speed_kmh=2.5, stairs_factor=0).stairs_factor is None
    True
    """

    speed_kmh: Annotated[float, Field(gt=0, le=20)]
    name: str = "walker"
    zh: str = "步行者"
    en: str = "Walker"
    stairs_factor: StairsFactor = 1.0
    stairs_up_factor: Annotated[float, Field(gt=0, le=2)] | None = None
    stairs_down_factor: Annotated[float, Field(gt=0, le=2)] | None = None
    slope: Slope = "flat"
    critical_grade: Grade = 0.12
    max_grade_up: Grade | None = None
    max_grade_down: Grade | None = None
    grade_over_m: Annotated[float, Field(gt=0, le=1000)] = 10.0
    crossing_s: dict[Literal["signals", "marked", "unmarked"], Seconds] = field(default_factory=dict)
    crossing_road_s: dict[Literal["service", "residential", "tertiary", "secondary", "primary"], Seconds] = field(
        default_factory=dict
    )
    signals: Signals | None = None
    gates: Gates = "open"
    cited: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        if self.signals is not None and "signals" in self.crossing_s:
            msg = "the wait at traffic lights is given twice, in [signals] and as crossing_s.signals; keep one"
            raise ValueError(msg)
        directed = {self.stairs_up_factor is None, self.stairs_down_factor is None}
        if directed != {True} and (self.stairs_factor is None or len(directed) > 1):
            msg = "stairs_up_factor and stairs_down_factor go together, and with a stairs_factor for unknown heights"
            raise ValueError(msg)

    @property
    def metres_per_second(self) -> float:
        """Level speed in metres per second."""
        return self.speed_kmh / 3.6

    @property
    def fastest_metres_per_second(self) -> float:
        """Speed on the slope that speeds the walker up most, metres per second."""
        return self.metres_per_second * FASTEST[self.slope]

    def label(self, language: str) -> str:
        """Return the label in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


def read_walker(name_or_path: str | Path, *, folder: Path | None = None) -> Walker:
    """Read a walker by name, or a planner's own from a TOML file.

    Parameters
    ----------
    name_or_path
        ``adult``, ``elder``, … or a path ending in ``.toml``.
    folder
        Where a relative path starts; the current folder when not given.

    Raises
    ------
    StudyError
        There is no such walker, or its file is wrong.
    """
    if str(name_or_path).endswith(".toml"):
        return read_record((folder or Path()) / name_or_path, Walker)
    if name_or_path not in list_walkers():
        msg = (
            f"walker '{name_or_path}' is not known; choose {', '.join(list_walkers())}, "
            "or give the path of your own .toml"
        )
        raise StudyError(msg)
    with resources.as_file(resources.files(__name__) / f"{name_or_path}.toml") as path:
        return read_record(path, Walker)


def list_walkers() -> list[str]:
    """List the names of the walkers that come with walkcircle."""
    files = resources.files(__name__).iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))
