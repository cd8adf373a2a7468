"""Legend: what each colour and mark means, made from the same bands that colour the map."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from walkcircle.views.palette import BANDS
from walkcircle.views.text import TEXTS, Language


@dataclass(frozen=True)
class Entry:
    """One line of the legend.

    Attributes
    ----------
    mark
        How the swatch is drawn: ``fill``, ``hatch`` or ``outline``.
    role
        The role in :mod:`walkcircle.views.palette` that colours it.
    label
        What it means.
    band
        Position of the class it stands for, -1 for unknown, None for no class.
    """

    mark: Literal["fill", "hatch", "outline"]
    role: str
    label: str
    band: int | None


def build_legend(language: Language) -> list[Entry]:
    """List the legend's entries, the worst served first."""
    text = TEXTS[language]
    bands = [Entry("fill", band.role, band.label, band.position) for band in BANDS]
    return [
        *bands,
        Entry("hatch", "hatch", text["legend_unknown"], -1),
        Entry("outline", "accent", text["legend_weakest"], None),
    ]


def describe_legend() -> dict[str, Any]:
    """Return the legend in both languages, as the page reads it."""
    return {language: [asdict(entry) for entry in build_legend(language)] for language in TEXTS}
