"""The standards that come along beside Hangzhou's and the general one, and what a planner's own may say."""

from __future__ import annotations

from pathlib import Path

import osmium
import pytest
from pydantic import ValidationError

from tests.builders import make_kind, make_standard, make_study
from walkcircle.errors import StudyError
from walkcircle.standards import (
    Decay,
    Selection,
    Standard,
    count_confidence,
    list_standards,
    read_standard,
)

EXTRACT = Path(__file__).parents[1] / "data" / "monaco" / "monaco.osm.pbf"
GB = read_standard("gb50180-2018")
PACKS = {
    "gb": GB,
    "cc": read_standard("complete-community-2020"),
    "td": read_standard("tdt1062-2021"),
    "sh": read_standard("shanghai"),
    "mo": read_standard("mofcom-2021"),
    "ws": read_standard("walk-score"),
    "xm": read_standard("x-minute-logan"),
}


def kinds_that_count(tags: dict[str, str]) -> set[str]:
    """Return pack and kind of every kind that counts a feature with these tags."""
    return {f"{short}:{k.id}" for short, pack in PACKS.items() for k in pack.kinds if k.osm.matches(tags)}


# ── which feature is of which kind ──────────────────────────────────────────────────────────────

# Tags as mappers write them · the kinds that a planner would say, each as pack:kind.
FEATURES = [
    ({"amenity": "school", "name": "石鼓路小学"}, "gb:primary_school td:primary_school ws:schools xm:primary_school"),
    (
        {"amenity": "school", "name": "Lincoln Elementary School"},
        "gb:primary_school td:primary_school ws:schools xm:primary_school",
    ),
    ({"amenity": "school", "name": "Roosevelt High School"}, "ws:schools"),
    ({"amenity": "school", "name": "Monte Carlo Driving School"}, ""),
    ({"amenity": "school", "name": "Académie de Danse Princesse Grace"}, ""),
    ({"amenity": "school", "name": "小学生托管"}, ""),
    ({"amenity": "school", "name": "老年大学"}, ""),
    ({"amenity": "school", "name": "文澜中学"}, "gb:junior_high_school gb:junior_high_school_10 ws:schools"),
    ({"amenity": "school", "name": "杭州第二高级中学"}, "ws:schools"),
    (
        {"amenity": "school", "name": "文澜实验学校", "isced:level": "1;2"},
        (
            "gb:junior_high_school gb:junior_high_school_10 gb:primary_school td:primary_school ws:schools "
            "xm:primary_school"
        ),
    ),
    (
        {"amenity": "kindergarten", "name": "五老村幼儿园"},
        "gb:kindergarten cc:kindergarten td:kindergarten sh:kindergarten",
    ),
    ({"amenity": "kindergarten", "name": "汪汪宠物幼儿园"}, ""),
    ({"amenity": "childcare", "name": "贝贝托育中心"}, "gb:nursery cc:nursery sh:childcare_point"),
    (
        {"amenity": "community_centre", "name": "德加社区党群服务中心"},
        "gb:community_service_station cc:community_service_station sh:one_stop_centre mo:service_platform",
    ),
    (
        {"office": "government", "name": "五老村社区居民委员会"},
        "gb:community_service_station cc:community_service_station mo:service_platform",
    ),
    ({"amenity": "townhall", "name": "东门街道办事处"}, "gb:subdistrict_office"),
    ({"office": "government", "name": "文新街道党群服务中心"}, "gb:subdistrict_service_centre sh:one_stop_centre"),
    ({"office": "government", "name": "西湖区便民服务中心"}, ""),
    ({"office": "government", "name": "翠苑司法所"}, "gb:judicial_office"),
    ({"office": "lawyer", "name": "翠苑司法鉴定中心"}, ""),
    ({"amenity": "police", "name": "翠苑派出所"}, "gb:police_station"),
    ({"amenity": "police", "name": "西湖交警大队"}, ""),
    ({"amenity": "police", "name": "德加社区警务室"}, ""),
    (
        {"amenity": "hospital", "name": "古荡街道社区卫生服务中心"},
        "gb:community_health_centre td:community_health_centre",
    ),
    (
        {"amenity": "clinic", "name": "九莲社区卫生服务站"},
        "gb:community_health_station cc:community_health_station td:community_health_station sh:health_point",
    ),
    ({"amenity": "clinic", "name": "王医生诊所"}, ""),
    ({"amenity": "clinic", "name": "西湖门诊部"}, "gb:outpatient"),
    ({"amenity": "clinic", "name": "贝斯口腔门诊部"}, ""),
    ({"amenity": "hospital", "name": "瑞鹏宠物医院"}, ""),
    ({"amenity": "hospital", "name": "江苏省中医院"}, ""),
    ({"building": "yes", "name": "社区卫生服务中心宿舍"}, ""),
    ({"amenity": "pharmacy", "name": "益丰大药房"}, "gb:convenience_shop cc:pharmacy mo:pharmacy xm:pharmacy"),
    ({"amenity": "pharmacy", "name": "瑞派宠物药房"}, ""),
    (
        {"amenity": "social_facility", "social_facility": "nursing_home", "name": "阳光养老院"},
        "gb:nursing_home",
    ),
    ({"amenity": "social_facility", "social_facility": "nursing_home", "name": "阳光护理院"}, "gb:care_home"),
    (
        {"amenity": "social_facility", "name": "古荡街道居家养老服务中心"},
        "gb:day_care_elder cc:elder_station sh:elder_day_care",
    ),
    (
        {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "senior"},
        "gb:day_care_elder cc:elder_station sh:elder_day_care",
    ),
    (
        {"amenity": "social_facility", "name": "曹杨综合为老服务中心"},
        "gb:day_care_elder cc:elder_station sh:elder_service_complex",
    ),
    ({"amenity": "community_centre", "name": "曹杨老年活动室"}, "sh:elder_activity_room"),
    ({"amenity": "community_centre", "name": "老年大学"}, ""),
    ({"amenity": "restaurant", "name": "翠苑社区老年食堂"}, "gb:community_canteen sh:community_canteen"),
    ({"amenity": "restaurant", "name": "浙江大学第二食堂"}, ""),
    ({"amenity": "restaurant", "name": "楼外楼"}, "gb:restaurant_15 gb:restaurant_10 cc:eating ws:restaurants"),
    (
        {"amenity": "restaurant", "name": "沙县小吃"},
        "gb:restaurant_15 gb:restaurant_10 cc:eating mo:fast_food ws:restaurants",
    ),
    (
        {"amenity": "fast_food", "name": "McDonald's"},
        "gb:restaurant_15 gb:restaurant_10 cc:eating mo:fast_food ws:restaurants",
    ),
    ({"amenity": "cafe", "name": "Starbucks"}, "mo:leisure ws:coffee"),
    ({"amenity": "bar", "name": "The Swan"}, "ws:restaurants"),
    (
        {"amenity": "arts_centre", "name": "上城区文化馆"},
        "gb:cultural_centre sh:cultural_centre mo:leisure ws:entertainment",
    ),
    ({"amenity": "community_centre", "name": "湖滨社区文化家园"}, "gb:culture_room mo:leisure"),
    ({"amenity": "library", "name": "杭州书房"}, "gb:culture_room mo:leisure ws:books"),
    ({"amenity": "library", "name": "浙江大学图书馆"}, ""),
    ({"shop": "books", "name": "新华书店"}, "mo:leisure ws:books"),
    ({"amenity": "cinema", "name": "UME影城"}, "mo:leisure ws:entertainment"),
    ({"leisure": "sports_centre", "name": "黄龙体育中心"}, "gb:sports_hall"),
    ({"leisure": "sports_hall", "name": "学军小学体育馆"}, ""),
    ({"leisure": "fitness_centre", "name": "百姓健身房"}, "gb:gym_15 gb:gym_10 mo:fitness"),
    ({"leisure": "fitness_centre", "name": "悦动瑜伽"}, ""),
    ({"leisure": "pitch", "sport": "soccer"}, "gb:large_ball_ground cc:activity_ground"),
    ({"leisure": "pitch", "sport": "tennis"}, "gb:medium_ball_ground cc:activity_ground"),
    ({"leisure": "pitch", "sport": "basketball"}, "gb:medium_ball_ground gb:small_ball_ground cc:activity_ground"),
    ({"leisure": "pitch", "sport": "table_tennis"}, "gb:small_ball_ground cc:activity_ground"),
    ({"leisure": "pitch", "name": "学军小学操场"}, ""),
    ({"leisure": "track", "sport": "athletics"}, "gb:large_ball_ground"),
    ({"leisure": "track", "sport": "karting"}, ""),
    ({"leisure": "fitness_station"}, "gb:outdoor_fitness gb:outdoor_gear cc:activity_ground"),
    ({"leisure": "playground"}, "gb:play_ground cc:activity_ground"),
    ({"leisure": "playground", "access": "private"}, ""),
    ({"place": "square", "name": "翠苑健身广场"}, "gb:outdoor_fitness cc:activity_ground"),
    (
        {"leisure": "park", "name": "古荡口袋公园"},
        "gb:park_15 gb:park_10 gb:park_5 cc:public_green mo:leisure ws:parks xm:park",
    ),
    ({"leisure": "park", "name": "滨江软件园"}, ""),
    ({"leisure": "garden"}, ""),
    ({"shop": "mall", "name": "银泰百货"}, "gb:mall_15 gb:mall_10 ws:shopping"),
    ({"shop": "mall", "name": "四季青服装批发市场"}, ""),
    ({"amenity": "marketplace", "name": "科巷菜市场"}, "gb:fresh_market sh:indoor_market mo:fresh_market"),
    ({"amenity": "marketplace", "name": "花鸟市场"}, ""),
    (
        {"shop": "supermarket", "name": "世纪联华"},
        "gb:convenience_shop cc:supermarket mo:large_supermarket ws:grocery xm:supermarket",
    ),
    (
        {"shop": "supermarket", "name": "盒马鲜生"},
        "gb:fresh_market cc:supermarket sh:indoor_market mo:fresh_shop ws:grocery xm:supermarket",
    ),
    (
        {"shop": "supermarket", "name": "Tesco Express"},
        "gb:convenience_shop cc:supermarket mo:convenience_store ws:grocery xm:supermarket",
    ),
    ({"shop": "supermarket", "name": "萌宠物超市"}, ""),
    ({"shop": "convenience", "name": "罗森"}, "gb:corner_store mo:convenience_store"),
    ({"shop": "greengrocer", "name": "百果园果蔬"}, "mo:fresh_shop ws:grocery"),
    ({"shop": "clothes", "name": "Uniqlo"}, "ws:shopping"),
    ({"shop": "hairdresser", "name": "永琪美发"}, "gb:convenience_shop cc:hairdresser mo:hairdresser"),
    ({"shop": "hairdresser", "name": "宠物美容"}, ""),
    ({"shop": "laundry", "name": "福奈特"}, "gb:convenience_shop cc:laundry mo:laundry"),
    ({"shop": "laundry", "name": "洗车洗衣"}, ""),
    ({"shop": "electronics", "name": "小李手机维修"}, "cc:repair mo:repair"),
    ({"shop": "car_repair", "name": "途虎汽车维修"}, ""),
    ({"shop": "copyshop", "name": "数码图文"}, "mo:print_shop"),
    ({"office": "company", "name": "好阿姨家政"}, "mo:domestic_services"),
    ({"amenity": "bank", "name": "中国银行"}, "gb:bank_15 gb:bank_10 ws:banks"),
    ({"amenity": "bank", "name": "Food Bank"}, ""),
    ({"amenity": "atm", "name": "中国银行"}, ""),
    ({"shop": "mobile_phone", "name": "中国移动营业厅"}, "gb:telecom_15 gb:telecom_10"),
    ({"shop": "mobile_phone", "name": "小米之家"}, ""),
    ({"amenity": "post_office", "name": "翠苑邮政支局"}, "gb:post_office cc:parcel_station mo:parcel_station"),
    ({"amenity": "post_office", "name": "菜鸟驿站"}, "gb:parcel_station cc:parcel_station mo:parcel_station"),
    ({"amenity": "parcel_locker", "name": "丰巢"}, "gb:parcel_station cc:parcel_station mo:parcel_station"),
    ({"highway": "bus_stop", "name": "小学生活区"}, "gb:bus_stop_15 gb:bus_stop_10 gb:bus_stop_5 sh:transit_stop"),
    ({"amenity": "bus_station", "name": "长途汽车站"}, ""),
    ({"railway": "subway_entrance", "name": "新街口#1"}, "gb:metro_station_15 gb:metro_station_10 sh:transit_stop"),
    ({"railway": "station"}, ""),
    ({"amenity": "recycling"}, "gb:recycling_point"),
    ({"amenity": "waste_transfer_station"}, "gb:waste_station"),
    ({"building": "yes", "name": "翠苑垃圾中转站"}, "gb:waste_station"),
    ({"amenity": "toilets"}, "gb:public_toilet"),
    ({"amenity": "toilets", "access": "customers"}, ""),
]


@pytest.mark.parametrize(("tags", "kinds"), FEATURES, ids=[str(f[0].get("name", f[0])) for f in FEATURES])
def test_a_feature_is_of_the_kinds_that_a_planner_would_say(tags, kinds):
    """Each line was decided by reading the tags and the documents."""
    assert kinds_that_count(tags) == set(kinds.split())


def test_the_table_of_features_holds_every_kind():
    """A kind that no line of the table finds would go untested."""
    found = {kind for _, kinds in FEATURES for kind in kinds.split()}
    assert found == {f"{short}:{kind.id}" for short, pack in PACKS.items() for kind in pack.kinds}


def test_a_pharmacy_counts_once_in_every_pack_of_one_tier():
    """Counted as a shop and as health care it would fill two categories with one door."""
    found = [name.partition(":")[0] for name in kinds_that_count({"amenity": "pharmacy"})]
    assert sorted(found) == sorted(set(found))


def test_private_clinics_are_an_alternate_of_the_strict_guideline():
    """The word never appears there; whoever reads it broadly moves the alternate."""
    tags = {"amenity": "clinic", "name": "王医生诊所"}
    assert [kind.id for kind in PACKS["td"].alternates if kind.osm.matches(tags)] == ["clinic_broad"]


@pytest.mark.parametrize("name", ["walk-score", "x-minute-logan", "bruno-2024"])
def test_a_real_city_has_every_kind_of_the_packs_for_any_city(name):
    """Monaco is small and well mapped: a kind without a single find is a slip in the tags."""
    things = [
        dict(thing.tags) for thing in osmium.FileProcessor(str(EXTRACT)).with_filter(osmium.filter.EmptyTagFilter())
    ]
    without = [kind.id for kind in read_standard(name).kinds if not any(kind.osm.matches(tags) for tags in things)]
    assert without == []


# ── what the documents say ──────────────────────────────────────────────────────────────────────

GB_FIGURES = {  # id: tier, demanded, radius, floor, ground; copied by hand from the catalogue
    "junior_high_school": (15, True, 1000, None, None),
    "primary_school": (10, True, 500, None, None),
    "sports_hall": (15, False, 1000, 2000, 1200),
    "large_ball_ground": (15, True, 1000, None, 3150),
    "medium_ball_ground": (10, True, 500, None, 1310),
    "community_health_centre": (15, True, 1000, 1700, 1420),
    "outpatient": (15, True, 1000, None, None),
    "nursing_home": (15, True, None, 7000, 3500),
    "care_home": (15, True, None, 3500, 1750),
    "cultural_centre": (15, True, 1000, 3000, 3000),
    "subdistrict_service_centre": (15, True, 1000, 700, 600),
    "subdistrict_office": (15, True, 1000, 1000, 800),
    "judicial_office": (15, True, None, 80, None),
    "police_station": (15, False, 800, 1000, 1000),
    "mall_15": (15, True, 500, 1500, None),
    "mall_10": (10, True, 500, 1500, None),
    "fresh_market": (10, True, 500, 750, None),
    "gym_15": (15, False, 1000, 600, None),
    "gym_10": (10, False, 1000, 600, None),
    "restaurant_15": (15, True, None, None, None),
    "restaurant_10": (10, True, None, None, None),
    "bank_15": (15, True, None, None, None),
    "bank_10": (10, True, None, None, None),
    "telecom_15": (15, True, None, None, None),
    "telecom_10": (10, True, None, None, None),
    "post_office": (15, True, 1000, None, None),
    "metro_station_15": (15, False, 800, None, None),
    "metro_station_10": (10, False, 800, None, None),
    "bus_stop_15": (15, True, 500, None, None),
    "bus_stop_10": (10, True, 500, None, None),
    "bus_stop_5": (5, False, None, None, None),
    "community_service_station": (5, True, 300, 600, 500),
    "community_canteen": (5, False, None, None, None),
    "culture_room": (5, True, 500, 250, None),
    "small_ball_ground": (5, True, 300, None, 770),
    "outdoor_fitness": (5, True, 300, None, 150),
    "kindergarten": (5, True, 300, 3150, 5240),
    "nursery": (5, False, 300, None, None),
    "day_care_elder": (5, True, 300, 350, None),
    "community_health_station": (5, False, 300, 120, None),
    "convenience_shop": (5, True, 300, None, None),
    "recycling_point": (5, True, None, None, 6),
    "waste_station": (5, True, 400, None, 120),
    "public_toilet": (5, True, None, 30, 60),
    "corner_store": (0, True, None, 50, None),
    "play_ground": (0, True, None, None, 170),
    "outdoor_gear": (0, True, None, None, None),
    "parcel_station": (0, True, None, None, None),
    "junior_high_school_10": (10, False, 1000, None, None),
    "park_15": (15, True, None, None, 50000),
    "park_10": (10, True, None, None, 10000),
    "park_5": (5, True, None, None, 4000),
}


def test_gb50180_figures_are_those_of_the_catalogue():
    """So that a slip of the pen in the pack is seen."""
    assert {k.id: (k.tier, k.mandatory, k.limit_m, k.min_floor_m2, k.land_m2) for k in GB.kinds} == GB_FIGURES


def test_gb50180_walks_are_those_of_the_tier_and_not_of_the_radius():
    """Minutes on foot and a straight line are different things; a block has no minutes, which is said."""
    for kind in GB.kinds:
        assert kind.limit_min == (kind.tier or 5), kind.id
        assert kind.cited["limit_min"].confidence == ("memory" if kind.tier else "inferred"), kind.id


def test_gb50180_calls_nothing_seen_that_was_not():
    """Only figures of the encyclopedia and of two journals were; the tables themselves were not opened."""
    seen = {(k.id, name) for k in GB.kinds for name, c in k.cited.items() if c.confidence == "seen"}
    assert seen == {("park_10", "norm_per_1000"), ("park_10", "land_m2")}
    assert {k.cited["clause"].confidence for k in GB.kinds} == {"doubtful"}


def test_gb50180_knows_the_four_sizes_of_living_circles():
    """From the block to 15 minutes, each with its people."""
    people = {tier.minutes: tier.population for tier in GB.tiers}
    assert people == {15: (50000, 100000), 10: (15000, 25000), 5: (5000, 12000), 0: (1000, 3000)}


def test_walk_scores_weights_sum_to_fifteen():
    """The sum that its method divides by."""
    assert sum(sum(kind.rank_weights) for kind in PACKS["ws"].kinds) == pytest.approx(15)


def test_the_method_of_each_study_is_its_own():
    """Mean of twenty, decay, longest of four: no threshold."""
    methods = {name: read_standard(name).method for name in list_standards()}
    assert {name: method for name, method in methods.items() if method != "threshold"} == {
        "bruno-2024": "mean-of-nearest", "walk-score": "decay", "x-minute-logan": "max-of-nearest",
    }  # fmt: skip
    bruno = read_standard("bruno-2024")
    assert {kind.nearest for kind in bruno.kinds} == {20}
    general = read_standard("general")
    assert [kind.osm for kind in bruno.kinds] == [kind.osm for kind in general.kinds]


def test_mofcoms_minutes_are_five_eight_and_fifteen_and_ten_for_the_rest():
    """As its notice and its plan say."""
    minutes = {kind.id: kind.limit_min for kind in PACKS["mo"].kinds}
    assert {k for k, m in minutes.items() if m == 5} == {"convenience_store"}
    assert {k for k, m in minutes.items() if m == 8} == {
        "pharmacy",
        "fast_food",
        "laundry",
        "hairdresser",
        "fresh_market",
    }
    assert set(minutes.values()) == {5, 8, 10, 15}


def test_the_items_of_complete_communities_that_have_a_place_are_ten():
    """Items 1 to 8, 14 and 15; the five sorts of shop of item 8 share one weight."""
    items: dict[str, float] = {}
    for kind in PACKS["cc"].kinds:
        items[kind.clause] = items.get(kind.clause, 0.0) + kind.weight
    assert items == pytest.approx({f"完整居住社区建设标准 {n}": 1.0 for n in (1, 2, 3, 4, 5, 6, 7, 8, 14, 15)})


def test_confidence_is_counted_over_all_values():
    """Kinds, alternates, tiers and the standard's own."""
    counts = count_confidence(PACKS["sh"])
    assert sum(counts.values()) == sum(len(k.cited) for k in PACKS["sh"].kinds) + len(PACKS["sh"].tiers[0].cited)
    assert counts["memory"] == 0


# ── methods and studies ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", list_standards())
def test_a_study_takes_every_standard(name):
    """Whatever its method; how each is scored is tested with the check-up."""
    assert make_study(read_standard(name)).standard.id == name


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tier": 5, "limit_min": 15.0}, "of the 5-minute tier and may be 15 minutes away"),
        ({"rank_weights": (1.0, 0.5)}, "set nearest = 2"),
        ({"service_population": (12000.0, 5000.0)}, r"\[12000, 5000\] goes down"),
        ({"group": "elders"}, "'all', 'infant', 'child', 'pupil', 'youth', 'adult', 'elder', 'aged' or 'disabled'"),
        ({"cited": {"limit_mn": {"source": "x", "confidence": "seen"}}}, "did you mean 'limit_min'"),
        ({"cited": {"limit_m": {"source": "x", "confidence": "seen"}}}, "names 'limit_m', which is not given"),
        ({"osm": "hangzhou/kindergarden"}, "did you mean 'kindergarten'"),
        ({"osm": "atlantis/school"}, "pack/kind as in hangzhou/kindergarten"),
        ({"tier": 7}, "0, 5, 10 or 15"),
    ],
)
def test_a_kind_that_cannot_be_meant_is_refused(changes, sentence):
    """Each with what to do instead."""
    given = {"osm": Selection(any=("amenity=school",)), "limit_min": 5.0, **changes}
    with pytest.raises(ValidationError, match=sentence):
        type(make_kind("x"))(id="x", zh="x", en="x", category="x", **given)


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        ({}, {"method": "decay"}, r"add a \[decay\] table"),
        ({}, {"decay": Decay(per="m", points=((400.0, 1.0), (1600.0, 0.0)))}, r"leave \[decay\] out"),
        ({"nearest": 20}, {}, "the method 'threshold' looks at one"),
        ({"nearest": 2}, {"method": "max-of-nearest"}, "the method 'max-of-nearest' looks at one"),
        ({"nearest": 2, "rank_weights": (1.0, 0.5)}, {"method": "mean-of-nearest"}, "only the method 'decay' uses"),
        ({}, {"method": "median"}, "'threshold', 'mean-of-nearest', 'decay' or 'max-of-nearest'"),
        ({"tier": 15}, {"tiers": GB.tiers[2:]}, "is of tier 15; the tiers are: 5, 0"),
        ({}, {"tiers": (GB.tiers[0], GB.tiers[0])}, "tier 15 is described twice"),
        ({}, {"cited": {"methods": {"source": "x", "confidence": "seen"}}}, "did you mean 'method'"),
    ],
)
def test_a_standard_whose_parts_do_not_fit_is_refused(kind, changes, sentence):
    """A method without its figures, and figures without their method."""
    one = make_standard(make_kind("x"))
    with pytest.raises(ValidationError, match=sentence):
        Standard(
            id="x", zh="x", en="x", source="x", categories=one.categories, kinds=(make_kind("x", **kind),), **changes
        )


@pytest.mark.parametrize(
    "points", [((400.0, 1.0),), ((400.0, 1.0), (400.0, 0.0)), ((0.0, 0.5), (400.0, 1.0)), ((0.0, 2.0), (400.0, 1.0))]
)
def test_a_decay_grows_in_distance_and_falls_in_worth(points):
    """One point is no curve, and nearer is never worth less."""
    with pytest.raises(ValidationError):
        Decay(per="m", points=points)


# ── a planner's own ─────────────────────────────────────────────────────────────────────────────

SHORTEST = """\
id = "mine"
[[kinds]]
id = "clinic"
limit_min = 10
osm = "hangzhou/community_health_station"
[[kinds]]
id = "park"
limit_min = 5
osm = { any = ["leisure=park"] }
"""


def test_a_standard_of_ones_own_has_nine_lines(tmp_path):
    """Labels, source and categories fill themselves; a selection may be borrowed."""
    path = tmp_path / "mine.toml"
    path.write_text(SHORTEST, encoding="utf-8")
    own = read_standard(path)
    assert len(SHORTEST.splitlines()) < 10
    assert (own.zh, own.en, own.method, own.status) == ("mine", "mine", "threshold", "own list")
    assert [(k.id, k.zh, k.category) for k in own.kinds] == [("clinic", "clinic", "clinic"), ("park", "park", "park")]
    assert [category.id for category in own.categories] == ["clinic", "park"]
    assert own.kind("clinic").osm == read_standard("hangzhou").kind("community_health_station").osm
    assert make_study(own).standard == own


def test_a_selection_may_be_that_of_another_kind_of_the_file(tmp_path):
    """The same thing at two tiers is two kinds found by the same tags, written once."""
    path = tmp_path / "mine.toml"
    more = '[[kinds]]\nid = "near_park"\nzh = "公园"\ncategory = "green"\ntier = 5\nlimit_min = 5\nosm = "park"\n'
    path.write_text(SHORTEST + more, encoding="utf-8")
    own = read_standard(path)
    assert own.kind("near_park").osm == own.kind("park").osm
    assert own.kind("near_park").en == "公园"
    assert [category.id for category in own.categories] == ["clinic", "park", "green"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("limit_min = 5", "limit_min = '5'", "'kinds.1.limit_min' (park) is '5': Input should be a valid number"),
        ("community_health_station", "health_station", "'hangzhou' has no kind 'health_station'; did you mean"),
        ('[[kinds]]\nid = "park"\n', "[[kinds]]\n", "key 'id' is missing in [kinds.1]"),
        ('id = "mine"\n', "kinds = 3\n", "mine.toml: "),
    ],
)
def test_a_slip_in_a_short_file_names_row_and_key(tmp_path, right, wrong, message):
    """What fills itself must not hide what is wrong."""
    path = tmp_path / "mine.toml"
    assert SHORTEST.count(right) == 1
    path.write_text(SHORTEST.replace(right, wrong), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_standard(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_readme_lists_every_pack_with_its_kinds_and_method():
    """The table there is written by hand."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    packs = [read_standard(name) for name in list_standards()]
    for pack in packs:
        assert f"| {len(pack.kinds)} | {pack.method} |" in next(
            line for line in text.splitlines() if line.startswith(f"| `{pack.id}`")
        )
