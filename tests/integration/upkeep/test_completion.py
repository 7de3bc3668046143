"""Completion in the real shells: what is fixed, what lives, and what has odd characters."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
from conftest import wait_until

from bridge import registry
from bridge.core.shellcompletion import NAMES

SHELLS = ("bash", "zsh", "fish")


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
        line = " ".join(("bridge", *words))
        if self.shell != "fish":
            return self._by_zsh(line) if self.shell == "zsh" else self._by_bash(line)
        done = self.box.call(["fish", "--no-config", "-c", f"source {self.file}; complete -C {shlex.quote(line)}"])
        assert done.status == 0, done.stderr
        assert done.stderr == ""
        return [row.split("\t")[0] for row in done.stdout.splitlines() if row]

    def _by_bash(self, line: str) -> list[str]:
        """What the function gives, asked by an interactive bash that has cut the words itself."""
        found = self.box.directory / "found"
        found.write_text("")
        text = f"source {self.file}\nasked() {{ _bridge; printf '%s\\n' \"${{COMPREPLY[@]}}\" end >>{found}; }}\n"
        with self.open(text + "complete -F asked bridge\n") as shell:
            shell.send(line + "\t")
            wait_until(lambda: found.read_text().endswith("end\n"), "the candidates")
        return [row for row in found.read_text().splitlines()[:-1] if row]

    @contextlib.contextmanager
    def open(self, text: str):
        """The shell at its prompt, which has read a file of this text."""
        folder = self.box.directory / "rc"
        folder.mkdir(exist_ok=True)
        (folder / ".zshrc").write_text(f"PS1='ready> '\n{text}")
        words = {
            "bash": ["--rcfile", str(folder / ".zshrc"), "-i"],
            "zsh": ["-i"],
            "fish": ["--no-config", "-i", "-C", f"function fish_prompt; echo -n 'ready> '; end\n{text}"],
        }
        env = self.box.env | {"ZDOTDIR": str(folder), "TERM": "dumb"}
        shell = pexpect.spawn(
            self.shell, words[self.shell], env=env, cwd=str(self.box.work), timeout=20, dimensions=(50, 200),
            encoding="utf-8",
        )  # fmt: skip
        try:
            shell.expect_exact("ready> ")
            yield shell
        finally:
            shell.close(force=True)

    def _by_zsh(self, line: str) -> list[str]:
        """What compadd is given, written to a file by a wrapper around it."""
        found = self.box.directory / "found"
        found.write_text("")
        text = (
            "autoload -Uz compinit\ncompinit -D -u\n"
            f"source {self.file}\n"
            'compadd() {\n  local -a words_; builtin compadd -A words_ "$@"\n'
            f'  (($#words_)) && print -l -- $words_ >>{found}\n  builtin compadd "$@"\n}}\n'
            f"finished() {{ zle complete-word; print end >>{found} }}\nzle -N finished\nbindkey '^I' finished\n"
        )
        with self.open(text) as shell:
            shell.send(line + "\t")
            wait_until(lambda: found.read_text().endswith("end\n"), "the candidates")
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


@pytest.mark.parametrize("label", ["a:b=c", "x=1", "q:", "a b:c", "p@h:7", "it's:1", "$(touch p)=`touch q`", "::"])
@pytest.mark.parametrize("typed", [1, -1], ids=["begun", "nearly"])
def test_a_tab_writes_a_label_so_that_the_shell_gives_it_to_us(ask, box, label, typed):
    """Real shells, the real program: what stands on the line behind the tab is what we are called with."""
    box.session("dev")
    box.bridge("pane-label", "dev", "0", label).ok()
    begun = label[:typed] if ask.shell != "fish" else ""  # what fish has to escape cannot be told by typing it
    begun = re.sub(r"([^\w:=@])", r"\\\1", begun)
    text = "autoload -Uz compinit\ncompinit -D -u\n" if ask.shell == "zsh" else ""
    with ask.open(f"{text}source {ask.file}\n") as shell:
        shell.send(f"bridge --compact pane-find dev {begun}\t")
        shell.send("\r")
        shell.expect_exact('"command":"pane-find"')
        shell.expect_exact('"timestamp"')
        assert json.dumps(f"Label: {label}\n") in shell.before.replace("\r\n", "")
    assert os.listdir(box.work) == []


def test_options_with_their_value_behind_an_equals_sign(ask, box):
    box.session("dev")
    offered = ask("completion", "--raw", "z")
    assert offered == ["zsh"]
    assert {word.rpartition("=")[2] for word in ask("mcp-install", "--client=c")} == {"claude", "codex", "cursor"}
    assert [word.rpartition("=")[2] for word in ask("run-list", "--session=d")] == ["dev"]
    assert ask("pane-run", "--timeout=5", "d") == ["dev"]
    assert ask("pane-count", "--compact", "d") == ["dev"]
    assert ask("pane-count", "--", "d") == ["dev"]
    assert ask("pane-count", "--", "--c") == []


def test_what_is_kept_is_offered_too(ask, box):
    box.session("dev")
    run = box.bridge("pane-run", "dev", "0", "true").ok()["run_id"]
    box.bridge("group-create", "services").ok()
    one = box.bridge("event-subscribe", "dev", "pane-exit").ok()["subscription_id"]
    assert ask("run-result", "") == [run]
    assert ask("run-output", run[:3]) == [run]
    assert ask("group-add", "") == ["services"]
    assert ask("group-add", "services", "") == ["dev"]
    assert ask("event-unsubscribe", "") == [one]
    assert {"pattern-match", "pane-exit"} <= set(ask("event-subscribe", "dev", "pa"))
    assert "pattern-match" in ask("event-log", "dev", "")
    assert ask("event-subscribe", "dev", "pattern-match", "--pane", "m") == ["main"]
    assert ask("pane-create-with-layout", "dev", "label", "main-v") == ["main-vertical"]
    assert ask("pane-signal", "dev", "0", "HU") == ["HUP"]
    assert ask("config-get", "max_") == ["max_panes"]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_word_stays_one_word_in_bash(box, quote):
    ask = Completer(box, "bash")
    box.session("dev")
    box.bridge("pane-label", "dev", "0", "a$(touch p):b").ok()
    with ask.open(f"source {ask.file}\n") as shell:
        shell.send(f"bridge --compact pane-find dev {quote}a\t\r")
        shell.expect_exact("Label: a$(touch p):b")
    assert os.listdir(box.work) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_install_writes_where_the_shell_looks_and_only_over_its_own(box, shell):
    first = box.bridge("completion", shell, "--install").ok()
    text = box.bridge("completion", shell).ok()["script"]
    with open(first["path"]) as file:
        assert file.read() == text
    assert first["path"].startswith(str(box.home))
    beside = {file.name for file in Path(first["path"]).parent.iterdir()}
    assert beside == {
        os.path.basename(first["path"]).replace("bridge", name) for name in (NAMES if shell != "zsh" else NAMES[:1])
    }
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
