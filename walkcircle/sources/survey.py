"""The survey of needs: a table without places, read whole or refused like the planner's other files."""

from __future__ import annotations

import difflib
from pathlib import Path

import geopandas as gpd
import pandas as pd

from walkcircle.errors import SourceError
from walkcircle.sources.registers import _path_to, _read_records, _refuse_empty, _Register, _translate_kinds
from walkcircle.standards import Standard
from walkcircle.study import NeedsSection
from walkcircle.tables import Column, Communities, Survey


def read_survey(
    section: NeedsSection, communities: gpd.GeoDataFrame, standard: Standard, *, folder: Path
) -> pd.DataFrame:
    """Read what residents answered when they were asked what they need.

    Parameters
    ----------
    section
        The file, its columns, and how its words translate into kinds.
    communities
        :class:`~walkcircle.tables.Communities`; the file calls them by id or name.
    standard
        The kinds that there are.
    folder
        Where the file's path starts.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Survey`, communities by their ids.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    StudyError
        `kinds` names a kind that the standard does not have.
    TableError
        A column is missing, a share is not one, a community or a kind is not known, or a pair is listed twice.
    """
    for kind in section.kinds.values():
        standard.kind(kind)
    path = _path_to(section.file, folder, "needs")
    header, records = _read_records(_find_csv(path))
    register = _Register(
        path.name,
        gpd.GeoDataFrame(
            pd.DataFrame(list(records.values()), index=list(records), columns=header), geometry=[None] * len(records)
        ),
        "line",
    )
    _refuse_empty(path, register.rows)
    kinds = _translate_kinds(register, section, standard)
    own = {
        Survey.community: _find_ids(register, section.community, communities),
        Survey.kind: kinds,
        Survey.asked: _shares(register, section.asked, Survey.asked),
    }
    if section.response != NeedsSection.response or section.response in register.rows:
        own[Survey.response] = _shares(register, section.response, Survey.response)
    keys = own[Survey.community] + "\n" + kinds
    register.refuse(
        keys.duplicated(),
        lambda row: (
            f"this community and kind stand already in line {(keys == keys[row]).idxmax()}; "
            "keep one row for each community and kind"
        ),
    )
    return pd.DataFrame({str(column): values for column, values in own.items()}).reset_index(drop=True)


def _find_csv(path: Path) -> Path:
    """Refuse a table that is not there or is no CSV."""
    if not path.is_file():
        msg = f"{path}: there is no such file; check the path in the study"
        raise SourceError(msg)
    if path.suffix.lower() != ".csv":
        msg = f"{path.name}: a survey is a table without places; save it as CSV (UTF-8)"
        raise SourceError(msg)
    return path


def _find_ids(register: _Register, name: str, communities: gpd.GeoDataFrame) -> pd.Series:
    """Return the ids of communities that a column calls by id or by name; a name that two share is refused."""
    words = register.texts(name, Communities.community)
    ids, names = communities[Communities.community].astype(str), communities[Communities.name].astype(str)
    lone = ~names.duplicated(keep=False)
    known = {**dict(zip(names[lone], ids[lone], strict=True)), **dict(zip(ids, ids, strict=True))}

    def problem(row: int) -> str:
        close = difflib.get_close_matches(words[row], known, n=1)
        if (names == words[row]).any():
            return f"several communities are called '{words[row]}'; write the id of the one that is meant"
        meant = f"did you mean '{close[0]}'? " if close else ""
        return f"there is no community '{words[row]}'; {meant}write its id or its name"

    register.refuse(~words.isin(list(known)), problem)
    return words.map(known)


def _shares(register: _Register, name: str, column: Column) -> pd.Series:
    """Return a column as shares, 0 to 1."""
    shares = register.numbers(name, column)
    register.refuse(
        shares > 1,
        lambda row: f"'{name}' is {shares[row]:g}; {column.meaning} is from 0 to 1, so that 45 % are 0.45",
    )
    return shares
