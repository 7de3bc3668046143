"""The options of every call, and its settings."""

from __future__ import annotations

from bridge.config import Config
from bridge.errors import BridgeError, usage
from bridge.store import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.spec import Command


class Globals:
    """The options of every call: they stand before the command, or behind its name where no text is expected."""

    __slots__ = ("compact", "fields", "quiet", "script", "socket", "table")

    def __init__(self) -> None:
        self.script = False
        self.compact = False
        self.quiet = False
        self.table = False
        self.socket: tuple[str, ...] = ()
        self.fields: tuple[str, ...] = ()

    def take(self, words: list[str]) -> list[str]:
        """Read the options and return what follows them; raises ERR_USAGE for one without its value."""
        rest = list(words)
        flags = {"--script": "script", "--compact": "compact", "--quiet": "quiet", "--table": "table"}
        while rest and not self.script:
            if rest[0] in flags:
                setattr(self, flags[rest.pop(0)], True)
            elif rest[0] in ("-L", "-S"):
                if len(rest) < 2 or not rest[1]:
                    raise usage(f"{rest[0]}: needs the server's name or socket", hint="bridge -L NAME COMMAND …")
                self.socket = (rest.pop(0), rest.pop(0))
            elif rest[0] == "--fields" or rest[0][:9] == "--fields=":
                rest[:1] = rest[0].split("=", 1)
                names = tuple(rest[1].split(",")) if len(rest) > 1 else ()
                if not all(names) or not names:
                    raise usage("--fields: needs names of fields", hint="bridge --fields exit_code,output pane-run …")
                self.fields, self.compact = names, True
                del rest[:2]
            else:
                break
        return rest

    def take_behind(self, command: Command, words: list[str]) -> list[str]:
        """Read the options among the words behind the command's name and return the others; raises ERR_USAGE."""
        if self.script or not any(word.startswith("--") for word in words):
            return words
        from bridge.core.arguments import take_globals  # noqa: PLC0415 - the call needs it anyway

        found, rest = take_globals(command, words)
        self.take(found)
        return rest


def configure(options: Globals, environ: dict[str, str], *, lenient: bool = False) -> Config:
    """The settings: options, environment, files. Raises ERR_USAGE, ERR_CONFIG unless `lenient`."""
    try:
        files = settings.read(environ)
    except BridgeError as problem:
        if not lenient or problem.code != "ERR_CONFIG":
            raise
        files = {}
    config = Config(environ, socket=options.socket, files=files)
    if options.compact:
        config.json, config.flags = "compact", (*config.flags, "BRIDGE_JSON")
    if options.quiet and config.log != "off":
        config.log, config.flags = "error", (*config.flags, "BRIDGE_LOG")
    return config
