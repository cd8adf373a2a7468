"""The command line: what a planner types, reads and gets back."""

import io
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import osmium
import pandas as pd
import pytest

from walkcircle import cli
from walkcircle.proposals import Scenario
from walkcircle.standards import list_standards
from walkcircle.study import read_study
from walkcircle.tables import Effects
from walkcircle.views.scenarios import write_scenario

ROOT = Path(__file__).parent.parent


def call(capsys, monkeypatch, *words):
    """Run the command line in this process and return its exit status, output and errors."""
    monkeypatch.setattr(sys, "argv", ["walkcircle", *map(str, words)])
    try:
        status = cli.main()
    except SystemExit as stop:
        status = stop.code or 0
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def copy_karhula(folder):
    """Copy the Karhula study so that it writes into a folder of its own."""
    for name in ("study.toml", "karhula.osm.pbf"):
        shutil.copy(ROOT / "data" / "karhula" / name, folder / name)
    study = folder / "study.toml"
    study.write_text(study.read_text().replace("../../maps/karhula", "out"))
    return study


@pytest.fixture
def karhula(tmp_path):
    """Return a study that a test may change."""
    return copy_karhula(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run the study once; return its exit status, output and errors, and the study."""
    study, said = copy_karhula(tmp_path_factory.mktemp("karhula")), (io.StringIO(), io.StringIO())
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said[0]), redirect_stderr(said[1]):
        patch.setattr(sys, "argv", ["walkcircle", "run", "--no-store", str(study)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return ended.value.code, said[0].getvalue(), said[1].getvalue(), study


def test_help_needs_no_heavy_library():
    """Asking for help imports neither geopandas nor numba, so it answers at once."""
    heavy = "any(name in sys.modules for name in ('geopandas', 'numba', 'folium'))"
    code = f"import sys; from walkcircle import cli; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_says_who_where_and_how_sure(ran):
    """The summary has the data date, the walker, the people, coverage per kind, doubts and the files."""
    status, out, err, _ = ran
    assert status == 0
    for words in (
        "2019-04-14",
        "4.7 km/h",
        "k = 1",
        "people",
        "within",
        "15 min",
        "check on the ground",
        "index.html",
        "leave out",
    ):
        assert words in out
    assert "OpenStreetMap contributors" in out
    assert "Reading streets" in err


def test_an_unknown_key_is_one_line_and_status_two(karhula, capsys, monkeypatch):
    """A typo in a study names the file, the key and the likely cure, and nothing is written."""
    karhula.write_text(karhula.read_text().replace("minutes =", "minuts ="))
    status, _, err = call(capsys, monkeypatch, "run", karhula)
    assert (status, err.strip()) == (2, "walkcircle: study.toml: unknown key 'minuts'; did you mean 'minutes'?")
    assert not (karhula.parent / "out").exists()


def test_a_missing_study_says_how_to_begin_one(tmp_path, capsys, monkeypatch):
    """A study that is not there is answered with the command that makes one."""
    status, _, err = call(capsys, monkeypatch, "run", tmp_path / "no.toml")
    assert status == 2
    assert "there is no such file" in err
    assert "walkcircle new" in err


def test_a_file_that_is_not_openstreetmap_is_one_line(karhula, capsys, monkeypatch):
    """A broken extract names itself; the progress shown before it stays."""
    (karhula.parent / "karhula.osm.pbf").write_bytes(b"not a map")
    status, _, err = call(capsys, monkeypatch, "run", karhula)
    assert status == 2
    assert err.strip().splitlines()[-1].startswith("walkcircle: karhula.osm.pbf: cannot be read as OpenStreetMap data")


def test_what_if_says_how_many_people_a_place_would_serve(karhula, capsys, monkeypatch):
    """A planner's first question is answered in one sentence and two tables: the whole place, and its communities."""
    monkeypatch.setenv("COLUMNS", "160")
    status, out, _ = call(capsys, monkeypatch, "whatif", karhula, "--kind", "supplies", "--at", "26.945,60.525")
    assert status == 0
    assert "What if: 1 facility added" in out
    assert "people newly within 15 min" in " ".join(out.split())
    assert any(line.startswith("Supermarket") and " residents " in line for line in out.splitlines())
    assert "C4" in out


def test_what_if_takes_edits_of_all_kinds_and_writes_every_effect(karhula, tmp_path, capsys, monkeypatch):
    """The only supermarket closes and opens elsewhere, with a footbridge and a file; the table has every community."""
    monkeypatch.setenv("COLUMNS", "160")
    file, table = tmp_path / "proposals.geojson", tmp_path / "effects.csv"
    write_scenario(Scenario().close_facility("node/1324225782"), file)
    words = ("--proposals", file, "--kind", "supplies", "--at", "26.945,60.525", "--out", table)
    status, out, _ = call(capsys, monkeypatch, "whatif", karhula, *words, "--link", "26.945,60.525,26.947,60.5255")
    assert status == 0
    assert "What if: 1 facility added, 1 facility closed, 1 link added" in out
    assert "no longer" in out
    assert str(table.name) in out
    effects = pd.read_csv(table, encoding="utf-8-sig")
    assert list(effects.columns) == list(Effects.columns())
    assert effects.groupby(Effects.kind)[Effects.community].nunique().unique().tolist() == [23]
    supplies = effects[effects[Effects.kind] == "supplies"]
    assert supplies[Effects.covered_before].sum() == pytest.approx(5_091, abs=0.5)  # as compare says of the same shop
    assert supplies[Effects.lost].sum() > supplies[Effects.newly_served].sum() > 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--kind", "clinic", "--at", "26.945,60.525"), "kind 'clinic' is not in the standard 'general'"),
        (("--kind", "health", "--at", "60"), "--at 60: give LON,LAT"),
        (("--kind", "health", "--at", "26.9,160.5"), "latitude -90 to 90"),
        (("--kind", "health"), "--kind and --at belong together"),
        (("--at", "26.945,60.525"), "--kind and --at belong together"),
        ((), "nothing is proposed; give --kind with --at, or --close, --move, --link or --proposals"),
        (("--move", "node/1"), "--move node/1: give ID=LON,LAT"),
        (("--move", "node/1=north"), "--move north: give LON,LAT"),
        (("--close", "street/main"), "--close street/main: give the number of an OpenStreetMap way"),
        (("--link", "26.9,60.5"), "--link 26.9,60.5: give LON,LAT,LON,LAT"),
        (("--link", "26.9,60.5,26.9,160"), "--link 26.9,60.5,26.9,160: longitude is -180 to 180"),
        (("--proposals", "none.geojson"), "none.geojson: cannot be read"),
    ],
)
def test_what_if_refuses_what_cannot_be_meant(karhula, capsys, monkeypatch, words, sentence):
    """A kind that is not there, half a coordinate, a swapped one, half a question: all before anything is read."""
    status, _, err = call(capsys, monkeypatch, "whatif", karhula, *words)
    assert status == 2
    assert sentence in err
    assert "Reading" not in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--kind", "health", "--at", "26.945,61.5"), "from the nearest street"),
        (("--close", "node/1324225782:health"), "facility 'node/1324225782' is no 'health'; it is: supplies"),
        (("--close", "street/1"), "no street here has the OpenStreetMap way 1"),
        (("--close", "node/13242257820"), "there is no facility 'node/13242257820' here; did you mean 'node/132422578"),
    ],
)
def test_what_if_refuses_what_is_not_in_the_place(karhula, capsys, monkeypatch, words, sentence):
    """A place far from any street; a kind that a shop is not, and an id with a digit too many, before the long work."""
    status, _, err = call(capsys, monkeypatch, "whatif", karhula, *words)
    assert status == 2
    assert sentence in err
    assert ("Drawing" in err) == ("--at" in words)


def test_compare_says_what_a_place_that_closed_took_away(karhula, tmp_path, capsys, monkeypatch):
    """Karhula's only supermarket goes from the map: all whom it served are in the part closed, nobody in another."""
    monkeypatch.setenv("COLUMNS", "160")
    later = tmp_path / "later" / "study.toml"
    later.parent.mkdir()
    shutil.copy(karhula, later)
    with osmium.SimpleWriter(str(later.with_name("karhula.osm.pbf"))) as writer:
        for thing in osmium.FileProcessor(karhula.with_name("karhula.osm.pbf")):
            writer.add(thing.replace(tags={}) if thing.is_node() and thing.id == 1324225782 else thing)
    status, out, err = call(capsys, monkeypatch, "compare", karhula, later)
    assert status == 0
    row = next(line for line in out.splitlines() if line.startswith("Supermarket"))
    assert row.split()[-4:] == ["15", "5,091", "−5,091", "0"]
    assert "Facilities: closed 1." in out
    assert "1 have no date and may still be there" in out
    assert "(newer)" in err
    page = (later.parent / "out" / "changes" / "changes.html").read_text(encoding="utf-8")
    assert "−5,091" in page


def test_compare_takes_the_folder_of_a_run_only_while_its_study_and_files_are_as_they_were(
    ran, tmp_path, capsys, monkeypatch
):
    """`run.json` names the study; a changed study or input is one sentence and status 2, and so is no record."""
    karhula = Path(shutil.copytree(ran[3].parent, tmp_path / "karhula")) / "study.toml"
    folder = karhula.parent / "out"
    status, _, err = call(capsys, monkeypatch, "compare", karhula.parent, karhula)
    assert status == 2
    assert "no record of a run can be read here" in err
    status, out, _ = call(capsys, monkeypatch, "compare", folder, karhula, "--into", folder / "x")
    assert status == 0
    assert "none changed" in out
    assert (folder / "x" / "changes.csv").is_file()
    record = folder / "run.json"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace('"sha256": "', '"sha256": "0', 2), encoding="utf-8")  # study and input alike
    status, _, err = call(capsys, monkeypatch, "compare", folder, karhula)
    assert (status, "was changed since; run it again, or give a TOML file" in err) == (2, True)
    first = text.index('"sha256": "', text.index('"inputs"'))
    record.write_text(text[:first] + text[first:].replace('"sha256": "', '"sha256": "0', 1), encoding="utf-8")
    status, _, err = call(capsys, monkeypatch, "compare", folder, karhula)
    assert (status, "karhula.osm.pbf was changed since; put the old file back" in err) == (2, True)
    record.write_text(text.replace('"study"', '"studied"'), encoding="utf-8")
    status, _, err = call(capsys, monkeypatch, "compare", folder, karhula)
    assert (status, "names no study; run it again" in err) == (2, True)


def test_new_writes_a_study_that_can_be_read(tmp_path, capsys, monkeypatch):
    """What `new` writes is valid, whatever the title holds."""
    title = 'A "quoted" \\ 城市'
    status, _, _ = call(
        capsys,
        monkeypatch,
        "new",
        tmp_path / "x",
        "--bbox",
        "7.40,43.72,7.45,43.76",
        "--title",
        title,
        "--language",
        "zh",
    )
    assert status == 0
    study = read_study(tmp_path / "x" / "study.toml")
    assert study.title == title
    assert study.place.bbox == (7.40, 43.72, 7.45, 43.76)
    assert study.outputs.language == "zh"


def test_new_never_overwrites_a_study(tmp_path, capsys, monkeypatch):
    """A second `new` in the same folder is refused and leaves the first study as it was."""
    call(capsys, monkeypatch, "new", tmp_path, "--name", "Monaco")
    before = (tmp_path / "study.toml").read_bytes()
    status, _, err = call(capsys, monkeypatch, "new", tmp_path, "--name", "Kotka")
    assert status == 2
    assert "there is a study already" in err
    assert (tmp_path / "study.toml").read_bytes() == before


def test_new_refuses_two_places(tmp_path, capsys, monkeypatch):
    """A place is a file, a name or a box, not two of them; nothing is written."""
    status, _, err = call(capsys, monkeypatch, "new", tmp_path / "y", "--name", "Monaco", "--file", "m.osm.pbf")
    assert status == 2
    assert "exactly one of file, name and bbox" in err
    assert not (tmp_path / "y").exists()


def test_fetch_of_a_file_says_that_there_is_nothing_to_fetch(karhula, capsys, monkeypatch):
    """A study of a file needs no internet, and says so."""
    status, _, err = call(capsys, monkeypatch, "fetch", karhula)
    assert status == 2
    assert "needs no fetching" in err


def test_columns_explains_every_table_and_one(capsys, monkeypatch):
    """All tables are listed; one can be asked for by name; a wrong name lists the right ones."""
    status, everything, _ = call(capsys, monkeypatch, "columns")
    assert status == 0
    assert "residents_without" in everything
    status, one, _ = call(capsys, monkeypatch, "columns", "gaps")
    assert status == 0
    assert len(one) < len(everything)
    status, _, err = call(capsys, monkeypatch, "columns", "gasp")
    assert status == 2
    assert "gaps" in err


def test_standards_lists_every_pack_with_how_certain_it_is(capsys, monkeypatch):
    """Names, kinds, and the share of values that were seen; Hangzhou has 20 kinds and few of them seen."""
    monkeypatch.setenv("COLUMNS", "160")
    status, out, _ = call(capsys, monkeypatch, "standards")
    assert status == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line[1:2].isalpha() and line.startswith(" ")}
    assert set(list_standards()) <= set(rows)
    assert "mean-of-nearest" in rows["bruno-2024"]
    assert rows["mofcom-2021"].split()[-2:] == ["97", "3"]
    assert "● seen" in out


def test_standards_explains_one_with_a_mark_at_every_value(capsys, monkeypatch):
    """Tier, minutes, metres, areas and group of each kind, and the people of each tier."""
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = call(capsys, monkeypatch, "standards", "gb50180-2018")
    assert status == 0
    row = next(line for line in out.splitlines() if line.startswith(" kindergarten "))
    assert "5 ◐" in row
    assert "300 ◐" in row
    assert "3,150 ◐" in row
    assert "child" in row
    assert "population 50,000-100,000 ●" in out
    status, out, _ = call(capsys, monkeypatch, "standards", "walk-score")
    assert "12 % at 1,609.3 m" in out
    assert "1.25 0.75 ◐" in out


def test_standards_explains_one_kind_with_every_source(capsys, monkeypatch):
    """Both languages, each value, who says so, how well it is known, and what finds it on the map."""
    monkeypatch.setenv("COLUMNS", "160")
    status, out, _ = call(capsys, monkeypatch, "standards", "gb50180-2018", "park_10")
    assert status == 0
    for words in ("公园绿地", "Park of the 10-minute circle", "10,000", "seen", "zgbk.com", "leisure=park"):
        assert words in out
    status, out, _ = call(capsys, monkeypatch, "standards", "hangzhou", "youth_station")
    assert status == 0
    assert "inferred" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("atlantis",), "choose bruno-2024"),
        (("hangzou",), "did you mean hangzhou?"),
        (("gb50180",), "did you mean gb50180-2018?"),
        (("hangzhou", "kindergarden"), "did you mean 'kindergarten'?"),
        (("--check", "hangzhou"), "--check wants the path of your own .toml"),
        (("--check", "no.toml"), "there is no such file"),
    ],
)
def test_a_standard_that_is_not_there_is_answered_with_the_nearest(capsys, monkeypatch, words, sentence):
    """One line and status 2."""
    status, _, err = call(capsys, monkeypatch, "standards", *words)
    assert status == 2
    assert sentence in err


def test_a_planners_own_standard_is_checked_and_explained_by_its_path(tmp_path, capsys, monkeypatch):
    """What has no source is listed; a slip names row and key; both ways of asking read the same file."""
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"\n[[kinds]]\nid = "clinic"\nlimit_min = 10\nosm = { any = ["amenity=clinic"] }\n')
    status, out, _ = call(capsys, monkeypatch, "standards", "--check", path)
    assert status == 0
    assert "(kinds: 1, categories: 1, alternates: 0)" in out
    assert "clinic: limit_min" in out
    status, out, _ = call(capsys, monkeypatch, "standards", path)
    assert status == 0
    assert "10 -" in out
    status, out, _ = call(capsys, monkeypatch, "standards", path, "clinic")
    assert status == 0
    assert "amenity=clinic" in out
    path.write_text(path.read_text().replace("limit_min", "limit"))
    for words in (("--check", path), (path,)):
        status, _, err = call(capsys, monkeypatch, "standards", *words)
        assert status == 2
        assert "unknown key 'limit' in [kinds.0] (clinic); did you mean 'limit_m'?" in err


def test_a_study_scores_by_another_method(karhula, capsys, monkeypatch):
    """The mean walk to the nearest twenty, whose index is the share of residents with a mean in time."""
    karhula.write_text('standard = "bruno-2024"\n' + karhula.read_text().replace("standard =", "# standard ="))
    status, out, _ = call(capsys, monkeypatch, "run", karhula)
    assert status == 0
    assert "Weakest tenth" in out
    assert "lowers confidence" not in out  # the method asks for walks alone


def test_the_summary_says_how_firm_the_weakest_are_and_what_is_unknown(ran, karhula, capsys, monkeypatch):
    """The share of the draws; and of a town on the map alone, that what its standard asks besides walks is unknown."""
    _, out, _, _ = ran
    assert "of the draws" in out
    assert "lowers confidence" not in out
    karhula.write_text('standard = "shanghai"\n' + karhula.read_text().replace("standard =", "# standard ="))
    _, out, _ = call(capsys, monkeypatch, "run", karhula)
    assert "capacities and floor areas that the standard asks for are unknown, which lowers confidence" in " ".join(
        out.split()
    )


def shorten_plan(study, **plan):
    """Let a study plan one kind without links and without drawing doubts, which is soon done."""
    lines = {"kinds": '["supplies"]', "links": "false", "projects_per_year": "2", **plan}
    section = "".join(f"{name} = {value}\n" for name, value in lines.items())
    study.write_text(study.read_text() + f"\n[checkup]\ndraws = 0\n\n[plan]\n{section}")


def test_two_plans_are_the_same_to_the_last_byte_and_the_second_does_not_search(karhula, tmp_path, capsys, monkeypatch):
    """The table of projects is begun, the answers are kept, and every file is written again as it was."""
    monkeypatch.setenv("WALKCIRCLE_CACHE", str(tmp_path / "cache"))
    shorten_plan(karhula)
    status, said, _ = call(capsys, monkeypatch, "plan", karhula)
    assert status == 0
    assert len(list((tmp_path / "cache" / "solutions").iterdir())) == 2
    folder = tmp_path / "out" / "plan"
    first = {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
    assert folder / "tracking.csv" in first

    def refuse(*_given, **_more):
        pytest.fail("it searches again")

    monkeypatch.setattr("walkcircle.choices.solve_siting", refuse)
    status, again, _ = call(capsys, monkeypatch, "plan", karhula)
    assert (status, again) == (0, said)
    assert {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()} == first


def test_a_plan_reads_the_table_of_projects_and_takes_proposals(karhula, tmp_path, capsys, monkeypatch):
    """One shop operates, one is proposed: the first is counted and the second is built first; the table stays."""
    monkeypatch.setenv("COLUMNS", "200")
    shorten_plan(karhula, tracking='"projects.csv"')
    table = tmp_path / "projects.csv"
    table.write_text(
        "project,kind,state,lon,lat,operating,promised,name\n"
        "shop,supplies,operating,26.9503,60.5245,2019-01-01,789.7,Uusi Kauppa\n"
        "late,supplies,operating,26.9331,60.5273,2020-01-01,31.9,\n"
    )
    own = table.read_bytes()
    mine = write_scenario(Scenario().add_facility("supplies", 26.945, 60.525, name="Mine"), tmp_path / "mine.geojson")
    status, out, err = call(capsys, monkeypatch, "plan", "--proposals", mine, karhula)
    assert (status, err.count("walkcircle:")) == (0, 0)
    assert "Of 2 projects operating 1 (1 more after the day of the data), which serve" in out
    assert "Being built 0, planned 0, dropped 0." in out
    assert "(Mine): " in out
    assert "people, proposed by you" in out
    following = pd.read_csv(tmp_path / "out" / "plan" / "tracking.csv", encoding="utf-8-sig")
    assert following["project"].tolist()[:3] == ["shop", "late", "supplies@26.94500,60.52500"]
    assert table.read_bytes() == own


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (
            '{"kind": "circus"}, "geometry": {"type": "Point", "coordinates": [26.945, 60.525]}',
            "feature 1: kind 'circus' is not in the standard 'general'",
        ),
        (
            '{"kind": "supplies"}, "geometry": {"type": "Point", "coordinates": [126.9, 60.5]}',
            "from the nearest street",
        ),
        (
            '{"kind": "supplies", "capex": "9"}, "geometry": {"type": "Point", "coordinates": [26.945, 60.525]}',
            'feature 1: its capex is "9"; write a number, in whole currency',
        ),
    ],
)
def test_a_proposal_that_cannot_be_planned_is_one_line(karhula, tmp_path, capsys, monkeypatch, feature, sentence):
    """A wrong kind, a place elsewhere or a cost that is no number is said before the long work."""
    file = tmp_path / "mine.geojson"
    file.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": ' + feature + "}]}")
    status, _, err = call(capsys, monkeypatch, "plan", "--proposals", file, karhula)
    assert status == 2
    assert sentence in err.strip().splitlines()[-1]
