"""The daemon begun with the machine: a unit of the user's systemd, or a line of the crontab where there is none."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess

from bridge.config import rooted
from bridge.context import Context
from bridge.errors import BridgeError
from bridge.features.daemon import lifecycle
from bridge.store import userfiles
from bridge.system import program

_SYSTEMD_RUNS = "/run/systemd/system"  # sd_booted(3)
_KEPT = ("PATH", "LANG", "LC_ALL", "TMUX_TMPDIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
_MARK = "Written by bridge daemon-start --install"
_WITHIN = 20.0


class Installed:
    """Where it was written, and what is left to do."""

    __slots__ = ("hint", "kind", "place")

    def __init__(self, kind: str, place: str, hint: str) -> None:
        self.kind = kind
        self.place = place
        self.hint = hint


def install(ctx: Context, session: str) -> Installed:
    """Have the daemon begin with the machine; it is not started now. Raises ERR_STATE, ERR_UNSUPPORTED."""
    words = [*itself(), "daemon-start", session, "--foreground"]
    if os.path.isdir(_SYSTEMD_RUNS) and shutil.which("systemctl"):
        path = unit_path(ctx)
        userfiles.place(path, unit(ctx, words), _MARK)
        name = os.path.basename(path)
        return Installed("systemd", path, f"systemctl --user daemon-reload; systemctl --user enable --now {name}")
    line = cron_line(ctx, [*words[:-1]])
    _write_crontab(ctx, [line], line)
    return Installed("cron", line, "bridge daemon-start starts it now; cron does at the next boot")


def uninstall(ctx: Context) -> str:
    """Have the daemon begin with the machine no more; what was removed, empty for nothing. Raises ERR_STATE."""
    path = unit_path(ctx)
    removed = ""
    for found in (path, f"{os.path.dirname(path)}/default.target.wants/{os.path.basename(path)}"):
        if os.path.lexists(found):
            os.unlink(found)
            removed = path
    if not removed and shutil.which("crontab"):
        removed = _write_crontab(ctx, [])
    return removed


def unit_path(ctx: Context) -> str:
    """The unit of this tmux server's daemon."""
    config = ctx.environ.get("XDG_CONFIG_HOME", "")
    if not config.startswith("/"):
        config = f"{os.path.expanduser('~')}/.config"
    return f"{config}/systemd/user/{_name(ctx)}.service"


def unit(ctx: Context, words: list[str]) -> str:
    """The text of the unit (systemd.service(5))."""
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment(ctx).items())
    command = " ".join(_quoted(word).replace("$", "$$") for word in words)
    return (
        f"# {_MARK}; bridge daemon-stop --uninstall takes it away.\n"
        "[Unit]\n"
        f"Description=bridge daemon of the tmux server {_one_line(ctx.config.server)}\n\n"
        "[Service]\n"
        "Type=exec\n"
        f"{variables}"
        f"ExecStart={command}\n"
        "Restart=on-failure\n"
        "RestartSec=2\n"
        "KillMode=mixed\n\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


def cron_line(ctx: Context, words: list[str]) -> str:
    """The line of the crontab (crontab(5): a percent sign is a newline there unless it is escaped)."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in environment(ctx).items()]
    command = " ".join([*variables, *(shlex.quote(word) for word in words)])
    return f"@reboot {_one_line(command)} >/dev/null 2>&1 # {_name(ctx)}".replace("%", "\\%")


def environment(ctx: Context) -> dict[str, str]:
    """What the daemon needs to know of the environment it was installed from."""
    known = ctx.tmux.environ | rooted(ctx.tmux.environ)
    own = {name: known[name] for name in sorted(known) if name.startswith("BRIDGE_") and "\n" not in known[name]}
    kept = {name: known[name] for name in _KEPT if known.get(name) and "\n" not in known[name]}
    return kept | own | {"BRIDGE_SOCKET": ctx.config.server}


def itself() -> list[str]:
    """The words that run this program whatever becomes of its cache."""
    archive = program.archive()
    return [archive] if archive else program.itself()


def _name(ctx: Context) -> str:
    server = os.path.basename(ctx.config.server)
    plain = re.sub(r"[^A-Za-z0-9-]", "-", server)
    return "bridge-daemon" if server == "default" else f"bridge-daemon-{plain}-{lifecycle.place(ctx).key[:6]}"


def _quoted(word: str) -> str:
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{text}"'


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


def _write_crontab(ctx: Context, lines: list[str], shown: str = "") -> str:
    """Put these lines in the place of ours; returns the one that was there."""
    try:
        listed = subprocess.run(["crontab", "-l"], capture_output=True, timeout=_WITHIN, check=False)
        kept = listed.stdout.decode("utf-8", "surrogateescape").splitlines() if listed.returncode == 0 else []
        mark = f" # {_name(ctx)}"
        others = [row for row in kept if not row.endswith(mark)]
        gone = next((row for row in kept if row.endswith(mark)), "")
        if lines or gone:
            text = "".join(f"{row}\n" for row in [*others, *lines]).encode("utf-8", "surrogateescape")
            subprocess.run(["crontab", "-"], input=text, capture_output=True, timeout=_WITHIN, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        said = getattr(problem, "stderr", b"") or str(problem).encode()
        raise BridgeError(
            "ERR_UNSUPPORTED",
            f"there is neither a systemd of yours nor a crontab: {said.decode('utf-8', 'replace').strip()}",
            hint=f"have this run when the machine starts: {shown}" if shown else None,
        ) from None
    return gone
