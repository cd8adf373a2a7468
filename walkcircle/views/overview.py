"""Overview: the whole study, and each district, on a page: ranking, coverage, fairness, and where to look again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from walkcircle.analysis import Analysis
from walkcircle.equity import measure_equity
from walkcircle.gaps import GAP
from walkcircle.standards import Kind
from walkcircle.tables import (
    Checkup,
    CircleGaps,
    CircleSizes,
    CommunityCoverage,
    Coverage,
    Equity,
    Gaps,
    RadiusGap,
    SchoolRoutes,
)
from walkcircle.views.captions import CAPTIONS
from walkcircle.views.drawings import draw_choropleth, draw_histogram, draw_strip
from walkcircle.views.findings import describe_index, write_index
from walkcircle.views.legend import build_legend
from walkcircle.views.names import clean_name
from walkcircle.views.palette import classify_value
from walkcircle.views.portrait import FOLDER, Setting, make_setting
from walkcircle.views.profiles import LEAST_PERSON, Profile, compare_shares
from walkcircle.views.sheets import (
    fill_template,
    name_files,
    show_count,
    show_name,
    show_number,
    show_points,
    show_share,
    write_count,
    write_page,
)
from walkcircle.views.text import Language, translate_reason

#: Name of the page of the whole study, and the folder of those of its districts.
PAGE, DISTRICTS = "overview.html", "districts"

#: So many communities to check are listed; the table of gaps has all.
LONGEST_LIST = 60


@dataclass(frozen=True, eq=False)
class _Area:
    """What a page is about: its name, its communities, and the way from it back to the map."""

    name: str
    profiles: Sequence[Profile]
    checkup: pd.DataFrame
    covered: pd.DataFrame
    gaps: pd.DataFrame
    coverage: pd.DataFrame
    radius: pd.DataFrame
    up: str


def write_overviews(
    answer: Analysis,
    folder: str | Path,
    language: Language | None = None,
    report: Callable[[float], None] | None = None,
    *,
    profiles: Sequence[Profile] | None = None,
) -> dict[str, Path]:
    """Write ``overview.html`` for the whole study and, where communities have districts, one page for each.

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
        Path of each page: that of the whole study under an empty text, the others by their district.

    Raises
    ------
    OutputError
        A page cannot be written.
    """
    setting = make_setting(answer, language or answer.study.outputs.language, profiles)
    districts = sorted({one.district for one in setting.profiles if one.district})
    files = name_files(districts)
    radius = compare_shares(answer)
    links = [
        {"name": show_name(name), "file": f"{DISTRICTS}/{files[name]}",
         "people": show_count("district", sum(one.residents for one in setting.profiles if one.district == name))}
        for name in districts
    ]  # fmt: skip
    written = {}
    for number, district in enumerate(["", *districts]):
        area = _choose_area(setting, district, radius)
        path = Path(folder) / (f"{DISTRICTS}/{files[district]}" if district else PAGE)
        write_page(path, fill_template("overview.html", _tell(setting, area, [] if district else links)))
        written[district] = path
        if report is not None:
            report((number + 1) / (len(districts) + 1))
    return written


def _choose_area(setting: Setting, district: str, radius: pd.DataFrame) -> _Area:
    """Take the rows of a district from every table, of the first walker where only one is shown; all without one."""
    answer, walker = setting.answer, setting.answer.study.walkers[0].name
    profiles = [one for one in setting.profiles if not district or one.district == district]
    ids = {one.community for one in profiles}

    def choose(table: pd.DataFrame, column: str, of_walker: str | None) -> pd.DataFrame:
        mine = table if of_walker is None else table[table[of_walker] == walker]
        return mine[mine[column].isin(ids)]

    return _Area(
        name=district or setting.answer.study.title,
        profiles=profiles,
        checkup=choose(answer.checkup, Checkup.community, None),
        covered=choose(answer.communities, CommunityCoverage.community, CommunityCoverage.walker),
        gaps=choose(answer.gaps, Gaps.community, Gaps.walker),
        coverage=choose(answer.coverage, Coverage.community, Coverage.walker),
        radius=choose(radius, RadiusGap.community, None),
        up="../" if district else "",
    )


def _tell(setting: Setting, area: _Area, districts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything that an overview says, as text and markup."""
    say, language, standard = setting.say, setting.language, setting.answer.study.standard
    indices = [one.standing.index for one in area.profiles]
    counts = np.histogram([index for index in indices if not isnan(index)], bins=np.arange(0, 101, 10))[0].tolist()
    bars = ", ".join(say("bar", {"low": 10 * i, "high": 10 * i + 10, "count": count}) for i, count in enumerate(counts))
    finding = describe_index(area.covered, area.gaps, area.checkup, standard, language)
    mean = _average(indices, [one.residents for one in area.profiles])
    strip = say("strip_unknown") if isnan(mean) else say("strip_mean", {"index": write_index(mean)})
    return {
        "say": CAPTIONS[language],
        "up": area.up,
        "page_title": f"{clean_name(area.name)} · {say('overview')}",
        "name": show_name(area.name),
        "finding": clean_name(finding.sentence, longest=1500),
        "caveat": clean_name(finding.caveat, longest=1500),
        "mood": finding.mood,
        "headlines": _tell_headlines(setting, area, mean),
        "choropleth": draw_choropleth(area.checkup, say("choropleth"), say("metres")),
        "legend": build_legend(language),
        "histogram": draw_histogram(counts, say("histogram", {"bars": bars})),
        "strip": draw_strip(indices, mean, strip),
        "ranking": _rank(setting, area),
        "coverage": _tell_coverage(setting, area),
        "lead": _tell_lead(setting, area),
        "circles": _tell_circles(setting, area),
        "schools": _tell_schools(setting, area),
        "equity": _tell_equity(setting, area),
        "thin": _tell_thin(setting, area),
        "checks": _tell_checks(setting, area),
        "districts": districts,
        "has_radius": len(area.radius) > 0,
        "sources": setting.sources,
    }  # fmt: skip


def _tell_headlines(setting: Setting, area: _Area, mean: float) -> list[dict[str, Any]]:
    """Tell the numbers that a page begins with."""
    say, profiles = setting.say, area.profiles
    done = [one.completion for one in profiles if one.completion is not None]
    known = sum(one.known for one in done)
    share = sum(one.complete for one in done) / known if known > 0 else nan
    weakest = sum(one.residents for one in profiles if one.standing.weakest)
    rows = [
        (
            show_count("residents", sum(one.residents for one in profiles)),
            say("people_in", {"communities": len(profiles)}),
        ),
        (show_number("mean_index", mean, say("unknown") if isnan(mean) else write_index(mean)), say("mean_index")),
        (show_count("weakest_people", weakest), say("weakest_people")),
    ]
    if done:
        rows.append((show_share("complete", share, say("unknown")), say("complete_people", {"kinds": done[0].kinds})))
    return [{"number": number, "text": text} for number, text in rows]


def _rank(setting: Setting, area: _Area) -> list[dict[str, Any]]:
    """List the communities, the weakest first, then those without a rank, and last those without people."""

    def order(one: Profile) -> tuple[int, float, str]:
        group = 0 if not isnan(one.standing.rank) else 1 if one.residents >= 1 else 2
        return group, -one.standing.rank if group == 0 else -one.residents, one.community

    rows = []
    for one in sorted(area.profiles, key=order):
        standing, gaps = one.standing, one.gaps
        index = "–" if isnan(standing.index) else write_index(standing.index)
        rank = "–" if isnan(standing.rank) else f"{standing.rank:.0f}"
        biggest = None
        if gaps:
            people = show_count("biggest", gaps[0].without)
            biggest = Markup("{} <b>{}</b>").format(setting.name_kind(gaps[0].kind), people)
        rows.append(
            {
                "id": one.community,
                "name": show_name(one.name if one.name.strip() else one.community),
                "file": f"{area.up}{FOLDER}/{setting.files[one.community]}",
                "people": show_count("residents", one.residents),
                "index": show_number("index", standing.index, index),
                "rank": show_number("rank", standing.rank, rank),
                "band": classify_value(standing.index),
                "width": 0 if isnan(standing.index) else round(standing.index, 1),
                "grade": standing.grade,
                "weakest": standing.weakest,
                "biggest": biggest,
            }
        )
    return rows


def _tell_coverage(setting: Setting, area: _Area) -> list[dict[str, Any]]:
    """Tell the coverage of each kind over all communities, on foot and by radius."""
    rows = []
    for number, kind in enumerate(setting.answer.study.standard.kinds, 1):
        mine = area.covered[area.covered[CommunityCoverage.kind] == kind.id]
        known = float((mine[CommunityCoverage.population] - mine[CommunityCoverage.unknown]).sum())
        share = float(mine[CommunityCoverage.covered].sum()) / known if known > 0 else nan
        wide, walked = _compare(area.radius[area.radius[RadiusGap.kind] == kind.id])
        gaps = area.gaps[area.gaps[Gaps.kind] == kind.id]
        is_gap = gaps[Gaps.verdict] == GAP
        gap = wide - walked
        rows.append(
            {
                "id": kind.id,
                "number": number,
                "label": setting.name_kind(kind),
                "limit": f"{kind.limit_min:g}",
                "share": show_share("share", share),
                "band": classify_value(100 * share),
                "width": 0 if isnan(share) else round(100 * share, 1),
                "radius": show_share("radius", wide),
                "gap": show_points("radius_gap", gap),
                "has_gap": bool(is_gap.any()),
                "without": show_count("without", float(gaps[Gaps.residents_without][is_gap].sum())),
                "unsure": show_count("unsure", float(gaps[Gaps.residents_without][~is_gap].sum())),
            }
        )
    return rows


def _compare(rows: pd.DataFrame) -> tuple[float, float]:
    """Return shares of people within the radius and within the walk, over some communities."""
    people = rows[RadiusGap.population].to_numpy(dtype=float)
    shares = [
        rows[column].fillna(0.0).to_numpy(dtype=float) for column in (RadiusGap.share_radius, RadiusGap.share_walked)
    ]
    whole = people.sum()
    return (float(people @ shares[0] / whole), float(people @ shares[1] / whole)) if whole > 0 else (nan, nan)


def _tell_lead(setting: Setting, area: _Area) -> Markup | None:
    """Say how much of coverage is a matter of measuring: the mean over the kinds that have a radius."""
    if len(area.radius) == 0:
        return None
    pairs = np.array([_compare(rows) for _, rows in area.radius.groupby(RadiusGap.kind)])
    if np.isnan(pairs).any():
        return None
    radius, walked = pairs.mean(axis=0).tolist()
    return Markup(setting.say("coverage_lead")).format(  # noqa: S704 - a caption of our own, filled with numbers
        kinds=len(pairs), radius=show_share("lead_radius", radius), walked=show_share("lead_walked", walked),
        gap=show_points("lead_gap", radius - walked),
    )  # fmt: skip


def _tell_circles(setting: Setting, area: _Area) -> list[dict[str, Any]]:
    """Tell how many living circles there are, beside their rules; only of the whole study, whose borders they cross."""
    made = setting.answer.circles
    if made is None or area.up:
        return []
    rows = []
    for row in made.sizes.to_dict("records"):
        count = row[CircleSizes.circles]
        off = row[CircleSizes.too_small] + row[CircleSizes.too_large]
        mean = row[CircleSizes.population] / count if count else nan
        lacking = made.gaps[
            made.gaps[CircleGaps.lacking] & (made.gaps[CircleGaps.tier_min] == row[CircleSizes.tier_min])
        ]
        rows.append(
            {
                "minutes": f"{row[CircleSizes.tier_min]:g}",
                "circles": show_count("circles", count),
                "mean": show_count("circle_mean", mean),
                "band": f"{write_count(row[CircleSizes.least])}–{write_count(row[CircleSizes.most])}",
                "in_band": show_count("in_band", count - off),
                "broken": show_count("broken", row[CircleSizes.broken]),
                "lacking": show_count("lacking", lacking[CircleGaps.circle].nunique()),
            }
        )
    return rows


def _tell_schools(setting: Setting, area: _Area) -> list[dict[str, Any]]:
    """Tell who has a safe way to school, at least and at most; only of the whole study, as pupils cross borders."""
    made = setting.answer.schools
    if made is None or area.up:
        return []
    rows = []
    for kind in setting.answer.study.standard.kinds:
        mine = made.routes[made.routes[SchoolRoutes.kind] == kind.id]
        pupils = float(mine[SchoolRoutes.pupils].sum())
        if pupils < LEAST_PERSON:
            continue
        low, high = (
            min(float(mine[column].sum()) / pupils, 1.0)
            for column in (SchoolRoutes.safe_if_unprotected, SchoolRoutes.safe_if_protected)
        )
        rows.append(
            {
                "id": kind.id,
                "label": kind.label(setting.language),
                "schools": show_count("schools", len(mine)),
                "pupils": show_count("pupils", pupils),
                "low": show_share("safe_low", low),
                "high": show_share("safe_high", high),
            }
        )
    return rows


def _tell_equity(setting: Setting, area: _Area) -> list[dict[str, Any]]:
    """Tell how evenly the walks to each kind are spread over people."""
    return [_tell_spread(setting, area, kind) for kind in setting.answer.study.standard.kinds]


def _tell_spread(setting: Setting, area: _Area, kind: Kind) -> dict[str, Any]:
    mine = area.coverage[area.coverage[Coverage.kind] == kind.id].set_index(Coverage.cluster)
    row = measure_equity(mine[Coverage.minutes].astype(float), mine[Coverage.population].astype(float)).iloc[0]
    columns = (Equity.mean, Equity.gini, Equity.ede, Equity.p90_p10, Equity.unknown_share)
    value = {str(column): float(row[column]) for column in columns}

    def show(column: str, form: str) -> Markup:
        return show_number(column, value[column], "–" if isnan(value[column]) else format(value[column], form))

    return {
        "id": kind.id,
        "label": setting.name_kind(kind),
        "mean": show(Equity.mean, ".1f"),
        "ede": show(Equity.ede, ".1f"),
        "gini": show(Equity.gini, ".2f"),
        "p90_p10": show(Equity.p90_p10, ".1f"),
        "no_walk": show_share(str(Equity.unknown_share), value[str(Equity.unknown_share)]),
    }


def _tell_thin(setting: Setting, area: _Area) -> dict[str, Any]:
    """Tell where the data are thin: a row per community that has a kind to check."""
    rows = [
        {
            "id": one.community,
            "name": show_name(one.name if one.name.strip() else one.community),
            "firm": one.standing.firm_kinds,
            "marks": [kind.firm for kind in one.kinds],
        }
        for one in area.profiles
        if one.residents > 0 and not all(kind.firm for kind in one.kinds)
    ]
    kinds = [
        {"number": number, "label": setting.name_kind(kind)}
        for number, kind in enumerate(setting.answer.study.standard.kinds, 1)
    ]
    return {"rows": rows, "kinds": kinds}


def _tell_checks(setting: Setting, area: _Area) -> dict[str, Any]:
    """List the communities with residents who seem to be without, where the data do not let us say so."""
    found = [one for one in area.profiles if any(kind.unsure >= LEAST_PERSON for kind in one.kinds)]
    found.sort(key=lambda one: (-max(kind.unsure for kind in one.kinds), one.community))
    rows = []
    for one in found[:LONGEST_LIST]:
        unsure = sorted((kind for kind in one.kinds if kind.unsure >= LEAST_PERSON), key=lambda kind: -kind.unsure)
        reasons = dict.fromkeys(translate_reason(kind.reason, setting.language) for kind in unsure if kind.reason)
        rows.append(
            {
                "id": one.community,
                "name": show_name(one.name if one.name.strip() else one.community),
                "file": f"{area.up}{FOLDER}/{setting.files[one.community]}",
                "kinds": [
                    {
                        "label": setting.name_kind(kind.kind),
                        "people": show_count(f"unsure:{kind.kind.id}", kind.unsure),
                    }
                    for kind in unsure
                ],
                "reasons": [clean_name(reason, longest=160) for reason in reasons],
            }
        )
    more = len(found) - len(rows)
    return {"rows": rows, "more": setting.say("checks_more", {"count": write_count(more)}) if more else ""}


def _average(values: Sequence[float], people: Sequence[float]) -> float:
    """Return the mean of what is known, weighted by people; missing where nothing is."""
    known = [(value, count) for value, count in zip(values, people, strict=True) if not isnan(value) and count > 0]
    return float(np.average([v for v, _ in known], weights=[c for _, c in known])) if known else nan
