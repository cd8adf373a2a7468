"""What stands in a cell: numbers, dates, degrees and identifiers as people type them into lists.

Each reader takes the texts of one column and returns what they mean together with :class:`Oddity` records: which
cells were not plain, and what was made of them. Only what can have one meaning is read. ``约30`` is no number, and
``1,5`` may be one and a half or fifteen.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

#: Words for "there is none" or "not known", once they are in plain letters.
NOTHING = frozenset({
    "", "-", "--", "—", "——", "/", "\\", "无", "暂无", "未知", "不详", "空", "none", "null", "nan", "na", "n/a", "nil",
    "<na>",
})  # fmt: skip
#: What a spreadsheet shows where a formula failed.
FAILED = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)|Err:\d+", re.IGNORECASE)
#: Marks without width or meaning that come along when text is copied.
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Units behind a number that change nothing; 万 is ten thousand.
UNITS = re.compile(
    r"(?:人|户|个|所|处|张|床|座|套|元|m2|m²|㎡|平米|平方米|平方|people|persons|beds|places)\Z", re.IGNORECASE
)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[, '’]\d{3})+(?:\.\d+)?")
PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
#: A number that a spreadsheet shortened to its first digits.
SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
#: Whole numbers above this lose digits in a spreadsheet's numbers (2^53).
LARGEST_WHOLE = 9_007_199_254_740_992.0
DEGREES = re.compile(
    r"(?P<before>[NSEW北南东西])?[经纬:： ]*(?P<deg>\d{1,3})(?:[°度º])(?:(?P<min>\d{1,2}(?:\.\d+)?)['′’分])?"
    r"(?:(?P<sec>\d{1,2}(?:\.\d+)?)(?:[\"″”秒]|''|′′))?(?P<after>[NSEW北南东西])?[经纬]?",
    re.IGNORECASE,
)
DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?: \d{1,2}:\d{2}(?::\d{2})?)?"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
    re.compile(r"(\d{4})[-/.年](\d{1,2})月?"),
    re.compile(r"(\d{4})年?"),
)
#: Day 0 of Excel's calendar, and the days (1980 to 2079) that a bare number may stand for.
EXCEL_EPOCH, EXCEL_DAYS = date(1899, 12, 30), range(29_221, 65_746)
CLOSED_WORDS = frozenset(
    {"是", "已关闭", "关闭", "停业", "已停业", "撤销", "已撤销", "停用", "已停用", "yes", "closed", "true"}
)
OPEN_WORDS = frozenset({"否", "营业", "在营", "正常", "开放", "在用", "至今", "长期", "no", "open", "false"})
#: Words of a column that says yes or no.
YES_WORDS = frozenset({"是", "有", "可", "能", "yes", "y", "true", "t", "1", "√", "✓", "✔"})
NO_WORDS = frozenset({"否", "没有", "不可", "不能", "不是", "no", "n", "false", "f", "0", "×", "✗", "✘"})
#: A storey: a number, or a Chinese one up to 99, or with a word for what lies below ground; and several of them.
STOREY = re.compile(r"(?P<below>地下|负|b|-)?(?:第)?(?P<number>\d{1,2}|[一二三四五六七八九十]{1,3})(?:层|楼|f)?")
SEVERAL_STOREYS = re.compile(r"[-~至到、,，/+和]")
GROUND_WORDS = frozenset({"底层", "首层", "底楼", "地面", "地面层", "groundfloor", "ground"})
#: What text becomes when UTF-8 or GBK is read as something else, and saved.
GARBLED = ("\ufffd", "锟斤拷", "烫烫烫", "屯屯屯")


@dataclass(frozen=True)
class Oddity:
    """Cells that are not plain: `what` was made of them, and `where` they are, a flag for each row."""

    what: str
    where: pd.Series


@dataclass(frozen=True)
class Reading:
    """A column read: what its cells mean, its oddities, and the cells that have no meaning, with the reason.

    Attributes
    ----------
    meanings
        What the cells mean; missing where they say nothing.
    oddities
        Cells that were read though they were not plain.
    unread
        Reason, by row, why a cell could not be read.
    """

    meanings: pd.Series
    oddities: tuple[Oddity, ...]
    unread: pd.Series


def clean_texts(texts: pd.Series) -> tuple[pd.Series, tuple[Oddity, ...]]:
    """Cut spaces of all widths off both ends, and marks that cannot be seen out of the middle.

    Examples
    --------
    >>> clean_texts(pd.Series(["\u3000一小 ", "二小"], dtype=object))[0].tolist()
    ['一小', '二小']
    """
    cleaned = texts.astype(object).map(_clean_text)
    changed = texts.notna() & (cleaned != texts)
    oddity = Oddity("spaces around the text, or marks that cannot be seen, were cut off", changed)
    return cleaned, (oddity,) if changed.any() else ()


def _clean_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    # what cannot be seen cannot be printed, and most texts hold nothing of it
    return text if text.isprintable() else INVISIBLE.sub("", text).strip()


def make_plain(text: str) -> str:
    """Write a text in plain letters: full-width ones become narrow, and every space goes.

    Examples
    --------
    >>> make_plain("１２３ 小　学（东）")
    '123小学(东)'
    """
    return "".join(unicodedata.normalize("NFKC", text).split())


def read_numbers(texts: pd.Series) -> Reading:
    """Read numbers with full-width digits, thousands separators and units; words for nothing are missing.

    Parameters
    ----------
    texts
        Texts, None where there is nothing.

    Examples
    --------
    >>> read = read_numbers(pd.Series(["12", "１２３", "12,345", "1.2万人", "无", "约30"], dtype=object))
    >>> read.meanings.tolist()
    [12.0, 123.0, 12345.0, 12000.0, nan, nan]
    >>> read.unread.to_dict()
    {5: "is '约30', not a number"}
    """
    numbers = pd.to_numeric(texts, errors="coerce").astype(float)
    numbers[~np.isfinite(numbers)] = np.nan
    return _read_odd(texts, numbers, _read_number)


def _read_number(text: str) -> tuple[float, str]:
    plain = unicodedata.normalize("NFKC", text).strip()
    what = "full-width digits were read as digits" if plain != text else ""
    unitless = UNITS.sub("", UNITS.sub("", plain)).strip()
    times = 10_000.0 if unitless.endswith("万") else 1.0
    unitless = unitless.removesuffix("万").strip()
    if unitless != plain:
        what = "units behind numbers were read with them"
    if THOUSANDS.fullmatch(unitless):
        unitless = re.sub(r"[, '’]", "", unitless)
        what = "thousands separators were taken out"
    if not PLAIN_NUMBER.fullmatch(unitless) or not np.isfinite(float(unitless)):
        return np.nan, ""
    # 1.2 times 10,000 should be 12,000, and not a hair less
    return round(float(unitless) * times, 9), what or "spaces in numbers were taken out"


def read_degrees(texts: pd.Series) -> Reading:
    """Read coordinates: numbers as in :func:`read_numbers`, and degrees with minutes and seconds.

    Examples
    --------
    >>> read = read_degrees(pd.Series(["120.5", "120°30′", "30度15分36秒", "南纬1°30'"], dtype=object))
    >>> read.meanings.round(6).tolist()
    [120.5, 120.5, 30.26, -1.5]
    """
    plain = read_numbers(texts)
    return _read_odd(texts, plain.meanings, _read_angle, first=plain.oddities)


def _read_angle(text: str) -> tuple[float, str]:
    plain = unicodedata.normalize("NFKC", text.replace("″", '"').replace("′", "'")).replace(" ", "")
    match = DEGREES.fullmatch(plain)
    if match is None:
        return np.nan, ""
    minutes, seconds = float(match["min"] or 0), float(match["sec"] or 0)
    if minutes >= 60 or seconds >= 60:
        return np.nan, ""
    value = float(match["deg"]) + minutes / 60 + seconds / 3600
    letters = f"{match['before'] or ''}{match['after'] or ''}".upper()
    sign = -1.0 if set(letters) & set("SW南西") else 1.0
    return sign * value, "degrees, minutes and seconds were turned into degrees"


def read_ids(texts: pd.Series) -> Reading:
    """Read identifiers; ``330102001.0`` is ``330102001``, and one cut short by a spreadsheet is not read.

    Examples
    --------
    >>> read = read_ids(pd.Series(["330102001.0", "Ａ－7", "3.30102E+17"], dtype=object))
    >>> read.meanings.tolist()[:2], read.unread.index.tolist()
    (['330102001', 'A-7'], [2])
    """
    given = texts.dropna()
    plain = given.map(make_plain)
    whole = plain.str.fullmatch(r"\d+\.0+")
    values = plain.where(~whole, plain.str.replace(r"\.0+\Z", "", regex=True))
    digits = pd.to_numeric(plain.where(plain.str.fullmatch(r"\d{16,}\.0+")), errors="coerce")
    short = plain.str.fullmatch(SHORTENED.pattern) | (digits > LARGEST_WHOLE)
    every = values.reindex(texts.index)
    oddities = (
        Oddity("identifiers that a spreadsheet turned into numbers lost their '.0'", _on(texts, whole & ~short)),
        Oddity("full-width letters and spaces in identifiers were made plain", _on(texts, plain != given)),
    )
    unread = given[short].map(lambda text: f"is '{text}', an identifier that a spreadsheet has cut short")
    return Reading(every.astype(object), tuple(o for o in oddities if o.where.any()), unread)


def read_dates(texts: pd.Series, *, late: bool) -> Reading:
    """Read dates; of a month or a year alone the last day when `late`, else the first.

    Parameters
    ----------
    texts
        Texts, None where there is nothing.
    late
        For the end of something, which lasts until it is surely over.

    Returns
    -------
    Reading
        Values are :class:`datetime.date`, ``True`` where a word says that it is so, without a day.

    Examples
    --------
    >>> read = read_dates(pd.Series(["2024/3/1", "2024年3月1日", "20240301", "45352", "2024-02"]), late=True)
    >>> [f"{day}" for day in read.meanings]
    ['2024-03-01', '2024-03-01', '2024-03-01', '2024-03-01', '2024-02-29']
    """
    nothing = pd.Series(None, index=texts.index, dtype=object)
    return _read_odd(texts, nothing, lambda text: _read_date(make_plain(text), late=late), noun="date")


def _read_date(text: str, *, late: bool) -> tuple[Any, str]:
    word = text.lower()
    if word in CLOSED_WORDS:
        return True, ""
    if text.isdigit() and int(text) in EXCEL_DAYS:
        return EXCEL_EPOCH + timedelta(days=int(text)), "dates that are a spreadsheet's numbers of days were read"
    for pattern in DATES:
        match = pattern.fullmatch(re.sub(r"(?<=\d)(\d{2}:\d{2})", r" \1", text) if ":" in text else text)
        if match is None:
            continue
        numbers = [int(group) for group in match.groups()]
        try:
            if len(numbers) == 3:
                return date(*numbers), ""
            return _one_end(*numbers, late=late), "dates without a day were read as a month or a year"
        except ValueError:
            return None, ""
    return None, ""


def _one_end(year: int, month: int | None = None, *, late: bool) -> date:
    """Return the first or the last day of a month or year."""
    if not late:
        return date(year, month or 1, 1)
    last = month or 12
    following = date(year + last // 12, last % 12 + 1, 1)
    return following - timedelta(days=1)


def read_years(texts: pd.Series) -> Reading:
    """Read years; of a date its year.

    Examples
    --------
    >>> read_years(pd.Series(["2026", "2027年", "2026-05-01", "无", "soon"], dtype=object)).meanings.tolist()
    [2026.0, 2027.0, 2026.0, nan, nan]
    """
    nothing = pd.Series(np.nan, index=texts.index)
    return _read_odd(texts, nothing, _read_year, noun="year")


def _read_year(text: str) -> tuple[float, str]:
    day, _ = _read_date(make_plain(text), late=False)
    if not isinstance(day, date):
        return np.nan, ""
    return float(day.year), "" if re.fullmatch(r"\d{4}", text) else "the year was taken out of dates"


def read_flags(texts: pd.Series) -> Reading:
    """Read words for yes (1) and no (0).

    Examples
    --------
    >>> read_flags(pd.Series(["是", "no", "√", "-", "maybe"], dtype=object)).meanings.tolist()
    [1.0, 0.0, 1.0, nan, nan]
    """
    nothing = pd.Series(np.nan, index=texts.index)
    return _read_odd(texts, nothing, _read_flag, noun="yes or no")


def _read_flag(text: str) -> tuple[float, str]:
    word = make_plain(text).lower()
    return (1.0 if word in YES_WORDS else 0.0 if word in NO_WORDS else np.nan), ""


def read_storeys(texts: pd.Series, *, ground: int) -> Reading:
    """Read storeys, numbered so that the ground floor is 1 and the first below it -1; of several the lowest above it.

    Parameters
    ----------
    texts
        Texts, None where there is nothing.
    ground
        What a bare number calls the ground floor: 1 as in China, or 0 as in most of Europe. Words such as ``首层``,
        ``一层`` and ``1F`` are Chinese, and always count from 1.

    Examples
    --------
    >>> read_storeys(pd.Series(["1", "二层", "B1", "首层", "1-3层", "0"], dtype=object), ground=1).meanings.tolist()
    [1.0, 2.0, -1.0, 1.0, 1.0, nan]
    >>> read_storeys(pd.Series(["0", "1", "-1"], dtype=object), ground=0).meanings.tolist()
    [1.0, 2.0, -1.0]
    """
    nothing = pd.Series(np.nan, index=texts.index)
    return _read_odd(texts, nothing, lambda text: _read_storey(text, ground), noun="storey")


def _read_storey(text: str, ground: int) -> tuple[float, str]:
    plain = make_plain(text).lower()
    one = _name_storey(plain, ground)
    if one is not None:
        bare = plain.lstrip("-").isdigit()
        return one, "" if bare else "words for a storey were read as its number"
    several = [_name_storey(part, ground) for part in SEVERAL_STOREYS.split(plain)]
    known = [storey for storey in several if storey is not None]
    if len(known) < 2 or len(known) < len(several):
        return np.nan, ""
    above = [storey for storey in known if storey > 0]
    return min(above) if above else max(known), "of several storeys the lowest above ground was taken"


def _name_storey(plain: str, ground: int) -> float | None:
    """Return the number of one storey, or None where the text is none."""
    if plain in GROUND_WORDS:
        return 1.0
    plain = re.sub(r"\.0+\Z", "", plain)
    match = STOREY.fullmatch(plain)
    if match is None:
        return None
    digits = match["number"]
    number = int(digits) if digits.isdigit() else _count_chinese(digits)
    counted_from = ground if plain.lstrip("-").isdigit() else 1
    if match["below"]:
        return -float(number) if number else None
    storey = number - counted_from + 1
    return float(storey) if storey > 0 else None


def _count_chinese(digits: str) -> int:
    """Return a Chinese number up to 99.

    >>> [_count_chinese(word) for word in ("三", "十", "十二", "二十", "二十一")]
    [3, 10, 12, 20, 21]
    """
    tens, ten, ones = digits.rpartition("十")
    value = "零一二三四五六七八九"
    whole = (value.find(tens) if tens else 1) * 10 if ten else 0
    return whole + (value.find(ones) if ones else 0)


def find_garbled(texts: pd.Series) -> pd.Series:
    """Flag texts that were once read in a wrong encoding and saved so.

    Examples
    --------
    >>> find_garbled(pd.Series(["社区", "绀惧尯", "ÉçÇø", "锟斤拷", "Café"], dtype=object)).tolist()
    [False, True, True, True, False]
    """
    odd = [text for text in texts.unique() if isinstance(text, str) and not text.isascii()]
    return texts.isin([text for text in odd if _is_garbled(text)])


def _is_garbled(text: str) -> bool:
    if any(mark in text for mark in GARBLED):
        return True
    odd = "".join(character for character in text if not character.isascii())
    if max(odd) >= "\u4e00":
        # UTF-8 of Chinese begins with a byte from E4 to E9, and few characters of GBK do
        return odd[0].encode("gb18030", errors="replace")[0] in range(0xE4, 0xEA) and _was_chinese(
            odd, "gb18030", "utf-8"
        )
    pairs = (("latin-1", "gb2312"), ("latin-1", "utf-8"), ("cp1252", "utf-8"), ("cp1252", "gb2312"))
    return any(_was_chinese(odd, wrong, right) for wrong, right in pairs)


def _was_chinese(odd: str, wrong: str, right: str) -> bool:
    """Say whether a text that is not ASCII turns into two or more Chinese characters, and nothing else."""
    try:
        # the last character has often lost a byte
        meant = codecs.getincrementaldecoder(right)().decode(odd.encode(wrong))
    except UnicodeError:
        return False
    return len(meant) >= 2 and all("\u4e00" <= character <= "\u9fff" for character in meant)


def _read_odd(
    texts: pd.Series,
    values: pd.Series,
    read: Callable[[str], tuple[Any, str]],
    *,
    noun: str = "number",
    first: tuple[Oddity, ...] = (),
) -> Reading:
    """Read one by one the cells that have no value yet: few, as most cells are plain."""
    waiting = texts[texts.notna() & values.isna()]
    found: dict[Any, Any] = {}
    what: dict[Any, str] = {}
    unread: dict[Any, str] = {}
    # the same words come again and again, and reading one costs more than looking it up
    known: dict[str, tuple[Any, str]] = {}
    for row, text in waiting.items():
        plain = make_plain(text).lower()
        if plain in NOTHING or (noun == "date" and plain in OPEN_WORDS):
            what[row] = "words for 'none' (such as -, 无, N/A) were read as not known"
        elif FAILED.fullmatch(text):
            unread[row] = f"is '{text}', an error of the spreadsheet"
        else:
            if text not in known:
                known[text] = read(text)
            value, remark = known[text]
            if value is None or (isinstance(value, float) and np.isnan(value)):
                unread[row] = f"is '{text}', not a {noun}"
            else:
                found[row] = value
                what.update({row: remark} if remark else {})
    filled = values.copy()
    if found:
        filled[list(found)] = pd.Series(found, dtype=object if noun == "date" else float)
    return Reading(filled, (*first, *_gather(texts, what)), pd.Series(unread, dtype=object))


def _gather(texts: pd.Series, what: Mapping[Any, str]) -> list[Oddity]:
    """Turn remarks by row into flags by remark, in the order of their words."""
    rows: dict[str, list[Any]] = {}
    for row, remark in what.items():
        rows.setdefault(remark, []).append(row)
    return [Oddity(remark, pd.Series(texts.index.isin(rows[remark]), index=texts.index)) for remark in sorted(rows)]


def _on(texts: pd.Series, flags: pd.Series) -> pd.Series:
    return flags.reindex(texts.index, fill_value=False).astype(bool)
