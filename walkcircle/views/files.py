"""Files: the tables for GIS and spreadsheet, and the record of how they were made."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from walkcircle.analysis import Analysis
from walkcircle.errors import OutputError
from walkcircle.tables import Clusters

#: What the results are written with; their versions go into run.json.
_LIBRARIES = (
    "walkcircle",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "numpy",
    "pandas",
    "numba",
    "osmium",
    "folium",
)

#: Where pages of a run may lie beside its map.
_PAGE_NAME = re.compile(r"(communities|districts)/[A-Za-z0-9_-]+\.html")


def write_outputs(
    answer: Analysis,
    folder: str | Path | None = None,
    *,
    timings: Mapping[str, float] | None = None,
    report: Callable[[str], None] | None = None,
) -> dict[str, Path]:
    """Write the map, the portraits, the overviews, the tables and the record of a run.

    Everything is written to a temporary folder beside the target first and then moved, file by file, so
    that a crash leaves the old files whole. The same inputs give the same bytes; only ``run.json``
    holds times.

    Parameters
    ----------
    answer
        What to write.
    folder
        Where; the study's output folder when not given.
    timings
        Seconds per step, for ``run.json``.
    report
        Called with the name of each step as it begins.

    Returns
    -------
    dict
        Path of each file by what it is: ``map``, ``overview``, ``portraits`` (a folder), ``geopackage``, ``tables`` (a
        folder), ``record``.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    from walkcircle.views.map import draw_map
    from walkcircle.views.overview import PAGE, write_overviews
    from walkcircle.views.portrait import FOLDER, write_portraits
    from walkcircle.views.profiles import measure_profiles

    target = Path(folder) if folder is not None else answer.study.output_folder
    tell = report or (lambda _: None)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target) as name:
            draft = Path(name)
            tell("Drawing the map")
            draw_map(answer, pages=True).save(draft / "index.html")
            tell("Writing portraits")
            profiles = measure_profiles(answer)
            write_portraits(answer, draft, profiles=profiles)
            write_overviews(answer, draft, profiles=profiles)
            pages = _list_pages(draft)
            tell("Writing tables")
            frames = list_tables(answer)
            _write_geopackage(frames, draft / "results.gpkg", answer.place.data_date)
            _write_tables(frames, draft / "tables")
            (draft / "run.json").write_text(_record(answer, pages, timings or {}), encoding="utf-8")
            stale = _find_stale(target, pages)
            _move(draft, target)
            for page in stale:
                page.unlink(missing_ok=True)
    except FileNotFoundError:
        raise  # a file of the package itself is missing: a bug, not the user's disk
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{target}: cannot write here ({reason}); free some space or choose another folder under [outputs]"
        raise OutputError(msg) from None
    return {
        "map": target / "index.html",
        "overview": target / PAGE,
        "portraits": target / FOLDER,
        "geopackage": target / "results.gpkg",
        "tables": target / "tables",
        "record": target / "run.json",
    }


def list_tables(answer: Analysis) -> dict[str, pd.DataFrame]:
    """Return every table of an answer by the name it is written under."""
    return {
        "checkup": answer.checkup,
        "clusters": answer.clusters,
        "facilities": answer.place.facilities,
        "residences": answer.place.residences,
        "isochrones": answer.isochrones,
        "truth": answer.truth,
        "coverage": answer.coverage,
        "communities": answer.communities,
        "gaps": answer.gaps,
        "completeness": answer.place.completeness,
        "agreement": answer.agreement,
        "unsnapped": answer.unsnapped,
    }


def _write_geopackage(frames: Mapping[str, pd.DataFrame], path: Path, data_date: str | None) -> None:
    """Write all tables as layers; dates inside are those of the data, so that re-runs give the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{data_date or '2000-01-01'}T00:00:00.000Z"})
    try:
        for name, frame in frames.items():
            # version 1.2 is what the QGIS of long-lived distributions opens without a warning
            pyogrio.write_dataframe(
                _plain(frame),
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                dataset_options={"VERSION": "1.2"},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_tables(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as GeoParquet (or Parquet) and as CSV; CSV has a longitude and latitude for a shape."""
    folder.mkdir()
    for name, frame in frames.items():
        plain = _plain(frame)
        plain.to_parquet(folder / f"{name}.parquet", index=False)
        if isinstance(plain, gpd.GeoDataFrame):
            middle = plain.geometry.representative_point().to_crs(4326)
            plain = pd.DataFrame(plain.drop(columns=plain.geometry.name)).assign(
                lon=middle.x.round(7), lat=middle.y.round(7)
            )
        # the byte-order mark lets spreadsheets read Chinese names
        plain.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that files can hold: a plain index, and text where a column mixes objects."""
    plain = frame.reset_index(drop=True)
    texts = {
        column: plain[column].where(plain[column].notna(), None).astype("str")
        for column in plain.columns
        if plain[column].dtype == object and not _is_numeric(plain[column])
    }
    numbers = {
        column: plain[column].astype("Float64")
        for column in plain.columns
        if plain[column].dtype == object and _is_numeric(plain[column])
    }
    return plain.assign(**texts, **numbers).rename(columns=str)


def _is_numeric(column: pd.Series) -> bool:
    known = column.dropna()
    return len(known) > 0 and all(isinstance(value, int | float) for value in known)


def _list_pages(folder: Path) -> list[str]:
    """List the overviews and portraits in a folder, by their path in it."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return sorted(path for path in found if path != "index.html")


def _find_stale(target: Path, pages: Sequence[str]) -> list[Path]:
    """Find the pages that an earlier run wrote, by its record, and this one does not: they would tell old numbers."""
    try:
        written = json.loads((target / "run.json").read_text(encoding="utf-8"))["pages"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    names = {str(name) for name in written} if isinstance(written, list) else set()
    # a record that somebody edited must not reach other files
    return [target / name for name in sorted(names - set(pages)) if _PAGE_NAME.fullmatch(name)]


def _record(answer: Analysis, pages: Sequence[str], timings: Mapping[str, float]) -> str:
    """Describe the run: inputs with their hashes, versions, parameters, sources, timings."""
    study, place = answer.study, answer.place
    parameters = asdict(study)
    catalogue = json.dumps(parameters["standard"], sort_keys=True, ensure_ascii=False)
    parameters["standard"] = {
        "id": study.standard.id,
        "sha256_of_content": hashlib.sha256(catalogue.encode()).hexdigest(),
    }
    del parameters["folder"]  # where it was run is nobody's business
    record: dict[str, Any] = {
        "title": study.title,
        "inputs": {name: {"sha256": digest} for name, digest in sorted(place.inputs.items())},
        "data_date": place.data_date,
        "sources": place.sources,
        "population": {
            "people": round(float(answer.clusters[Clusters.population].sum()), 6),
            "source": place.population_source,
        },
        "notes": place.notes,
        "nearest_k": 1,
        "pages": pages,
        "parameters": parameters,
        "versions": {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "timings_s": {step: round(seconds, 3) for step, seconds in timings.items()},
    }
    return json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n"


def _move(draft: Path, target: Path) -> None:
    """Put finished files in place of the old ones, one whole file at a time; the record goes last."""
    files = sorted((p for p in draft.rglob("*") if p.is_file()), key=lambda p: (p.name == "run.json", p))
    for file in files:
        goal = target / file.relative_to(draft)
        if goal.parent.exists() and not goal.parent.is_dir():
            goal.parent.unlink()
        goal.parent.mkdir(exist_ok=True)
        file.replace(goal)
