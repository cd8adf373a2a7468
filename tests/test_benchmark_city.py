"""The city of the benchmark, small: it is a place that can be analysed, and it can be made again."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pandas as pd
import pytest
import rasterio
import shapely

import walkcircle as wc
from walkcircle.standards import read_standard
from walkcircle.tables import Communities, CommunityCoverage, Facilities, Residences

ROOT = Path(__file__).resolve().parent.parent
SCALE = 0.005


@pytest.fixture(scope="module")
def write_city():
    """Return the city's author, which is imported as ``python -m tests.benchmarks`` imports it."""
    sys.path.insert(0, str(ROOT))
    try:
        from tests.benchmarks.city import write_city
    finally:
        sys.path.remove(str(ROOT))
    return write_city


@pytest.fixture(scope="module")
def city(write_city, tmp_path_factory):
    """Write the city once."""
    return write_city(tmp_path_factory.mktemp("city"), scale=SCALE)


@pytest.fixture(scope="module")
def place(city):
    """Read the city as a place."""
    return wc.read_place(wc.read_study(city.study))


def test_the_same_seed_writes_the_same_bytes_and_another_seed_another_city(write_city, city, tmp_path):
    def hash_all(folder):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}

    first = hash_all(city.study.parent)
    assert hash_all(write_city(tmp_path / "again", scale=SCALE).study.parent) == first
    other = hash_all(write_city(tmp_path / "other", scale=SCALE, seed=2).study.parent)
    assert {name for name in first if other[name] == first[name]} == {"study.toml"}


def test_the_city_holds_as_much_as_was_asked_for(city, place):
    assert (city.residences, city.communities, city.facilities, city.people) == (500, 6, 175, 50_000)
    assert len(place.residences) == 500
    assert place.residences[Residences.population].sum() == 50_000
    assert len(place.communities) == 6
    assert place.communities[Communities.population].sum() == 50_000
    assert len(place.facilities) == 175
    assert set(place.facilities[Facilities.kind]) == {kind.id for kind in read_standard("hangzhou").kinds}
    assert place.residences.crs == place.network.crs


def test_nearly_all_streets_are_joined_and_only_bridges_cross_the_water(place):
    network = place.network
    length = network.length_m
    assert length[network.island_of_edge() == 0].sum() > 0.98 * length.sum()
    water = place.background.water.union_all()
    wet = shapely.intersects(network.lines, water)
    assert wet.any()
    assert (network.level[wet] == 1).all()


def test_estates_are_closed_and_every_one_has_a_gate(place):
    assert len(place.estates) > 10
    gates = shapely.STRtree(place.entrances.to_numpy())
    estate, _ = gates.query(place.estates.geometry.boundary.to_numpy(), predicate="dwithin", distance=0.01)
    assert set(estate) == set(range(len(place.estates)))


def test_communities_cover_the_city_and_do_not_overlap(place):
    shapes = place.communities.geometry
    assert shapes.union_all().area == pytest.approx(shapes.area.sum(), rel=1e-6)


def test_the_hills_are_where_the_map_is(city, place):
    with rasterio.open(city.study.parent / "dem.tif") as raster:
        west, south, east, north = place.network.extent.bounds
        assert raster.bounds.left < west + 200
        assert raster.bounds.right > east - 200
        assert raster.bounds.bottom < south + 200
        assert raster.bounds.top > north - 200
        height = raster.read(1)
    assert height.max() > height.min() + 20


def test_the_city_can_be_analysed_and_everybody_is_counted(city, place):
    answer = wc.analyse(place, wc.read_study(city.study))
    rows = answer.communities
    people = rows.groupby([CommunityCoverage.kind, CommunityCoverage.walker])[CommunityCoverage.population].sum()
    assert len(people) == 20 * 3
    assert people.tolist() == pytest.approx([50_000] * len(people))
    covered = rows[CommunityCoverage.covered].sum() / rows[CommunityCoverage.population].sum()
    assert 0.1 < covered < 0.9
    assert isinstance(answer.gaps, pd.DataFrame)
    assert len(answer.gaps) > 0
