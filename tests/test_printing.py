"""Printing: what is said of a scenario, by pencil."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from rich.console import Console

from walkcircle.analysis import analyse
from walkcircle.printing.effects import show_effects
from walkcircle.proposals import Scenario
from walkcircle.scenario import measure_effect
from walkcircle.tables import Residences


@pytest.fixture(scope="module")
def street():
    """Analyse a street of 600 m with two communities, a shop in the west and no clinic; the elder walk half as fast."""
    standard = make_standard(make_kind("shop", 2), make_kind("clinic", 4, group="elder"))
    homes = make_residences([("a", 10, (0, 0)), ("b", 20, (200, 0)), ("c", 30, (400, 0)), ("d", 40, (600, 0))])
    homes = homes.assign(**{Residences.elder: [1.0, 2.0, 3.0, 4.0]})
    communities = make_communities({"west": shapely.box(-50, -50, 300, 50), "east": shapely.box(300, -50, 650, 50)})
    place = make_place(
        draw_network([[(0, 0), (600, 0)]]), homes, make_facilities([("s", "shop", (0, 0))]), communities, standard
    )
    walkers = (STROLLER, replace(STROLLER, name="elder", speed_kmh=1.8))
    return analyse(place, make_study(standard, walkers=walkers))


def show(answer, scenario) -> list[str]:
    """Return the lines that are shown, blanks between words one each."""
    console = Console(file=io.StringIO(), width=160)
    show_effects(answer, scenario, measure_effect(answer, scenario), console)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines() if line.strip()]


def test_every_number_of_a_scenario_is_said(street):
    """The shop moves to 390 m and a clinic opens at 500 m: whom each gains and loses, before and after, and where."""
    scenario = Scenario(crs=METRES).move_facility("s", 390, 0).add_facility("clinic", 500, 0)
    lines = show(street, scenario)
    assert lines[0] == "What if: 1 facility added, 1 facility moved"
    assert (
        "shop: 30 people newly within 2 min; 10 no longer; the walk gets shorter for 90; longer for 10; "
        "70 are still without."
    ) in lines
    assert any(line.startswith("clinic: 7 people newly within 4 min") for line in lines)
    assert "shop residents stroller 2 10 % 30 % 30 10 90 10 70" in lines
    assert "clinic people aged 60 and over elder 4 0 % 70 % 7 0 9 0 3" in lines
    assert "Community east shop 0 % 43 % 30 0 70 0" in lines
    assert "Community west shop 33 % 0 % 0 10 20 10" in lines


def test_a_scenario_that_nobody_feels_is_said_in_a_sentence(street):
    """The shop closes, and another opens at its door."""
    scenario = Scenario(crs=METRES).close_facility("s").add_facility("shop", 0, 0)
    assert show(street, scenario) == ["What if: 1 facility added, 1 facility closed", "Nobody's walk changes."]


def test_kinds_that_nobody_feels_are_counted(street):
    """A link along the street brings nobody nearer to the clinic, which there is not."""
    lines = show(street, Scenario(crs=METRES).add_link([(0, 0), (600, 0)]).move_facility("s", 390, 0))
    assert "One other kind is unchanged." in lines
