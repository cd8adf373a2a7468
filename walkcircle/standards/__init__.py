"""Facility standards: which kinds of facility, how far on foot, for whom, and who says so.

A standard is one TOML file. Those beside this module are read by name (``hangzhou``, ``general``); a
planner's own file is read by its path and is their equal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from walkcircle.errors import StudyError
from walkcircle.records import STRICT, read_record
from walkcircle.tags import condition_holds

#: How a figure is known: seen in a found document, remembered, remembered with doubt, or proposed here.
Confidence = Literal["seen", "memory", "doubtful", "inferred"]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]


@dataclass(frozen=True, config=STRICT)
class Citation:
    """Where one figure of a kind comes from, and how well it is known."""

    source: str
    confidence: Confidence


@dataclass(frozen=True, config=STRICT)
class Category:
    """A group of kinds, such as health care."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, config=STRICT)
class Selection:
    """Which OpenStreetMap features are of a kind.

    Attributes
    ----------
    any
        Conditions each of which suffices; their language is that of :mod:`walkcircle.tags`.
    named
        Conditions that suffice together with a name that matches `names`.
    names
        Regular expression searched in the feature's names.
    except_names
        Regular expression that no name may match.
    """

    any: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    names: str = ""
    except_names: str = ""

    def __post_init__(self) -> None:
        """Refuse conditions and expressions that could never be met."""
        for condition in (*self.any, *self.named):
            if not condition.split() or not all("=" in part for part in condition.split()):
                msg = f"'{condition}' is not a condition; write key=value, as in amenity=school"
                raise ValueError(msg)
            if all("!=" in part for part in condition.split()):
                msg = f"'{condition}' only says what a feature is not; name a tag that it has, as in amenity=school"
                raise ValueError(msg)
        for pattern in (self.names, self.except_names):
            try:
                re.compile(pattern)
            except re.error as error:
                msg = f"'{pattern}' is not a regular expression ({error}); brackets must come in pairs"
                raise ValueError(msg) from None

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Tell whether a feature with these `tags` is meant."""
        names = [tags[key] for key in _NAME_KEYS if key in tags]
        if self.except_names and any(re.search(self.except_names, name) for name in names):
            return False
        if any(condition_holds(condition, tags) for condition in self.any):
            return True
        return (
            bool(self.names)
            and any(re.search(self.names, name) for name in names)
            and any(condition_holds(condition, tags) for condition in self.named)
        )


@dataclass(frozen=True, config=STRICT)
class Kind:
    """One kind of facility in a standard.

    Attributes
    ----------
    id
        Identifier used in tables.
    zh, en
        Labels.
    category
        Id of its category.
    group
        Who needs it: ``all``, ``infant`` (0-3), ``child`` (3-6), ``pupil`` (6-12), ``youth`` (12-15),
        ``adult`` (16-35), ``elder`` (60+), ``disabled``.
    limit_min
        Longest walk, minutes, inclusive.
    limit_m
        Straight-line service radius in metres, which is a different thing; None where none is known.
    weight
        Weight inside its category.
    mandatory
        The standard demands it.
    norm_per_1000
        Supply per 1,000 people of the group, in `norm_unit`; None where none is known.
    min_floor_m2
        Smallest floor area, square metres; None where none is known.
    osm
        Which OpenStreetMap features are of this kind.
    osm_weakness
        0 well mapped, 1 partly, 2 poorly, 3 practically absent: needs an official register.
    cited
        Source and confidence per figure, by its name (``limit_min``, ``limit_m``, …).
    note
        What a reader should know before quoting the row.
    """

    id: str
    zh: str
    en: str
    category: str
    limit_min: Positive
    osm: Selection
    group: str = "all"
    limit_m: Positive | None = None
    weight: Positive = 1.0
    mandatory: bool = True
    norm_per_1000: Positive | None = None
    norm_unit: str = ""
    min_floor_m2: Positive | None = None
    osm_weakness: Annotated[int, Field(ge=0, le=3)] = 1
    cited: dict[str, Citation] = field(default_factory=dict)
    note: str = ""

    def label(self, language: str) -> str:
        """Return the label in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, config=STRICT)
class Standard:
    """A catalogue of kinds with its limits and sources.

    Attributes
    ----------
    id, zh, en
        Identifier and titles.
    source
        The document, and how much of it was seen.
    categories
        Groups of kinds, in reading order.
    kinds
        The kinds that count.
    alternates
        Kinds kept in the file because the published list may hold them; they do not count.
    note
        What a reader should know before quoting the standard.
    """

    id: str
    zh: str
    en: str
    source: str
    categories: tuple[Category, ...]
    kinds: tuple[Kind, ...]
    alternates: tuple[Kind, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse kinds with the same id or of an unknown category."""
        if not self.kinds:
            msg = "kinds is empty; a standard needs at least one kind"
            raise ValueError(msg)
        ids = [kind.id for kind in (*self.kinds, *self.alternates)]
        twice = next((i for i in ids if ids.count(i) > 1), None)
        if twice:
            msg = f"kind '{twice}' is listed twice"
            raise ValueError(msg)
        known = {category.id for category in self.categories}
        stray = next((k for k in (*self.kinds, *self.alternates) if k.category not in known), None)
        if stray:
            msg = (
                f"kind '{stray.id}' is of category '{stray.category}', which is not one of: {', '.join(sorted(known))}"
            )
            raise ValueError(msg)

    def kind(self, kind_id: str) -> Kind:
        """Return the kind with this id.

        Raises
        ------
        StudyError
            There is none; the message lists those there are.
        """
        for kind in self.kinds:
            if kind.id == kind_id:
                return kind
        msg = (
            f"kind '{kind_id}' is not in the standard '{self.id}'; its kinds are: {', '.join(k.id for k in self.kinds)}"
        )
        raise StudyError(msg)

    def label(self, language: str) -> str:
        """Return the title in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


def read_standard(name_or_path: str | Path, *, folder: Path | None = None) -> Standard:
    """Read a standard by its name, or a planner's own from a TOML file.

    Parameters
    ----------
    name_or_path
        ``general``, ``hangzhou``, … or a path ending in ``.toml``.
    folder
        Where a relative path starts; the current folder when not given.

    Raises
    ------
    StudyError
        There is no such standard, or its file is wrong.
    """
    if str(name_or_path).endswith(".toml"):
        return read_record((folder or Path()) / name_or_path, Standard)
    if name_or_path not in list_standards():
        msg = (
            f"standard '{name_or_path}' is not known; choose {', '.join(list_standards())}, "
            "or give the path of your own .toml"
        )
        raise StudyError(msg)
    with resources.as_file(resources.files(__name__) / f"{name_or_path}.toml") as path:
        return read_record(path, Standard)


def list_standards() -> list[str]:
    """List the names of the standards that come with walkcircle."""
    files = resources.files(__name__).iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


_NAME_KEYS = ("name", "name:zh", "name:en", "official_name", "alt_name", "short_name")
