#!/usr/bin/env python3
"""Set walkcircle up with nothing but Python 3.11 or newer.

python3 bootstrap.py                   make .venv beside this file and install walkcircle in it
python3 bootstrap.py demo [town]       the same, then make the demo map
python3 bootstrap.py test [arguments]  the same with the developers' tools, then run every check;
                                       arguments go to pytest
"""
# Only the standard library, and only syntax that Python 3.6 can parse, so that an older Python
# reaches the check below and says what it needs.

import ast
import collections
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    newer = [n for n in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(n)]
    cure = f"type: {newer[0]} bootstrap.py" if newer else "install a newer one beside it and use that"
    print(
        "walkcircle needs Python 3.11 or newer; this is Python {}.{}: {}".format(*sys.version_info[:2], cure),
        file=sys.stderr,
    )
    sys.exit(2)

ROOT = Path(__file__).absolute().parent
VENV = ROOT / ".venv"
STAMP = VENV / "walkcircle-stamp.json"
CONSTRAINTS = ROOT / "constraints.txt"
WINDOWS = os.name == "nt"
PROGRAMS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = str(PROGRAMS / ("python.exe" if WINDOWS else "python"))

# A PYTHONPATH or an active environment of someone else's must not leak into ours.
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "PIP_USER", "__PYVENV_LAUNCHER__")
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in FOREIGN}
ENVIRONMENT["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Chromium\Application\chrome.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
)
PLAYWRIGHT_PLACES = (
    "$PLAYWRIGHT_BROWSERS_PATH",
    "~/.cache/ms-playwright",
    "~/Library/Caches/ms-playwright",
    r"%LocalAppData%\ms-playwright",
)
PLAYWRIGHT_BINARIES = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)


class SetupError(Exception):
    """Something the user can mend; the message says what and how."""


def main(arguments: list[str]) -> int:
    """Do what the command line asks for; returns the exit code."""
    verb = arguments[0] if arguments else "setup"
    if verb not in {"setup", "demo", "test"}:
        print(__doc__.strip())
        return 0 if verb in {"-h", "--help", "help"} else 2
    try:
        set_up(dev=verb == "test")
        if verb == "demo":
            return run_visibly([PYTHON, "-m", "walkcircle", *arguments])
        if verb == "test":
            ENVIRONMENT["WALKCIRCLE_CHROMIUM"] = find_or_install_chromium()
            check_fonts()
            return run_checks(arguments[1:])
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.", file=sys.stderr)
        return 130
    print(f"Ready. Next: {(PROGRAMS / 'walkcircle').relative_to(ROOT)} demo")
    return 0


# ── set-up ──────────────────────────────────────────────────────────────────────────────────────


def set_up(*, dev: bool) -> None:
    """Make .venv, install walkcircle in it and compile its engine; what is in order is left alone."""
    version = usable_version()
    if version is None:
        make_venv()
        version = usable_version()
        if version is None:
            msg = f"The new {VENV} does not start; check that the disk is not full and is not mounted noexec."
            raise SetupError(msg)
    stamp = read_stamp()
    wanted = fingerprint("pyproject.toml", "constraints.txt", extra=f"{version} {ROOT}")
    if stamp.get("installed") != wanted or (dev and not stamp.get("dev")):
        write_stamp({})  # an interrupted installation is not one
        install(dev=dev)
        write_stamp({"installed": wanted, "dev": dev})
    warm_up(PYTHON)


def usable_version() -> str | None:
    """Return the version of the Python in .venv, or None where .venv is absent, broken or foreign."""
    try:
        settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    # the command that made it ends with its folder: a moved or copied .venv still points to the old one
    command = [os.path.normcase(line) for line in settings if line.startswith("command = ")]
    here = (os.path.normcase(VENV), os.path.normcase(VENV.resolve()))
    if command and not command[0].strip().endswith(here):
        return None
    probe = "import json, platform, sys, pip; print(json.dumps([sys.prefix, platform.python_version()]))"
    try:
        answer = subprocess.run(
            [PYTHON, "-c", probe], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=True
        )
        prefix, version = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    ours = Path(prefix).resolve() == VENV.resolve()
    recent = tuple(int(part) for part in version.split(".")[:2]) >= NEEDED
    return version if ours and recent else None


def make_venv() -> None:
    """Make .venv afresh, or say which package of the system is missing."""
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        raise SetupError(missing_venv())
    if VENV.is_symlink() or VENV.is_file():
        msg = f"{VENV} is a file or a link, so no environment can be made there; move it away."
        raise SetupError(msg)
    title = "Rebuilding .venv, which is broken or from elsewhere" if VENV.is_dir() else "Making .venv"
    # never with the Python inside the .venv that is about to be cleared
    base = getattr(sys, "_base_executable", None) or sys.executable
    ok, output = run_quietly(title, [base, "-m", "venv", "--clear", str(VENV)])
    if not ok:
        raise SetupError(missing_venv() if "ensurepip" in output else f"{output}\n.venv could not be made.")


def missing_venv() -> str:
    """Word the cure for a Python that cannot make virtual environments."""
    if on_debian():
        cure = f"type: {'' if is_root() else 'sudo '}apt-get install python3.{sys.version_info[1]}-venv"
    else:
        cure = "install your system's package of Python's venv and ensurepip, or another Python."
    return f"This Python cannot make virtual environments; {cure}"


def install(*, dev: bool) -> None:
    """Install walkcircle as it lies here, with every version pinned: with uv, or else with pip."""
    pinned = ["--constraint", str(CONSTRAINTS)]
    what = ["--editable", str(ROOT), *(["--group", "dev"] if dev else [])]
    title = "Installing walkcircle and the developers' tools" if dev else "Installing walkcircle"
    pip = [PYTHON, "-m", "pip", "install"]
    ok, _ = run_quietly("Fetching the installer uv", [*pip, *pinned, "uv"])
    if ok:
        share_index_with_uv()
        uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--compile-bytecode"]
        ok, _ = run_quietly(title, [*uv, *pinned, "--build-constraint", str(CONSTRAINTS), *what])
        if ok:
            return
    print("uv could not do it; pip is slower and may.")
    if dev:  # dependency groups came with pip 25.1
        run_quietly("Renewing pip", [*pip, "--upgrade", "pip>=25.1"])
    ok, output = run_quietly(title, [*pip, *pinned, *what])
    if not ok:
        msg = (
            f"{output}\nThe installation failed. Check the connection to the internet (behind a proxy, set "
            f"HTTPS_PROXY; for a mirror: pip config set global.index-url ADDRESS), then run this again."
        )
        raise SetupError(msg)


def share_index_with_uv() -> None:
    """Let uv use the package mirror that the user has told pip about; uv does not read pip's settings."""
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    for line in listing.stdout.splitlines():
        key, _, value = line.partition("=")
        if key.endswith(".index-url") and "UV_INDEX_URL" not in ENVIRONMENT:
            ENVIRONMENT.setdefault("UV_DEFAULT_INDEX", str(ast.literal_eval(value)))


def warm_up(python: str) -> None:
    """Compile the engine's loops once into Numba's cache on disk, so that no first run waits for it."""
    stamp = read_stamp()
    loops = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "walkcircle" / "kernels").glob("*.py"))
    wanted = fingerprint(*loops, extra=stamp.get("installed", ""))
    if stamp.get("warm") != wanted:
        code = "from walkcircle import kernels; kernels.compile_all()"
        ok, _ = run_quietly("Compiling the engine", [python, "-c", code])
        if ok:  # where it fails, the loops are compiled at their first use
            write_stamp({**stamp, "warm": wanted})


def fingerprint(*names: str, extra: str) -> str:
    """Return one hash over files of this folder and `extra`."""
    digest = hashlib.sha256(extra.encode())
    for name in names:
        digest.update(hashlib.sha256((ROOT / name).read_bytes()).digest())
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """Return what the last run has noted, or nothing."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def write_stamp(stamp: dict[str, object]) -> None:
    """Note for the next run what this one has done."""
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


# ── the checks ──────────────────────────────────────────────────────────────────────────────────


def run_checks(pytest_arguments: list[str]) -> int:
    """Run the linters, then pytest, whose closing line is the last; 0 only when all are content.

    The whole suite runs in as many processes as there are processors; where arguments say what to run, they say it all.
    """
    failed = []
    for title, command in (
        ("ruff check", [PYTHON, "-m", "ruff", "check"]),
        ("ruff format --check", [PYTHON, "-m", "ruff", "format", "--check"]),
        ("mypy", [PYTHON, "-m", "mypy"]),
        ("lint-imports", [str(PROGRAMS / "lint-imports"), "--no-logo"]),
    ):
        print(f"\n== {title}", flush=True)
        if run_visibly(command) != 0:
            failed.append(title)
    if failed:
        print(f"\nNot content: {', '.join(failed)} (see above).", flush=True)
    workers = count_workers()
    spread = ["-n", str(workers), "--dist", "worksteal"] if workers > 1 and not pytest_arguments else []
    print(f"\n== pytest {' '.join([*spread, *pytest_arguments])}".rstrip(), flush=True)
    code = run_visibly([PYTHON, "-m", "pytest", *spread, *pytest_arguments])
    return code or int(bool(failed))


def count_workers() -> int:
    """Return how many processes may test side by side; no more than four, since each holds every town in memory."""
    if hasattr(os, "sched_getaffinity"):  # fewer than the machine has, where a container or a user says so
        return min(len(os.sched_getaffinity(0)), 4)
    return min(os.cpu_count() or 1, 4)


def find_or_install_chromium() -> str:
    """Return the path of a browser of the Chromium family for the tests of the map."""
    told = os.environ.get("WALKCIRCLE_CHROMIUM")
    if told and not Path(told).is_file():
        msg = f"WALKCIRCLE_CHROMIUM is {told}, where no file is; correct or unset it."
        raise SetupError(msg)
    found = told or find_chromium()
    if not found and can_apt():
        apt_install("Chromium, for the tests of the map", "chromium")
        found = find_chromium()
    if not found:
        cure = "sudo apt-get install chromium" if on_debian() else "install Chromium or Google Chrome"
        msg = (
            f"The tests of the map need a browser of the Chromium family and none was found: {cure}, "
            f"or set WALKCIRCLE_CHROMIUM to the path of one."
        )
        raise SetupError(msg)
    print(f"Browser for the tests of the map: {found}")
    return found


def find_chromium() -> str | None:
    """Look on the PATH, in the usual places, and where Playwright keeps its browsers."""
    candidates = [shutil.which(name) for name in BROWSERS]
    candidates += [os.path.expandvars(place) for place in BROWSER_PLACES]
    for place in PLAYWRIGHT_PLACES:
        cache = Path(os.path.expandvars(place)).expanduser()
        for binary in PLAYWRIGHT_BINARIES:
            candidates += map(str, sorted(cache.glob(binary), reverse=True))
    return next((path for path in candidates if path and Path(path).is_file() and starts(path)), None)


def starts(browser: str) -> bool:
    """Tell whether a browser is more than a stub that asks for a snap."""
    if WINDOWS:  # where --version would open a window
        return True
    try:
        answer = subprocess.run([browser, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0


def check_fonts() -> None:
    """Make sure that Linux has a font for Chinese; without one, pictures of the map show boxes."""
    if not sys.platform.startswith("linux"):
        return
    listing = ""
    if shutil.which("fc-list"):
        listing = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    if listing.strip():
        return
    try:
        if can_apt():
            apt_install("a font for Chinese", "fonts-wqy-microhei", "fontconfig")
            return
    except SetupError:
        pass
    print("Warning: no font for Chinese (such as fonts-wqy-microhei), so pictures may show boxes.")


def on_debian() -> bool:
    """Tell whether packages come from apt."""
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def is_root() -> bool:
    """Tell whether the system may be changed."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def can_apt() -> bool:
    """Tell whether apt may be used without asking anybody."""
    return on_debian() and is_root()


def apt_install(what: str, *packages: str) -> None:
    """Install packages of Debian or Ubuntu."""
    ENVIRONMENT["DEBIAN_FRONTEND"] = "noninteractive"
    run_quietly("Asking apt for its list of packages", ["apt-get", "update"])
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    ok, output = run_quietly(f"Installing {what}", command)
    if not ok:
        msg = f"{output}\n'{' '.join(command)}' failed; mend that and run this again."
        raise SetupError(msg)


# ── running programs ────────────────────────────────────────────────────────────────────────────


def run_quietly(title: str, command: list[str]) -> tuple[bool, str]:
    """Run a program behind one line of progress; returns success and the last lines it printed."""
    start = time.monotonic()
    last_lines: collections.deque[str] = collections.deque(maxlen=15)
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return False, str(error)
    reader = threading.Thread(target=lambda: last_lines.extend(filter(str.strip, process.stdout or ())), daemon=True)
    reader.start()
    try:
        while True:
            show_progress(title, time.monotonic() - start, last_lines[-1] if last_lines else "")
            try:
                process.wait(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        reader.join(timeout=5)
        if process.stdout and not reader.is_alive():
            process.stdout.close()
    ok = process.returncode == 0
    end = f"{title} ... {time.monotonic() - start:.1f} s" + ("" if ok else ", failed")
    print(f"\r{end.ljust(line_width())}" if sys.stdout.isatty() else end, flush=True)
    return ok, "".join(last_lines).strip()


def show_progress(title: str, seconds: float, news: str) -> None:
    """Rewrite the current line of a terminal; in a file, nothing."""
    if sys.stdout.isatty():
        text = f"{title} ... {seconds:.0f} s  {' '.join(news.split())}"
        print(f"\r{text[: line_width()].ljust(line_width())}", end="", flush=True)


def line_width() -> int:
    """Return how many characters fit on a line without wrapping."""
    return shutil.get_terminal_size().columns - 1


def run_visibly(command: list[str]) -> int:
    """Run a program in the user's sight; on Ctrl-C it has ten seconds to close by itself."""
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.terminate()
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
