"""Workbooks for tests, written by hand as the least that a spreadsheet would open."""

from __future__ import annotations

import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


class Failed(str):
    """An error that a cell holds, such as #N/A."""

    __slots__ = ()


class Formula(str):
    """A formula that was never calculated."""

    __slots__ = ()


def write_workbook(path, sheets, *, merged=(), hidden=()):
    """Write `sheets`, name → rows of cells; `merged` are ranges such as A2:A4 of the first."""
    with zipfile.ZipFile(path, "w") as archive:
        names = list(sheets)
        numbers = range(1, len(names) + 1)
        kinds = f'<Types xmlns="{PACKAGE}/content-types">'
        kinds += '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        form = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        kinds += f'<Override PartName="/xl/workbook.xml" ContentType="{form}.sheet.main+xml"/>'
        kinds += f'<Override PartName="/xl/styles.xml" ContentType="{form}.styles+xml"/>'
        for number in numbers:
            kinds += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{form}.worksheet+xml"/>'
        archive.writestr("[Content_Types].xml", kinds + "</Types>")
        link = f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{link}</Relationships>')
        states = {name: "hidden" if name in hidden else "visible" for name in names}
        listed = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}" state="{states[name]}"/>'
            for n, name in enumerate(names, start=1)
        )
        book = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        links = "".join(
            f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        links += f'<Relationship Id="rId99" Type="{LINKS}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'
        )
        formats = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{formats}</styleSheet>')
        for number, name in enumerate(names, start=1):
            ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged) if number == 1 else ""
            ranges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
            rows = "".join(write_row(n, row) for n, row in enumerate(sheets[name], start=1))
            page = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{ranges}</worksheet>'
            archive.writestr(f"xl/worksheets/sheet{number}.xml", page)


def write_row(number, row):
    """Write the cells of one row; None is no cell at all."""
    cells = [write_cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row) if value is not None]
    return f'<row r="{number}">{"".join(cells)}</row>'


def write_cell(at, value):
    """Write one cell: an error, a formula, a number, a day, or a text."""
    if isinstance(value, Failed):
        return f'<c r="{at}" t="e"><v>{value}</v></c>'
    if isinstance(value, Formula):
        return f'<c r="{at}"><f>{escape(value)}</f><v/></c>'
    if isinstance(value, tuple):  # a spreadsheet's number of days, shown as a date
        return f'<c r="{at}" s="1"><v>{value[0]}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
