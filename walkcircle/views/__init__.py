"""Drawing and writing: from an Analysis to a map, tables and files."""

from walkcircle.views.files import write_outputs
from walkcircle.views.map import draw_map

__all__ = ["draw_map", "write_outputs"]
