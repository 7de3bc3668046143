"""Where the shells look for completion files, and what a shell needs besides."""

from __future__ import annotations

from bridge.config import home
from bridge.context import Context
from bridge.core import shellcompletion
from bridge.core.events import TYPES
from bridge.core.topics import TOPICS
from bridge.features.panes.split import LAYOUTS
from bridge.store import settingsfile, userfiles
from bridge.system import signalnames


def script(ctx: Context, shell: str) -> str:
    """The completion file of a shell."""
    fixed = {
        "event": tuple(TYPES),
        "layout": LAYOUTS,
        "signal": signalnames.names(),
        "setting": tuple(settingsfile.KEYS),
    }
    return shellcompletion.script(shell, ctx.rows(), tuple(TOPICS), fixed)


def install(ctx: Context, shell: str, text: str) -> tuple[str, str]:
    """Write the file where the shell finds it; its path, and what the user has to do yet (may be empty).

    Raises ERR_STATE.
    """
    path = _path(ctx.environ, shell)
    userfiles.place(path, text, shellcompletion.MARK)
    # bash and fish look for a file of the name that is typed; zsh reads the names in the file.
    folder, _, file = path.rpartition("/")
    for name in shellcompletion.NAMES[1:] if shell != "zsh" else ():
        userfiles.place(f"{folder}/{file.replace('bridge', name)}", text, shellcompletion.MARK)
    if shell == "zsh":
        folder = path.rpartition("/")[0]
        return path, f"put this before compinit into ~/.zshrc: fpath=({folder} $fpath)"
    if shell == "bash":
        return path, "it is found by the package bash-completion; without it, source the file in ~/.bashrc"
    return path, ""


def _path(environ: dict[str, str], shell: str) -> str:
    def below(variable: str, default: str) -> str:
        value = environ.get(variable, "")
        return value if value.startswith("/") else f"{home(environ)}/{default}"

    if shell == "bash":
        base = environ.get("BASH_COMPLETION_USER_DIR", "")
        if not base.startswith("/"):
            base = below("XDG_DATA_HOME", ".local/share") + "/bash-completion"
        return f"{base}/completions/bridge"
    if shell == "zsh":
        return below("XDG_DATA_HOME", ".local/share") + "/zsh/site-functions/_bridge"
    return below("XDG_CONFIG_HOME", ".config") + "/fish/completions/bridge.fish"
