"""Portrait: one page for each community that explains its numbers, reads on a phone and prints on A4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite, isinf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from walkcircle.analysis import Analysis
from walkcircle.groups import GROUPS
from walkcircle.standards import Kind
from walkcircle.study import SEARCH_FACTOR
from walkcircle.tables import Checkup
from walkcircle.views.captions import CAPTIONS, translate_word
from walkcircle.views.drawings import Ground, draw_radar, draw_strip
from walkcircle.views.findings import write_index, write_share
from walkcircle.views.names import clean_name
from walkcircle.views.palette import classify_value
from walkcircle.views.profiles import (
    LEAST_PERSON,
    NAMED,
    TYPE_BOUNDS,
    KindProfile,
    Need,
    Profile,
    Site,
    Walk,
    measure_profiles,
)
from walkcircle.views.sheets import (
    fill_template,
    name_files,
    round_minutes,
    show_count,
    show_name,
    show_number,
    show_points,
    show_share,
    write_count,
    write_page,
)
from walkcircle.views.text import Language, translate_reason

#: Where portraits lie beside the map.
FOLDER = "communities"

#: How many idle sites a portrait names; all are in the tables.
SITES_NAMED = 12


@dataclass(frozen=True, eq=False)
class Setting:
    """What all pages of one answer share.

    Attributes
    ----------
    answer, language
        What is told, and in which language.
    profiles
        One per community, in the order of the check-up.
    files
        Name of each community's page, by its id.
    """

    answer: Analysis
    language: Language
    profiles: Sequence[Profile]
    files: dict[str, str]

    def say(self, key: str, values: dict[str, object] | None = None) -> str:
        """Return a caption with its values filled in."""
        words = CAPTIONS[self.language][key]
        return words.format(**values) if values else words

    def name_kind(self, kind: Kind) -> str:
        """Return the label of a kind, which a planner's own standard may have written."""
        return clean_name(kind.label(self.language))

    @property
    def sources(self) -> dict[str, Any]:
        """What the foot of each page says of where the numbers come from."""
        study, place = self.answer.study, self.answer.place
        walkers = " / ".join(
            f"{clean_name(one.label(self.language))}, {one.speed_kmh:g} km/h"
            if self.language == "en"
            else f"{clean_name(one.label(self.language))}，{one.speed_kmh:g} 公里/时"
            for one in study.walkers
        )
        date = self.say("date", {"date": place.data_date}) if place.data_date else self.say("date_unknown")
        mapped = "© OpenStreetMap contributors, ODbL 1.0"
        return {
            "date": date,
            "lines": [clean_name(line, longest=300) for line in dict.fromkeys((*place.sources, mapped))],
            "method": self.say(
                "method",
                {"walkers": walkers, "standard": clean_name(study.standard.label(self.language), longest=200),
                 "people": clean_name(place.population_source, longest=200)},
            ),
            "made": self.say("made", {"version": f"walkcircle {version('walkcircle')}"}),
            "notes": [clean_name(note, longest=300) for note in place.notes],
        }  # fmt: skip


def make_setting(answer: Analysis, language: Language, profiles: Sequence[Profile] | None = None) -> Setting:
    """Gather what all pages of an answer share; profiles are worked out when not given."""
    found = measure_profiles(answer) if profiles is None else profiles
    return Setting(answer, language, found, name_files([str(one) for one in answer.checkup[Checkup.community]]))


def write_portraits(
    answer: Analysis,
    folder: str | Path,
    language: Language | None = None,
    report: Callable[[float], None] | None = None,
    *,
    profiles: Sequence[Profile] | None = None,
) -> dict[str, Path]:
    """Write one page per community into ``communities`` inside a folder.

    Each page is one file that needs no network and no script; its only links lead to ``../index.html``, the map, and
    ``../overview.html``. The same answer gives the same bytes.

    Parameters
    ----------
    answer
        What :func:`~walkcircle.analysis.analyse` gave.
    folder
        Where the map lies.
    language
        ``en`` or ``zh``; that of the study when None.
    report
        Called with the share of pages that is done.
    profiles
        What :func:`~walkcircle.views.profiles.measure_profiles` gave for the answer; worked out when None.

    Returns
    -------
    dict
        Path of each page by the community's id.

    Raises
    ------
    OutputError
        A page cannot be written.
    """
    setting = make_setting(answer, language or answer.study.outputs.language, profiles)
    ground, shared = Ground(answer), _share_numbers(setting)
    written = {}
    for position, profile in enumerate(setting.profiles):
        path = Path(folder) / FOLDER / setting.files[profile.community]
        write_page(path, fill_template("portrait.html", _tell(setting, ground, shared, position)))
        written[profile.community] = path
        if report is not None:
            report((position + 1) / len(setting.profiles))
    return written


@dataclass(frozen=True)
class _Shared:
    """Numbers of all communities that each page shows beside its own."""

    indices: list[float]
    means: dict[str, float]
    has_radius: bool
    has_norm: bool


def _share_numbers(setting: Setting) -> _Shared:
    """Work out the mean score of each category over residents, and which columns any page needs."""
    means = {}
    for category in setting.answer.study.standard.categories:
        scores = np.array([one.categories[category.id] for one in setting.profiles])
        people = np.array([one.residents for one in setting.profiles])
        known = ~np.isnan(scores) & (people > 0)
        means[category.id] = float(np.average(scores[known], weights=people[known])) if known.any() else nan
    kinds = setting.answer.study.standard.kinds
    return _Shared(
        indices=[one.standing.index for one in setting.profiles],
        means=means,
        has_radius=any(kind.limit_m is not None for kind in kinds),
        has_norm=any(one.stock is not None for profile in setting.profiles for one in profile.kinds),
    )


def _tell(setting: Setting, ground: Ground, shared: _Shared, position: int) -> dict[str, Any]:
    """Return everything that a portrait says, as text and markup."""
    profile, say, language = setting.profiles[position], setting.say, setting.language
    standard, shown = setting.answer.study.standard, profile.shown
    scores = [
        (clean_name(one.zh if language == "zh" else one.en), profile.categories[one.id], shared.means[one.id])
        for one in standard.categories
    ]
    told = ", ".join(f"{name} {'?' if isnan(score) else f'{score:.0f}'}" for name, score, _ in scores)
    own = profile.standing.index
    strip = say("strip_unknown") if isnan(own) else say("strip", {"index": write_index(own)})
    return {
        "say": CAPTIONS[language],
        "page_title": clean_name(profile.name) or clean_name(profile.community),
        "name": show_name(profile.name if profile.name.strip() else profile.community),
        "study": show_name(setting.answer.study.title),
        "places": [show_name(place) for place in (profile.subdistrict, profile.district) if place],
        "finding": _find(setting, profile),
        "mood": "gap" if profile.gaps else "met" if not _unsure(profile) else "check",
        "index": _tell_index(setting, profile),
        "strip": draw_strip(shared.indices, own, strip),
        "radar": draw_radar(scores, say("radar", {"scores": told})),
        "scores": [
            {"label": name, "value": show_number(f"category:{one.id}", score, "?" if isnan(score) else f"{score:.0f}")}
            for one, (name, score, _) in zip(standard.categories, scores, strict=True)
        ],
        "map": ground.draw_community(
            position, shown.kind.id, thin=shown.thin, label=say("map_name"), metres=say("metres")
        ),
        "map_title": say("map_title", {"kind": setting.name_kind(shown.kind), "limit": f"{shown.kind.limit_min:g}"}),
        "identity": _tell_identity(setting, profile),
        "groups": _tell_groups(setting, profile),
        "type_rule": say("type_rule", {name: write_share(bound) for name, bound in TYPE_BOUNDS.items()}),
        "completion": _tell_completion(setting, profile),
        "walking": _tell_streets(setting, profile),
        "measures": _tell_measures(setting, profile),
        "needs": None if profile.needs is None else [_tell_need(setting, need) for need in profile.needs],
        "idle": _tell_sites(setting, profile),
        "peers": [_tell_peer(setting.profiles[other]) for other in profile.peers],
        "walkers": [clean_name(one.label(language)) for one in setting.answer.study.walkers],
        "tables": _tell_kinds(setting, profile),
        "has_radius": shared.has_radius,
        "has_norm": shared.has_norm,
        "kinds_note": say("kinds_note", {"radius": say("radius_note") if shared.has_radius else ""}),
        "sources": setting.sources,
    }


def _find(setting: Setting, profile: Profile) -> str:
    """Say the one thing about a community."""
    say = setting.say
    count = len(profile.kinds)
    if profile.residents < 1:
        return say("nobody")
    if profile.gaps:
        most = profile.gaps[0]
        everybody = write_count(most.without) == write_count(profile.residents)
        first = say(
            "finding_all" if everybody else "finding_gap",
            {"without": write_count(most.without), "all": write_count(profile.residents),
             "limit": f"{most.kind.limit_min:g}", "kind": _in_sentence(setting.name_kind(most.kind))},
        )  # fmt: skip
        gaps = len(profile.gaps)
        more = (
            say("finding_one", {"kinds": count}) if gaps == 1 else say("finding_more", {"count": gaps, "kinds": count})
        )
        return first + more
    if isnan(profile.standing.index):
        return say("finding_blind", {"firm": profile.standing.firm_kinds, "kinds": count})
    unsure = _unsure(profile)
    if unsure:
        return say(
            "finding_check",
            {"unsure": write_count(unsure[0].unsure), "kind": _in_sentence(setting.name_kind(unsure[0].kind))},
        )
    return say("finding_met", {"kinds": count})


def _unsure(profile: Profile) -> list[KindProfile]:
    """List the kinds whose gap is to be checked, most residents first."""
    return sorted((one for one in profile.kinds if one.unsure >= LEAST_PERSON), key=lambda one: -one.unsure)


def _tell_index(setting: Setting, profile: Profile) -> dict[str, Any]:
    """Tell index, rank, confidence, and what is known of how firm they are."""
    standing, say, kinds = profile.standing, setting.say, len(profile.kinds)
    lines: list[str | Markup] = []
    if not isnan(standing.rank):
        ranked = show_number("ranked", standing.ranked, str(standing.ranked))
        lines.append(_fill(say("rank"), {"rank": show_count("rank", standing.rank), "ranked": ranked}))
    elif isnan(standing.index):
        lines.append(say("index_unknown", {"firm": standing.firm_kinds, "kinds": kinds}))
    else:
        lines.append(say("unranked"))
    for key, value, text in (
        ("percentile", standing.percentile, f"{standing.percentile:.0f}"),
        ("probability", standing.probability, "" if isnan(standing.probability) else write_share(standing.probability)),
    ):
        if not isnan(value):
            lines.append(_fill(say(key), {key: show_number(key, value, text)}))
    if not isnan(standing.rank_low):
        low, high = show_count("rank_low", standing.rank_low), show_count("rank_high", standing.rank_high)
        lines.append(_fill(say("rank_range"), {"low": low, "high": high}))
    lines.append(
        _fill(say("grade"), {"grade": Markup('<b data-of="grade">{}</b>').format(standing.grade), "kinds": kinds,
                             "firm": show_number("firm_kinds", standing.firm_kinds, str(standing.firm_kinds))})
    )  # fmt: skip
    text = "?" if isnan(standing.index) else write_index(standing.index)
    return {
        "value": show_number("index", standing.index, text),
        "band": classify_value(standing.index),
        "weakest": standing.weakest,
        "lines": lines,
    }


def _tell_identity(setting: Setting, profile: Profile) -> list[tuple[str, Markup | str]]:
    """Tell what is known of the community itself; what is not known is said so."""
    say, unknown = setting.say, setting.say("unknown")
    rows: list[tuple[str, Markup | str]] = [
        (say("residents"), show_count("residents", profile.residents)),
        (say("density"), _join(show_count("density", profile.density, unknown), say("per_km2"))),
        (say("area"), show_number("area_km2", profile.area_km2, f"{profile.area_km2:.2f}\N{NO-BREAK SPACE}km²")),
        (say("households"), show_count("households", profile.households, unknown)),
        (say("gated"), show_share("gated", profile.gated, unknown)),
        (say("estates"), show_count("estates", profile.estates)),
        (say("private"), show_share("private", profile.streets.private, unknown)),
    ]
    if not isnan(profile.official):
        rows.insert(1, (say("official"), show_count("official", profile.official)))
    return rows


def _tell_groups(setting: Setting, profile: Profile) -> dict[str, Any]:
    """Tell the people of each group, and what type of community they make."""
    say, rows = setting.say, []
    known = any(not isnan(people) for people in profile.groups.values())
    for group in GROUPS if known else ():
        people = profile.groups[group]
        if isnan(people):
            rows.append(
                (say(group), Markup('<span data-of="group:{}" data-value="">{}</span>').format(group, say("unknown")))
            )
            continue
        told = show_count(f"group:{group}", people)
        if profile.unknown[group] >= LEAST_PERSON:
            told = _fill(say("group_partly"), {"people": told})
        elif profile.residents >= 1:
            told = _join(told, write_share(min(people / profile.residents, 1.0)))
        rows.append((say(group), told))
    return {
        "rows": rows,
        "known": known,
        "type": say("unknown") if profile.type is None else say(f"type_{profile.type}"),
    }


def _tell_completion(setting: Setting, profile: Profile) -> dict[str, Any] | None:
    """Tell how many kinds residents have within reach."""
    one, say = profile.completion, setting.say
    if one is None or isnan(one.within):
        return None
    within = show_number("within", one.within, f"{one.within:.0f}" if isfinite(one.within) else "0")
    return {
        "rows": [
            (say("within"), _fill(say("within_of"), {"within": within, "kinds": one.kinds})),
            (say("complete", {"kinds": one.kinds}), show_share("complete", one.share)),
            (say("one_short"), show_count("one_short", one.one_short)),
        ],
        "at_least": one.at_least,
    }


def _tell_streets(setting: Setting, profile: Profile) -> list[tuple[str, Markup]]:
    """Tell what walking is like."""
    say, streets, unknown = setting.say, profile.streets, setting.say("unknown")
    detour = unknown if isnan(streets.detour) else f"{streets.detour:.2f}"
    return [
        (say("detour"), show_number("detour", streets.detour, detour)),
        (say("junctions"), _join(show_count("junctions", streets.crossings_per_km2, unknown), say("per_km2_things"))),
        (say("steps"), show_share("steps", streets.steps, unknown)),
    ]


def _tell_measures(setting: Setting, profile: Profile) -> dict[str, Any]:
    """Name the kinds that are missing for most residents; where none is certain, those to look for first."""

    def tell(one: KindProfile, people: float) -> Markup:
        return _fill(
            setting.say("measure"),
            {"kind": Markup("<b>{}</b>").format(setting.name_kind(one.kind)), "limit": f"{one.kind.limit_min:g}",
             "without": show_count(f"measure:{one.kind.id}", people)},
        )  # fmt: skip

    firm = [tell(one, one.without) for one in profile.gaps[:NAMED]]
    unsure = [tell(one, one.unsure) for one in _unsure(profile)[:NAMED]]
    return {"firm": firm, "unsure": [] if firm else unsure}


def _tell_need(setting: Setting, need: Need) -> Markup:
    told = _fill(
        setting.say("need"),
        {"kind": Markup("<b>{}</b>").format(setting.name_kind(need.kind)),
         "asked": show_share(f"asked:{need.kind.id}", need.asked)},
    )  # fmt: skip
    quadrant = "" if need.quadrant is None else translate_word(need.quadrant, setting.language)
    more = " · ".join(filter(None, (quadrant, "" if need.firm else setting.say("check"))))
    return _join(told, more) if more else told


def _tell_sites(setting: Setting, profile: Profile) -> dict[str, Any] | None:
    """Tell what idle land and rooms there are, or nothing where no list was given."""
    if profile.sites is None:
        return None
    shown = [_tell_site(setting, site, number) for number, site in enumerate(profile.sites[:SITES_NAMED], 1)]
    left = len(profile.sites) - len(shown)
    return {"rows": shown, "more": setting.say("idle_more", {"count": left}) if left else ""}


def _tell_site(setting: Setting, site: Site, number: int) -> dict[str, Any]:
    """Make one row of the table of idle space; numbered, since an id may be anything."""
    say, unknown = setting.say, setting.say("unknown")
    if site.kinds is None:
        kinds = unknown
    else:
        labels = [clean_name(one) if isinstance(one, str) else setting.name_kind(one) for one in site.kinds]
        kinds = say("listed").join(labels) or say("idle_any")
    year = unknown if isnan(site.from_year) else f"{site.from_year:.0f}"
    return {
        "name": show_name(site.name),
        "kinds": kinds,
        "known": site.kinds is not None,
        "area": show_count(f"idle_area:{number}", site.area_m2, unknown),
        "floor": show_count(f"idle_floor:{number}", site.floor_m2, unknown),
        "year": show_number(f"idle_year:{number}", site.from_year, year),
    }


def _tell_peer(peer: Profile) -> dict[str, Any]:
    text = "?" if isnan(peer.standing.index) else write_index(peer.standing.index)
    return {"name": show_name(peer.name or peer.community),
            "index": show_number(f"peer:{peer.community}", peer.standing.index, text)}  # fmt: skip


def _tell_kinds(setting: Setting, profile: Profile) -> list[dict[str, Any]]:
    """Make the table of kinds, category by category."""
    tables = []
    for category in setting.answer.study.standard.categories:
        rows = [_tell_kind(setting, one) for one in profile.kinds if one.kind.category == category.id]
        if rows:
            label = clean_name(category.zh if setting.language == "zh" else category.en)
            score = profile.categories[category.id]
            text = "?" if isnan(score) else f"{score:.0f}"
            tables.append({"label": label, "rows": rows, "score": text, "alone": len(rows) == 1})
    return tables


def _tell_kind(setting: Setting, one: KindProfile) -> dict[str, Any]:
    """Make one row of the table of kinds."""
    say, kind = setting.say, one.kind
    known = not isnan(one.share)
    mood = "gap" if one.without >= LEAST_PERSON else "check" if not one.firm or one.unsure >= LEAST_PERSON else "met"
    first = one.walks[0]
    place = None if first.facility is None else show_name(first.name) if first.name else say("unnamed")
    return {
        "id": kind.id,
        "mood": mood if known else "none",
        "label": setting.name_kind(kind),
        "group": "" if one.group == "all" else say(one.group),
        "stand_in": one.stand_in,
        "limit": f"{kind.limit_min:g}",
        "limit_m": "" if kind.limit_m is None else f"{kind.limit_m:g}\N{NO-BREAK SPACE}m",
        "place": place,
        "walks": [_tell_walk(setting, kind, walk) for walk in one.walks],
        "share": show_share("share", one.share),
        "radius": show_share("radius", one.radius) if kind.limit_m is not None else None,
        "gap": show_points("radius_gap", one.radius_gap),
        "count": show_count("count", one.count),
        "stock": _tell_stock(setting, one),
        "without": show_count("without", one.without) if one.without > 0 or not one.unsure else None,
        "unsure": show_count("unsure", one.unsure) if one.unsure > 0 else None,
        "firm": say("firm") if one.firm else say("check"),
        "why": _tell_why(setting, one),
    }


def _tell_walk(setting: Setting, kind: Kind, walk: Walk) -> dict[str, Any]:
    """Tell one walker's walk to the nearest facility of a kind."""
    longest = SEARCH_FACTOR * max(one.limit_min for one in setting.answer.study.standard.kinds)
    if isnan(walk.minutes):
        text = "–"
    elif isinf(walk.minutes):
        text = setting.say("beyond", {"minutes": f"{longest:g}"})
    else:
        text = f"{round_minutes(walk.minutes)}"
    late = not isnan(walk.minutes) and round_minutes(min(walk.minutes, 1e6)) > kind.limit_min
    return {"number": show_number(f"minutes:{walk.walker}", walk.minutes, text), "late": late}


def _tell_stock(setting: Setting, one: KindProfile) -> Markup | str | None:
    """Tell what is there against the norm; where the map is thin it is at least that."""
    stock = one.stock
    if stock is None:
        return None
    if isnan(stock.adequacy):
        return setting.say("unknown")
    told = show_share("adequacy", stock.adequacy)
    if stock.shortfall > 0:
        short = show_number("shortfall", stock.shortfall, write_count(stock.shortfall))
        unit = translate_word(clean_name(one.kind.norm_unit), setting.language)
        lacking = _fill(setting.say("short"), {"short": short, "unit": unit})
        return Markup("{}{} <small>{}</small>").format(told, "" if one.firm else "?", lacking)
    return told if one.firm else Markup("{}?").format(told)


def _tell_why(setting: Setting, one: KindProfile) -> str:
    """Say why residents are without, and why that is not certain."""
    cause = translate_word(one.cause, setting.language) if one.cause else ""
    reason = translate_reason(one.reason, setting.language) if one.reason else ""
    return "; ".join(clean_name(text, longest=160) for text in (cause, reason) if text)


def _fill(words: str, values: dict[str, object]) -> Markup:
    """Fill our own words with values; what is not markup yet is escaped."""
    return Markup(words).format(**values)  # noqa: S704 - captions are our own text, and format escapes the rest


def _join(told: Markup, text: str) -> Markup:
    return Markup("{} <small>{}</small>").format(told, text)


def _in_sentence(label: str) -> str:
    """Write a label in the middle of a sentence; an abbreviation keeps its capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
