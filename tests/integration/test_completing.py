"""Completion in the real shells: what is fixed, what lives, and what has odd characters."""

from __future__ import annotations

import os
import shutil
import subprocess

import pexpect
import pytest
from conftest import wait_until

from bridge import registry

SHELLS = ("bash", "zsh", "fish")
ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_bridge
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completer:
    """Asks one shell what may stand at the end of a line."""

    def __init__(self, box, shell: str) -> None:
        self.box = box
        self.shell = shell
        folder = box.directory / "bin"
        folder.mkdir()
        (folder / "bridge").symlink_to(box.built)
        box.env["PATH"] = f"{folder}:{box.env['PATH']}"
        self.file = box.directory / f"bridge.{shell}"
        done = box.bridge("completion", shell, "--raw")
        assert (done.status, done.stderr) == (0, "")
        self.file.write_text(done.stdout)

    def __call__(self, *words: str) -> list[str]:
        """The candidates for the last word, without what they mean."""
        if self.shell == "bash":
            done = self.box.call(["bash", "--norc", "-c", ASK_BASH, "ask", self.file, "bridge", *words])
        elif self.shell == "fish":
            line = " ".join(("bridge", *words))
            done = self.box.call(["fish", "--no-config", "-c", f'source {self.file}; complete -C "{line}"'])
        else:
            return self._by_zsh(" ".join(("bridge", *words)))
        assert done.status == 0, done.stderr
        assert done.stderr == ""
        return [row.split("\t")[0] for row in done.stdout.splitlines() if row]

    def _by_zsh(self, line: str) -> list[str]:
        """What compadd is given, written to a file by a wrapper around it."""
        found = self.box.work / "found"
        found.write_text("")
        rc = self.box.work / "zsh"
        rc.mkdir(exist_ok=True)
        (rc / ".zshrc").write_text(
            "PS1='ready> '\nautoload -Uz compinit\ncompinit -D -u\n"
            f"source {self.file}\n"
            'compadd() {\n  local -a words_; builtin compadd -A words_ "$@"\n'
            f'  (($#words_)) && print -l -- $words_ >>{found}\n  builtin compadd "$@"\n}}\n'
            f"finished() {{ zle complete-word; print end >>{found} }}\nzle -N finished\nbindkey '^I' finished\n"
        )
        shell = pexpect.spawn(
            "zsh", ["-i"], env=self.box.env | {"ZDOTDIR": str(rc), "TERM": "dumb"}, timeout=20, dimensions=(50, 200)
        )
        try:
            shell.expect_exact("ready> ")
            shell.send(line + "\t")
            wait_until(lambda: found.read_text().endswith("end\n"), "the candidates")
        finally:
            shell.close(force=True)
        return list(dict.fromkeys(found.read_text().splitlines()[:-1]))


@pytest.fixture(params=SHELLS)
def ask(request, box):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return Completer(box, request.param)


def test_commands_options_and_choices(ask):
    assert {*registry.names(), "help"} <= set(ask(""))
    assert {"pane-status", "pane-stop", "pane-stream"} <= set(ask("pane-st"))
    assert "session-kill" not in ask("pane-st")
    assert set(ask("pane-exec", "--")) == {"--raw"}
    assert set(ask("completion", "")) == set(SHELLS)
    assert "--compact" in ask("--")
    assert set(ask("--compact", "daemon-logs", "--")) == {"--follow"}


def test_live_sessions_panes_and_labels(ask, box):
    box.session("dev", panes=2)
    box.session("my app")
    assert set(ask("pane-count", "")) in ({"dev", "my app"}, {"dev", "my\\ app"})
    assert ask("pane-count", "d") == ["dev"]
    assert set(ask("pane-status", "dev", "")) == {"0", "1", "p1", "main", "%0", "%1"}
    assert set(ask("pane-exec", "--raw", "dev", "")) == {"0", "1", "p1", "main", "%0", "%1"}
    assert set(ask("pane-find", "dev", "")) == {"main", "p1"}
    assert ask("pane-find", "dev", "p") == ["p1"]
    assert ask("pane-status", "none", "") == []
    assert ask("-L", "other", "pane-count", "") == []


def test_without_a_server_nothing_is_offered(ask):
    assert ask("pane-count", "") == []
    assert ask("pane-status", "dev", "") == []


@pytest.mark.parametrize("name", ["q'uote", "a;b", "$(touch p)", "back\\slash", "`touch p`", "a b*"])
def test_odd_names_of_others_stay_words(box, name):
    """What bash would read again is quoted; nothing in a name is run."""
    ask = Completer(box, "bash")
    box.tmux("new-session", "-d", "-s", name, "exec sleep 1000")
    (offered,) = ask("pane-count", "")
    told = subprocess.run(["bash", "-c", f"printf %s {offered}"], capture_output=True, text=True, cwd=box.work)
    assert told.stdout + "\n" == box.tmux("list-sessions", "-F", "#{session_name}")
    assert os.listdir(box.work) == []


def test_a_name_that_would_break_a_line_is_not_offered(box):
    box.tmux("new-session", "-d", "-s", "dev", "exec sleep 1000")
    box.tmux("set-option", "-p", "-t", "dev", "@bridge_label", "=a\\0ab\\1b[31m")
    done = box.bridge("complete", "label", "dev")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_tab_in_a_real_bash(box):
    ask = Completer(box, "bash")
    box.session("dev")
    shell = pexpect.spawn(
        "bash", ["--norc", "-i"], env=box.env | {"PS1": "ready> "}, cwd=str(box.work), timeout=20, encoding="utf-8"
    )
    try:
        shell.sendline(f"PS1='now> '; source {ask.file}")
        shell.expect_exact("now> ")
        shell.send("bridge pane-cou\tde\t")
        shell.expect_exact("bridge pane-count dev ")
        shell.send("\r")
        shell.expect_exact('"count": 1')
    finally:
        shell.close(force=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_install_writes_where_the_shell_looks_and_only_over_its_own(box, shell):
    first = box.bridge("completion", shell, "--install").ok()
    text = box.bridge("completion", shell).ok()["script"]
    with open(first["path"]) as file:
        assert file.read() == text
    assert first["path"].startswith(str(box.home))
    assert box.bridge("completion", shell, "--install").ok()["path"] == first["path"]
    with open(first["path"], "w") as file:
        file.write("# somebody's own\n")
    refused = box.bridge("completion", shell, "--install")
    assert (refused.status, refused.code) == (1, "ERR_STATE")
    assert first["path"] in refused.json["error"]["message"]
    with open(first["path"]) as file:
        assert file.read() == "# somebody's own\n"


def test_fish_and_bash_find_what_was_installed(box):
    Completer(box, "bash")
    box.bridge("completion", "fish", "--install").ok()
    if shutil.which("fish"):
        done = box.call(["fish", "-c", 'complete -C "bridge pane-cou"'])
        assert done.stdout.split("\t")[0] == "pane-count", done.stderr
