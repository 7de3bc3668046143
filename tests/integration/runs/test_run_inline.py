"""pane-run in shells that can't read our files: another user's, another root's, another machine's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import wait_until
from run_corpus import ALL, problems

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="NOT TRIED: only root becomes another user without a password")

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
USER = "nobody"
BIG = "".join(f": '{number} it is ~ \\ ä 日'\n" for number in range(10_000)) + "echo done\n"


def tool(name: str) -> str:
    """The program's path; skips the test loudly where it is missing."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"NOT TRIED: {name} is not installed")
    return path


@pytest.fixture
def far(box):
    """A home that the other user has, with start files whose prompt is `far$ `."""
    box.directory.chmod(0o711)
    home = box.directory / "far"
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
    for name in (".bashrc", ".bash_profile", ".zshrc", ".kshrc", ".mkshrc", ".profile"):
        (home / name).write_text("PS1='far$ '\n")
    (home / ".config" / "fish" / "config.fish").write_text("function fish_prompt; echo 'far$ '; end\n")
    subprocess.run(["chown", "-R", USER, home], check=True)
    box.far = home
    return box


def enter(box, line: str, session: str = "dev") -> None:
    """Type what leads to the other shell, and wait for its prompt."""
    box.bridge("pane-exec", session, "0", f"clear; {line}").ok()
    wait_until(lambda: "far$" in box.screen(f"{session}:0.0").replace("PS1='far$ '", ""), "the other shell", 20)


def su(box, shell: str, session: str = "dev") -> None:
    enter(box, f"cd /; HOME={box.far} ENV={box.far}/.profile PS1='far$ ' su -p -s {tool(shell)} {USER}", session)


def run(box, command: str, *options: str, timeout: str = "20") -> dict:
    return box.bridge("pane-run", "dev", "0", "--timeout", timeout, *options, "--", "-", text=command.encode()).json


def outcome(box, command: str, *options: str, timeout: str = "20") -> tuple:
    answer = run(box, command, *options, timeout=timeout)
    return answer["outcome"], answer["exit_code"], answer["output"]


@pytest.mark.parametrize("shell", ALL)
def test_the_corpus_in_another_users_shell(far, shell):
    tool(shell)
    far.session()
    su(far, shell)
    assert problems(far, shell) == []
    assert outcome(far, BIG) == ("exited", 0, "done\n")


LINES = "printf 'it'\\''s \"a\" $HOME\\n' >/dev/null\ncat <<'EOF'\n$x `y` \"z' ä 日本 ~\nEOF\n(exit 7)"
TOLD = "$x `y` \"z' ä 日本 ~\n"


def check_nothing_is_left(box) -> None:
    """No name of ours in the shell, and its terminal as it was."""
    box.bridge(
        "pane-exec", "dev", "0", "true x; set | grep -a ^__bridge; stty -a | grep -o -e ' -icanon' -e ' -echo '; trap"
    ).ok()
    box.bridge("pane-exec", "dev", "0", "printf '%s\\n' chec''ked").ok()
    wait_until(lambda: "\nchecked" in box.screen("dev:0.0"), "the check")
    rows = box.screen("dev:0.0").split("\n")
    assert not [row for row in rows if row.startswith(("__bridge", " -icanon", " -echo", "trap --"))], rows


def check_essentials(box, *, who: str | None = None) -> None:
    """Code, output, several lines, quotes, 200 kB, what persists, what is left behind."""
    assert outcome(box, "echo a; (exit 9)") == ("exited", 9, "a\n")
    assert outcome(box, LINES) == ("exited", 7, TOLD)
    assert outcome(box, "echo $?") == ("exited", 0, "7\n")
    if who:
        assert outcome(box, "whoami") == ("exited", 0, f"{who}\n")
    assert outcome(box, "cd /usr; export BRIDGE_X='a b'; bridge_y=2") == ("exited", 0, "")
    assert outcome(box, 'echo "$PWD $BRIDGE_X $bridge_y"') == ("exited", 0, "/usr a b 2\n")
    assert outcome(box, BIG) == ("exited", 0, "done\n")
    assert outcome(box, "sh -c 'kill -9 $$'")[:2] == ("exited", 137)
    check_nothing_is_left(box)
    answer = box.bridge("pane-exec-timeout", "dev", "0", "20", "(exit 4)").json
    assert (answer["status"], answer["outcome"], answer["exit_code"]) == ("success", "exited", 4)


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh", "mksh"])
def test_the_essentials_in_another_users_shell(far, shell):
    tool(shell)
    far.session()
    su(far, shell)
    check_essentials(far, who=USER)


def test_busybox_needs_nothing_of_ours(far):
    busybox = tool("busybox")
    far.session()
    enter(far, f"HOME={far.far} PS1='far$ ' {busybox} ash")
    assert outcome(far, "echo a; (exit 9)") == ("exited", 9, "a\n")
    assert outcome(far, BIG) == ("exited", 0, "done\n")


def test_sudo_with_a_terminal_of_its_own(far):
    sudo = tool("sudo")
    far.session()
    enter(far, f"{sudo} -u {USER} env HOME={far.far} bash")
    check_essentials(far, who=USER)


def test_script_hides_the_shell_behind_a_terminal(far):
    program = tool("script")
    far.session()
    enter(far, f"HOME={far.far} SHELL=/bin/bash {program} -q /dev/null")
    check_essentials(far)


def test_a_carrier_whose_threads_wait(far):
    """docker, podman and kubectl read the terminal in another thread than their first."""
    carrier = far.directory / "podman"
    carrier.symlink_to(os.path.realpath(sys.executable))
    far.session()
    enter(far, f"HOME={far.far} {carrier} {PROGRAMS}/carrier.py bash")
    check_essentials(far)


@pytest.mark.parametrize("way", ["unshare", "nsenter", "chroot"])
def test_another_root_or_namespace(far, way):
    tool(way)
    far.session()
    lines = {
        "unshare": "unshare --mount sh -c 'mount -t tmpfs none /mnt && mount -t tmpfs none STATE && exec bash'",
        "nsenter": "nsenter --mount=/proc/$(cat PID)/ns/mnt bash",
        "chroot": "chroot ROOT bash",
    }
    state, pid, root = far.env["BRIDGE_STATE_DIR"], far.directory / "pid", far.directory / "r"
    line = lines[way].replace("STATE", state).replace("PID", str(pid)).replace("ROOT", str(root))
    holder = None
    if way == "nsenter":
        mount = f"mount -t tmpfs none {state} && echo $$ >{pid} && exec sleep 300"
        holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount])
        wait_until(lambda: pid.exists() and pid.read_text().strip(), "the namespace")
    mounted = []
    try:
        if way == "chroot":
            for name in ("usr", "bin", "lib", "lib64", "dev", "proc"):
                if os.path.isdir(f"/{name}"):
                    (root / name).mkdir(parents=True)
                    if subprocess.run(["mount", "--rbind", f"/{name}", root / name], check=False).returncode:
                        pytest.skip("NOT TRIED: this machine does not let root mount")
                    mounted.append(root / name)
        enter(far, f"HOME={far.far} PS1='far$ ' {line}" if way != "chroot" else f"PS1='far$ ' {line} --norc")
        assert outcome(far, "test -e " + f"{state}/run" + " && echo seen; (exit 9)") == ("exited", 9, "")
        check_essentials(far)
    finally:
        if holder is not None:
            holder.kill()
            holder.wait()
        for path in mounted:
            subprocess.run(["umount", "-R", "-l", path], check=False)


@pytest.fixture
def sshd(far):
    """A real sshd on the loopback with keys of its own; gives the words that lead to a shell behind it."""
    server, client, keygen = tool("sshd"), tool("ssh"), tool("ssh-keygen")
    place = far.directory / "ssh"
    place.mkdir(mode=0o700)
    for name, phrase in (("host", ""), ("user", ""), ("locked", "secret")):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", phrase, "-f", place / name], check=True)
    (place / "authorized").write_text((place / "user.pub").read_text() + (place / "locked.pub").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (place / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/authorized\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
    )
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    daemon = subprocess.Popen([server, "-D", "-e", "-f", place / "config"], stderr=subprocess.DEVNULL)
    wait_until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), "sshd")

    def words(remote: str, key: str = "user") -> str:
        known = f"-o StrictHostKeyChecking=no -o UserKnownHostsFile={place}/known -o LogLevel=ERROR"
        return f"{client} -tt -F none -i {place}/{key} {known} -p {port} root@127.0.0.1 {remote}"

    yield words
    daemon.terminate()
    daemon.wait(10)


def log_in(box, sshd, shell: str) -> None:
    box.session()
    far = f"cd /; HOME={box.far} ENV={box.far}/.profile SHELL={tool(shell)} exec {tool(shell)}"
    enter(box, sshd(f'"{far}"'))


@pytest.mark.parametrize("shell", ["bash", "dash", "fish"])
def test_the_corpus_through_ssh(far, sshd, shell):
    tool(shell)
    log_in(far, sshd, shell)
    assert problems(far, shell) == []
    assert outcome(far, BIG) == ("exited", 0, "done\n")


@pytest.mark.parametrize("shell", ["zsh", "ksh", "mksh"])
def test_the_essentials_through_ssh(far, sshd, shell):
    tool(shell)
    log_in(far, sshd, shell)
    check_essentials(far, who="root")


def test_nothing_is_typed_into_what_asks_or_has_the_screen(far, sshd):
    far.session()
    far.bridge("pane-exec", "dev", "0", sshd("true", "locked")).ok()
    wait_until(lambda: "passphrase" in far.screen("dev:0.0"), "the question")
    before = far.screen("dev:0.0")
    answer = run(far, "echo typed")
    assert (answer["error"]["code"], answer["outcome"]) == ("ERR_BUSY", "busy")
    assert far.screen("dev:0.0") == before
    far.tmux("send-keys", "-t", "dev:0.0", "C-c")
    far.await_prompt("dev")
    enter(far, sshd(f'"HOME={far.far} exec bash"'))
    for program, sign in (("less /etc/services", "services"), ("read -rsp 'Password: ' x", "Password: ")):
        far.bridge("pane-exec", "dev", "0", program).ok()
        wait_until(lambda sign=sign: sign in far.screen("dev:0.0").split("\n", 1)[-1], program)
        wait_until(lambda: run(far, "echo typed")["outcome"] == "busy", f"refusal by {program}")
        assert "typed" not in far.screen("dev:0.0")
        far.tmux("send-keys", "-t", "dev:0.0", "q", "Enter")
        wait_until(lambda: far.screen("dev:0.0").rstrip().endswith("far$"), "prompt")
    assert outcome(far, "echo free") == ("exited", 0, "free\n")


def test_what_does_not_answer_is_given_nothing_of_the_command(far, sshd):
    log_in(far, sshd, "bash")
    far.bridge("pane-exec", "dev", "0", "sleep 12").ok()
    answer = run(far, "echo secret-text")
    assert (answer["error"]["code"], answer["outcome"], answer["error"]["retryable"]) == (
        "ERR_UNKNOWN_OUTCOME",
        "unknown",
        False,
    )
    assert "pane-ask" in answer["error"]["hint"]
    assert far.bridge("pane-exec-timeout", "dev", "0", "9", "echo secret-text").code == "ERR_UNKNOWN_OUTCOME"
    assert "secret-text" not in far.screen("dev:0.0")
    # What was typed ahead ends by itself; the shell is as it was then.
    wait_until(lambda: outcome(far, "echo back") == ("exited", 0, "back\n"), "the shell again", 60)
    check_nothing_is_left(far)


@pytest.mark.parametrize("shell", ALL)
def test_how_a_run_ends_that_does_not_come_to_its_end(far, shell):
    tool(shell)
    far.session()
    su(far, shell)
    begun = far.bridge("pane-run", "dev", "0", "--background", "--", "env sleep 60").ok()
    wait_until(
        lambda: far.tmux("display-message", "-p", "-t", "dev:0.0", "#{pane_current_command}") == "sleep\n", "sleep"
    )
    far.tmux("send-keys", "-t", "dev:0.0", "C-c")
    ended = far.bridge("run-result", begun["run_id"], "--wait", "20").json
    assert (ended["outcome"], ended["exit_code"]) == ("exited", 130)
    assert outcome(far, "echo after") == ("exited", 0, "after\n")
    ended = run(far, "exit 3")
    assert (ended["outcome"], ended["exit_code"]) == ("exited", 3)
    far.await_prompt("dev")
    su(far, shell)
    assert run(far, "exec true")["outcome"] == "unknown"
    assert outcome(far, "echo home; (exit 2)") == ("exited", 2, "home\n")


@pytest.mark.parametrize("shell", ["bash", "dash", "fish"])
def test_a_shell_of_ours_is_given_the_text_itself_where_that_is_wanted(far, shell):
    far.use_shell(shell)
    far.session()
    assert outcome(far, LINES if shell != "fish" else "echo a", "--inline") == (
        ("exited", 7, TOLD) if shell != "fish" else ("exited", 0, "a\n")
    )
    assert outcome(far, "echo b") == ("exited", 0, "b\n")


def test_what_such_a_shell_cannot_be_given(far):
    far.session()
    su(far, "bash")
    (far.work / "input").write_text("x\n")
    done = far.bridge("pane-run", "dev", "0", "cat", "--stdin-file", str(far.work / "input"))
    assert done.code == "ERR_UNSUPPORTED"
    assert run(far, "x" * 1_000_001)["error"]["code"] == "ERR_TOO_LARGE"
    assert outcome(far, "echo there") == ("exited", 0, "there\n")


def test_a_wait_and_a_group_know_the_end_there(far):
    far.session()
    far.session("other")
    su(far, "bash")
    su(far, "dash", "other")
    begun = far.bridge("pane-run", "dev", "0", "--background", "--", "sleep 1; (exit 6)").ok()
    waited = far.bridge("pane-wait", "dev", "0", "20").json
    assert (waited["outcome"], waited["exit_code"]) == ("exited", 6)
    assert far.bridge("run-result", begun["run_id"]).json["exit_code"] == 6
    far.bridge("group-create", "both").ok()
    far.bridge("group-add", "both", "dev").ok()
    far.bridge("group-add", "both", "other").ok()
    done = far.bridge("group-exec", "both", "whoami", "--wait").ok()
    assert [(item["exit_code"], item["output"]) for item in done["results"]] == [(0, "nobody\n")] * 2


def test_the_line_is_gone_from_the_screen_and_from_the_history(far):
    far.session()
    su(far, "bash")
    far.bridge("pane-exec", "dev", "0", "clear").ok()
    wait_until(lambda: far.screen("dev:0.0").strip() == "far$", "a clear screen")
    assert outcome(far, "history | grep -c bridge")[2] == "0\n"
    wait_until(lambda: far.screen("dev:0.0").rstrip().endswith("far$"), "the prompt")
    shown = far.tmux("capture-pane", "-p", "-S", "-", "-t", "dev:0.0")
    assert shown.rstrip().endswith("$ history | grep -c bridge\n0\nfar$")
    assert "__bridge" not in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh", "mksh"])
def test_nothing_but_a_shell_is_needed(far, shell):
    """No stty, no head, no printf: what the terminal echoes goes to its other screen."""
    program = tool(shell)
    far.session()
    enter(far, f"cd /; env -i HOME={far.far} ENV={far.far}/.profile PATH=/nonexistent PS1='far$ ' {program} -i")
    assert outcome(far, "echo a; (exit 9)", "--inline") == ("exited", 9, "a\n")
    assert outcome(far, BIG[-30_000:].partition("\n")[2], "--inline") == ("exited", 0, "done\n")
    assert far.bridge("pane-run", "dev", "0", "return 5", "--inline").json["exit_code"] == 5
