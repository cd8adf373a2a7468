"""Names: what a page shows of a name, whatever stands in it."""

from __future__ import annotations

import unicodedata

#: Names longer than this many characters are cut; a page should not be one name.
LONGEST_NAME = 80


def clean_name(name: object, *, longest: int = LONGEST_NAME) -> str:
    r"""Return a name as a page can show it: no control characters, no changes of direction, not endless.

    Examples
    --------
    >>> clean_name("a\u202eb\x00c"), clean_name("x" * 99, longest=5)
    ('abc', 'xxxx…')
    """
    # Cc control, Cs half of a pair; the next ones turn the direction of what comes after them, the last no XML may hold
    kept = [
        letter
        for letter in str(name)[: 4 * longest]
        if unicodedata.category(letter) not in {"Cc", "Cs"} and not "\u202a" <= letter <= "\u202e"
        and not "\u2066" <= letter <= "\u2069" and letter not in "\ufffe\uffff"
    ]  # fmt: skip
    text = "".join(kept).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"
