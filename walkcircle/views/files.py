"""Files: the tables for GIS and spreadsheet, and the record of how they were made."""

from __future__ import annotations

import hashlib
import json
import os
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
from walkcircle.changes import Comparison
from walkcircle.errors import OutputError
from walkcircle.plan import Plan
from walkcircle.routes import SchoolWays
from walkcircle.tables import Clusters, Proofs, Tracking
from walkcircle.tracking import join_projects
from walkcircle.views.comparison import draw_comparison
from walkcircle.views.text import Language

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

#: The next version of the user's table of projects, in the folder of a plan.
TRACKING_NAME = "tracking.csv"

#: Where pages of a run may lie beside its map.
_PAGE_NAME = re.compile(r"(communities|districts)/[A-Za-z0-9_-]+\.html")


def write_outputs(
    answer: Analysis,
    folder: str | Path | None = None,
    *,
    study_file: Path | None = None,
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
    study_file
        Where the study was read from, which ``run.json`` then names for ``walkcircle compare``.
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
            record = _record(answer, pages, timings or {}, _name_study(study_file, target))
            (draft / "run.json").write_text(record, encoding="utf-8")
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


def write_comparison(
    comparison: Comparison, folder: str | Path | None = None, *, report: Callable[[str], None] | None = None
) -> dict[str, Path]:
    """Write what changed: one page and four tables, whole files as in :func:`write_outputs`.

    Parameters
    ----------
    comparison
        What to write.
    folder
        Where; the folder ``changes`` in the newer study's output folder when not given.
    report
        Called with the name of each step as it begins.

    Returns
    -------
    dict
        Path of each file by what it is: ``page``, ``changes``, ``coverage``, ``communities``, ``facilities``.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    target = Path(folder) if folder is not None else comparison.new.study.output_folder / "changes"
    tables = {
        "changes": comparison.changes,
        "coverage": comparison.coverage,
        "communities": comparison.communities,
        "facilities": comparison.facilities,
    }
    names = {"page": "changes.html", "changes": "changes.csv"}
    names |= {name: f"changed_{name}.csv" for name in tables if name != "changes"}
    (report or (lambda _: None))("Writing what changed")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target) as name:
            draft = Path(name)
            (draft / names["page"]).write_text(draw_comparison(comparison), encoding="utf-8", newline="\n")
            for table, frame in tables.items():
                _write_csv(_plain(frame), draft / names[table])
            _move(draft, target)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{target}: cannot write here ({reason}); free some space or choose another folder with --into"
        raise OutputError(msg) from None
    return {what: target / name for what, name in names.items()}


def write_plan(
    plan: Plan,
    folder: str | Path | None = None,
    *,
    language: Language | None = None,
    report: Callable[[str], None] | None = None,
) -> dict[str, Path]:
    """Write the district plan: page, document, workbook, layers for QGIS and tables, as in :func:`write_outputs`.

    The same plan gives the same bytes: dates inside are those of the data. ``tracking.csv`` is the next version of the
    user's table of projects, with the new ones in it (:func:`~walkcircle.tracking.join_projects`); their own file is
    never written to.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    folder
        Where; the folder ``plan`` in the study's output folder when not given. The page's links lead to the map, the
        overview and the portraits in the folder above.
    language
        ``en`` or ``zh``; that of the study when None.
    report
        Called with the name of each step as it begins.

    Returns
    -------
    dict
        Path of each file by what it is: ``page``, ``document``, ``workbook``, ``geopackage``, ``tables`` (a folder),
        ``tracking``.

    Raises
    ------
    OutputError
        The folder cannot be written to, or the next table of projects would be written over the user's own.
    """
    from walkcircle.views.planning import build_sections, draw_page, list_layers, write_docx, write_xlsx

    target = Path(folder) if folder is not None else plan.analysis.study.output_folder / "plan"
    told, tell = language or plan.analysis.study.outputs.language, report or (lambda _: None)
    frames = list_plan_tables(plan)
    _refuse_own(plan, target / TRACKING_NAME)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target) as name:
            draft = Path(name)
            tell("Writing the plan")
            sections = build_sections(plan, told)
            (draft / "plan.html").write_text(draw_page(plan, told, sections=sections), encoding="utf-8", newline="\n")
            (draft / "plan.docx").write_bytes(write_docx(plan, told, sections=sections))
            (draft / "plan.xlsx").write_bytes(write_xlsx(plan, told, sections=sections))
            tell("Writing its tables")
            layers = {
                **list_layers(plan),
                **{key: one for key, one in frames.items() if key not in {"projects", "links"}},
            }
            _write_geopackage(layers, draft / "plan.gpkg", plan.analysis.place.data_date)
            _write_tables(frames, draft / "tables")
            _write_tracking(plan, draft / TRACKING_NAME)
            _move(draft, target)
    except FileNotFoundError:
        raise  # a file of the package itself is missing: a bug, not the user's disk
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{target}: cannot write here ({reason}); free some space or choose another folder under [outputs]"
        raise OutputError(msg) from None
    return {
        "page": target / "plan.html",
        "document": target / "plan.docx",
        "workbook": target / "plan.xlsx",
        "geopackage": target / "plan.gpkg",
        "tables": target / "tables",
        "tracking": target / TRACKING_NAME,
    }


def _refuse_own(plan: Plan, path: Path) -> None:
    """Refuse to write over the table that the user keeps."""
    study = plan.analysis.study
    if study.plan.tracking is not None and path.exists() and path.samefile(study.path_to(study.plan.tracking)):
        msg = (
            f"{path}: [plan] tracking names the file that the next version is written to; keep your own beside the "
            "study, as a copy of it"
        )
        raise OutputError(msg)


def _write_tracking(plan: Plan, path: Path) -> None:
    """Write the next version of the user's table of projects, or one to begin with."""
    place = plan.analysis.place
    table = join_projects(place.tracking, plan.projects, on=place.data_date)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def list_plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return every table of a plan by the name it is written under."""
    return {
        "projects": plan.projects,
        "gains": plan.gains,
        "links": plan.links,
        "phases": plan.phases,
        "before_after": plan.before_after,
        "index_changes": plan.index_changes,
        "proofs": plan.proofs.drop(columns=Proofs.seconds),  # the same inputs give the same bytes
        **({"deliveries": plan.deliveries} if len(plan.deliveries) else {}),
    }


def list_tables(answer: Analysis) -> dict[str, pd.DataFrame]:
    """Return every table of an answer by the name it is written under."""
    return {
        "checkup": answer.checkup,
        "scores": answer.scores,
        "categories": answer.categories,
        "areas": answer.areas,
        "area_categories": answer.area_categories,
        "clusters": answer.clusters,
        "facilities": answer.place.facilities,
        "residences": answer.place.residences,
        "isochrones": answer.isochrones,
        "truth": answer.truth,
        "coverage": answer.coverage,
        "communities": answer.communities,
        "gaps": answer.gaps,
        "causes": answer.causes,
        "completeness": answer.place.completeness,
        "agreement": answer.agreement,
        "unsnapped": answer.unsnapped,
        **({} if answer.needs is None else {"needs": answer.needs}),
        **({} if answer.place.candidates is None else {"candidates": answer.place.candidates}),
        **_list_circles(answer),
        **({} if answer.schools is None else _list_schools(answer.schools)),
    }


def _list_circles(answer: Analysis) -> dict[str, pd.DataFrame]:
    """Return the tables of living circles, none where there are none."""
    made = answer.circles
    if made is None:
        return {}
    return {
        "circles": made.circles,
        "circle_members": made.members,
        "broken_rules": made.broken,
        "circle_sizes": made.sizes,
        "circle_gaps": made.gaps,
        "circle_containment": made.containment,
        "circle_severance": made.severance,
    }


def _list_schools(made: SchoolWays) -> dict[str, pd.DataFrame]:
    """Return the tables of ways to school; the crossings only where there is one."""
    crossings = {"crossings": made.crossings} if len(made.crossings) else {}
    return {"school_routes": made.routes, **crossings}


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
        _write_csv(plain, folder / f"{name}.csv")


def _write_csv(plain: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with a longitude and latitude for a shape."""
    if isinstance(plain, gpd.GeoDataFrame):
        middle = plain.geometry.representative_point().to_crs(4326)
        degrees = {str(Tracking.lon): middle.x.round(7), str(Tracking.lat): middle.y.round(7)}
        plain = pd.DataFrame(plain.drop(columns=plain.geometry.name)).assign(**degrees)
    # the byte-order mark lets spreadsheets read Chinese names
    plain.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


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


def _name_study(file: Path | None, target: Path) -> dict[str, str] | None:
    """Name a study's file from where the results are, with its hash; nothing where it is on another drive."""
    if file is None:
        return None
    try:
        path = Path(os.path.relpath(file, target)).as_posix()
    except ValueError:
        return None
    return {"file": path, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


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


def _record(
    answer: Analysis, pages: Sequence[str], timings: Mapping[str, float], study_file: Mapping[str, str] | None
) -> str:
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
        "study": study_file,
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
