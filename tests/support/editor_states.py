"""What may stand in a shell's line editor when a command of ours comes: the keys that lead there, and the editors."""

from __future__ import annotations

import time
from pathlib import Path

from conftest import wait_until

ESC, PASTE, PASTED = b"\x1b", b"\x1b[200~", b"\x1b[201~"
LEFT, UP = b"\x1b[D", b"\x1b[A"
ENTER = b"\r"

# T stands for a draft that would leave a trace if it ran.
T = b"touch @BAD@"
STATES: dict[str, bytes] = {
    "nothing": b"",
    "a draft": T,
    "the cursor in its middle": T + LEFT * 3,
    "the cursor at its start": T + b"\x01",
    "a semicolon": T + b" ;",
    "a word open": T + b" 'abc",
    "Escape": T + ESC,
    "Escape in its middle": T + LEFT * 4 + ESC,
    "Escape twice": T + ESC + ESC,
    "Escape and nothing": ESC,
    "d": T + ESC + b"d",
    "c": T + ESC + b"c",
    "y": T + ESC + b"y",
    "r": T + ESC + b"r",
    "R": T + ESC + b"R",
    "R with text": T + ESC + b"0Rtouch",
    "f": T + ESC + b"f",
    "F": T + ESC + b"F",
    "d t": T + ESC + b"dt",
    "d i": T + ESC + b"di",
    "a register": T + ESC + b'"',
    "a register and d": T + ESC + b'"ad',
    "a mark": T + ESC + b"m",
    "a search": T + ESC + b"/",
    "a search with text": T + ESC + b"/tou",
    "a search forward": T + ESC + b"?t",
    "a named command": T + ESC + b":",
    "a named command by x": T + ESC + b"x",
    "V": T + ESC + b"V",
    "a number": T + ESC + b"3",
    "a number and d": T + ESC + b"3d",
    "g": T + ESC + b"g",
    "an undo": T + b"x\x1f",
    "Ctrl-V": T + b"\x16",
    "Ctrl-Q": T + b"\x11",
    "Ctrl-V and nothing": b"\x16",
    "Ctrl-R": T + b"\x12",
    "Ctrl-R with text": b"\x12tou",
    "Ctrl-R twice": b"\x12e\x12",
    "Ctrl-X": T + b"\x18",
    "a macro": T + b"\x18(a",
    "Ctrl-space": T + b"\x00" + LEFT,
    "completion": b"touch @BAD@; ech\t",
    "a list of completions": b"touch @BAD@; /usr/s\t\t",
    "a menu of completions": b"touch @BAD@; /usr/\t\t\t",
    "a word of the last line": T + b"; " + ESC + b".",
    "history": UP,
    "history and text": T + UP + b" x",
    "a line put aside": T + ESC + b"q",
    "a line put aside and a draft": T + ESC + b"q" + T,
    "a search of the history": T + ESC + b"p",
    "an open paste": PASTE + T,
    "a paste of two lines": PASTE + T + b"\n" + T + PASTED,
    "an open sequence": T + b"\x1b[",
    "an open key": T + b"\x1bO",
    "the Insert key": T + b"\x1b[2~",
    "the name of a terminal": b"\x1bP>|tmux 3.3a\x1b\\",
    "the name behind a draft": T + b"\x1bP>|tmux 3.3a\x1b\\",
    "the kind of a terminal": T + b"\x1b[?1;2c",
    "the place of a cursor": b"\x1b[12;40R",
    "a colour": T + b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    "an open quote": T + b" 'abc" + ENTER,
    "an open quote and text": T + b" 'abc" + ENTER + b"x ",
    "an open double quote": T + b' "abc' + ENTER + b"x",
    "a backslash": T + b" \\" + ENTER,
    "a backslash and text": T + b" \\" + ENTER + b"x",
    "an and": T + b" &&" + ENTER,
    "an open loop": b"for i in 1; do" + ENTER + T + ENTER,
    "an open brace": b"{ " + T + ENTER + T,
    "an open pipe": T + b" |" + ENTER + ESC,
    "a document": b"cat <<E >@BAD@" + ENTER + b"abc" + ENTER + b"x",
}


class Kind:
    """A shell with its editor; `foreign` is one that bridge has not started and that has none of its keys."""

    def __init__(self, shell: str, mode: str = "", *, foreign: bool = False) -> None:
        self.shell, self.mode, self.foreign = shell, mode, foreign
        self.name = " ".join(filter(None, (shell, mode, "foreign" if foreign else "")))

    def rc(self) -> str:
        """The lines of its start file."""
        if self.shell == "fish":
            return "fish_vi_key_bindings\n" if self.mode == "vi" else ""
        if self.shell == "zsh":
            return f"PS1='$ '\nbindkey {'-v' if self.mode == 'vi' else '-e'}\n"
        return f"PS1='$ '\n{f'set -o {self.mode}' if self.mode else ''}\n"


KINDS = (
    *(
        Kind(shell, mode, foreign=foreign)
        for shell in ("bash", "zsh", "fish")
        for mode in ("emacs", "vi")
        for foreign in (False, True)
    ),
    Kind("dash"),
    *(Kind(shell, mode) for shell in ("ksh", "mksh") for mode in ("emacs", "vi")),
)


class Editor:
    """Panes with one kind of editor, in a sandbox of their own."""

    def __init__(self, box, kind: Kind, panes: int = 1) -> None:
        self.box, self.kind = box, kind
        box.use_shell(kind.shell)
        box.env["ENV"] = str(box.home / ".shrc")
        for name in (".bash_profile", ".bashrc", ".zshrc", ".shrc", ".config/fish/config.fish"):
            path = box.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(kind.rc())
        if kind.foreign:
            box.tmux("new-session", "-d", "-s", "dev", "-x", "200", "-y", "50")
        else:
            box.bridge("session-create", "dev").ok()
        for number in range(1, panes):
            if kind.foreign:
                box.tmux("split-window", "-t", "dev:0.0")
            else:
                box.bridge("pane-create", "dev", f"p{number}").ok()
        for pane in range(panes):
            box.await_prompt("dev", str(pane))
            self.run(pane, "true")
            if kind.shell != "dash":  # a line that a history gives back
                assert self.run(pane, "true")["exit_code"] == 0

    def run(self, pane: int, command: str) -> dict:
        """The answer of a run; a foreign shell has forgotten our keys before."""
        if self.kind.foreign:
            for path in self.box.directory.rglob(f"pane-{pane}-*.hook"):
                path.unlink()
        return self.box.bridge("pane-run", "dev", f"%{pane}", "--timeout", "20", "--", command).json

    def type(self, pane: int, keys: bytes) -> None:
        """Have the pane's terminal get these bytes."""
        keys = keys.replace(b"@BAD@", str(self._bad(pane)).encode())
        self.box.tmux("send-keys", "-t", f"%{pane}", "-H", *(f"{byte:02x}" for byte in keys))

    def problem(self, pane: int, state: str) -> str:
        """What is wrong with a run in this state, empty where all is right."""
        return self.problem_of(pane, state, STATES[state])

    def problem_of(self, pane: int, state: str, keys: bytes) -> str:
        """As `problem`, behind these keys."""
        self.type(pane, keys)
        time.sleep(0.03)
        answer = self.run(pane, "echo mine")
        told = []
        if (answer.get("outcome"), answer.get("exit_code"), answer["output"]) != ("exited", 0, "mine\n"):
            told.append(f"{answer.get('outcome')} {answer['output']!r} {answer.get('error')}")
        # What was put aside is there again; an interrupt and an empty line show that nothing is left to be run.
        self.box.tmux("send-keys", "-t", f"%{pane}", "C-c")
        if self._bad(pane).exists():
            told.append("the draft was run")
            self._bad(pane).unlink()
        return f"{self.kind.name}: {state}: {'; '.join(told)}" if told else ""

    def await_screen(self, pane: int, text: str, behind: str) -> None:
        """Wait until the pane shows the text behind another."""
        wait_until(lambda: text in self.box.screen(f"%{pane}").rpartition(behind)[2], f"{text!r} behind {behind!r}")

    def _bad(self, pane: int) -> Path:
        return self.box.work / f"bad{pane}"
