"""What several test files share: the bundled towns, read and analysed once."""

from __future__ import annotations

import os
import tempfile

import pytest
from builders import LONG, TOWNS
from hypothesis import settings

import walkcircle as wc

# The same cases in each run, so that all see the same; `--hypothesis-profile=long` looks for new ones.
settings.register_profile("short", derandomize=True, deadline=None)
settings.register_profile(LONG, deadline=None, print_blob=True)
settings.load_profile("short")


def pytest_configure(config):
    """Keep the store of this run to itself: the user's cache is the user's; and the width of a terminal out of it."""
    folder = tempfile.TemporaryDirectory(prefix="store-")
    config.add_cleanup(folder.cleanup)
    os.environ["WALKCIRCLE_CACHE"] = folder.name
    for size in ("COLUMNS", "LINES"):  # which a process that tests side by side with others is given
        os.environ.pop(size, None)


@pytest.fixture(params=sorted(TOWNS))  # of each test: a wider scope would tear the tests of a file apart
def town(request) -> str:
    """Return the name of a bundled town; a test runs once for each."""
    return request.param


@pytest.fixture(scope="session")
def networks():
    """Return the network of every bundled town, by name."""
    return {name: wc.read_network(path) for name, path in TOWNS.items()}


@pytest.fixture(scope="session")
def analyses():
    """Return the analysis of every bundled town, by name; nobody may change them."""
    answers = {}
    for name, path in TOWNS.items():
        study = wc.read_study(path.parent / "study.toml")
        answers[name] = wc.analyse(wc.read_place(study), study)
    return answers
