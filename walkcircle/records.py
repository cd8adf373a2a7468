"""Records: frozen dataclasses read from TOML files, with messages a planner can act on.

Studies, standards and walkers are records; pydantic checks them, this module words what it finds.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from walkcircle.errors import StudyError

Record = TypeVar("Record")

#: Unknown keys are refused, and texts are never silently turned into numbers.
STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)


def read_record(path: Path, record: type[Record], **beside: Any) -> Record:
    """Read the TOML file at `path` into a `record`; `beside` are fields that the file does not hold.

    Raises
    ------
    StudyError
        The file is missing or is not TOML, a key is unknown or missing, or a value is impossible.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        msg = f"{path}: there is no such file; check the path, or make a study with 'walkcircle new'"
        raise StudyError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as UTF-8 text ({error}); save it as UTF-8"
        raise StudyError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name}: not valid TOML: {error}"
        raise StudyError(msg) from None
    return make_record({**content, **beside}, record, where=path.name)


def make_record(content: dict[str, Any], record: type[Record], *, where: str) -> Record:
    """Turn plain `content` into a `record`; `where` names it in messages.

    Raises
    ------
    StudyError
        One sentence: the first thing that is wrong, and the cure.
    """
    try:
        return TypeAdapter(record).validate_python(content)
    except ValidationError as error:
        msg = f"{where}: {_first_problem(error, record, content)}"
        raise StudyError(msg) from None


def _first_problem(error: ValidationError, record: type, content: dict[str, Any]) -> str:
    """Word the first problem that pydantic found; an unknown key explains most others, so it goes first."""
    problems = error.errors()
    first = next((p for p in problems if p["type"] == "unexpected_keyword_argument"), problems[0])
    path = [str(step) for step in first["loc"]]
    named = _name_row(record, first["loc"], content)
    place = f" in [{'.'.join(path[:-1])}]{named}" if len(path) > 1 else ""
    if first["type"] == "unexpected_keyword_argument":
        known = _known_keys(record, path[:-1])
        close = difflib.get_close_matches(path[-1], known, n=1)
        cure = f"did you mean '{close[0]}'?" if close else f"the keys are: {', '.join(known)}"
        return f"unknown key '{path[-1]}'{place}; {cure}"
    if first["type"] == "missing":
        return f"key '{path[-1]}' is missing{place}"
    reason = first["msg"].removeprefix("Value error, ")
    if path and isinstance(first["input"], dict):  # a whole table does not fit together
        return reason if reason.startswith("[") else f"in [{'.'.join(path)}]{named}: {reason}"
    return f"'{'.'.join(path)}'{named} is {first['input']!r}: {reason}" if path else reason


def _name_row(record: type, path: Sequence[int | str], content: Any) -> str:
    """Name the row of a list that `path` leads through by its id, where rows of that record have one."""
    name = ""
    for depth, step in enumerate(path):
        try:
            content = content[step]
        except (LookupError, TypeError):
            break
        here = _records_at(record, [str(s) for s in path[: depth + 1]])
        has_id = any(f.name == "id" and f.default is MISSING for kind in here for f in fields(kind))
        if isinstance(step, int) and has_id and isinstance(content, dict) and isinstance(content.get("id"), str):
            name = f" ({content['id']})"
    return name


def _known_keys(record: type, path: list[str]) -> list[str]:
    """List the keys that are allowed at `path` inside `record`, as far as its types tell."""
    return sorted(f.name for kind in _records_at(record, path) for f in fields(kind))


def _records_at(record: type, path: list[str]) -> set[Any]:
    """Find the records that may stand at `path` inside `record`, as far as its types tell."""
    here = {record}
    for step in path:
        if step.isdigit():
            continue
        here = {
            inner
            for kind in here
            for f in fields(kind)
            if f.name == step
            for inner in _records_in(get_type_hints(kind).get(step))
        } or here
    return here


def _records_in(hint: Any) -> list[type]:
    """Find the dataclasses named anywhere in a type hint such as ``tuple[Kind, ...]``."""
    if is_dataclass(hint) and isinstance(hint, type):
        return [hint]
    return [found for part in get_args(hint) for found in _records_in(part)]
