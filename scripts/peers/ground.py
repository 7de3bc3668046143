"""Where a tool is tried: a home, a tmux server and a directory of its own, and panes made by tmux alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from peers.contestant import Contestant, Pane

SIZE = ("-x", "200", "-y", "50")  # wide, since half of the tools read wrapped lines as two


class Ground:
    """Private to one tool, so that nothing of one is met by another. Used as a context."""

    def __init__(self, tool: Contestant, shell: str, cache: Path) -> None:
        self.tool = tool
        self._top = top = Path(tempfile.mkdtemp(prefix="peers"))
        top.chmod(0o711)
        self.home, self.work = top / "home", top / "work"
        for folder in (self.home, self.work, top / "tmux", self.home / ".local/share/fish/generated_completions"):
            folder.mkdir(mode=0o700, parents=True)
        for name in (".bashrc", ".bash_profile", ".zshrc", ".kshrc", ".mkshrc", ".profile"):
            (self.home / name).write_text("PS1='$ '\n")
        (self.home / ".config/fish").mkdir(parents=True)
        (self.home / ".config/fish/config.fish").write_text("function fish_prompt; echo '$ '; end\n")
        self.env = {key: os.environ[key] for key in ("PATH", "BRIDGE_PYTHON") if key in os.environ} | {
            "HOME": str(self.home),
            "SHELL": shell,
            "ENV": str(self.home / ".profile"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMUX_TMPDIR": str(top / "tmux"),
            "BRIDGE_STATE_DIR": str(top / "state"),
            "BRIDGE_CACHE_DIR": str(cache),
        }
        self._made = 0

    def __enter__(self) -> Ground:
        self.tmux("new-session", "-d", "-s", "keep", *SIZE, "sleep 86400")  # the server outlives each pane
        try:
            self.tool.open(self.env, str(self.work))
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.tool.close()
        self.tmux("kill-server")
        # Shells that are ending still write their histories, so the directory may have to be removed twice.
        end = time.monotonic() + 3
        while self._top.exists() and time.monotonic() < end:
            shutil.rmtree(self._top, ignore_errors=True)
            time.sleep(0.1)

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.tool.socket, *words],
            env=self.env,
            cwd=self.work,
            capture_output=True,
            timeout=30,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    def screen(self, pane: Pane) -> str:
        return self.tmux("capture-pane", "-p", "-t", pane.place)

    def pane(self) -> Pane:
        """A fresh shell at its prompt."""
        self._made += 1
        name = f"s{self._made}"
        identity = self.tmux("new-session", "-d", "-s", name, "-P", "-F", "#{pane_id}", *SIZE).strip()
        pane = Pane(name, identity)
        self.wait(lambda: self.screen(pane).startswith("$"), 20)
        return pane

    def remove(self, pane: Pane) -> None:
        self.tmux("kill-session", "-t", f"={pane.session}")

    def foreground(self, pane: Pane) -> str:
        return self.tmux("display-message", "-p", "-t", pane.place, "#{pane_current_command}").strip()

    def wait(self, condition, seconds: float = 10) -> bool:
        """True as soon as the condition holds; tmux itself is the witness, never the tool."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.02)
        return False
