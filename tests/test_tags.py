"""Conditions on OpenStreetMap tags: the small language that planners write in standards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkcircle.tags import condition_holds

ANY_TEXT = st.text(max_size=40)
ANY_TAGS = st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=6)


@pytest.mark.parametrize(
    ("condition", "tags", "holds"),
    [
        ("amenity=school", {"amenity": "school"}, True),
        ("amenity=school", {"amenity": "preschool"}, False),
        ("amenity=school", {"shop": "school"}, False),
        ("amenity=school", {}, False),
        ("amenity=clinic|doctors", {"amenity": "doctors"}, True),
        ("amenity=clinic|doctors", {"amenity": "doctor"}, False),
        ("shop=*", {"shop": "anything at all"}, True),
        ("shop=*", {"shop": ""}, False),
        ("shop=*", {}, False),
        ("access!=private|no", {"access": "yes"}, True),
        ("access!=private|no", {}, True),
        ("access!=private|no", {"access": "no"}, False),
        ("isced:level=1", {"isced:level": "0;1"}, True),
        ("isced:level=1", {"isced:level": "0; 1 ;2"}, True),
        ("isced:level=1", {"isced:level": "11;2"}, False),
        ("access!=private", {"access": "customers;private"}, False),
        ("shop=*", {"shop": ";"}, False),
        ("amenity=school isced:level=2", {"amenity": "school", "isced:level": "2"}, True),
        ("amenity=school isced:level=2", {"amenity": "school", "isced:level": "1"}, False),
        ("amenity=school isced:level=2", {"isced:level": "2"}, False),
        ("  amenity=school   access!=no ", {"amenity": "school"}, True),
    ],
)
def test_a_condition_holds_only_when_each_of_its_parts_does(condition, tags, holds):
    """One line per rule of the language, worked out by hand."""
    assert condition_holds(condition, tags) is holds


def test_case_matters_because_openstreetmap_values_are_lower_case():
    """A capital letter is a mapper's slip that other tools do not forgive either."""
    assert not condition_holds("amenity=school", {"amenity": "School"})


@given(tags=ANY_TAGS)
def test_a_tag_may_hold_any_text_whatever(tags):
    """Nothing that a mapper can type raises; the answer is yes or no."""
    for condition in ("amenity=school|clinic access!=no", "shop=*"):
        assert condition_holds(condition, tags) in (True, False)


@given(tags=ANY_TAGS, value=st.text(alphabet="abcdef_:", min_size=1, max_size=10))
def test_a_value_is_either_asked_for_or_forbidden(tags, value):
    """``key=value`` and ``key!=value`` are opposites for any feature."""
    both = tags | {"amenity": value}
    assert condition_holds(f"amenity={value}", both) is True
    assert condition_holds(f"amenity!={value}", both) is False
    assert condition_holds(f"amenity={value}", tags) is not condition_holds(f"amenity!={value}", tags)


@given(tags=ANY_TAGS)
def test_no_other_tag_changes_the_answer(tags):
    """A condition looks at its own keys alone."""
    rest = {key: value for key, value in tags.items() if key != "amenity"}
    assert condition_holds("amenity=school", rest | {"amenity": "school"})
    assert not condition_holds("amenity=school", rest)


def test_an_absent_tag_can_be_asked_for():
    """`key!=*` holds only where the tag is not there at all."""
    assert condition_holds("amenity=school disused!=*", {"amenity": "school"})
    assert not condition_holds("amenity=school disused!=*", {"amenity": "school", "disused": "yes"})
