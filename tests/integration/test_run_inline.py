"""pane-run in shells that can't read our files: another user's, another root's, another machine's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest
from conftest import wait_until
from run_corpus import ALL, problems

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="NOT TRIED: only root becomes another user without a password")

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
    box.bridge("pane-exec", "dev", "0", "true x; set | grep -a ^__bridge; stty -a | grep -o -e ' -icanon' -e ' -echo '; trap").ok()
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


@pytest.mark.parametrize("way", ["unshare", "nsenter", "chroot"])
def test_another_root_or_namespace(far, way):
    tool(way)
    far.session()
    lines = {
        "unshare": "unshare --mount sh -c 'mount -t tmpfs none /mnt && mount -t tmpfs none STATE && exec bash'",
        "nsenter": "nsenter --mount=/proc/$(cat PID)/ns/mnt bash",
        "chroot": "chroot ROOT bash",
    }
    state = far.env["BRIDGE_STATE_DIR"]
    line = lines[way].replace("STATE", state).replace("PID", f"{far.directory}/pid").replace("ROOT", f"{far.directory}/r")
    holder = None
    if way == "nsenter":
        mount = f"mount -t tmpfs none {state} && echo $$ >{far.directory}/pid && exec sleep 300"
        holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount])
        wait_until(lambda: (far.directory / "pid").exists() and (far.directory / "pid").read_text().strip(), "namespace")
    mounted = []
    try:
        if way == "chroot":
            root = far.directory / "r"
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
