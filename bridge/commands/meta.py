"""Commands about bridge itself."""

from __future__ import annotations

from bridge import __version__
from bridge.context import Context
from bridge.spec import Command, Field, Result


def _version(ctx: Context, params: dict[str, object]) -> Result:
    return Result(f"bridge {__version__}", fields={"version": __version__})


COMMANDS = (
    Command(
        name="version",
        summary="Tell the version of bridge.",
        run=_version,
        effect="read",
        target="none",
        output="name and version",
        returns=(Field("version", "string", "the version alone"),),
        examples=("bridge version | jq -r .version",),
        script=False,
    ),
)
