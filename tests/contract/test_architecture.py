"""The pages that explain the house speak of what is there: files, rooms, tests, and each paragraph of one."""

from __future__ import annotations

import ast
import re

import pytest
from conftest import ROOT

from bridge.core import loglife, outcome

PAGE = "docs/architecture.md"
DECISIONS = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
HEADINGS = ["Context", "Decision", "The figure", "What follows"]
EXPLAINING = (PAGE, "CONTRIBUTING.md", "SECURITY.md", "TESTING.md", *(f"docs/adr/{name}" for name in DECISIONS))
# A path of the project, perhaps with a test of it: `tests/unit/runs/test_outcome.py::test_every_row_is_reached`.
PATHS = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml))(?:::(\w+))?`")
MADE = ("dist/",)  # by make


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rooms() -> set[str]:
    """The list of subjects, as the test of the layers has it."""
    for node in ast.parse(read("tests/contract/test_layers.py")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS":
            return set(ast.literal_eval(node.value))
    raise AssertionError("tests/contract/test_layers.py has no ROOMS")


def prose(name: str) -> list[str]:
    """The paragraphs of a page: neither headings, nor blocks of code, nor lines of links alone."""
    text = re.sub(r"^```.*?^```$", "", read(name), flags=re.MULTILINE | re.DOTALL)
    found = [part for part in re.split(r"\n\s*\n", text) if part.strip() and not part.lstrip().startswith(("#", "["))]
    return [part for part in found if not part.rstrip().endswith(":")]


def exists(path: str) -> bool:
    return path in MADE or (ROOT / path).exists() or (ROOT / "bridge" / path).exists()


@pytest.mark.parametrize("page", EXPLAINING)
def test_files_and_tests_that_are_named_are_there(page):
    text = read(page)
    for path, test in PATHS.findall(text):
        assert exists(path), f"{page} speaks of {path}"
        if test:
            assert f"def {test}(" in read(path), f"{page} speaks of {path}::{test}"


def test_each_paragraph_of_the_architecture_names_a_file():
    silent = [part for part in prose(PAGE) if not any(exists(path) for path, _ in PATHS.findall(part))]
    assert silent == []
    assert len(prose(PAGE)) > 30


def test_each_room_is_named_with_a_file_of_it():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `features/(\w+)/\w+\.py` \|$", read(PAGE), re.MULTILINE)
    assert [room for room, _ in rows] == [room for _, room in rows]
    assert {room for room, _ in rows} == rooms()


def test_the_four_questions_are_answered():
    answers = read(PAGE).split("\n## Four questions\n")[1].split("\n## ")[0]
    for question, path in (
        ("Where is a label stored?", "tmux/argv.py"),
        ("How is an echo told from output?", "core/echo.py"),
        ("What ends a run?", "core/outcome.py"),
        ("Who rings the daemon?", "tmux/doorbell.py"),
    ):
        (answer,) = re.findall(rf"^\*\*{re.escape(question)}\*\*(.*?)(?:\n\n|\Z)", answers, re.MULTILINE | re.DOTALL)
        assert f"`{path}`" in answer


def test_what_is_data_in_the_code_is_drawn_and_counted_as_it_is():
    drawing = read(PAGE).split("### 1. The log of a pane")[1].split("```")[1]
    assert [state for state in loglife.GROWS if not re.search(rf"\b{state}\b", drawing)] == []
    assert f"the first of {len(outcome.ROWS)} rows" in " ".join(read(PAGE).split())


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_its_parts_and_a_figure(name):
    text = read(f"docs/adr/{name}")
    number, title = re.match(r"# (\d+)\. (.*)\n", text).groups()
    assert name.startswith(f"{int(number):04d}-")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert re.search(r"\d|[Tt]wo|[Tt]hirteen", text.split("\n## The figure\n")[1].split("\n## ")[0])
    assert f"| {number} | [{title}]({name}) |" in read("docs/adr/README.md")


def test_the_decisions_are_numbered_without_a_gap():
    assert len(DECISIONS) >= 12
    assert [name[:4] for name in DECISIONS] == [f"{number:04d}" for number in range(1, len(DECISIONS) + 1)]
    assert len(re.findall(r"^\| \d", read("docs/adr/README.md"), re.MULTILINE)) == len(DECISIONS)


def test_each_claim_of_security_names_its_test():
    claims = read("SECURITY.md").split("\n## What is defended\n")[1].split("\n## ")[0]
    rows = [line for line in claims.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    for row in rows:
        assert re.search(r"`tests/[\w/]+\.py::test_\w+`", row), row


def test_the_readme_is_short_and_shows_before_it_tells():
    text = read("README.md")
    assert len(text.splitlines()) <= 150
    assert text.index("](docs/top.svg)") < text.index("make demo") < text.index("## ") + 2000
    for page in ("PROTOCOL.md", "CONTRIBUTING.md", "SECURITY.md", "TESTING.md", "docs/architecture.md"):
        assert f"]({page})" in text
