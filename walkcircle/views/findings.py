"""Findings: the one sentence above the map, made from the tables and never from the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from walkcircle.gaps import BARRIER, CLIMB, CROSSING, GAP, GATE, NONE_NEAR, SEVERAL
from walkcircle.groups import EVERYBODY, name_group
from walkcircle.tables import Causes, Checkup, CommunityCoverage, Gaps
from walkcircle.views.names import clean_name
from walkcircle.views.text import Language

if TYPE_CHECKING:
    import pandas as pd

    from walkcircle.standards import Kind, Standard

#: Gaps of two kinds that differ by less than this many residents leave out the same people.
_SAME_PEOPLE = 0.5


@dataclass(frozen=True)
class Finding:
    """What the page says first.

    Attributes
    ----------
    sentence
        The finding.
    mood
        ``gap`` where residents are certainly without, ``check`` where the data are too thin to say, ``met``
        where all is well; the page colours by it.
    caveat
        What is not certain about it; empty when nothing is.
    """

    sentence: str
    mood: Literal["gap", "check", "met"]
    caveat: str = ""


def describe_index(
    covered: pd.DataFrame, gaps: pd.DataFrame, checkup: pd.DataFrame, standard: Standard, language: Language
) -> Finding:
    """Say what the check-up of all kinds found.

    Parameters
    ----------
    covered, gaps
        :class:`~walkcircle.tables.CommunityCoverage` and :class:`~walkcircle.tables.Gaps` of one walker.
    checkup
        :class:`~walkcircle.tables.Checkup` of the same walker.
    standard
        The kinds.
    language
        ``en`` or ``zh``.
    """
    say = _CHINESE if language == "zh" else _ENGLISH
    people = float(checkup[Checkup.population].sum())
    if people < 1:
        return Finding(say["nobody"], "check")
    blind = checkup[checkup[Checkup.index].isna() & (checkup[Checkup.population] > 0)]
    blind_people = float(blind[Checkup.population].sum())
    firm = gaps[gaps[Gaps.verdict] == GAP]
    unsure = gaps[gaps[Gaps.verdict] != GAP]
    names = dict(zip(checkup[Checkup.community], map(clean_name, checkup[Checkup.name]), strict=True))
    caveat = _caveat(unsure, covered, standard, names, language)
    if blind_people > people / 2:
        sentence = say["blind"].format(
            blind=_whole(blind_people), all=_whole(people), communities=len(blind), of=len(checkup)
        )
        return Finding(sentence, "check", caveat)
    total = firm.groupby(Gaps.kind)[Gaps.residents_without].sum()
    if len(total) and total.max() >= 1:
        worst = _choose_worst(total, standard)
        sentence = _name_gaps(firm, total, covered, standard, names, language)
        counted = _word_stand_in(covered[covered[CommunityCoverage.kind] == worst[0].id], language)
        return Finding(
            sentence + _name_weakest(checkup, sentence, language), "gap", _join(counted, caveat, language=language)
        )
    if len(unsure):
        return Finding(say["no_firm_gap"], "check", caveat)
    known = people - float(covered.groupby(CommunityCoverage.community)[CommunityCoverage.unknown].max().sum())
    form = say["all_reached"] if known >= people - _SAME_PEOPLE else say["known_reached"]
    grouped = ((covered[CommunityCoverage.group] != EVERYBODY) & ~covered[CommunityCoverage.stand_in]).any()
    return Finding(
        form.format(
            people=_whole(known), kinds=len(standard.kinds), limit=join_limits(standard),
            served=say["serving"] if grouped else "",
        ),
        "met",
    )  # fmt: skip


def describe_kind(
    covered: pd.DataFrame,
    gaps: pd.DataFrame,
    checkup: pd.DataFrame,
    kind: Kind,
    language: Language,
    *,
    causes: pd.DataFrame | None = None,
) -> Finding:
    """Say what was found for one kind; arguments as in :func:`describe_index`.

    `causes` are :class:`~walkcircle.tables.Causes` of the same walker, where they were asked for.
    """
    say = _CHINESE if language == "zh" else _ENGLISH
    mine = covered[covered[CommunityCoverage.kind] == kind.id]
    known = float((mine[CommunityCoverage.population] - mine[CommunityCoverage.unknown]).sum())
    who = name_people(mine, language)
    if known < 1:
        lived_in = float(checkup[Checkup.population].sum()) >= 1
        return Finding(say["nobody_served"].format(who=who) if lived_in else say["nobody"], "check")
    counted = _word_stand_in(mine, language)
    left_out = gaps[gaps[Gaps.kind] == kind.id]
    firm, unsure = left_out[left_out[Gaps.verdict] == GAP], left_out[left_out[Gaps.verdict] != GAP]
    names = dict(zip(checkup[Checkup.community], map(clean_name, checkup[Checkup.name]), strict=True))
    label = _in_sentence(kind.label(language))
    doubt = ""
    if len(unsure):
        certain = float(firm[Gaps.residents_without].sum()) >= 1
        doubt = say["kind_check" if certain else "kind_check_alone"].format(
            people=_whole(unsure[Gaps.residents_without].sum()), places=_places(unsure, names, language), who=who
        )
    without = float(firm[Gaps.residents_without].sum())
    if without >= 1:
        form = say["kind_gap_one"] if len(firm) == 1 else say["kind_gap"]
        sentence = form.format(
            without=_whole(without), known=_whole(known), share=write_share(without / known),
            limit=f"{kind.limit_min:g}", kind=label, most=_whole(firm[Gaps.residents_without].max()),
            place=_first_place(firm, names), who=who,
        )  # fmt: skip
        return Finding(sentence + _name_causes(causes, kind, language), "gap", _join(counted, doubt, language=language))
    if len(unsure):
        unsure_known = float(mine[mine[CommunityCoverage.confidence] != "firm"][CommunityCoverage.population].sum())
        form = say["kind_blind"] if unsure_known > known / 2 else say["kind_no_firm_gap"]
        return Finding(
            form.format(kind=label, limit=f"{kind.limit_min:g}", who=who),
            "check",
            _join(counted, doubt, language=language),
        )
    sentence = say["kind_reached"].format(people=_whole(known), kind=label, limit=f"{kind.limit_min:g}", who=who)
    return Finding(sentence, "met", counted)


def name_people(covered: pd.DataFrame, language: Language) -> str:
    """Name whom the numbers of one kind count: its group, or residents where these stand in for it.

    Parameters
    ----------
    covered
        :class:`~walkcircle.tables.CommunityCoverage` of one kind and walker.
    language
        ``en`` or ``zh``.
    """
    lived_in = covered[covered[CommunityCoverage.residents] > 0]
    if len(lived_in) == 0 or lived_in[CommunityCoverage.stand_in].all():
        return name_group(EVERYBODY, language)
    if lived_in[CommunityCoverage.stand_in].any():
        return (_CHINESE if language == "zh" else _ENGLISH)["some_of_each"]
    return name_group(str(lived_in[CommunityCoverage.group].iloc[0]), language)


def write_share(share: float) -> str:
    """Write a share as a whole per cent that never claims nobody or everybody falsely; it does not break.

    Examples
    --------
    >>> [write_share(share).split() for share in (0.0008, 0.04, 0.9996, 1.0)]
    [['<1', '%'], ['4', '%'], ['>99', '%'], ['100', '%']]
    """
    percent = str(round(100 * share))
    if share > 0 and percent == "0":
        percent = "<1"
    if share < 1 and percent == "100":
        percent = ">99"
    return f"{percent}\N{NARROW NO-BREAK SPACE}%"


def write_range(low: float, high: float) -> str:
    """Write an index of which only a range is known; one number where both ends read alike.

    Examples
    --------
    >>> write_range(48.9, 60.2), write_range(60.0, 60.0)
    ('48.9–60.2', '60.0')
    """
    first, last = write_index(low), write_index(high)
    return last if first == last else f"{first}–{last}"


def write_index(index: float) -> str:
    """Write an index with one decimal; only a full score reads 100.

    Examples
    --------
    >>> write_index(95.972), write_index(99.98), write_index(100.0)
    ('96.0', '99.9', '100')
    """
    return "100" if index >= 100 else f"{min(index, 99.9):.1f}"


def join_limits(standard: Standard) -> str:
    """Write the limits of a standard's kinds: ``15``, or ``5–15`` where they differ."""
    limits = sorted({kind.limit_min for kind in standard.kinds})
    return f"{limits[0]:g}" if len(limits) == 1 else f"{limits[0]:g}–{limits[-1]:g}"


def _name_gaps(
    firm: pd.DataFrame,
    total: pd.Series,
    covered: pd.DataFrame,
    standard: Standard,
    names: dict[str, str],
    language: Language,
) -> str:
    """Name the kind that leaves out the most residents, and where most of them live."""
    say = _CHINESE if language == "zh" else _ENGLISH
    most = float(total.max())
    tied = _choose_worst(total, standard)
    worst = firm[firm[Gaps.kind] == tied[0].id]
    mine = covered[covered[CommunityCoverage.kind] == tied[0].id]
    people = float(mine[CommunityCoverage.population].sum())
    # the same number of people may still be other people: only kinds missing in the same communities are one finding
    here = _by_community(worst)
    same = [kind for kind in tied if _by_community(firm[firm[Gaps.kind] == kind.id]) == here]
    same = [kind for kind in same if kind.group == tied[0].group]
    label = _in_sentence(same[0].label(language))
    if len(same) == len(standard.kinds):
        label = say["any_kind"].format(kinds=len(same))
    elif len(same) > 1:
        label = say["and_others"].format(kind=label, count=len(same) - 1)
    else:
        label = say["one_kind"].format(kind=label)
    limits = sorted({kind.limit_min for kind in same})
    form = say["gap_one"] if len(worst) == 1 else say["gap"]
    return form.format(
        without=_whole(most), all=_whole(people), share=write_share(most / people),
        limit=f"{limits[0]:g}" if len(limits) == 1 else f"{limits[0]:g}–{limits[-1]:g}", kind=label,
        most=_whole(worst[Gaps.residents_without].max()), place=_first_place(worst, names),
        who=name_people(mine, language),
    )  # fmt: skip


def _choose_worst(total: pd.Series, standard: Standard) -> list[Kind]:
    """Choose the kinds that leave out the most people, in the order of the standard."""
    most = float(total.max())
    return [kind for kind in standard.kinds if total.get(kind.id, 0.0) >= most - _SAME_PEOPLE]


def _word_stand_in(covered: pd.DataFrame, language: Language) -> str:
    """Say where all residents stand in for the group of a kind; empty where nowhere."""
    say = _CHINESE if language == "zh" else _ENGLISH
    lived_in = covered[covered[CommunityCoverage.residents] > 0]
    instead = int(lived_in[CommunityCoverage.stand_in].sum())
    if instead == 0:
        return ""
    form = say["instead"] if instead == len(lived_in) else say["instead_some"]
    who = name_group(str(lived_in[CommunityCoverage.group].iloc[0]), language)
    return form.format(who=who, count=instead, all=len(lived_in))


def _join(*sentences: str, language: Language) -> str:
    """Put sentences behind each other, those that are empty left out."""
    return ("" if language == "zh" else " ").join(sentence for sentence in sentences if sentence)


def _name_weakest(checkup: pd.DataFrame, sentence: str, language: Language) -> str:
    """Name the communities that the map outlines, unless the sentence before names them all; empty when none."""
    say = _CHINESE if language == "zh" else _ENGLISH
    weakest = checkup[checkup[Checkup.weakest]].sort_values(Checkup.index)
    names = [clean_name(name) for name in weakest[Checkup.name]]
    if all(name in sentence for name in names):
        return ""
    named = [
        say["named"].format(place=name, index=write_index(float(index)))
        for name, index in zip(names, weakest[Checkup.index], strict=True)
    ]
    places = say["and"].join(named) if len(named) <= 2 else say["and_more"].format(
        first=say["comma"].join(named[:2]), count=len(named) - 2
    )  # fmt: skip
    return say["weakest_are"].format(places=places)


def _name_causes(causes: pd.DataFrame | None, kind: Kind, language: Language) -> str:
    """Say why residents are certainly without, the two causes of most of them; empty where it was not asked."""
    if causes is None:
        return ""
    say = _CHINESE if language == "zh" else _ENGLISH
    firm = causes[(causes[Causes.kind] == kind.id) & (causes[Causes.verdict] == GAP)]
    people = firm.groupby(Causes.cause)[Causes.residents].sum().round()
    most = people[people > 0].sort_values(ascending=False, kind="stable").head(2)
    words = _CAUSES[language]
    named = [say["one_cause"].format(cause=words[str(cause)], people=_whole(count)) for cause, count in most.items()]
    return say["why"].format(causes=say["comma"].join(named)) if named else ""


def _caveat(
    unsure: pd.DataFrame, covered: pd.DataFrame, standard: Standard, names: dict[str, str], language: Language
) -> str:
    """Say where a gap may only be a hole in the data."""
    say = _CHINESE if language == "zh" else _ENGLISH
    if len(unsure) == 0:
        return ""
    total = unsure.groupby(Gaps.kind)[Gaps.residents_without].sum()
    most = float(total.max())
    tied = _choose_worst(total, standard)
    who = name_people(covered[covered[CommunityCoverage.kind] == tied[0].id], language)
    worst = unsure[unsure[Gaps.kind] == tied[0].id]
    label = say["one_kind"].format(kind=_in_sentence(tied[0].label(language)))
    if len(total) > 1:
        label = say["and_others_of"].format(kind=_in_sentence(tied[0].label(language)), count=len(total) - 1)
    everywhere = worst[Gaps.community].nunique() == covered[CommunityCoverage.community].nunique()
    places = say["everywhere"] if everywhere else _places(worst, names, language)
    return say["caveat"].format(people=_whole(most), kind=label, places=places, limit=f"{tied[0].limit_min:g}", who=who)


def _by_community(gaps: pd.DataFrame) -> dict[str, float]:
    return dict(zip(gaps[Gaps.community], gaps[Gaps.residents_without].round(3), strict=True))


def _first_place(gaps: pd.DataFrame, names: dict[str, str]) -> str:
    position = int(gaps[Gaps.residents_without].to_numpy().argmax())
    return str(names[str(gaps[Gaps.community].iloc[position])])


def _places(gaps: pd.DataFrame, names: dict[str, str], language: Language) -> str:
    """Name up to two communities, those with the most residents first, and count the rest."""
    say = _CHINESE if language == "zh" else _ENGLISH
    by_people = gaps.sort_values([Gaps.residents_without, Gaps.community], ascending=[False, True])
    first = [str(names[community]) for community in by_people[Gaps.community]]
    if len(first) <= 2:
        return say["and"].join(first)
    return say["and_more"].format(first=say["comma"].join(first[:2]), count=len(first) - 2)


def _whole(people: float) -> str:
    return f"{people:,.0f}"


def _in_sentence(label: str) -> str:
    """Write a label in the middle of a sentence; an abbreviation keeps its capitals."""
    shown = clean_name(label)
    return shown if shown[1:2].isupper() else shown[:1].lower() + shown[1:]


_ENGLISH: Final[Mapping[str, str]] = {
    "nobody": "Nobody is known to live here, so there is nothing to score.",
    "blind": "Too little is mapped to judge: {blind} of {all} residents live in the {communities} of {of} communities "
    "without an index.",
    "gap": "{without} of {all} {who} ({share}) walk more than {limit} minutes to {kind}; {most} of them live in "
    "{place}.",
    "gap_one": "{without} of {all} {who} ({share}) walk more than {limit} minutes to {kind}, all of them in {place}.",
    "any_kind": "every one of the {kinds} kinds of place",
    "one_kind": "the nearest {kind}",
    "and_others": "the nearest {kind} (and to {count} more kinds)",
    "and_others_of": "the nearest {kind} and of up to {count} more kinds",
    "no_firm_gap": "No gap is certain: wherever residents seem to be without, the map may be incomplete.",
    "all_reached": "All {people} residents reach each of the {kinds} kinds of place{served} within {limit} minutes.",
    "known_reached": "All {people} residents whose walk is known reach each of the {kinds} kinds of place{served} "
    "within {limit} minutes.",
    "caveat": "Check on the ground: {people} {who} of {places} seem to be beyond {limit} minutes of {kind}, but "
    "the map may be incomplete there.",
    "everywhere": "all communities",
    "kind_gap": "{without} of {known} {who} ({share}) walk more than {limit} minutes to the nearest {kind}; {most} "
    "of them live in {place}.",
    "kind_gap_one": "{without} of {known} {who} ({share}) walk more than {limit} minutes to the nearest {kind}, "
    "all of them in {place}.",
    "kind_check": "Check on the ground: another {people} {who} of {places}, where the map may be incomplete.",
    "kind_check_alone": "Check on the ground: {people} {who} of {places} seem to be without, but the map may be "
    "incomplete there.",
    "kind_blind": "Whether {who} lack a {kind} within {limit} minutes cannot be told from this map.",
    "kind_no_firm_gap": "Wherever the data are firm, everyone walks at most {limit} minutes to the nearest {kind}.",
    "kind_reached": "All {people} {who} reach the nearest {kind} within {limit} minutes.",
    "nobody_served": "No {who} are known to live here, so nobody is left out.",
    "serving": " that serve them",
    "some_of_each": "people",
    "instead": "How many {who} there are is not known; all residents stand in for them.",
    "instead_some": "In {count} of {all} communities it is not known how many {who} there are; all residents stand in "
    "for them there.",
    "weakest_are": " Weakest by index: {places}.",
    "named": "{place} ({index})",
    "and": " and ",
    "comma": ", ",
    "and_more": "{first} and {count} more",
    "why": " Why: {causes}.",
    "one_cause": "{cause} ({people})",
}

_CHINESE: Final[Mapping[str, str]] = {
    "nobody": "没有居住人口，无法评分。",
    "blind": "地图数据太少，难以判断：{all} 名居民中有 {blind} 名住在没有指数的 {communities} 个社区（共 {of} 个）。",
    "gap": "{all} 名{who}中有 {without} 名（{share}）步行到{kind}超过 {limit} 分钟，其中 {most} 名住在{place}。",
    "gap_one": "{all} 名{who}中有 {without} 名（{share}）步行到{kind}超过 {limit} 分钟，全部住在{place}。",
    "any_kind": "全部 {kinds} 类设施",
    "one_kind": "最近的{kind}",
    "and_others": "最近的{kind}（以及另外 {count} 类设施）",
    "and_others_of": "最近的{kind}以及至多 {count} 类其他设施",
    "no_firm_gap": "没有可以确定的缺口：凡是看似有缺口的地方，地图都可能不完整。",
    "all_reached": "全部 {people} 名居民都能在 {limit} 分钟内步行到达全部 {kinds} 类{served}设施。",
    "known_reached": "步行情况已知的 {people} 名居民都能在 {limit} 分钟内到达全部 {kinds} 类{served}设施。",
    "caveat": "需实地核查：{places}的 {people} 名{who}到{kind}看似超过 {limit} 分钟，但当地地图可能不完整。",
    "everywhere": "各社区",
    "kind_gap": "{known} 名{who}中有 {without} 名（{share}）步行到最近的{kind}超过 {limit} 分钟，"
    "其中 {most} 名住在{place}。",
    "kind_gap_one": "{known} 名{who}中有 {without} 名（{share}）步行到最近的{kind}超过 {limit} 分钟，全部住在{place}。",
    "kind_check": "需实地核查：{places}另有 {people} 名{who}，当地地图可能不完整。",
    "kind_check_alone": "需实地核查：{places}的 {people} 名{who}看似不可达，但当地地图可能不完整。",
    "kind_blind": "仅凭这份地图无法判断{who} {limit} 分钟内是否缺少{kind}。",
    "kind_no_firm_gap": "凡数据可靠之处，{who}步行到最近的{kind}均不超过 {limit} 分钟。",
    "kind_reached": "全部 {people} 名{who}都能在 {limit} 分钟内步行到达最近的{kind}。",
    "nobody_served": "此处没有已知的{who}，因此无人缺少。",
    "serving": "适用",
    "some_of_each": "服务对象",
    "instead": "{who}人数未知，以全部居民代替。",
    "instead_some": "{all} 个社区中有 {count} 个的{who}人数未知，以全部居民代替。",
    "weakest_are": "指数最弱：{places}。",
    "named": "{place}（{index}）",
    "and": "、",
    "comma": "、",
    "and_more": "{first}和另外 {count} 个社区",
    "why": "原因：{causes}。",
    "one_cause": "{cause}（{people} 名）",
}

#: What can keep residents from a facility where the data are firm.
_CAUSES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        GATE: "closed gates",
        CLIMB: "slope or stairs",
        CROSSING: "waits at crossings",
        SEVERAL: "gates, slope and crossings together",
        BARRIER: "a barrier or a missing link",
        NONE_NEAR: "none within reach",
    },
    "zh": {
        GATE: "小区门禁",
        CLIMB: "坡度或台阶",
        CROSSING: "过街等候",
        SEVERAL: "门禁、坡度与过街等候叠加",
        BARRIER: "阻隔或道路不连通",
        NONE_NEAR: "附近没有设施",
    },
}
