"""Sheets: text files and workbooks as rows under one header, whatever stands above, between and below them."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkcircle.errors import SourceError, TableError, WalkCircleError
from walkcircle.sources.cells import clean_texts, make_plain
from walkcircle.sources.remarks import Remark, Report

TEXT_FILES = frozenset({".csv", ".tsv", ".txt"})
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
#: The header is looked for in so many rows; what stands above it is a title.
HEADER_ROWS = 10
#: Text is GBK for sure where so large a share of its Chinese characters is in GB 2312, the 6,763 in daily use.
#: Other encodings that happen to decode fall among the 15,000 rare ones.
SURE_SHARE = 0.9
#: First word of a row below or between the others that sums them up or says who filled them in.
SUMS = re.compile(
    r"(?:合计|总计|小计|共计|备注|注|说明|填表人|填报人|制表人?|审核人?|填报单位|填表日期|total|sum|subtotal|note)"
    r"(?:[:：\d].*)?",
    re.IGNORECASE,
)

#: Cells of an .xlsx sheet that hold an error; and formulas without the value that a spreadsheet would store.
ERROR_CELL = re.compile(r'<c r="([A-Z]+\d+)"[^>]*\st="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>')
BARE_FORMULA = re.compile(r'<c r="([A-Z]+\d+)"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')


@dataclass(frozen=True)
class Sheet:
    """Rows under one header.

    Attributes
    ----------
    name
        The file's name.
    row_word
        What the reader counts: ``line`` of a text file, ``row`` of a workbook.
    rows
        Texts, None where there is nothing; the index is the row as the reader counts it, columns bear unique names.
    twice
        Names that stand more than once in the header; the first column keeps it.
    merged
        By column, the rows that a merged cell above fills.
    """

    name: str
    row_word: str
    rows: pd.DataFrame
    twice: frozenset[str]
    merged: dict[str, frozenset[int]]


@dataclass(frozen=True)
class _Grid:
    """All cells of a file, by the number of their row; `merged` are the cells that were filled from above."""

    name: str
    row_word: str
    cells: dict[int, list[Any]]
    merged: frozenset[tuple[int, int]] = frozenset()


def read_sheet(
    path: Path, *, wanted: Collection[str], encoding: str | None, sheet: str | None, report: Report
) -> Sheet:
    """Read a text file or a workbook.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv``, ``.txt``; ``.xlsx``, ``.xlsm``, ``.xls``, ``.ods``.
    wanted
        Names of columns by which the header is known among the first rows.
    encoding
        Of a text file; found out by strict decoding when None.
    sheet
        Of a workbook; the only one that is there and not hidden when None.
    report
        Called with what is unusual.

    Raises
    ------
    SourceError
        The file cannot be read, is in an unknown encoding, or it is not clear which sheet is meant.
    TableError
        There are no rows, or a record does not fit under the header.
    """
    is_text = path.suffix.lower() in TEXT_FILES
    grid = _read_text(path, encoding, report) if is_text else _read_workbook(path, sheet)
    return _find_rows(grid, wanted, report)


def decode_text(content: bytes, *, name: str, encoding: str | None) -> tuple[str, str]:
    """Decode text strictly: as declared, else as UTF-8, UTF-16 with its mark, or GBK where that is sure.

    Returns
    -------
    str, str
        The text, and the encoding that it was in.

    Raises
    ------
    SourceError
        It is in none of these, or not in the one that was declared.

    Examples
    --------
    >>> decode_text("幼儿园".encode("gbk"), name="r.csv", encoding=None)
    ('幼儿园', 'gb18030')
    """
    if encoding is not None:
        return _decode_declared(content, name, encoding), encoding
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            pass
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if measure_common(text) >= SURE_SHARE:
        return text, "gb18030"
    msg = (
        f"{name}, line {line}: the text is neither UTF-8 nor surely GBK; save it again as 'CSV UTF-8', which Excel "
        'offers, or declare it, as in encoding = "gbk"'
    )
    raise SourceError(msg)


def measure_common(text: str) -> float:
    """Return the share, among the characters that are not ASCII, of the common Chinese ones of GB 2312."""
    odd = "".join(character for character in text if not character.isascii())
    known = odd.encode("gb2312", errors="ignore")
    return len(known) / 2 / len(odd) if odd else 0.0


def _decode_declared(content: bytes, name: str, encoding: str) -> str:
    # GB18030 holds all of GB 2312 and GBK
    strict = "gb18030" if encoding.lower() in {"gbk", "gb2312", "cp936"} else encoding
    try:
        return content.decode("utf-8-sig" if strict.lower() in {"utf-8", "utf8"} else strict)
    except LookupError:
        msg = f'{name}: there is no encoding "{encoding}"; the usual ones are utf-8, gbk and gb18030'
        raise SourceError(msg) from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = content.count(b"\n", 0, start) + 1
        msg = f"{name}, line {line}: the text is not in {encoding}, which the study says; leave encoding out or mend it"
        raise SourceError(msg) from None


def _read_text(path: Path, encoding: str | None, report: Report) -> _Grid:
    """Read the records of a text file by the line they begin on; blank lines are no records."""
    text, found = decode_text(_read_bytes(path), name=path.name, encoding=encoding)
    if encoding is None and found != "utf-8":
        report(Remark(path.name, "line", None, f"the text was found to be in {found}", pd.Series({1: found})))
    if "\x00" in text:
        msg = f"{path.name}: this is no text; open it with the program that wrote it and save it as 'CSV UTF-8'"
        raise SourceError(msg)
    head = [line for line in text.splitlines()[:HEADER_ROWS] if line.strip()]
    separator = max(",;\t", key=lambda mark: max((line.count(mark) for line in head), default=0))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records: dict[int, list[Any]] = {}
    begin = 1
    try:
        for fields in reader:
            records[begin] = fields
            begin = reader.line_num + 1
    except csv.Error as error:
        msg = f"{path.name}, line {begin}: not a CSV record ({error}); save the table again as 'CSV UTF-8'"
        raise SourceError(msg) from None
    return _Grid(path.name, "line", records)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path.name}: cannot be read ({error.strerror}); close it in other programs and check its rights"
        raise SourceError(msg) from None


def _read_workbook(path: Path, sheet: str | None) -> _Grid:
    """Read one sheet of a workbook; rows are counted as the spreadsheet shows them."""
    # only who has workbooks pays for their reader
    import python_calamine as calamine

    content = _read_bytes(path)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            shown = [str(m.name) for m in book.sheets_metadata if m.visible == calamine.SheetVisibleEnum.Visible]
            name = _choose_sheet(path, book, sheet, shown)
            page = book.get_sheet_by_name(name)
            cells = page.to_python(skip_empty_area=False)
            ranges = page.merged_cell_ranges or []
    except calamine.PasswordError:
        msg = f"{path.name}: a password protects it; save a copy without one"
        raise SourceError(msg) from None
    # the reader is compiled from Rust, whose panics are no ordinary exceptions
    except BaseException as error:
        if isinstance(error, WalkCircleError | KeyboardInterrupt | SystemExit):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        msg = f"{path.name}: cannot be read ({reason}); open it in a spreadsheet and save it again as .xlsx"
        raise SourceError(msg) from None
    grid = {number: [_write_cell(cell) for cell in row] for number, row in enumerate(cells, start=1)}
    for (number, column), failed in find_failed(content, name).items():
        if number in grid and column < len(grid[number]) and not grid[number][column]:
            grid[number][column] = failed
    return _Grid(path.name, "row", grid, _fill_merged(grid, ranges))


def _choose_sheet(path: Path, book: Any, sheet: str | None, shown: Sequence[str]) -> str:
    """Return the sheet that is meant, or the only one with rows that is not hidden."""
    names = [str(name) for name in book.sheet_names]
    if sheet is not None:
        if sheet in names:
            return sheet
        msg = f"{path.name}: there is no sheet '{sheet}'; the sheets are: {', '.join(names)}"
        raise SourceError(msg)
    filled = [name for name in shown if book.get_sheet_by_name(name).height > 0]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        msg = f"{path.name}: there are no rows; check that this is the file that is meant"
        raise TableError(msg)
    msg = f'{path.name}: holds {len(filled)} sheets ({", ".join(filled)}); say which one, as in sheet = "{filled[0]}"'
    raise SourceError(msg)


def find_failed(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Find the cells of an .xlsx sheet that hold an error, or a formula that was never calculated.

    The reader of workbooks returns both as empty cells, and an empty cell would pass as "not known".

    Returns
    -------
    dict
        Row (from 1) and column (from 0) → the error as a spreadsheet shows it, ``#VALUE!`` for the formula.
    """
    if not content.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            book = archive.read("xl/workbook.xml").decode("utf-8")
            links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
            marks = [mark for mark in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book) if _attribute(mark, "name") == sheet]
            key = _attribute(marks[0], r"\w+:id")
            link = next(one for one in re.findall(r"<Relationship\s[^>]*>", links) if _attribute(one, "Id") == key)
            target = _attribute(link, "Target")
            page = archive.read(target.lstrip("/") if target.startswith("/") else f"xl/{target}").decode("utf-8")
    # a workbook that is laid out otherwise has been read all the same; only the errors in it stay unnamed
    except (KeyError, IndexError, StopIteration, UnicodeDecodeError, zipfile.BadZipFile, NotImplementedError,
            RuntimeError, OSError, zlib.error, EOFError):  # fmt: skip
        return {}
    failed = {at: text or "#N/A" for at, text in re.findall(ERROR_CELL, page)}
    failed |= dict.fromkeys(re.findall(BARE_FORMULA, page), "#VALUE!")
    return {_position(at): text for at, text in failed.items()}


def _attribute(mark: str, name: str) -> str:
    found = re.search(rf"\s{name}=\"([^\"]*)\"", mark)
    return html.unescape(found[1]) if found else ""


def _position(at: str) -> tuple[int, int]:
    """Return row (from 1) and column (from 0) of a cell such as B2.

    >>> _position("B2"), _position("AA10")
    ((2, 1), (10, 26))
    """
    letters = at.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(at[len(letters) :]), column - 1


def _write_cell(value: Any) -> str:
    """Write a cell's value as text: whole numbers without a point, days as YYYY-MM-DD."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds() / 86_400)
    return str(value)


def _fill_merged(
    grid: dict[int, list[str]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> frozenset[tuple[int, int]]:
    """Write the text of a merged cell into the rows below it, in place, and return which cells that were.

    Only downwards: a text across many columns is a title.
    """
    filled = set()
    for (top, left), (bottom, _) in ranges:
        above = grid.get(top + 1, [])
        if bottom == top or left >= len(above):
            continue
        for number in range(top + 2, bottom + 2):
            if number in grid and left < len(grid[number]):
                grid[number][left] = above[left]
                filled.add((number, left))
    return frozenset(filled)


def _find_rows(grid: _Grid, wanted: Collection[str], report: Report) -> Sheet:
    """Find the header, name the columns, and put the rows under it."""
    cells = {number: row for number, row in grid.cells.items() if any(str(cell).strip() for cell in row)}
    if not cells:
        msg = f"{grid.name}: there are no rows; check that this is the file that is meant"
        raise TableError(msg)
    _report_blank(grid, cells, report)
    begin, last, header = _find_header(cells, wanted)
    above = [number for number in cells if number < begin]
    if above:
        titles = pd.Series({number: " ".join(str(cell) for cell in cells[number] if cell) for number in above})
        report(Remark(grid.name, grid.row_word, None, "what stands above the header was passed over", titles))
    if last > begin:
        what = "the header of two rows was read as one"
        report(Remark(grid.name, grid.row_word, None, what, pd.Series({last: " ".join(header)})))
    names, twice = _name_columns(header)
    records = {number: row for number, row in cells.items() if number > last}
    rows = _align(grid, records, names)
    merged = {
        name: frozenset(row for row, column in grid.merged if column == position and row > last)
        for position, name in enumerate(names)
    }
    sheet = Sheet(grid.name, grid.row_word, rows, twice, {name: found for name, found in merged.items() if found})
    _report_merged(sheet, report)
    return _without_sums(_clean(sheet, report), wanted, report)


def _report_blank(grid: _Grid, cells: dict[int, list[Any]], report: Report) -> None:
    last = max(cells)
    blank = [number for number in grid.cells if number not in cells and number < last]
    if blank:
        report(Remark(grid.name, grid.row_word, None, "blank rows were passed over", pd.Series("", index=blank)))


def _find_header(cells: dict[int, list[Any]], wanted: Collection[str]) -> tuple[int, int, list[str]]:
    """Return the first and last row of the header, and its names: the row with the most `wanted` ones, or two."""
    rows = list(cells)[:HEADER_ROWS]
    names = {number: [" ".join(str(cell).split()) for cell in cells[number]] for number in rows}
    known = {number: len(set(wanted) & set(names[number])) for number in rows}
    best = max(rows, key=lambda number: (known[number], -number))
    candidates = [(known[best], best, best, names[best])]
    for upper, lower in pairwise(rows):
        width = max(len(names[upper]), len(names[lower]))
        pairs = zip(_widen(names[upper], width), _widen(names[lower], width), strict=True)
        both = [low or high for high, low in pairs]
        if known[lower] and known[upper]:
            candidates.append((len(set(wanted) & set(both)), upper, lower, both))
    # of equals the single row, then the upper one
    _, begin, last, header = max(candidates, key=lambda one: (one[0], one[1] == one[2], -one[1]))
    return begin, last, header


def _widen(row: Sequence[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def _name_columns(header: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """Give every column a name of its own; the first of equal ones keeps it."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for position, raw in enumerate(header, start=1):
        name = raw or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        own = name if seen[name] == 1 else f"{name} ({position})"
        names.append(own if own not in names else f"{own} {position}")
    return names, frozenset(name for name, count in seen.items() if count > 1)


def _align(grid: _Grid, records: dict[int, list[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Put records under their names; empty fields at the end may be missing or too many, others not."""
    width = len(names)
    aligned = []
    for number, record in records.items():
        fields = record
        if len(fields) > width and not any(str(field).strip() for field in fields[width:]):
            fields = fields[:width]
        if len(fields) != width and grid.row_word == "row" and len(fields) < width:
            fields = [*fields, *[""] * (width - len(fields))]
        if len(fields) != width:
            msg = (
                f"{grid.name}, {grid.row_word} {number}: {len(fields)} fields where the header has {width}; "
                "put a text that holds a separator in double quotes"
            )
            raise TableError(msg)
        aligned.append(fields)
    return pd.DataFrame(aligned, index=pd.Index(list(records), dtype="int64"), columns=list(names), dtype=object)


def _report_merged(sheet: Sheet, report: Report) -> None:
    for name, rows in sheet.merged.items():
        values = sheet.rows.loc[sheet.rows.index.isin(list(rows)), name]
        what = "cells below a merged one were filled with its text"
        report(Remark(sheet.name, sheet.row_word, name, what, values))


def _clean(sheet: Sheet, report: Report) -> Sheet:
    """Cut spaces off all cells, and turn empty ones into None."""
    columns = {}
    for name in sheet.rows:
        values, oddities = clean_texts(sheet.rows[name])
        columns[name] = values.where(values != "", None)
        for oddity in oddities:
            # a space in an empty cell is not worth a word
            where = oddity.where & columns[name].notna()
            if where.any():
                odd = sheet.rows[name][where]
                report(Remark(sheet.name, sheet.row_word, str(name), oddity.what, odd))
    return replace(sheet, rows=pd.DataFrame(columns, index=sheet.rows.index, columns=sheet.rows.columns))


def _without_sums(sheet: Sheet, wanted: Collection[str], report: Report) -> Sheet:
    """Leave out titles between the rows, and rows that sum up or sign: nearly empty, with such a word first."""
    rows = sheet.rows
    if rows.empty:
        return sheet
    filled = rows.notna()
    first = pd.Series(rows.to_numpy()[np.arange(len(rows)), filled.to_numpy().argmax(axis=1)], index=rows.index)
    sums = first.map(lambda text: isinstance(text, str) and SUMS.fullmatch(make_plain(text)) is not None)
    # a row that has as much to say as the others is one of them, whatever its first word
    needed = [name for name in rows.columns if name in set(wanted)]
    sparse = filled[needed].sum(axis=1) <= len(needed) / 2
    alone = (filled.sum(axis=1) == 1) & (len(rows.columns) > 2)
    out = (sums.astype(bool) & sparse) | (alone & rows.iloc[:, 0].notna() & (len(needed) > 1))
    if not out.any():
        return sheet
    what = "sums, signatures and titles between the rows were left out"
    report(Remark(sheet.name, sheet.row_word, None, what, first[out], used=False))
    return replace(sheet, rows=rows[~out])
