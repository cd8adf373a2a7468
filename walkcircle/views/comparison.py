"""Comparison: what changed between two check-ups, as one small page without scripts, in English or Chinese.

Every word from the data is cut and escaped; the page loads nothing and its policy forbids to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from walkcircle.changes import PARTS, Account, sum_changes
from walkcircle.fates import FATES
from walkcircle.groups import GROUPS
from walkcircle.tables import ChangedCommunities, ChangedFacilities, Changes
from walkcircle.views.captions import CAPTIONS
from walkcircle.views.findings import write_share
from walkcircle.views.names import clean_name
from walkcircle.views.sheets import fill_template, show_name, write_count
from walkcircle.views.text import TEXTS

if TYPE_CHECKING:
    from walkcircle.changes import Comparison
    from walkcircle.views.text import Language
    from walkcircle.walkers import Walker

#: Rows of a table that the page shows; the rest is in the files beside it.
MOST_ROWS = 200

#: Longest note, and longest evidence.
LONGEST_TEXT = 600


def draw_comparison(comparison: Comparison) -> str:
    """Draw a comparison as an HTML page, in the language of the newer study.

    It has the finding in a sentence, each kind with its parts, the facilities that came, went or changed, the
    communities with the largest changes, and how to read it. Whole people; the parts add up to the difference.

    Parameters
    ----------
    comparison
        As :func:`~walkcircle.changes.compare_analyses` returns it.
    """
    language: Language = comparison.new.study.outputs.language
    say = _CHINESE if language == "zh" else _ENGLISH
    kinds = comparison.new.study.standard.kinds
    label = {kind.id: clean_name(kind.label(language)) for kind in kinds}
    limit = {kind.id: f"{kind.limit_min:g}" for kind in kinds}
    walkers = comparison.new.study.walkers
    by_kind = sum_changes(comparison, [Changes.kind, Changes.walker])
    title = comparison.new.study.title
    content = {
        "lang": CAPTIONS[language]["lang"],
        "say": say,
        "page_title": clean_name(title),
        "name": show_name(title),
        "sides": _tell_sides(comparison, say),
        "parts": [say[part] for part in PARTS],
        "finding": _find_words(by_kind, label, limit, walkers[0].name, say),
        "tables": [
            (_name_walker(walker, language),
             [(label[kind], limit[kind], _write_account(account))
              for (kind, name), account in by_kind.items() if name == walker.name])
            for walker in walkers
        ],
        "facilities": list(_list_facilities(comparison, label, say, language)),
        "counts": [(say[fate], write_count(count)) for fate, count in _count_fates(comparison).items()],
        "communities": list(_list_communities(comparison, label, language)),
        "most": MOST_ROWS,
        "notes": [_tell(note, language) for note in comparison.notes],
        "facility_rows": len(comparison.facilities),
        "community_rows": len(comparison.changes) // len(PARTS),
    }  # fmt: skip
    return fill_template("comparison.html", content, styles=["report.css"])


def translate_note(note: str, language: Language) -> str:
    """Return a note or the evidence of a fate in the reader's language; an unknown one stays as it is.

    Examples
    --------
    >>> translate_note("open since 2019, before the older check-up", "zh")
    '2019 已开放，早于前次体检'
    >>> translate_note("closed 2025-03-01", "zh")
    '2025-03-01 关闭'
    """
    for pattern, chinese in _NOTES if language == "zh" else ():
        if re.fullmatch(pattern, note):
            return re.sub(pattern, chinese, note)
    return note


def write_change(people: int) -> str:
    """Write a change of people with its sign.

    Examples
    --------
    >>> write_change(1200), write_change(-3), write_change(0)
    ('+1,200', '−3', '0')
    """
    return f"{people:+,d}".replace("-", "−") if people else "0"


def _tell_sides(comparison: Comparison, say: Mapping[str, str]) -> list[Markup]:
    """Tell the days of both check-ups and whatever else differs; how people were counted once, where both did alike."""
    checked = (comparison.old, comparison.new)
    same_title = comparison.old.study.title == comparison.new.study.title
    counted = [clean_name(say["counted_by"].format(source=one.place.population_source), longest=200) for one in checked]
    sides = []
    for one, source in zip(checked, counted, strict=True):
        day = Markup("<b>{}</b>").format(one.place.data_date or say["undated"])
        parts = [] if same_title else [show_name(one.study.title)]
        sides.append(Markup(" ").join([*parts, day, *([] if counted[0] == counted[1] else [f"({source})"])]))
    return [Markup(" → ").join(sides), *([Markup("{}").format(counted[1])] if counted[0] == counted[1] else [])]


def _tell(text: str, language: Language) -> str:
    """Return a note or evidence as the page shows it: in the reader's language, on one line, not endless."""
    return clean_name(translate_note(" ".join(text.split()), language), longest=LONGEST_TEXT)


def _name_walker(walker: Walker, language: Language) -> str:
    """Name a walker with its speed."""
    named = {"walker": clean_name(walker.label(language)), "speed": f"{walker.speed_kmh:g}"}
    return TEXTS[language]["footer_walker"].format(**named)


def _write_account(account: Account) -> list[str]:
    """Write the cells of an account: before, every part, after, both shares."""
    shares = ["" if isnan(share) else write_share(share) for share in (account.share_before, account.share_after)]
    parts = [write_change(people) if people else "·" for people in account.parts.values()]
    return [f"{account.before:,}", *parts, f"{account.after:,}", *shares]


def _find_words(
    by_kind: Mapping[tuple[str, ...], Account],
    label: Mapping[str, str],
    limit: Mapping[str, str],
    walker: str,
    say: Mapping[str, str],
) -> str:
    """Say in a sentence for which kind most changed, and what made it."""
    mine = {kind: account for (kind, name), account in by_kind.items() if name == walker}
    kind = max(mine, key=lambda one: (abs(mine[one].after - mine[one].before), _turnover(mine[one])))
    account = mine[kind]
    if _turnover(account) == 0:
        return say["nothing"]
    parts = [f"{say[part]} {write_change(people)}" for part, people in account.parts.items() if people]
    return say["finding"].format(
        kind=label[kind], limit=limit[kind], before=f"{account.before:,}", after=f"{account.after:,}",
        change=write_change(account.after - account.before), parts=say["comma"].join(parts),
    )  # fmt: skip


def _turnover(account: Account) -> int:
    return sum(map(abs, account.parts.values()))


def _count_fates(comparison: Comparison) -> dict[str, int]:
    fates = comparison.facilities[ChangedFacilities.fate].value_counts()
    return {fate: int(fates[fate]) for fate in FATES if fate in fates}


def _list_facilities(
    comparison: Comparison, label: Mapping[str, str], say: Mapping[str, str], language: Language
) -> Iterator[list[str | Markup]]:
    """List the facilities in the order of the table: fate, kind, name, community, identifiers, evidence."""
    communities = comparison.communities
    names = dict(zip(communities[ChangedCommunities.community], communities[ChangedCommunities.name], strict=True))
    for _, row in comparison.facilities.head(MOST_ROWS).iterrows():
        called = _join_changed(row[ChangedFacilities.name_before], row[ChangedFacilities.name_after])
        ids = _join_changed(row[ChangedFacilities.facility_before], row[ChangedFacilities.facility_after])
        where = row[ChangedFacilities.community]
        yield [
            say[row[ChangedFacilities.fate]],
            show_name(label.get(row[ChangedFacilities.kind], row[ChangedFacilities.kind])),
            called, show_name(names.get(where, where)) if isinstance(where, str) else "", ids,
            _tell(row[ChangedFacilities.evidence], language),
        ]  # fmt: skip


def _join_changed(before: Any, after: Any) -> Markup:
    """Show a text once where it stayed, else from and to."""
    known = [text for text in (before, after) if isinstance(text, str)]
    return Markup(" → ").join(map(show_name, dict.fromkeys(known)))


def _list_communities(
    comparison: Comparison, label: Mapping[str, str], language: Language
) -> Iterator[tuple[Markup, str, list[str]]]:
    """List communities, kinds and walkers with their accounts, the largest changes first."""
    communities = comparison.communities
    names = dict(zip(communities[ChangedCommunities.community], communities[ChangedCommunities.name], strict=True))
    walkers = {walker.name: clean_name(walker.label(language)) for walker in comparison.new.study.walkers}
    accounts = sum_changes(comparison, [Changes.community, Changes.kind, Changes.walker])
    felt = [(key, account) for key, account in accounts.items() if _turnover(account)]
    felt.sort(key=lambda one: (-abs(one[1].after - one[1].before), -_turnover(one[1]), one[0]))
    for (community, kind, walker), account in felt[:MOST_ROWS]:
        who = [walkers[walker]] if len(walkers) > 1 else []
        yield show_name(names[community]), " · ".join([label[kind], *who]), _write_account(account)


_ENGLISH: Final[Mapping[str, str]] = {
    "page": "What changed",
    "undated": "no date",
    "counted_by": "people: {source}",
    "finding": "Most changed for {kind}: within {limit} minutes were {before} people, now {after} ({change}): {parts}.",
    "nothing": "Nothing changed for anybody: for every kind as many people are within the limit as before.",
    "comma": ", ",
    "mapping": "mapping", "closed": "closed", "opened": "opened", "streets": "streets", "population": "population",
    "relocated": "relocated", "moved": "moved", "redrawn": "redrawn", "renamed": "renamed", "retagged": "retagged",
    "doubled": "doubled", "newly listed": "newly listed", "no longer listed": "no longer listed",
    "kinds": "People within the limit",
    "kind": "Kind", "minutes": "min", "before": "before", "after": "after",
    "share_before": "share before", "share_after": "share after",
    "facilities": "Facilities", "fate": "What happened", "name": "Name", "community": "Community",
    "id": "Identifier", "evidence": "What that rests on", "no_facilities": "None changed.",
    "communities": "Communities, largest changes first",
    "no_communities": "None changed.",
    "more_facilities": "The first {most} of {all}; all are in changed_facilities.csv.",
    "more_communities": "The first {most} of {all}; all are in changes.csv.",
    "notes": "To know before quoting",
    "method": "The people within the limit are counted six times, each time with one more input replaced by the newer: "
    "what only the map or a register changed (mapping), facilities closed, facilities opened, streets, population. "
    "A part is the difference between one count and the next, so that the parts add up. What two causes do together "
    "falls to the later one. Whole people, rounded so that the sums hold.",
    "how": "How to read it",
    "licence": "© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright). Made by walkcircle.",
}  # fmt: skip

_CHINESE: Final[Mapping[str, str]] = {
    "page": "变化",
    "undated": "日期不详",
    "counted_by": "人口：{source}",
    "finding": "变化最大的是{kind}：{limit} 分钟内可达居民由 {before} 名变为 {after} 名（{change}）：{parts}。",
    "nothing": "没有变化：各类设施的可达居民人数均与之前相同。",
    "comma": "，",
    "mapping": "制图变化", "closed": "关闭", "opened": "新开", "streets": "道路", "population": "人口",
    "relocated": "迁址", "moved": "标注移位", "redrawn": "重新绘制", "renamed": "更名", "retagged": "改类标注",
    "doubled": "重复标注", "newly listed": "新收录", "no longer listed": "不再收录",
    "kinds": "时限内可达居民",
    "kind": "类别", "minutes": "分钟", "before": "之前", "after": "之后",
    "share_before": "之前比例", "share_after": "之后比例",
    "facilities": "设施", "fate": "变化", "name": "名称", "community": "社区",
    "id": "编号", "evidence": "依据", "no_facilities": "没有变化。",
    "communities": "社区（变化最大者在前）",
    "no_communities": "没有变化。",
    "more_facilities": "仅列前 {most} 项，共 {all} 项；全部见 changed_facilities.csv。",
    "more_communities": "仅列前 {most} 项，共 {all} 项；全部见 changes.csv。",
    "notes": "引用前须知",
    "method": "时限内可达居民共计数六次，每次多换入一项新数据：仅地图或名册的变化（制图变化）、"
    "关闭的设施、新开的设施、道路、人口。每一部分是相邻两次计数之差，因此各部分之和等于总变化；两个原因共同造成的变化计入后者。人数取整，取整后合计仍然成立。",
    "how": "如何阅读",
    "licence": "© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)。由 walkcircle 制作。",
}  # fmt: skip

#: How the notes of :mod:`walkcircle.changes` and the evidence of :mod:`walkcircle.fates` read in Chinese.
_NOTES: Final = (
    (r"the same identifier", "编号相同"),
    (r"the identifier that the map has, in the register", "名册中有其地图编号"),
    (r"of one kind, near each other, of like names", "类别相同、位置相近、名称相似"),
    (r"the map calls it (.+) now", r"地图现标注为 \1"),
    (r"the map called it (.+) before", r"地图原标注为 \1"),
    (r"the same place as (.+), which is still there", r"与仍存在的 \1 为同一处"),
    (r"the same place as (.+), which was there before", r"与原有的 \1 为同一处"),
    (r"closed (\d[\d-]*)", r"\1 关闭"),
    (r"open since (\d[\d-]*), before the older check-up", r"\1 已开放，早于前次体检"),
    (r"open since (\d[\d-]*)", r"\1 开放"),
    (r"the map is not read for this kind any more", "此类设施不再取自地图"),
    (r"a register is not read for this kind any more", "此类设施不再取自名册"),
    (r"the map was not read for this kind before", "此类设施之前未取自地图"),
    (r"a register was not read for this kind before", "此类设施之前没有名册"),
    (r"not on the map any more; no date is known", "地图上已没有，日期不详"),
    (r"not on the map before; no date is known", "地图上原先没有，日期不详"),
    (r"not in the register any more", "名册中已没有"),
    (r"not in the register before", "名册中原先没有"),
    (
        r"Of ([\d,]+) facilities that opened, ([\d,]+) have no date and may have been there before\.",
        r"\1 处新开设施中有 \2 处日期不详，可能早已存在。",
    ),
    (
        r"Of ([\d,]+) facilities that closed, ([\d,]+) have no date and may still be there\.",
        r"\1 处关闭设施中有 \2 处日期不详，可能仍然存在。",
    ),
    (
        r"The date of the data is not known for both, so that no facility is known to be older than a check-up\.",
        "两次数据的日期不全，无法判断设施是否早于前次体检。",
    ),
    (
        r"The first check-up \((.+)\) is younger than the second \((.+)\): all is told backwards\.",
        r"第一次体检（\1）晚于第二次（\2）：以下均为倒叙。",
    ),
    (
        r"People were counted in another way \((.+); then (.+)\), which is in population\.",
        r"人口来源不同（\1；之后 \2），其影响计入“人口”。",
    ),
    (
        r"People are estimated from mapped buildings: a house only now mapped counts as people who moved in\.",
        "人口由地图上的建筑估算：新标注的房屋会被计为迁入的居民。",
    ),
    *(
        (
            rf"Only the {which} check-up knows how many {group.en} there are; in the other all residents .*",
            f"只有{chinese}体检有{group.zh}的人数，另一次以全体居民代替，其影响计入“人口”。",
        )
        for group in GROUPS.values()
        for which, chinese in (("older", "第一次"), ("newer", "第二次"))
    ),
    (r"Only one of the two knows heights, which is in streets\.", "只有一次体检有高程，其影响计入“道路”。"),
    (
        r"Only one of the two is cut along the border of its area, which is in streets\.",
        "只有一次体检沿边界裁剪，其影响计入“道路”。",
    ),
    (
        r"Communities that are new; their people are in population: (.+)\.",
        r"新出现的社区（其居民计入“人口”）：\1。",
    ),
    (
        r"Communities that are not there any more; their people are in population: (.+)\.",
        r"不再存在的社区（其居民计入“人口”）：\1。",
    ),
    (
        r"Communities that have other borders; who changed over is in population: (.+)\.",
        r"边界变化的社区（划入划出的居民计入“人口”）：\1。",
    ),
    (
        r"Hexagons are matched by their place and called as in the older check-up\.",
        "六边形按位置对应，沿用前次体检的名称。",
    ),
)
