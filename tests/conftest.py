"""What several test files share: the bundled towns, read and analysed once."""

from __future__ import annotations

import os
import tempfile

import pytest
from builders import TOWNS

import walkcircle as wc


def pytest_configure(config):
    """Keep the store of this run to itself: the user's cache is the user's."""
    folder = tempfile.TemporaryDirectory(prefix="store-")
    config.add_cleanup(folder.cleanup)
    os.environ["WALKCIRCLE_CACHE"] = folder.name


@pytest.fixture(scope="session", params=sorted(TOWNS))
def town(request) -> str:
    """Return the name of a bundled town; a test runs once for each."""
    return request.param


@pytest.fixture(scope="session")
def networks():
    """Return the network of every bundled town, by name."""
    return {name: wc.read_network(path) for name, path in TOWNS.items()}


@pytest.fixture(scope="session")
def analyses():
    """Return the analysis of every bundled town, by name."""
    answers = {}
    for name, path in TOWNS.items():
        study = wc.read_study(path.parent / "study.toml")
        answers[name] = wc.analyse(wc.read_place(study), study)
    return answers
