"""Whatever a prompt looks like, the echo of what was typed is told from output, by every reader."""

from __future__ import annotations

import json

import pytest
from conftest import wait_until

TWO_LINES = "PS1='up here\n$ '"
PROMPTS = {
    "bash": {
        "plain": "PS1='$ '",
        "two": TWO_LINES,
        "right": r"""PS1='\[\e7\e[60C\]right\[\e8\]$ '""",
        "off": "bind 'set enable-bracketed-paste off'; PS1='日本 $ '",
    },
    "zsh": {
        "plain": "PROMPT='%% '",
        "two": "PROMPT=$'up here\\n%% '",
        "right": "RPROMPT='[right]'",
        "clock": "RPROMPT='%D{%N}'; TMOUT=1; TRAPALRM() { zle reset-prompt; }",
    },
    "fish": {
        "plain": "function fish_prompt; echo -n '> '; end",
        "two": "function fish_prompt; echo up here; echo -n '> '; end",
        "right": "function fish_right_prompt; date +%N; end",
    },
    "dash": {"plain": "PS1='$ '", "two": TWO_LINES},
    "ksh": {"plain": "PS1='$ '", "two": TWO_LINES},
}
TEXTS = ["sleep 2; echo READY", "sleep 2; : '日本 かな 🌑'; echo READY", "sleep 2; true 'a\tb'; echo READY"]


def lines_told(box, session: str) -> list[str]:
    return [event["message"] for event in box.bridge("event-log", session, "pattern-match", "100").ok()["events"]]


@pytest.mark.parametrize("shell", PROMPTS)
def test_every_reader_hears_the_output_and_not_the_echo(box, shell):
    box.use_shell(shell)
    for name, setting in PROMPTS[shell].items():
        box.session(name)
        for part in setting.split("\n") if shell == "fish" else [setting]:
            box.bridge("pane-exec", name, "0", part).ok()
        box.bridge("pane-exec-timeout", name, "0", "10", "clear").ok()
    box.bridge("daemon-start").ok()
    for name in PROMPTS[shell]:
        box.bridge("event-subscribe", name, "pattern-match", "--pane", "0", "--pattern", "READY").ok()
    texts = TEXTS[:2] if shell == "ksh" else TEXTS  # a tab is a key there, which changes the text
    for count, text in enumerate(texts, 1):
        waits, watches = {}, {}
        for name in PROMPTS[shell]:
            box.bridge("pane-exec-timeout", name, "0", "10", "clear").ok()
            words = ("--pattern", "READY", "--timeout", "20")
            waits[name] = box.start("pane-wait-for", name, "0", *words)
            watches[name] = box.start("pane-watch-timeout", name, "0", "READY", "20")
            assert b"Watching" in watches[name].stderr.readline()
            wait_until(lambda: list(box.directory.glob("state/**/run/*.keep-read")), "a wait that listens")
        for name in PROMPTS[shell]:
            box.bridge("pane-exec", name, "0", text).ok()
        found = box.bridge("sessions-find-pattern", "READY").json
        assert not found.get("sessions"), (shell, text, found)
        for name in PROMPTS[shell]:
            answer = json.loads(waits[name].communicate(timeout=30)[0])
            assert answer.get("matches") == ["READY"], (shell, name, text, answer)
            answer = json.loads(watches[name].communicate(timeout=30)[0])
            assert "READY" in answer["output"].split("\n"), (shell, name, text, answer)
            wait_until(lambda name=name, count=count: len(lines_told(box, name)) >= count, "the event")
    for name in PROMPTS[shell]:
        answer = box.bridge(
            "pane-ask", name, "0", "sleep 0.5; echo READY", "--pattern", "READY", "--timeout", "20"
        ).ok()
        assert answer["matches"] == ["READY"], (shell, name, answer)
        wait_until(lambda name=name: len(lines_told(box, name)) > len(texts), "the event")
        assert lines_told(box, name) == lines_told(box, name)[:1] * (len(texts) + 1), (shell, name)
        assert "echo" not in lines_told(box, name)[0]
    last = next(iter(PROMPTS[shell]))
    words = ("--pattern", "AGAIN", "--timeout", "10")
    answer = box.bridge("pane-ask", last, "0", "set -x; : AGAIN" if shell != "fish" else "echo ': AGAIN'", *words).ok()
    assert len(answer["matches"]) == 1
    assert answer["matches"][0].endswith(": AGAIN")
    assert "echo" not in answer["matches"][0]
