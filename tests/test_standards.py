"""Facility standards: figures with their sources, and which OpenStreetMap features are of a kind."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from walkcircle.errors import StudyError
from walkcircle.standards import Kind, Selection, Standard, list_standards, read_standard

EXTRACT = Path(__file__).parents[1] / "data" / "monaco" / "monaco.osm.pbf"
GENERAL = read_standard("general")
HANGZHOU = read_standard("hangzhou")
PACKS = [read_standard(name) for name in list_standards()]
#: What may be cited beside the figures: judgements of the document.
JUDGEMENTS = {"mandatory", "group", "category"}

SMALL = """
id = "small"
zh = "小"
en = "Small"
source = "made up"
categories = [{ id = "health", zh = "卫生", en = "Health" }]

[[kinds]]
id = "clinic"
zh = "诊所"
en = "Clinic"
category = "health"
limit_min = 10
osm = { any = ["amenity=clinic"], except_names = "宠物" }
"""


def kinds_of(standard: Standard) -> tuple[Kind, ...]:
    """Return all kinds of a standard, those that do not count as well."""
    return (*standard.kinds, *standard.alternates)


def find_kinds(standard: Standard, tags: dict[str, str]) -> set[str]:
    """Return the ids of the kinds that count a feature with these tags."""
    return {kind.id for kind in standard.kinds if kind.osm.matches(tags)}


def refusal(folder: Path, text: str) -> str:
    """Return the message with which a planner's file is refused."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_standard(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


# ── every pack ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_every_figure_in_every_pack_is_cited(standard):
    """A figure without a source is refused, and so is a source without a figure."""
    for kind in kinds_of(standard):
        assert set(kind.cited) - JUDGEMENTS == set(kind.figures), kind.id
    for tier in standard.tiers:
        assert set(tier.cited) == set(tier.figures), tier.en


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_a_source_is_spelled_out(standard):
    """A reader must find the document; the number of somebody's list, such as S13, finds none."""
    for kind in kinds_of(standard):
        for figure, citation in kind.cited.items():
            assert len(citation.source) > 20, (kind.id, figure)
            assert not re.search(r"\bS\d{1,2}b?\b", citation.source), (kind.id, figure)


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_what_was_not_opened_is_not_called_seen(standard):
    """The words of a source and its confidence agree."""
    for kind in kinds_of(standard):
        for figure, citation in kind.cited.items():
            if "not opened" in citation.source:
                assert citation.confidence == "memory", (kind.id, figure)
            if "no document seen" in citation.source:
                assert citation.confidence == "doubtful", (kind.id, figure)
            assert ("proposed here" in citation.source) <= (citation.confidence == "inferred"), (
                kind.id,
                figure,
            )


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_a_norm_has_a_unit(standard):
    """40 per 1,000 means nothing without beds."""
    for kind in kinds_of(standard):
        assert (kind.norm_per_1000 is not None) == bool(kind.norm_unit), kind.id


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_every_category_holds_a_kind_and_has_a_short_id(standard):
    """An empty category would score nothing for ever."""
    used = {kind.category for kind in standard.kinds}
    assert used == {category.id for category in standard.categories}
    assert all(re.fullmatch(r"[a-z]{4,13}", category.id) for category in standard.categories)
    assert len(standard.categories) <= 9  # colours that a map tells apart


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_every_kind_has_two_labels_and_a_note(standard):
    """Labels are for the map, the note is for whoever quotes the row."""
    for kind in kinds_of(standard):
        assert re.search(r"[\u4e00-\u9fff]", kind.label("zh")), kind.id
        assert kind.label("en").isascii() or "é" in kind.label("en"), kind.id
        assert kind.note, kind.id


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_every_selection_can_select(standard):
    """Conditions have the form key=value, names go with conditions, and expressions compile."""
    part = re.compile(r"[a-z_:]+!?=[^=]+")
    for kind in kinds_of(standard):
        osm = kind.osm
        assert osm.any or osm.named, kind.id
        assert bool(osm.named) == bool(osm.names), kind.id
        for condition in (*osm.any, *osm.named):
            assert all(part.fullmatch(piece) for piece in condition.split()), (kind.id, condition)
            assert any("!=" not in piece for piece in condition.split()), (kind.id, condition)
        for pattern in filter(None, (osm.names, osm.except_names)):
            assert not re.search(pattern, ""), f"{kind.id}: the expression holds for no name at all"


@pytest.mark.parametrize("standard", PACKS, ids=lambda s: s.id)
def test_a_pack_is_called_as_its_file(standard):
    """The name in a study is the id in the tables."""
    assert standard.id in list_standards()
    assert standard.label("zh") == standard.zh != standard.en == standard.label("en")
    assert standard.note
    assert standard.jurisdiction
    assert standard.year is not None


# ── the Hangzhou pack ───────────────────────────────────────────────────────────────────────────

HANGZHOU_FIGURES = {  # id: minutes, metres, smallest area
    "community_service_station": (5, 300, 600),
    "subdistrict_service_centre": (15, 1000, 700),
    "infant_care_station": (5, 300, 200),
    "kindergarten": (5, 300, 2200),
    "child_growth_station": (5, None, 80),
    "primary_school": (10, 500, None),
    "junior_high_school": (15, 1000, None),
    "home_care_centre": (5, 300, 350),
    "nursing_home": (15, 1000, 700),
    "community_health_centre": (15, 1000, 1700),
    "community_health_station": (5, 300, 120),
    "cultural_centre": (15, 1000, 3000),
    "culture_room": (10, 500, 250),
    "fresh_market": (10, 500, 750),
    "supermarket_convenience": (5, 300, 50),
    "community_gym": (15, 1000, 100),
    "outdoor_sports": (5, 300, None),
    "community_canteen": (10, None, 100),
    "rehab_station": (10, None, 40),
    "community_park": (5, 300, None),
}


def test_hangzhou_has_eight_categories_and_twenty_kinds():
    """The two numbers are all that is published of the list."""
    assert len(HANGZHOU.categories) == 8
    assert len(HANGZHOU.kinds) == 20


def test_hangzhou_figures_are_those_of_the_catalogue():
    """Copied by hand from the catalogue, so that a slip of the pen in the pack is seen."""
    assert {k.id: (k.limit_min, k.limit_m, k.min_floor_m2) for k in HANGZHOU.kinds} == HANGZHOU_FIGURES


def test_hangzhou_asks_for_ground_where_a_kind_is_no_building():
    """Floor and ground are different things; a kindergarten has both."""
    ground = {k.id: k.land_m2 for k in HANGZHOU.kinds if k.land_m2}
    assert ground == {"kindergarten": 3500, "outdoor_sports": 150, "community_park": 4000}


def test_hangzhou_norms_are_those_of_the_catalogue():
    """Only norms that count heads of the kind's own group are entered."""
    norms = {k.id: (k.norm_per_1000, k.norm_unit, k.group) for k in HANGZHOU.kinds if k.norm_per_1000}
    assert norms == {
        "nursing_home": (40, "beds", "elder"),
        "outdoor_sports": (580, "m² of sports land", "all"),
        "community_park": (1000, "m² of park", "all"),
    }


def test_hangzhou_says_that_it_is_a_reconstruction():
    """In its title in both languages, in its note and at the head of its file."""
    head = (resources.files("walkcircle.standards") / "hangzhou.toml").read_text(encoding="utf-8")[:600]
    assert "NOT THE OFFICIAL LIST" in head
    assert "非官方" in HANGZHOU.zh
    assert "not the official list" in HANGZHOU.en
    assert "not published" in HANGZHOU.note
    assert "not opened" in HANGZHOU.source


def test_every_hangzhou_kind_says_where_its_name_comes_from():
    """Named by the article, by the Fuyang text, in a document of province, nation or city, or inferred."""
    status = re.compile(r"(Named in the (article|Fuyang text)|In (provincial|national|Hangzhou's)|Inferred)\b")
    for kind in kinds_of(HANGZHOU):
        assert status.match(kind.note), kind.id


def test_the_article_names_seven_types_which_are_eight_kinds():
    """Health centres and stations are one type in the article."""
    named = {kind.id for kind in HANGZHOU.kinds if kind.note.startswith("Named in the article")}
    assert named == {
        "community_service_station",
        "infant_care_station",
        "home_care_centre",
        "community_health_centre",
        "community_health_station",
        "cultural_centre",
        "community_gym",
        "community_canteen",
    }


def test_alternates_are_kept_but_do_not_count():
    """They are in the file for whoever learns the true list."""
    ids = {kind.id for kind in HANGZHOU.alternates}
    assert ids == {
        "public_toilet", "parcel_station", "pharmacy", "police_room", "parking_charging", "youth_station",
    }  # fmt: skip
    assert not any(kind.mandatory for kind in HANGZHOU.alternates)
    with pytest.raises(StudyError, match="'pharmacy' is not in the standard 'hangzhou'"):
        HANGZHOU.kind("pharmacy")


# ── the general pack ────────────────────────────────────────────────────────────────────────────


def test_general_has_the_nine_categories_of_the_paper_with_one_kind_each():
    """Bruno et al. 2024, in their order."""
    nine = [
        "outdoor",
        "learning",
        "supplies",
        "eating",
        "moving",
        "culture",
        "exercise",
        "services",
        "health",
    ]
    assert [kind.id for kind in GENERAL.kinds] == nine
    assert [kind.category for kind in GENERAL.kinds] == nine


def test_general_measures_fifteen_minutes_for_everyone_and_no_radius():
    """The paper knows neither groups nor straight lines."""
    assert {(k.limit_min, k.limit_m, k.group) for k in GENERAL.kinds} == {(15, None, "all")}


def test_general_says_that_the_paper_measures_something_else():
    """A reader must not compare the nearest place with the mean of twenty."""
    assert "20 nearest" in GENERAL.note
    assert "the nearest one (k = 1)" in GENERAL.note


@pytest.mark.parametrize(
    "tags",
    [
        {"amenity": "pharmacy"},
        {"amenity": "pharmacy", "healthcare": "pharmacy", "dispensing": "yes"},
        {"amenity": "pharmacy", "shop": "chemist", "name": "Boots"},
        {"healthcare": "pharmacy", "name": "益丰大药房"},
    ],
)
def test_a_pharmacy_counts_in_one_general_kind(tags):
    """The labels that the pack follows name it in two."""
    assert find_kinds(GENERAL, tags) == {"health"}


# ── which feature is of which kind ──────────────────────────────────────────────────────────────

# Tags as mappers write them · kinds under Hangzhou's list · kinds under the general one.
FEATURES = [
    ({"amenity": "community_centre", "name": "德加社区党群服务中心"}, "community_service_station", ""),
    ({"office": "government", "name": "五老村社区居民委员会"}, "community_service_station", "services"),
    ({"amenity": "townhall", "name": "东门街道办事处"}, "subdistrict_service_centre", "services"),
    ({"office": "government", "name": "文新街道党群服务中心"}, "subdistrict_service_centre", "services"),
    (
        {"amenity": "community_centre", "name": "文新街道德加社区党群服务中心"},
        "community_service_station",
        "",
    ),
    ({"amenity": "townhall", "name": "秦淮区政府"}, "", "services"),
    ({"amenity": "childcare", "name": "贝贝托育中心"}, "infant_care_station", "learning"),
    (
        {"amenity": "kindergarten", "name": "小星星婴幼儿照护服务驿站"},
        "infant_care_station kindergarten",
        "learning",
    ),
    ({"amenity": "kindergarten", "name": "五老村幼儿园"}, "kindergarten", "learning"),
    ({"amenity": "kindergarten", "name": "石鼓路小学附属幼儿园"}, "kindergarten", "learning"),
    ({"amenity": "community_centre", "name": "翠苑儿童成长驿站"}, "child_growth_station", ""),
    ({"amenity": "school", "name": "石鼓路小学"}, "primary_school", "learning"),
    ({"amenity": "school", "name": "Changjiang Road Primary School"}, "primary_school", "learning"),
    (
        {"amenity": "school", "name": "文澜实验学校", "isced:level": "1;2"},
        "primary_school junior_high_school",
        "learning",
    ),
    ({"amenity": "school", "name": "采荷九年一贯制学校"}, "primary_school junior_high_school", "learning"),
    ({"amenity": "school", "name": "贵溪五中"}, "junior_high_school", "learning"),
    ({"amenity": "school", "name": "南京市第三高级中学文昌初中"}, "junior_high_school", "learning"),
    ({"amenity": "school", "name": "杭州第二高级中学"}, "", "learning"),
    ({"amenity": "social_facility", "name": "古荡街道居家养老服务中心"}, "home_care_centre", ""),
    (
        {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "senior"},
        "home_care_centre",
        "",
    ),
    (
        {"amenity": "social_facility", "social_facility": "nursing_home", "name": "阳光护理院"},
        "nursing_home",
        "",
    ),
    ({"amenity": "hospital", "name": "古荡街道社区卫生服务中心"}, "community_health_centre", "health"),
    (
        {"amenity": "clinic", "name": "翠苑街道社区卫生服务中心九莲社区卫生服务站"},
        "community_health_station",
        "health",
    ),
    ({"amenity": "clinic", "name": "智慧健康站"}, "community_health_station", "health"),
    ({"amenity": "hospital", "name": "江苏省中医院"}, "", "health"),
    ({"amenity": "arts_centre", "name": "上城区文化馆"}, "cultural_centre", "culture"),
    ({"amenity": "library", "name": "杭州书房"}, "culture_room", "learning"),
    ({"amenity": "community_centre", "name": "湖滨社区文化家园"}, "culture_room", ""),
    ({"amenity": "marketplace", "name": "科巷菜市场"}, "fresh_market", "supplies"),
    ({"shop": "supermarket", "name": "盒马鲜生"}, "fresh_market supermarket_convenience", "supplies"),
    ({"shop": "convenience", "name": "Lawson"}, "supermarket_convenience", "supplies"),
    ({"shop": "convenience", "name": "汽车站便利店"}, "supermarket_convenience", "supplies"),
    ({"shop": "bakery"}, "", "supplies"),
    ({"shop": "clothes", "name": "Uniqlo"}, "", ""),
    ({"leisure": "fitness_centre", "name": "百姓健身房"}, "community_gym", "exercise"),
    ({"leisure": "pitch", "sport": "basketball"}, "outdoor_sports", "exercise"),
    ({"leisure": "playground"}, "outdoor_sports", "outdoor"),
    ({"leisure": "swimming_pool"}, "", ""),
    ({"leisure": "swimming_pool", "access": "customers"}, "", "exercise"),
    ({"amenity": "restaurant", "name": "翠苑社区老年食堂"}, "community_canteen", "eating"),
    ({"amenity": "restaurant", "name": "楼外楼"}, "", "eating"),
    ({"amenity": "social_facility", "name": "米市巷残疾人康复站"}, "rehab_station", ""),
    ({"leisure": "park", "name": "古荡口袋公园"}, "community_park", "outdoor"),
    ({"leisure": "garden"}, "", ""),
    ({"leisure": "garden", "access": "yes"}, "community_park", "outdoor"),
    ({"leisure": "park", "access": "private"}, "", ""),
    ({"highway": "bus_stop", "name": "小学生活区", "public_transport": "platform"}, "", "moving"),
    ({"railway": "subway_entrance", "name": "新街口#1"}, "", "moving"),
    ({"railway": "station", "station": "miniature"}, "", ""),
    ({"tourism": "museum", "name": "朝天宫"}, "", "culture"),
    ({"amenity": "bank", "name": "中国银行"}, "", "services"),
    ({"amenity": "atm", "name": "中国银行"}, "", ""),
    ({"amenity": "post_box"}, "", ""),
    ({"amenity": "dentist"}, "", ""),
    ({"amenity": "cafe", "shop": "bakery"}, "", "eating supplies"),
    ({"building": "yes", "name": "社区卫生服务中心宿舍"}, "", ""),
    ({}, "", ""),
]


@pytest.mark.parametrize(("tags", "hangzhou", "general"), FEATURES, ids=[str(f[0].get("name", f[0])) for f in FEATURES])
def test_a_feature_is_of_the_kinds_that_a_planner_would_say(tags, hangzhou, general):
    """Each line was decided by reading the tags, not by running the code."""
    assert find_kinds(HANGZHOU, tags) == set(hangzhou.split())
    assert find_kinds(GENERAL, tags) == set(general.split())


def test_the_table_of_features_holds_every_kind_of_both_lists():
    """A kind that no line of the table finds would go untested."""
    assert {kind for _, kinds, _ in FEATURES for kind in kinds.split()} == {k.id for k in HANGZHOU.kinds}
    assert {kind for _, _, kinds in FEATURES for kind in kinds.split()} == {k.id for k in GENERAL.kinds}


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "hospital", "name": "瑞鹏宠物医院"}, "community_health_centre"),
        ({"amenity": "clinic", "name": "古荡宠物卫生服务站"}, "community_health_station"),
        ({"amenity": "clinic", "name": "王医生诊所"}, "community_health_station"),
        ({"amenity": "clinic", "name": "康复卫生站诊所"}, "community_health_station"),
        ({"amenity": "clinic"}, "community_health_station"),
        ({"amenity": "doctors"}, "community_health_centre"),
        ({"amenity": "clinic", "name": "翠苑社区卫生服务中心九莲站"}, "community_health_centre"),
        ({"amenity": "school", "name": "小学生托管"}, "primary_school"),
        ({"amenity": "school", "name": "启明小学辅导中心"}, "primary_school"),
        ({"amenity": "school", "name": "金陵中学附属小学"}, "junior_high_school"),
        ({"amenity": "school", "name": "五老村小学旧址"}, "primary_school"),
        ({"amenity": "school", "name": "中学生托管"}, "junior_high_school"),
        ({"amenity": "childcare", "name": "小学生托管中心"}, "infant_care_station"),
        ({"amenity": "kindergarten", "name": "汪汪宠物幼儿园"}, "kindergarten"),
        ({"amenity": "social_facility", "name": "杭州老年大学养老服务中心"}, "home_care_centre"),
        (
            {"amenity": "community_centre", "community_centre:for": "senior", "name": "老年大学"},
            "home_care_centre",
        ),
        (
            {"amenity": "community_centre", "community_centre:for": "senior", "name": "棋牌室"},
            "home_care_centre",
        ),
        ({"amenity": "social_facility", "name": "阳光养老院"}, "home_care_centre"),
        ({"amenity": "social_facility", "name": "古荡居家养老服务中心"}, "nursing_home"),
        ({"amenity": "social_facility", "name": "儿童福利院"}, "nursing_home"),
        ({"amenity": "community_centre", "name": "社区卫生服务站"}, "community_service_station"),
        ({"office": "government", "name": "西湖区便民服务中心"}, "subdistrict_service_centre"),
        ({"amenity": "marketplace", "name": "花鸟市场"}, "fresh_market"),
        ({"amenity": "marketplace", "name": "四季青服装批发市场"}, "fresh_market"),
        ({"amenity": "restaurant", "name": "浙江大学第二食堂"}, "community_canteen"),
        ({"amenity": "restaurant", "name": "深夜食堂"}, "community_canteen"),
        ({"amenity": "library", "name": "浙江大学图书馆"}, "culture_room"),
        ({"leisure": "park", "name": "滨江软件园"}, "community_park"),
        ({"leisure": "pitch", "name": "学军小学操场"}, "outdoor_sports"),
        ({"amenity": "social_facility", "name": "产后康复中心"}, "rehab_station"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.get("name", value)),
)
def test_a_name_that_only_sounds_like_a_kind_is_not_of_it(tags, kind):
    """Each is a trap that a plain search for the kind's word falls into."""
    assert not HANGZHOU.kind(kind).osm.matches(tags)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "hospital", "name": "瑞鹏宠物医院"}, "health"),
        ({"amenity": "clinic", "name": "Animal Clinic"}, "health"),
        ({"amenity": "clinic", "name": "Clinique vétérinaire"}, "health"),
        ({"amenity": "school", "name": "小学生托管"}, "learning"),
        ({"amenity": "school", "name": "Monte Carlo Driving School"}, "learning"),
        ({"amenity": "marketplace", "name": "花鸟市场"}, "supplies"),
        ({"amenity": "bank", "name": "Food Bank"}, "services"),
        ({"leisure": "park", "name": "Airport Business Park"}, "outdoor"),
        ({"leisure": "sports_centre", "sport": "karting"}, "exercise"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.get("name", value)),
)
def test_the_general_list_has_its_own_traps(tags, kind):
    """The same in the languages of the bundled extracts."""
    assert not GENERAL.kind(kind).osm.matches(tags)


def test_a_forbidden_name_counts_under_any_of_the_name_keys():
    """A pet hospital may say so in its official name alone."""
    tags = {"amenity": "hospital", "name": "瑞鹏", "official_name": "瑞鹏宠物医院"}
    assert "health" not in find_kinds(GENERAL, tags)


@given(
    tags=st.dictionaries(
        st.sampled_from(["amenity", "shop", "leisure", "name", "name:en", "access", "isced:level"])
        | st.text(max_size=10),
        st.sampled_from(["school", "clinic", "park", "小学", "社区", "卫生服务中心", ";", "|", "*"])
        | st.text(max_size=255),
        max_size=8,
    )
)
def test_a_tag_may_hold_any_text_whatever(tags):
    """Nothing that a mapper can type raises: brackets, line breaks, halves of Unicode pairs."""
    for standard in PACKS:
        for kind in kinds_of(standard):
            assert kind.osm.matches(tags) in (True, False)


@pytest.mark.parametrize("piece", ["街道社区", "社区综合便民", "服务中心", "高级中学", "动物", "建材", "(", "\\", "\n"])
def test_a_very_long_name_takes_no_time(piece):
    """Expressions stay linear; one that backtracks would hang here. OpenStreetMap allows 255 characters."""
    tags = {"amenity": "school", "shop": "supermarket", "name": piece * 500}
    for standard in PACKS:
        find_kinds(standard, tags)


def test_a_real_city_has_every_kind_of_the_general_list():
    """Monaco is small and well mapped: a kind without a single find is a slip in the tags."""
    things = osmium.FileProcessor(str(EXTRACT)).with_filter(osmium.filter.EmptyTagFilter())
    found = {kind for thing in things for kind in find_kinds(GENERAL, dict(thing.tags))}
    assert found == {kind.id for kind in GENERAL.kinds}


# ── a planner's own standard ────────────────────────────────────────────────────────────────────


def test_a_planners_own_standard_is_read_by_its_path(tmp_path):
    """By an absolute path, or relative to the folder of the study."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALL, encoding="utf-8")
    own = read_standard(path)
    assert own == read_standard("mine.toml", folder=tmp_path)
    assert own.kind("clinic").limit_min == 10
    assert find_kinds(own, {"amenity": "clinic"}) == {"clinic"}


@pytest.mark.parametrize("name", list_standards())
def test_a_copy_of_a_pack_is_its_equal(tmp_path, name):
    """Changing a copy is how a planner is meant to correct a figure."""
    copy = tmp_path / "copy.toml"
    copy.write_bytes((resources.files("walkcircle.standards") / f"{name}.toml").read_bytes())
    assert read_standard(copy) == read_standard(name)


@pytest.mark.parametrize("name", ["hanghzou", "", "../hangzhou", "general.tml"])
def test_an_unknown_standard_is_answered_with_those_there_are(name):
    """The list and the way out, in one sentence."""
    with pytest.raises(StudyError) as caught:
        read_standard(name)
    assert ", ".join(list_standards()) in str(caught.value)
    assert ".toml" in str(caught.value)


def test_an_unknown_kind_is_answered_with_those_there_are():
    """So that a typing slip in a register is mended at once."""
    with pytest.raises(StudyError, match="its kinds are: outdoor, learning, supplies"):
        GENERAL.kind("shopping")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "limit_min = 10",
            "limit_mins = 10",
            "unknown key 'limit_mins' in [kinds.0] (clinic); did you mean 'limit_min'?",
        ),
        (
            "except_names",
            "exept_names",
            "unknown key 'exept_names' in [kinds.0.osm] (clinic); did you mean 'except_names'?",
        ),
        ("[[kinds]]", "[[kindz]]", "unknown key 'kindz'; did you mean 'kinds'?"),
        ('category = "health"\n', "", "key 'category' is missing in [kinds.0] (clinic)"),
        ("limit_min = 10", "limit_min = 0", "'kinds.0.limit_min' (clinic) is 0: Input should be greater than 0"),
        ("limit_min = 10", "limit_min = -5", "'kinds.0.limit_min' (clinic) is -5: Input should be greater than 0"),
        (
            'category = "health"',
            'category = "sport"',
            "kind 'clinic' is of category 'sport', which is not one of: health",
        ),
        (
            '"amenity=clinic"',
            '"amenity"',
            "in [kinds.0.osm] (clinic): 'amenity' is not a condition; write key=value, as in amenity=school",
        ),
    ],
)
def test_a_slip_in_a_standard_gives_one_sentence_with_the_cure(tmp_path, right, wrong, message):
    """The file, the place, and what was meant."""
    assert SMALL.count(right) == 1
    assert refusal(tmp_path, SMALL.replace(right, wrong)) == f"mine.toml: {message}"


@pytest.mark.parametrize("table", ["kinds", "alternates"])
def test_an_id_may_be_given_once(tmp_path, table):
    """A second clinic, counting or not, would make every row about clinics ambiguous."""
    kind = SMALL[SMALL.index("[[kinds]]") :].replace("[[kinds]]", f"[[{table}]]")
    assert refusal(tmp_path, SMALL + kind) == "mine.toml: kind 'clinic' is listed twice"


@pytest.mark.parametrize("confidence", ["certain", "", "Seen"])
def test_a_confidence_is_one_of_four_words(tmp_path, confidence):
    """'certain' is not on offer."""
    text = SMALL + f'cited = {{ limit_min = {{ source = "x", confidence = "{confidence}" }} }}\n'
    assert "'seen', 'memory', 'doubtful' or 'inferred'" in refusal(tmp_path, text)


def test_a_standard_that_could_select_nothing_sensible_is_refused():
    """A condition that only says what a feature is not, and a standard without kinds."""
    with pytest.raises(ValidationError, match="only says what a feature is not"):
        Selection(any=("access!=private",))
    with pytest.raises(ValidationError, match="at least one kind"):
        Standard(id="x", zh="x", en="x", source="x", categories=(), kinds=())
