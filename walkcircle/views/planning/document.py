"""Document: a plan as a Word file, so that a planning office can go on writing in it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from walkcircle.plan import Plan
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import Head, Listing, Section, Sentence, Value, write_value
from walkcircle.views.planning.drawing import Drawing, write_png
from walkcircle.views.planning.sections import build_sections, tell_plan
from walkcircle.views.planning.webpage import BROAD, TEXTS, tell_notes
from walkcircle.views.planning.wording import WORDS
from walkcircle.views.portrait import Setting
from walkcircle.views.text import Language

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section as Leaf
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph
    from numpy.typing import NDArray

#: The letters of a document: the second for Chinese, on every Windows and Mac with an office.
_LATIN, _CHINESE = "Calibri", "Microsoft YaHei"

#: Colours: ink, quiet, rule, finding.
_INK, _QUIET, _RULE = (0x23, 0x28, 0x2B), (0x5D, 0x66, 0x6A), "B9B4AA"

#: A4 and its margins, centimetres.
_PAGE, _MARGIN = (21.0, 29.7), 1.9

#: Width of a letter in an upright table, centimetres; longest word that is kept whole and longest text that widens its
#: column, letters.
LETTER_CM, LONGEST_WORD, LONGEST_TEXT = 0.17, 24, 60

#: What a document without a date of its data is dated.
NO_DATE: Final = "2000-01-01"


def write_docx(plan: Plan, language: Language, *, sections: Sequence[Section] | None = None) -> bytes:
    """Write a plan as a Word document; its dates are those of the data, so that the same plan gives the same bytes.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    language
        ``en`` or ``zh``.
    sections
        What :func:`~walkcircle.views.planning.sections.build_sections` gave for both; told anew when None.
    """
    import docx

    document = docx.Document()
    _set_styles(document, language)
    _set_leaf(document.sections[0], is_broad=False)
    _number_pages(document.sections[0], WORDS[language]["page"])
    title = clean_name(plan.analysis.study.title)
    eyebrow = document.add_paragraph(WORDS[language]["plan"])
    _colour(eyebrow, _QUIET)
    document.add_heading(title, level=0)
    _add_sentence(document, tell_plan(plan, language))
    for section in sections or build_sections(plan, language):
        _add_section(document, section, language)
    _add_small(document, Setting(plan.analysis, language, (), {}).sources["made"])
    _set_properties(document, title, plan.analysis.place.data_date)
    buffer = BytesIO()
    document.save(buffer)
    return pack_zip(buffer.getvalue())


def to_date(data_date: str | None) -> datetime:
    """Return the date of the data as a moment in time; a fixed one where there is none."""
    return datetime.fromisoformat(data_date or NO_DATE).replace(tzinfo=UTC)


def pack_zip(content: bytes) -> bytes:
    """Pack the parts of an office file anew, all with one date, so that the same parts are the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            new.writestr(entry, old.read(name))
    return buffer.getvalue()


# ── pages and styles ──────────────────────────────────────────────────────────────────────────────


def _set_styles(document: Document, language: Language) -> None:
    """Set letters and sizes; headings stay headings, so that Word lists them beside the text."""
    from docx.shared import Pt, RGBColor

    sizes = {"Normal": 10.0, "Title": 24.0, "Heading 1": 15.0, "Heading 2": 11.0}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        style.font.color.rgb = RGBColor(*_INK)
        properties = style.element.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for key in list(fonts.attrib):
            if key.endswith("Theme"):
                del fonts.attrib[key]
        for script, letters in (("ascii", _LATIN), ("hAnsi", _LATIN), ("eastAsia", _CHINESE)):
            fonts.set(_name_tag(f"w:{script}"), letters)
    normal = document.styles["Normal"]
    normal.paragraph_format.space_after = Pt(4)
    lang = normal.element.get_or_add_rPr()
    lang.append(_make("w:lang", {"w:val": "en-GB", "w:eastAsia": "zh-CN" if language == "zh" else "en-GB"}))
    for name, before in (("Heading 1", 18), ("Heading 2", 10)):
        document.styles[name].paragraph_format.space_before = Pt(before)
        document.styles[name].paragraph_format.space_after = Pt(4)
    for border in document.styles["Title"].element.xpath(".//w:pBdr"):
        border.getparent().remove(border)


def _set_leaf(leaf: Leaf, *, is_broad: bool) -> None:
    """Set a part of the document on A4, upright or across."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    width, height = (_PAGE[1], _PAGE[0]) if is_broad else _PAGE
    leaf.orientation = WD_ORIENT.LANDSCAPE if is_broad else WD_ORIENT.PORTRAIT
    leaf.page_width, leaf.page_height = Cm(width), Cm(height)
    leaf.left_margin = leaf.right_margin = leaf.top_margin = leaf.bottom_margin = Cm(_MARGIN)


def _number_pages(leaf: Leaf, words: str) -> None:
    """Put the page's number at its foot."""
    before, _, after = words.partition("{page}")
    paragraph = leaf.footer.paragraphs[0]
    paragraph.add_run(before)
    run = paragraph.add_run()
    run._r.append(_make("w:fldChar", {"w:fldCharType": "begin"}))  # noqa: SLF001 - fields have no other door
    text = _make("w:instrText", {"xml:space": "preserve"})
    text.text = "PAGE"
    run._r.append(text)  # noqa: SLF001 - as above
    run._r.append(_make("w:fldChar", {"w:fldCharType": "end"}))  # noqa: SLF001 - as above
    paragraph.add_run(after)
    _colour(paragraph, _QUIET, points=8)


def _set_properties(document: Document, title: str, data_date: str | None) -> None:
    properties, date = document.core_properties, to_date(data_date)
    properties.title, properties.author, properties.comments = title, "walkcircle", ""
    properties.created = properties.modified = date
    properties.last_modified_by, properties.revision = "walkcircle", 1


# ── what stands in it ─────────────────────────────────────────────────────────────────────────────


def _add_section(document: Document, section: Section, language: Language) -> None:
    document.add_heading(f"{section.number}  {section.title}", level=1)
    for sentence in section.sentences:
        _add_sentence(document, sentence)
    if section.drawing is not None:
        _add_drawing(document, section.drawing)
    for listing in section.listings:
        _add_listing(document, listing, language)


def _add_sentence(document: Document, sentence: Sentence) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph(sentence.text)
    if sentence.mood == "finding":
        for run in paragraph.runs:
            run.font.size = Pt(13)
    elif sentence.mood == "quiet":
        _colour(paragraph, _QUIET)


def _add_small(document: Document, text: str) -> None:
    _colour(document.add_paragraph(text), _QUIET, points=8)


def _add_drawing(document: Document, drawing: Drawing) -> None:
    """Add a drawing as a picture with a text for those who do not see it."""
    from docx.shared import Cm

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    picture = paragraph.add_run().add_picture(BytesIO(write_png(drawing)), width=Cm(_PAGE[0] - 2 * _MARGIN))
    picture._inline.docPr.set("descr", drawing.label)  # noqa: SLF001 - the text has no other door
    _add_small(document, drawing.caption)


def _add_listing(document: Document, listing: Listing, language: Language) -> None:
    """Add a table; one with many columns gets pages of its own that lie across."""
    from docx.enum.section import WD_SECTION

    shown = listing.trim()
    is_broad = len(shown.heads) > BROAD or _measure_least(shown) > _PAGE[0] - 2 * _MARGIN
    if is_broad:
        _set_leaf(document.add_section(WD_SECTION.NEW_PAGE), is_broad=True)
    document.add_heading(shown.title, level=2)
    _fill_table(document, shown, is_broad=is_broad)
    for note in tell_notes(listing, language):
        _add_small(document, note)
    if is_broad:
        _set_leaf(document.add_section(WD_SECTION.NEW_PAGE), is_broad=False)


def _fill_table(document: Document, listing: Listing, *, is_broad: bool) -> None:
    from docx.shared import Cm

    points = 7.0 if is_broad else 8.5
    widths = _share_widths(listing, (_PAGE[1] if is_broad else _PAGE[0]) - 2 * _MARGIN)
    table = document.add_table(rows=1 + len(listing.rows), cols=len(listing.heads))
    _rule_table(table)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)  # Word reads the cells' widths, LibreOffice the columns'
    rows: list[tuple[str, ...]] = [tuple(head.label for head in listing.heads)]
    rows += [tuple(map(_write_cell, row, listing.heads)) for row in listing.rows]
    for number, (row, texts) in enumerate(zip(table.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - rows that repeat have no other door
        properties.append(_make("w:cantSplit", {}))
        if number == 0:
            properties.append(_make("w:tblHeader", {}))
        for cell, text, head, width in zip(row.cells, texts, listing.heads, widths, strict=True):
            cell.width = Cm(width)
            _fill_cell(cell, text, head, points=points, is_head=number == 0)


def _write_cell(value: Value, head: Head) -> str:
    return write_value(value, head.form)


def _fill_cell(cell: _Cell, text: str, head: Head, *, points: float, is_head: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size = Pt(points)
    if is_head:
        run.font.bold = True
    paragraph.paragraph_format.space_after = Pt(0)
    if head.form not in TEXTS:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _measure_text(text: str) -> int:
    """Measure a text in letters, a Chinese character counting for two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _measure_words(listing: Listing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each column, in letters, its longest word, which should not break, and its longest text to a measure.

    A Chinese text breaks anywhere, so that four of its characters are word enough.
    """
    least, most = [], []
    for number, head in enumerate(listing.heads):
        texts = [write_value(row[number], head.form) for row in listing.rows]
        words = [word for text in (head.label, *texts) for word in text.split()]
        lengths = [8 if not word.isascii() and len(word) > 4 else _measure_text(word) for word in words]
        least.append(min(max(lengths, default=1), LONGEST_WORD) + 2)
        most.append(max(least[-1], min(max(map(_measure_text, texts), default=1), LONGEST_TEXT) + 2))
    return np.array(least, dtype=float), np.array(most, dtype=float)


def _measure_least(listing: Listing) -> float:
    """Return how wide an upright table is if no word breaks, centimetres."""
    return float(_measure_words(listing)[0].sum()) * LETTER_CM


def _share_widths(listing: Listing, whole_cm: float) -> list[float]:
    """Share the width of a page among columns: room for their longest words first, the rest by their texts."""
    least, most = _measure_words(listing)
    left = whole_cm / LETTER_CM - least.sum()
    if left <= 0 or (most <= least).all():
        widths = least
    else:
        widths = least + (most - least) * min(left / (most - least).sum(), 1.0)
    return [float(width) for width in whole_cm * widths / widths.sum()]


def _rule_table(table: Table) -> None:
    """Draw thin rules between rows and none between columns."""
    from docx.enum.table import WD_TABLE_ALIGNMENT

    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    borders = _make("w:tblBorders", {})
    for side in ("top", "bottom", "insideH"):
        borders.append(_make(f"w:{side}", {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": _RULE}))
    margins = _make("w:tblCellMar", {})
    for side in ("left", "right"):
        margins.append(_make(f"w:{side}", {"w:w": "60", "w:type": "dxa"}))
    properties = table._tbl.tblPr  # noqa: SLF001 - rules have no other door
    # the order that the schema asks for: borders, layout, margins, look
    properties.find(_name_tag("w:tblLayout")).addprevious(borders)
    properties.find(_name_tag("w:tblLayout")).addnext(margins)


def _colour(paragraph: Paragraph, colour: tuple[int, int, int], *, points: float | None = None) -> None:
    from docx.shared import Pt, RGBColor

    for run in paragraph.runs:
        run.font.color.rgb = RGBColor(*colour)
        if points is not None:
            run.font.size = Pt(points)


def _make(tag: str, attributes: dict[str, str]) -> Any:
    """Make an element of WordprocessingML."""
    from docx.oxml import OxmlElement

    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(_name_tag(name) if not name.startswith("xml:") else
                    "{http://www.w3.org/XML/1998/namespace}" + name[4:], value)  # fmt: skip
    return element


def _name_tag(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(tag))
