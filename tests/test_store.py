"""The store: what comes back is what was stored, to the last bit, and what is damaged is never believed."""

from __future__ import annotations

import ast
import errno
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs
import pyarrow as pa
import pyproj
import pytest
import shapely
from builders import ROOT, TOWNS, draw_network, grid_paths, tries, write_osm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import walkcircle as wc
from walkcircle.cli import main
from walkcircle.errors import SourceError
from walkcircle.network import NODE_COLUMNS, WalkNetwork
from walkcircle.sources import store as module
from walkcircle.sources.osm_file import Feature, OsmContents, read_osm_file
from walkcircle.sources.store import SHAPED_BY, Store, hash_rules, load_contents, load_network, make_key, open_store

KEY = "0" * 64


def assert_same(one: object, other: object, where: str = "") -> None:
    """Check that two values are alike to the last bit, types included."""
    assert type(one) is type(other), where
    if isinstance(one, np.ndarray) and one.dtype != object:
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes()), where
        assert other.flags.writeable, f"{where}: compiled loops would be compiled again for it"
    elif isinstance(one, list | tuple | np.ndarray):
        assert len(one) == len(other), where
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{i}]")
    elif is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, shapely.Geometry):
        assert shapely.to_wkb(one) == shapely.to_wkb(other), where
    elif isinstance(one, pyproj.CRS):
        assert (one, one.srs) == (other, other.srs), where
    elif isinstance(one, dict):
        assert list(one.items()) == list(other.items()), where
    else:
        assert one == other, where


# ── any network, any features ───────────────────────────────────────────────────────────────────

TEXT = st.text(max_size=8)
NUMBER = st.floats(-1e7, 1e7)
CORNER = st.tuples(NUMBER, NUMBER)


@st.composite
def any_columns(draw) -> WalkNetwork:
    """Return a grid town whose columns hold anything that their types can."""
    network = draw_network(grid_paths(draw(st.integers(2, 4)), draw(st.integers(1, 3))), merge=False)
    found = {}
    for field in fields(network):
        column = getattr(network, field.name)
        if not isinstance(column, np.ndarray) or field.name == "ends":
            continue
        if field.name == "lines":
            lines = st.lists(CORNER, min_size=2, max_size=5).map(shapely.LineString)
            found["lines"] = np.empty(len(column), dtype=object)
            found["lines"][:] = [draw(lines) for _ in column]
        elif column.dtype.kind == "U":
            found[field.name] = np.array([draw(TEXT) for _ in column])
        else:
            inside = {"min_value": 0, "allow_nan": False, "allow_infinity": False} if field.name == "length_m" else {}
            found[field.name] = draw(hnp.arrays(column.dtype, column.shape, elements=inside or None))
    return replace(network, **found)


@st.composite
def any_features(draw, *types: str) -> list[Feature]:
    """Return features with shapes of some types."""
    ring = st.lists(CORNER, min_size=4, max_size=6)
    shapes = {
        "point": CORNER.map(shapely.Point),
        "line": st.lists(CORNER, min_size=2, max_size=5).map(shapely.LineString),
        "polygon": st.tuples(ring, st.lists(ring, max_size=2)).map(lambda rings: shapely.Polygon(*rings)),
        "many": st.lists(ring.map(shapely.Polygon), min_size=1, max_size=3).map(shapely.MultiPolygon),
    }
    one = st.builds(
        Feature,
        TEXT,
        st.dictionaries(TEXT, TEXT, max_size=4),
        st.one_of(*(shapes[t] for t in types)),
        st.none() | st.just("2020-02-03"),
    )
    return draw(st.lists(one, max_size=5))


@st.composite
def any_contents(draw) -> OsmContents:
    """Return contents of a file that need not make sense."""
    return OsmContents(
        network=draw(any_columns()),
        points=draw(any_features("point")),
        areas=draw(any_features("polygon", "many")),
        lines=draw(any_features("line")),
        roads=draw(any_features("line")),
        data_date=draw(st.none() | TEXT),
        newest_edit=draw(st.none() | TEXT),
        box=draw(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER)),
        cut_ways=draw(st.integers(0, 9)),
        closed_m=draw(st.dictionaries(TEXT, NUMBER, max_size=3)),
    )


@given(any_contents())
@tries(25)
def test_what_is_stored_comes_back_to_the_last_bit(tmp_path_factory, contents):
    """Not-a-numbers, negative zeros, empty words, texts of any script, shapes with holes, lists of nothing."""
    store = Store(tmp_path_factory.mktemp("store"))
    store.save(KEY, contents)
    assert_same(contents.network, store.load_network(KEY), "network")
    assert_same(contents, store.load_contents(KEY), "contents")


def test_a_town_comes_back_as_it_was_read(town, tmp_path):
    """The bundled towns: read, stored and loaded they are the same, network alone and all together."""
    store, path = Store(tmp_path), TOWNS[town]
    read = read_osm_file(path)
    assert_same(read, load_contents(path, store), "first run")
    assert_same(read, load_contents(path, store), "second run")
    assert_same(read.network, load_network(path, store), "network alone")
    assert read.points, "a town without a tagged node would not show that they are kept"


def test_every_column_of_a_network_belongs_to_nodes_or_to_edges(networks):
    """A new column is stored, clipped and merged without being named again."""
    for network in networks.values():
        kept = network.take(np.arange(2), np.arange(3))
        arrays = {f.name for f in fields(network) if isinstance(getattr(network, f.name), np.ndarray)}
        assert set(kept) == arrays - {"ends"} | {"profile"}
        assert {name for name, column in kept.items() if column is not None and len(column) == 2} == set(NODE_COLUMNS)


# ── a small town, stored ────────────────────────────────────────────────────────────────────────


def write_corner(folder: Path, name: str = "corner.osm") -> Path:
    """Write two streets with a bend, a shop, a house and a wall."""
    nodes = {i: (40.0 * (i % 4), 30.0 * (i // 4)) for i in range(1, 13)}
    ways = {
        1: ((1, 2, 3), {"highway": "residential"}), 2: ((2, 6, 10), {"highway": "footway"}),
        3: ((4, 5, 8, 4), {"building": "house"}), 4: ((9, 11), {"barrier": "wall"}),
    }  # fmt: skip
    return write_osm(folder / name, nodes, ways, node_tags={7: {"shop": "convenience", "name": "老王"}})


@pytest.fixture(scope="module")
def corner(tmp_path_factory):
    """Return the file of a small town, and a folder with its entry in the store."""
    path = write_corner(tmp_path_factory.mktemp("corner"))
    folder = tmp_path_factory.mktemp("stored")
    load_contents(path, Store(folder))
    return path, folder


@pytest.fixture
def stored(corner, tmp_path):
    """Return the small town with a store of its own."""
    path, folder = corner
    shutil.copytree(folder, tmp_path / "store")
    return path, Store(tmp_path / "store")


@contextmanager
def counted_reading():
    """Count how often a file is read rather than loaded."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "read_osm_file", lambda path, **more: seen.append(path) or read_osm_file(path, **more))
        yield seen


def assert_rebuilt(path: Path, store: Store, *, piece: str) -> None:
    """Check that damage is noticed, mended, and the answer right; a whole network alone is still good."""
    before = {p.name for p in store.folder.iterdir()}
    if piece == "network":
        assert store.load_network(make_key(path)) is None
    with counted_reading() as seen:
        assert_same(read_osm_file(path), load_contents(path, store))
        assert len(seen) == 1, "what was damaged was believed"
        assert_same(read_osm_file(path), load_contents(path, store))
        assert len(seen) == 1, "what was damaged was not written anew"
    assert before <= {p.name for p in store.folder.iterdir()} == {f"{make_key(path)}.{p}" for p in PIECES}


PIECES = ("features", "network")


def test_a_second_run_does_not_read_the_file(stored):
    """Once stored, a file is loaded, by whatever name it goes."""
    path, store = stored
    with counted_reading() as seen:
        load_contents(path, store)
        load_network(path, store)
        load_network(Path(shutil.copy(path, path.with_name("another name.osm"))), store)
        assert not seen
        load_contents(path, None)
        assert len(seen) == 1


@given(piece=st.sampled_from(PIECES), where=st.floats(0, 1, exclude_max=True), other=st.integers(1, 255))
@tries(40)
def test_a_flipped_byte_anywhere_is_noticed(corner, tmp_path_factory, piece, where, other):
    """One byte of any stored file becomes another: the file is read anew and the entry mended."""
    path, folder = corner
    store = Store(tmp_path_factory.mktemp("store") / "copy")
    shutil.copytree(folder, store.folder)
    entry = store.folder / f"{make_key(path)}.{piece}"
    content = bytearray(entry.read_bytes())
    content[int(where * len(content))] ^= other
    entry.write_bytes(content)
    assert_rebuilt(path, store, piece=piece)


@given(piece=st.sampled_from(PIECES), share=st.floats(0, 1, exclude_max=True))
@tries(15)
def test_an_entry_cut_short_is_noticed(corner, tmp_path_factory, piece, share):
    """A stored file that ends too early, or holds nothing at all, is read anew."""
    path, folder = corner
    store = Store(tmp_path_factory.mktemp("store") / "copy")
    shutil.copytree(folder, store.folder)
    entry = store.folder / f"{make_key(path)}.{piece}"
    os.truncate(entry, int(share * entry.stat().st_size))
    assert_rebuilt(path, store, piece=piece)


@pytest.mark.parametrize("piece", PIECES)
def test_a_missing_piece_is_made_again(stored, piece):
    """One of the two files of an entry is gone."""
    path, store = stored
    (store.folder / f"{make_key(path)}.{piece}").unlink()
    with counted_reading() as seen:
        load_network(path, store)
        assert len(seen) == (piece == "network")
        assert_same(read_osm_file(path), load_contents(path, store))
        assert len(seen) == 1


def seal(content: bytes) -> bytes:
    """Put the right sum behind any content."""
    return content + hashlib.sha256(content).digest()


def sealed_arrow(metadata: dict[str, str] | None) -> bytes:
    """Write an Arrow stream as another program would, with the right sum behind it."""
    batch = pa.record_batch([pa.array([1])], names=["xy"]).replace_schema_metadata(metadata)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, batch.schema) as writer:
        writer.write_batch(batch)
    return seal(stream.getvalue().to_pybytes())


@pytest.mark.parametrize(
    "content",
    [
        seal(b""), seal(b"PAR1 and no Arrow"), sealed_arrow(None), sealed_arrow({"walkcircle": "no JSON"}),
        sealed_arrow({"walkcircle": "[]"}), sealed_arrow({"walkcircle": "{}"}), sealed_arrow({"pandas": "{}"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("piece", PIECES)
def test_a_whole_file_of_another_making_is_not_believed(stored, content, piece):
    """A sum that fits says that nothing was lost, not that it is ours."""
    path, store = stored
    (store.folder / f"{make_key(path)}.{piece}").write_bytes(content)
    assert_rebuilt(path, store, piece=piece)


@pytest.mark.parametrize("piece", PIECES)
def test_the_entry_of_another_file_or_the_other_piece_is_not_believed(stored, tmp_path, piece):
    """A stored file that was renamed says itself what it holds."""
    path, store = stored
    Store(tmp_path / "other").save(KEY, read_osm_file(TOWNS["karhula"]))
    entry = store.folder / f"{make_key(path)}.{piece}"
    entry.write_bytes((tmp_path / "other" / f"{KEY}.{piece}").read_bytes())
    assert_rebuilt(path, store, piece=piece)
    entry.write_bytes(entry.with_suffix(f".{PIECES[piece == 'features']}").read_bytes())
    assert_rebuilt(path, store, piece=piece)


def test_the_entry_of_a_future_format_is_not_believed(stored, monkeypatch):
    """A later version may lay things out in another way; its entries have keys of their own and stay."""
    path, store = stored
    key = make_key(path)
    with monkeypatch.context() as future:
        future.setattr(module, "FORMAT", module.FORMAT + 1)
        assert make_key(path) != key
        store.save(key, read_osm_file(TOWNS["karhula"]))
    assert_rebuilt(path, store, piece="network")


# ── keys ────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_file_has_another_key(tmp_path):
    """Every byte counts, and so does the kind of file; name and folder do not."""
    path = write_corner(tmp_path)
    same = shutil.copy(path, tmp_path / "same.osm")
    other = tmp_path / "other.osm"
    other.write_text(path.read_text(encoding="utf-8").replace("residential", "tertiary"), encoding="utf-8")
    kind = shutil.copy(path, tmp_path / "corner.osm.pbf")
    assert make_key(path) == make_key(same)
    assert len({make_key(p) for p in (path, other, kind)}) == 3
    store = Store(tmp_path / "store")
    assert set(load_network(path, store).kind) == {"residential", "footway"}
    shutil.copy(other, path)
    assert set(load_network(path, store).kind) == {"tertiary", "footway"}


@pytest.mark.parametrize("name", [*SHAPED_BY])
def test_a_changed_rule_or_line_of_code_has_another_key(tmp_path, name):
    """One more byte in walkable.toml, or in any code that shapes a network, and files are read anew."""
    package = shutil.copytree(ROOT / "walkcircle", tmp_path / "walkcircle")
    before = hash_rules(package)
    hash_rules.cache_clear()
    place = package / name
    for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
        file.write_bytes(file.read_bytes() + b"\n")
        after = hash_rules(package)
        hash_rules.cache_clear()
        assert after != before
        before = after


def test_other_code_and_compiled_leftovers_change_no_key(tmp_path):
    """What draws maps does not decide how a file is read."""
    package = shutil.copytree(ROOT / "walkcircle", tmp_path / "walkcircle")
    before = hash_rules(package)
    hash_rules.cache_clear()
    (package / "cli.py").write_text("")
    (package / "kernels" / "__pycache__").mkdir(exist_ok=True)
    (package / "kernels" / "__pycache__" / "loop.nbi").write_text("")
    assert hash_rules(package) == before
    hash_rules.cache_clear()


def test_all_code_that_reads_a_file_is_part_of_the_key():
    """What the reader imports, and what that imports in turn, is watched."""
    package = ROOT / "walkcircle"
    waiting, seen = ["sources.osm_file", "sources.store"], set()
    while waiting:
        name = waiting.pop()
        path = package / Path(*name.split("."))
        if name in seen or not (path.is_dir() or path.with_suffix(".py").exists()):
            continue
        seen.add(name)
        for file in path.glob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "walkcircle":
                    below = node.module.split(".")[1:]
                    waiting += [".".join(below)] if below else [alias.name for alias in node.names]
    watched = {name.removesuffix(".py").replace("/", ".") for name in SHAPED_BY}
    assert {name for name in seen if not name.startswith("kernels.")} == watched - {"walkable.toml"}


def test_a_file_that_changes_while_it_is_read_is_not_stored(tmp_path, monkeypatch):
    """A download that is still running must not be kept under the hash of what it will be."""
    path = write_corner(tmp_path)

    def read_and_grow(path, **more):
        contents = read_osm_file(path, **more)
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return contents

    monkeypatch.setattr(module, "read_osm_file", read_and_grow)
    load_contents(path, Store(tmp_path / "store"))
    assert not (tmp_path / "store").exists()


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path):
    """The sentence is the reader's own, and no entry says otherwise later."""
    path = tmp_path / "broken.osm"
    path.write_text("<osm")
    for _ in range(2):
        with pytest.raises(SourceError, match="cannot be read as OpenStreetMap data"):
            load_network(path, Store(tmp_path / "store"))
    assert not (tmp_path / "store").exists()


# ── folders that say no ─────────────────────────────────────────────────────────────────────────


def test_where_there_can_be_no_folder_the_file_is_read(tmp_path):
    """A file stands where the folder should be."""
    path = write_corner(tmp_path)
    (tmp_path / "store").write_text("in the way")
    assert_same(read_osm_file(path), load_contents(path, Store(tmp_path / "store")))
    assert_same(read_osm_file(path), load_contents(path, Store(tmp_path / "store" / "deeper")))
    assert (tmp_path / "store").read_text() == "in the way"


def test_a_folder_that_may_not_be_written_to_is_left_alone(tmp_path, monkeypatch):
    """A read-only cache gives what it has, and no error."""
    path, store = write_corner(tmp_path), Store(tmp_path / "store")

    def refuse(*_args, **_more):
        raise PermissionError(errno.EACCES, "read-only")

    with monkeypatch.context() as read_only:
        read_only.setattr(module.tempfile, "mkstemp", refuse)
        assert_same(read_osm_file(path), load_contents(path, store))
        assert [*store.folder.iterdir()] == []
    load_contents(path, store)
    with monkeypatch.context() as read_only:
        read_only.setattr(module.os, "utime", refuse)
        with counted_reading() as seen:
            load_contents(path, store)
            assert not seen


@pytest.mark.parametrize("allowed", [0, 1, 2, 3])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, allowed):
    """After some writes there is no room: the answer is right, and what is left is whole."""
    path, store = write_corner(tmp_path), Store(tmp_path / "store")
    opened, room = os.fdopen, [allowed]

    def open_full(*args):
        file = opened(*args)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, content):
                if room[0] == 0:
                    file.write(content[:10])
                    raise OSError(errno.ENOSPC, "no space left on device")
                room[0] -= 1
                file.write(content)

        return Full()

    monkeypatch.setattr(module.os, "fdopen", open_full)
    assert_same(read_osm_file(path), load_contents(path, store))
    assert {p.name for p in store.folder.iterdir()} == ({f"{make_key(path)}.network"} if allowed > 1 else set())
    monkeypatch.undo()
    assert (store.load_network(make_key(path)) is None) == (allowed < 2)
    assert_same(read_osm_file(path), load_contents(path, store))


def test_a_run_that_is_stopped_leaves_nothing_half_written(tmp_path, monkeypatch):
    """Ctrl-C while writing goes on to the user, and the part is taken away."""
    path, store = write_corner(tmp_path), Store(tmp_path / "store")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        load_contents(path, store)
    assert [*store.folder.iterdir()] == []


def test_several_runs_at_once_do_not_disturb_each_other(tmp_path):
    """Two processes read and store the same file; all have the same streets, and one whole entry is left."""
    path = write_corner(tmp_path)
    code = (
        "import sys, hashlib, walkcircle as wc\n"
        "sys.stdin.readline()\n"
        "for _ in range(5):\n"
        "    network = wc.read_network(sys.argv[1])\n"
        "    print(hashlib.sha256(network.xy.tobytes() + network.ends.tobytes()).hexdigest())\n"
    )
    environment = {**os.environ, "WALKCIRCLE_CACHE": str(tmp_path / "cache")}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, path],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate(timeout=120)[0].split() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    network = read_osm_file(path).network
    digest = hashlib.sha256(network.xy.tobytes() + network.ends.tobytes()).hexdigest()
    assert told == [[digest] * 5] * 2
    folder = tmp_path / "cache" / "streets"
    assert sorted(p.name for p in folder.iterdir()) == [f"{make_key(path)}.{piece}" for piece in PIECES]
    assert_same(network, Store(folder).load_network(make_key(path)))


def test_what_was_used_longest_ago_is_pruned(tmp_path):
    """Three entries where two have room: the one not used since goes, other people's files stay."""
    contents = read_osm_file(write_corner(tmp_path))
    roomy = Store(tmp_path / "store")
    roomy.save(KEY, contents)
    size = sum(p.stat().st_size for p in roomy.folder.iterdir())
    for piece in PIECES:
        (roomy.folder / f"{KEY}.{piece}").unlink()
    (roomy.folder / "notes.txt").write_text("mine" * size)
    keys = [number * 64 for number in "abc"]
    store = Store(roomy.folder, most_bytes=int(2.5 * size))
    for age, key in enumerate(keys[:2]):
        store.save(key, contents)
        for piece in PIECES:
            os.utime(store.folder / f"{key}.{piece}", (1000 + age, 1000 + age))
    assert store.load_contents(keys[0]) is not None  # used again
    store.save(keys[2], contents)
    assert sum(p.stat().st_size for p in store.folder.glob(f"{'?' * 64}.*")) <= store.most_bytes
    assert [store.load_contents(key) is not None for key in keys] == [True, False, True]
    assert (store.folder / "notes.txt").exists()
    tiny = Store(roomy.folder, most_bytes=1)
    tiny.save(KEY, contents)
    assert tiny.load_contents(KEY) is not None, "what was just stored is kept, however large"
    assert sorted(p.name for p in store.folder.iterdir()) == [f"{KEY}.features", f"{KEY}.network", "notes.txt"]


def test_what_a_killed_run_left_is_taken_away_after_a_day(tmp_path):
    """A part of yesterday is abandoned; one of just now belongs to a run at work."""
    store = Store(tmp_path)
    old, new = (tmp_path / f".{KEY}.{name}.part" for name in ("old", "new"))
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    store.save(KEY, read_osm_file(write_corner(tmp_path)))
    assert (old.exists(), new.exists()) == (False, True)


# ── where the store is, and who uses it ─────────────────────────────────────────────────────────


def test_the_environment_names_the_folder_or_none(tmp_path, monkeypatch):
    """A folder of one's own, the user's cache, or no store at all."""
    monkeypatch.setenv("WALKCIRCLE_CACHE", str(tmp_path))
    assert open_store() == Store(tmp_path / "streets")
    monkeypatch.setenv("WALKCIRCLE_CACHE", "")
    assert open_store() is None
    monkeypatch.delenv("WALKCIRCLE_CACHE")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name, **_: tmp_path / "cache" / name)
    assert open_store() == Store(tmp_path / "cache" / "walkcircle" / "streets")


def test_reading_uses_the_store_unless_it_is_told_not_to(tmp_path, monkeypatch):
    """`read_network` stores by default; with `stored=False`, or where the variable is empty, it does not."""
    path = write_corner(tmp_path)
    monkeypatch.setenv("WALKCIRCLE_CACHE", "")
    wc.read_network(path)
    monkeypatch.setenv("WALKCIRCLE_CACHE", str(tmp_path / "cache"))
    wc.read_network(path, stored=False)
    assert not (tmp_path / "cache").exists()
    first = wc.read_network(path)
    with counted_reading() as seen:
        assert_same(first, wc.read_network(str(path)))
        assert not seen


def test_a_run_says_whether_it_reads_or_loads(tmp_path, monkeypatch, capsys):
    """The first run reads, the second loads, and --no-store reads again; all three answer alike."""
    (tmp_path / "study.toml").write_text(
        f'title = "A corner"\nplace = {{ file = "{write_corner(tmp_path).name}" }}\n'
        'communities = { source = "hexagons" }\noutputs = { folder = "out" }\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("WALKCIRCLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    said = []
    for options in ([], [], ["--no-store"]):
        monkeypatch.setattr(sys, "argv", ["walkcircle", "run", *options, "study.toml"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        said.append(capsys.readouterr())
    assert said[0].out == said[1].out == said[2].out
    assert [("Reading streets" in s.err, "Loading stored streets" in s.err) for s in said] == [
        (True, False), (False, True), (True, False),
    ]  # fmt: skip


def test_the_seconds_of_each_step_are_measured(tmp_path):
    """Reading, storing and loading again, each by the name under which it is reported."""
    nodes = {1: (0, 0), 2: (50, 0), 3: (50, 50), 4: (0, 50), 5: (-50, 0), 6: (100, 50)}
    ways = {1: ((5, 1), {"highway": "footway"}), 2: ((3, 6), {"highway": "footway"})}
    square = {3: ((1, 2, 3, 4, 1), {"highway": "pedestrian", "area": "yes"})}
    seconds = module.measure_reading(write_osm(tmp_path / "square.osm", nodes, ways | square), tmp_path / "store")
    assert [*seconds] == [
        "Comparing the file", "Reading streets and places", "Laying out places", "Crossing open squares",
        "Splitting streets at junctions", "Joining stretches of street", "Storing streets and places",
        "Loading stored streets and places", "Loading the streets alone",
    ]  # fmt: skip
    assert min(seconds.values()) >= 0
