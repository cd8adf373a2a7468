"""Drawing and writing: from an Analysis to a map, tables and files."""

from walkcircle.views.comparison import draw_comparison
from walkcircle.views.files import write_comparison, write_outputs
from walkcircle.views.map import draw_map

__all__ = ["draw_comparison", "draw_map", "write_comparison", "write_outputs"]
