"""Shells that bridge starts tell how each command ended; the user's own files and environment stay as they are."""

from __future__ import annotations

import pytest

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(params=SHELLS)
def shell(request, box):
    box.use_shell(request.param)
    return request.param


def ended(box, command, pane="0"):
    box.bridge("pane-exec", "dev", pane, command).ok()
    answer = box.bridge("pane-wait", "dev", pane, "10").ok()
    return answer["outcome"], answer["exit_code"]


def test_typed_commands_tell_their_exit_code(box, shell):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    for pane in ("0", "1"):
        assert ended(box, "sh -c 'exit 3'", pane) == ("exited", 3)
        assert ended(box, "sleep 0.1", pane) == ("exited", 0)
        answer = box.bridge("pane-exec-timeout", "dev", pane, "10", "sh -c 'sleep 0.1; exit 7'").ok()
        assert (answer["outcome"], answer["exit_code"]) == ("exited", 7)


def test_an_interrupted_command_tells_130(box, shell):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 30").ok()
    box.bridge("pane-watch-timeout", "dev", "0", "sleep", "5")
    box.tmux("send-keys", "-t", "dev", "C-c")
    answer = box.bridge("pane-wait", "dev", "0", "10").ok()
    assert (answer["outcome"], answer["exit_code"]) == ("exited", 130)


def test_the_environment_is_as_without_us(box, shell):
    box.session()
    names = "PROMPT_COMMAND|ZDOTDIR|XDG_DATA_DIRS|__bridge"
    done = box.bridge("pane-run", "dev", "0", f"env | grep -E '{names}'")
    assert done.json["output"] == ""
    assert box.tmux("show-environment", "-t", "dev").count("bridge") == 0


def test_the_users_own_values_are_put_back(box, shell):
    box.env |= {"XDG_DATA_DIRS": "/a:/b", "ZDOTDIR": str(box.home)}
    box.session()
    done = box.bridge("pane-run", "dev", "0", "env | grep -E '^(XDG_DATA_DIRS|ZDOTDIR)=' | sort").ok()
    assert done["output"] == f"XDG_DATA_DIRS=/a:/b\nZDOTDIR={box.home}\n"


def test_the_users_files_are_read(box, shell):
    (box.home / ".bash_profile").write_text("PS1='$ '\nPROMPT_COMMAND=\"$PROMPT_COMMAND; own=1\"\nmine=read\n")
    (box.home / ".zshenv").write_text("mine=read\n")
    (box.home / ".config" / "fish").mkdir(parents=True)
    (box.home / ".config" / "fish" / "config.fish").write_text("set -g mine read\n")
    box.session()
    assert box.bridge("pane-run", "dev", "0", "echo $mine").ok()["output"] == "read\n"
    assert ended(box, "sh -c 'exit 4'") == ("exited", 4)


def test_no_line_of_ours_is_in_the_history(box, shell):
    (box.home / ".bash_profile").write_text("PS1='$ '\nHISTCONTROL=\n")
    (box.home / ".zshrc").write_text("PS1='$ '\nHISTSIZE=100\nSAVEHIST=100\nHISTFILE=~/.zsh_history\n")
    box.session()
    box.bridge("pane-run", "dev", "0", "echo x").ok()
    ended(box, "echo typed")
    kept = box.work / "history"
    ended(box, f"{'fc -l 1' if shell == 'zsh' else 'history'} > {kept}")
    assert "echo typed" in kept.read_text()
    assert ".sh'" not in kept.read_text()


def test_a_shell_without_the_hook_says_that_it_does_not_know(box):
    box.session()
    box.tmux("respawn-pane", "-k", "-t", "dev", "bash --norc")
    box.await_prompt("dev")
    assert ended(box, "false") == ("unknown", None)


def test_a_nested_shell_is_not_taken_for_the_panes_own(box):
    box.session()
    assert ended(box, "bash --norc") == ("unknown", None)
    assert ended(box, "false") == ("unknown", None)
