"""Standards: what the command line says of facility standards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.markup import escape
from rich.table import Table as RichTable

from walkcircle.standards import count_confidence, list_standards, read_standard

if TYPE_CHECKING:
    from rich.console import Console

    from walkcircle.standards import Citation, Kind, Standard

#: How well a value is known, the fuller the surer.
MARKS: Final[Mapping[str, str]] = {"seen": "●", "memory": "◐", "doubtful": "○", "inferred": "◇"}


def show_list(console: Console) -> None:
    """Tabulate the standards that come along, and how well their values are known."""
    table = RichTable(
        "standard", "title", "kinds", "status", "scored by", *(f"{m} %" for m in MARKS.values()), box=None
    )
    table.columns[0].no_wrap = True
    table.columns[1].overflow = "fold"
    for one in list_standards():
        standard = read_standard(one)
        counts = count_confidence(standard)
        total = sum(counts.values())
        shares = [f"{100 * count / total:.0f}" if count else "" for count in counts.values()]
        title = escape(f"{standard.en} · {standard.zh}")
        table.add_row(one, title, str(len(standard.kinds)), standard.status, standard.method, *shares)
    console.print(table)
    console.print(
        "\nOf all values: ● seen in a document or an excerpt of one, ◐ remembered, ○ remembered with doubt, "
        "◇ inferred, which is proposed by walkcircle.\n"
        "Explain one: walkcircle standards NAME; one of its kinds: walkcircle standards NAME KIND."
    )


def show_standard(standard: Standard, console: Console) -> None:
    """Print a standard: its document, its method, its tiers and its kinds, each value with a mark."""
    where = ", ".join(str(fact) for fact in (standard.jurisdiction, standard.year, standard.status) if fact)
    console.print(f"{standard.en} · {standard.zh}\n{where}\n\n{standard.source}\n\n{standard.note}\n", markup=False)
    console.print(f"Scored by {standard.method}.")
    if standard.decay is not None:
        unit = standard.decay.per
        steps = ", ".join(f"{100 * factor:g} % at {far:,g} {unit}" for far, factor in standard.decay.points)
        console.print(f"A place counts {steps}; between them by straight lines.")
    for tier in standard.tiers:
        facts = "; ".join(
            f"{name.replace('_', ' ')} {_write_value(value)}{_mark(tier.cited, name)}"
            for name, value in tier.figures.items()
        )
        console.print(f"{tier.en} · {tier.zh}: {facts}. {tier.note}", markup=False)
    figures = ("tier", "limit_min", "limit_m", "norm_per_1000", "service_population", "min_floor_m2", "land_m2")
    heads = ("tier", "min", "m", "per 1,000", "people", "floor m²", "land m²")
    more = [(name, head) for name, head in (("nearest", "nearest"), ("rank_weights", "weights"))
            if any(name in kind.figures for kind in standard.kinds)]  # fmt: skip
    columns = [
        (name, head)
        for name, head in (*zip(figures, heads, strict=True), *more)
        if any(name in kind.figures for kind in standard.all_kinds)
    ]
    table = RichTable("kind", "label", *(head for _, head in columns), "for", "demanded", box=None)
    table.columns[0].no_wrap = True  # whatif wants it letter by letter
    for column in table.columns[1:]:
        column.overflow = "fold"
    for kind in standard.all_kinds:
        cells = [_write_figure(kind, figure) for figure, _ in columns]
        demanded = "no, an alternate" if kind in standard.alternates else "yes" if kind.mandatory else "by need"
        label = f"{kind.en} · {kind.zh}"
        table.add_row(kind.id, escape(label), *cells, kind.group, demanded + _mark(kind.cited, "mandatory", ""))
    legend = ", ".join(f"{mark} {word}" for word, mark in MARKS.items())
    console.print()
    console.print(table)
    console.print(
        "\nmin: the longest walk along streets; m: the radius in a straight line, another thing. "
        f"How well a value is known: {legend}, - no source.\n"
        "One kind with its sources: walkcircle standards NAME KIND"
    )


def show_kind(standard: Standard, kind: Kind, console: Console) -> None:
    """Print one kind: each value with its confidence and source, the note, and what finds it on the map."""
    category = next(c for c in standard.categories if c.id == kind.category)
    console.print(f"{kind.en} · {kind.zh}\n{standard.en}; {category.en} · {category.zh}\n", markup=False)
    table = RichTable("value", "", "known", "source", box=None)
    for column in table.columns:
        column.overflow = "fold"
    values = {**kind.figures, "mandatory": kind.mandatory, "group": kind.group, "weight": kind.weight}
    for name, value in values.items():
        cited = kind.cited.get(name)
        unit = f" {kind.norm_unit}" if name == "norm_per_1000" else ""
        known, source = ("", "") if cited is None else (cited.confidence, cited.source)
        text = _write_value(value, " " if name == "rank_weights" else "-")
        table.add_row(name, escape(text + unit), known, escape(source))
    console.print(table)
    facts = {
        "note": kind.note,
        "tags": " or ".join(kind.osm.any),
        "named": " or ".join(kind.osm.named) + f" with a name like {kind.osm.names}" if kind.osm.named else "",
        "not": f"a name like {kind.osm.except_names}" if kind.osm.except_names else "",
        "map": ("well mapped", "partly mapped", "poorly mapped", "practically never mapped")[kind.osm_weakness],
    }
    console.print()
    for label, fact in facts.items():
        if fact:
            console.print(f"{label + ':':<7}{fact}", markup=False)


def show_sources(standard: Standard, path: Path, console: Console) -> None:
    """Say that a planner's own standard can be read, and which of its values have no source."""
    console.print(
        f"{path} can be read: standard '{standard.id}', scored by {standard.method} (kinds: {len(standard.kinds)}, "
        f"categories: {len(standard.categories)}, alternates: {len(standard.alternates)}).",
        markup=False,
        soft_wrap=True,
    )
    bare = {kind.id: [name for name in kind.figures if name not in kind.cited] for kind in standard.all_kinds}
    lines = [f"{kind}: {', '.join(names)}" for kind, names in bare.items() if names]
    if lines:
        console.print("Values without a source (each may have one under cited):", *lines, sep="\n  ", markup=False)


def _write_figure(kind: Kind, name: str) -> str:
    """Write one value of a kind with the mark of how well it is known."""
    if name not in kind.figures:
        return ""
    unit = f" {kind.norm_unit}" if name == "norm_per_1000" and kind.norm_unit else ""
    text = _write_value(kind.figures[name], " " if name == "rank_weights" else "-")
    return escape(text + unit) + _mark(kind.cited, name)


def _write_value(value: object, between: str = "-") -> str:
    """Write a text, a number, or a range of numbers."""
    if isinstance(value, tuple):
        parts = dict.fromkeys(value) if between == "-" else value
        return between.join(_write_value(part) for part in parts)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def _mark(cited: Mapping[str, Citation], name: str, absent: str = " -") -> str:
    """Return the mark of how well a value is known."""
    return f" {MARKS[cited[name].confidence]}" if name in cited else absent
