"""The survey of needs: a table without places, read whole or refused like the planner's other files."""

from __future__ import annotations

import difflib
from pathlib import Path

import geopandas as gpd
import pandas as pd

from walkcircle.errors import SourceError
from walkcircle.sources.registers import locate_file, read_sheet_rows, translate_kinds
from walkcircle.sources.remarks import Report, tell_nobody
from walkcircle.sources.rows import Rows
from walkcircle.sources.sheets import TEXT_FILES, WORKBOOKS
from walkcircle.standards import Standard
from walkcircle.study import NeedsSection
from walkcircle.tables import Column, Communities, Survey


def read_survey(
    section: NeedsSection,
    communities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    folder: Path,
    report: Report = tell_nobody,
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
    report
        Called with what is unusual.

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
    path = locate_file(section.file, folder, "needs")
    used = [section.community, section.kind, section.asked]
    _refuse_shapes(path)
    register = read_sheet_rows(path, used, report)
    kinds = translate_kinds(register, section, standard)
    own = {
        Survey.community: _find_ids(register, section.community, communities),
        Survey.kind: kinds,
        Survey.asked: _shares(register, section.asked, Survey.asked),
    }
    if section.response != NeedsSection.response or register.has(section.response):
        own[Survey.response] = _shares(register, section.response, Survey.response)
    keys = own[Survey.community] + "\n" + kinds
    register.refuse(
        keys.duplicated(),
        lambda row: (
            f"this community and kind stand already in {register.row_word} {(keys == keys[row]).idxmax()}; "
            "keep one row for each community and kind"
        ),
    )
    return pd.DataFrame({str(column): values for column, values in own.items()}).reset_index(drop=True)


def _refuse_shapes(path: Path) -> None:
    """Refuse a file that is no sheet."""
    if path.suffix.lower() not in TEXT_FILES | WORKBOOKS:
        msg = f"{path.name}: a survey is a table without places; save it as CSV (UTF-8) or XLSX"
        raise SourceError(msg)


def _find_ids(register: Rows, name: str, communities: gpd.GeoDataFrame) -> pd.Series:
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


def _shares(register: Rows, name: str, column: Column) -> pd.Series:
    """Return a column as shares, 0 to 1."""
    shares = register.numbers(name, column)
    register.refuse(
        shares > 1,
        lambda row: f"'{name}' is {shares[row]:g}; {column.meaning} is from 0 to 1, so that 45 % are 0.45",
    )
    return shares
