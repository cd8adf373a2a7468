"""The map as a file: what it says, that it is the same each time, needs nothing, and lets no name become markup."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace

import folium
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    draw_network,
    grid_paths,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)

import walkcircle as wc
from walkcircle.gaps import BARRIER, CAUSES, CHECK, FULL, GAP, GATE, NONE_NEAR, UNMAPPED, find_gaps
from walkcircle.tables import Causes, Checkup, Communities, CommunityCoverage, Facilities
from walkcircle.views import findings
from walkcircle.views.findings import describe_index, describe_kind
from walkcircle.views.layers import LAYERS
from walkcircle.views.legend import build_legend
from walkcircle.views.map import draw_map
from walkcircle.views.page import hash_script
from walkcircle.views.palette import BANDS, DARK, LIGHT, classify_value
from walkcircle.views.payload import encode_ints
from walkcircle.views.text import CHINESE, ENGLISH

HOSTILE = "</script><img src=x onerror=alert(1)>`${alert(2)}`"
SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)

PARK = make_kind("park", limit_min=15, category="outdoor")
CLINIC = make_kind("clinic", limit_min=15, category="health")
STANDARD = make_standard(PARK, CLINIC)


# ── the sentence above the map ──────────────────────────────────────────────────────────────────


def tell(rows, *, index=None, language="en", kind=None, weakest=(), causes=None):
    """Say what is found where rows are community, kind, people, covered, reason or None, and unknown people."""
    covered = pd.DataFrame(
        [
            {
                CommunityCoverage.community: community,
                CommunityCoverage.kind: name,
                CommunityCoverage.walker: "adult",
                CommunityCoverage.group: "all",
                CommunityCoverage.stand_in: False,
                CommunityCoverage.residents: float(people),
                CommunityCoverage.population: float(people),
                CommunityCoverage.unknown: float(unknown),
                CommunityCoverage.covered: float(inside),
                CommunityCoverage.unsure: 0.0,
                CommunityCoverage.doubt: None,
                CommunityCoverage.share: inside / (people - unknown) if people > unknown else np.nan,
                CommunityCoverage.share_at_most: np.nan if reason else inside / max(people - unknown, 1),
                CommunityCoverage.confidence: "check" if reason else "firm",
                CommunityCoverage.reason: reason,
            }
            for community, name, people, inside, reason, unknown in (r if len(r) == 6 else (*r, 0) for r in rows)
        ]
    )
    people = covered.groupby(CommunityCoverage.community)[CommunityCoverage.population].max()
    checkup = pd.DataFrame(
        {
            Checkup.community: people.index,
            Checkup.name: [f"Quarter {name}" for name in people.index],
            Checkup.population: people.to_numpy(),
            Checkup.index: index if index is not None else 50.0,
            Checkup.weakest: [name in weakest for name in people.index],
        }
    )
    gaps = find_gaps(covered)
    found = (
        describe_kind(covered, gaps, checkup, kind, language, causes=causes)
        if kind
        else describe_index(covered, gaps, checkup, STANDARD, language)
    )
    return replace(found, sentence=found.sentence.replace("\N{NARROW NO-BREAK SPACE}", " "))


def test_the_finding_names_the_kind_that_leaves_out_most_and_where_they_live():
    found = tell([("A", "park", 1000, 900, None), ("B", "park", 500, 100, None), ("A", "clinic", 1000, 950, None),
                  ("B", "clinic", 500, 500, None)])  # fmt: skip
    assert found.sentence == (
        "500 of 1,500 residents (33 %) walk more than 15 minutes to the nearest park; 400 of them live in Quarter B."
    )
    assert (found.mood, found.caveat) == ("gap", "")


def test_the_finding_says_so_when_all_live_in_one_place_and_lack_everything():
    found = tell([("A", "park", 1000, 900, None), ("A", "clinic", 1000, 900, None), ("B", "park", 10, 10, None),
                  ("B", "clinic", 10, 10, None)])  # fmt: skip
    assert found.sentence == (
        "100 of 1,010 residents (10 %) walk more than 15 minutes to every one of the 2 kinds of place, all of them in "
        "Quarter A."
    )


def test_the_finding_names_the_communities_that_the_map_outlines():
    rows = [("A", "park", 1000, 900, None), ("A", "clinic", 1000, 1000, None), ("B", "park", 10, 0, None),
            ("B", "clinic", 10, 10, None)]  # fmt: skip
    assert tell(rows, index=[95.0, 50.0], weakest="B").sentence.endswith("Weakest by index: Quarter B (50.0).")
    assert tell(rows, index=[95.0, 50.0], weakest="B", language="zh").sentence.endswith("指数最弱：Quarter B（50.0）。")


def test_the_finding_of_a_town_without_gaps_is_good_news():
    found = tell([("A", "park", 1000, 1000, None), ("A", "clinic", 1000, 1000, None)])
    assert found.sentence == "All 1,000 residents reach each of the 2 kinds of place within 15 minutes."
    assert found.mood == "met"


def test_good_news_counts_only_those_whose_walk_is_known():
    found = tell([("A", "park", 1000, 980, None, 20), ("A", "clinic", 1000, 980, None, 20)])
    assert found.sentence.startswith("All 980 residents whose walk is known reach")


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("en", " Why: a barrier or a missing link (70), closed gates (20)."),
        ("zh", "原因：阻隔或道路不连通（70 名）、小区门禁（20 名）。"),
    ],
)
def test_the_finding_of_a_kind_gives_the_two_causes_of_most(language, why):
    """Causes of other kinds, of what is to be checked, and the third are left to the table."""
    rows = [("A", "park", 1000, 900, None)]
    causes = pd.DataFrame(
        [("park", GATE, GAP, 20.0), ("park", BARRIER, GAP, 30.0), ("park", BARRIER, GAP, 40.0),
         ("park", NONE_NEAR, GAP, 10.0), ("park", UNMAPPED, CHECK, 500.0), ("clinic", NONE_NEAR, GAP, 99.0)],
        columns=[Causes.kind, Causes.cause, Causes.verdict, Causes.residents],
    )  # fmt: skip
    park = STANDARD.kind("park")
    plain, told = tell(rows, kind=park, language=language), tell(rows, kind=park, language=language, causes=causes)
    assert told.sentence == plain.sentence + why
    assert tell(rows, kind=park, language=language, causes=causes[:0]).sentence == plain.sentence


def test_every_cause_of_a_firm_gap_has_words_in_both_languages():
    for words in findings._CAUSES.values():
        assert set(words) == set(CAUSES) - {UNMAPPED, FULL}


def test_thin_data_are_never_called_a_gap():
    found = tell([("A", "park", 1000, 0, "thin"), ("A", "clinic", 1000, 1000, None)])
    assert found.sentence.startswith("No gap is certain")
    assert found.mood == "check"
    assert "1,000 residents of all communities" in found.caveat


def test_an_index_that_most_people_lack_is_the_finding():
    rows = [("A", "park", 900, 0, "thin"), ("A", "clinic", 900, 0, "thin"), ("B", "park", 100, 50, None),
            ("B", "clinic", 100, 100, None)]  # fmt: skip
    found = tell(rows, index=[np.nan, 75.0])
    assert found.sentence == (
        "Too little is mapped to judge: 900 of 1,000 residents live in the 1 of 2 communities without an index."
    )
    assert found.mood == "check"


def test_a_place_where_nobody_lives_has_nothing_to_score():
    assert tell([("A", "park", 0, 0, None), ("A", "clinic", 0, 0, None)]).sentence.startswith("Nobody is known")


def test_a_kind_has_a_finding_of_its_own():
    rows = [("A", "park", 1000, 900, None), ("B", "park", 500, 0, "thin")]
    found = tell(rows, kind=PARK)
    assert found.sentence == (
        "100 of 1,500 residents (7 %) walk more than 15 minutes to the nearest park, all of them in Quarter A."
    )
    assert found.caveat == "Check on the ground: another 500 residents of Quarter B, where the map may be incomplete."
    assert tell([("A", "park", 10, 10, None)], kind=PARK).mood == "met"
    blind = tell([("A", "park", 10, 0, "thin")], kind=PARK)
    assert "cannot be told" in blind.sentence
    assert blind.caveat.startswith("Check on the ground: 10 residents of Quarter A seem to be without")


def test_the_finding_speaks_chinese():
    found = tell([("A", "park", 1000, 900, None), ("A", "clinic", 1000, 1000, None)], language="zh")
    assert found.sentence == "1,000 名居民中有 100 名（10 %）步行到最近的park超过 15 分钟，全部住在Quarter A。"


def test_both_languages_have_the_same_words():
    assert ENGLISH.keys() == CHINESE.keys()
    for key, words in ENGLISH.items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", CHINESE[key])), key


# ── colours ─────────────────────────────────────────────────────────────────────────────────────


def test_the_legend_is_made_of_the_bands_that_colour_the_map():
    for language in ("en", "zh"):
        entries = [entry for entry in build_legend(language) if entry.mark == "fill"]
        assert [(e.band, e.role, e.label) for e in entries] == [(b.position, b.role, b.label) for b in BANDS]
    for band in BANDS:
        assert classify_value(band.low) == band.position
        assert classify_value((band.low + band.high) / 2) == band.position
    assert classify_value(100.0) == BANDS[-1].position


def test_unknown_is_never_the_lowest_class():
    assert classify_value(None) == classify_value(float("nan")) == -1
    assert build_legend("en")[len(BANDS)].mark == "hatch"


def lightness(colour: str, *, sees: str = "all") -> float:
    """CIE lightness of a colour, as seen without red or green cones (Viénot, Brettel and Mollon 1999)."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = {
        "all": np.eye(3),
        "no red": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
        "no green": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    }[sees]
    luminance = float(np.array([0.2126, 0.7152, 0.0722]) @ (seen @ linear))
    return 116 * np.cbrt(luminance) - 16


@pytest.mark.parametrize("roles", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sees", ["all", "no red", "no green"])
def test_the_ramp_keeps_its_order_in_grey_and_for_every_kind_of_colour_vision(roles, sees):
    """Each class is at least nine steps of lightness from the next, always in one direction."""
    steps = np.diff([lightness(roles[band.role], sees=sees) for band in BANDS])
    assert (np.sign(steps) == np.sign(steps[0])).all()
    assert np.abs(steps).min() > 9


# ── the file ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def answer():
    """Analyse a grid town in which every name is hostile."""
    areas = make_communities({"west": shapely.box(-20, -20, 250, 520), "east": shapely.box(250, -20, 520, 520)})
    areas[Communities.name] = [HOSTILE, "East"]
    facilities = make_facilities([("f1", "park", (100.0, 100.0)), ("f2", "clinic", (400.0, 400.0))])
    facilities[Facilities.name] = [HOSTILE, None]
    homes = make_residences([("h1", 100, (100.0, 205.0)), ("h2", 50, (400.0, 305.0))])
    standard = make_standard(make_kind("park", limit_min=2), make_kind("clinic", limit_min=2))
    place = make_place(draw_network(grid_paths(6, 6)), homes, facilities, areas, standard)
    return wc.analyse(place, replace(make_study(standard), title=HOSTILE))


@pytest.fixture(scope="module")
def html(answer):
    """Return its page."""
    return draw_map(answer).to_html()


def read_payload(html: str) -> dict:
    """Read the record out of a page."""
    packed = next(body for attributes, body in SCRIPT.findall(html) if "octet-stream" in attributes)
    raw = zlib.decompress(base64.b64decode(packed))
    return json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")])


def test_the_same_map_is_the_same_bytes(answer, html, tmp_path):
    """Also when it is drawn anew, rendered twice, and carries a user's layer."""
    assert draw_map(answer).to_html() == html
    walk_map = draw_map(answer)
    walk_map.save(tmp_path / "one.html")
    walk_map.save(tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes() == html.encode()
    added = [draw_map(answer) for _ in range(2)]
    for one in added:
        folium.CircleMarker((0, 0), popup="here").add_to(one)
    assert added[0].to_html() == added[1].to_html()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.html", "two.html"]


def test_the_page_loads_nothing_from_outside(html):
    """No script, style, image or font has an address."""
    markup = SCRIPT.sub(lambda match: f"<script{match[1]}></script>", html)
    assert not re.search(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=", markup)
    styles = "".join(re.findall(r"<style>(.*?)</style>", markup, re.DOTALL))
    assert "@import" not in styles
    assert all(url.startswith(("data:", "#")) for url in re.findall(r"url\([\"']?([^)\"']+)", styles))


def test_the_policy_allows_exactly_the_scripts_that_are_there(html):
    """Every script is named by its hash; nothing else may run, and nothing may be fetched."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    there = {f"'{hash_script(body)}'" for attributes, body in SCRIPT.findall(html) if "octet-stream" not in attributes}
    assert set(rules["script-src"].split()) == there
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert not re.search(r"<[^>]+\son\w+\s*=", SCRIPT.sub("", html))
    assert html.index("Content-Security-Policy") < html.index("<script")


def test_names_from_the_data_are_never_markup(html):
    """They are in the packed payload and nowhere else."""
    assert HOSTILE not in html
    assert "alert(" not in html
    record = read_payload(html)
    assert record["title"] == HOSTILE
    assert HOSTILE in record["communities"]["names"]
    assert HOSTILE in record["facilities"]["names"]


def test_the_payload_holds_the_numbers_of_the_tables(town, analyses):
    """People, classes and residents without are those of the check-up and the gaps."""
    answer = analyses[town]
    record = read_payload(draw_map(answer).to_html())["communities"]
    assert record["people"] == [round(p) for p in answer.checkup[Checkup.population]]
    assert record["index"]["band"] == [classify_value(i) for i in answer.checkup[Checkup.index]]
    for kind, packed in zip(answer.study.standard.kinds, record["kinds"], strict=True):
        mine = answer.communities[answer.communities[CommunityCoverage.kind] == kind.id]
        assert packed["covered"] == [round(p) for p in mine[CommunityCoverage.covered]]
        assert packed["check"] == (mine[CommunityCoverage.confidence] != "firm").tolist()
        assert all(band == -1 for band, thin in zip(packed["band"], packed["check"], strict=True) if thin)


def test_a_map_of_a_town_is_small(town, analyses):
    """A megabyte at most, everything inside."""
    assert len(draw_map(analyses[town]).to_html().encode()) < 1_000_000


def test_whole_numbers_survive_the_packing():
    """Numbers of every length come back as they went."""
    values = np.array([0, -1, 1, 63, -64, 64, 2**20, -(2**20), 2**30, -(2**30)])
    data, found, at = encode_ints(values), [], 0
    while at < len(data):
        value, shift = 0, 0
        while True:
            value |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not data[at - 1] & 0x80:
                break
        found.append(-(value + 1) // 2 if value & 1 else value // 2)
    assert found == values.tolist()


# ── with the rest of Folium ─────────────────────────────────────────────────────────────────────


def test_other_folium_layers_join_the_map(answer):
    """Markers, circles, shapes and popups need nothing from outside; jQuery comes only with popups."""
    plain = draw_map(answer).to_html()
    walk_map = draw_map(answer)
    folium.Marker((9.0, 3.0), popup="a popup", tooltip="a tooltip").add_to(walk_map)
    folium.GeoJson(answer.checkup[["geometry"]].to_crs(4326).to_json()).add_to(walk_map)
    html = walk_map.to_html()
    assert "jQuery" in html
    assert "jQuery" not in plain


def test_what_needs_the_internet_is_refused_with_the_cure(answer):
    """A plugin from a CDN and an icon font are named, with what to do instead."""
    from folium.plugins import MarkerCluster

    walk_map = draw_map(answer)
    MarkerCluster([(9.0, 3.0)]).add_to(walk_map)
    with pytest.raises(wc.OutputError, match=r"leaflet.*markercluster.*leave out"):
        walk_map.to_html()
    walk_map = draw_map(answer)
    folium.Marker((9.0, 3.0), icon=folium.Icon()).add_to(walk_map)
    with pytest.raises(wc.OutputError, match=r"folium\.DivIcon"):
        walk_map.to_html()


def test_online_tiles_are_there_only_when_the_study_asks(answer):
    """Then the policy allows their host for images, and nothing else."""
    assert "tile.openstreetmap.org" not in draw_map(answer).to_html()
    study = replace(answer.study, outputs=replace(answer.study.outputs, tiles=True))
    html = draw_map(replace(answer, study=study)).to_html()
    assert "img-src data: blob: https://tile.openstreetmap.org;" in html
    assert read_payload(html)["tiles"].startswith("https://tile.openstreetmap.org/")


def test_a_users_layer_is_a_function_in_a_list(answer):
    """It gets the answer and the packing, and its record reaches the page under its name."""

    def pack_starts(found, packing):
        packing.add_points("mine", found.clusters.geometry.to_numpy())
        return {"paint": "dots", "label": "My doors", "colour": "#123456", "shapes": "mine"}

    record = read_payload(draw_map(answer, layers={**LAYERS, "mine": pack_starts}).to_html())
    assert record["mine"]["label"] == "My doors"
    assert record["arrays"]["mine"][1] == 2 * len(answer.clusters)


def test_a_notebook_shows_the_whole_page_in_a_frame(answer, html):
    """The frame's document is the page itself, so it works offline there too."""
    shown = draw_map(answer)._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "&lt;!DOCTYPE html&gt;" in shown
    assert len(shown) > len(html)


def test_the_language_is_that_of_the_study_or_the_one_asked_for(answer):
    """`lang`, the words in the markup and the payload agree."""
    html = draw_map(answer, language="zh").to_html()
    assert '<html lang="zh-CN">' in html
    assert '<summary data-text="layers">图层</summary>' in html
    assert read_payload(html)["language"] == "zh"


def test_a_map_that_cannot_be_written_says_so(answer, tmp_path):
    """The path is named, and no half a file is left."""
    blocked = tmp_path / "file"
    blocked.write_text("here")
    with pytest.raises(wc.OutputError, match="cannot be written"):
        draw_map(answer).save(blocked / "map.html")
