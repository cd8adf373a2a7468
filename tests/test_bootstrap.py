"""The set-up script, as far as it can be tried without installing anything."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """Load the script as one that lies in an empty folder."""
    script = tmp_path / "bootstrap.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.delenv("WALKCIRCLE_CHROMIUM", raising=False)
    functions = runpy.run_path(str(script), run_name="bootstrap")
    return functions["main"].__globals__


def test_an_old_python_can_read_it_and_it_needs_nothing_installed():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names) - {"__future__"}


def test_an_old_python_is_told_in_one_line_what_to_type():
    pretend = "import sys, runpy; sys.version_info = (3, 8, 10, 'final', 0); runpy.run_path(sys.argv[1])"
    answer = subprocess.run([sys.executable, "-c", pretend, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer; this is Python 3.8: " in answer.stderr


def test_a_python_without_venv_names_the_package_to_install(bootstrap, monkeypatch, capsys):
    monkeypatch.setitem(bootstrap, "on_debian", lambda: True)
    monkeypatch.setitem(bootstrap, "is_root", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else object())
    assert bootstrap["main"]([]) == 2
    package = f"python3.{sys.version_info[1]}-venv"
    assert capsys.readouterr().err.strip().endswith(f"type: sudo apt-get install {package}")


def test_an_unknown_word_shows_how_to_use_it(bootstrap, capsys):
    assert bootstrap["main"](["tset"]) == 2
    assert "bootstrap.py demo [town]" in capsys.readouterr().out


def test_an_environment_that_was_moved_here_is_not_usable(bootstrap):
    venv = bootstrap["VENV"]
    assert bootstrap["usable_version"]() is None
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text(f"command = python3 -m venv {venv.parent.parent / 'elsewhere' / '.venv'}\n")
    assert bootstrap["usable_version"]() is None


def test_a_link_in_the_place_of_the_environment_is_left_alone(bootstrap, tmp_path, capsys):
    target = tmp_path / "somewhere"
    target.mkdir()
    try:
        bootstrap["VENV"].symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("this system does not let its user make links")
    assert bootstrap["main"]([]) == 2
    assert "move it away" in capsys.readouterr().err
    assert bootstrap["VENV"].is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in browser is a shell script")
def test_a_browser_is_found_on_the_path_and_a_stub_is_passed_over(bootstrap, tmp_path, monkeypatch):
    for name, code in (("chromium", 1), ("google-chrome", 0)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setitem(bootstrap, "BROWSERS", ("chromium", "google-chrome"))
    assert bootstrap["find_chromium"]() == str(tmp_path / "google-chrome")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in browser is a shell script")
def test_a_browser_of_playwright_is_found_the_newest_first(bootstrap, tmp_path, monkeypatch):
    for version in ("1100", "1208"):
        program = tmp_path / f"chromium-{version}" / "chrome-linux" / "chrome"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setitem(bootstrap, "BROWSERS", ())
    monkeypatch.setitem(bootstrap, "BROWSER_PLACES", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert "chromium-1208" in bootstrap["find_chromium"]()


def test_no_browser_at_all_is_an_error_with_its_cure(bootstrap, monkeypatch):
    monkeypatch.setitem(bootstrap, "find_chromium", lambda: None)
    monkeypatch.setitem(bootstrap, "can_apt", lambda: False)
    with pytest.raises(bootstrap["SetupError"], match="WALKCIRCLE_CHROMIUM"):
        bootstrap["find_or_install_chromium"]()


def test_pytest_runs_last_even_when_a_linter_fails_and_the_failure_counts(bootstrap, monkeypatch, capfd):
    ran = []
    monkeypatch.setitem(bootstrap, "run_visibly", lambda command: ran.append(command) or int("mypy" in command))
    assert bootstrap["run_checks"](["-k", "town"]) == 1
    assert ran[-1][1:] == ["-m", "pytest", "-k", "town"]
    assert [" ".join(c).split("/")[-1] for c in ran[3:4]] == ["lint-imports --no-logo"]
    assert "Not content: mypy" in capfd.readouterr().out


@pytest.mark.parametrize(("processors", "spread"), [(1, []), (2, ["-n", "2", "--dist", "worksteal"])])
def test_the_whole_suite_is_spread_over_the_processors_that_are_there(bootstrap, monkeypatch, processors, spread):
    ran = []
    monkeypatch.setitem(bootstrap, "run_visibly", lambda command: ran.append(command) or 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)
    assert bootstrap["run_checks"]([]) == 0
    assert ran[-1][1:] == ["-m", "pytest", *spread]


def test_the_engine_is_compiled_once_and_again_when_a_loop_changed(bootstrap, monkeypatch):
    ran = []
    monkeypatch.setitem(bootstrap, "run_quietly", lambda title, command: ran.append((title, command)) or (True, ""))
    kernels = bootstrap["ROOT"] / "walkcircle" / "kernels"
    kernels.mkdir(parents=True)
    bootstrap["VENV"].mkdir()
    for text, times in (("first", 1), ("first", 1), ("second", 2)):
        (kernels / "searches.py").write_text(text)
        bootstrap["warm_up"]("python")
        assert len(ran) == times, text


def test_a_program_that_fails_gives_its_last_words(bootstrap):
    code = "print('first'); raise SystemExit('no space left')"
    ok, output = bootstrap["run_quietly"]("Trying", [sys.executable, "-c", code])
    assert not ok
    assert "no space left" in output
