"""The rules of the house, as far as a machine can watch them; CONTRIBUTING.md says why each is there."""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from walkcircle import errors, tables

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "walkcircle"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.is_relative_to(PACKAGE))


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a public function does, in its first word. A new word is welcome when none of these fits.
VERBS = words("""
    fetch read write snap cluster walk trace measure count score find explain compare delineate solve
    propose draw analyse verify

    add apply assemble assign build chain check choose clip close compile convert describe dissolve drop
    encode estimate fill format from grade group hash infer inline intersect join label list load locate
    improve make mend merge move name open order pack pick plan print project rank remove render repair replace resolve
    run save scale search select share show simplify sort split sum tell tile to translate unpack weigh
    classify clean cut declare decode deny schedule eliminate lengthen number relax round sweep
""")
# Names that are no verb phrase, each with its reason.
NOT_VERBS = {
    "nearest": "the question a planner asks; `walk` is its sibling",
    "condition_holds": "a question with the answer yes or no",
}
# Modules whose noun is a verb as well, each with its reason.
NOUNS_TOO = {"plan": "what is proposed: one of the four nouns of the house"}
# Functions whose keyword arguments are checked behind the door, each with its guard.
CHECKED_KEYWORDS = {"read_record": "pydantic refuses fields that the record does not have"}
NEVER_VERBS = words("get process handle perform do")
NEVER_MODULES = words("utils util helpers helper common core base manager handler data info misc")
NEVER_CLASSES = ("Manager", "Handler", "Helper", "Utils", "Processor", "Mixin")

MUTABLE_CALLS = words("list dict set defaultdict OrderedDict Counter deque bytearray")
READ_ONLY_TYPES = ("Mapping", "Sequence", "Collection", "Set", "Final[Mapping", "Final[Sequence")

# Dictionaries keyed by words of OpenStreetMap, TOML, JSON or GeoJSON, which may happen to be columns' names.
NOT_FRAMES = re.compile(r"(tags|content|record|settings|section|properties|payload|config|meta|metadata)$")
# Methods and arguments of pandas and GeoPandas that take column names.
COLUMN_METHODS = words("""
    agg aggregate astype clip dissolve drop drop_duplicates dropna explode fillna groupby insert merge
    nlargest nsmallest pivot pivot_table pop reindex rename rename_geometry set_geometry set_index sort_values
""")
COLUMN_ARGUMENTS = words("""
    by column columns geometry id_vars index keys left_on on right_on subset value_vars values
""")
KEYWORDS_ARE_COLUMNS = words("assign agg aggregate")
FRAMES = words("DataFrame GeoDataFrame")

TEXT = words(".py .pyi .toml .md .txt .cfg .yml .yaml .json .ipynb .js .css .html .svg .csv .sh")


# ── what the rules look at ──────────────────────────────────────────────────────────────────────


def tracked_files() -> list[Path]:
    """List the files of the repository, or of the unpacked archive where git does not know it."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]
    hidden = re.compile(r"/(\.venv|__pycache__|\.[a-z_]+_cache|\.hypothesis|\.git)/")
    return [p for p in ROOT.rglob("*") if p.is_file() and not hidden.search(p.as_posix())]


def tracked_texts() -> list[tuple[str, str]]:
    """List name and content of our own text files; other people's assets are theirs."""
    own = [p for p in tracked_files() if "assets" not in p.relative_to(ROOT).parts]
    texts = [p for p in own if p.suffix in TEXT or not p.suffix]
    return [(p.relative_to(ROOT).as_posix(), p.read_text(encoding="utf-8", errors="replace")) for p in texts]


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a module, each node knowing its parent."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return tree


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"


def parents(node: ast.AST):
    while (node := getattr(node, "parent", None)) is not None:
        yield node


def functions(path: Path) -> list[ast.FunctionDef]:
    return [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_public(node: ast.AST) -> bool:
    """Tell whether a function or class can be reached from outside without an underscore."""
    line = [node, *parents(node)]
    named = [n for n in line if hasattr(n, "name") and not isinstance(n, ast.ExceptHandler)]
    nested = any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in line[1:])
    return not nested and not any(n.name.startswith("_") and not is_dunder(n.name) for n in named)


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def public_functions(path: Path) -> list[ast.FunctionDef]:
    """List the public functions of a module, without methods."""
    return [f for f in functions(path) if is_public(f) and isinstance(f.parent, ast.Module | ast.If)]


def decorators(function: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(d) for d in function.decorator_list)


def module_names() -> set[str]:
    inner = {p.stem for p in MODULES} | {p.parent.name for p in MODULES if p.parent != PACKAGE}
    return inner - {"__init__", "__main__"}


def none_of(found: list[str]) -> None:
    """Fail with every breach, one a line."""
    assert not found, "\n" + "\n".join(found)


# ── names ───────────────────────────────────────────────────────────────────────────────────────


def test_no_public_function_has_the_name_of_a_module():
    names = module_names()
    none_of([f"{place(p, f)} {f.name}" for p in MODULES for f in public_functions(p) if f.name in names])


def test_modules_are_nouns_and_not_drawers_for_odds_and_ends():
    none_of(
        [f"module {n}" for n in sorted(module_names() - set(NOUNS_TOO)) if n in VERBS | NEVER_VERBS | NEVER_MODULES]
    )


def test_public_functions_begin_with_a_verb_of_the_house():
    none_of(
        [
            f"{place(p, f)} {f.name}: '{f.name.split('_')[0]}' is not among the verbs of tests/test_house.py"
            for p in MODULES
            if p.stem not in {"cli", "__main__"}  # commands are named as they are typed
            for f in public_functions(p)
            if f.name.split("_")[0] not in VERBS
            and f.name not in NOT_VERBS
            and not is_dunder(f.name)
            and "_from_" not in f.name  # network_from_lines: a second way to make the noun
        ]
    )


def test_no_function_gets_processes_handles_performs_or_does():
    none_of(
        [
            f"{place(p, f)} {f.name}"
            for p in MODULES
            for f in functions(p)
            if f.name.strip("_").split("_")[0] in NEVER_VERBS
        ]
    )


def test_no_class_is_a_manager_or_a_helper():
    none_of(
        [
            f"{place(p, n)} {n.name}"
            for p in MODULES
            for n in ast.walk(tree_of(p))
            if isinstance(n, ast.ClassDef) and n.name.endswith(NEVER_CLASSES)
        ]
    )


# ── columns ─────────────────────────────────────────────────────────────────────────────────────


def column_names() -> set[str]:
    """List the declared names, without GeoPandas' own word for its geometry."""
    return {str(column) for table in tables.TABLES for column in table.columns()} - {"geometry"}


def texts_in(node: ast.AST | None) -> list[ast.Constant]:
    """List the texts that a node is, or lists."""
    if isinstance(node, ast.Constant):
        return [node] if isinstance(node.value, str) else []
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [text for element in node.elts for text in texts_in(element)]
    if isinstance(node, ast.Dict):
        return [text for key in node.keys for text in texts_in(key)]
    return []


def retyped_columns(path: Path) -> list[str]:
    """List where a column's name is typed as a text instead of taken from its table."""
    known = column_names()
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Subscript) and not isinstance(node.value, ast.Constant):
            receiver = ast.unparse(node.value)
            if not NOT_FRAMES.search(receiver) and not receiver.startswith("Literal"):
                keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                found += [(text, text.value) for key in keys for text in texts_in(key)]
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in FRAMES:
            found += [(text, text.value) for argument in node.args[:1] for text in texts_in(argument)]
        if isinstance(node.func, ast.Attribute) and name in COLUMN_METHODS:
            found += [(text, text.value) for argument in node.args for text in texts_in(argument)]
        if isinstance(node.func, ast.Attribute) and name in COLUMN_METHODS | FRAMES:
            arguments = [k.value for k in node.keywords if k.arg in COLUMN_ARGUMENTS]
            found += [(text, text.value) for argument in arguments for text in texts_in(argument)]
        if isinstance(node.func, ast.Attribute) and name in KEYWORDS_ARE_COLUMNS:
            found += [(node, k.arg) for k in node.keywords if k.arg]
    return [f"{place(path, node)} '{name}'" for node, name in found if name in known]


def test_a_columns_name_is_written_once_in_tables():
    none_of([breach for p in MODULES if p.parent.name != "tables" for breach in retyped_columns(p)])


def test_a_retyped_column_is_noticed_and_a_tag_is_not(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    module = tmp_path / "sample.py"
    module.write_text(
        'frame["population"]\n'
        'frame[["cluster", other]]\n'
        'frame.groupby("community").agg(minutes=("x", "max"))\n'
        'gpd.GeoDataFrame({"facility": ids})\n'
        'tags["name"], frame[Clusters.population], frame.groupby(Clusters.community), list_of["highway"]\n'
    )
    found = {breach.split()[1].strip("'") for breach in retyped_columns(module)}
    assert found == {"population", "cluster", "community", "minutes", "facility"}


def test_every_table_is_listed_and_every_column_says_what_it_means():
    declared = [t for t in vars(tables).values() if isinstance(t, type) and issubclass(t, tables.Table)]
    assert {t.__name__ for t in declared} - {"Table"} == {t.__name__ for t in tables.TABLES}
    columns = [(t.__name__, c) for t in tables.TABLES for c in t.columns()]
    none_of([f"{table}.{column}" for table, column in columns if len(column.meaning.split()) < 1])


# ── no hidden state ─────────────────────────────────────────────────────────────────────────────


def is_mutable(value: ast.AST | None) -> bool:
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in MUTABLE_CALLS


def module_level(path: Path) -> list[ast.stmt]:
    """List the statements that run on import, those under `if` and `try` included."""
    waiting, seen = list(tree_of(path).body), []
    while waiting:
        statement = waiting.pop(0)
        seen.append(statement)
        if isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test):
            continue
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.For):
            waiting += [s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)]
    return seen


def test_no_module_holds_a_mutable_global():
    found = []
    for path in MODULES:
        for statement in module_level(path):
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or not is_mutable(statement.value):
                continue
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            type_ = ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else ""
            if ast.unparse(target) != "__all__" and not type_.startswith(READ_ONLY_TYPES):
                found.append(f"{place(path, statement)} {ast.unparse(target)}")
    none_of([f"{line}: use a tuple, a frozenset, or annotate it as Mapping or Sequence" for line in found])


def test_no_function_changes_a_global():
    none_of([place(p, n) for p in MODULES for n in ast.walk(tree_of(p)) if isinstance(n, ast.Global)])


def test_nothing_is_done_at_import():
    found = []
    for path in MODULES:
        for statement in module_level(path):
            is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            # typer collects the commands of cli.py in its app
            if is_call and not (path.stem == "cli" and ast.unparse(statement).startswith("app.")):
                found.append(f"{place(path, statement)} {ast.unparse(statement)[:60]}")
    none_of(found)


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def raise_is_allowed(path: Path, node: ast.Raise) -> bool:
    """Tell whether a raise speaks to the user, or is one that Python or a library asks for."""
    if node.exc is None:
        return True
    made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = ast.unparse(made)
    ours = getattr(errors, name.split(".")[-1], None)
    if isinstance(ours, type) and issubclass(ours, errors.WalkCircleError):
        return True
    if any(isinstance(p, ast.ExceptHandler) and p.name == name for p in parents(node)):
        return True  # what was caught is passed on
    around = next((p for p in parents(node) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)), None)
    within = around.name if around else ""
    return (
        name == "KeyboardInterrupt"
        # pydantic turns the ValueError of a validator into one message with its place
        or (name == "ValueError" and (within == "__post_init__" or "validator" in decorators(around)))
        # Python's own protocols
        or (name == "AttributeError" and within == "__getattr__")
        or (name in {"IndexError", "KeyError"} and within == "__getitem__")
        or (path.stem == "cli" and (name.startswith("typer.") or name in {"SystemExit", "Exit", "BadParameter"}))
    )


def test_every_error_is_a_walk_circle_error():
    none_of(
        [
            f"{place(p, n)} {ast.unparse(n)[:80]}"
            for p in MODULES
            for n in ast.walk(tree_of(p))
            if isinstance(n, ast.Raise) and not raise_is_allowed(p, n)
        ]
    )


def test_the_error_tree_in_the_docstring_is_the_error_tree():
    ours = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.WalkCircleError)]
    assert re.findall(r"\w+Error\b", errors.__doc__) == [e.__name__ for e in ours]


# ── docstrings and types ────────────────────────────────────────────────────────────────────────


def test_every_module_class_and_public_function_says_what_it_is():
    none_of([f"{p.relative_to(ROOT)}: no docstring" for p in MODULES if not ast.get_docstring(tree_of(p))])
    none_of(
        [
            f"{place(p, node)} {node.name}: no docstring"
            for p in MODULES
            for node in ast.walk(tree_of(p))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and is_public(node)
            and node.name != "__init__"  # the class says it
            and "overload" not in decorators(node)
            and not ast.get_docstring(node)
        ]
    )


def test_every_public_function_is_fully_annotated():
    found = []
    for path in MODULES:
        for function in filter(is_public, functions(path)):
            given = function.args
            named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            bare = [a.arg for a in named if a and a.annotation is None and a.arg not in {"self", "cls"}]
            if bare or function.returns is None:
                found.append(f"{place(path, function)} {function.name}: {', '.join(bare) or 'result'}")
    none_of(found)


def test_no_function_swallows_typos_in_keyword_arguments():
    none_of(
        [
            f"{place(p, f)} {f.name}: **{f.args.kwarg.arg}"
            for p in MODULES
            for f in filter(is_public, functions(p))
            if f.args.kwarg and f.name not in CHECKED_KEYWORDS
        ]
    )


# ── the public names ────────────────────────────────────────────────────────────────────────────

#: The line that a reader follows: question, ground, answer, remedy, views.
LINE = ("read_study", "read_place", "analyse", "propose_plan", "draw_map", "write_outputs")


def exported() -> tuple[list[str], set[str]]:
    """Return `__all__` of the package and the public names that its `__init__` imports or makes."""
    tree = tree_of(PACKAGE / "__init__.py")
    listed: list[str] = []
    made: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "walkcircle":
            made |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            listed = [text.value for text in texts_in(node.value)]
    made |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return listed, {name for name in made if not name.startswith("_")}


def test_the_exported_names_are_the_public_names():
    import walkcircle

    listed, made = exported()
    assert listed, "walkcircle/__init__.py lists no __all__"
    assert set(listed) - {"__version__"} == made
    assert len(set(listed)) == len(listed)
    none_of([name for name in listed if not hasattr(walkcircle, name)])


def test_the_exported_names_are_in_the_order_of_the_line():
    listed, _ = exported()
    steps = [name for name in LINE if name in listed]
    assert steps, "none of the line's verbs is exported"
    assert steps == sorted(steps, key=listed.index)


# ── what may be in the repository ───────────────────────────────────────────────────────────────

# Written so that the patterns do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~:/-])/(?:home|Users|root|work|mnt|tmp)/\w|\b[A-Z]:\\{1,2}Users\\")
REGISTRY = re.compile(r"\b(?:py[p]i\.(?:org|python)|python[h]osted\.|npm[j]s\.|deb[i]an\.org|anacond[a]\.(?:org|com))")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b")


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of one machine", MACHINE_PATH),
        ("the host of a package registry", REGISTRY),
        ("unfinished work", UNFINISHED),
    ],
)
def test_no_file_names(what, pattern):
    none_of(
        [
            f"{name}:{number} {what}: {line.strip()[:80]}"
            for name, text in tracked_texts()
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    )


def test_every_ignored_check_has_its_reason_beside_it():
    ignore = re.compile(r"#\s*(?:noqa(?:\s*:\s*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?|type:\s*ignore(?:\[[^\]]*\])?)(.*)")
    found = []
    for name, text in tracked_texts():
        lines = text.splitlines() if name.endswith(".py") and name != "tests/test_house.py" else []
        for number, line in enumerate(lines, 1):
            match = ignore.search(line)
            above = lines[number - 2].strip() if number > 1 else ""
            if match and not re.search(r"[a-z]{3}", match[1]) and not above.startswith("#"):
                found.append(f"{name}:{number} {line.strip()[:100]}")
    none_of(found)


def test_every_rule_left_out_has_its_reason_beside_it():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    for start in ("ignore = [", "filterwarnings = ["):
        body = lines[lines.index(start) + 1 :]
        entries = [line.strip() for line in body[: body.index("]")]]
        bare = [e for i, e in enumerate(entries) if "#" not in e and '"error"' not in e and "#" not in entries[i - 1]]
        none_of(bare)


# ── pinned versions ─────────────────────────────────────────────────────────────────────────────


def pinned_lines() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_constraints_are_names_and_versions_and_nothing_else():
    line = re.compile(r"[a-z0-9-]+==[0-9][\w.+!]*( ; [\w\s.'\"<>=!()]+)?")
    none_of([text for text in pinned_lines() if not line.fullmatch(text)])


def test_every_dependency_is_pinned_to_an_allowed_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins: dict[str, list[str]] = {}
    for line in pinned_lines():
        requirement = Requirement(line)
        pins.setdefault(canonicalize_name(requirement.name), []).append(str(requirement.specifier)[2:])
    found = []
    for text in [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        "uv",
        "hatchling",
    ]:
        wanted = Requirement(text)
        versions = pins.get(canonicalize_name(wanted.name), [])
        if not versions or not all(wanted.specifier.contains(version) for version in versions):
            found.append(f"{text}: pinned to {', '.join(versions) or 'nothing'}")
    none_of(found)


def test_what_is_installed_here_is_what_is_pinned():
    found = []
    for line in pinned_lines():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            here = version(requirement.name)
        except PackageNotFoundError:
            continue  # uv and hatchling are the installers' own
        if not requirement.specifier.contains(here):
            found.append(f"{line}, but {here} is installed: run python3 bootstrap.py test")
    none_of(found)


def asked_for() -> set[str]:
    """Return the packages that pyproject.toml asks for; what these bring along may be gone with their next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}


def imported_packages(node: ast.AST) -> set[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        names = [node.module]
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"walkcircle"}


def test_the_package_imports_only_what_it_asks_for():
    """The developers' tools bring SciPy and others along, so a user would be the first to miss one."""
    wanted, owners = asked_for(), packages_distributions()
    none_of(
        [
            f"{place(p, node)} imports {package}, which pyproject.toml does not ask for"
            for p in MODULES
            for node in ast.walk(tree_of(p))
            for package in imported_packages(node)
            if not wanted.intersection(map(canonicalize_name, owners.get(package, [])))
        ]
    )


# ── embedded data ───────────────────────────────────────────────────────────────────────────────


def extracts() -> list[Path]:
    return sorted(p for p in (ROOT / "data").rglob("*") if p.name.endswith((".pbf", ".osm", ".osm.gz", ".osm.bz2")))


def test_every_extract_is_the_one_that_was_taken():
    lines = (ROOT / "data" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = {p.relative_to(ROOT / "data").as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in extracts()}
    assert found == listed


def test_every_extract_names_its_authors_and_its_licence():
    for extract in extracts():
        attribution = (extract.parent / "ATTRIBUTION.txt").read_text(encoding="utf-8")
        assert "© OpenStreetMap contributors" in attribution
        assert "Open Database License (ODbL) 1.0" in attribution
        assert extract.name in attribution


# ── the map of the code ─────────────────────────────────────────────────────────────────────────


def test_the_map_of_the_code_is_the_code():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = dict(re.findall(r"[├└]── (\w+\.py|\w+/) +(.*)", text))
    built = {p.name for p in PACKAGE.glob("*.py")}
    built |= {f"{p.name}/" for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    later = {name for name, meaning in drawn.items() if meaning.startswith("later:")}
    none_of(
        [f"{name} is not on the map" for name in sorted(built - set(drawn))]
        + [f"{name} is built, no longer 'later'" for name in sorted(built & later)]
        + [f"{name} is drawn and not built" for name in sorted(set(drawn) - built - later)]
    )


def test_the_layers_that_are_drawn_are_the_layers_that_are_watched():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    watched = [re.sub(r"[()]", "", layer) for layer in contracts["contracts"][0]["layers"]]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = re.search(r"## Who may import whom\n.*?```text\n(.*?)```", text, re.DOTALL)
    assert drawn
    assert [" ".join(line.split()) for line in drawn[1].splitlines()] == watched
