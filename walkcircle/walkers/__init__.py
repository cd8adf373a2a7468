"""Who walks: speed, stairs, crossings and gates, each figure with its source.

A walker is one TOML file. Those beside this module are read by name (``adult``, ``elder``); a
planner's own file is read by its path and is their equal.
"""

from __future__ import annotations

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
#: Share of level speed on stairs; TOML has no null, so a file says 0 for stairs that cannot be walked.
StairsFactor = Annotated[
    Annotated[float, Field(gt=0, le=2)] | None,
    BeforeValidator(lambda factor: None if factor == 0 else factor),
]


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
        cannot be walked at all, which a file writes as 0.
    crossing_s
        Delay in seconds at each crossing, by the name of its control: ``signals``, ``marked``,
        ``unmarked``.
    gates
        ``open``: private paths count as public. ``resident``: a walk may start on private paths and
        leave them, but not enter them. ``closed``: private paths are not walked.
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
    crossing_s: dict[Literal["signals", "marked", "unmarked"], Annotated[float, Field(ge=0)]] = field(
        default_factory=dict
    )
    gates: Gates = "open"
    cited: dict[str, str] = field(default_factory=dict)

    @property
    def metres_per_second(self) -> float:
        """Level speed in metres per second."""
        return self.speed_kmh / 3.6

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
