"""A call that cannot be read names the session and the pane that its words name, and no other word for them."""

from __future__ import annotations

import json
import os

import pytest

from bridge import registry
from bridge.batch import lines
from bridge.config import Config
from bridge.context import Context
from bridge.core.arguments import targets
from bridge.dispatch import invoke
from bridge.spec import Arg, Command

ROWS = [row for row in registry.load_all() if row.target != "none" and row.args[0].name in ("session", "name")]
WORDS = {"integer": "3", "seconds": "2", "flag": "", "session": "dev", "pane": "7", "pattern": "x", "name": "dev"}


def word_for(arg: Arg) -> str:
    return arg.choices[0] if arg.choices else WORDS.get(arg.type, f"some-{arg.name}")


def mistakes(row: Command):
    """Calls that cannot be read, each with the session and pane that can be read in it."""
    positional = [arg for arg in row.args if arg.positional]
    places = [word_for(arg) for arg in positional]
    session, pane = [*places[: 1 + (positional[1:2] != [] and positional[1].name == "pane")], "", ""][:2]
    for at in (0, 1, 2):
        if at == len(positional) or (at < len(positional) and positional[at].type not in ("text", "pattern")):
            yield [*places[:at], "--nonsense", "10", *places[at:]], session if at else "", pane if at > 1 else ""
    for arg in row.args:
        name = f"--{arg.name}"
        if arg.positional and not arg.required and arg.type in ("integer", "seconds"):
            yield [*places[:1], name, "10"], session, ""
        if not arg.positional and arg.type != "flag":
            yield [*places, name], session, pane
        if not arg.positional and arg.type in ("integer", "seconds", "choice"):
            yield [name, "10x", *places], session, pane
            yield [*places, f"{name}=10x"], session, pane
    yield [], "", ""
    yield ["dev"], "dev", ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_envelope_of_a_mistake_names_what_was_named(row, tmp_path):
    environ = {"HOME": str(tmp_path), "PATH": os.defpath, "BRIDGE_STATE_DIR": str(tmp_path / "state")}

    def context() -> Context:
        return Context(Config(environ), environ, script=False)

    tried = 0
    for words, session, pane in mistakes(row):
        answer = invoke(row, words, script=False, make_context=context).envelope
        if answer["status"] == "success" or answer["error"]["code"] != "ERR_USAGE":
            continue  # words that this command can read
        tried += 1
        assert (answer["session"], answer["pane_id"]) == (session, pane), words
    assert tried


def test_the_number_of_lines_is_never_a_pane(box):
    for front in ("fast", "click"):
        refused = box.bridge("pane-capture", "dev", "--lines", "10", front=front)
        assert (refused.code, refused.json["session"], refused.json["pane_id"]) == ("ERR_USAGE", "dev", "")
        assert "LINES is given by its place" in refused.json["error"]["hint"]


def test_a_wrong_setting_is_told_with_the_session_of_the_call(box):
    refused = box.bridge("pane-count", "dev", env={"BRIDGE_SIZE": "large"})
    assert (refused.code, refused.json["session"]) == ("ERR_USAGE", "dev")


def test_calls_of_one_pane_keep_their_order_whatever_options_stand_before():
    row = registry.load("pane-run")
    lane = lines.lane(row, ["dev", "0", "true"])
    for words in (["--timeout", "5", "dev", "0", "true"], ["dev", "--timeout=5", "0", "--", "--true"]):
        assert lines.lane(row, words) == lane
        assert targets(row, words, script=False) == ("dev", "0")


def test_an_answer_in_a_batch_names_them_too(box):
    line = json.dumps({"argv": ["pane-capture", "dev", "--lines", "10"]})
    done = box.call([box.built, "batch"], text=f"{line}\n".encode())
    answer = json.loads(done.stdout)
    assert (answer["session"], answer["pane_id"]) == ("dev", "")
