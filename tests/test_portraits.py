"""Portraits and overviews: every number is the table's, every name is harmless, unknown is never shown as zero."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import replace
from html.parser import HTMLParser
from math import exp, inf, isnan, log, nan

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    draw_network,
    grid_paths,
    make_communities,
    make_estates,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from hypothesis import given
from hypothesis import strategies as st

import walkcircle as wc
from walkcircle.candidates import find_candidates
from walkcircle.tables import Checkup, Communities, Facilities
from walkcircle.views.captions import CHINESE, ENGLISH, translate_word
from walkcircle.views.files import write_outputs
from walkcircle.views.findings import write_index, write_share
from walkcircle.views.names import clean_name
from walkcircle.views.overview import write_overviews
from walkcircle.views.portrait import write_portraits
from walkcircle.views.profiles import choose_type, find_middle, find_peers, measure_profiles
from walkcircle.views.profiles.streets import find_junctions
from walkcircle.views.sheets import name_files

VOID = {"meta", "link", "br", "img", "input"}


class Sheet(HTMLParser):
    """A page read back: its numbers with where they stand, its links, its tags, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.numbers: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.feed(html)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        self.handlers += [name for name in attributes if name.startswith("on")]
        if tag == "a":
            self.links.append(attributes["href"])
        if tag not in VOID:
            self.open.append((tag, attributes))
        if "data-value" in attributes:
            value = float(attributes["data-value"]) if attributes["data-value"] else nan
            self.numbers[self.row(), attributes["data-of"]].append([value, ""])
            self.open[-1][1]["number"] = self.numbers[self.row(), attributes["data-of"]][-1]

    def handle_startendtag(self, tag, attrs):  # noqa: ARG002 - the parser calls it so
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open[-1][0] == tag, (tag, self.open[-1])
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1][0] in {"style", "script"}:
            return
        self.text.append(data)
        self.rows[self.row()].append(data)
        for _, attributes in self.open:
            if "number" in attributes:
                attributes["number"][1] += data

    def row(self) -> str:
        """Return the section and row that is being read."""
        section = next((a["id"] for t, a in reversed(self.open) if t == "section" and "id" in a), "")
        row = next(
            (a.get("data-kind") or a.get("data-community") for _, a in reversed(self.open)
             if "data-kind" in a or "data-community" in a), ""
        )  # fmt: skip
        return f"{section}/{row}" if section else row

    def number(self, of: str, row: str = "") -> float:
        """Return the one value of a name in a row."""
        found = self.numbers[row, of]
        assert len(found) == 1, (row, of, found)
        return found[0][0]

    def shown(self, of: str, row: str = "") -> str:
        """Return the text of the one value of a name in a row."""
        found = self.numbers[row, of]
        assert len(found) == 1, (row, of, found)
        return found[0][1]


@pytest.fixture(scope="module")
def pages(analyses, tmp_path_factory):
    """Return the portraits and the overview of Monaco and the made-up town, in both languages."""
    found = {}
    for town in ("monaco", "town"):
        profiles = measure_profiles(analyses[town])
        for language in ("en", "zh"):
            folder = tmp_path_factory.mktemp(f"{town}-{language}")
            portraits = write_portraits(analyses[town], folder, language, profiles=profiles)
            overviews = write_overviews(analyses[town], folder, language, profiles=profiles)
            found[town, language] = (
                {community: read(path) for community, path in portraits.items()},
                read(overviews[""]),
                folder,
            )
    return found


def read(path) -> Sheet:
    return Sheet(path.read_text(encoding="utf-8"))


BOTH = pytest.mark.parametrize("language", ["en", "zh"])
TOWNS = pytest.mark.parametrize("name", ["monaco", "town"])


def same(one: float, other: float) -> bool:
    return (isnan(one) and isnan(other)) or one == pytest.approx(other, rel=1e-12, abs=1e-9)


# ── every number is the table's ─────────────────────────────────────────────────────────────────


@TOWNS
@BOTH
def test_the_check_up_on_a_portrait_is_that_of_the_table(pages, analyses, name, language):
    sheets, _, _ = pages[name, language]
    checkup = analyses[name].checkup
    assert list(sheets) == checkup["community"].tolist()
    for row in checkup.itertuples():
        sheet = sheets[row.community]
        assert same(sheet.number("residents"), row.population)
        assert same(sheet.number("index"), row.index)
        assert sheet.number("firm_kinds") == row.firm_kinds
        assert same(sheet.number("area_km2"), row.geometry.area / 1e6)
        assert same(sheet.number("density"), row.population / (row.geometry.area / 1e6))
        if not isnan(row.index):
            assert sheet.shown("index") == write_index(row.index)
            # the index is the mean of the categories that are known
            scores = [sheet.number(f"category:{c.id}") for c in analyses[name].study.standard.categories]
            assert np.nanmean(scores) == pytest.approx(row.index, abs=1e-6)
        if not pd.isna(row.rank):
            assert sheet.number("rank") == row.rank
            assert sheet.number("ranked") == checkup["rank"].notna().sum()
        # a badge of its own, beside the words of how probable it is
        assert (
            ("weakest tenth" if language == "en" else "最弱一成") in [text.strip() for text in sheet.text]
        ) == row.weakest


@TOWNS
@BOTH
def test_every_row_of_the_table_of_kinds_is_that_of_the_tables(pages, analyses, name, language):
    sheets, _, _ = pages[name, language]
    answer = analyses[name]
    walker = answer.study.walkers[0].name
    covered = answer.communities[answer.communities["walker"] == walker].set_index(["community", "kind"])
    gaps = answer.gaps[answer.gaps["walker"] == walker]
    firm = gaps[gaps["verdict"] == "gap"].groupby(["community", "kind"])["residents_without"].sum()
    unsure = gaps[gaps["verdict"] != "gap"].groupby(["community", "kind"])["residents_without"].sum()
    for community, sheet in sheets.items():
        for kind in answer.study.standard.kinds:
            row = covered.loc[(community, kind.id)]
            assert same(sheet.number("share", kind.id), row["share"])
            if not isnan(row["share"]):
                assert sheet.shown("share", kind.id) == write_share(row["share"])
            assert sum(v for v, _ in sheet.numbers[kind.id, "without"]) == pytest.approx(
                firm.get((community, kind.id), 0.0)
            )
            assert sum(v for v, _ in sheet.numbers[kind.id, "unsure"]) == pytest.approx(
                unsure.get((community, kind.id), 0.0)
            )
            word = {"en": ("firm", "check"), "zh": ("可靠", "需核查")}[language][row["confidence"] != "firm"]
            assert any(word == text.strip() for text in sheet.rows[kind.id])


@TOWNS
def test_minutes_are_those_that_half_of_the_people_do_not_exceed(pages, analyses, name):
    sheets, _, _ = pages[name, "en"]
    answer = analyses[name]
    named = {(f.facility, f.kind): f.name for f in answer.place.facilities.itertuples()}
    for (community, kind, walker), every in answer.coverage.groupby(["community", "kind", "walker"]):
        rows = every[every["known"] & (every["population"] > 0)]
        walks = sorted(zip(rows["minutes"].fillna(inf), rows["population"], strict=True))
        half, past, middle = rows["population"].sum() / 2, 0.0, nan
        for minutes, people in walks:
            past += people
            if past >= half - 1e-9:
                middle = minutes
                break
        assert same(sheets[community].number(f"minutes:{walker}", kind), middle)
        nearest = rows.groupby("facility")["population"].sum()
        if len(nearest):
            texts = " ".join(" ".join(sheets[community].rows[kind]).split())
            best = [f for f in nearest.index if nearest[f] >= nearest.max() - 1e-6]
            names = [named[f, kind] for f in best]
            assert any("unnamed" in texts if pd.isna(n) else clean_name(n) in texts for n in names)


@TOWNS
def test_radius_and_walk_stand_side_by_side(pages, analyses, name):
    """The straight line is measured again here, home by home."""
    sheets, overview, _ = pages[name, "en"]
    answer = analyses[name]
    walker = answer.study.walkers[0].name
    homes = answer.clusters.set_index("cluster").geometry
    for kind in answer.study.standard.kinds:
        rows = answer.coverage[(answer.coverage["kind"] == kind.id) & (answer.coverage["walker"] == walker)]
        rows = rows[rows["known"]]
        if kind.limit_m is None:
            assert all(not sheet.numbers[kind.id, "radius"] for sheet in sheets.values())
            continue
        shapes = answer.place.facilities.geometry[answer.place.facilities["kind"] == kind.id]
        distance = homes.reindex(rows["cluster"]).map(lambda home, s=shapes: s.distance(home).min()).to_numpy()
        within = distance <= kind.limit_m + 1e-6
        people = rows["population"].to_numpy()
        for community, sheet in sheets.items():
            mine = (rows["community"] == community).to_numpy()
            whole = people[mine].sum()
            share = people[mine & within].sum() / whole if whole else nan
            walked = people[mine & rows["covered"].to_numpy()].sum() / whole if whole else nan
            assert same(sheet.number("radius", kind.id), share)
            assert same(sheet.number("radius_gap", kind.id), share - walked)
        inside = rows["community"].notna().to_numpy()
        city = people[inside & within].sum() / people[inside].sum()
        assert overview.number("radius", f"coverage/{kind.id}") == pytest.approx(city)


@TOWNS
@BOTH
def test_the_overview_adds_up_to_the_tables(pages, analyses, name, language):
    _, overview, _ = pages[name, language]
    answer = analyses[name]
    walker = answer.study.walkers[0].name
    checkup = answer.checkup
    assert overview.number("residents") == pytest.approx(checkup["population"].sum())
    known = checkup[checkup["index"].notna() & (checkup["population"] > 0)]
    assert overview.number("mean_index") == pytest.approx(np.average(known["index"], weights=known["population"]))
    assert overview.number("weakest_people") == pytest.approx(checkup["population"][checkup["weakest"]].sum())
    gaps = answer.gaps[answer.gaps["walker"] == walker]
    firm = gaps[gaps["verdict"] == "gap"]
    for row in checkup.itertuples():
        place = f"ranking/{row.community}"
        assert same(overview.number("index", place), row.index)
        assert same(overview.number("residents", place), row.population)
        assert same(overview.number("rank", place), nan if pd.isna(row.rank) else row.rank)
        mine = firm[firm["community"] == row.community]["residents_without"]
        assert sum(v for v, _ in overview.numbers[place, "biggest"]) == pytest.approx(mine.max() if len(mine) else 0)
        unsure = gaps[(gaps["community"] == row.community) & (gaps["verdict"] != "gap")].groupby("kind")
        for kind, people in unsure["residents_without"].sum().items():
            if people >= 0.5:
                assert overview.number(f"unsure:{kind}", f"checks/{row.community}") == pytest.approx(people)
    for kind in answer.study.standard.kinds:
        rows = answer.communities[(answer.communities["kind"] == kind.id) & (answer.communities["walker"] == walker)]
        place = f"coverage/{kind.id}"
        share = rows["covered"].sum() / (rows["population"] - rows["unknown"]).sum()
        assert overview.number("share", place) == pytest.approx(share)
        of_kind = gaps[gaps["kind"] == kind.id]
        for column, verdict in (("without", True), ("unsure", False)):
            people = of_kind["residents_without"][(of_kind["verdict"] == "gap") == verdict].sum()
            assert overview.number(column, place) == pytest.approx(people)


@TOWNS
def test_how_evenly_walks_are_spread_is_worked_out_again(pages, analyses, name):
    """Gini by its definition over pairs, Kolm-Pollak by its formula."""
    _, overview, _ = pages[name, "en"]
    answer = analyses[name]
    inside = answer.coverage["community"].notna() & (answer.coverage["walker"] == answer.study.walkers[0].name)
    for kind in answer.study.standard.kinds:
        rows = answer.coverage[inside & (answer.coverage["kind"] == kind.id)]
        walked = rows[rows["minutes"].notna() & (rows["population"] > 0)]
        x, p = walked["minutes"].to_numpy(), walked["population"].to_numpy()
        mean = p @ x / p.sum()
        gini = (p[:, None] * p * abs(x[:, None] - x)).sum() / (2 * p.sum() ** 2 * mean)
        kappa = (p @ x) / (p @ x**2)
        ede = log(sum(w * exp(kappa * t) for w, t in zip(p / p.sum(), x, strict=True))) / kappa
        place = f"equity/{kind.id}"
        assert overview.number("mean", place) == pytest.approx(mean)
        assert overview.number("gini", place) == pytest.approx(gini)
        assert overview.number("ede", place) == pytest.approx(ede)
        unknown = 1 - p.sum() / rows["population"].sum()
        assert overview.number("unknown_share", place) == pytest.approx(unknown, abs=1e-9)


@TOWNS
def test_completeness_is_counted_home_by_home(pages, analyses, name):
    sheets, overview, _ = pages[name, "en"]
    answer = analyses[name]
    checkup = answer.checkup.set_index("community")["population"]
    grades = answer.place.completeness
    firm = grades[grades["grade"] == "firm"].groupby("kind")["community"].apply(lambda c: checkup.reindex(c).sum())
    kinds = [k.id for k in answer.study.standard.kinds if firm.get(k.id, 0) >= checkup.sum() / 2]
    rows = answer.coverage[answer.coverage["kind"].isin(kinds) & answer.coverage["known"]]
    homes = rows.groupby(["community", "cluster"]).agg(
        has=("covered", "sum"), people=("population", "first")
    )  # fmt: skip
    for community, sheet in sheets.items():
        if checkup[community] == 0:
            continue
        mine = homes.loc[community]
        assert same(sheet.number("complete"), mine["people"][mine["has"] == len(kinds)].sum() / mine["people"].sum())
        assert same(sheet.number("one_short"), mine["people"][mine["has"] == len(kinds) - 1].sum())
    complete = homes["people"][homes["has"] == len(kinds)].sum() / homes["people"].sum()
    assert overview.number("complete") == pytest.approx(complete)


@TOWNS
def test_facilities_inside_a_community_are_counted(pages, analyses, name):
    sheets, _, _ = pages[name, "en"]
    answer = analyses[name]
    facilities = answer.place.facilities
    inner = gpd.GeoSeries(shapely.point_on_surface(facilities.geometry.to_numpy()), crs=facilities.crs)
    for community, shape in zip(answer.checkup["community"], answer.checkup.geometry, strict=True):
        inside = inner.intersects(shape).to_numpy()
        for kind in answer.study.standard.kinds:
            there = (inside & (facilities["kind"] == kind.id).to_numpy()).sum()
            assert sheets[community].number("count", kind.id) == there


@TOWNS
def test_what_would_help_most_is_what_most_residents_lack(pages, analyses, name):
    sheets, _, _ = pages[name, "en"]
    gaps = analyses[name].gaps
    firm = gaps[(gaps["verdict"] == "gap") & (gaps["residents_without"] >= 0.5)]
    for community, sheet in sheets.items():
        told = {of.split(":")[1]: v[0][0] for (_, of), v in sheet.numbers.items() if of.startswith("measure:") and v}
        mine = firm[firm["community"] == community].set_index("kind")["residents_without"]
        if len(mine):
            assert sorted(told.values(), reverse=True) == pytest.approx(mine.nlargest(3).tolist())
            assert all(mine[kind] == pytest.approx(people) for kind, people in told.items())


@TOWNS
@BOTH
def test_similar_communities_have_the_index_of_the_table(pages, analyses, name, language):
    sheets, _, _ = pages[name, language]
    index = analyses[name].checkup.set_index("community")["index"]
    for community, sheet in sheets.items():
        peers = {of.split(":", 1)[1]: v[0][0] for (_, of), v in sheet.numbers.items() if of.startswith("peer:") and v}
        assert community not in peers
        assert len(peers) == (3 if analyses[name].checkup.set_index("community")["population"][community] else 0)
        assert all(same(value, index[peer]) for peer, value in peers.items())


@BOTH
def test_idle_space_on_a_portrait_is_that_of_the_table(pages, analyses, language):
    sheets, _, _ = pages["town", language]
    sites = analyses["town"].place.candidates
    labels = {kind.id: kind.label(language) for kind in analyses["town"].study.standard.kinds}
    unknown = {"en": "unknown", "zh": "未知"}[language]
    told = 0
    for community, sheet in sheets.items():
        mine = sites[sites["community"] == community]
        assert not sheet.numbers["", f"idle_area:{len(mine) + 1}"]
        text = "".join(sheet.text)
        for number, site in enumerate(mine.itertuples(), start=1):
            assert site.name in text
            for of, value in (("area", site.area_m2), ("floor", site.floor_m2), ("year", site.from_year)):
                shown = sheet.number(f"idle_{of}:{number}")
                assert same(shown, nan if pd.isna(value) else value)
                assert (sheet.shown(f"idle_{of}:{number}") == unknown) == isnan(shown)
            if pd.isna(site.kinds):
                assert unknown in sheet.text
            elif site.kinds == "*":
                assert {"en": "any kind", "zh": "不限"}[language] in sheet.text
            else:
                assert {"en": ", ", "zh": "、"}[language].join(labels[k] for k in site.kinds.split(";")) in sheet.text
            told += 1
        nothing = {"en": "The list has none here.", "zh": "清单中本社区没有闲置空间。"}[language]
        assert (nothing in sheet.text) == mine.empty
    assert told == len(sites) > 0


@BOTH
def test_without_a_list_of_idle_space_a_portrait_says_so(pages, language):
    said = {"en": "No list of idle space was given; unknown is not none.", "zh": "未提供闲置空间清单；未知不等于没有。"}
    assert all(said[language] in sheet.text for sheet in pages["monaco", language][0].values())
    assert not any(said[language] in sheet.text for sheet in pages["town", language][0].values())


# ── a town on squared paper ─────────────────────────────────────────────────────────────────────


def make_answer(*, districts=True, names=("West", "East"), ids=("w", "e"), **more):
    """Analyse a grid of 100 m: homes, a shop and a bench in the west, a home in the east, an estate around one home."""
    standard = make_standard(
        make_kind("shop", 4.0, limit_m=150.0), make_kind("bench", 3.0, norm_per_1000=5.0, norm_unit="seats")
    )
    network = draw_network([*grid_paths(5, 3), [(400, 100), (460, 100)]], steps=[0] * 22 + [1])
    residences = make_residences([("r1", 30, (0, 0)), ("r2", 10, (200, 100)), ("r3", 60, (400, 200))])
    communities = make_communities({ids[0]: shapely.box(-10, -10, 250, 210), ids[1]: shapely.box(250, -10, 510, 210)})
    communities[Communities.name] = list(names)
    if districts:
        communities[Communities.district] = ["South", None]
    facilities = make_facilities([("s", "shop", (100, 100)), ("b", "bench", (0, 100))]).assign(
        **{str(Facilities.capacity): [nan, 0.1]}
    )
    place = make_place(network, residences, facilities, communities, standard,
                       estates=make_estates({"yard": shapely.box(-5, -5, 5, 5)}), **more)  # fmt: skip
    return wc.analyse(place, make_study(standard))


@pytest.fixture(scope="module")
def small():
    """Answer the small town once."""
    return make_answer()


def test_streets_are_measured_with_pencil(small):
    west, east = measure_profiles(small)
    # r1 walks 200 m to the shop 141 m away and 100 m to the bench; r2 walks 100 m to the shop; a metre a second
    straight = 30 * 2**0.5 * 100 + 30 * 100 + 10 * 100
    assert west.streets.detour == pytest.approx((30 * 200 + 30 * 100 + 10 * 100) / straight, rel=1e-3)
    assert isnan(east.streets.detour)  # nobody there is in time
    # seven of the nine corners on the paper of the west have three streets or more
    assert west.streets.crossings_per_km2 == pytest.approx(7 / (260 * 220 / 1e6))
    # the stairs are 60 m long and lie in the east
    assert east.streets.steps == pytest.approx(60 / east.streets.length_m)
    assert west.streets.steps == 0
    assert west.gated == pytest.approx(0.75)
    assert west.estates == 1


def test_junctions_are_those_of_networkx(town, analyses):
    """Nodes that edges of no length join are one, and where three or more streets meet there is a junction."""
    network = analyses[town].place.network
    joined, streets = nx.Graph(), nx.MultiGraph()
    joined.add_nodes_from(range(len(network.xy)))
    for edge, (a, b) in enumerate(network.ends.tolist()):
        if network.length_m[edge] <= 0:
            joined.add_edge(a, b)
        elif network.kind[edge] != "square":
            streets.add_edge(a, b)
    pieces = [sorted(piece) for piece in nx.connected_components(joined)]
    meeting = [piece[0] for piece in pieces if sum(streets.degree(n) for n in piece if n in streets) >= 3]
    assert find_junctions(analyses[town]).tolist() == network.xy[sorted(meeting)].tolist()
    if town == "monaco":
        assert any(len(piece) > 2 for piece in pieces)  # its gates and crossings are such edges


def test_supply_is_held_against_the_norm(small):
    west, east = measure_profiles(small)
    bench = west.kinds[1].stock
    assert (bench.units, bench.per_1000) == (pytest.approx(0.1), pytest.approx(2.5))
    assert (bench.adequacy, bench.shortfall) == (pytest.approx(0.5), pytest.approx(0.1))
    assert east.kinds[1].stock.shortfall == pytest.approx(0.3)
    assert west.kinds[0].stock is None


def test_each_district_has_a_page_of_its_own(small, tmp_path):
    written = write_overviews(small, tmp_path, "en")
    assert set(written) == {"", "South"}
    whole, south = read(written[""]), read(written["South"])
    assert (whole.number("residents"), south.number("residents")) == (100, 40)
    assert not south.numbers["ranking/e", "index"]
    assert set(south.links) == {"../index.html", "../overview.html", "../communities/w.html"}
    assert f"districts/{written['South'].name}" in whole.links


def test_a_link_of_a_page_leads_to_a_page(small, tmp_path):
    pages = {**write_portraits(small, tmp_path, "zh"), **write_overviews(small, tmp_path, "zh")}
    (tmp_path / "index.html").touch()
    for path in pages.values():
        for link in read(path).links:
            assert (path.parent / link).resolve().is_file(), (path, link)


def test_a_long_list_of_idle_space_is_cut_and_says_where_the_rest_is(small, tmp_path):
    spread = find_candidates(small.place.network, every_m=10, within=small.place.communities.geometry[0])
    listed = spread.assign(source="list", community="w", floor_m2=np.arange(1.0, len(spread) + 1))
    answer = replace(small, place=replace(small.place, candidates=listed))
    sheet = read(write_portraits(answer, tmp_path, "en")["w"])
    assert [sheet.number(f"idle_floor:{n}") for n in range(1, 13)] == list(range(1, 13))
    assert not sheet.numbers["", "idle_floor:13"]
    assert f"and {len(spread) - 12} more in tables/candidates.csv" in sheet.text
    assert sheet.text.count(spread["candidate"][0]) == 1  # a site without a name is called by its id


def test_sites_along_the_streets_are_no_list_of_idle_space(small, tmp_path):
    spread = find_candidates(small.place.network, every_m=100).assign(community="w")
    answer = replace(small, place=replace(small.place, candidates=spread))
    sheet = read(write_portraits(answer, tmp_path, "en")["w"])
    assert "No list of idle space was given; unknown is not none." in sheet.text


# ── what is not known ───────────────────────────────────────────────────────────────────────────


@BOTH
def test_unknown_is_said_and_not_zero(pages, language):
    sheets, _, _ = pages["monaco", language]
    unknown = {"en": "unknown", "zh": "未知"}[language]
    for sheet in sheets.values():
        assert isnan(sheet.number("households"))
        assert sheet.shown("households") == unknown
        text = "".join(sheet.text)
        assert {"en": "unknown is not zero", "zh": "未知不等于零"}[language] in text
        assert not any(of.startswith("group:") for _, of in sheet.numbers)


def test_groups_are_shown_where_they_are_known_and_at_least_where_partly(small, tmp_path):
    people = small.clusters["population"]
    clusters = small.clusters.assign(
        elder=people.map({30.0: 9.0, 10.0: nan, 60.0: 30.0}), adult=people.map({30.0: 10.0, 10.0: 2.0, 60.0: 6.0})
    )
    sheets = {k: read(v) for k, v in write_portraits(replace(small, clusters=clusters), tmp_path, "en").items()}
    assert sheets["w"].number("group:elder") == 9
    assert "at least" in "".join(sheets["w"].text)
    assert sheets["e"].number("group:elder") == 30
    assert sheets["w"].number("group:adult") == 12
    assert isnan(sheets["w"].number("group:child"))
    assert sheets["w"].shown("group:child") == "unknown"


def test_the_type_of_a_community_follows_its_rule():
    young = dict.fromkeys(("infant", "child", "pupil", "youth"), 3.0)
    assert choose_type({**young, "elder": 35, "adult": 30}, {}, 100) == "ageing"
    assert choose_type({**young, "elder": 31, "adult": 40}, {}, 100) == "young"
    assert choose_type({**young, "infant": 20, "elder": 10, "adult": 30}, {}, 100) == "families"
    assert choose_type({**young, "elder": 29.9, "adult": 34.9}, {}, 100) == "mixed"
    assert choose_type({**young, "elder": nan, "adult": 30}, {}, 100) is None
    assert choose_type({**young, "elder": 35, "adult": 30}, {"adult": 5}, 100) is None
    assert choose_type({**young, "elder": 0, "adult": 0}, {}, 0) is None


def test_a_community_where_nobody_lives_says_so(pages):
    for language, words in (("en", "Nobody lives here"), ("zh", "无人居住")):
        sheet = pages["town", language][0]["S01"]
        assert words in "".join(sheet.text)
        assert isnan(sheet.number("index"))
        assert sheet.shown("index") == "?"


def test_what_other_measures_add_is_shown_where_it_is_there(small, tmp_path):
    before = read(write_portraits(small, tmp_path / "a", "en")["e"])
    assert before.number("probability") == small.checkup.set_index("community").weakest_probability["e"]
    checkup = small.checkup.assign(
        percentile=[90.0, 10.0], weakest_probability=[0.0, 0.93], rank_low=[1, 1], rank_high=[1, 2]
    )
    gaps = small.gaps.assign(cause="gate")
    more = replace(small, checkup=checkup, gaps=gaps)
    needs = pd.DataFrame(
        {
            "community": "e",
            "kind": ["bench", "shop"],
            "walker": "stroller",
            "asked": [0.2, 0.7],
            "quadrant": [None, "asked much, not served"],
        }
    )
    object.__setattr__(more, "needs", needs)
    sheet = read(write_portraits(more, tmp_path / "b", "zh")["e"])
    assert (sheet.number("probability"), sheet.shown("probability")) == (0.93, write_share(0.93))
    assert (sheet.number("percentile"), sheet.number("rank_low"), sheet.number("rank_high")) == (10, 1, 2)
    assert any(translate_word("gate", "zh") in text for text in sheet.rows["shop"])
    assert [of for _, of in sheet.numbers if of.startswith("asked:")] == ["asked:shop", "asked:bench"]
    assert "需求高，未满足" in "".join(sheet.text)


def test_thin_data_leave_no_certain_gap_on_the_page(tmp_path):
    answer = make_answer(thin={("e", "shop"): "none is mapped in the whole file"})
    sheet = read(write_portraits(answer, tmp_path, "zh")["e"])
    assert not any(value for value, _ in sheet.numbers["shop", "without"])
    assert sheet.number("unsure", "shop") == 60
    assert any("整个数据文件中没有标注此类设施" in text for text in sheet.rows["shop"])
    html = (tmp_path / "communities" / "e.html").read_text(encoding="utf-8")
    shown = re.search(r'<svg class="ground".*?</svg>', html, re.DOTALL)[0]
    assert 'class="home gap"' in shown  # the bench's data are firm, and it is the gap that is certain


@BOTH
def test_only_columns_that_are_there_are_explained(language, small, tmp_path):
    captions = {"en": ENGLISH, "zh": CHINESE}[language]
    standard = small.study.standard
    walks = replace(standard, kinds=tuple(replace(kind, limit_m=None) for kind in standard.kinds))
    for folder, answer in (("with", small), ("without", replace(small, study=replace(small.study, standard=walks)))):
        text = "".join(read(write_portraits(answer, tmp_path / folder, language)["w"]).text)
        for key in ("col_radius", "col_gap", "radius_note"):
            assert (captions[key].strip() in text) == (folder == "with"), key
        assert captions["kinds_note"].split("{radius}")[1] in text


def test_the_middle_of_walks_that_are_not_found_is_not_found():
    rows = pd.DataFrame({"kind": "shop", "population": [1.0, 3.0], "minutes": [2.0, nan]})
    assert find_middle(rows, ["kind"]) == {"shop": inf}


def test_peers_are_the_nearest_in_score_and_size():
    scores = np.array([[50.0, 50.0], [51.0, 50.0], [90.0, 90.0], [50.0, nan], [nan, nan]])
    people = np.array([100.0, 100.0, 100.0, 90.0, 0.0])
    peers = find_peers(scores, people)
    assert peers[0][:2] == (1, 3)
    assert peers[0][2] == 2
    assert peers[4] == ()
    assert all(4 not in others for others in peers)


# ── names are hostile ───────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }}{% raw %}",
    "\u202eabc\u2066def\u200f",
    "👩‍👩‍👧‍👦 {limit} %s \x00\x1b[31m",
    "长" * 10_000,
    "</style></svg><img src=x onerror=alert(1)>",
]


@pytest.fixture(scope="module")
def tags(small, tmp_path_factory):
    """Return the tags of the pages of a town whose names are harmless."""
    folder = tmp_path_factory.mktemp("plain")
    return read(write_portraits(small, folder, "en")["w"]).tags | read(write_overviews(small, folder, "en")[""]).tags


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_shown_as_text(name, small, tags, tmp_path):
    communities = small.place.communities.assign(**{
        str(Communities.name): [name, "East"], str(Communities.district): [name, None],
        str(Communities.subdistrict): [name, name],
    })  # fmt: skip
    facilities = small.place.facilities.assign(**{str(Facilities.name): name})
    sites = find_candidates(small.place.network, every_m=100)
    sites = sites.assign(**dict.fromkeys(("name", "kinds", "source", "ownership"), name), community="w")
    place = replace(small.place, communities=communities, facilities=facilities, sources=(name,), notes=(name,),
                    population_source=name, candidates=sites)  # fmt: skip
    answer = replace(small, place=place, study=replace(small.study, title=name),
                     checkup=small.checkup.assign(**{str(Checkup.name): [name, "East"]}))  # fmt: skip
    for path in (*write_portraits(answer, tmp_path, "en").values(), *write_overviews(answer, tmp_path, "en").values()):
        assert path.stat().st_size < 80_000
        sheet = read(path)
        assert sheet.tags <= tags | {"small"}
        assert not sheet.handlers
        text = "".join(sheet.text)
        assert not any(unicodedata.category(letter) == "Cs" or "\u202a" <= letter <= "\u202e" for letter in text)
        assert not set(text) & {"\x00", "\x1b", "\u2066"}
    told = "".join(read(tmp_path / "communities" / "w.html").text)
    assert clean_name(name) in told


@given(st.lists(st.text(max_size=60), unique=True, max_size=12))
def test_files_are_safe_everywhere_and_each_has_its_own(ids):
    names = name_files(ids)
    assert list(names) == ids
    assert len({name.lower() for name in names.values()}) == len(ids)
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}\.html", name)
        assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)\.html", name, re.IGNORECASE)


def test_ids_that_differ_only_in_case_or_signs_do_not_share_a_file():
    ids = ["a", "A", "a/", "a-2ac6593aa798", "", "con", "x" * 300, "x" * 301]
    names = name_files(ids)
    assert len({name.lower() for name in names.values()}) == len(ids)
    assert name_files(list(reversed(ids))) == names


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


@TOWNS
@BOTH
def test_a_portrait_needs_nothing_and_links_only_back(pages, name, language):
    sheets, _, folder = pages[name, language]
    for sheet in sheets.values():
        assert set(sheet.links) == {"../index.html", "../overview.html"}
        assert "script" not in sheet.tags
        assert "img" not in sheet.tags
    for path in folder.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in html
        assert not re.search(r"(src|url|@import)\s*[=(]\s*[\"']?(?!#)\w", html.replace("url(#hatch)", ""))
        assert "© OpenStreetMap contributors" in html
        assert f'lang="{ {"en": "en", "zh": "zh-CN"}[language] }"' in html
        assert (
            "nan" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL).replace("finance", "").lower().split()
        )


def test_both_languages_have_the_same_captions_with_the_same_blanks():
    assert list(ENGLISH) == list(CHINESE)
    blanks = re.compile(r"\{(\w+)\}")
    for key, words in ENGLISH.items():
        assert set(blanks.findall(words)) == set(blanks.findall(CHINESE[key])), key


def test_no_caption_is_left_over():
    """What no page says is not translated."""
    from walkcircle.views import overview, page, portrait

    folder = page.resources.files("walkcircle.views")
    used = "".join(
        [
            (folder / "paper" / name).read_text(encoding="utf-8")
            for name in ("portrait.html", "overview.html", "foot.html")
        ]
        + [(folder / f"{module}.py").read_text(encoding="utf-8") for module in ("portrait", "overview", "drawings")]
    )
    groups = ("infant", "child", "pupil", "youth", "adult", "elder", "aged", "disabled")
    types = [key for key in ENGLISH if key.startswith("type_")]
    left = [k for k in ENGLISH if f"say.{k}" not in used and f'"{k}"' not in used and k not in (*groups, *types)]
    assert left == []
    assert portrait.CAPTIONS is overview.CAPTIONS


def test_a_run_writes_its_pages_and_lists_them(small, tmp_path):
    files = write_outputs(small, tmp_path)
    record = json.loads(files["record"].read_text(encoding="utf-8"))
    there = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html"))
    assert record["pages"] == [name for name in there if name != "index.html"]
    assert {"communities/e.html", "communities/w.html", "overview.html"} <= set(record["pages"])
    assert files["overview"].is_file()
    assert files["portraits"].is_dir()


def test_pages_of_communities_that_are_gone_do_not_stay(small, tmp_path):
    write_outputs(small, tmp_path)
    own = tmp_path / "communities" / "notes.html"
    own.write_text("the planner's own")
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    outside = tmp_path.parent / "keep.html"
    outside.write_text("not ours")
    record["pages"] += ["../keep.html", "index.html", "communities/../../keep.html"]
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    write_outputs(make_answer(ids=("w", "new")), tmp_path)
    assert sorted(p.name for p in (tmp_path / "communities").iterdir()) == ["new.html", "notes.html", "w.html"]
    assert outside.read_text() == "not ours"


def test_the_same_answer_gives_the_same_page(small, tmp_path):
    for folder in ("a", "b"):
        write_portraits(small, tmp_path / folder)
        write_overviews(small, tmp_path / folder)
    for path in sorted((tmp_path / "a").rglob("*.html")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_progress_is_told_to_the_end(small, tmp_path):
    told = []
    write_portraits(small, tmp_path, "en", told.append)
    assert told == [0.5, 1.0]


def test_a_folder_that_is_in_the_way_is_refused_in_one_sentence(small, tmp_path):
    (tmp_path / "communities").write_text("in the way")
    with pytest.raises(wc.OutputError, match=r"cannot be written .*choose a folder"):
        write_portraits(small, tmp_path)
