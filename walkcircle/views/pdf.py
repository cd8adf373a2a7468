"""Pdf: pages of a run on paper, printed by a browser of the Chromium family that is installed already."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from walkcircle.errors import OutputError

#: The variable that names a browser; without it the usual names and places are looked through.
ASKED = "WALKCIRCLE_CHROMIUM"

#: Names under which a system has a browser of the Chromium family.
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome",
    "brave-browser",
)  # fmt: skip

#: Where macOS and Windows keep one that is not on the PATH.
PLACES = (
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

#: Pages of a run that are made for paper, by their place in its folder; the map prints itself, on A3.
PAPERS = (
    "overview.html", "districts/*.html", "communities/*.html", "plan/plan.html", "plan.html", "changes/changes.html",
    "changes.html",
)  # fmt: skip

#: So long may one page take, seconds.
LONGEST_S = 120.0

#: What the browser is told: print without dates and addresses, and ask nothing of the internet.
_FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer", "--print-to-pdf-no-header",
)  # fmt: skip


def find_browser(places: Mapping[str, str] | None = None) -> Path | None:
    """Find a browser of the Chromium family, or None where there is none.

    Parameters
    ----------
    places
        Environment to look in; that of this process when None.

    Raises
    ------
    OutputError
        ``WALKCIRCLE_CHROMIUM`` names a file that is not there.
    """
    known = os.environ if places is None else places
    told = known.get(ASKED)
    if told:
        if Path(told).is_file():
            return Path(told)
        msg = f"{ASKED} is {told}, where no file is; correct or unset it"
        raise OutputError(msg)
    found = [shutil.which(name, path=known.get("PATH", "")) for name in NAMES]
    found += [_fill(place, known) for place in PLACES]
    return next((Path(one) for one in found if one and Path(one).is_file()), None)


def list_pages(paths: Iterable[Path]) -> list[Path]:
    """List the pages that are made for paper: those of the folder of a run, and files as they are named.

    Raises
    ------
    OutputError
        There is no such page.
    """
    pages: list[Path] = []
    for path in paths:
        found = [path] if path.is_file() else [page for place in PAPERS for page in sorted(path.glob(place))]
        if not found:
            msg = (
                f"{path}: there is no page to print; give the folder that walkcircle run or plan wrote, or a page of it"
            )
            raise OutputError(msg)
        pages += found
    return list(dict.fromkeys(pages))


def print_pages(
    pages: Iterable[Path], *, browser: Path | None = None, report: Callable[[str, float], None] | None = None
) -> list[Path]:
    """Print pages as PDF beside them, under their names.

    Parameters
    ----------
    pages
        HTML files; their style sheets say on which paper.
    browser
        The program; one that is installed when None.
    report
        Called with what is done and how much of it, 0 to 1.

    Returns
    -------
    list
        The PDF of each page.

    Raises
    ------
    OutputError
        There is no browser, or it does not print.
    """
    program = browser or find_browser()
    if program is None:
        msg = (
            f"printing needs Chromium, Chrome or Edge, and none is installed here; install one, name it by {ASKED}, or "
            "open the pages in any browser and print them there"
        )
        raise OutputError(msg)
    files, written = list(pages), []
    # a profile of its own: with the user's, a browser that is open would take the page over
    with tempfile.TemporaryDirectory(prefix="walkcircle-print-", ignore_cleanup_errors=True) as profile:
        for number, page in enumerate(files, 1):
            written.append(_print_page(program, page.resolve(), profile))
            if report is not None:
                report("Printing", number / len(files))
    return written


def _print_page(program: Path, page: Path, profile: str) -> Path:
    """Print one page under another name first, so that there is never half of a PDF."""
    target, draft = page.with_suffix(".pdf"), page.with_name(f"{page.stem}.part.pdf")
    # Chromium refuses to start in its sandbox for root, as in a container; the pages have no script
    rooted = ["--no-sandbox"] if getattr(os, "geteuid", lambda: -1)() == 0 else []
    command = [str(program), *_FLAGS, *rooted, f"--user-data-dir={profile}", f"--print-to-pdf={draft}", page.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=False)  # noqa: S603 - no shell
        if not draft.is_file() or draft.read_bytes()[:5] != b"%PDF-":
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise OutputError(_complain(program, page, said[-1] if said else f"status {done.returncode}"))
        draft.replace(target)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or f"no answer in {LONGEST_S:g} s"
        raise OutputError(_complain(program, page, reason)) from None
    finally:
        draft.unlink(missing_ok=True)
    return target


def _complain(program: Path, page: Path, reason: str) -> str:
    return (
        f"{page}: {program.name} does not print it ({reason}); name another browser by {ASKED}, or open the page and "
        "print it there"
    )


def _fill(place: str, known: Mapping[str, str]) -> str:
    """Fill in the variables of Windows; nothing where one is not known, as on other systems."""
    if not place.startswith("%"):
        return place
    name, rest = place[1:].split("%", 1)
    folder = next((value for key, value in known.items() if key.lower() == name.lower()), "")
    return folder + rest if folder else ""
