"""What the documents say is so: generated parts are current, samples are true, the tour and the demo run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from conftest import ROOT, wait_until
from walks import over

from bridge import registry
from bridge.config import VARIABLES
from bridge.core import events, families
from bridge.envelope import KEYS
from bridge.errors import CODES
from bridge.spec import Arg, Command, Field, Result

NAMES = registry.names()
FAMILIES = families.group(NAMES)
# What a callback, or an agent, is given in its environment.
_CALLBACK = ("EVENT", "EVENT_ID", "LINE", "MESSAGE", "PANE", "PANE_ID", "SEQ", "SESSION")
GIVEN = {f"BRIDGE_{name}" for name in (*_CALLBACK, "AGENT_ID")}
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)


@pytest.fixture
def generate():
    """scripts/generate.py as a module of its own."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the generated parts ---


def test_generated_parts_are_current():
    command = [sys.executable, "scripts/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_names_the_stale_file_and_the_repair(generate, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    document = tmp_path / "PROTOCOL.md"
    document.write_text(read("PROTOCOL.md").replace("| `ERR_USAGE` |", "| `ERR_OLD` |"), encoding="utf-8")
    left = tmp_path / "docs" / "commands" / "eggs.md"
    left.parent.mkdir(parents=True)
    left.write_text("a family that is not there any more")
    assert generate.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert all(name in told for name in ("PROTOCOL.md", "docs/commands/pane.md", "docs/commands/eggs.md"))
    assert "make generate" in told
    assert "ERR_OLD" in document.read_text(encoding="utf-8"), "a check writes nothing"
    assert generate.main([]) == 0
    assert document.read_text(encoding="utf-8") == read("PROTOCOL.md")
    assert {path.name for path in left.parent.iterdir()} == {f"{family}.md" for family in FAMILIES}
    assert generate.main(["--check"]) == 0
    assert generate.main(["--nonsense"]) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<!-- generated: errors -->", ""),
        ("<!-- generated: errors -->", "<!-- generated: eggs -->"),
        ("<!-- generated: variables -->", "<!-- generated: errors -->"),
        ("<!-- end -->", ""),
    ],
)
def test_parts_that_do_not_fit_are_refused(generate, old, new):
    with pytest.raises(ValueError, match=r"PROTOCOL\.md"):
        generate.filled(read("PROTOCOL.md").replace(old, new), "PROTOCOL.md")


def row(**changes) -> Command:
    """A row that is in order, with changes."""
    values = {
        "name": "pane-try",
        "summary": "Try something.",
        "run": lambda ctx, params: Result(""),
        "effect": "read",
        "target": "pane",
        "output": "fixed text",
        "examples": ("bridge pane-try",),
    }
    return Command(**(values | changes))


def test_a_row_in_order_is_described(generate):
    arguments = (Arg("size", "how much", "integer", default=3), Arg("way", "which", "choice", choices=("a", "b|c")))
    text = generate.section(row(args=arguments, returns=(Field("size", "integer", "how much"),)))
    assert "bridge pane-try [SIZE] [WAY]" in text
    assert "| `SIZE` | whole number | `3` | how much |" in text
    assert "one of `a`, `b\\|c`" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"effect": "guess"},
        {"target": "planet"},
        {"envelope_on": "paper"},
        {"summary": "No full stop"},
        {"output": ""},
        {"examples": ()},
        {"examples": ("bridge pane-other",)},
        {"errors": ("ERR_NONE_SUCH",)},
        {"errors": ("ERR_BUSY", "ERR_BUSY")},
        {"args": (Arg("a", "help", "colour"),)},
        {"args": (Arg("a", ""),)},
        {"args": (Arg("a", "help", "choice"),)},
        {"args": (Arg("a", "help", choices=("x",)),)},
        {"args": (Arg("a", "help", "flag"),)},
        {"args": (Arg("a", "help", required=True, positional=False),)},
        {"args": (Arg("a", "help"), Arg("b", "help", required=True))},
        {"args": (Arg("a", "help"), Arg("a", "help"))},
        {"args": (Arg("a", "help", default=object()),)},
        {"returns": (Field("a", "colour", "help"),)},
        {"returns": (Field("a", "string", ""),)},
        {"returns": (Field("a", "string", "help"), Field("a", "string", "help"))},
    ],
    ids="-".join,
)
def test_a_row_that_cannot_be_mapped_is_refused(generate, changes):
    with pytest.raises(ValueError, match=r"pane-try|argument a"):
        generate.section(row(**changes))


def test_the_generator_needs_the_project_and_the_standard_library_alone():
    code = (
        "import sys, runpy; sys.argv = ['generate.py', '--check']\n"
        "try: runpy.run_path('scripts/generate.py', run_name='__main__')\n"
        "except SystemExit as leave: assert not leave.code, leave.code"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- the documents as a whole ---


@over(NAMES)
def test_every_command_is_documented(name):
    page = f"docs/commands/{families.of_command(name, NAMES)}.md"
    assert f"\n## {name}\n" in read(page)
    assert f"[`{name}`]({page}#{name})" in read("PROTOCOL.md")
    assert f"`{name}`" in read("CHANGELOG.md")


def test_the_protocol_and_the_pages_of_the_families_lead_to_one_another():
    assert {path.stem for path in (ROOT / "docs" / "commands").glob("*.md")} == set(FAMILIES)
    for family, names in FAMILIES.items():
        page = read(f"docs/commands/{family}.md")
        assert "(../../PROTOCOL.md)" in page
        assert re.findall(r"^## (.*)$", page, re.MULTILINE) == names
        assert f"**[{family}](docs/commands/{family}.md)**" in read("PROTOCOL.md")
    assert "(docs/DIFFERENCES.md)" in read("PROTOCOL.md")
    assert "(../PROTOCOL.md)" in read("docs/DIFFERENCES.md")


def test_every_code_and_every_variable_is_documented():
    text = read("PROTOCOL.md")
    assert [name for name in (*CODES, *VARIABLES) if f"| `{name}` |" not in text] == []


def test_documents_name_no_command_code_or_variable_that_is_not_there():
    text = "\n".join(map(read, DOCUMENTS))
    words = set(re.findall(r"`(?:bridge )?((?:session|pane|state)-[a-z-]+)", text))
    assert words <= {*NAMES, *events.TYPES}
    assert set(re.findall(r"\bERR_[A-Z_]+", text)) <= set(CODES)
    assert set(re.findall(r"\bBRIDGE_[A-Z_]+", text)) <= {*VARIABLES, *GIVEN}


@pytest.mark.parametrize("document", ["PROTOCOL.md", "README.md"])
def test_sample_answers_have_the_shape_of_answers(document):
    samples = [json.loads(text) for text in blocks(document, "json")]
    assert samples
    for sample in samples:
        command = registry.load(sample["command"])
        own = [field.name for field in command.returns] if sample["status"] == "success" else ["error"]
        assert list(sample) == [*KEYS, *own]


@lru_cache(None)
def anchors(document: str) -> set[str]:
    """The anchors of a document's headings, as web sites for code make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", read(document), flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    text = re.sub(r"^```.*?^```$", "", read(document), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "``", text)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = ((ROOT / document).parent / path).resolve() if path else ROOT / document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_that_are_named_exist(document):
    rules = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    code = "".join(re.findall(r"^```(?:sh|bash)\n.*?^```$", read(document), re.MULTILINE | re.DOTALL))
    told = re.findall(r"`make ([a-z-]+)[^`\n]*`", read(document)) + re.findall(r"^make ([a-z-]+)", code, re.MULTILINE)
    assert set(told) <= rules


# --- what the documents offer to run ---


def test_tour_of_the_readme_runs_to_its_end(box):
    if shutil.which("jq") is None:
        pytest.skip("jq IS NOT INSTALLED: the tour of the README is not run")
    (tour,) = blocks("README.md", "bash")
    assert len([line for line in tour.splitlines() if line and not line.startswith("#")]) <= 10
    folder = box.directory / "bin"
    folder.mkdir()
    (folder / "bridge").symlink_to(box.built)
    script = box.work / "tour.sh"
    script.write_text(f"set -eu\n{tour}echo 'the end of the tour'\n")
    done = box.call(["bash", script], env={"PATH": f"{folder}:{box.env['PATH']}"}, timeout=90)
    assert done.status == 0, done.stdout + done.stderr
    said = done.stdout
    assert "\n%1\n" in said
    assert re.search(r"^\d\d:\d\d:\d\d serving$", said, re.MULTILINE)
    assert '\n["exited",1]\n' in said
    assert "\na test failed\n" in said
    assert re.search(r"^1 +server .*$", said, re.MULTILINE)
    assert "\nERR_PANE_NOT_FOUND\n" in said
    assert said.endswith("\n2\nthe end of the tour\n")
    assert box.bridge("session-list").ok()["sessions"] == []


def processes_that_name(text: str) -> list[str]:
    """The command lines of the processes that speak of a path, in their words or their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if text.encode() in words + (folder / "environ").read_bytes():
                found.append(words.replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_demo_does_its_job_and_leaves_nothing(box, shell):
    place = box.directory / "demo"
    place.mkdir()
    env = {"BRIDGE": str(box.built), "TMPDIR": str(place)}
    done = box.call([shell, ROOT / "scripts" / "demo.sh"], env=env, timeout=60)
    assert done.status == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\033" not in done.stdout, "colours belong on a terminal"
    assert "total of 2 x 3 FAILED" in done.stdout
    assert "all 4 tests passed" in done.stdout
    assert re.search(r"^ +4 +fixer .*total.sh=fixed shipping.sh=fixed$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("everything did what it should\n")
    assert_clean(box, place)


def test_demo_that_is_interrupted_leaves_nothing(box):
    place = box.directory / "demo"
    place.mkdir()
    demo = subprocess.Popen(
        ["sh", ROOT / "scripts" / "demo.sh"],
        env=box.env | {"BRIDGE": str(box.built), "TMPDIR": str(place)},
        cwd=box.work,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with demo:
        assert any("A server in one pane" in line for line in demo.stdout)
        demo.terminate()
        assert demo.wait(timeout=30) == 143
    assert_clean(box, place)


def test_demo_tells_what_it_lacks(box):
    done = box.call(["sh", ROOT / "scripts" / "demo.sh"], env={"BRIDGE": "/nonexistent/bridge"})
    assert done.status == 1
    assert "/nonexistent/bridge" in done.stderr


def assert_clean(box, place: Path) -> None:
    """No file, no server and no process of the demo is left."""
    wait_until(lambda: processes_that_name(f"{place}/") == [], "the end of what the demo started")
    assert os.listdir(place) == []
    assert box.bridge("session-list").ok()["sessions"] == []
    assert not (box.directory / "state").exists(), "the demo used the caller's state directory"
