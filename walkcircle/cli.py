"""The command line: the same verbs as the library.

An error that the user can mend is one line on the error stream and exit status 2; anything else is a
bug and shows its traceback.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from walkcircle.errors import OutputError, SourceError, StudyError, WalkCircleError

if TYPE_CHECKING:
    from walkcircle.analysis import Analysis
    from walkcircle.changes import Comparison
    from walkcircle.place import Place
    from walkcircle.plan import Plan
    from walkcircle.proposals import Scenario
    from walkcircle.standards import Citation, Kind, Standard
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


#: Communities outside the weakest tenth that are in it in so many of the draws are named beside it, this many at most.
CLOSE_PROBABILITY = 0.2
CLOSE_NAMED = 10

#: How many projects of a plan the summary names.
PROJECTS_NAMED = 10

#: How well a value is known, the fuller the surer.
MARKS: Final[Mapping[str, str]] = {"seen": "●", "memory": "◐", "doubtful": "○", "inferred": "◇"}

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
    print_plan(proposed, files, out)


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
            metavar="ID[:KIND]", help="close a facility of tables/facilities.csv, or a kind of it; repeatable"
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
        from walkcircle.printing import show_effects
        from walkcircle.scenario import measure_effect
        from walkcircle.views.scenarios import write_effects
        from walkcircle.works import build_place

        build_place(place, question, scenario)  # what is not there is said before the long work
        answer = analyse(place, question, report=steps.begin)
        steps.begin("Walking with the proposals")
        effects = measure_effect(answer, scenario)
        if save is not None:
            write_effects(effects, save)
    show_effects(answer, scenario, effects, out)
    if save is not None:
        out.print(f"\n{escape(_shorten(save))}", soft_wrap=True)


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
    _print_comparison(comparison, files)


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
    from walkcircle.standards import read_standard

    if check is not None:
        _check_standard(_read_own(check), check)
    elif name is None:
        _list_standards()
    elif kind is None:
        _explain_standard(read_standard(name))
    else:
        standard = read_standard(name)
        also = {one.id: one for one in standard.alternates}
        _explain_kind(standard, also[kind] if kind in also else standard.kind(kind))


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


def _list_standards() -> None:
    """Tabulate the standards that come along, and how well their values are known."""
    from walkcircle.standards import count_confidence, list_standards, read_standard

    table = RichTable(
        "standard", "title", "kinds", "status", "scored by", *(f"{m} %" for m in MARKS.values()), box=None
    )
    table.columns[0].no_wrap = True
    table.columns[1].overflow = "fold"
    for one in list_standards():
        standard = read_standard(one)
        counts = count_confidence(standard)
        total = sum(counts.values())
        shares = [f"{100 * count / total:.0f}" if count else "" for count in counts.values()]
        title = escape(f"{standard.en} · {standard.zh}")
        table.add_row(one, title, str(len(standard.kinds)), standard.status, standard.method, *shares)
    out.print(table)
    out.print(
        "\nOf all values: ● seen in a document or an excerpt of one, ◐ remembered, ○ remembered with doubt, "
        "◇ inferred, which is proposed by walkcircle.\n"
        "Explain one: walkcircle standards NAME; one of its kinds: walkcircle standards NAME KIND."
    )


def _explain_standard(standard: Standard) -> None:
    """Print a standard: its document, its method, its tiers and its kinds, each value with a mark."""
    where = ", ".join(str(fact) for fact in (standard.jurisdiction, standard.year, standard.status) if fact)
    out.print(f"{standard.en} · {standard.zh}\n{where}\n\n{standard.source}\n\n{standard.note}\n", markup=False)
    out.print(f"Scored by {standard.method}.")
    if standard.decay is not None:
        unit = standard.decay.per
        steps = ", ".join(f"{100 * factor:g} % at {far:,g} {unit}" for far, factor in standard.decay.points)
        out.print(f"A place counts {steps}; between them by straight lines.")
    for tier in standard.tiers:
        facts = "; ".join(
            f"{name.replace('_', ' ')} {_write_value(value)}{_mark(tier.cited, name)}"
            for name, value in tier.figures.items()
        )
        out.print(f"{tier.en} · {tier.zh}: {facts}. {tier.note}", markup=False)
    figures = ("tier", "limit_min", "limit_m", "norm_per_1000", "service_population", "min_floor_m2", "land_m2")
    heads = ("tier", "min", "m", "per 1,000", "people", "floor m²", "land m²")
    more = [(name, head) for name, head in (("nearest", "nearest"), ("rank_weights", "weights"))
            if any(name in kind.figures for kind in standard.kinds)]  # fmt: skip
    columns = [
        (name, head)
        for name, head in (*zip(figures, heads, strict=True), *more)
        if any(name in kind.figures for kind in standard.all_kinds)
    ]
    table = RichTable("kind", "label", *(head for _, head in columns), "for", "demanded", box=None)
    table.columns[0].no_wrap = True  # whatif wants it letter by letter
    for column in table.columns[1:]:
        column.overflow = "fold"
    for kind in standard.all_kinds:
        cells = [_write_figure(kind, figure) for figure, _ in columns]
        demanded = "no, an alternate" if kind in standard.alternates else "yes" if kind.mandatory else "by need"
        label = f"{kind.en} · {kind.zh}"
        table.add_row(kind.id, escape(label), *cells, kind.group, demanded + _mark(kind.cited, "mandatory", ""))
    legend = ", ".join(f"{mark} {word}" for word, mark in MARKS.items())
    out.print()
    out.print(table)
    out.print(
        "\nmin: the longest walk along streets; m: the radius in a straight line, another thing. "
        f"How well a value is known: {legend}, - no source.\n"
        "One kind with its sources: walkcircle standards NAME KIND"
    )


def _explain_kind(standard: Standard, kind: Kind) -> None:
    """Print one kind: each value with its confidence and source, the note, and what finds it on the map."""
    category = next(c for c in standard.categories if c.id == kind.category)
    out.print(f"{kind.en} · {kind.zh}\n{standard.en}; {category.en} · {category.zh}\n", markup=False)
    table = RichTable("value", "", "known", "source", box=None)
    for column in table.columns:
        column.overflow = "fold"
    values = {**kind.figures, "mandatory": kind.mandatory, "group": kind.group, "weight": kind.weight}
    for name, value in values.items():
        cited = kind.cited.get(name)
        unit = f" {kind.norm_unit}" if name == "norm_per_1000" else ""
        known, source = ("", "") if cited is None else (cited.confidence, cited.source)
        text = _write_value(value, " " if name == "rank_weights" else "-")
        table.add_row(name, escape(text + unit), known, escape(source))
    out.print(table)
    facts = {
        "note": kind.note,
        "tags": " or ".join(kind.osm.any),
        "named": " or ".join(kind.osm.named) + f" with a name like {kind.osm.names}" if kind.osm.named else "",
        "not": f"a name like {kind.osm.except_names}" if kind.osm.except_names else "",
        "map": ("well mapped", "partly mapped", "poorly mapped", "practically never mapped")[kind.osm_weakness],
    }
    out.print()
    for label, fact in facts.items():
        if fact:
            out.print(f"{label + ':':<7}{fact}", markup=False)


def _read_own(path: Path) -> Standard:
    """Read a planner's own standard; a name that came along is none."""
    from walkcircle.standards import read_standard

    if path.suffix != ".toml":
        msg = f"{path}: --check wants the path of your own .toml; explain one that came along without --check"
        raise StudyError(msg)
    return read_standard(path)


def _check_standard(standard: Standard, path: Path) -> None:
    """Say that a planner's own standard can be read, and which of its values have no source."""
    out.print(
        f"{path} can be read: standard '{standard.id}', scored by {standard.method} (kinds: {len(standard.kinds)}, "
        f"categories: {len(standard.categories)}, alternates: {len(standard.alternates)}).",
        markup=False,
        soft_wrap=True,
    )
    bare = {kind.id: [name for name in kind.figures if name not in kind.cited] for kind in standard.all_kinds}
    lines = [f"{kind}: {', '.join(names)}" for kind, names in bare.items() if names]
    if lines:
        out.print("Values without a source (each may have one under cited):", *lines, sep="\n  ", markup=False)


def _write_figure(kind: Kind, name: str) -> str:
    """Write one value of a kind with the mark of how well it is known."""
    if name not in kind.figures:
        return ""
    unit = f" {kind.norm_unit}" if name == "norm_per_1000" and kind.norm_unit else ""
    text = _write_value(kind.figures[name], " " if name == "rank_weights" else "-")
    return escape(text + unit) + _mark(kind.cited, name)


def _write_value(value: object, between: str = "-") -> str:
    """Write a text, a number, or a range of numbers."""
    if isinstance(value, tuple):
        parts = dict.fromkeys(value) if between == "-" else value
        return between.join(_write_value(part) for part in parts)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def _mark(cited: Mapping[str, Citation], name: str, absent: str = " -") -> str:
    """Return the mark of how well a value is known."""
    return f" {MARKS[cited[name].confidence]}" if name in cited else absent


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
    study = path / named["file"]
    if not study.is_file() or hashlib.sha256(study.read_bytes()).hexdigest() != named["sha256"]:
        msg = (
            f"{file}: its study {_shorten(study)} is not there or was changed since; run it again, or give a TOML file"
        )
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


def _run(path: Path, *, stored: bool) -> None:
    """Run a study file from beginning to end."""
    study = _read_study(path)
    with _steps() as steps:
        answer = _answer(study, steps, stored=stored)
        steps.begin("Starting the map")
        from walkcircle.views.files import write_outputs

        files = write_outputs(answer, study_file=path, timings=steps.seconds, report=steps.begin)
    print_summary(answer, files, out)


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
        name, _, closing = text.rpartition(":")  # an id may have a colon of its own
        scenario = scenario.close_facility(name, kind=closing) if closing in kinds else scenario.close_facility(text)
    for text in given.get("--link") or ():
        numbers = _read_numbers(text, 4, "--link", "LON,LAT,LON,LAT, as in 7.4187,43.7312,7.4190,43.7310")
        scenario = scenario.add_link([_check_lonlat(numbers[i : i + 2], f"--link {text}") for i in (0, 2)])
    return scenario


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


def print_summary(answer: Analysis, files: dict[str, Path], console: Console) -> None:
    """Print what a planner reads first: who, how well covered, who is weakest, what is unsure, where the files are."""
    from walkcircle.tables import Clusters, Truth

    study, place = answer.study, answer.place
    language, walker = study.outputs.language, study.walkers[0]
    people = answer.clusters[Clusters.population].sum()
    console.print(f"\n[bold]{escape(study.title)}[/bold]")
    facts = {
        "data of": place.data_date or "unknown date",
        "standard": study.standard.label(language),
        "walker": f"{walker.label(language)}, {walker.speed_kmh:g} km/h, nearest facility (k = 1)",
        "people": f"{people:,.0f} in {len(answer.checkup)} communities ({place.population_source})",
    }
    grid = RichTable.grid(padding=(0, 2))
    for label, value in facts.items():
        grid.add_row(label, escape(value))
    console.print(grid)
    console.print()
    console.print(_coverage_table(answer))
    _print_causes(answer, console)
    _print_weakest(answer, console)
    _print_needs(answer, console)
    agreed = answer.compared - len(answer.agreement)
    console.print(
        f"\nDrawn isochrones and walking times agree for {agreed:,} of {answer.compared:,} pairs of home and facility; "
        "each of the others is listed with its cause in tables/agreement.csv."
    )
    reached, omitted, taken_in = answer.truth[[Truth.reached_m, Truth.omitted_m, Truth.taken_in_m]].sum()
    if reached > 0:
        console.print(
            f"Drawn isochrones leave out {omitted / reached:.1%} of the street that is reached and take in "
            f"{taken_in / reached:.1%} more; a sample of clusters, listed in tables/truth.csv."
        )
    for note in place.notes:
        console.print(f"· {escape(note)}")
    if len(answer.unsnapped):
        console.print(f"· {len(answer.unsnapped)} things are not on the network; see tables/unsnapped.csv.")
    console.print()
    for name, path in files.items():
        console.print(f"{name:<11}{escape(_shorten(path))}", soft_wrap=True)
    console.print("\n© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)")


def _shorten(path: Path) -> str:
    """Write a path from the current folder, whole where that is on another drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)


def _coverage_table(answer: Analysis) -> RichTable:
    """Tabulate coverage per kind over all communities."""
    from walkcircle.gaps import CHECK, GAP
    from walkcircle.groups import EVERYBODY
    from walkcircle.tables import CommunityCoverage, Gaps
    from walkcircle.views.findings import name_people

    study = answer.study
    walker = study.walkers[0].name
    grouped = any(kind.group != EVERYBODY for kind in study.standard.kinds)
    table = RichTable(box=None, padding=(0, 2, 0, 0))
    for heading, side in (
        ("kind", "left"),
        *([("counted", "left")] if grouped else []),
        ("within", "right"),
        ("covered", "right"),
        ("share", "right"),
        ("gap", "right"),
        (CHECK, "right"),
    ):
        table.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]  # rich wants the literal words
    covered = answer.communities[answer.communities[CommunityCoverage.walker] == walker]
    gaps = answer.gaps[answer.gaps[Gaps.walker] == walker]
    for kind in study.standard.kinds:
        rows = covered[covered[CommunityCoverage.kind] == kind.id]
        known = (rows[CommunityCoverage.population] - rows[CommunityCoverage.unknown]).sum()
        reached = rows[CommunityCoverage.covered].sum()
        mine = gaps[gaps[Gaps.kind] == kind.id]
        without = mine.groupby(Gaps.verdict)[Gaps.residents_without].sum()
        table.add_row(
            escape(kind.label(study.outputs.language)),
            *([name_people(rows, study.outputs.language)] if grouped else []),
            f"{kind.limit_min:g} min",
            f"{reached:,.0f}",
            f"{100 * reached / known:.0f} %" if known > 0 else "",
            *(f"{without[verdict]:,.0f}" if verdict in without else "" for verdict in (GAP, CHECK)),
        )
    return table


def _print_causes(answer: Analysis, console: Console) -> None:
    """Print in one line why residents are without, those with the most residents first."""
    from walkcircle.tables import Causes

    mine = answer.causes[answer.causes[Causes.walker] == answer.study.walkers[0].name]
    people = mine[mine[Causes.verdict].notna()].groupby(Causes.cause)[Causes.residents].sum()
    if len(people) == 0:
        return
    parts = "; ".join(f"{cause} {count:,.0f}" for cause, count in people.sort_values(ascending=False).items())
    console.print(
        f"\nOf {people.sum():,.0f} residents without, one who lacks several kinds counted for each: {parts} "
        "(tables/causes.csv)."
    )


def _print_weakest(answer: Analysis, console: Console) -> None:
    """Print the weakest tenth and how firm that is, and the communities whose data are too thin to say."""
    from walkcircle.tables import Checkup, Scores

    checkup = answer.checkup
    drawn = answer.study.checkup.draws > 0
    weakest = checkup[checkup[Checkup.weakest]].sort_values([Checkup.index, Checkup.name])
    unknown = checkup[checkup[Checkup.index].isna() & (checkup[Checkup.population] > 0)]
    if len(weakest):
        console.print("\n[bold]Weakest tenth[/bold]")
        for _, row in weakest.iterrows():
            console.print(
                f"{row[Checkup.index]:5.1f}  {escape(row[Checkup.name])}  {row[Checkup.population]:,.0f} people, "
                + (f"among the weakest in {row[Checkup.weakest_probability]:.0%} of the draws, " if drawn else "")
                + f"confidence {row[Checkup.confidence]}"
            )
        near = checkup[~checkup[Checkup.weakest] & (checkup[Checkup.weakest_probability] >= CLOSE_PROBABILITY)]
        if len(near):
            close = near.sort_values(Checkup.weakest_probability, ascending=False).head(CLOSE_NAMED)
            named = ", ".join(
                f"{escape(name)} ({share:.0%})"
                for name, share in zip(close[Checkup.name], close[Checkup.weakest_probability], strict=True)
            )
            console.print(f"Perhaps among them, when what is doubtful is drawn anew: {named}")
    standard = answer.study.standard
    asked = standard.method == "threshold" and any(
        kind.norm_per_1000 is not None or kind.min_floor_m2 is not None for kind in standard.kinds
    )
    if asked and answer.scores[[Scores.adequacy, Scores.quality]].isna().all(axis=None):
        console.print("The capacities and floor areas that the standard asks for are unknown, which lowers confidence.")
    if len(unknown):
        names = ", ".join(escape(name) for name in unknown[Checkup.name])
        people = unknown[Checkup.population].sum()
        console.print(f"\n[bold]Check on the ground[/bold] (data too thin for an index): {names}; {people:,.0f} people")


def _print_needs(answer: Analysis, console: Console) -> None:
    """Print what the first walker's communities ask for most and do not have, where they were asked."""
    from walkcircle.needs import BUILD
    from walkcircle.tables import Checkup, Needs

    if answer.needs is None:
        return
    mine = answer.needs[answer.needs[Needs.walker] == answer.study.walkers[0].name]
    wanted = mine[mine[Needs.quadrant] == BUILD].sort_values(Needs.asked, ascending=False, kind="stable")
    names = answer.checkup.set_index(Checkup.community)[Checkup.name]
    standard, language = answer.study.standard, answer.study.outputs.language
    console.print(f"\n[bold]Asked for much and not served[/bold]: {len(wanted)} of {len(mine)} (tables/needs.csv)")
    for _, row in wanted.head(5).iterrows():
        doubt = f" ({row[Needs.reason]})" if row[Needs.confidence] != "firm" else ""
        console.print(
            f"{100 * row[Needs.asked]:4.0f} % ask for {escape(standard.kind(row[Needs.kind]).label(language))} in "
            f"{escape(names[row[Needs.community]])}, {100 * row[Needs.share]:.0f} % are served{escape(doubt)}"
        )


def _print_comparison(comparison: Comparison, files: dict[str, Path]) -> None:
    """Print what changed for the first walker: people by part, facilities by fate, notes and files."""
    from walkcircle.changes import PARTS, sum_changes
    from walkcircle.tables import ChangedFacilities, Changes
    from walkcircle.views.comparison import write_change

    study = comparison.new.study
    sides = [f"{checked.study.title} ({checked.place.data_date or 'no date'})"
             for checked in (comparison.old, comparison.new)]  # fmt: skip
    out.print(f"\n[bold]{escape(' → '.join(sides))}[/bold]")
    table = RichTable(box=None, padding=(0, 2, 0, 0))
    accounts = sum_changes(comparison, [Changes.kind, Changes.walker])
    mine = [(kind, accounts[kind.id, study.walkers[0].name]) for kind in study.standard.kinds]
    felt = [part for part in PARTS if any(account.parts[part] for _, account in mine)]
    for heading in ("people within", "min", "before", *felt, "after"):
        table.add_column(heading, justify="left" if heading == "people within" else "right")
    for kind, account in mine:
        parts = [write_change(account.parts[part]) if account.parts[part] else "·" for part in felt]
        label = escape(kind.label(study.outputs.language))
        table.add_row(label, f"{kind.limit_min:g}", f"{account.before:,}", *parts, f"{account.after:,}")
    out.print(table)
    fates = comparison.facilities[ChangedFacilities.fate].value_counts(sort=False)
    listed = ", ".join(f"{fate} {count:,}" for fate, count in fates.items()) or "none changed"
    quiet = " Parts that are nought for every kind are left out." if len(felt) < len(PARTS) else ""
    out.print(f"\nFacilities: {listed}.{quiet}")
    for note in comparison.notes:
        out.print(f"· {escape(note)}")
    out.print()
    for name, path in files.items():
        out.print(f"{name:<12}{escape(_shorten(path))}", soft_wrap=True)
    out.print("\n© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)")


if __name__ == "__main__":
    sys.exit(main())


def print_plan(proposed: Plan, files: Mapping[str, Path], console: Console) -> None:
    """Print what is to be built, in which year, whom it serves, and how near that is to the best possible."""
    from walkcircle.pool import LINK
    from walkcircle.tables import Checkup, Phases, Projects, Proofs, Wants

    study, unit = proposed.analysis.study, proposed.unit
    console.print(f"\n[bold]{escape(study.title)}[/bold]: the plan")
    _print_deliveries(proposed, console)
    if len(proposed.projects) == 0:
        people = proposed.pool.wants[Wants.people].sum()
        console.print(f"Nothing can be built for the {people:,.0f} people × kinds that are certainly without.")
        return
    words = {} if unit is None else {"budget": f"budget, {unit}", "spent": f"spent, {unit}"}
    table = RichTable(box=None, pad_edge=False)
    for column in (Phases.year, Phases.budget, Phases.spent, Phases.projects, Phases.newly_served, Phases.gap_left):
        heading = words.get(str(column), str(column).replace("_", " "))
        table.add_column("budget, projects" if unit is None and column == Phases.budget else heading, justify="right")
    for row in proposed.phases.to_dict("records"):
        table.add_row(
            str(row[Phases.year]), *(f"{row[column]:,.0f}" for column in
            (Phases.budget, Phases.spent, Phases.projects, Phases.newly_served, Phases.gap_left))
        )  # fmt: skip
    console.print(table)
    for row in proposed.proofs.to_dict("records"):
        console.print(
            f"{row[Proofs.question]}: {row[Proofs.objective]:,.0f} people × kinds with {row[Proofs.sites]} projects; "
            f"no plan of this budget serves more than {row[Proofs.bound]:,.0f} (proven gap "
            f"{row[Proofs.proven_gap]:.2%}, {row[Proofs.seconds]:.1f} s)"
        )
    if proposed.price_of_fairness is not None:
        console.print(
            f"price of fairness: {proposed.price_of_fairness:,.0f} people × kinds fewer, if each community is to have "
            f"{study.plan.fair_share:.0%} of its people served"
        )
    console.print()
    names = proposed.analysis.checkup.set_index(Checkup.community)[Checkup.name].to_dict()
    shown = proposed.projects.drop(columns=Projects.geometry).head(PROJECTS_NAMED).astype(object)
    for row in shown.where(shown.notna(), None).to_dict("records"):
        year = "later" if row[Projects.year] is None else str(row[Projects.year])
        place = names.get(row[Projects.community], "outside all communities")
        site = row[Projects.name] or row[Projects.candidate]
        is_link = row[Projects.sort] == LINK
        label = row[Projects.kind] if is_link else study.standard.kind(row[Projects.kind]).label(study.outputs.language)
        console.print(
            f"{row[Projects.rank]:>3}  {year}  {escape(label)}, {escape(str(place))} ({escape(str(site))}): "
            f"{row[Projects.newly_served]:,.0f} people{', proposed by you' if row[Projects.proposed] else ''}"
        )
    if len(proposed.projects) > PROJECTS_NAMED:
        console.print(f"     … and {len(proposed.projects) - PROJECTS_NAMED} more")
    console.print()
    for label, path in files.items():
        console.print(f"{label:<10} {path}")
    console.print(f"\n{'; '.join(proposed.analysis.place.sources)} (openstreetmap.org/copyright)")


def _print_deliveries(proposed: Plan, console: Console) -> None:
    """Print in two lines how far the projects of the user's table have come, and what they deliver."""
    from walkcircle.pool import BUILDING, DROPPED, OPERATING, PLANNED
    from walkcircle.tables import Deliveries

    rows = proposed.deliveries
    if len(rows) == 0:
        return
    counted, state = rows[Deliveries.counted], rows[Deliveries.state]
    known = rows[counted & rows[Deliveries.promised].notna()]
    promised, delivered = known[Deliveries.promised].sum(), known[Deliveries.delivered].sum()
    late = int((state == OPERATING).sum() - counted.sum())
    told = f" ({late:,} more after the day of the data)" if late else ""
    whom = f"{delivered:,.0f} of {promised:,.0f} people × kinds promised"
    if delivered > promised:
        whom = f"{delivered:,.0f} people × kinds, {promised:,.0f} promised and others of whom it was not certain"
    console.print(f"Of {len(rows):,} projects operating {counted.sum():,}{told}, which serve {whom}.")
    others = {"being built": BUILDING, "planned": PLANNED, "dropped": DROPPED}
    console.print(", ".join(f"{words} {(state == one).sum():,}" for words, one in others.items()).capitalize() + ".")
