"""Records: what a planner is told when a file says something that cannot be meant."""

from __future__ import annotations

from dataclasses import field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.dataclasses import dataclass

from walkcircle.errors import StudyError
from walkcircle.records import STRICT, make_record, read_record


@dataclass(frozen=True, config=STRICT)
class Wheel:
    """Part of a record, in a list and by name."""

    spokes: int
    colour: str = "black"


@dataclass(frozen=True, config=STRICT)
class Cart:
    """A record with every shape that studies, standards and walkers have."""

    title: str
    speed_kmh: float = 4.0
    wheels: tuple[Wheel, ...] = ()
    spare: dict[str, Wheel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a cart that flies."""
        if self.speed_kmh > 100:
            msg = "a cart does not fly"
            raise ValueError(msg)


def refusal(content: dict[str, object]) -> str:
    """Return the message with which `content` is refused."""
    with pytest.raises(StudyError) as caught:
        make_record(content, Cart, where="cart.toml")
    return str(caught.value)


def write(folder, text, name="cart.toml"):
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_becomes_a_record(tmp_path):
    """Lists become tuples, tables become records, and what is not said keeps its default."""
    path = write(tmp_path, 'title = " 板车 "\n[[wheels]]\nspokes = 8\n[spare.left]\nspokes = 6\ncolour = "red"\n')
    cart = read_record(path, Cart)
    assert cart == Cart("板车", 4.0, (Wheel(8),), {"left": Wheel(6, "red")})


def test_a_file_with_windows_line_ends_is_read(tmp_path):
    """Editors on Windows write CR LF."""
    path = tmp_path / "cart.toml"
    path.write_bytes(b'title = "cart"\r\nspeed_kmh = 5\r\n')
    assert read_record(path, Cart) == Cart("cart", 5.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"titel": "x"}, "cart.toml: unknown key 'titel'; did you mean 'title'?"),
        (
            {"title": "x", "zzz": 1},
            "cart.toml: unknown key 'zzz'; the keys are: spare, speed_kmh, title, wheels",
        ),
        (
            {"title": "x", "wheels": [{"spokes": 8}, {"spokes": 8, "color": "red"}]},
            "cart.toml: unknown key 'color' in [wheels.1]; did you mean 'colour'?",
        ),
        (
            {"title": "x", "spare": {"left": {"spokes": 6, "colou": "red"}}},
            "cart.toml: unknown key 'colou' in [spare.left]; did you mean 'colour'?",
        ),
        ({}, "cart.toml: key 'title' is missing"),
        ({"title": "x", "wheels": [{}]}, "cart.toml: key 'spokes' is missing in [wheels.0]"),
        ({"title": "x", "speed_kmh": 120}, "cart.toml: a cart does not fly"),
    ],
)
def test_a_mistake_gives_one_sentence_with_place_and_cure(content, message):
    """The whole sentence is checked, since that is what a planner reads."""
    assert refusal(content) == message


def test_an_unknown_key_is_named_before_the_key_it_leaves_missing():
    """Whoever writes 'titel' has forgotten no title; the slip explains the gap."""
    assert "titel" in refusal({"titel": "x", "wheels": 3})


def test_an_impossible_value_is_shown_with_its_place():
    """The reader sees what was written, where, and what is expected instead."""
    message = refusal({"title": "x", "wheels": [{"spokes": "many"}]})
    assert message.startswith("cart.toml: 'wheels.0.spokes' is 'many': ")
    assert "integer" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('title = "x', "not valid TOML"),
        ('title = "x"\ntitle = "y"', "not valid TOML"),
        ("title: x", "not valid TOML"),
        ("", "key 'title' is missing"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path, text, says):
    """The file's name and the reason, on one line."""
    with pytest.raises(StudyError) as caught:
        read_record(write(tmp_path, text), Cart)
    message = str(caught.value)
    assert message.startswith("cart.toml: ")
    assert says in message
    assert "\n" not in message


def test_a_missing_file_is_refused_with_its_path(tmp_path):
    """The path shows a wrong folder at a glance."""
    with pytest.raises(StudyError, match="there is no such file") as caught:
        read_record(tmp_path / "nowhere.toml", Cart)
    assert str(tmp_path / "nowhere.toml") in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path):
    """A folder is refused as politely as a missing file."""
    with pytest.raises(StudyError, match="cannot be read"):
        read_record(tmp_path, Cart)


def test_a_file_in_a_chinese_encoding_is_refused_with_the_cure(tmp_path):
    """GB 18030 is what older Chinese editors write."""
    path = tmp_path / "cart.toml"
    path.write_bytes('title = "社区"'.encode("gb18030"))
    with pytest.raises(StudyError, match="save it as UTF-8"):
        read_record(path, Cart)


WORDS = st.text(alphabet=st.characters(exclude_categories=("C", "Z")), max_size=8)  # keys are on one line
KEYS = st.sampled_from(["title", "speed_kmh", "wheels", "spare", "spokes", "speed", ""]) | WORDS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(content=st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_a_file_says_the_answer_is_a_record_or_one_line(content):
    """No content of a TOML file brings up a traceback."""
    try:
        answer = make_record(content, Cart, where="cart.toml")
    except StudyError as error:
        answer = str(error)
    assert isinstance(answer, Cart) or (answer.startswith("cart.toml: ") and "\n" not in answer)
