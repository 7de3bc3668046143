"""Making bridge known to agents: the entry of a client's settings, and the skill."""

from __future__ import annotations

import json
import os
import shutil

from bridge.config import home
from bridge.context import Context
from bridge.core.skilltext import NAME, skill
from bridge.store import foreign
from bridge.system import program

# client: (its file, the key of its servers); files with a tilde are the user's, others the directory's
CLIENTS = {
    "claude": (".mcp.json", "mcpServers"),
    "codex": ("~/.codex/config.toml", "mcp_servers"),
    "gemini": ("~/.gemini/settings.json", "mcpServers"),
    "cursor": ("~/.cursor/mcp.json", "mcpServers"),
    "vscode": (".vscode/mcp.json", "servers"),
}
SKILLS = {"claude": "~/.claude/skills", "codex": "~/.codex/skills"}
_ENTRY = "bridge"


class Introduction:
    """What belongs into which file, and whether it was written now."""

    __slots__ = ("changed", "path", "text")

    def __init__(self, path: str, text: str, *, changed: bool) -> None:
        self.path = path
        self.text = text
        self.changed = changed


def server(ctx: Context, client: str, tier: str, *, show: bool) -> Introduction:
    """The entry of `bridge mcp` in a client's settings; `show` changes nothing. Raises ERR_STATE."""
    name, key = CLIENTS[client]
    path = _place(ctx, name)
    words = [*_itself(shared=not name.startswith("~")), *ctx.config.tmux_socket, "mcp", "--tier", tier]
    entry: dict[str, object] = {"command": words[0], "args": words[1:]}
    if path.endswith(".toml"):
        shown = f"[{key}.{_ENTRY}]\ncommand = {json.dumps(words[0])}\nargs = {json.dumps(words[1:])}\n"
        return Introduction(path, shown, changed=not show and _add_table(path, f"[{key}.{_ENTRY}]", shown))
    if client == "vscode":
        entry = {"type": "stdio", **entry}
    shown = json.dumps({key: {_ENTRY: entry}}, indent=2, ensure_ascii=False) + "\n"
    return Introduction(path, shown, changed=not show and _add_key(path, key, entry))


def teach(ctx: Context, client: str, *, show: bool) -> Introduction:
    """Put the skill where a client looks for skills; `show` changes nothing. Raises ERR_STATE."""
    path = f"{_place(ctx, SKILLS[client])}/{NAME}/SKILL.md"
    text = skill()
    changed = not show and foreign.read(path) != text
    if changed:
        foreign.write(path, text)
    return Introduction(path, text, changed=changed)


def _place(ctx: Context, name: str) -> str:
    return home(ctx.environ) + name[1:] if name.startswith("~") else os.path.abspath(name)


def _itself(*, shared: bool) -> list[str]:
    """The words that start this program, wherever they are called from.

    A file that others get with a repository holds a name that they have on PATH too, where this is that program.
    """
    words = program.itself()
    if shared:
        for name in ("tmux-bridge", "claude-tmux"):
            found = shutil.which(name)
            if found and os.path.realpath(found) == os.path.realpath(words[-1]):
                return [name]
    return [os.path.abspath(words[-1])] if os.path.isfile(words[-1]) else words


def _add_key(path: str, key: str, entry: dict[str, object]) -> bool:
    text = foreign.read(path)
    try:
        settings = json.loads(text) if text and text.strip() else {}
    except (ValueError, RecursionError) as problem:
        raise foreign.refused(path, f"it is no plain JSON: {problem}") from None
    servers = settings.setdefault(key, {}) if isinstance(settings, dict) else None
    if not isinstance(servers, dict):
        raise foreign.refused(path, f"{key} is no object there")
    if servers.get(_ENTRY) == entry:
        return False
    servers[_ENTRY] = entry
    foreign.write(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    return True


def _add_table(path: str, head: str, shown: str) -> bool:
    from bridge.core import tomltext  # noqa: PLC0415 - one client has such a file

    text = foreign.read(path) or ""
    try:
        tomltext.parse(text)
    except tomltext.NotTomlError as problem:
        raise foreign.refused(path, f"it is no TOML: {problem}") from None
    if shown in text:
        return False
    if any(line.strip() == head for line in text.splitlines()):
        raise foreign.refused(path, f"{head} is there already, and differs")
    between = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    foreign.write(path, f"{text}{between}{shown}")
    return True
