"""Planning: the district plan, told once and written as a page, a document and a workbook."""

from walkcircle.views.planning.content import Head, Listing, Section, Sentence, write_value
from walkcircle.views.planning.document import write_docx
from walkcircle.views.planning.drawing import Drawing, draw_sites
from walkcircle.views.planning.sections import build_sections, tell_plan
from walkcircle.views.planning.styles import list_layers
from walkcircle.views.planning.webpage import draw_page
from walkcircle.views.planning.workbook import write_xlsx

__all__ = [
    "Drawing",
    "Head",
    "Listing",
    "Section",
    "Sentence",
    "build_sections",
    "draw_page",
    "draw_sites",
    "list_layers",
    "tell_plan",
    "write_docx",
    "write_value",
    "write_xlsx",
]
