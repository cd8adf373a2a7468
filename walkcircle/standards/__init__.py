"""Facility standards: which kinds of facility, how far on foot, for whom, and who says so.

A standard is one TOML file. Those beside this module are read by name (``hangzhou``, ``gb50180-2018``); a
planner's own file is read by its path and is their equal. The shortest has five lines::

    id = "mine"
    [[kinds]]
    id = "clinic"
    limit_min = 10
    osm = "hangzhou/community_health_station"  # as in that pack, or { any = ["amenity=clinic"] }
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from functools import cache
from importlib import resources
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from walkcircle.errors import StudyError
from walkcircle.records import STRICT, read_record
from walkcircle.tags import condition_holds

#: How a figure is known: seen in a found document, remembered, remembered with doubt, or proposed here.
Confidence = Literal["seen", "memory", "doubtful", "inferred"]
#: Who needs a kind: everyone, 0-3, 3-6, 6-12, 12-15 and 16-35 years, 60+, 80+, disabled people.
Group = Literal["all", "infant", "child", "pupil", "youth", "adult", "elder", "aged", "disabled"]
#: Tiers of living circles in minutes on foot; 0 is the block.
TierMinutes = Literal[0, 5, 10, 15]
#: How walks become a score: see `method` of :class:`Standard`.
Method = Literal["threshold", "mean-of-nearest", "decay", "max-of-nearest"]
#: How far a document binds.
Status = Literal["in force", "draft", "reconstruction", "published study", "own list"]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Range = tuple[Positive, Positive]


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


#: Walk in minutes, and the most people of the living circle that it makes: 5,000 to 12,000 in five minutes, 15,000 to
#: 25,000 in ten, 50,000 to 100,000 in fifteen (GB 50180-2018; the first remembered). A circle is owed one of its own.
MOST_IN_CIRCLE = ((5.0, 12_000.0), (10.0, 25_000.0), (15.0, 100_000.0))


@dataclass(frozen=True, config=STRICT)
class Kind:
    """One kind of facility in a standard.

    Attributes
    ----------
    id
        Identifier used in tables.
    zh, en
        Labels. In a file either may be left out, and the other or the id stands for it.
    category
        Id of its category.
    limit_min
        Longest walk, minutes, inclusive.
    osm
        Which OpenStreetMap features are of this kind. A file may write ``"hangzhou/kindergarten"`` for the
        selection of that kind of that pack, or ``"kindergarten"`` for that of another kind of the same file.
    group
        Who needs it: ``all``, ``infant`` (0-3), ``child`` (3-6), ``pupil`` (6-12), ``youth`` (12-15),
        ``adult`` (16-35), ``elder`` (60+), ``aged`` (80+), ``disabled``.
    limit_m
        Straight-line service radius in metres, which is a different thing; None where none is known.
    tier
        The living circle that owes it: 5, 10 or 15 minutes, 0 for the block, None where the standard has no
        tiers. Tiers do not include each other: a facility of an upper tier discharges no duty of a lower one,
        so that the same thing at two tiers is two kinds with two ids.
    clause
        Where the document has it, such as ``GB 50180-2018 B.0.1 7``.
    weight
        Weight inside its category.
    mandatory
        The standard demands it; otherwise it depends on need.
    norm_per_1000
        Supply per 1,000 people of the group, in `norm_unit`; None where none is known.
    service_population
        People of all ages that one facility serves, least and most, where the norm is so written.
    min_floor_m2, land_m2
        Smallest floor area and smallest ground, square metres; None where none is known.
    nearest
        How many of the nearest places count. Only with a method that looks at more than one.
    rank_weights
        Weight of the nearest place, the second, … (method ``decay``); as many as `nearest`.
    osm_weakness
        0 well mapped, 1 partly, 2 poorly, 3 practically absent: needs an official register.
    cited
        Source and confidence per value, by its name (``limit_min``, ``limit_m``, ``mandatory``, …).
    note
        What a reader should know before quoting the row.
    """

    id: str
    zh: str
    en: str
    category: str
    limit_min: Positive
    osm: Selection
    group: Group = "all"
    limit_m: Positive | None = None
    weight: Positive = 1.0
    mandatory: bool = True
    norm_per_1000: Positive | None = None
    norm_unit: str = ""
    min_floor_m2: Positive | None = None
    osm_weakness: Annotated[int, Field(ge=0, le=3)] = 1
    cited: dict[str, Citation] = field(default_factory=dict)
    note: str = ""
    tier: TierMinutes | None = None
    clause: str = ""
    land_m2: Positive | None = None
    service_population: Range | None = None
    nearest: Annotated[int, Field(ge=1, strict=True)] = 1
    rank_weights: tuple[Positive, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_labels(cls, content: Any) -> Any:
        """Let one label of a file stand for the other, and the id for both."""
        return _label(content) if isinstance(content, dict) else content

    @field_validator("osm", mode="before")
    @classmethod
    def _find_selection(cls, value: Any) -> Any:
        """Look up the selection of a kind of another pack, written ``pack/kind``."""
        if not isinstance(value, str):
            return value
        pack, slash, kind_id = value.partition("/")
        if not slash or pack not in list_standards():
            msg = (
                "write the id of a kind of this file, pack/kind as in hangzhou/kindergarten, "
                'or tags as in { any = ["amenity=school"] }'
            )
            raise ValueError(msg)
        kinds = {kind.id: kind for kind in _read_pack(pack).all_kinds}
        if kind_id not in kinds:
            msg = f"'{pack}' has no kind '{kind_id}'; {_suggest(kind_id, kinds)}"
            raise ValueError(msg)
        return kinds[kind_id].osm

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant together."""
        if self.tier and self.limit_min > self.tier:
            msg = (
                f"kind '{self.id}' is of the {self.tier}-minute tier and may be {self.limit_min:g} minutes away; "
                "lower limit_min or raise tier"
            )
            raise ValueError(msg)
        if self.rank_weights and len(self.rank_weights) != self.nearest:
            msg = (
                f"kind '{self.id}' counts the nearest {self.nearest} and weighs {len(self.rank_weights)}; "
                f"set nearest = {len(self.rank_weights)}, or give as many rank_weights"
            )
            raise ValueError(msg)
        also = ("mandatory", "group", "category", "weight", "osm")
        service = {} if self.service_population is None else {"service_population": self.service_population}
        problem = _find_reversed(service) or _find_uncited(self.cited, [*self.figures, *also])
        if problem:
            msg = f"kind '{self.id}': {problem}"
            raise ValueError(msg)

    @property
    def most_served(self) -> float:
        """The most people whom one facility serves: as the standard says, else of a living circle of its walk."""
        if self.service_population is not None:
            return self.service_population[1]
        return next((people for minutes, people in MOST_IN_CIRCLE if self.limit_min <= minutes), inf)

    @property
    def figures(self) -> dict[str, float | str | Range | tuple[float, ...]]:
        """The values that the document gives, by name; each should be cited."""
        always: dict[str, float | str | Range | tuple[float, ...] | None] = {
            "clause": self.clause or None,
            "tier": self.tier,
            "limit_min": self.limit_min,
            "limit_m": self.limit_m,
            "norm_per_1000": self.norm_per_1000,
            "service_population": self.service_population,
            "min_floor_m2": self.min_floor_m2,
            "land_m2": self.land_m2,
            "nearest": self.nearest if self.nearest > 1 else None,
            "rank_weights": self.rank_weights or None,
        }
        return {name: value for name, value in always.items() if value is not None}

    def label(self, language: str) -> str:
        """Return the label in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, config=STRICT)
class Tier:
    """One size of living circle: how many people, how large, how much of everything.

    Attributes
    ----------
    minutes
        Walk that names it; 0 is the block.
    zh, en
        Names.
    population, dwellings, area_ha, walk_m
        Least and most people, dwellings, hectares and metres of walk.
    land_m2_per_1000, floor_m2_per_1000
        Least and most ground and floor of facilities per 1,000 people, square metres.
    green_m2_per_person
        Least public green, square metres a head.
    cited
        Source and confidence per value.
    note
        What a reader should know before quoting it.
    """

    minutes: TierMinutes
    zh: str
    en: str
    population: Range | None = None
    dwellings: Range | None = None
    area_ha: Range | None = None
    walk_m: Range | None = None
    land_m2_per_1000: Range | None = None
    floor_m2_per_1000: Range | None = None
    green_m2_per_person: Positive | None = None
    cited: dict[str, Citation] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse ranges the wrong way round and citations of nothing."""
        problem = _find_reversed(self.figures) or _find_uncited(self.cited, self.figures)
        if problem:
            msg = f"tier {self.minutes}: {problem}"
            raise ValueError(msg)

    @property
    def figures(self) -> dict[str, float | Range]:
        """The values that the document gives, by name; each should be cited."""
        always: dict[str, float | Range | None] = {
            "population": self.population,
            "dwellings": self.dwellings,
            "area_ha": self.area_ha,
            "walk_m": self.walk_m,
            "land_m2_per_1000": self.land_m2_per_1000,
            "floor_m2_per_1000": self.floor_m2_per_1000,
            "green_m2_per_person": self.green_m2_per_person,
        }
        return {name: value for name, value in always.items() if value is not None}


@dataclass(frozen=True, config=STRICT)
class Decay:
    """How much a place counts with its distance, between the points by straight lines, beyond the last as there.

    Attributes
    ----------
    per
        What is measured: ``min`` (minutes) or ``m`` (metres along streets).
    points
        Distance and factor (0 to 1), growing and falling.
    """

    per: Literal["min", "m"]
    points: tuple[tuple[Annotated[float, Field(ge=0, strict=True)], Share], ...]

    def __post_init__(self) -> None:
        """Refuse distances that do not grow and factors that do."""
        far, factors = [point[0] for point in self.points], [point[1] for point in self.points]
        if len(far) < 2 or far != sorted(set(far)) or factors != sorted(factors, reverse=True):
            msg = (
                "decay needs two points or more, distances growing and factors falling, as in [[400, 1.0], [1600, 0.0]]"
            )
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class Standard:
    """A catalogue of kinds with its limits and sources.

    Attributes
    ----------
    id, zh, en
        Identifier and titles. In a file either title may be left out, and the other or the id stands for it.
    source
        The document, and how much of it was seen.
    categories
        Groups of kinds, in reading order. A file that lists none has one for each category that its kinds name,
        and a kind without a category is its own.
    kinds
        The kinds that count.
    alternates
        Kinds kept in the file because the published list may hold them; they do not count.
    note
        What a reader should know before quoting the standard.
    method
        How walks become a score. ``threshold``: the nearest place of each kind is within `limit_min` or not.
        ``mean-of-nearest``: the mean walk to the `nearest` places of each kind, and the mean over kinds (Bruno
        et al. 2024). ``max-of-nearest``: the longest of the walks to the nearest place of each kind (Logan et
        al. 2022). ``decay``: the places in order of distance, each times its `rank_weights` and times the factor
        of `decay`, summed and brought to 0-100 (Walk Score).
    decay
        How much a place counts with its distance; only with the method ``decay``.
    jurisdiction
        Where it applies.
    year
        Of the document.
    status
        ``in force``, ``draft``, ``reconstruction``, ``published study`` or ``own list``.
    tiers
        The sizes of living circles that the document knows.
    cited
        Source and confidence of the standard's own values (``decay``, ``method``, …).
    """

    id: str
    zh: str
    en: str
    source: str
    categories: tuple[Category, ...]
    kinds: tuple[Kind, ...]
    alternates: tuple[Kind, ...] = ()
    note: str = ""
    method: Method = "threshold"
    decay: Decay | None = None
    jurisdiction: str = ""
    year: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None
    status: Status = "own list"
    tiers: tuple[Tier, ...] = ()
    cited: dict[str, Citation] = field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _fill_file(cls, content: Any) -> Any:
        """Complete a short file: titles, source, and a category for every kind."""
        if not isinstance(content, dict):
            return content
        filled = _share_selections({"source": "no source is given", **_label(content)})
        return filled if "categories" in content else _add_categories(filled)

    def __post_init__(self) -> None:
        """Refuse kinds with the same id or of an unknown category, and methods that lack what they need."""
        if not self.kinds:
            msg = "kinds is empty; a standard needs at least one kind"
            raise ValueError(msg)
        ids = [kind.id for kind in self.all_kinds]
        twice = next((i for i in ids if ids.count(i) > 1), None)
        if twice:
            msg = f"kind '{twice}' is listed twice"
            raise ValueError(msg)
        known = {category.id for category in self.categories}
        stray = next((k for k in self.all_kinds if k.category not in known), None)
        if stray:
            msg = (
                f"kind '{stray.id}' is of category '{stray.category}', which is not one of: {', '.join(sorted(known))}"
            )
            raise ValueError(msg)
        own = ("method", "decay", "kinds", "tiers", "year", "status", "categories")
        problem = self._find_misfit() or self._find_stray_tier() or _find_uncited(self.cited, own)
        if problem:
            raise ValueError(problem)

    def _find_misfit(self) -> str:
        """Find a method without its figures, or figures that its method never looks at."""
        if (self.decay is not None) != (self.method == "decay"):
            cure = "add a [decay] table" if self.decay is None else 'leave [decay] out or set method = "decay"'
            return f"method is '{self.method}' and there is {'no' if self.decay is None else 'a'} decay; {cure}"
        for kind in self.all_kinds:
            if kind.nearest > 1 and self.method in {"threshold", "max-of-nearest"}:
                return (
                    f"kind '{kind.id}' counts the nearest {kind.nearest}, and the method '{self.method}' looks at one; "
                    'leave nearest out, or set method = "mean-of-nearest"'
                )
            if kind.rank_weights and self.method != "decay":
                return f"kind '{kind.id}' has rank_weights, which only the method 'decay' uses; leave them out"
        return ""

    def _find_stray_tier(self) -> str:
        """Find a tier that is described twice, or a kind of a tier that is not described where some are."""
        minutes = [tier.minutes for tier in self.tiers]
        twice = next((m for m in minutes if minutes.count(m) > 1), None)
        if twice is not None:
            return f"tier {twice} is described twice; keep one"
        stray = next((k for k in self.all_kinds if self.tiers and k.tier is not None and k.tier not in minutes), None)
        known = ", ".join(map(str, minutes))
        return f"kind '{stray.id}' is of tier {stray.tier}; the tiers are: {known}" if stray else ""

    @property
    def all_kinds(self) -> tuple[Kind, ...]:
        """The kinds that count and, after them, the alternates."""
        return (*self.kinds, *self.alternates)

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
        ids = [kind.id for kind in self.kinds]
        close = difflib.get_close_matches(kind_id, ids, n=1, cutoff=0.75)
        meant = f"did you mean '{close[0]}'? " if close else ""
        msg = f"kind '{kind_id}' is not in the standard '{self.id}'; {meant}its kinds are: {', '.join(ids)}"
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
        word = str(name_or_path).lower()
        begun = [name for name in list_standards() if word and name.startswith(word)]
        close = begun or difflib.get_close_matches(word, list_standards(), n=1, cutoff=0.7)
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        msg = (
            f"standard '{name_or_path}' is not known; {meant}choose {', '.join(list_standards())}, "
            "or give the path of your own .toml"
        )
        raise StudyError(msg)
    return _read_pack(str(name_or_path))


def list_standards() -> list[str]:
    """List the names of the standards that come with walkcircle."""
    files = resources.files(__name__).iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def count_confidence(standard: Standard) -> dict[Confidence, int]:
    """Count how the cited values of a standard are known: its kinds', alternates', tiers' and its own.

    Examples
    --------
    >>> count_confidence(read_standard("general"))["seen"]
    9
    """
    tables = [standard.cited, *(kind.cited for kind in standard.all_kinds), *(tier.cited for tier in standard.tiers)]
    marks = [citation.confidence for cited in tables for citation in cited.values()]
    return {word: marks.count(word) for word in get_args(Confidence)}


@cache
def _read_pack(name: str) -> Standard:
    """Read a bundled standard once."""
    with resources.as_file(resources.files(__name__) / f"{name}.toml") as path:
        return read_record(path, Standard)


def _label(content: dict[str, Any]) -> dict[str, Any]:
    """Let one label stand for the other, and the id for both."""
    labels = [content[key] for key in ("en", "zh", "id") if key in content]
    return {"zh": labels[0], "en": labels[0], **content} if labels else content


def _share_selections(content: dict[str, Any]) -> dict[str, Any]:
    """Replace ``osm = "<id>"`` by the selection of that kind of the same file."""
    known = {row["id"]: row["osm"] for row in _list_rows(content) if isinstance(row.get("id"), str) and "osm" in row}

    def share(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "osm": known.get(row["osm"], row["osm"])} if isinstance(row.get("osm"), str) else row

    return _change_rows(content, share)


def _add_categories(content: dict[str, Any]) -> dict[str, Any]:
    """Make a category of each that the kinds name; a kind that names none is its own."""
    filled = _change_rows(content, lambda record: {"category": record["id"], **record} if "id" in record else record)
    records = [record for record in _list_rows(filled) if isinstance(record.get("category"), str)]
    own = {record["id"]: _label(record) for record in records if record.get("id") == record["category"]}
    named = list(dict.fromkeys(record["category"] for record in records))
    labels = {name: own.get(name, _label({"id": name})) for name in named}
    filled["categories"] = [{"id": name, "zh": both["zh"], "en": both["en"]} for name, both in labels.items()]
    return filled


def _list_rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    """List the kinds and alternates of a file that are tables, as far as it holds any."""
    tables = [content[name] for name in ("kinds", "alternates") if isinstance(content.get(name), list)]
    return [row for table in tables for row in table if isinstance(row, dict)]


def _change_rows(content: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return the file with every kind and alternate changed; what is no table stays for the check to find."""
    return content | {
        name: [change(row) if isinstance(row, dict) else row for row in content[name]]
        for name in ("kinds", "alternates")
        if isinstance(content.get(name), list)
    }


def _suggest(word: str, known: Collection[str]) -> str:
    """Name the word that was meant, or all there are."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known)}"


def _find_reversed(figures: Mapping[str, object]) -> str:
    """Find a range the wrong way round."""
    pairs = {name: pair for name, pair in figures.items() if isinstance(pair, tuple)}
    wrong = next((name for name, pair in pairs.items() if pair[0] > pair[1]), None)
    if wrong is None:
        return ""
    return f"{wrong} is the least and the most; [{pairs[wrong][0]:g}, {pairs[wrong][1]:g}] goes down"


def _find_uncited(cited: Mapping[str, Citation], known: Collection[str]) -> str:
    """Find a citation of a value that is not there: the slip of a pen, or a figure that was taken out."""
    stray = next((name for name in cited if name not in known), None)
    return "" if stray is None else f"cited names '{stray}', which is not given; {_suggest(stray, known)}"


_NAME_KEYS = ("name", "name:zh", "name:en", "official_name", "alt_name", "short_name")
