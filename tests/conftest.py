"""What several test files share: the bundled towns, read and analysed once."""

from __future__ import annotations

import pytest
from builders import TOWNS

import walkcircle as wc


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
