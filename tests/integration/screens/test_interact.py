"""A pane in the caller's terminal: what is typed arrives, what is printed is shown, and all is given back."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import termios
import time

import pexpect
import pytest
from conftest import ROOT, TMUX, Done, _record, wait_until

RAW = b"\x1b[?1000l"  # of the bytes that undo what a program may have set


class Person(pexpect.spawn):
    """Somebody at a terminal who has called pane-interact; `shell` is a shell that stays behind it."""

    def __init__(self, box, *words, size=(30, 100), session="dev", pane="0", env=None) -> None:
        self.words = ("pane-interact", session, pane, *words)
        super().__init__(
            str(box.built), list(self.words), env=box.env | (env or {}), cwd=str(box.work), dimensions=size, timeout=15
        )
        self.delaybeforesend = None
        self.settings = termios.tcgetattr(self.child_fd)

    def begin(self) -> Person:
        """Wait until the pane is shown."""
        self.expect_exact(b"\x1b[2J")
        return self

    def leave(self, key: bytes = b"\x1d") -> dict:
        self.send(key)
        return self.answer()

    def answer(self) -> dict:
        """The envelope that comes last, on a terminal that is as it was."""
        self.expect(pexpect.EOF)
        shown = self.before
        self.close()
        screen, _, text = shown.rpartition(b"\r\n{\r\n")
        text = "{" + text.decode().replace("\r\n", "\n")
        done = Done(self.words, subprocess.CompletedProcess(self.words, self.exitstatus, text.encode(), b""), 0.0)
        _record(self.words, done)
        self.screen = screen
        return json.loads(text)


def screen_of(box) -> str:
    return box.screen("dev")


def window(box) -> str:
    return box.tmux("display-message", "-p", "-t", "dev", "#{window_width}x#{window_height} #{window_layout}")


def is_clean(box, before: str) -> None:
    """Nothing of ours is left on the window, and it is as it was."""
    assert window(box) == before
    assert box.tmux("show-options", "-w", "-t", "dev") == ""
    wait_until(lambda: box.tmux("display-message", "-p", "-t", "dev", "#{pane_pipe}") == "0\n", "the end of the pipe")
    assert not [path for path in (box.directory / "state").rglob("pane-*") if path.suffix in (".log", ".lease")]
    assert box.tmux("list-buffers") == ""


def running(box, text: str, shown: str) -> None:
    box.bridge("pane-exec", "dev", "0", text).ok()
    wait_until(lambda: shown in screen_of(box).splitlines(), shown)


# --- typing and showing ---


def test_a_person_works_in_the_pane_and_leaves(box):
    box.session()
    box.bridge("pane-run", "dev", "0", "echo ear''lier").ok()
    before = window(box)
    person = Person(box)
    person.expect_exact("earlier")
    person.send("echo $((40+2)); stty size\r")
    person.expect_exact("42\r\n30 100\r\n")
    answer = person.leave()
    assert (answer["status"], answer["reason"], answer["output"], person.exitstatus) == (
        "success",
        "detached",
        "Detached\n",
        0,
    )
    assert answer["pane"].startswith("%")
    assert RAW in person.screen
    is_clean(box, before)
    assert box.bridge("pane-is-running", "dev", "0").status == 1


def test_the_window_follows_the_terminal(box):
    box.session()
    before = window(box)
    person = Person(box)
    person.begin()
    for rows, columns in ((40, 120), (10, 30), (24, 80)):
        person.setwinsize(rows, columns)
        wait_until(lambda size=f"{columns}x{rows} ": window(box).startswith(size), "the size")
    person.setwinsize(12, 70)
    wait_until(lambda: window(box).startswith("70x12 "), "the size")
    tty = box.tmux("display-message", "-p", "-t", "dev", "#{pane_tty}").strip()
    wait_until(lambda: box.call(["stty", "-F", tty, "size"]).stdout == "12 70\n", "the program's size")
    person.send("stty size\r")
    person.expect_exact("12 70\r\n")
    person.leave()
    is_clean(box, before)


def test_a_pane_among_others_is_as_large_as_the_terminal(box):
    box.session(panes=3)
    box.bridge("session-create", "spare").ok()
    before = window(box)
    active = box.tmux("display-message", "-p", "-t", "dev", "#{pane_id}")
    size = ("display-message", "-p", "-t", "dev:.1", "#{pane_width}x#{pane_height}")
    person = Person(box, pane="1")
    person.begin()
    assert box.tmux(*size) == "100x30\n"
    person.setwinsize(11, 33)
    wait_until(lambda: box.tmux(*size) == "33x11\n", "the size")
    assert box.tmux("display-message", "-p", "-t", "dev", "#{pane_id}") == active
    person.leave()
    is_clean(box, before)


@pytest.mark.parametrize("zoomed", ["0", "1"])
def test_a_zoomed_window_is_zoomed_again(box, zoomed):
    box.session(panes=2)
    box.tmux("resize-pane", "-Z", "-t", f"dev:.{zoomed}")
    before = window(box)
    person = Person(box, pane="0")
    person.begin()
    assert box.tmux("display-message", "-p", "-t", "dev:.0", "#{pane_width}x#{pane_height}") == "100x30\n"
    person.leave()
    is_clean(box, before)
    assert box.tmux("display-message", "-p", "-t", "dev", "#{window_zoomed_flag}#{pane_index}") == f"1{zoomed}\n"


def test_a_client_that_watches_gets_its_size_back(box):
    box.session()
    client = pexpect.spawn(TMUX, ["attach", "-t", "=dev"], env=box.env, dimensions=(20, 60), timeout=10)
    try:
        wait_until(lambda: window(box).startswith("60x19 "), "the client's size")
        person = Person(box)
        person.begin()
        person.expect_exact("$ ")
        assert window(box).startswith("100x30 ")
        person.leave()
        assert window(box).startswith("60x19 ")
        client.setwinsize(22, 66)
        wait_until(lambda: window(box).startswith("66x21 "), "the client's new size")
    finally:
        client.close(force=True)


def test_a_megabyte_arrives_as_it_was_typed(box):
    box.session()
    data = bytes(byte for byte in range(256) if byte != 0x1D) * 4000 + os.urandom(100).hex().encode()
    running(box, f"stty raw -echo; echo rea''dy; head -c {len(data)} | sha256sum; stty sane", "ready")
    person = Person(box)
    person.begin()
    # Something stands in the line, so that no Ctrl-D among the bytes leaves.
    sent = b"x" + data[:-1].replace(b"\r", b"-").replace(b"\n", b"-").replace(b"\x03", b"-")
    for at in range(0, len(sent), 4096):
        person.send(sent[at : at + 4096])
    person.expect_exact(hashlib.sha256(sent).hexdigest(), timeout=60)
    person.leave()


def test_a_character_in_two_reads_is_one(box):
    box.session()
    running(box, "echo rea''dy; cat", "ready")
    person = Person(box)
    person.begin()
    for byte in "日é🙂".encode():
        person.send(bytes((byte,)))
        time.sleep(0.03)
    person.send(b"\r")
    wait_until(lambda: screen_of(box).count("日é🙂") == 2, "the line and its echo")
    person.expect_exact("日é🙂\r\n".encode())
    person.leave()


def test_pasted_text_holds_no_key_to_leave(box):
    box.session()
    running(box, "stty raw -echo; echo rea''dy; head -c 20 | od -An -tx1; stty sane", "ready")
    person = Person(box)
    person.begin()
    for part in (b"\x1b[2", b"00~a\x1db\r\x04\x1b[20", b"1~", b"\x03c\x04"):
        person.send(part)
        time.sleep(0.05)
    wait_until(lambda: "1b 5b 32 30 30 7e 61 1d 62 0d 04 1b 5b 32 30 31" in screen_of(box), "the bytes")
    person.leave()


def test_ctrl_d_leaves_on_an_empty_line_alone(box):
    box.session()
    person = Person(box)
    person.begin()
    assert person.leave(b"\x04")["reason"] == "detached"
    for typed in (b"true\r", b"tru\x03"):
        person = Person(box)
        person.begin()
        person.send(typed)
        assert person.leave(b"\x04")["reason"] == "detached"
    assert box.tmux("display-message", "-p", "-t", "dev", "#{pane_dead}") == "0\n"
    running(box, "echo rea''dy; cat", "ready")
    person = Person(box)
    person.begin()
    person.send(b"abc\x04")
    person.expect_exact("abcabc")
    assert person.isalive()
    person.leave()


def test_a_full_screen_program_is_drawn_and_undone(box):
    box.session()
    running(box, "echo bef''ore", "before")
    person = Person(box)
    person.expect_exact("before")
    person.send(f"{sys.executable} {ROOT}/tests/programs/full_screen.py\r")
    person.expect_exact("size 100x30")
    person.setwinsize(20, 50)
    person.expect_exact("size 50x20")
    person.send(b"\x04")  # no line is empty there
    person.expect_exact("key 04")
    person.leave()
    assert person.screen.index(b"\x1b[?1049l") < person.screen.index(RAW)
    # Joined anew, the program's screen and the ordinary one behind it are painted.
    person = Person(box)
    person.expect_exact("before")
    person.expect_exact("\x1b[?1049h")
    person.expect_exact("\x1b[?1000h\x1b[?1006h\x1b[?25l")
    person.send("q")
    person.expect_exact("\x1b[?1049l")
    person.expect_exact("$ ")
    person.leave()
    assert b"\x1b[?1049l" not in person.screen


def outer(box, *words) -> str:
    return box.call([TMUX, "-L", "outer", *words]).stdout


def shown(box) -> list[str]:
    return [row.rstrip() for row in outer(box, "capture-pane", "-p", "-t", "out").splitlines()]


@pytest.fixture
def terminal(box):
    """A terminal with a screen that can be read: a pane of another server, in which a person calls bridge."""
    box.session()
    socket = box.tmux("display-message", "-p", "#{socket_path}").strip()
    box.env["BRIDGE_SOCKET"] = socket
    outer(box, "-f", "/dev/null", "new-session", "-d", "-s", "out", "-x", "90", "-y", "25", "exec bash")
    call = f"{box.built} pane-interact dev 0 >answer; echo left $?"
    outer(box, "send-keys", "-t", "out", call, "Enter")
    wait_until(lambda: window(box).startswith("90x25 "), "the size")
    yield box
    outer(box, "kill-server")


def equal(box) -> bool:
    inner = [row.rstrip() for row in screen_of(box).splitlines()]
    place = "#{cursor_x},#{cursor_y}"
    return shown(box)[:25] == inner[:25] and outer(box, "display-message", "-p", "-t", "out", place) == box.tmux(
        "display-message", "-p", "-t", "dev", place
    )


def test_the_terminal_shows_what_tmux_shows(terminal):
    box = terminal
    for text in (
        "printf '\\033[31mred\\033[0m \\033[4munder\\033[0m\\n'; seq 1 40",
        "printf 'a\\tb\\n日本 é\\n\\033(0lqk\\033(B\\n'",
        "printf '\\033[2J\\033[5;10Hplaced\\n'",
        "printf '\\033]0;title\\007\\033kname\\033\\\\\\033[c\\033[6n\\033[>c\\033P+q54\\033\\\\done\\n'; sleep 0.3",
        f"printf '%s\\n' {'w' * 300}",
    ):
        outer(box, "send-keys", "-t", "out", "-l", text)
        outer(box, "send-keys", "-t", "out", "Enter")
        time.sleep(0.3)
        wait_until(lambda: equal(box), "equal screens")
    # Nothing that the terminal would have answered to a question was typed into the pane.
    assert "[?" not in screen_of(box).splitlines()[-1]
    outer(box, "resize-window", "-t", "out", "-x", "60", "-y", "18")
    wait_until(lambda: window(box).startswith("60x18 "), "the size")
    wait_until(lambda: equal(box), "equal screens")
    outer(box, "send-keys", "-t", "out", "seq 1 100000", "Enter")
    wait_until(lambda: "100000" in screen_of(box), "output")
    wait_until(lambda: equal(box), "equal screens")
    outer(box, "send-keys", "-t", "out", "C-]")
    wait_until(lambda: "left 0" in shown(box), "the end")
    assert json.loads((box.work / "answer").read_text())["reason"] == "detached"


def test_a_terminal_that_is_far_behind_is_shown_the_screen_as_it_is(box):
    box.session()
    person = Person(box)
    person.begin()
    person.send("seq 1 3000000; echo e''nd\r")
    wait_until(lambda: "end" in screen_of(box).splitlines(), "the end", 60)
    person.expect(r"Hend *\x1b\[30;1H\$ ", timeout=30)  # since 3.7 rows are padded
    assert len(person.before) < 15_000_000
    person.leave()


# --- how it ends ---


@pytest.mark.parametrize("words", [("kill-pane",), ("kill-session",), ("kill-server",), ("respawn-pane", "-k")])
def test_the_end_of_the_pane_is_told(box, words):
    box.session()
    person = Person(box)
    person.expect_exact("$ ")
    target = () if words[0] == "kill-server" else ("-t", "dev")
    box.tmux(*words, *target)
    answer = person.answer()
    assert (answer["status"], answer["reason"], answer["output"]) == ("success", "ended", "Pane ended\n")


def test_the_shells_exit_is_the_end(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    before = window(box)
    person = Person(box)
    person.expect_exact("$ ")
    person.send("echo last; sleep 0.2; exit\r")
    assert person.answer()["reason"] == "ended"
    assert b"last" in person.screen
    assert window(box) == before
    assert box.bridge("pane-interact", "dev", "0").code == "ERR_PANE_GONE"


def test_a_closed_pane_whose_process_lives_on_has_ended(box):
    box.session()
    box.bridge("pane-create", "dev", "other").ok()
    box.tmux("respawn-pane", "-k", "-t", "dev:.0", "trap '' HUP; echo rea''dy; exec 3<&0; while :; do sleep 1; done")
    pid = int(box.tmux("display-message", "-p", "-t", "dev:.0", "#{pane_pid}"))
    try:
        person = Person(box)
        person.expect_exact("ready")
        box.tmux("kill-pane", "-t", "dev:.0")
        assert person.answer()["reason"] == "ended"
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_everything_back(box, number):
    box.session()
    before = window(box)
    program = [str(box.built), "pane-interact", "dev", "0"]
    script = 'stty -a >before; "$@" & echo $! >pid; fg >/dev/null; echo code $?; stty -a >after; stty sane'
    person = pexpect.spawn(
        "bash", ["-m", "-c", script, "-", *program], env=box.env, cwd=str(box.work), dimensions=(30, 100), timeout=15
    )
    person.expect_exact("$ ")
    pid = int((box.work / "pid").read_text())
    wait_until(lambda: window(box).startswith("100x30 "), "the size")
    time.sleep(0.1)
    os.kill(pid, number)
    person.expect_exact(f"code {128 + number}")
    assert RAW in person.before
    person.expect(pexpect.EOF)
    person.close()
    assert (box.work / "before").read_text() == (box.work / "after").read_text()
    is_clean(box, before)


def test_a_signal_whose_exception_is_dropped_ends_it_too(box):
    """Python drops what is raised in a callback, of the collector here, as of imports."""
    box.session()
    before = window(box)
    code = f"""
import gc, os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from bridge.cli.app import main
sent = []
def late(*_):
    if not sent and callable(signal.getsignal(signal.SIGTERM)):
        sent.append(True)
        os.kill(os.getpid(), signal.SIGTERM)
gc.callbacks.append(late)
gc.enable()
gc.set_threshold(1)
sys.unraisablehook = lambda _: open("dropped", "w").close()
main()
"""
    words = ["-c", code, "pane-interact", "dev", "0"]
    person = pexpect.spawn(sys.executable, words, env=box.env, cwd=str(box.work), dimensions=(30, 100), timeout=15)
    person.expect(pexpect.EOF)
    person.close()
    assert (box.work / "dropped").exists()
    assert person.exitstatus == 128 + signal.SIGTERM
    is_clean(box, before)


def test_the_settings_are_those_of_before(box):
    box.session()
    script = 'stty -ixon -echoctl; stty -a >before; "$@"; stty -a >after'
    words = ["-c", script, "-", str(box.built), "pane-interact", "dev", "0"]
    person = pexpect.spawn("bash", words, env=box.env, cwd=str(box.work), dimensions=(30, 100), timeout=15)
    person.expect_exact("$ ")
    person.send("\x1d")
    person.expect_exact('"reason": "detached"')
    person.expect(pexpect.EOF)
    person.close()
    assert (box.work / "before").read_text() == (box.work / "after").read_text()


def test_a_terminal_that_goes_away_leaves_nothing(box):
    box.session()
    before = window(box)
    person = Person(box)
    person.begin()
    person.expect_exact("$ ")
    person.ptyproc.fileobj.close()
    person.closed = person.ptyproc.closed = True
    os.kill(person.pid, signal.SIGTERM)  # nothing hurries it
    assert os.waitstatus_to_exitcode(os.waitpid(person.pid, 0)[1]) in (128 + signal.SIGHUP, 128 + signal.SIGTERM)
    is_clean(box, before)


def test_what_a_killed_call_has_left_is_given_back_by_the_next(box):
    box.session(panes=2)
    before = window(box)
    person = Person(box)
    person.begin()
    person.expect_exact("$ ")
    assert not window(box).startswith(before[:6])
    person.kill(signal.SIGKILL)
    person.wait()
    other = Person(box, pane="1")
    other.begin()
    other.expect_exact("$ ")
    other.leave()
    is_clean(box, before)


def test_the_answer_goes_where_stdout_goes(box):
    box.session()
    words = ["-c", '"$@" 2>&1 >answer', "-", str(box.built), "pane-interact", "dev", "0"]
    person = pexpect.spawn("bash", words, env=box.env, cwd=str(box.work), dimensions=(30, 100), timeout=15)
    person.expect_exact("$ ")
    person.send("\x1d")
    person.expect(pexpect.EOF)
    assert json.loads((box.work / "answer").read_text())["reason"] == "detached"


# --- refusals ---


def test_without_a_terminal_nothing_happens(box):
    box.session()
    before = window(box)
    done = box.bridge("pane-interact", "dev", "0")
    assert (done.status, done.code) == (1, "ERR_NO_TERMINAL")
    is_clean(box, before)


def test_the_callers_own_window_is_refused(box):
    box.session(panes=2)
    environment = {"TMUX": box.tmux("display-message", "-p", "#{socket_path},#{pid},0").strip(), "TMUX_PANE": "%1"}
    for pane in ("0", "1"):
        done = box.bridge("pane-interact", "dev", pane, env=environment)
        assert (done.status, done.code) == (1, "ERR_SELF")


def test_a_window_that_has_another_terminals_size_is_refused(box):
    box.session()
    person = Person(box)
    person.begin()
    person.expect_exact("$ ")
    other = Person(box, size=(20, 70))
    answer = other.answer()
    assert (answer["error"]["code"], other.exitstatus) == ("ERR_BUSY", 1)
    assert person.isalive()
    person.leave()


def test_input_that_is_off_is_refused(box):
    box.session()
    box.tmux("select-pane", "-d", "-t", "dev")
    assert box.bridge("pane-interact", "dev", "0").code == "ERR_BUSY"
