"""A column that is its own name, and a table as a set of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

Dtype = Literal["text", "number", "count", "flag", "geometry"]


class Column(str):
    """The name of a column, carrying what the column holds.

    Attributes
    ----------
    dtype
        ``text``, ``number`` (float), ``count`` (whole number), ``flag`` (bool) or ``geometry``.
    unit
        Unit of a number, as shown to the reader; empty for text.
    low, high
        Inclusive bounds of a number, or None.
    optional
        The column may be absent.
    nullable
        A value may be missing; it then means *unknown*, never zero.
    unique
        No value occurs twice.
    meaning
        One sentence for the reader of the table.
    """

    __slots__ = ("dtype", "high", "low", "meaning", "nullable", "optional", "unique", "unit")

    dtype: Dtype
    unit: str
    low: float | None
    high: float | None
    optional: bool
    nullable: bool
    unique: bool
    meaning: str

    def __new__(
        cls,
        name: str,
        dtype: Dtype,
        meaning: str,
        *,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        optional: bool = False,
        nullable: bool = False,
        unique: bool = False,
    ) -> Self:
        """Make a column named `name`."""
        column = super().__new__(cls, name)
        column.dtype, column.meaning, column.unit = dtype, meaning, unit
        column.low, column.high = low, high
        column.optional, column.nullable, column.unique = optional, nullable, unique
        return column

    @property
    def range(self) -> str:
        """The bounds in words, empty when there is none."""
        low = "" if self.low is None else f"from {self.low:g}"
        high = "" if self.high is None else f"to {self.high:g}"
        return f"{low} {high}".strip()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Copy and pickle as the plain name: pandas copies labels, and a file should hold only text."""
        return str, (str(self),)


class Table:
    """A set of declared columns; a subclass is a table, its docstring says of what."""

    title: ClassVar[str] = "table"

    @classmethod
    def columns(cls) -> Iterator[Column]:
        """Iterate over the declared columns in the order they were written."""
        for value in vars(cls).values():
            if isinstance(value, Column):
                yield value


def declare_people(group: str, whom: str) -> Column:
    """Declare the number of people of one group, which may be unknown."""
    return Column(group, "number", f"residents {whom}", unit="people", low=0, optional=True, nullable=True)
