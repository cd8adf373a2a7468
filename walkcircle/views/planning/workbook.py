"""Workbook: a plan as a spreadsheet, one sheet for each table, numbers as numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from walkcircle.plan import Plan
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import Form, Listing, Section, Value, write_value
from walkcircle.views.planning.document import to_date
from walkcircle.views.planning.sections import build_sections, tell_plan
from walkcircle.views.planning.wording import WORDS
from walkcircle.views.text import Language

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: How numbers of each form are shown; the cell holds the whole number.
NUMBERS: Mapping[Form, str] = {
    "count": "#,##0", "year": "0", "people": "#,##0", "share": "0 %", "gap": "0.0 %", "money": "#,##0",
    "points": "+0.0;-0.0;0", "index": "0.0", "minutes": "0.0", "ratio": "0.00", "number": "General",
}  # fmt: skip

#: What a sheet's name may not hold, and how long it may be.
_UNSAFE, _LONGEST = re.compile(r"[\[\]:*?/\\']"), 31

#: Widest column, characters.
_WIDEST = 44


def write_xlsx(plan: Plan, language: Language, *, sections: Sequence[Section] | None = None) -> bytes:
    """Write a plan as a workbook; its dates are those of the data, so that the same plan gives the same bytes.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    language
        ``en`` or ``zh``.
    sections
        What :func:`~walkcircle.views.planning.sections.build_sections` gave for both; told anew when None.
    """
    import xlsxwriter

    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    date = to_date(plan.analysis.place.data_date).replace(tzinfo=None)
    title = clean_name(plan.analysis.study.title)
    book.set_properties({"title": title, "author": "walkcircle", "created": date})
    told = sections or build_sections(plan, language)
    _write_words(book, title, tell_plan(plan, language).text, told, language)
    names = name_sheets(told)
    for section in told:
        for listing in section.listings:
            _write_listing(book, book.add_worksheet(names[listing.id]), listing)
    book.close()
    return buffer.getvalue()


def name_sheets(sections: Sequence[Section]) -> dict[str, str]:
    """Name the sheet of each listing by its section and title, each name once and such as a workbook allows."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for section in sections:
        for listing in section.listings:
            stem = _UNSAFE.sub(" ", f"{section.number} {listing.title}")
            name, number = stem[:_LONGEST].strip(), 2
            while name.lower() in taken:
                tail = f" {number}"
                name, number = stem[: _LONGEST - len(tail)].strip() + tail, number + 1
            taken.add(name.lower())
            names[listing.id] = name
    return names


def _write_words(book: Workbook, title: str, finding: str, sections: Sequence[Section], language: Language) -> None:
    """Write what the plan says in sentences on the first sheet."""
    sheet = book.add_worksheet(_UNSAFE.sub(" ", WORDS[language]["plan"])[:_LONGEST])
    wrapped = {"text_wrap": True, "valign": "top"}
    bold, plain, quiet = (
        book.add_format({**wrapped, **more}) for more in ({"bold": True}, {}, {"font_color": "#5d666a"})
    )
    sheet.set_column(0, 0, 5)
    sheet.set_column(1, 1, 110)
    rows = [("", title, bold), ("", finding, plain)]
    for section in sections:
        rows.append((str(section.number), section.title, bold))
        rows += [("", one.text, quiet if one.mood == "quiet" else plain) for one in section.sentences]
    for row, (number, text, look) in enumerate(rows):
        if number:
            sheet.write_number(row, 0, int(number), look)
        sheet.write_string(row, 1, text, look)


def _write_listing(book: Workbook, sheet: Worksheet, listing: Listing) -> None:
    """Write a table with a head that stays in sight and can be filtered; the note stands below."""
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    looks = {form: book.add_format({"num_format": number}) for form, number in NUMBERS.items()}
    for column, one in enumerate(listing.heads):
        sheet.write_string(0, column, one.label, head)
        texts = [write_value(row[column], one.form) for row in listing.rows[:500]]
        width = max([_measure(text) for text in texts] + [min(_measure(one.label), 14)])
        sheet.set_column(column, column, min(max(width + 2, 8), _WIDEST))
    for number, row in enumerate(listing.rows, 1):
        for column, (value, one) in enumerate(zip(row, listing.heads, strict=True)):
            _write_cell(sheet, number, column, value, looks.get(one.form))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(listing.rows), len(listing.heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    if listing.note:
        sheet.write_string(len(listing.rows) + 2, 0, listing.note)


def _write_cell(sheet: Worksheet, row: int, column: int, value: Value, look: Format | None) -> None:
    """Write a cell: a number as one, a text as text whatever it begins with, and nothing where nothing is known."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write_number(row, column, value, look)


def _measure(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
