"""Drawing and writing: from an Analysis to a map, portraits, tables and files."""

from walkcircle.views.comparison import draw_comparison
from walkcircle.views.files import write_comparison, write_outputs, write_plan
from walkcircle.views.map import draw_map
from walkcircle.views.overview import write_overviews
from walkcircle.views.portrait import write_portraits

__all__ = [
    "draw_comparison",
    "draw_map",
    "write_comparison",
    "write_outputs",
    "write_overviews",
    "write_plan",
    "write_portraits",
]
