"""Write what is made from the command table: parts of PROTOCOL.md, the man page; --check tells what is stale."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(1, str(ROOT / "scripts"))

import client_stub  # noqa: E402 - the paths above find it

from bridge import __version__, registry  # noqa: E402
from bridge.config import CHOICES, VARIABLES  # noqa: E402
from bridge.core.arguments import usage_line  # noqa: E402
from bridge.core.manual import page  # noqa: E402
from bridge.errors import CODES  # noqa: E402
from bridge.spec import COMMON_ERRORS, Arg, Command, Field  # noqa: E402
from bridge.store.settingsfile import KEYS, in_project  # noqa: E402

DOCUMENTS = ("PROTOCOL.md",)
REPAIR = "make generate"
OPENING, CLOSING = "<!-- generated: ", "<!-- end -->"

# Each type of an argument, as a reader of the table is told.
ARGUMENT_TYPES = {
    "session": "session",
    "name": "session name",
    "pane": "pane",
    "text": "text",
    "pattern": "pattern",
    "integer": "whole number",
    "seconds": "seconds",
    "choice": "one of",
    "flag": "switch",
}
FIELD_TYPES = ("string", "boolean", "integer", "number", "array", "object")
EFFECTS = {
    "read": "Changes nothing.",
    "write": "Changes something.",
    "destroy": "Ends something for good.",
}
TARGETS = ("none", "session", "pane")
STREAMS = ("stdout", "stderr")


def commands() -> str:
    """One section for each row, after a list of them all."""
    rows = registry.load_all()
    index = table(("command", "what it does"), [(f"[`{row.name}`](#{row.name})", row.summary) for row in rows])
    return "\n\n".join([index, *(section(row) for row in rows)])


def section(row: Command) -> str:
    """The section of one command; raises ValueError for a row that it cannot describe."""
    check(row)
    notes = [EFFECTS[row.effect]]
    if row.stream:
        notes.append("Prints text as it comes instead of an envelope ([streaming commands](#streaming-commands)).")
    if row.waits:
        notes.append("May take as long as it is told to wait.")
    if not row.script:
        notes.append("The bash script did not have it.")
    if row.envelope_on == "stderr":
        notes.append("In the script's form its answer goes to stderr.")
    parts = [f"### {row.name}", row.summary, code(usage_line(row).removeprefix("usage: ")), " ".join(notes)]
    if row.args:
        parts.append(table(("argument", "type", "without it", "meaning"), [argument(row, arg) for arg in row.args]))
    parts.append(f"`output`: {row.output}.")
    if row.returns:
        parts.append(table(("own field", "type", "meaning"), [own_field(row, field) for field in row.returns]))
    own = [f"`{name}`" for name in row.errors]
    parts.append("Errors: " + (", ".join(own) + ", and the common ones." if own else "the common ones."))
    parts.append(code("\n".join(row.examples)))
    return "\n\n".join(parts)


def check(row: Command) -> None:
    """Raise ValueError for anything in a row that the document has no words for."""
    positional = [arg for arg in row.args if arg.positional]
    optional = [arg.required for arg in positional]
    problems = [
        (row.effect not in EFFECTS, f"unknown effect {row.effect!r}"),
        (row.target not in TARGETS, f"unknown target {row.target!r}"),
        (row.envelope_on not in STREAMS, f"unknown stream {row.envelope_on!r}"),
        (not (row.summary.endswith(".") and row.output), "needs a summary that ends in a full stop, and an output"),
        (not row.examples, "needs an example"),
        (any(row.name not in example for example in row.examples), "an example shows another command"),
        (optional != sorted(optional, reverse=True), "a required argument follows an optional one"),
        (any(arg.many for arg in positional[:-1]), "only the last argument takes many words"),
        (len({arg.name for arg in row.args}) < len(row.args), "two arguments have one name"),
        (len({field.name for field in row.returns}) < len(row.returns), "two fields have one name"),
        (len(set(row.errors)) < len(row.errors), "an error is declared twice"),
    ]
    problems += [(name not in CODES, f"unknown error {name!r}") for name in row.errors]
    for wrong, text in problems:
        if wrong:
            raise ValueError(f"{row.name}: {text}")


def argument(row: Command, arg: Arg) -> tuple[str, str, str, str]:
    """A line of the arguments' table."""
    place = f"{row.name}, argument {arg.name}"
    if arg.type not in ARGUMENT_TYPES:
        raise ValueError(f"{place}: unknown type {arg.type!r}")
    if (arg.type == "choice") != bool(arg.choices):
        raise ValueError(f"{place}: choices belong to the type choice, and it to them")
    if not arg.positional and arg.required:
        raise ValueError(f"{place}: an option cannot be required")
    if arg.type == "flag" and (arg.positional or arg.default):
        raise ValueError(f"{place}: a flag is an option that is off without it")
    if not arg.help:
        raise ValueError(f"{place}: needs a help text")
    kind = ARGUMENT_TYPES[arg.type] + (" " + ", ".join(f"`{choice}`" for choice in arg.choices) if arg.choices else "")
    name = arg.name.upper() + ("…" if arg.many else "") if arg.positional else f"--{arg.name}"
    return f"`{name}`", kind, default(arg), arg.help


def default(arg: Arg) -> str:
    """What an argument is when it is not given."""
    if arg.required:
        return "required"
    if arg.type == "flag":
        return "off"
    if arg.default is None:
        return ""
    if isinstance(arg.default, float) and arg.default.is_integer():
        return f"`{arg.default:.0f}`"
    if isinstance(arg.default, (int, float, str)):
        return f"`{arg.default}`"
    raise ValueError(f"argument {arg.name}: no words for a default like {arg.default!r}")


def own_field(row: Command, field: Field) -> tuple[str, str, str]:
    """A line of the fields' table."""
    if field.type not in FIELD_TYPES:
        raise ValueError(f"{row.name}, field {field.name}: unknown type {field.type!r}")
    if not field.help:
        raise ValueError(f"{row.name}, field {field.name}: needs a help text")
    return f"`{field.name}`", field.type, field.help


def errors() -> str:
    """The table of codes, and which of them every command may answer with."""
    unknown = [name for name in COMMON_ERRORS if name not in CODES]
    if unknown:
        raise ValueError(f"common errors without a meaning: {unknown}")
    rows = [(f"`{name}`", meaning, "yes" if again else "no") for name, (meaning, again) in CODES.items()]
    common = ", ".join(f"`{name}`" for name in COMMON_ERRORS)
    return table(("code", "meaning", "retryable"), rows) + f"\n\nAny command may answer with the common ones: {common}."


def variables() -> str:
    """The environment variables."""
    for name, (_, meaning) in VARIABLES.items():
        if not meaning:
            raise ValueError(f"{name}: needs a meaning")
    rows = [(f"`{name}`", f"`{value}`" if value else "", meaning) for name, (value, meaning) in VARIABLES.items()]
    return table(("variable", "without it", "meaning"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    cells = [head, tuple("---" for _ in head), *rows]
    for row in cells:
        if len(row) != len(head) or any("\n" in cell for cell in row):
            raise ValueError(f"not a row of the table {head}: {row}")
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)


def code(text: str) -> str:
    """A block of shell text."""
    return f"```sh\n{text}\n```"


def manual() -> str:
    """The man page."""
    return page(registry.load_all(), VARIABLES, __version__)


CONFIGURATION = """# Settings

<!-- generated by scripts/generate.py: change that, or the tables that it reads -->

A setting comes from the first of these that has it:

1. an option of the call (`-L`, `-S`, `--compact`, `--quiet`),
2. a variable of the environment (`BRIDGE_MAX_PANES`),
3. the project's file: `.bridge.toml` in the working directory, or in the nearest directory above it,
4. the user's file: `$BRIDGE_CONFIG`, else `$XDG_CONFIG_HOME/bridge/config.toml`, else `~/.config/bridge/config.toml`,
5. the default.

Files are TOML with one line for each setting, for example `max_panes = 6` or `json = "compact"`. An unknown
key, a value that cannot be, and a file that belongs to somebody else or that everybody may write to are
refused by every command, with the file and the line. A project's file cannot set what names a program, a
server or a place. In a directory that everybody may write to, as /tmp, no project's file is looked for. What
tmux and callbacks get as their environment does not change.

A variable that names a place by a relative path names it from the directory of the call, and whoever works for that
call elsewhere (the daemon, its callbacks, a unit that starts it) is given the whole path. A file takes whole paths
alone. `BRIDGE_TMUX` and `BRIDGE_PYTHON` are programs: without a slash they are looked for on PATH. Two kinds are not
taken from the directory of the call: `BRIDGE_CACHE_DIR`, since what lies there is executed (a relative one is not used,
which makes every call slow; `bridge doctor` tells), and HOME and the XDG variables, which are ignored where they are
relative.

`bridge config-show --origin` tells each setting and where it comes from, `bridge config-validate` everything
that is wrong, `bridge config-init` writes a file to begin with, `bridge config-set max_panes 6` changes one
line of it.
"""


def configuration() -> str:
    """The page about settings."""
    rows = []
    for name, (value, meaning) in VARIABLES.items():
        key = name.removeprefix("BRIDGE_").lower()
        place = "environment alone"
        if key in KEYS:
            place = "user's, project's" if in_project(name) else "user's"
        words = f"; one of {', '.join(CHOICES[name])}" if name in CHOICES else ""
        rows.append(
            (f"`{key}`" if key in KEYS else "", f"`{name}`", f"`{value}`" if value else "", place, meaning + words)
        )
    head = ("key", "variable", "default", "file", "meaning")
    return f"{CONFIGURATION}\n## Every setting\n\n{table(head, rows)}\n"


# Files that are generated as a whole.
WHOLE = {
    "docs/bridge.1": manual,
    "docs/CONFIGURATION.md": configuration,
    "bridge/client/__init__.pyi": client_stub.text,
}
PARTS = {"commands": commands, "errors": errors, "variables": variables}


def filled(text: str, document: str) -> str:
    """The document with every generated part written anew; what stands around them is kept.

    Raises ValueError for a part that nobody generates, one that is missing or twice there, and one
    that does not end.
    """
    before, *pieces = text.split(OPENING)
    done = before
    seen = []
    for piece in pieces:
        name, closed, rest = piece.partition(" -->\n")
        if not closed or name not in PARTS:
            raise ValueError(f"{document}: no such generated part: {name.splitlines()[0]!r}")
        _, closed, after = rest.partition(CLOSING)
        if not closed:
            raise ValueError(f"{document}: the generated part {name!r} has no {CLOSING}")
        seen.append(name)
        done += f"{OPENING}{name} -->\n\n{PARTS[name]()}\n\n{CLOSING}{after}"
    if sorted(seen) != sorted(PARTS):
        raise ValueError(f"{document}: has the parts {seen}, each of {list(PARTS)} belongs there once")
    return done


def main(words: list[str]) -> int:
    """The exit status: 1 where --check finds a stale file."""
    if words not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    status = 0
    for name in (*DOCUMENTS, *WHOLE):
        path = ROOT / name
        text = path.read_text(encoding="utf-8") if path.exists() or name in DOCUMENTS else ""
        wanted = WHOLE[name]() if name in WHOLE else filled(text, name)
        if wanted == text:
            continue
        if words:
            print(f"{name} is stale; this repairs it: {REPAIR}")
            status = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            print(f"{name}: written")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
