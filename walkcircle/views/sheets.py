"""Sheets: pages without scripts, made from templates in which every name is escaped and every number can be traced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import ceil, isnan
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from walkcircle.errors import OutputError
from walkcircle.views.findings import write_share
from walkcircle.views.names import clean_name
from walkcircle.views.page import read_asset, write_policy
from walkcircle.views.palette import write_css_roles

#: Characters that a file's name keeps; all others become a hyphen, so that it is one on every system and in a link.
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")

#: Files that Windows does not allow, whatever their ending.
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)

#: Longest name of a file without its ending; with folders and a full path it stays below the limits of all systems.
_LONGEST_FILE = 48


def name_files(ids: Sequence[str]) -> dict[str, str]:
    """Give each id a file of its own: safe on every system, also where large and small letters are one.

    Parameters
    ----------
    ids
        Any texts, each once.

    Returns
    -------
    dict
        Name of the file by id, ending in ``.html``. It depends on nothing but the ids.

    Examples
    --------
    >>> name_files(["relation/2220206", "东坡", "NUL"])
    {'relation/2220206': 'relation-2220206.html', '东坡': '2ac6593aa798.html', 'NUL': 'NUL-ae6de1827cfc.html'}
    """
    stems = {one: _UNSAFE.sub("-", one).strip("-") for one in ids}
    alike: dict[str, int] = {}
    for stem in stems.values():
        alike[stem.lower()] = alike.get(stem.lower(), 0) + 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    # what needs no addition goes first, so that nothing else takes its name
    plain = {one: _is_plain(stem) and alike[stem.lower()] == 1 for one, stem in stems.items()}
    for one in sorted(ids, key=lambda one: not plain[one]):
        stem, length = stems[one][:_LONGEST_FILE].strip("-"), 12
        digest = hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest()
        name = stem if plain[one] else "-".join(filter(None, (stem, digest[:length])))
        while name.lower() in taken:
            length += 4
            name = "-".join(filter(None, (stem, digest[:length])))
        taken.add(name.lower())
        names[one] = name + ".html"
    return {one: names[one] for one in ids}


def show_name(name: object) -> Markup:
    """Return a name as markup: escaped, and with a direction of its own."""
    return Markup("<bdi>{}</bdi>").format(clean_name(name))


def show_number(of: str, value: float, text: str) -> Markup:
    """Return a number as markup that carries what it is and its whole value; `text` is what is read.

    Examples
    --------
    >>> print(show_number("index", 36.4058, "36.4"))
    <span data-of="index" data-value="36.4058">36.4</span>
    """
    whole = "" if isnan(value) else repr(float(value))
    return Markup('<span data-of="{}" data-value="{}">{}</span>').format(of, whole, text)


def show_count(of: str, people: float, unknown: str = "–") -> Markup:
    """Return a number of people or things in whole; what is less than one is said so."""
    return show_number(of, people, unknown if isnan(people) else write_count(people))


def show_share(of: str, share: float, unknown: str = "–") -> Markup:
    """Return a share as a whole per cent."""
    return show_number(of, share, unknown if isnan(share) else write_share(share))


def write_count(people: float) -> str:
    """Write a number in whole.

    Examples
    --------
    >>> write_count(2357.0), write_count(0.2), write_count(0.0)
    ('2,357', '<1', '0')
    """
    return "<1" if 0 < people < 0.5 else f"{people:,.0f}"


def round_minutes(minutes: float) -> int:
    """Round minutes up to whole ones, as the map does, so that what is within a whole limit reads so."""
    return ceil(minutes - 1e-6)


def show_points(of: str, gap: float) -> Markup:
    """Return a difference of shares in percentage points.

    Examples
    --------
    >>> print(show_points("gap", 0.234), show_points("gap", -0.02))
    <span data-of="gap" data-value="0.234">+23</span> <span data-of="gap" data-value="-0.02">−2</span>
    """
    points = 0 if isnan(gap) else round(100 * gap)
    text = "–" if isnan(gap) else "0" if points == 0 else f"{points:+d}".replace("-", "−")
    return show_number(of, gap, text)


def fill_template(name: str, content: Mapping[str, Any], *, styles: Sequence[str] = ()) -> str:
    """Return the page that a template of this package makes of its content; its policy allows its style, no script.

    Parameters
    ----------
    name
        The template.
    content
        What it shows. Whatever is not markup is escaped.
    styles
        Style sheets beside the one that all pages share.
    """
    # the policy names the package's own styles and never what stands in the page: what a name smuggles in has no hash
    css = read_css() + "".join(read_asset(f"paper/{one}") for one in styles)
    own = {"css": Markup(css), "policy": Markup(write_policy(styles=[css]))}  # noqa: S704 - our own style and its hash
    return _environment().get_template(name).render(**own, **content)


@cache
def read_css() -> str:
    """Return colours and layout of all sheets; the package's own text, never a name."""
    return write_css_roles() + read_asset("paper/sheet.css")


def write_page(path: Path, html: str) -> None:
    """Write a page under a temporary name first, so that there is never half of one.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(html, encoding="utf-8", errors="replace", newline="\n")
        draft.replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}); choose a folder that exists and is yours"
        raise OutputError(msg) from error


def _is_plain(stem: str) -> bool:
    return 0 < len(stem) <= _LONGEST_FILE and not _RESERVED.fullmatch(stem)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: read_asset(f"paper/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
