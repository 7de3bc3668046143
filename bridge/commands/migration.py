"""The row of state-migrate: old state brought to the form of this version."""

from __future__ import annotations

import os

from bridge.context import Context
from bridge.errors import usage
from bridge.features.upkeep import migrate
from bridge.spec import Arg, Command, Field, Result, counted


def _migrate(ctx: Context, params: dict[str, object]) -> Result:
    check = bool(params["check"])
    given = params["from"]
    if given == "":
        raise usage("from: the directory is empty", hint=f"--from {migrate.SCRIPT_DIRECTORY}")
    source = None if given is None else str(given)
    found = migrate.migrate(ctx, source, check=check)
    shown = source or (migrate.SCRIPT_DIRECTORY if os.path.isdir(migrate.SCRIPT_DIRECTORY) else "")
    count = len(found.done)
    text = f"{'To migrate' if check else 'Migrated'}: {counted(count, 'file')}" if count else "Nothing to migrate"
    rows = [f"{item['kind']} {item['from']} -> {item['to']}" for item in found.done]
    notes = [("success", text)]
    if found.backup.count:
        notes.append(("info", f"the files as they were are kept in {found.backup.path}"))
    return Result("\n".join([text, *rows]), fields=migrate.fields(found, shown, check=check), logs=tuple(notes))


COMMANDS = (
    Command(
        name="state-migrate",
        summary="Bring the bash script's state, and that of earlier versions, to the form of this one.",
        run=_migrate,
        effect="write",
        target="none",
        output="how many files, then a line for each",
        args=(
            Arg("check", "tell what would be done, and change nothing", "flag", positional=False),
            Arg(
                "from",
                f"the script's state directory; {migrate.SCRIPT_DIRECTORY} if it is there and yours",
                "text",
                positional=False,
            ),
        ),
        returns=(
            Field("check", "boolean", "true: nothing was changed, `migrated` tells what would be"),
            Field("needed", "boolean", "whether there is, or was, anything to migrate"),
            Field("source", "string", "the directory that was imported from, null for none"),
            Field("migrated", "array", "kind, from, to and actions of each file"),
            Field("unchanged", "integer", "files that are as they should be, or were imported before"),
            Field("problems", "array", "path and reason of each file that could not be migrated; it is left as it was"),
            Field("backup", "string", "the directory with the files as they were, null where nothing was changed"),
        ),
        errors=("ERR_STATE", "ERR_LOCKED"),
        examples=("bridge state-migrate --check", "bridge state-migrate --from ~/old-states"),
        script=False,
    ),
)
