"""pane-wait-for: what was printed, silence, the end, a port; each told soon, and nothing else taken for it."""

from __future__ import annotations

import contextlib
import json
import socket
import time

import pytest
from conftest import wait_until

from bridge.config import Config
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.panes import lookup
from bridge.features.waits import ports
from bridge.system import sockets


def begin(box, *words):
    """Start a wait; it listens when it returns."""
    waiting = box.start("pane-wait-for", "dev", "0", *words)
    wait_until(lambda: list(box.directory.glob("state/**/run/*.keep-read")), "a wait that listens")
    time.sleep(0.05)
    assert waiting.poll() is None, waiting.stdout.read()
    return waiting


def end(waiting) -> dict:
    stdout, _ = waiting.communicate(timeout=15)
    return json.loads(stdout)


def run(box, text: str) -> None:
    box.bridge("pane-exec-timeout", "dev", "0", "20", text).ok()


def test_what_is_printed_after_the_call(box):
    box.session()
    run(box, "echo READY")
    waiting = begin(box, "--pattern", "^READY", "--timeout", "10")
    box.bridge("pane-exec", "dev", "0", "sleep 0.3; seq 1 20000; echo READY; echo READYTOO; sleep 0.1").ok()
    found = end(waiting)
    assert (found["outcome"], found["matches"][0]) == ("matched", "READY")
    assert found["waited_ms"] >= 300
    rest = box.bridge(
        "pane-wait-for", "dev", "0", "--pattern", "^20000", "--since", found["cursor"], "--timeout", "0.1"
    )
    assert rest.code == "ERR_TIMEOUT"


def test_the_echo_of_what_we_type_is_no_output(box):
    box.session()
    waiting = begin(box, "--pattern", "READY", "--timeout", "10")
    box.bridge("pane-exec", "dev", "0", "sleep 0.5; echo READY").ok()
    found = end(waiting)
    assert found["matches"] == ["READY"]
    assert found["waited_ms"] >= 450
    waiting = begin(box, "--pattern", "SECOND", "--timeout", "0.8")
    box.bridge("pane-exec", "dev", "0", "true SECOND").ok()
    assert end(waiting)["error"]["code"] == "ERR_TIMEOUT"


def test_a_prompt_without_an_end_of_line(box):
    box.session()
    waiting = begin(box, "--pattern", "assword: $", "--timeout", "10")
    box.bridge("pane-exec", "dev", "0", "printf 'Pass''word: '; sleep 5").ok()
    assert end(waiting)["matches"] == ["Password: "]


def test_the_prompt_that_stood_there_is_nothing_new(box):
    box.session()
    done = box.bridge("pane-wait-for", "dev", "0", "--pattern", r"\$", "--timeout", "0.3")
    assert (done.status, done.code) == (1, "ERR_TIMEOUT")
    assert (done.json["outcome"], done.json["matches"]) == ("timeout", [])
    box.bridge("pane-wait-for", "dev", "0", "--pattern", r"\$", "--screen", "--timeout", "0.3").ok()


def test_since_a_cursor_the_past_counts(box):
    box.session()
    cursor = box.bridge("pane-read", "dev", "0").ok()["cursor"]
    run(box, "echo DONE; seq 1 3000; clear")
    found = box.bridge("pane-wait-for", "dev", "0", "--pattern", "^DONE", "--since", cursor, "--timeout", "2").ok()
    assert found["matches"] == ["DONE"]
    screen = box.bridge("pane-wait-for", "dev", "0", "--pattern", "^DONE", "--screen", "--timeout", "0.2")
    assert screen.code == "ERR_TIMEOUT"


def test_it_finds_its_line_in_a_flood(box):
    box.session()
    for pattern in ("NEEDLE", "^N[E]+DLE$"):
        waiting = begin(box, "--pattern", pattern, "--timeout", "20")
        box.bridge("pane-exec", "dev", "0", "seq 1 200000; echo NEE''DLE; seq 1 200000").ok()
        found = end(waiting)
        assert (found["outcome"], found["lost_bytes"]) == ("matched", 0)
        box.bridge("pane-wait", "dev", "0", "20").ok()


def test_silence(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "for n in 1 2 3 4 5 6; do echo $n; sleep 0.1; done").ok()
    began = time.monotonic()
    found = box.bridge("pane-wait-for", "dev", "0", "--idle", "300", "--timeout", "10").ok()
    assert found["outcome"] == "idle"
    assert 0.6 < time.monotonic() - began < 2
    box.bridge("pane-exec", "dev", "0", "while :; do echo x; sleep 0.02; done").ok()
    assert box.bridge("pane-wait-for", "dev", "0", "--idle", "300", "--timeout", "0.8").code == "ERR_TIMEOUT"


def test_the_end_of_the_pane(box):
    box.session("dev", panes=2)
    assert box.bridge("pane-wait-for", "dev", "0", "--exit", "--timeout", "0.2").code == "ERR_TIMEOUT"
    waiting = box.start("pane-wait-for", "dev", "%0", "--exit")
    box.bridge("pane-exec", "dev", "%0", "sleep 2; exit").ok()
    found = end(waiting)
    assert found["outcome"] == "exited"
    assert found["waited_ms"] < 8000


@pytest.mark.parametrize("condition", [("--pattern", "NEVER"), ("--idle", "5000")])
def test_a_pane_that_ends_is_told(box, condition):
    box.session("dev", panes=2)
    waiting = begin(box, *condition)
    box.tmux("send-keys", "-t", "dev:.0", "exit", "Enter")
    found = end(waiting)
    assert (found["error"]["code"], found["outcome"]) == ("ERR_PANE_GONE", "gone")


def test_the_last_words_of_a_pane_count(box):
    box.session("dev", panes=2)
    waiting = begin(box, "--pattern", "^BYE$", "--timeout", "10")
    box.tmux("send-keys", "-t", "dev:.0", "exec sh -c 'seq 1 5000; echo BYE; sleep 0.2'", "Enter")
    assert end(waiting)["outcome"] == "matched"


def test_a_dead_pane_has_ended(box):
    box.session()
    box.tmux("set-option", "-w", "-t", "dev", "remain-on-exit", "on")
    box.bridge("pane-exec", "dev", "0", "exit").ok()
    wait_until(lambda: box.tmux("list-panes", "-t", "dev", "-F", "#{pane_dead}").strip() == "1", "a dead pane")
    box.bridge("pane-wait-for", "dev", "0", "--exit").ok()
    assert box.bridge("pane-wait-for", "dev", "0", "--idle", "5").code == "ERR_PANE_GONE"


def test_beside_a_pipe_of_the_users_own(box):
    box.session()
    box.tmux("pipe-pane", "-O", "-t", "dev", f"cat >>{box.work}/mine")
    box.bridge("pane-exec", "dev", "0", "sleep 0.7; echo REA''DY").ok()
    found = box.bridge("pane-wait-for", "dev", "0", "--pattern", "^READY", "--timeout", "10").ok()
    assert (found["matches"], found["cursor"]) == (["READY"], None)
    assert "READY" in (box.work / "mine").read_text()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--idle", "5", "--exit"),
        ("--pattern", "x", "--idle", "5"),
        ("--exit", "--screen"),
        ("--idle", "5", "--since", "c"),
        ("--pattern", "x", "--since", "c", "--screen"),
        ("--idle", "soon"),
    ],
    ids=" ".join,
)
def test_exactly_one_condition(box, words):
    box.session()
    assert box.bridge("pane-wait-for", "dev", "0", *words).code == "ERR_USAGE"


def test_bad_patterns_and_cursors(box):
    box.session()
    done = box.bridge("pane-wait-for", "dev", "0", "--pattern", "(", "--timeout", "5")
    assert (done.code, done.seconds < 3) == ("ERR_BAD_PATTERN", True)
    done = box.bridge("pane-wait-for", "dev", "0", "--pattern", "x", "--since", "nonsense")
    assert done.code == "ERR_BAD_CURSOR"


def test_a_blank_line_is_a_line(box):
    box.session()
    run(box, "echo READY")
    waiting = begin(box, "--pattern", "^$", "--timeout", "5")
    box.bridge("pane-exec", "dev", "0", "sleep 0.3; echo; sleep 1").ok()
    assert end(waiting)["matches"] == [""]


def test_the_line_that_a_run_shows_is_no_output(box):
    box.session()
    run(box, "echo READY")
    waiting = begin(box, "--pattern", "HIT", "--timeout", "3")
    box.bridge("pane-run", "dev", "0", "true HIT").ok()
    box.bridge("pane-run", "dev", "0", "for i in 1; do\ntrue HIT\ndone").ok()
    assert end(waiting)["error"]["code"] == "ERR_TIMEOUT"


def test_no_silence_is_a_condition(box):
    box.session()
    assert box.bridge("pane-wait-for", "dev", "0", "--idle", "0", "--timeout", "5").ok()["outcome"] == "idle"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_echo_of_a_wrapped_line_is_no_output(box, shell):
    """A line editor may draw it twice, with movements between that a log does not follow."""
    box.use_shell(shell)
    box.session()
    cursor = box.bridge("pane-log", "dev", "0", "on").ok()["cursor"]
    for count in (60, 70, 75, 80, 100, 140, 150, 160):
        run(box, f": HIT {'a' * count}")
    words = ("--since", cursor, "--pattern", "HIT", "--timeout", "0.2")
    assert box.bridge("pane-wait-for", "dev", "0", *words).code == "ERR_TIMEOUT"


# --- ports ------------------------------------------------------------------------------------------------

# Waits for a moment, listens, and tells whenever somebody connects.
SERVER = """
import socket, sys, time
address, port, wait = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
time.sleep(wait)
server = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
print("serving", flush=True)
while server.accept():
    print("somebody", "connected", flush=True)
"""


@pytest.fixture
def server(box):
    """The words of a command that serves on an address, and its port."""
    (box.work / "server.py").write_text(SERVER)

    def words(address: str = "127.0.0.1", wait: float = 0.4) -> tuple[str, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return f"python3 {box.work}/server.py {address} {port} {wait}", str(port)

    return words


def wait_port(box, port: str, *words: str, timeout: str = "30"):
    return box.bridge("pane-wait-for", "dev", "0", "--port", port, "--timeout", timeout, *words, timeout=60)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_that_opens_is_seen_and_nobody_connects(box, server, address):
    command, port = server(address)
    box.session()
    box.bridge("pane-exec", "dev", "0", command).ok()
    found = wait_port(box, port).ok()
    name = f"[{address}]" if ":" in address else address
    assert (found["outcome"], found["listeners"], found["in_pane"]) == ("listening", [f"{name}:{port}"], True)
    assert (found["matches"], found["cursor"], found["pane"]) == ([], None, "%0")
    wait_until(lambda: "serving" in box.screen("dev"), "the server's word")
    assert wait_port(box, port, timeout="0.1").ok()["outcome"] == "listening"
    assert "somebody connected" not in box.screen("dev")


def test_a_port_that_opens_later_in_the_background_is_waited_for(box, server):
    command, port = server(wait=1.5)
    box.session()
    run(box, f"{command} &")
    found = wait_port(box, port).ok()
    assert (found["outcome"], found["in_pane"]) == ("listening", True)
    assert found["waited_ms"] > 100


def test_another_address_is_not_the_loopback(box, server):
    command, port = server("127.0.0.2", wait=0)
    box.session()
    box.bridge("pane-exec", "dev", "0", command).ok()
    wait_until(lambda: "serving" in box.screen("dev"), "the server")
    done = wait_port(box, port, timeout="0.3")
    assert (done.code, done.json["outcome"], done.json["listeners"]) == ("ERR_TIMEOUT", "timeout", [])


def test_somebody_elses_port_is_told_as_such(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 60").ok()
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = str(ours.getsockname()[1])
        found = wait_port(box, port).ok()
        assert (found["outcome"], found["in_pane"]) == ("listening", False)
    assert wait_port(box, port, timeout="0.2").code == "ERR_TIMEOUT"


def test_among_many_sockets_the_one_is_found(box):
    """The kernel's table comes in parts."""
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 60").ok()
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(700)]
        peer = stack.enter_context(socket.create_connection(("127.0.0.1", ports[0])))
        assert set(ports) == {port for port in ports if sockets.listeners(port)}
        assert sockets.listeners(peer.getsockname()[1]) == {}
        assert wait_port(box, str(ports[350])).ok()["outcome"] == "listening"


@pytest.mark.parametrize("command", ["sleep 0.5; false", "exit_code_of_nothing", "true"])
def test_a_command_that_ends_before_the_port_opens_is_no_success(box, server, command):
    _, port = server()
    box.session()
    box.bridge("pane-exec", "dev", "0", command).ok()
    done = wait_port(box, port)
    assert (done.status, done.code, done.json["outcome"]) == (1, "ERR_IDLE", "ended")
    assert (done.json["listeners"], done.json["in_pane"]) == ([], None)
    done = wait_port(box, port, "--patient", timeout="0.5")
    assert (done.code, done.json["outcome"]) == ("ERR_TIMEOUT", "timeout")


def test_who_is_patient_waits_for_what_runs_elsewhere(box, server):
    command, port = server(wait=1)
    box.session("dev", panes=2)
    box.bridge("pane-exec", "dev", "1", command).ok()
    found = wait_port(box, port, "--patient").ok()
    assert (found["outcome"], found["in_pane"]) == ("listening", False)


@pytest.mark.parametrize("kept", [False, True])
def test_a_pane_that_ends_before_the_port_opens_is_told(box, server, kept):
    _, port = server()
    box.session("dev", panes=2)
    if kept:
        box.tmux("set-option", "-w", "-t", "dev", "remain-on-exit", "on")
    waiting = box.start("pane-wait-for", "dev", "%0", "--port", port, "--timeout", "30")
    box.tmux("send-keys", "-t", "%0", "exec sleep 3", "Enter")
    stdout, _ = waiting.communicate(timeout=30)
    found = json.loads(stdout)
    assert (found["error"]["code"], found["outcome"]) == ("ERR_PANE_GONE", "gone")
    if kept:
        assert box.bridge("pane-wait-for", "dev", "%0", "--port", port).code == "ERR_PANE_GONE"


@pytest.mark.parametrize(
    "words",
    [("--port", "0"), ("--port", "65536"), ("--port", "http"), ("--port", "80", "--exit"), ("--exit", "--patient")],
    ids=" ".join,
)
def test_what_is_no_port_is_refused(box, words):
    box.session()
    done = box.bridge("pane-wait-for", "dev", "0", *words)
    assert (done.code, words[-1].lstrip("-") in done.json["error"]["message"]) == ("ERR_USAGE", True)


def test_a_system_that_lists_no_sockets_is_told(box, monkeypatch):
    box.session()
    monkeypatch.setattr(sockets, "_open", lambda path: -1)
    ctx = Context(Config(box.env), box.env, script=False)
    with pytest.raises(BridgeError) as caught:
        ports.wait_port(ctx, lookup.find(ctx, "dev", "0")[1], 80, 1.0)
    assert caught.value.code == "ERR_UNSUPPORTED"
