"""The verdict whether a pane is at its prompt."""

from __future__ import annotations

import pytest

from bridge.core import runscript
from bridge.core.promptstate import (
    GONE,
    IDLE,
    RUNNING,
    SHELLS,
    UNKNOWN,
    is_interactive_shell,
    is_restricted,
    shell_name,
    verdict,
)
from bridge.model import Facts, Process

GROUP, OTHER = 100, 200


def process(*argv: str, reading: bool | None = True, state: str = "S", pid: int = GROUP) -> Process:
    name = argv[0].rpartition("/")[2].lstrip("-") if argv else "?"
    return Process(pid, name, state, pid, GROUP, 1, argv, reading)


def at(*argv: str, reading: bool | None = True, canonical: bool | None = False, queued: int = 0, state="S") -> Facts:
    """The pane's own process is in the foreground."""
    return Facts(process(*argv, reading=reading, state=state), None, GROUP, queued, canonical)


def under(leader: Process | None, canonical: bool | None = False, queued: int = 0) -> Facts:
    """Something that the pane's bash started is in the foreground."""
    return Facts(process("bash", reading=False), leader, OTHER, queued, canonical)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(at("bash"), IDLE, id="bash at its prompt"),
        pytest.param(at("-bash"), IDLE, id="a login shell at its prompt"),
        pytest.param(at("/usr/bin/zsh", "-i"), IDLE, id="zsh at its prompt"),
        pytest.param(at("fish"), IDLE, id="fish at its prompt"),
        pytest.param(at("bash", state="I"), IDLE, id="asleep in another state"),
        pytest.param(at("dash", canonical=True), IDLE, id="dash prompts in canonical mode"),
        pytest.param(at("sh", canonical=True), IDLE, id="so does sh"),
        pytest.param(at("ksh", canonical=True), IDLE, id="and ksh"),
        pytest.param(at("bash", "--noediting", canonical=True), IDLE, id="and bash without its editor"),
        pytest.param(under(process("dash", pid=OTHER), canonical=True), IDLE, id="dash started by hand in bash"),
        pytest.param(under(process("zsh", pid=OTHER)), IDLE, id="zsh started by hand in bash"),
        pytest.param(at("bash", reading=None), IDLE, id="editor active although nobody tells what it waits for"),
        pytest.param(at("zsh", "--emulate", "sh"), IDLE, id="zsh that reads lines as sh"),
        pytest.param(at("busybox", "ash"), IDLE, id="the shell of busybox"),
        pytest.param(at("/bin/busybox", "sh", "-l"), IDLE, id="a login shell of busybox"),
        pytest.param(at("rbash"), IDLE, id="a restricted shell prompts too"),
        pytest.param(at("busybox", "ash", canonical=True), RUNNING, id="the read builtin of busybox"),
        pytest.param(at("busybox", "vi"), RUNNING, id="another program of busybox"),
        pytest.param(at("busybox"), RUNNING, id="busybox alone"),
        pytest.param(at("busybox", "sh", "script"), RUNNING, id="a script of busybox"),
        pytest.param(at("zsh", "--emulate", "sh", "script"), RUNNING, id="a script of such a zsh"),
        pytest.param(at("bash", "-c", "read x"), RUNNING, id="bash -c"),
        pytest.param(at("bash", "script.sh"), RUNNING, id="a script as the pane's process"),
        pytest.param(at("dash", "-c", "read x", canonical=True), RUNNING, id="dash -c"),
        pytest.param(under(process("bash", "script.sh", pid=OTHER)), RUNNING, id="a script is called bash too"),
        pytest.param(under(process("bash", "-c", "x", pid=OTHER)), RUNNING, id="bash -c in the foreground"),
        pytest.param(under(process("vim", pid=OTHER)), RUNNING, id="an editor that reads the terminal"),
        pytest.param(under(None), RUNNING, id="a foreground group whose leader has ended"),
        pytest.param(at("bash", reading=False), RUNNING, id="a loop of builtins"),
        pytest.param(at("bash", state="R"), RUNNING, id="on the processor"),
        pytest.param(at("bash", state="D"), RUNNING, id="in the disk's queue"),
        pytest.param(at("bash", state="T"), RUNNING, id="stopped"),
        pytest.param(at("bash", canonical=True), RUNNING, id="the read builtin of bash"),
        pytest.param(at("zsh", canonical=True), RUNNING, id="the read builtin of zsh"),
        pytest.param(at("bash", queued=1), RUNNING, id="typed bytes that nobody has read"),
        pytest.param(at("dash", canonical=True, queued=3), RUNNING, id="typed bytes before dash"),
        pytest.param(at("sleep", "100"), RUNNING, id="a pane without a shell"),
        pytest.param(at(), RUNNING, id="a process without words"),
        pytest.param(at("bash", reading=None, canonical=None), UNKNOWN, id="bash and a system that says nothing"),
        pytest.param(at("dash", reading=None, canonical=True), UNKNOWN, id="dash and a system that says little"),
        pytest.param(at("dash", reading=None, canonical=None), UNKNOWN, id="dash and a system that says nothing"),
        pytest.param(at("bash", reading=None, canonical=True), RUNNING, id="canonical is evidence enough for bash"),
        pytest.param(at("bash", "x.sh", reading=None, canonical=None), RUNNING, id="a script needs no more evidence"),
        pytest.param(at("bash", state="Z"), GONE, id="a shell that has ended"),
        pytest.param(at("bash", state="X"), GONE, id="a shell that is being removed"),
        pytest.param(Facts(None, None, -1, 0, None), GONE, id="no process at all"),
        pytest.param(Facts(process("bash"), None, -1, 0, canonical=False), GONE, id="a shell that lost its terminal"),
    ],
)
def test_the_verdict_is(facts, expected):
    assert verdict(facts) == expected


@pytest.mark.parametrize(
    "words",
    [
        "bash",
        "-bash",
        "bash -i",
        "bash -l",
        "bash --norc --noprofile",
        "bash --rcfile x",
        "bash --init-file x -i",
        "bash -o vi",
        "bash +o posix",
        "bash -O extglob",
        "bash +O extglob",
        "bash --",
        "bash -s",
        "bash -s one two",
        "sh -s -- x",
        "bash -",
        "zsh -f",
        "zsh -il",
        "fish -C clear",
        "fish --init-command clear",
        "fish --init-command=clear",
        "/opt/bin/mksh",
        "dash -e",
        "bash +x",
    ],
)
def test_these_words_start_a_shell_that_prompts(words):
    assert is_interactive_shell(tuple(words.split()))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "vim",
        "bash x.sh",
        "bash ./x.sh -i",
        "bash -c ls",
        "bash -lc ls",
        "bash -ec ls",
        "bash -x x.sh",
        "bash -o errexit x.sh",
        "bash --rcfile x y.sh",
        "bash -- x.sh",
        "zsh -ic ls",
        "fish -c ls",
        "fish --command=ls",
        "fish --command ls",
        "fish -C clear x.fish",
        "dash x",
        "python3 -i",
    ],
)
def test_these_words_do_not(words):
    assert not is_interactive_shell(tuple(words.split()))


@pytest.mark.parametrize("words", ["bash -C x.sh", "dash -C x.sh", "zsh -C x.sh"])
def test_a_script_under_noclobber_is_a_script(words):
    assert not is_interactive_shell(tuple(words.split()))


@pytest.mark.parametrize("words", ["bash -lo vi", "sh -eo pipefail"])
def test_a_cluster_may_end_in_an_option_with_a_value(words):
    assert is_interactive_shell(tuple(words.split()))


@pytest.mark.parametrize(
    ("words", "restricted"),
    [
        ("rbash", True),
        ("-rbash", True),
        ("rksh", True),
        ("bash -r", True),
        ("bash --norc --restricted", True),
        ("zsh -fr", True),
        ("bash --norc", False),
        ("bash", False),
        ("bash -r script", False),
        ("dash -e", False),
        ("fish --private", False),
        ("vim -r", False),
        ("", False),
    ],
)
def test_a_restricted_shell_is_known_as_one(words, restricted):
    assert is_restricted(tuple(words.split())) is restricted


@pytest.mark.parametrize(("word", "name"), [("bash", "bash"), ("-zsh", "zsh"), ("/bin/sh", "sh"), ("-/bin/sh", "sh")])
def test_a_shell_is_known_by_its_last_component(word, name):
    assert shell_name(word) == name


def test_every_shell_that_is_known_to_prompt_can_be_given_commands():
    assert [name for name in SHELLS if not runscript.dialect(name)] == []
    assert not runscript.FOREIGN & SHELLS
