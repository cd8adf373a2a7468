"""Comparison: what the command line says of two check-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as RichTable

from walkcircle.changes import PARTS, sum_changes
from walkcircle.printing.paths import list_files
from walkcircle.tables import ChangedFacilities, Changes
from walkcircle.views.comparison import write_change

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from walkcircle.changes import Comparison


def show_comparison(comparison: Comparison, files: Mapping[str, Path], console: Console) -> None:
    """Print what changed for the first walker: people by part, facilities by fate, notes and files."""
    study = comparison.new.study
    sides = [f"{checked.study.title} ({checked.place.data_date or 'no date'})"
             for checked in (comparison.old, comparison.new)]  # fmt: skip
    console.print(f"\n[bold]{escape(' → '.join(sides))}[/bold]")
    table = RichTable(box=None, padding=(0, 2, 0, 0))
    accounts = sum_changes(comparison, [Changes.kind, Changes.walker])
    mine = [(kind, accounts[kind.id, study.walkers[0].name]) for kind in study.standard.kinds]
    felt = [part for part in PARTS if any(account.parts[part] for _, account in mine)]
    for heading in ("people within", "min", "before", *felt, "after"):
        table.add_column(heading, justify="left" if heading == "people within" else "right")
    for kind, account in mine:
        parts = [write_change(account.parts[part]) if account.parts[part] else "·" for part in felt]
        label = escape(kind.label(study.outputs.language))
        table.add_row(label, f"{kind.limit_min:g}", f"{account.before:,}", *parts, f"{account.after:,}")
    console.print(table)
    fates = comparison.facilities[ChangedFacilities.fate].value_counts(sort=False)
    listed = ", ".join(f"{fate} {count:,}" for fate, count in fates.items()) or "none changed"
    quiet = " Parts that are nought for every kind are left out." if len(felt) < len(PARTS) else ""
    console.print(f"\nFacilities: {listed}.{quiet}")
    for note in comparison.notes:
        console.print(f"· {escape(note)}")
    console.print()
    list_files(files, console)
