"""The command line: the same verbs as the library.

An error that the user can mend is one line on the error stream and exit status 2; anything else is a
bug and shows its traceback.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from walkcircle.errors import OutputError, SourceError, StudyError, WalkCircleError

if TYPE_CHECKING:
    from walkcircle.analysis import Analysis
    from walkcircle.place import Place
    from walkcircle.proposals import Scenario
    from walkcircle.standards import Standard
    from walkcircle.study import Study

app = typer.Typer(
    name="walkcircle",
    help="Who can walk to daily life in fifteen minutes, who cannot, and what should be built first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: Folder of the repository that holds the demo towns, or of the installed package.
PACKAGE = Path(__file__).parent


class Town(StrEnum):
    """The towns that come along."""

    monaco = "monaco"
    karhula = "karhula"
    town = "town"


#: Whether streets that were read before may come from the user's cache.
Stored = Annotated[
    bool,
    typer.Option(
        "--store/--no-store",
        help="load streets read and answers found before from your cache folder (WALKCIRCLE_CACHE names another), "
        "or make them anew",
    ),
]


def main() -> int:
    """Run the command line and return the exit status."""
    try:
        app()
    except WalkCircleError as error:
        print(f"walkcircle: {error}", file=sys.stderr)
        return 2
    return 0


@app.command()
def demo(
    town: Annotated[
        Town, typer.Argument(help="monaco (a dense town), karhula (a suburb), town (made up, Chinese)")
    ] = Town.monaco,
    store: Stored = True,
) -> None:
    """Run a bundled town, offline, and leave its map under maps/."""
    _run(_prepare_demo(town), stored=store)


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="the study's TOML file")],
    store: Stored = True,
) -> None:
    """Run a study: check-up, isochrones, gaps, map and tables."""
    _run(study, stored=store)


@app.command("circles")
def draw_circles(
    study: Annotated[Path, typer.Argument(help="the study's TOML file; [circles] may say by which rules")],
    store: Stored = True,
) -> None:
    """Run a study and delineate its 5- and 15-minute living circles, with the gap list of each."""
    from walkcircle.study import CirclesSection

    question = _read_study(study)
    _run(study, stored=store, question=replace(question, circles=question.circles or CirclesSection()))


@app.command("plan")
def plan_study(
    study: Annotated[Path, typer.Argument(help="the study's TOML file, with [siting] and [plan]")],
    *,
    proposals: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="GeoJSON of what you have decided to build: the plan's first projects"),
    ] = None,
    store: Stored = True,
) -> None:
    """Propose what to build, where and in which year, with a proof of how good that is."""
    from walkcircle.printing.plans import show_plan

    question = _read_study(study)
    scenario = _read_edits(question, None, proposals, {})
    with _steps() as steps:
        place = _read_place(question, steps, stored=store)
        from walkcircle.analysis import analyse
        from walkcircle.commitments import check_proposals
        from walkcircle.plan import propose_plan
        from walkcircle.sources.solutions import open_solutions
        from walkcircle.views.files import write_plan

        check_proposals(place, question, scenario)  # what cannot be planned is said before the long work
        answer = analyse(place, question, report=steps.begin)
        kept = open_solutions() if store else None
        proposed = propose_plan(answer, proposals=scenario, kept=kept, report=steps.begin)
        files = write_plan(proposed, report=steps.begin)
    show_plan(proposed, files, out)


@app.command()
def whatif(
    study: Annotated[Path, typer.Argument(help="the study's TOML file")],
    *,
    kind: Annotated[str | None, typer.Option(help="kind of the facilities at --at, as in the standard")] = None,
    at: Annotated[
        list[str] | None, typer.Option(help="LON,LAT in degrees (WGS 84): add a facility there; may be repeated")
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID[:KIND]",
            help="close a facility of tables/facilities.csv, a kind of it, or a street, as street/WAY; repeatable",
        ),
    ] = None,
    move: Annotated[list[str] | None, typer.Option(metavar="ID=LON,LAT", help="move a facility; repeatable")] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(metavar="LON,LAT,LON,LAT", help="add a way between two places; repeatable"),
    ] = None,
    proposals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="GeoJSON of proposals, as the map exports them; made first")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="write all effects as CSV, for every community")
    ] = None,
    store: Stored = True,
) -> None:
    """Say who would be served, and who no longer, if facilities or ways were added, moved or closed.

    Each kind is counted for the people and by the walker that it is meant for. Nothing is built or changed.
    """
    question = _read_study(study)
    scenario = _read_edits(question, kind, proposals, {"--at": at, "--close": close, "--move": move, "--link": link})
    if len(scenario) == 0:
        msg = "nothing is proposed; give --kind with --at, or --close, --move, --link or --proposals"
        raise StudyError(msg)
    with _steps() as steps:
        place = _read_place(question, steps, stored=store)
        from walkcircle.analysis import analyse
        from walkcircle.printing.effects import show_effects
        from walkcircle.printing.paths import name_path
        from walkcircle.scenario import measure_effect
        from walkcircle.views.scenarios import write_effects
        from walkcircle.works import build_place

        build_place(place, question, scenario)  # what is not there is said before the long work
        answer = analyse(place, question, report=steps.begin, is_whole=False)
        steps.begin("Walking with the proposals")
        effects = measure_effect(answer, scenario)
        if save is not None:
            write_effects(effects, save)
    show_effects(answer, scenario, effects, out)
    if save is not None:
        out.print(f"\n{escape(name_path(save))}", soft_wrap=True)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="the older check-up: its study's TOML file, or the folder of a run")],
    new: Annotated[Path, typer.Argument(help="the newer check-up, likewise")],
    into: Annotated[
        Path | None,
        typer.Option(help="folder for page and tables; changes/ in the newer study's folder of results if not given"),
    ] = None,
    store: Stored = True,
) -> None:
    """Say what changed between two check-ups, and how much of it facilities, streets and people explain.

    Both are read and counted again, so keep their files; the folder of a run is refused where one of them changed.
    """
    studies = [_read_checkup(path) for path in (old, new)]
    with _steps() as steps:
        steps.begin("Starting the engine")
        from walkcircle.changes import compare_analyses, measure_covered
        from walkcircle.printing.comparison import show_comparison
        from walkcircle.sources import read_place
        from walkcircle.views.files import write_comparison

        checked = []
        for (study, inputs), path, age in zip(studies, (old, new), ("older", "newer"), strict=True):

            def tell(step: str, share: float | None = None, age: str = age) -> None:
                steps.begin(f"{step} ({age})", share)

            place = read_place(study, report=tell, stored=store)
            _refuse_other_inputs(inputs, place.inputs, path)
            checked.append(measure_covered(place, study, report=tell))
        comparison = compare_analyses(*checked, report=steps.begin)
        files = write_comparison(comparison, into, report=steps.begin)
    show_comparison(comparison, files, out)


@app.command("pdf")
def print_pdf(
    paths: Annotated[list[Path], typer.Argument(help="the folder that a run, a plan or a comparison wrote, or pages")],
) -> None:
    """Print overviews, portraits, plans and comparisons as PDF beside them, by a Chromium, Chrome or Edge."""
    from walkcircle.printing.paths import name_path
    from walkcircle.views.pdf import list_pages, print_pages

    pages = list_pages(paths)
    with _steps() as steps:
        steps.begin("Printing", 0.0)
        written = print_pages(pages, report=steps.begin)
    for path in written:
        out.print(escape(name_path(path)), soft_wrap=True)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="folder for the study; made when it is not there")],
    file: Annotated[str | None, typer.Option(help="OpenStreetMap file of the place, relative to the folder")] = None,
    name: Annotated[str | None, typer.Option(help="name of the place, read through Overpass")] = None,
    bbox: Annotated[str | None, typer.Option(help="west,south,east,north in degrees, read through Overpass")] = None,
    title: Annotated[str | None, typer.Option(help="title of the map; the folder's name when not given")] = None,
    standard: Annotated[str, typer.Option(help="facility standard")] = "general",
    language: Annotated[str, typer.Option(help="language of the map, en or zh")] = "en",
) -> None:
    """Begin a study: write a study.toml with every choice explained."""
    from walkcircle.study import write_study

    path = write_study(
        folder, title=title or folder.resolve().name, file=file, name=name,
        bbox=None if bbox is None else _read_bbox(bbox), standard=standard, language=language,
    )  # fmt: skip
    todo = "Look through it" if file or name or bbox else "Name your OpenStreetMap file under [place]"
    out.print(f"Wrote {path}. {todo}, then: walkcircle run {path}", markup=False, soft_wrap=True)


@app.command()
def fetch(
    study: Annotated[Path, typer.Argument(help="a study whose place is a name or a bounding box")],
    again: Annotated[bool, typer.Option("--again", help="ask once more, though it is stored already")] = False,
) -> None:
    """Fetch a study's place through Overpass and store it, so that later runs need no internet."""
    question = _read_study(study)
    if question.place.file is not None:
        msg = f"{study.name}: its place is the file {question.place.file}, which needs no fetching; run it"
        raise StudyError(msg)
    from walkcircle.sources.overpass import fetch_place

    with _steps() as steps:
        fetched = fetch_place(
            question.place, folder=question.folder / "fetched", margin_m=question.longest_walk_m, refresh=again,
            report=steps.begin,
        )  # fmt: skip
    out.print(f"Stored {fetched.path}, data of {fetched.data_date}.", markup=False, soft_wrap=True)


@app.command("standards")
def show_standards(
    name: Annotated[str | None, typer.Argument(help="name or .toml path of one standard, to explain it")] = None,
    kind: Annotated[str | None, typer.Argument(help="one of its kinds, to explain each value and its source")] = None,
    check: Annotated[Path | None, typer.Option(help="your own .toml, to check that it can be used")] = None,
) -> None:
    """List the facility standards, explain one of them or one kind, or check your own."""
    from walkcircle.printing.standards import show_kind, show_list, show_sources, show_standard
    from walkcircle.standards import read_standard

    if check is not None:
        show_sources(_read_own(check), check, out)
    elif name is None:
        show_list(out)
    elif kind is None:
        show_standard(read_standard(name), out)
    else:
        standard = read_standard(name)
        also = {one.id: one for one in standard.alternates}
        show_kind(standard, also[kind] if kind in also else standard.kind(kind), out)


@app.command("columns")
def show_columns(
    table: Annotated[str | None, typer.Argument(help="one table; all when not given")] = None,
) -> None:
    """Explain the columns of the tables: type, unit, range and meaning."""
    from walkcircle.tables import TABLES

    names = {declared.__name__.lower(): declared for declared in TABLES}
    if table is not None and table.lower() not in names:
        msg = f"there is no table '{table}'; the tables are: {', '.join(names)}"
        raise StudyError(msg)
    for name, declared in names.items():
        if table is not None and name != table.lower():
            continue
        shown = RichTable(
            "column",
            "type",
            "unit",
            "range",
            "meaning",
            title=f"{name}: {declared.title}",
            title_justify="left",
            box=None,
        )
        for column in declared.columns():
            marks = (" (may be absent)" if column.optional else "") + (" (may be missing)" if column.nullable else "")
            shown.add_row(str(column), column.dtype, column.unit, column.range, column.meaning + marks)
        out.print(shown)
        out.print()


def _read_own(path: Path) -> Standard:
    """Read a planner's own standard; a name that came along is none."""
    from walkcircle.standards import read_standard

    if path.suffix != ".toml":
        msg = f"{path}: --check wants the path of your own .toml; explain one that came along without --check"
        raise StudyError(msg)
    return read_standard(path)


#: Results go to standard output, progress and errors to the error stream.
out = Console(highlight=False)


@dataclass
class Steps:
    """Steps of long work as a progress bar, and the seconds that each took."""

    bar: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    name: str = ""
    since: float = 0.0

    def begin(self, name: str, share: float | None = None) -> None:
        """Show a step, and how much of it is done where that is known (0 to 1)."""
        if name != self.name:
            self.end()
            self.name, self.since = name, time.perf_counter()
            self.bar.add_task(name, total=None if share is None else 1.0)
        if share is not None:
            self.bar.update(self.bar.tasks[-1].id, completed=share)

    def end(self) -> None:
        """Note how long the step took."""
        if self.name:
            self.bar.update(self.bar.tasks[-1].id, total=1.0, completed=1.0)
            self.seconds[self.name] = self.seconds.get(self.name, 0.0) + time.perf_counter() - self.since
        self.name = ""


@contextmanager
def _steps() -> Iterator[Steps]:
    """Show progress on the error stream while the block runs."""
    console = Console(stderr=True)
    shown = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    with Progress(*shown, console=console) as bar:
        steps = Steps(bar)
        yield steps
        steps.end()


def _read_study(path: Path) -> Study:
    from walkcircle.study import read_study

    return read_study(path)


def _read_checkup(path: Path) -> tuple[Study, dict[str, str]]:
    """Read the study of a check-up, and the hashes of its inputs where a run wrote them down."""
    if not path.is_dir():
        return _read_study(path), {}
    file = path / "run.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        inputs = {name: entry["sha256"] for name, entry in record["inputs"].items()}
        named = record.get("study")
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        msg = f"{file}: no record of a run can be read here; give a study's TOML file, or the folder that a run wrote"
        raise StudyError(msg) from None
    if not named:
        msg = f"{file}: names no study; run it again, or give its TOML file"
        raise StudyError(msg)
    from walkcircle.printing.paths import name_path

    study = path / named["file"]
    if not study.is_file() or hashlib.sha256(study.read_bytes()).hexdigest() != named["sha256"]:
        changed = f"its study {name_path(study)} is not there or was changed since"
        msg = f"{file}: {changed}; run it again, or give a TOML file"
        raise StudyError(msg)
    return _read_study(study), inputs


def _refuse_other_inputs(then: Mapping[str, str], now: Mapping[str, str], folder: Path) -> None:
    """Refuse to call files a run's inputs that are not those that it read."""
    other = sorted(name for name, digest in then.items() if now.get(name) != digest)
    if other:
        msg = f"{folder / 'run.json'}: {', '.join(other)} was changed since; put the old file back, or run it again"
        raise SourceError(msg)


def _read_place(study: Study, steps: Steps, *, stored: bool) -> Place:
    """Read the place of a study, showing each step."""
    steps.begin("Starting the engine")
    from walkcircle.sources import read_place

    return read_place(study, report=steps.begin, stored=stored)


def _answer(study: Study, steps: Steps, *, stored: bool) -> Analysis:
    """Read the place and answer the study, showing each step."""
    place = _read_place(study, steps, stored=stored)
    from walkcircle.analysis import analyse

    return analyse(place, study, report=steps.begin)


def _run(path: Path, *, stored: bool, question: Study | None = None) -> None:
    """Run a study file from beginning to end, or the question that was made of it."""
    study = question or _read_study(path)
    with _steps() as steps:
        answer = _answer(study, steps, stored=stored)
        steps.begin("Starting the map")
        from walkcircle.printing.summary import show_summary
        from walkcircle.views.files import write_outputs

        files = write_outputs(answer, study_file=path, timings=steps.seconds, report=steps.begin)
    show_summary(answer, files, out)


def _prepare_demo(town: Town) -> Path:
    """Return the study file of a bundled town, writing the made-up one first."""
    home = PACKAGE.parent
    if not (home / "data" / "monaco").is_dir():  # installed from a wheel: work on a copy in the current folder
        home = Path.cwd()
    folder = home / "maps" / "town" / "study" if town is Town.town else home / "data" / town
    try:
        if town is Town.town:
            from walkcircle.sources.town import write_town

            return write_town(folder)
        if not folder.is_dir():
            shutil.copytree(PACKAGE / "data" / town, folder)
    except OSError as error:
        msg = f"{folder}: cannot write the town here ({error.strerror}); go to a folder that you may write to"
        raise OutputError(msg) from None
    return folder / "study.toml"


def _read_edits(
    study: Study, kind: str | None, proposals: Path | None, given: Mapping[str, list[str] | None]
) -> Scenario:
    """Read what is proposed: those of a file first, then those of the options."""
    from walkcircle.proposals import Scenario
    from walkcircle.sources.scenarios import read_scenario

    scenario = Scenario() if proposals is None else read_scenario(proposals, study)
    if bool(given.get("--at")) != (kind is not None):
        msg = "--kind and --at belong together: a facility needs its kind and its place"
        raise StudyError(msg)
    for text in given.get("--at") or ():
        scenario = scenario.add_facility(study.standard.kind(str(kind)).id, *_read_lonlat(text, "--at"))
    for text in given.get("--move") or ():
        name, _, place = text.rpartition("=")
        if not name:
            msg = f"--move {text}: give ID=LON,LAT, as in node/123=7.4187,43.7312"
            raise StudyError(msg)
        scenario = scenario.move_facility(name, *_read_lonlat(place, "--move"))
    kinds = {one.id for one in study.standard.kinds}
    for text in given.get("--close") or ():
        if text.startswith("street/"):
            scenario = scenario.close_street(_read_way(text))
            continue
        name, _, closing = text.rpartition(":")  # an id may have a colon of its own
        scenario = scenario.close_facility(name, kind=closing) if closing in kinds else scenario.close_facility(text)
    for text in given.get("--link") or ():
        numbers = _read_numbers(text, 4, "--link", "LON,LAT,LON,LAT, as in 7.4187,43.7312,7.4190,43.7310")
        scenario = scenario.add_link([_check_lonlat(numbers[i : i + 2], f"--link {text}") for i in (0, 2)])
    return scenario


def _read_way(text: str) -> int:
    """Read ``street/WAY``."""
    way = text.removeprefix("street/")
    if not way.isdecimal():
        msg = f"--close {text}: give the number of an OpenStreetMap way, as in street/26486303"
        raise StudyError(msg)
    return int(way)


def _read_lonlat(text: str, option: str) -> tuple[float, float]:
    """Read ``LON,LAT``."""
    return _check_lonlat(_read_numbers(text, 2, option, "LON,LAT, as in 7.4187,43.7312"), f"{option} {text}")


def _check_lonlat(numbers: list[float], where: str) -> tuple[float, float]:
    """Return longitude and latitude, which must be on earth."""
    lon, lat = numbers
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        msg = f"{where}: longitude is -180 to 180 and latitude -90 to 90, in this order"
        raise StudyError(msg)
    return lon, lat


def _read_bbox(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north``."""
    west, south, east, north = _read_numbers(text, 4, "--bbox", "west,south,east,north in degrees")
    return west, south, east, north


def _read_numbers(text: str, count: int, option: str, form: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        msg = f"{option} {text}: give {form}"
        raise StudyError(msg)
    return numbers


if __name__ == "__main__":
    sys.exit(main())
