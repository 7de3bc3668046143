"""The script that draws what a terminal shows, and the picture in the README that it has drawn."""

from __future__ import annotations

import importlib.util
import re
from xml.etree import ElementTree

import pytest
from conftest import ROOT

from bridge.core.topview import SIGNS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def picture():
    spec = importlib.util.spec_from_file_location("picture", ROOT / "scripts" / "picture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(picture, capture: str) -> tuple[list, list]:
    """The texts and the boxes behind them."""
    root = ElementTree.fromstring(picture.svg(capture, "a title", 40, 3))
    return root.findall(f"{SVG}text"), root.findall(f"{SVG}rect")[1:]


def test_text_is_text_whatever_it_holds(picture):
    (text,), boxes = drawn(picture, "<b>&\"' ]]>")
    assert (text.text, boxes) == ("<b>&\"' ]]>", [])


@pytest.mark.parametrize(
    ("codes", "ink"),
    [
        ("31", "#e06c75"),
        ("91", "#ff7b86"),
        ("38;5;196", "#ff0000"),
        ("38;5;244", "#808080"),
        ("38:5:1", "#e06c75"),
        ("38;2;1;2;255", "#0102ff"),
        ("31;39", "#d7dae0"),
        ("31;0", "#d7dae0"),
        ("7", "#14161b"),
        ("", "#d7dae0"),
    ],
)
def test_a_colour_is_the_one_that_was_asked_for(picture, codes, ink):
    (text,), _ = drawn(picture, f"\x1b[{codes}mx")
    assert text.get("fill") == ink


def test_what_else_is_to_be_seen(picture):
    (text,), (box,) = drawn(picture, "\x1b[1;4;42mx\x1b[22;24mx")[0][:1], drawn(picture, "\x1b[42mx")[1]
    assert (text.get("font-weight"), text.get("text-decoration"), box.get("fill")) == ("bold", "underline", "#98c379")


def test_each_stretch_stands_in_its_columns(picture):
    texts, _ = drawn(picture, "日本\x1b[31m  x \x1b[0my\nz")
    places = [round((float(text.get("x")) - picture.MARGIN) / picture.WIDTH) for text in texts]
    widths = [round(float(text.get("textLength")) / picture.WIDTH) for text in texts]
    assert [text.text for text in texts] == ["日本", "x", "y", "z"]
    assert (places, widths) == ([0, 6, 8, 0], [4, 1, 1, 1])
    assert texts[3].get("y") > texts[0].get("y")


def test_a_sequence_that_is_cut_short_draws_something(picture):
    for codes in ("38", "38;5", "38;2;1", "48;9"):
        assert [text.text for text in drawn(picture, f"\x1b[{codes}mx")[0]] == ["x"]


def test_the_readmes_picture_shows_the_states_and_no_machine():
    text = (ROOT / "docs" / "top.svg").read_text(encoding="utf-8")
    shown = "\n".join(found.text for found in ElementTree.fromstring(text).iter(f"{SVG}text"))
    for state in ("running", "idle", "failed", "input"):
        assert re.search(rf"^{re.escape(SIGNS[state])}", shown, re.MULTILINE), state
    assert re.search(r"^exit 1, idle", shown, re.MULTILINE) or "exit 1, idle" in shown
    assert "/tmp/" not in shown
