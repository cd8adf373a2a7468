"""The store: what a file was read into, kept in the user's cache and loaded by hash on every later run.

An entry is two files, named by the key of what they hold: the network, and everything else. Each is an
Arrow stream with its SHA-256 behind it. The sum is compared before anything is decoded, so an entry that
is damaged, cut short or another's is read anew and written over. An entry is written under another name
and then renamed: whoever reads at the same time finds a whole one or none. Where nothing can be written,
the file is read as if there were no store.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import platformdirs
import pyarrow as pa
import pyproj
import shapely
from osmium.version import pyosmium_release

from walkcircle.network import WalkNetwork
from walkcircle.sources.osm_file import Feature, OsmContents, check_file, hash_file, read_osm_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Report = Callable[[str], None]

#: Columns of Arrow by name, and what they mean by field.
Columns = Mapping[str, pa.Array]
Described = dict[str, dict[str, Any]]
Record = TypeVar("Record", WalkNetwork, OsmContents)

#: Number of the layout below; it is part of every key.
FORMAT = 1

#: Environment variable that names the folder of the store; set to nothing, nothing is stored.
VARIABLE = "WALKCIRCLE_CACHE"

#: When all entries together are larger, those used longest ago go. Porto takes 25 MB: room for some eighty cities.
MOST_BYTES = 2 * 2**30

#: What is half-written and older than this was left by a run that was killed, seconds.
ABANDONED_S = 24 * 3600.0

#: How the step of loading is reported; reading has steps of its own.
LOADING = "Loading stored streets and places"

#: What decides how a file is read, beside the file: files of the package, and folders of its code.
SHAPED_BY = (
    "walkable.toml", "network.py", "barriers.py", "lines.py", "squares.py", "tags.py", "records.py", "errors.py",
    "kernels", "sources/osm_file.py", "sources/store.py",
)  # fmt: skip

_SUM_BYTES = hashlib.sha256().digest_size
_ENTRY = re.compile(r"[0-9a-f]{64}\.(network|features)")


@dataclass(frozen=True)
class Store:
    """Entries in a folder, each named by a key.

    Attributes
    ----------
    folder
        Where they are; made when it is not there.
    most_bytes
        How large they may be all together.
    """

    folder: Path
    most_bytes: int = MOST_BYTES

    def load_contents(self, key: str) -> OsmContents | None:
        """Return what is stored under a key, or None where it is not there whole."""
        network = self.load_network(key)
        return None if network is None else self._load(key, "features", OsmContents, {"network": network})

    def load_network(self, key: str) -> WalkNetwork | None:
        """Return the network stored under a key, or None where it is not there whole."""
        return self._load(key, "network", WalkNetwork, {})

    def save(self, key: str, contents: OsmContents) -> None:
        """Store what a file holds; where nothing can be written, nothing is left behind and nothing is said."""
        network, features = _encode(contents.network), _encode(contents, without="network")
        # a folder that may not be written to, or a full disk: the next run reads the file again
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(key, "network", *network)
            self._write(key, "features", *features)
            self._prune(key)

    def _load(self, key: str, piece: str, record: type[Record], known: Mapping[str, Any]) -> Record | None:
        path = self.folder / f"{key}.{piece}"
        content = read_entry(path)
        if content is None:
            return None
        try:
            stream = pa.ipc.open_stream(pa.py_buffer(content))
            head = json.loads(stream.schema.metadata[b"walkcircle"])
            if (head["format"], head["key"], head["piece"]) != (FORMAT, key, piece):
                return None
            table = stream.read_all()
            columns = {name: table[name].chunk(0).values for name in table.column_names}
        except (KeyError, TypeError, ValueError):
            return None  # whole, but not of our making
        with suppress(OSError):
            os.utime(path)  # used just now, so pruned last
        with _uncollected():
            decoded = {name: _DECODERS[told["as"]](told, name, columns) for name, told in head["fields"].items()}
        return record(**known, **decoded)

    def _write(self, key: str, piece: str, columns: Columns, described: Described) -> None:
        head = json.dumps({"format": FORMAT, "key": key, "piece": piece, "fields": described})
        # columns differ in length, so the table has one row and every column one list
        lists = [pa.LargeListArray.from_arrays([0, len(column)], column) for column in columns.values()]
        batch = pa.record_batch(lists, names=[*columns]).replace_schema_metadata({"walkcircle": head})
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, batch.schema) as writer:
            writer.write_batch(batch)
        write_entry(self.folder / f"{key}.{piece}", stream.getvalue())

    def _prune(self, key: str) -> None:
        """Delete what was used longest ago until the rest is small enough, but never the entry just stored."""
        entries = [(path, path.stat()) for path in self.folder.iterdir() if _ENTRY.fullmatch(path.name)]
        entries.sort(key=lambda entry: (entry[0].stem != key, -entry[1].st_mtime))
        left = self.most_bytes
        for path, known in entries:
            left -= known.st_size
            if left < 0 and path.stem != key:
                path.unlink(missing_ok=True)
        for part in self.folder.glob(".*.part"):
            if part.stat().st_mtime < time.time() - ABANDONED_S:
                part.unlink(missing_ok=True)


def read_entry(path: Path) -> memoryview | None:
    """Read an entry with its sum behind it; None where it is not there whole."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    content, total = memoryview(found)[:-_SUM_BYTES], found[-_SUM_BYTES:]
    return content if hashlib.sha256(content).digest() == total else None


def write_entry(path: Path, content: bytes | pa.Buffer) -> None:
    """Write an entry with its sum behind it, under another name first, so that nobody finds half of it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.write(hashlib.sha256(content).digest())
        part.replace(path)
    except BaseException:  # also where the user stops the run
        part.unlink(missing_ok=True)
        raise


def locate_cache(piece: str) -> Path | None:
    """Return the folder of one sort of entries: in that which ``WALKCIRCLE_CACHE`` names, else in the user's cache.

    None where the variable is set to nothing: then nothing is stored.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return platformdirs.user_cache_path("walkcircle", appauthor=False) / piece
    return Path(named).expanduser() / piece if named.strip() else None


def open_store() -> Store | None:
    """Open the store: in the folder that ``WALKCIRCLE_CACHE`` names, else in the user's cache folder.

    Returns
    -------
    Store or None
        None where the variable is set to nothing: then nothing is stored.
    """
    folder = locate_cache("streets")
    return None if folder is None else Store(folder)


def load_contents(path: Path, store: Store | None, *, report: Report | None = None) -> OsmContents:
    """Load what an OpenStreetMap file holds, or read the file and store it.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    store
        As opened by :func:`open_store`; without one the file is read.
    report
        Called with the name of each step as it begins.

    Raises
    ------
    SourceError
        The file is missing, empty, cut short or not OpenStreetMap data, or holds no walkable street.
    """
    tell = report or (lambda _: None)
    if store is not None:
        key = make_key(path)
        if (store.folder / f"{key}.network").exists():
            tell(LOADING)
            found = store.load_contents(key)
            if found is not None:
                return found
    return _read_and_store(path, store, tell)


def load_network(path: Path, store: Store | None) -> WalkNetwork:
    """Load the walking network of an OpenStreetMap file, or read the file and store it.

    Raises
    ------
    SourceError
        The file is missing, empty, cut short or not OpenStreetMap data, or holds no walkable street.
    """
    found = None if store is None else store.load_network(make_key(path))
    return _read_and_store(path, store, lambda _: None).network if found is None else found


def make_key(path: Path) -> str:
    """Make the key of a file: a hash of its content and kind, and of the rules and code that read it.

    Raises
    ------
    SourceError
        The file is missing, empty, or of an unknown kind.
    """
    check_file(path)
    parts = (str(FORMAT), hash_rules(Path(str(resources.files("walkcircle")))), hash_file(path), path.suffix)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def hash_rules(package: Path) -> str:
    """Hash what decides how a file is read: our rules and code, and the libraries that do the work.

    The code itself is hashed, since a number that must be raised by hand is forgotten one day. The hash is
    taken once, as the rules are read once: a run that saw the old rules must not store under the new ones.
    """
    total = hashlib.sha256()
    for name in SHAPED_BY:
        place = package / name
        files = sorted(place.iterdir(), key=lambda file: file.name) if place.is_dir() else [place]
        for file in files:
            if file.is_file():
                total.update(hashlib.sha256(file.read_bytes()).digest())
    libraries = (
        pyosmium_release, shapely.__version__, shapely.geos_version_string, pyproj.__version__,
        pyproj.__proj_version__, np.__version__,
    )  # fmt: skip
    total.update("\n".join(libraries).encode())
    return total.hexdigest()


def measure_reading(path: Path, folder: Path) -> dict[str, float]:
    """Measure how long each step of reading a file takes, then of loading it again.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    folder
        An empty folder for the store.

    Returns
    -------
    dict
        Seconds of each step, by the name under which it is reported.
    """
    seconds: dict[str, float] = {}
    running = ""
    since = time.perf_counter()

    def tell(step: str) -> None:
        nonlocal running, since
        now = time.perf_counter()
        if running:
            seconds[running] = now - since
        running, since = step, now

    for _ in range(2):
        tell("Comparing the file")
        load_contents(path, Store(folder), report=tell)
    tell("Loading the streets alone")
    load_network(path, Store(folder))
    tell("")
    return seconds


def _read_and_store(path: Path, store: Store | None, tell: Report) -> OsmContents:
    key = None if store is None else make_key(path)
    contents = read_osm_file(path, report=tell)
    # a file that was written to while it was read is stored under neither hash
    if store is not None and key == make_key(path):
        tell("Storing streets and places")
        store.save(key, contents)
    return contents


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage while many objects are made that all stay: half of the time of loading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _encode(record: WalkNetwork | OsmContents, *, without: str = "") -> tuple[dict[str, pa.Array], Described]:
    """Turn the fields of a record into columns, and say what they mean."""
    columns: dict[str, pa.Array] = {}
    described: Described = {}
    for field in fields(record):
        if field.name != without:
            described[field.name], mine = _encode_field(field.name, getattr(record, field.name))
            columns.update(mine)
    return columns, described


def _encode_field(name: str, value: Any) -> tuple[dict[str, Any], dict[str, pa.Array]]:
    """Turn one value into columns by its type; what is no array, shape or list of features must be plain JSON."""
    if isinstance(value, np.ndarray):
        return _encode_array(name, value)
    match value:
        case list():
            return {"as": "features"}, _encode_features(name, value)
        case pyproj.CRS():
            plain = {"as": "crs", "value": value.srs}
        case shapely.Geometry():
            plain = {"as": "shape", "value": shapely.to_wkb(value, hex=True)}
        case _:
            plain = {"as": "tuple" if isinstance(value, tuple) else "plain", "value": value}
    return plain, {}


def _encode_array(name: str, value: NDArray[Any]) -> tuple[dict[str, Any], dict[str, pa.Array]]:
    """Turn an array of shapes, words or numbers into columns."""
    if value.dtype == object:
        return {"as": "shapes"}, _encode_shapes(name, value)
    if value.dtype.kind == "U":
        words, code = np.unique(value, return_inverse=True)
        return {"as": "words", "words": words.tolist(), "dtype": value.dtype.str}, {name: pa.array(code)}
    flat = np.ascontiguousarray(value).ravel()
    raw = flat.view(np.uint8) if value.dtype == bool else flat
    return {"as": "numbers", "dtype": value.dtype.str, "shape": value.shape}, {name: pa.array(raw)}


#: How each kind of field is made again from its meaning, its name and the columns.
_DECODERS: Mapping[str, Callable[[Mapping[str, Any], str, Columns], Any]] = {
    # a copy, since the compiled loops know arrays that may be written to from those that may not
    "numbers": lambda told, name, columns: columns[name].to_numpy().copy().view(told["dtype"]).reshape(told["shape"]),
    "words": lambda told, name, columns: np.array(told["words"], dtype=told["dtype"])[columns[name].to_numpy()],
    "shapes": lambda _, name, columns: _decode_shapes(name, columns),
    "features": lambda _, name, columns: _decode_features(name, columns),
    "crs": lambda told, *_: pyproj.CRS(told["value"]),
    "shape": lambda told, *_: shapely.from_wkb(told["value"]),
    "tuple": lambda told, *_: tuple(told["value"]),
    "plain": lambda told, *_: told["value"],
}


def _encode_shapes(name: str, shapes: NDArray[np.object_]) -> dict[str, pa.Array]:
    """Lay out shapes as GeoArrow does, coordinates in one column and where parts begin in others, type by type."""
    types = shapely.get_type_id(shapes).astype(np.int8)
    columns = {f"{name}.type": pa.array(types)}
    for number in np.unique(types):
        _, coords, offsets = shapely.to_ragged_array(shapes[types == number])
        columns[f"{name}.{number}.xy"] = pa.array(coords.ravel())
        columns |= {f"{name}.{number}.{level}": pa.array(offset) for level, offset in enumerate(offsets)}
    return columns


def _decode_shapes(name: str, columns: Columns) -> NDArray[np.object_]:
    types = columns[f"{name}.type"].to_numpy()
    shapes = np.empty(len(types), dtype=object)
    for number in np.unique(types):
        own = f"{name}.{number}."
        offsets = [columns[own + str(i)].to_numpy() for i in range(3) if own + str(i) in columns]
        coords = columns[own + "xy"].to_numpy().reshape(-1, 2)
        shapes[types == number] = shapely.from_ragged_array(shapely.GeometryType(number), coords, tuple(offsets))
    return shapes


def _encode_features(name: str, features: list[Feature]) -> dict[str, pa.Array]:
    """Lay out features: shapes, ids, how many tags each has, and the tags as positions in a list of words."""
    position: dict[str, int] = {}
    texts = [text for feature in features for pair in feature.tags.items() for text in pair]
    code = [position.setdefault(text, len(position)) for text in texts]
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [feature.shape for feature in features]
    return {
        f"{name}.id": pa.array([feature.osm_id for feature in features], pa.large_string()),
        f"{name}.tags": pa.array([len(feature.tags) for feature in features], pa.int32()),
        f"{name}.code": pa.array(code, pa.int32()),
        f"{name}.word": pa.array([*position], pa.large_string()),
        f"{name}.edited": pa.array([feature.edited for feature in features], pa.large_string()),
        **_encode_shapes(name, shapes),
    }


def _decode_features(name: str, columns: Columns) -> list[Feature]:
    words = np.array(columns[f"{name}.word"].to_pylist(), dtype=object)
    texts = words[columns[f"{name}.code"].to_numpy()].tolist()
    keys, values = texts[::2], texts[1::2]
    ids, shapes = columns[f"{name}.id"].to_pylist(), _decode_shapes(name, columns)
    stops, days = np.cumsum(columns[f"{name}.tags"].to_numpy()).tolist(), columns[f"{name}.edited"].to_pylist()
    return [
        Feature(osm_id, dict(zip(keys[start:stop], values[start:stop], strict=True)), shape, day)
        for osm_id, start, stop, shape, day in zip(ids, [0, *stops], stops, shapes, days, strict=False)
    ]
