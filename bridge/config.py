"""Every setting that comes from the environment, read once."""

from __future__ import annotations

import posix

from bridge.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# name: (default, what it means); the documents list these
VARIABLES: dict[str, tuple[str, str]] = {
    "BRIDGE_TMUX": ("tmux", "the tmux program"),
    "BRIDGE_SOCKET": ("", "path of the tmux server's socket, as tmux -S"),
    "BRIDGE_TMUX_TIMEOUT": ("10", "seconds that one tmux call may take"),
    "BRIDGE_LOCK_TIMEOUT": ("10", "seconds to wait for another process's lock"),
    "BRIDGE_SIZE": (
        "200x50",
        "columns x rows of a new session, or default: tmux's own default-size, as the script has",
    ),
    "BRIDGE_MAX_PANES": ("10", "panes in one window of a session"),
    "BRIDGE_LOG_LIMIT_MB": ("64", "megabytes that the log of one pane keeps; older output is let go"),
    "BRIDGE_STATE_DIR": ("", "the state directory; else $XDG_STATE_HOME/bridge, else ~/.local/state/bridge"),
    "BRIDGE_STATES_DIR": ("", "the directory of the *.state files alone"),
    "BRIDGE_CACHE_DIR": ("", "where the built file unpacks itself; else $XDG_CACHE_HOME/bridge, else ~/.cache/bridge"),
    "BRIDGE_EVENTS_DIR": ("", "the directory of the events' mirror alone"),
    "BRIDGE_DAEMON_LOG": ("", "the daemon's log; else daemon.log below the state directory"),
    "BRIDGE_PID_FILE": ("", "the daemon's pid file, for readers; else daemon.pid below the state directory"),
    "BRIDGE_CALLBACK_TIMEOUT": ("60", "seconds that an event's callback may take"),
    "BRIDGE_SNAPSHOT_ENV": (
        "",
        "more variables that a snapshot may hold, with commas: FOO, BAR_*",
    ),
    "GC_TTL": ("", "seconds after which clean-up takes a session as idle; wins over its own and over gc-enable's"),
    "BRIDGE_GC_APART": ("60", "seconds that must lie between the two looks that agree on a clean-up"),
    "BRIDGE_GC_INTERVAL": ("3600", "seconds between two clean-ups of the daemon"),
    "BRIDGE_METRICS_INTERVAL": ("5", "seconds between two samples of what panes use"),
    "BRIDGE_METRICS_DAYS": ("", "days that samples are kept on disk; else an hour in the daemon's memory alone"),
    "BRIDGE_AGENT_PROFILE": ("claude", "the profile of an agent that is started without --profile"),
    "MAX_INSTANCES": ("50", "agents that may live at once"),
    "MAX_DEPTH": ("5", "how many agents may stand above one that is started"),
    "TMUX_PREFIX": ("claude", "what the name of an agent's own session begins with, before _ and its id"),
    "BRIDGE_JSON": ("pretty", "pretty or compact"),
    "BRIDGE_LOG": ("info", "least level of the human lines on stderr: info, success, warn, error or off"),
    "BRIDGE_LOG_LEVEL": ("off", "least level of the lines in logs/bridge.log: debug, info, warn, error or off"),
    "BRIDGE_LOG_ROTATE_MB": ("10", "megabytes at which a log file is renamed; ten older ones are kept"),
    "BRIDGE_CORRELATION_ID": ("", "what the log lines of one task have in common; else each call has its own"),
    "BRIDGE_CONFIG": ("", "the user's configuration file; else $XDG_CONFIG_HOME/bridge/config.toml"),
    "BRIDGE_PYTHON": ("", "the Python that runs the built file"),
}

# The words that a setting may be, where it is one of a few.
CHOICES: dict[str, tuple[str, ...]] = {
    "BRIDGE_JSON": ("pretty", "compact"),
    "BRIDGE_LOG": ("info", "success", "warn", "error", "off"),
    "BRIDGE_LOG_LEVEL": ("debug", "info", "warn", "error", "off"),
}


# Variables that are paths: a relative one is taken from the directory of the call (`absolute`, `rooted`). The cache
# is executed from, so it is used by its whole path alone; and what XDG names is ignored where it is relative.
PATHS = (
    *("BRIDGE_STATE_DIR", "BRIDGE_STATES_DIR", "BRIDGE_EVENTS_DIR", "BRIDGE_TMUX", "TMUX_TMPDIR"),
    *("BRIDGE_DAEMON_LOG", "BRIDGE_PID_FILE", "BRIDGE_CONFIG", "BRIDGE_SOCKET"),
)
_PROGRAMS = ("BRIDGE_TMUX",)  # without a slash these are names, looked for on PATH
_COUNTS = ("BRIDGE_MAX_PANES", "MAX_INSTANCES", "MAX_DEPTH")
_LEAST, _MOST = 0.000001, 2_000_000.0  # poll(2) takes milliseconds in 31 bits
_LONGEST_SIZE = len("10000x10000")
_MOST_LINKS = 40  # as the kernel's own limit


class Config:
    """The settings of one call.

    `server` is the socket of the tmux server by its one name, however it was spelt: what is kept of a server is
    kept by that. `spelt` is what was given.

    `files` are those of configuration files, as variables; what the environment sets wins over them.
    `flags` names the settings that an option of the call has set.
    """

    __slots__ = (
        "events_dir",
        "files",
        "flags",
        "json",
        "lock_timeout",
        "log",
        "log_level",
        "log_limit_mb",
        "log_rotate_mb",
        "max_panes",
        "server",
        "size",
        "spelt",
        "state_dir",
        "states_dir",
        "tmux",
        "tmux_socket",
        "tmux_timeout",
    )

    def __init__(
        self, environ: dict[str, str], *, socket: tuple[str, ...] = (), files: dict[str, str] | None = None
    ) -> None:
        """Read the settings; `socket` are tmux's own options, which win over BRIDGE_SOCKET.

        Raises ERR_USAGE for a value that cannot be read, and for a socket that is another kind of file.
        """
        if posix.geteuid() != posix.getuid():
            raise BridgeError(
                "ERR_UNSUPPORTED", "bridge does not run setuid", hint="run it as the user whose tmux it is"
            )
        self.files = {name: value for name, value in files.items() if not environ.get(name)} if files else {}
        if self.files:
            environ = environ | self.files
        self.flags: tuple[str, ...] = ("BRIDGE_SOCKET",) if socket else ()
        get = environ.get
        self.tmux = get("BRIDGE_TMUX") or "tmux"
        if "/" in self.tmux:
            self.tmux = absolute(self.tmux)
        path = get("BRIDGE_SOCKET")
        self.tmux_socket = socket or (("-S", path) if path else ())
        self.spelt = server_path(environ, self.tmux_socket)
        self.server = resolve(absolute(self.spelt))
        if self.tmux_socket or get("TMUX"):
            _check_socket(self.server)
        self.tmux_timeout = number(environ, "BRIDGE_TMUX_TIMEOUT")
        self.lock_timeout = number(environ, "BRIDGE_LOCK_TIMEOUT")
        self.log_limit_mb = number(environ, "BRIDGE_LOG_LIMIT_MB")
        self.max_panes = int(number(environ, "BRIDGE_MAX_PANES"))
        self.size = get("BRIDGE_SIZE") or VARIABLES["BRIDGE_SIZE"][0]
        if not is_size(self.size):
            raise BridgeError(
                "ERR_USAGE", f"BRIDGE_SIZE: not a size: {self.size!r}", hint="give columns x rows, or default"
            )
        self.state_dir = state_directory(environ)
        self.states_dir = absolute(get("BRIDGE_STATES_DIR") or "")
        self.events_dir = absolute(get("BRIDGE_EVENTS_DIR") or "")
        self.json = choice(environ, "BRIDGE_JSON")
        self.log = choice(environ, "BRIDGE_LOG")
        self.log_level = choice(environ, "BRIDGE_LOG_LEVEL")
        self.log_rotate_mb = number(environ, "BRIDGE_LOG_ROTATE_MB")


def state_directory(environ: dict[str, str]) -> str:
    """The directory of all state, absolute: a relative one is taken from where the call was made."""
    path = environ.get("BRIDGE_STATE_DIR")
    return absolute(path).rstrip("/") or "/" if path else _below(environ, "XDG_STATE_HOME", ".local/state") + "/bridge"


def absolute(path: str) -> str:
    """The path, from the working directory where it is relative; raises ERR_USAGE where that is gone.

    An empty one stays: it names nothing.
    """
    if not path or path.startswith("/"):
        return path
    try:
        return f"{posix.getcwd()}/{path}"
    except OSError:
        raise BridgeError(
            "ERR_USAGE",
            f"a relative path, and the working directory is gone: {path!r}",
            hint="name it by its whole path",
        ) from None


def rooted(environ: dict[str, str]) -> dict[str, str]:
    """The variables of PATHS as one has to have them who works in another directory. Raises as `absolute`."""
    return {
        name: absolute(value)
        for name in PATHS
        if (value := environ.get(name)) and (name not in _PROGRAMS or "/" in value)
    }


def cache_directory(environ: dict[str, str]) -> str:
    """Where the built file unpacks itself (its header computes the same); empty where there is no such place."""
    named = environ.get("BRIDGE_CACHE_DIR", "")
    if named:
        return named if named.startswith("/") else ""
    above, known = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if not above.startswith("/"):
        above = f"{known}/.cache" if known.startswith("/") else ""
    return f"{above}/bridge" if above else ""


def unusable(path: str, reason: str, hint: str = "") -> BridgeError:
    """A configuration file that is refused as a whole."""
    return BridgeError("ERR_CONFIG", f"{path}: {reason}", hint=hint or "bridge config-path shows the files")


def resolve(path: str) -> str:
    """An absolute path without links, dots and slashes too many, also where its end is not there: as realpath(3)."""
    done = ""
    try:
        for _, behind in walk(path):
            done = behind
    except OSError:  # too many links
        return path
    return done or "/"


def walk(path: str) -> Iterator[tuple[str, str]]:
    """The places that an absolute path leads over, links too and followed; with each, where one is behind it.

    A step back has an empty place. What is not there counts as no link. Raises OSError for too many links.
    """
    waiting, done, links = path.split("/")[::-1], "", 0
    while waiting:
        part = waiting.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            yield "", done
            continue
        here = f"{done}/{part}"
        try:
            target = posix.readlink(here)
        except (OSError, ValueError):  # no link, or not there
            done = here
        else:
            links += 1
            if links > _MOST_LINKS:
                raise OSError(f"{path}: too many links")
            if target.startswith("/"):
                done = ""
            waiting += target.split("/")[::-1]
        yield here, done


def server_path(environ: dict[str, str], socket: tuple[str, ...]) -> str:
    """The socket that tmux would use: `-S`, `-L`, TMUX, TMUX_TMPDIR (tmux(1) OPTIONS, ENVIRONMENT)."""
    directory = (environ.get("TMUX_TMPDIR") or "/tmp") + f"/tmux-{posix.getuid()}"  # noqa: S108 - tmux's own
    if socket[:1] == ("-S",):
        return socket[1]
    if socket[:1] == ("-L",):
        return f"{directory}/{socket[1]}"
    return environ.get("TMUX", "").split(",")[0] or f"{directory}/default"


def _check_socket(path: str) -> None:
    """Raise ERR_USAGE for a file that is no socket: a tmux that starts puts its socket in the file's place."""
    try:
        mode = posix.stat(path).st_mode
    except (OSError, ValueError):
        return
    if mode & 0o170000 != 0o140000:  # inode(7)
        raise BridgeError(
            "ERR_USAGE",
            f"the tmux socket {path!r} is another kind of file",
            hint="name a socket, or a path that is free",
        )


def home(environ: dict[str, str]) -> str:
    """The home directory: HOME, else what the system's user table says."""
    path = environ.get("HOME", "")
    if path.startswith("/"):
        return path
    import pwd  # noqa: PLC0415 - only without HOME

    try:
        return pwd.getpwuid(posix.getuid()).pw_dir
    except KeyError:
        raise BridgeError(
            "ERR_STATE",
            f"no home directory: HOME is not set and user {posix.getuid()} is unknown",
            hint="set BRIDGE_STATE_DIR",
        ) from None


def _below(environ: dict[str, str], variable: str, default: str) -> str:
    path = environ.get(variable, "")
    return path if path.startswith("/") else f"{home(environ)}/{default}"


def number(environ: dict[str, str], name: str) -> float:
    """A setting above 0, within what can be waited and stored; raises ERR_USAGE and names it.

    What is counted takes whole numbers.
    """
    text = environ.get(name) or VARIABLES[name][0]
    whole = name in _COUNTS
    least = 1.0 if whole else _LEAST
    digits = text if whole else text.replace(".", "", 1)
    if len(text) > 9 or not (text.isascii() and digits.isdigit()) or not least <= float(text) <= _MOST:
        kind = "whole number" if whole else "number"
        raise BridgeError(
            "ERR_USAGE",
            f"{name}: not a {kind} from {least:g} to {_MOST:.0f}: {text!r}",
            hint=f"unset it or give {VARIABLES[name][0] or 1}",
        )
    return float(text)


def is_size(text: str) -> bool:
    """Whether it is columns x rows that tmux takes, or `default`."""
    width, _, height = text.partition("x")
    both = width.isdigit() and height.isdigit() and text.isascii() and len(text) <= _LONGEST_SIZE
    return text == "default" or (both and 1 <= int(width) <= 10000 and 1 <= int(height) <= 10000)


def choice(environ: dict[str, str], name: str) -> str:
    """A setting that is one of CHOICES; raises ERR_USAGE and names it."""
    text, choices = environ.get(name) or VARIABLES[name][0], CHOICES[name]
    if text not in choices:
        raise BridgeError("ERR_USAGE", f"{name}: unknown value: {text!r}", hint="one of " + ", ".join(choices))
    return text
