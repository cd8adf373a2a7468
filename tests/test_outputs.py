"""What a run writes: whole files, the same bytes each time, and a record of how they were made."""

import hashlib
import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import walkcircle as wc
from walkcircle.views import files
from walkcircle.views.files import list_tables, write_outputs

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def answer(analyses):
    """Return the answer for Karhula."""
    return analyses["karhula"]


@pytest.fixture(scope="module")
def written(answer, tmp_path_factory):
    """Write one run, and return its folder."""
    folder = tmp_path_factory.mktemp("run")
    write_outputs(answer, folder, timings={"reading": 1.0})
    return folder


def digests(folder):
    """Hash every file of a run but the record, which holds times."""
    found = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "run.json")
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def test_the_same_answer_gives_the_same_bytes(answer, written, tmp_path):
    """Map, GeoPackage, GeoParquet and CSV of two runs are equal to the byte."""
    write_outputs(answer, tmp_path)
    assert digests(tmp_path) == digests(written)


def test_a_fresh_analysis_gives_the_same_bytes(written, tmp_path):
    """Reading and analysing the same file again changes nothing."""
    study = wc.read_study(ROOT / "data" / "karhula" / "study.toml")
    write_outputs(wc.analyse(wc.read_place(study), study), tmp_path)
    assert digests(tmp_path) == digests(written)


def test_every_table_is_there_three_times(answer, written):
    """Each table is a layer of the GeoPackage, a Parquet file and a CSV, with the same rows."""
    layers = {name for name, _ in pyogrio.list_layers(written / "results.gpkg")}
    for name, frame in list_tables(answer).items():
        assert name in layers
        assert len(pyogrio.read_dataframe(written / "results.gpkg", layer=name)) == len(frame)
        assert len(pd.read_csv(written / "tables" / f"{name}.csv")) == len(frame)
        assert len(pd.read_parquet(written / "tables" / f"{name}.parquet")) == len(frame)


def test_geoparquet_keeps_shapes_and_their_crs(answer, written):
    """The check-up comes back from GeoParquet with the same shapes in the same CRS."""
    back = gpd.read_parquet(written / "tables" / "checkup.parquet")
    assert back.crs == answer.checkup.crs
    assert back.geometry.geom_equals(answer.checkup.geometry.reset_index(drop=True)).all()


def test_numbers_survive_the_files(answer, written):
    """Walking minutes read from each format are those of the answer; what is unknown stays missing."""
    there = answer.coverage["minutes"].reset_index(drop=True)
    for back in (
        pd.read_parquet(written / "tables" / "coverage.parquet"),
        pd.read_csv(written / "tables" / "coverage.csv"),
        pyogrio.read_dataframe(written / "results.gpkg", layer="coverage"),
    ):
        assert back["minutes"].isna().equals(there.isna())
        assert (back["minutes"] - there).abs().max() < 1e-9


def test_the_record_tells_how_it_was_made(written):
    """Hashes of the inputs, versions, parameters, date, population source and timings are recorded."""
    record = json.loads((written / "run.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((ROOT / "data" / "karhula" / "karhula.osm.pbf").read_bytes()).hexdigest()
    assert record["inputs"]["karhula.osm.pbf"]["sha256"] == digest
    assert record["versions"]["walkcircle"] == wc.__version__
    assert record["parameters"]["minutes"] == [5.0, 10.0, 15.0]
    assert record["data_date"] == "2019-04-14"
    assert record["timings_s"] == {"reading": 1.0}
    assert record["nearest_k"] == 1
    assert str(ROOT) not in (written / "run.json").read_text(encoding="utf-8")


def test_a_crash_leaves_the_old_files_whole(answer, written, tmp_path, monkeypatch):
    """When writing stops half-way, what was there before is there still, and no draft is left behind."""
    shutil.copytree(written, tmp_path / "run")
    before = digests(tmp_path / "run")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_write_tables", stop)
    with pytest.raises(KeyboardInterrupt):
        write_outputs(answer, tmp_path / "run")
    assert digests(tmp_path / "run") == before


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(answer, tmp_path):
    """An output folder that cannot be made names itself and the cure."""
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(wc.OutputError, match=r"out: cannot write here \(File exists\); .*choose another folder"):
        write_outputs(answer, tmp_path / "out")
