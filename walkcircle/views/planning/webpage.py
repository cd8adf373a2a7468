"""Webpage: a plan as one HTML file without scripts, which prints on A4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from walkcircle.plan import Plan
from walkcircle.views.captions import CAPTIONS
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import Head, Listing, Section, Value, write_value
from walkcircle.views.planning.drawing import write_svg
from walkcircle.views.planning.sections import build_sections, tell_plan
from walkcircle.views.planning.wording import WORDS
from walkcircle.views.portrait import Setting
from walkcircle.views.sheets import fill_template, show_name, show_number, write_count
from walkcircle.views.text import Language

#: A listing with more columns than this lies across the page.
BROAD = 11

#: One with no more than this is as wide as it must be.
NARROW = 4

#: Forms of cells that are no number.
TEXTS = ("text", "page")


def draw_page(plan: Plan, language: Language, *, sections: Sequence[Section] | None = None) -> str:
    """Draw a plan as one page; the same plan is the same page.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    language
        ``en`` or ``zh``.
    sections
        What :func:`~walkcircle.views.planning.sections.build_sections` gave for both; told anew when None.
    """
    title = plan.analysis.study.title
    words, captions = WORDS[language], CAPTIONS[language]
    content = {
        "lang": words["lang"],
        "page_title": clean_name(title),
        "name": show_name(title),
        "plan": words["plan"],
        "map": captions["map"],
        "overview": captions["overview"],
        "contents": words["contents"],
        "finding": tell_plan(plan, language).text,
        "sections": [_lay_section(one, language) for one in sections or build_sections(plan, language)],
        "made": Setting(plan.analysis, language, (), {}).sources["made"],
    }
    return fill_template("plan.html", content, styles=["report.css"])


def tell_notes(listing: Listing, language: Language) -> list[str]:
    """Return what stands below a listing: its note, and how many rows are not shown."""
    more = len(listing.rows) - listing.shown
    told = [WORDS[language]["more"].format(count=write_count(more))] if more > 0 else []
    return [note for note in (listing.note, *told) if note]


def _lay_section(section: Section, language: Language) -> dict[str, Any]:
    drawing = section.drawing
    return {
        "number": section.number,
        "title": section.title,
        "sentences": section.sentences,
        "listings": [_lay_listing(one, language) for one in section.listings],
        "drawing": None if drawing is None else {"svg": write_svg(drawing), "caption": drawing.caption},
    }


def _lay_listing(listing: Listing, language: Language) -> dict[str, Any]:
    shown = listing.trim()
    return {
        "id": shown.id,
        "title": shown.title,
        "width": "wide" if len(shown.heads) > BROAD else "narrow" if len(shown.heads) <= NARROW else "",
        "heads": [{"label": head.label, "is_number": head.form not in TEXTS} for head in shown.heads],
        "rows": [[_lay_cell(value, head) for value, head in zip(row, shown.heads, strict=True)] for row in shown.rows],
        "notes": tell_notes(listing, language),
    }


def _lay_cell(value: Value, head: Head) -> dict[str, Any]:
    text = write_value(value, head.form)
    if head.form == "page" and isinstance(value, str):
        return {"is_number": False, "text": Markup('<a href="{}">{}</a>').format(value, value)}
    if head.form in TEXTS:
        return {
            "is_number": False,
            "text": show_name(text) if len(text) <= 80 else Markup("<bdi>{}</bdi>").format(text),
        }
    known = float("nan") if value is None or isinstance(value, str) else float(value)
    return {"is_number": True, "text": show_number(head.of, known, text)}
