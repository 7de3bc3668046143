"""The command table itself: complete, without contradictions, and every row can be called and explained."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shlex
from pathlib import Path
from unittest import mock

import pytest
from conftest import ROOT
from walks import over

from bridge import registry
from bridge.cli import app
from bridge.cli.output import Output
from bridge.core import arguments
from bridge.errors import CODES
from bridge.spec import COMMON_ERRORS, Command

ROWS = registry.load_all()
BY_NAME = {row.name: row for row in ROWS}
ARG_TYPES = {"session", "name", "pane", "word", "text", "pattern", "integer", "seconds", "choice", "flag"}
FIELD_TYPES = {"string", "boolean", "integer", "number", "array", "object"}
each_row = over(ROWS, lambda row: row.name)


def words_of(example: str) -> list[str]:
    """The words of bridge's own part of an example, without its name."""
    before = re.split(r" \|\|? | && ", example)[0]
    program, *words = shlex.split(before)
    assert program == "bridge", example
    return words


def codes_raised(folder: Path) -> set[str]:
    """The error codes that stand as constants in the modules of a folder."""
    return {
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("ERR_")
    }


def click_help(*words: str) -> str:
    printed: list[str] = []
    with mock.patch.object(Output, "plain", lambda _, text: printed.append(text) or 0):
        assert app.run(list(words)) == 0
    return "".join(printed)


# --- families ---


def test_names_are_unique():
    assert len(set(registry.names())) == len(registry.names())


@pytest.mark.parametrize("family", registry.FAMILIES)
def test_a_family_holds_the_rows_that_it_promises(family):
    module = importlib.import_module(f"bridge.commands.{family}")
    assert tuple(row.name for row in module.COMMANDS) == registry.FAMILIES[family]


def test_every_module_with_rows_is_a_family():
    modules = {
        path.stem for path in (ROOT / "bridge" / "commands").glob("*.py") if "COMMANDS = (" in path.read_text("utf-8")
    }
    assert modules == set(registry.FAMILIES)


def test_a_row_is_loaded_by_its_exact_name():
    assert [registry.load(name).name for name in registry.names()] == list(registry.names())
    assert [registry.load(name) for name in ("", "pane", "pane-exec ", "PANE-EXEC", "daemon-go")] == [None] * 5


# --- rows ---


@each_row
def test_a_row_says_what_the_command_does(row: Command):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", row.name)
    assert re.fullmatch(r"[A-Z].*[^.]\.", row.summary)
    assert "\n" not in row.summary
    assert row.output
    assert row.effect in ("read", "write", "destroy")
    assert row.envelope_on in ("stdout", "stderr")
    assert callable(row.run)


@each_row
def test_a_row_has_examples_that_can_be_called(row: Command):
    assert row.examples
    for example in row.examples:
        name, *words = words_of(example)
        assert name == row.name
        arguments.parse(row, words)


@each_row
def test_arguments_are_explained_and_have_a_known_type(row: Command):
    for arg in row.args:
        assert arg.help
        assert not arg.help.endswith(".")
        assert arg.type in ARG_TYPES
        assert (arg.type == "choice") == bool(arg.choices)
        assert arg.type != "flag" or not arg.positional
        assert re.fullmatch(r"[a-z]+([-_][a-z]+)*", arg.name)
    assert len({arg.name for arg in row.args}) == len(row.args)


@each_row
def test_required_arguments_come_first(row: Command):
    required = [arg.required for arg in row.args if arg.positional]
    assert required == sorted(required, reverse=True)
    assert not any(arg.required for arg in row.args if not arg.positional)
    assert not any(arg.required and arg.default is not None for arg in row.args)


@each_row
def test_a_default_is_a_value_of_its_type(row: Command):
    for arg in row.args:
        if arg.default is not None:
            assert isinstance(arg.default, {"integer": int, "seconds": float}.get(arg.type, str))
            assert arguments.convert(arg, str(arg.default)) == arg.default


@each_row
def test_the_target_is_what_the_first_arguments_say(row: Command):
    types = [arg.type for arg in row.args[:2]]
    expected = "pane" if types == ["session", "pane"] else "session" if types[:1] == ["session"] else "none"
    assert row.target == expected


@each_row
def test_fields_are_explained_and_have_a_known_type(row: Command):
    names = [field.name for field in row.returns]
    assert len(set(names)) == len(names)
    assert not set(names) & {"status", "command", "session", "pane_id", "output", "timestamp", "error"}
    for field in row.returns:
        assert field.help
        assert field.type in FIELD_TYPES
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", field.name)


@each_row
def test_a_yes_or_no_is_a_boolean(row: Command):
    for field in row.returns:
        asks = re.match(r"(whether|true|yes|is it|if )\b", field.help) or re.search(r"\btrue\b.*\bfalse\b", field.help)
        assert not asks or field.type == "boolean", field.name


@each_row
def test_errors_are_known_and_told_once(row: Command):
    assert set(row.errors) <= set(CODES)
    assert len(set(row.errors)) == len(row.errors)
    assert {"session", "pane"} & {row.target} == set() or "ERR_SESSION_NOT_FOUND" in row.errors
    assert row.target != "pane" or "ERR_PANE_NOT_FOUND" in row.errors


@each_row
def test_a_command_that_writes_no_state_needs_no_lock(row: Command):
    assert row.effect != "read" or "ERR_LOCKED" not in row.errors
    assert ("ERR_LOCKED" in row.errors) <= ("ERR_STATE" in row.errors)


@each_row
def test_what_is_loaded_later_is_there(row: Command):
    for name in row.later:
        assert importlib.import_module(name)


@each_row
def test_a_command_that_streams_waits(row: Command):
    assert row.waits or not row.stream


# --- codes ---


def test_every_code_is_used():
    declared = {code for row in ROWS for code in row.errors}
    assert set(CODES) - declared - set(COMMON_ERRORS) - codes_raised(ROOT / "bridge" / "cli") == set()


def test_every_code_that_is_raised_is_known_and_has_a_meaning():
    assert codes_raised(ROOT / "bridge") == set(CODES)
    for code, (meaning, retryable) in CODES.items():
        assert re.fullmatch(r"ERR(_[A-Z]+)+", code)
        assert meaning
        assert not meaning.endswith(".")
        assert isinstance(retryable, bool)


def test_common_errors_are_known():
    assert set(COMMON_ERRORS) <= set(CODES)


# --- help ---


@each_row
def test_a_command_explains_itself(row: Command):
    text = click_help(row.name, "--help")
    flat = " ".join(text.split())
    assert row.summary in flat
    assert f"Output: {row.output}." in flat
    for example in row.examples:
        assert example in text
    for arg in row.args:
        assert f"{arg.name.upper()}: " in text if arg.positional else f"--{arg.name}" in text
        assert " ".join(arg.help.split()) in flat


@each_row
def test_help_and_a_command_is_the_same_help(row: Command):
    def body(text: str) -> list[str]:
        return " ".join(text.split()).partition(row.summary)[2].split()

    assert body(click_help("help", row.name)) == body(click_help(row.name, "--help"))


@pytest.mark.parametrize("words", [("help",), ("--help",), ("-h",), ("--quiet", "help")])
def test_the_help_of_the_program_lists_every_command(words):
    text = click_help(*words)
    for row in ROWS:
        assert re.search(rf"^  {row.name}  +\S", text, re.MULTILINE), row.name
    assert "-L NAME" in text


def test_every_row_runs_with_a_context():
    """The row's class cannot name the type, since a context stands on it."""
    for row in ROWS:
        first, *_ = inspect.signature(row.run).parameters.values()
        assert first.annotation == "Context", row.name
