"""People of a grid, shared among the homes in its cells: totals are kept, and nobody is put where nobody lives."""

from dataclasses import replace
from math import fsum

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from builders import EAST, METRES, NORTH, make_residences
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine
from rasterio.warp import transform as transform_xy

from walkcircle.analysis import analyse
from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.sources import grids, read_place
from walkcircle.sources.grids import add_empty_cells, describe_empty_cells, read_grid, share_cells
from walkcircle.sources.town import CORNER, write_town
from walkcircle.study import PopulationSection, read_study
from walkcircle.tables import Clusters, Communities, CommunityCoverage, Residences


def from_origin(west, north, width, height):
    """Place a raster by its north-western corner and the size of its cells."""
    return Affine(width, 0, west, 0, -height, north)


#: Four cells of a hundred metres, from the south-west on.
BOXES = [shapely.box(x, y, x + 100, y + 100) for y in (0, 100) for x in (0, 100)]


def make_cells(**counts):
    """Make cells from counts per group, missing where None."""
    columns = {group: [np.nan if n is None else float(n) for n in numbers] for group, numbers in counts.items()}
    names = [f"cell {i}" for i in range(len(BOXES))]
    return gpd.GeoDataFrame(columns, geometry=BOXES, index=names, crs=METRES)


def make_homes(*rows, **columns):
    """Make homes from people and a place or an outline."""
    frame = make_residences([(f"h{i}", people, (0, 0)) for i, (people, _) in enumerate(rows)])
    shapes = [place if isinstance(place, shapely.Geometry) else shapely.Point(place) for _, place in rows]
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=METRES)).assign(**columns)


# ── sharing, with pencil ────────────────────────────────────────────────────────────────────────


def test_a_cell_is_shared_by_dwellings():
    """Two homes of six get a third of ninety; the next cell has one home for all its ten."""
    homes = make_homes((5, (10, 10)), (5, (20, 20)), (5, (150, 50)), **{Residences.dwellings: [2.0, 4.0, 9.0]})
    shared = share_cells(make_cells(all=[90, 10, 0, 0]), homes)
    assert shared.residences[Residences.population].tolist() == pytest.approx([30, 60, 10])
    assert len(shared.empty) == 0
    assert not shared.outside.any()


def test_without_dwellings_a_cell_is_shared_by_people():
    homes = make_homes((1, (10, 10)), (3, (20, 20)))
    assert share_cells(make_cells(all=[8, 0, 0, 0]), homes).residences[Residences.population].tolist() == [2, 6]


def test_a_home_whose_dwellings_are_unknown_has_as_many_for_its_people_as_others():
    """Two people in a home: four people are two homes."""
    homes = make_homes((6, (10, 10)), (4, (20, 20)), **{Residences.dwellings: [3.0, np.nan]})
    people = share_cells(make_cells(all=[50, 0, 0, 0]), homes).residences[Residences.population]
    assert people.tolist() == pytest.approx([30, 20])


def test_an_outline_takes_part_in_each_cell_by_its_area_there():
    """A quarter of the long house lies in the second cell, whose people it has alone."""
    homes = make_homes((4, shapely.box(25, 10, 125, 20)), (1, (10, 50)))
    shared = share_cells(make_cells(all=[8, 6, 0, 0]), homes).residences[Residences.population]
    assert shared.tolist() == pytest.approx([8 * 3 / 4 + 6, 8 / 4])


def test_a_point_on_a_border_is_of_the_first_cell():
    shared = share_cells(make_cells(all=[8, 6, 4, 2]), make_homes((1, (100, 100))))
    assert shared.residences[Residences.population].tolist() == [8]
    assert shared.empty.index.tolist() == ["cell 1", "cell 2", "cell 3"]


def test_a_group_has_the_same_share_in_all_homes_of_a_cell():
    """A tenth in the first cell, half in the second."""
    homes = make_homes((1, (10, 10)), (3, (20, 20)), (1, (150, 50)))
    shared = share_cells(make_cells(all=[40, 10, 0, 0], elder=[4, 5, 0, 0]), homes).residences
    assert shared[Residences.population].tolist() == [10, 30, 10]
    assert shared[Residences.elder].tolist() == [1, 3, 5]


def test_a_grid_of_a_group_alone_leaves_the_residents_as_they_are():
    homes = make_homes((1, (10, 10)), (3, (20, 20)), (7, (150, 50)))
    shared = share_cells(make_cells(elder=[2, None, 0, 0]), homes)
    assert shared.residences[Residences.population].tolist() == [1, 3, 7]
    assert shared.residences[Residences.elder].tolist() == pytest.approx([0.5, 1.5, np.nan], nan_ok=True)
    assert not shared.outside.any()


def test_what_a_grid_does_not_know_stays_as_it_was():
    """An unknown cell, and a home beyond all cells, keep people and children."""
    homes = make_homes((1, (10, 10)), (3, (150, 50)), (7, (900, 900)), **{Residences.child: [np.nan, 2.0, 1.0]})
    shared = share_cells(make_cells(all=[50, None, 0, 0], child=[5, None, 0, 0]), homes)
    assert shared.residences[Residences.population].tolist() == [50, 3, 7]
    assert shared.residences[Residences.child].tolist() == [5, 2, 1]
    assert shared.outside.tolist() == [False, True, True]


def test_a_home_mostly_outside_the_known_cells_takes_no_part():
    """The total of the known cell goes to the home that is wholly there."""
    homes = make_homes((4, shapely.box(60, 10, 160, 20)), (1, (10, 50)))
    shared = share_cells(make_cells(all=[8, None, 0, 0]), homes)
    assert shared.residences[Residences.population].tolist() == [4, 8]
    half = share_cells(make_cells(all=[8, None, 0, 0]), make_homes((4, shapely.box(50, 10, 150, 20)), (1, (10, 50))))
    assert half.residences[Residences.population].sum() == pytest.approx(8)


def test_an_empty_known_cell_has_no_people():
    assert share_cells(make_cells(all=[0, 0, 0, 0]), make_homes((9, (10, 10)))).residences[
        Residences.population
    ].tolist() == [0]


def test_cells_without_a_home_are_listed_or_kept_in_their_middle():
    """Eight people and two elders of the third cell; the fourth is empty of people too."""
    homes = make_homes((1, (10, 10)))
    shared = share_cells(make_cells(all=[5, None, 8, 0], elder=[1, None, 2, 0]), homes)
    assert shared.empty.index.tolist() == ["cell 2"]
    kept = add_empty_cells(shared, source="pop.tif")
    assert kept[Residences.residence].tolist() == ["h0", "pop.tif: cell 2"]
    assert kept[Residences.population].tolist() == [5, 8]
    assert kept[Residences.elder].tolist() == [1, 2]
    assert kept.geometry.iloc[1].equals(shapely.Point(50, 150))
    assert kept.crs == METRES
    assert describe_empty_cells(shared.empty, source="pop.tif", kept=False) == [
        "1 cells of pop.tif with 8 people have no mapped home; they are not in the analysis: cell 2 (8)."
    ]
    assert "they are kept in the middle" in describe_empty_cells(shared.empty, source="pop.tif", kept=True)[0]
    assert describe_empty_cells(shared.empty.iloc[:0], source="pop.tif", kept=True) == []


# ── sharing, by brute force and for any grid ────────────────────────────────────────────────────


def share_slowly(cells, homes, group):
    """Share cell by cell and home by home, by area and people."""
    got = np.zeros(len(homes))
    for shape, count in zip(cells.geometry, cells[group], strict=True):
        weights = [
            home.intersection(shape).area / home.area * people
            for home, people in zip(homes.geometry, homes[Residences.population], strict=True)
        ]
        if fsum(weights) > 0:
            got += count * np.array(weights) / fsum(weights)
    return got


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 12),
    people=st.lists(st.floats(0.1, 1e5), min_size=4, max_size=4),
    share=st.floats(0, 1),
)
@settings(max_examples=80, deadline=None)
def test_totals_are_kept_for_everybody_and_for_every_group(seed, count, people, share):
    """In any cells, for any houses; what no home can take is listed."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 150, (count, 2))
    sizes = rng.uniform(1, 50, (count, 2))
    outlines = [shapely.box(*corner, *(corner + size)) for corner, size in zip(corners, sizes, strict=True)]
    homes = make_homes(*((rng.uniform(0.1, 100), outline) for outline in outlines))
    cells = make_cells(all=people, elder=[share * p for p in people], disabled=rng.uniform(0, 9, 4))
    shared = share_cells(cells, homes)
    kept = add_empty_cells(shared, source="grid")
    for group, column in (("all", Residences.population), ("elder", Residences.elder), ("disabled", "disabled")):
        total = fsum(cells[group])
        assert fsum(kept[column]) == pytest.approx(total, rel=1e-9)
        assert fsum(shared.residences[column]) + fsum(shared.empty[group]) == pytest.approx(total, rel=1e-9)
    assert shared.residences[Residences.population].to_numpy() == pytest.approx(
        share_slowly(cells, homes, "all"), rel=1e-9, abs=1e-9
    )
    elders = shared.residences[Residences.elder] / shared.residences[Residences.population]
    assert elders.to_numpy() == pytest.approx(share, rel=1e-9, abs=1e-12)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def write_raster(path, *bands, transform=None, crs=METRES, nodata=-1.0):
    """Write bands of people; cells of a hundred metres from the tests' corner on, north at the top."""
    data = np.array(bands, dtype=np.float64)
    place = transform or from_origin(EAST, NORTH + 100 * data.shape[1], 100, 100)
    with rasterio.open(
        path, "w", driver="GTiff", width=data.shape[2], height=data.shape[1], count=len(data), dtype="float64",
        crs=None if crs is None else crs.to_wkt(), transform=place, nodata=nodata,
    ) as raster:  # fmt: skip
        raster.write(data)
    return path.name


def read(tmp_path, name, *, bounds=(EAST, NORTH, EAST + 1000, NORTH + 1000), **section):
    return read_grid(PopulationSection(grid=name, **section), folder=tmp_path, crs=METRES, bounds=bounds)


def test_a_raster_is_read_cell_by_cell(tmp_path):
    """Two rows of three cells; the one without data is unknown and is none of them."""
    name = write_raster(tmp_path / "pop.tif", [[1, 2, 3], [4, -1, 6]], [[0, 1, 0], [2, -1, -1]])
    cells = read(tmp_path, name, grid_columns={"all": "1", "elder": "2"})
    assert cells["all"].to_dict() == {
        "row 0, column 0": 1, "row 0, column 1": 2, "row 0, column 2": 3, "row 1, column 0": 4, "row 1, column 2": 6,
    }  # fmt: skip
    assert cells["elder"].tolist() == pytest.approx([0, 1, 0, 2, np.nan], nan_ok=True)
    assert cells.geometry["row 1, column 2"].bounds == (EAST + 200, NORTH, EAST + 300, NORTH + 100)
    assert cells.crs == METRES
    assert read(tmp_path, name)["all"].tolist() == [1, 2, 3, 4, 6]


@pytest.mark.parametrize("tile", [1, 2, 5])
def test_a_raster_read_in_any_windows_is_the_same(tmp_path, tile, monkeypatch):
    name = write_raster(tmp_path / "pop.tif", np.arange(35).reshape(5, 7))
    whole = read(tmp_path, name).sort_index()
    monkeypatch.setattr(grids, "TILE", tile)
    pd.testing.assert_frame_equal(read(tmp_path, name).sort_index(), whole)


def test_only_cells_that_touch_the_study_are_read(tmp_path):
    name = write_raster(tmp_path / "pop.tif", np.arange(35).reshape(5, 7))
    box = (EAST + 210, NORTH + 110, EAST + 290, NORTH + 190)
    assert read(tmp_path, name, bounds=box).index.tolist() == ["row 3, column 2"]


def test_a_raster_in_degrees_or_turned_lies_where_it_lies(tmp_path):
    """Each corner is brought over by itself."""
    lon, lat = (c[0] for c in transform_xy(METRES.to_wkt(), "EPSG:4326", [EAST], [NORTH]))
    step = 0.001
    place = from_origin(lon, lat + 2 * step, step, step)
    name = write_raster(tmp_path / "pop.tif", [[1, 2], [3, 4]], transform=place, crs=gpd.GeoSeries(crs=4326).crs)
    cells = read(tmp_path, name)
    expected = gpd.GeoSeries([shapely.box(lon + step, lat, lon + 2 * step, lat + step)], crs=4326).to_crs(METRES)
    assert cells.geometry["row 1, column 1"].symmetric_difference(expected.iloc[0]).area < 1e-3
    turned = Affine(86.6, 50, EAST + 500, 50, -86.6, NORTH + 500)
    name = write_raster(tmp_path / "turned.tif", [[1, 2], [3, 4]], transform=turned)
    cells = read(tmp_path, name)
    assert sorted(cells["all"]) == [1, 2, 3, 4]
    middle = shapely.Point(EAST + 500 + 86.6 * 1.5 + 50 * 0.5, NORTH + 500 + 50 * 1.5 - 86.6 * 0.5)
    assert cells.geometry["row 0, column 1"].centroid.distance(middle) < 1e-6


def test_areas_are_read_by_their_columns(tmp_path):
    cells = make_cells(pop=[1, 2, None, 4], over60=[0, 1, None, 2]).translate(EAST, NORTH)
    frame = gpd.GeoDataFrame(
        {"population": [1.0, 2.0, np.nan, 4.0], "over60": [0.0, 1.0, np.nan, 2.0]},
        geometry=cells.to_numpy(),
        crs=METRES,
    )
    frame.to_file(tmp_path / "grid.gpkg")
    read_cells = read(tmp_path, "grid.gpkg", grid_columns={"all": "population", "elder": "over60"})
    assert read_cells.index.tolist() == ["feature 1", "feature 2", "feature 3", "feature 4"]
    assert read_cells["all"].tolist() == pytest.approx([1, 2, np.nan, 4], nan_ok=True)
    assert read_cells["elder"].tolist() == pytest.approx([0, 1, np.nan, 2], nan_ok=True)
    assert read(tmp_path, "grid.gpkg")["all"].tolist() == pytest.approx([1, 2, np.nan, 4], nan_ok=True)
    with pytest.raises(TableError, match=r"grid.gpkg: column 'over80'.*did you mean 'over60'"):
        read(tmp_path, "grid.gpkg", grid_columns={"aged": "over80"})


@pytest.mark.parametrize(
    ("options", "section", "sentence"),
    [
        ({"crs": None}, {}, "no coordinate reference system"),
        ({}, {"grid_columns": {"elder": "2"}}, "has 1 bands, and grid_columns names band 2"),
        ({"nodata": None}, {}, "counts -1 people in a cell; declare that number as nodata"),
        ({"transform": from_origin(EAST + 90_000, NORTH, 100, 100)}, {}, "does not reach the study"),
    ],
)
def test_a_raster_that_cannot_be_meant_is_refused(tmp_path, options, section, sentence):
    name = write_raster(tmp_path / "pop.tif", [[1, -1]], **options)
    with pytest.raises(SourceError, match=sentence):
        read(tmp_path, name, **section)


def test_a_file_that_is_no_grid_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no such file of people"):
        read(tmp_path, "pop.tif")
    (tmp_path / "pop.tif").write_text("no raster")
    with pytest.raises(SourceError, match="cannot be read as a raster of people"):
        read(tmp_path, "pop.tif")
    with pytest.raises(StudyError, match="'pop' is no band of a raster"):
        read(tmp_path, "pop.tif", grid_columns={"all": "pop"})


# ── a whole study ───────────────────────────────────────────────────────────────────────────────


def test_a_grid_settles_the_made_up_town(tmp_path):
    """Cells of 300 m over the whole town, ten people and a child in each: nobody is lost, and the notes say where."""
    study = read_study(write_town(tmp_path))
    crs = gpd.GeoSeries(crs="EPSG:32651").crs
    place_of = from_origin(CORNER[0], CORNER[1] + 2700, 300, 300)
    write_raster(tmp_path / "pop.tif", np.full((9, 10), 10.0), np.full((9, 10), 1.0), transform=place_of, crs=crs)
    columns = {"all": "1", "child": "2"}
    section = PopulationSection(grid="pop.tif", grid_columns=columns, keep_empty=True)
    bare = replace(study, residences=replace(study.residences, groups={}), population=section)
    place = read_place(bare)
    assert fsum(place.residences[Residences.population]) == pytest.approx(900, rel=1e-9)
    assert fsum(place.residences[Residences.child]) == pytest.approx(90, rel=1e-9)
    assert place.population_source == "pop.tif"
    assert "pop.tif" in place.inputs
    kept = place.residences[place.residences[Residences.residence].str.startswith("pop.tif: row")]
    assert (kept[Residences.population] == 10).all()
    note = next(note for note in place.notes if "have no mapped home" in note)
    assert note.startswith(
        f"{len(kept)} cells of pop.tif with {10 * len(kept)} people have no mapped home; they are kept"
    )
    assert any("lie across the border of the study area" in note for note in place.notes)
    answer = analyse(place, bare)
    assert fsum(answer.clusters[Clusters.child]) == pytest.approx(90, rel=1e-9)
    demand = answer.communities.groupby(CommunityCoverage.kind)[CommunityCoverage.population].sum()
    assert demand["kindergarten"] == pytest.approx(90, rel=1e-9)
    listed = read_place(replace(bare, population=replace(section, keep_empty=False)))
    lost = next(note for note in listed.notes if "not in the analysis" in note)
    assert fsum(listed.residences[Residences.population]) == pytest.approx(900 - 10 * len(kept), rel=1e-9)
    assert f"with {10 * len(kept)} people" in lost
    assert place.communities[Communities.population].sum() > 30_000  # the counts of the communities are not mixed in
