"""Printing without a browser: which pages, which program, and what is said where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from walkcircle.errors import OutputError
from walkcircle.views import pdf
from walkcircle.views.pdf import ASKED, find_browser, list_pages, print_pages


def write(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("<!DOCTYPE html><title>a</title>", encoding="utf-8")
    return [folder / name for name in names]


def test_the_papers_of_a_folder_are_listed_and_neither_its_map_nor_what_is_somebody_elses(tmp_path):
    papers = write(tmp_path, "overview.html", "districts/d.html", "communities/a.html", "communities/b.html",
                   "plan/plan.html", "changes/changes.html")  # fmt: skip
    write(tmp_path, "index.html", "my/notes.html", "letter.html")
    assert list_pages([tmp_path]) == papers
    assert list_pages([tmp_path / "plan", tmp_path / "letter.html", tmp_path / "letter.html"]) == [
        tmp_path / "plan" / "plan.html", tmp_path / "letter.html"
    ]  # fmt: skip


def test_a_folder_without_pages_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(OutputError, match="no page to print; give the folder"):
        list_pages([tmp_path])


def test_the_browser_that_is_named_is_taken_and_one_that_is_not_there_refused(tmp_path):
    told = tmp_path / "my browser"
    told.touch()
    assert find_browser({ASKED: str(told)}) == told
    with pytest.raises(OutputError, match="where no file is; correct or unset it"):
        find_browser({ASKED: str(tmp_path / "none")})


def test_a_browser_is_found_where_windows_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "PLACES", ("%ProgramFiles(x86)%/chrome.exe", "%LocalAppData%/chrome.exe"))
    (tmp_path / "chrome.exe").touch()
    assert find_browser({"PATH": "", "LOCALAPPDATA": str(tmp_path)}) == tmp_path / "chrome.exe"
    assert find_browser({"PATH": ""}) is None


def test_without_a_browser_the_cure_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(ASKED, raising=False)
    with pytest.raises(OutputError, match="printing needs Chromium, Chrome or Edge, and none is installed here"):
        print_pages(write(tmp_path, "overview.html"))


def test_a_program_that_does_not_print_is_refused_and_the_old_pdf_stays(tmp_path):
    page, *_ = write(tmp_path, "overview.html")
    page.with_suffix(".pdf").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"does not print it \(.+\); name another browser by WALKCIRCLE_CHROMIUM"):
        print_pages([page], browser=Path(sys.executable))
    assert {path.name for path in tmp_path.iterdir()} == {"overview.html", "overview.pdf"}
    assert page.with_suffix(".pdf").read_bytes() == b"old"
