"""Whether everything is there that bridge needs."""

from __future__ import annotations

from bridge.context import Context
from bridge.features.upkeep import bundle, doctor
from bridge.spec import Arg, Command, Field, Result

_LEVELS = {"ok": "success", "warning": "warn", "error": "error"}


def _doctor(ctx: Context, params: dict[str, object]) -> Result:
    checks = doctor.examine(ctx, fix=bool(params["fix"]))
    health = doctor.verdict(checks)
    path = str(params["bundle"] or "")
    names = bundle.write(ctx, path, checks) if path else []
    rows = [
        {
            "check": check.name,
            "status": check.status,
            "message": check.message,
            "todo": check.todo or None,
            "fixed": check.fixed,
        }
        for check in checks
    ]
    logs = [(_LEVELS[check.status], f"{check.name}: {check.message}") for check in checks]
    logs += [("info", f"{check.name}: to do: {check.todo}") for check in checks if check.todo]
    return Result(
        health,
        fields={
            "health": health,
            "checks": rows,
            "fixed": sum(check.fixed for check in checks),
            "bundle": path or None,
            "bundled": names,
        },
        logs=tuple(logs),
        exit_status=1 if health == "broken" else 0,
    )


COMMANDS = (
    Command(
        name="doctor",
        summary="Check everything that bridge needs; exit status 1 where something is broken.",
        run=_doctor,
        effect="write",
        target="none",
        output="healthy, degraded or broken",
        args=(
            Arg(
                "fix", "mend what is ours and safe: modes, leftovers, what a dead daemon left", "flag", positional=False
            ),
            Arg(
                "bundle", "write a report for others there (tar.gz), without secrets and panes' text", positional=False
            ),
        ),
        returns=(
            Field("health", "string", "healthy, degraded (warnings) or broken (errors)"),
            Field("checks", "array", "objects with check, status (ok, warning, error), message, todo, fixed"),
            Field("fixed", "integer", "how many files were mended or removed"),
            Field("bundle", "string", "the report's path, null without --bundle"),
            Field("bundled", "array", "the names of what is in the report"),
        ),
        errors=("ERR_STATE",),
        examples=("bridge doctor", "bridge doctor --fix", "bridge doctor --bundle report.tar.gz"),
        lenient=True,
        script=False,
    ),
)
