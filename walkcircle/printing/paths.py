"""Paths: where the command line says that files are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console


def name_path(path: Path) -> str:
    """Write a path from the current folder, whole where that is on another drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)


def list_files(files: Mapping[str, Path], console: Console) -> None:
    """List files by what they are, and say whose data is in them."""
    width = max((len(name) for name in files), default=0) + 2
    for name, path in files.items():
        console.print(f"{name:<{width}}{escape(name_path(path))}", soft_wrap=True)
    console.print("\n© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)")
