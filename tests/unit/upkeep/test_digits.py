"""Numbers of thousands of digits, which Python refuses to read: no reader of ours falls over one."""

from __future__ import annotations

import pytest

from bridge.config import Config, is_size
from bridge.core import tomltext, webguard
from bridge.core.agents import frame
from bridge.errors import BridgeError
from bridge.features.upkeep import introduction
from bridge.mcp.presentation import LONGEST, Cuts

DIGITS = "9" * 5000


def test_python_reads_no_such_number():
    with pytest.raises(ValueError, match="digits"):
        int(DIGITS)


@pytest.mark.parametrize(
    "text", [f"{DIGITS}x50", f"200x{DIGITS}", f"{DIGITS}x{DIGITS}"], ids=["width", "height", "both"]
)
def test_a_size_is_refused(text):
    assert not is_size(text)
    with pytest.raises(BridgeError, match="BRIDGE_SIZE"):
        Config({"HOME": "/root", "BRIDGE_SIZE": text})


def test_a_request_of_such_a_length_is_refused():
    headers = {"host": "localhost:1", "authorization": "Bearer secret", "content-type": "application/json"}
    assert webguard.refusal("POST", headers | {"content-length": "1"}, "secret", 1) is None
    assert webguard.refusal("POST", headers | {"content-length": DIGITS}, "secret", 1) == (413, "the body is too large")


@pytest.mark.parametrize("place", [f"{DIGITS};1", f"1;{DIGITS}", f"{DIGITS};{DIGITS}"], ids=["row", "column", "both"])
def test_a_stream_that_names_such_a_place_is_drawn(place):
    found = frame.read(f"\x1b[2J\x1b[{place}Hx\r\n\x1b[Hhere\r\n")
    assert found.rows[0].startswith("here")


def test_a_cursor_of_an_answer_that_was_cut_is_refused():
    cuts = Cuts()
    name = cuts.cut({"output": "x" * (LONGEST * 2)})["cut"]["cursor"].partition(".")[0]
    assert cuts.read(f"{name}.0") is not None
    assert cuts.read(f"{name}.{DIGITS}") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a = 1\nb = {DIGITS}\n", 2),
        (f"a = -{DIGITS}\n", 1),
        (f"a = [\n1,\n{DIGITS}]\n", 3),
        ("a = " + "[" * 50_000, 0),
        ("a = \n", 1),
    ],
    ids=["positive", "negative", "in a list", "brackets", "nothing"],
)
def test_such_a_text_is_told_as_no_toml_by_its_line(tmp_path, text, line):
    with pytest.raises(tomltext.NotTomlError) as caught:
        tomltext.parse(text)
    assert caught.value.line == line
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(BridgeError, match="no TOML"):
        introduction._add_table(str(file), "[mcp_servers.bridge]", "[mcp_servers.bridge]\n")
    assert file.read_text() == text
