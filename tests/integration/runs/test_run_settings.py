"""pane-run is exact under the settings that people have: their shells' start files, and their tmux's."""

from __future__ import annotations

import os
import warnings

import pytest
from conftest import wait_until
from run_corpus import CASES, POSIX, Case

NAMES = (
    *("plain", "ampersand at the end", "subshell exit", "two lines", "comment with quote", "semicolon at the end"),
    *("unbalanced single", "after a broken one", "quoted heredoc", "no final newline", "trailing blanks", "colours"),
    *("exclamation in double quotes", "false"),
)
CHOSEN = (
    *(next(case for case in CASES if case.name == name) for name in NAMES),
    Case("a background job", "sleep 30 &", None, 0, ("bash",)),
    Case("many lines", "seq 1 30000", "".join(f"{number}\n" for number in range(1, 30001))),
)
# Commands that use nothing that the settings `replaced` replace.
UNTOUCHED = (
    Case("plain", "sh -c 'echo hello'", "hello\n"),
    Case("false", "false", "", 1),
    Case("code", "sh -c 'printf abc; exit 7'", "abc", 7),
    Case("stays", "cd /usr", "", 0, POSIX),
    Case("stayed", "pwd", "/usr\n", 0, POSIX),
)
REPLACED = {
    "bash": "printf() { builtin echo mine; }; alias .='echo dot' source='echo source' printf='echo printf' "
    "echo='echo -e' builtin='echo builtin' history='echo history' "
    "unset='echo unset' local='echo local' return='echo return' eval='echo eval'",
    "zsh": "alias .='echo dot' source='echo source' printf='echo printf' builtin='echo builtin' unset='echo unset' "
    "local='echo local' return='echo return'; alias -g S='| sort'; function printf { print mine }",
    "fish": "function printf; builtin echo mine; end; function source; builtin echo mine; end; alias echo 'echo mine'",
    "dash": "alias .='echo dot' printf='echo printf' unset='echo unset' return='echo return' eval='echo eval'",
    "ksh": "alias .='echo dot' printf='echo printf' unset='echo unset' return='echo return' eval='echo eval'",
}
LAST = Case("exit", "echo bye; sleep 0.2; exit 3", "bye\n", 3)

BASH = {
    "two coloured lines and a slow start": "PS1='\\[\\e[1;32m\\]\\u\\[\\e[0m\\] [\\t]\\n$ '; sleep 0.5",
    "prompt command as an array": "PROMPT_COMMAND=('true' 'printf \"\\033]0;title\\007\"' 'false')",
    "prompt command that prints": "PROMPT_COMMAND='echo; echo \"== $? ==\"; '",
    "debug trap": "trap '__last=$BASH_COMMAND' DEBUG; PS0='\\e]0;run\\a'",
    "debug trap that goes into functions": "set -T; shopt -s extdebug; trap ': \"$BASH_COMMAND\"' DEBUG",
    "other traps, unset is an error": "trap 'failed=1' ERR; trap 'returned=1' RETURN; set -u",
    "noclobber, no glob, functions": "set -o noclobber; set -f; history() { builtin history; }\n"
    'printf() { command printf "$@"; }; echo() { builtin echo "$@"; }',
    "vi": "set -o vi\nbind 'set show-mode-in-prompt on'",
    "histcontrol": "HISTCONTROL=ignoreboth:erasedups HISTTIMEFORMAT='%F %T ' HISTSIZE=10; shopt -s histappend",
    "no history": "set +o history; unset HISTFILE",
    "history with everything, posix": "HISTCONTROL= HISTIGNORE='ls:cd' HISTSIZE=-1; shopt -s cmdhist; set -o posix",
    "no bracketed paste, options": "bind 'set enable-bracketed-paste off'; shopt -s globstar nullglob; CDPATH=/usr",
    "a debug trap, a prompt command": "__pre() { :; }; trap '__pre \"$_\"' DEBUG; PROMPT_COMMAND='__pre; history -a'",
    "field separators, another language": "IFS=$'/.\\n'; LC_ALL=C; TMOUT=0; MAILCHECK=0",
}
ZSH = {
    "two lines and a right prompt": "PS1=$'%~\\n%# '; RPROMPT='%F{red}[%*]%f'; setopt prompt_subst transient_rprompt",
    "precmd functions, debug trap": "a() { print -n '' }; b() { false }; precmd() { print -n '' }; "
    "precmd_functions=(a b); preexec_functions=(a); trap 'last=$ZSH_DEBUG_CMD' DEBUG",
    "precmd that prints, unset is an error": 'precmd() { print "-- $? --" }; setopt nounset',
    "noclobber, slow start": "setopt noclobber; sleep 0.5",
    "vi": "bindkey -v; KEYTIMEOUT=1; zle-keymap-select() { zle reset-prompt }; zle -N zle-keymap-select",
    "history": "HISTFILE=~/.zsh_history SAVEHIST=100 HISTSIZE=100; setopt share_history hist_ignore_all_dups "
    "hist_verify extended_history",
    "options": "setopt extended_glob auto_cd correct_all interactive_comments no_nomatch sh_word_split ksh_arrays "
    "auto_pushd prompt_cr prompt_sp",
    "no bracketed paste, traps": "unset zle_bracketed_paste; TRAPZERR() { : }; TMOUT=0; setopt print_exit_value",
}
FISH = {
    "two lines and a right prompt": "function fish_prompt; pwd; echo '> '; end; function fish_right_prompt; date; end",
    "events, slow start": "function a --on-event fish_preexec; end; function b --on-event fish_postexec; false; end; "
    "function c --on-event fish_prompt; end; sleep 0.5",
    "vi": "fish_vi_key_bindings",
    "abbreviations, greeting, history": "abbr -a echo 'echo x'; set -g fish_greeting hello; set -g fish_history none; "
    "function fish_should_add_to_history; return 0; end",
}
TMUX = {
    "base-index, status off": "set -g base-index 1\nset -g pane-base-index 1\nset -g status off\n"
    "set -g pane-border-status top",
    "remain-on-exit, automatic-rename off": "set -g remain-on-exit on\nset -g automatic-rename off\n"
    "set -g allow-rename on\nset -g set-titles on",
    "default-command, a short history": "set -g default-command 'exec bash'\nset -g history-limit 50",
    "small windows, mouse, vi": "set -g default-size 20x5\nset -g default-terminal screen\nset -g mouse on\n"
    "set -g mode-keys vi\nset -g status-keys vi\nset -g escape-time 0",
    "hooks, monitors, clipboard": "set -g monitor-activity on\nset -g monitor-bell on\nset -g exit-empty off\n"
    "set-hook -g pane-exited 'display-message gone'\nset -g focus-events on\nset -g extended-keys on\n"
    "set -g set-clipboard on\nset -g allow-passthrough on",
}
# What the system may have: shell, name, the file that is there then, the lines for the start file.
INSTALLED = (
    ("bash", "liquidprompt", "/usr/share/liquidprompt/liquidprompt", ". {}"),
    ("zsh", "liquidprompt", "/usr/share/liquidprompt/liquidprompt", ". {}"),
    ("bash", "powerline", "/usr/share/powerline/bindings/bash/powerline.sh", ". {}"),
    ("zsh", "powerline", "/usr/share/powerline/bindings/zsh/powerline.zsh", ". {}"),
    ("fish", "powerline", "/usr/share/powerline/bindings/fish/powerline-setup.fish", "source {}\npowerline-setup"),
    ("zsh", "zsh-autosuggestions", "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh", ". {}"),
    ("zsh", "zsh-syntax-highlighting", "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh", ". {}"),
    ("bash", "direnv", "/usr/bin/direnv", 'export DIRENV_LOG_FORMAT=; eval "$({} hook bash)"'),
    ("zsh", "direnv", "/usr/bin/direnv", 'export DIRENV_LOG_FORMAT=; eval "$({} hook zsh)"'),
    ("fish", "direnv", "/usr/bin/direnv", "{} hook fish | source"),
)
START_FILES = {
    "bash": (".bash_profile", ".bashrc"),
    "zsh": (".zshrc",),
    "fish": (".config/fish/config.fish",),
    "dash": (".shrc",),
    "ksh": (".shrc",),
}


def prepare(box, shell: str, lines: str = "", tmux: str = "") -> None:
    box.use_shell(shell)
    box.env["ENV"] = str(box.home / ".shrc")
    for name in START_FILES[shell]:
        path = box.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        first = "" if shell == "fish" else "PS1='$ '\n"
        path.write_text(f"{first}{lines}\n")
    (box.home / ".tmux.conf").write_text(tmux)
    box.bridge("session-create", "dev").ok()


def run(box, case: Case) -> dict:
    return box.bridge("pane-run", "dev", "%0", "--timeout", "20", "--", case.command).json


def problem(case: Case, answer: dict) -> str | None:
    code = answer["exit_code"]
    fits = code == case.code if case.code is not None else code not in (0, None)
    if answer["outcome"] != "exited" or not fits:
        return f"{case.name}: {answer['outcome']} {code}: {answer['output'][:300]!r}"
    if case.output is not None and answer["output"] != case.output:
        return f"{case.name}: {answer['output'][:300]!r} instead of {case.output[:300]!r}"
    return None


def problems(box, shell: str, cases: tuple[Case, ...]) -> list[str]:
    found = [problem(case, run(box, case)) for case in cases if shell in case.shells]
    return [text for text in found if text]


def check(box, shell: str) -> None:
    """Every chosen case is exact, the last one ends the shell, and its pane goes or stays as tmux was told."""
    keeps = box.tmux("show-options", "-g", "-v", "remain-on-exit") == "on\n"
    assert problems(box, shell, (*CHOSEN, LAST)) == []
    if shell == "fish":
        return  # there, what a sourced file calls `exit` ends that file (source(1))
    if keeps:
        assert box.tmux("list-panes", "-a", "-F", "#{pane_dead}") == "1\n"
    else:
        wait_until(lambda: "%0" not in box.tmux("list-panes", "-a", "-F", "#{pane_id}", check=False), "the pane's end")


@pytest.mark.parametrize("name", BASH)
def test_bash(box, name):
    prepare(box, "bash", BASH[name])
    check(box, "bash")


@pytest.mark.parametrize("name", ZSH)
def test_zsh(box, name):
    prepare(box, "zsh", ZSH[name])
    check(box, "zsh")


@pytest.mark.parametrize("name", FISH)
def test_fish(box, name):
    prepare(box, "fish", FISH[name])
    check(box, "fish")


@pytest.mark.parametrize("shell", REPLACED)
def test_what_we_use_may_be_replaced(box, shell):
    prepare(box, shell, REPLACED[shell])
    assert problems(box, shell, UNTOUCHED) == []


@pytest.mark.parametrize("name", TMUX)
def test_tmux(box, name):
    prepare(box, "bash", tmux=TMUX[name])
    check(box, "bash")


@pytest.mark.parametrize(("shell", "name", "path", "lines"), INSTALLED, ids=lambda value: value[:24])
def test_what_the_system_has(box, shell, name, path, lines):
    if not os.path.exists(path):
        warnings.warn(f"not tested with {shell}: {name} is not installed ({path})", stacklevel=1)
        pytest.skip(f"{name} is not installed: {path}")
    box.env["XDG_RUNTIME_DIR"] = str(box.directory)
    (box.work / ".envrc").write_text("export BRIDGE_ENVRC=1\n")
    prepare(box, shell, lines.format(path))
    check(box, shell)
