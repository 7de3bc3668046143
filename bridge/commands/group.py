"""Groups of sessions."""

from __future__ import annotations

from bridge import errors
from bridge.commands.words import RESULTS, UNTRUSTED, seconds, started
from bridge.context import Context
from bridge.core.names import LONGEST, check_session_name
from bridge.errors import BridgeError
from bridge.features.groups import members
from bridge.features.groups.members import Member
from bridge.features.runs import launch
from bridge.features.sessions import health, lifetime, overview
from bridge.features.snapshots import restore, save
from bridge.spec import Arg, Command, Field, Result, counted
from bridge.system import clock


def _create(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    _check_name(group)
    with health.fleet(ctx).change(clock.epoch()) as fleet:
        if group in fleet.groups:
            raise BridgeError(
                "ERR_GROUP_EXISTS", f"there is a group {group!r} already", hint="use it, or take another name"
            )
        fleet.groups[group] = {"created_at": clock.timestamp(), "sessions": [], "metadata": {}}
    return Result("Group created", fields={"group": group}, logs=(("success", f"Group '{group}' created"),))


def _add(ctx: Context, params: dict[str, object]) -> Result:
    group, session = str(params["group"]), str(params["session"])
    _check_session(session)
    with health.fleet(ctx).change(clock.epoch()) as fleet:
        names = members.members(fleet, group)
        added = session not in names
        if added:
            fleet.groups[group]["sessions"] = [*names, session]
    return Result(
        "Session added" if added else "Session is in the group already",
        fields={"group": group, "changed": added},
        logs=(("success", f"Session '{session}' is in group '{group}'"),),
    )


def _remove(ctx: Context, params: dict[str, object]) -> Result:
    group, session = str(params["group"]), str(params["session"])
    with health.fleet(ctx).change(clock.epoch()) as fleet:
        names = members.members(fleet, group)
        if session not in names:
            raise BridgeError(
                "ERR_NOT_A_MEMBER", f"{session!r} is not in group {group!r}", hint=f"bridge group-list {group} shows it"
            )
        fleet.groups[group]["sessions"] = [name for name in names if name != session]
    return Result(
        "Session removed",
        fields={"group": group},
        logs=(("success", f"Session '{session}' is in group '{group}' no more"),),
    )


def _delete(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    with health.fleet(ctx).change(clock.epoch()) as fleet:
        names = members.members(fleet, group)
        del fleet.groups[group]
    return Result(
        "Group deleted",
        fields={"group": group, "members": names},
        logs=(("success", f"Group '{group}' deleted; its sessions go on"),),
    )


def _list(ctx: Context, params: dict[str, object]) -> Result:
    fleet = health.load(ctx)
    wanted = [str(params["group"])] if params["group"] else sorted(fleet.groups)
    there = overview.sessions(ctx)
    found = [members.describe(fleet, group, there) for group in wanted]
    return Result(found, fields={"groups": found, "count": len(found)}, logs=(("info", counted(len(found), "group")),))


def _exec(ctx: Context, params: dict[str, object]) -> Result:
    group, command = str(params["group"]), str(params["command"])
    timeout = seconds(params["timeout"])
    launch.check_command(command)
    if params["subshell"] and not params["wait"]:
        raise errors.usage("--subshell: only with --wait", hint="without --wait the text is typed as it stands")
    fleet = health.fleet(ctx)
    with fleet.lock():  # whoever else sends to a group waits until this has been sent
        fleet.load(clock.epoch())
        found = members.check(ctx, fleet, group)
        if not found:
            raise BridgeError("ERR_NOT_A_MEMBER", f"group {group!r} has no sessions", hint="bridge group-add adds one")
        problem = next((member.problem for member in found if member.problem), None)
        if problem is not None:
            raise _nothing_sent(group, found, problem)
        if params["wait"]:
            members.run_all(ctx, found, command, subshell=bool(params["subshell"]))
        else:
            members.send(ctx, found, command)
    if params["wait"]:
        members.await_all(found, timeout)
    return _exec_answer(group, command, found)


def _nothing_sent(group: str, found: list[Member], problem: BridgeError) -> BridgeError:
    names = ", ".join(member.name for member in found if member.problem)
    return BridgeError(
        "ERR_SESSION_NOT_FOUND" if problem.code == "ERR_SESSION_NOT_FOUND" else "ERR_BUSY",
        f"not all of group {group!r} can be given a command: {names}",
        hint="nothing was sent; `results` says what is in the way",
        fields={"group": group, "results": [member.describe() for member in found]},
    )


def _exec_answer(group: str, command: str, found: list[Member]) -> Result:
    results = [member.describe() for member in found]
    failed = [member.name for member in found if member.problem or member.result.get("exit_code") not in (0, None)]
    failed += [member.name for member in found if member.result.get("outcome") not in ("exited", None)]
    fields: dict[str, object] = {"group": group, "results": results, "untrusted": True}
    if failed:
        raise BridgeError(
            "ERR_COMMAND_FAILED",
            f"it did not go well in: {', '.join(dict.fromkeys(failed))}",
            hint="`results` tells how it went in each",
            fields=fields,
        )
    return Result(
        f"Command sent to {counted(len(found), 'session')}: {command}",
        fields=fields,
        logs=(("success", f"Command sent to {counted(len(found), 'session')} of group '{group}'"),),
    )


def _start(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    fleet = health.load(ctx)
    return started(members.start(ctx, fleet, members.members(fleet, group), seconds(params["timeout"])))


def _save(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    results: list[dict[str, object]] = []
    for name in members.members(health.load(ctx), group):
        try:
            saved = save.save(ctx, name, scrollback=bool(params["scrollback"]))
            results.append({"session": name, "saved": True, "file": saved.path, "error": None})
        except BridgeError as problem:
            results.append({"session": name, "saved": False, "file": None, "error": _told(problem)})
    return _all_or_incomplete(group, results, "saved")


def _restore(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    fleet = health.load(ctx)
    results: list[dict[str, object]] = []
    for name in members.start_order(fleet, members.members(fleet, group)):
        try:
            done = restore.restore(ctx, name, replay=bool(params["replay"]), on_conflict="skip")
            entry = {
                "session": name,
                "restored": not done.failures,
                "skipped": done.skipped,
                "lost": [*done.plan.lost, *done.failures],
                "error": None,
            }
        except BridgeError as problem:
            entry = {"session": name, "restored": False, "skipped": False, "lost": [], "error": _told(problem)}
        results.append(entry)
    return _all_or_incomplete(group, results, "restored")


def _told(problem: BridgeError) -> dict[str, object]:
    return {"code": problem.code, "message": problem.message}


def _all_or_incomplete(group: str, results: list[dict[str, object]], done: str) -> Result:
    fields: dict[str, object] = {"group": group, "results": results}
    missing = [str(item["session"]) for item in results if not item[done]]
    if missing:
        raise BridgeError(
            "ERR_INCOMPLETE", f"not {done}: {', '.join(missing)}", hint="`results` tells the reasons", fields=fields
        )
    text = f"{counted(len(results), 'session')} {done}"
    return Result(text, fields=fields, logs=(("success", f"Group '{group}': {text}"),))


def _kill(ctx: Context, params: dict[str, object]) -> Result:
    group = str(params["group"])
    fleet = health.load(ctx)
    names = members.members(fleet, group)
    own = ctx.own_pane
    for session in overview.sessions(ctx):
        if session.name in names and own in [pane.id for pane in session.panes] and not params["self"]:
            raise BridgeError(
                "ERR_SELF", f"session {session.name!r} is the one you are in", hint="give --self if you mean it"
            )
    results: list[dict[str, object]] = []
    failed: dict[str, BridgeError] = {}
    for name in names:
        try:
            _, ended = lifetime.kill(ctx, name, allow_self=bool(params["self"]))
            results.append({"session": name, "killed": True, "panes_killed": ended, "error": None})
        except BridgeError as problem:
            error = None
            if problem.code != "ERR_SESSION_NOT_FOUND":
                failed[name] = problem
                error = {"code": problem.code, "message": problem.message}
            results.append({"session": name, "killed": False, "panes_killed": 0, "error": error})
    fields: dict[str, object] = {"group": group, "results": results}
    if failed:
        raise BridgeError(
            next(iter(failed.values())).code,
            f"could not be ended: {', '.join(failed)}",
            hint="the group is kept; `results` tells the reasons",
            fields=fields,
        )
    with fleet.change(clock.epoch()) as changed:
        changed.groups.pop(group, None)
    return Result("Group killed", fields=fields, logs=(("success", f"Group '{group}' killed"),))


def _check_name(group: str) -> None:
    try:
        check_session_name(group)
    except BridgeError as problem:
        problem.message = problem.message.replace("not a session name", "not a name for a group")
        raise


def _check_session(session: str) -> None:
    if not session or len(session) > 4 * LONGEST or not session.isprintable():
        raise errors.usage(f"session: not a name: {session!r}", hint="give the name that the session has or will have")


_GROUP = Arg("group", "name of the group", "word", required=True)
_MEMBER = Arg("session", "name of a session, which need not exist yet", "word", required=True)
_GROUP_FIELD = Field("group", "string", "name of the group")
_CHANGES = ("ERR_STATE", "ERR_LOCKED")
_TIMEOUT = Arg("timeout", "seconds to wait for all of it; 0 waits for ever", "seconds", default=300.0, positional=False)

COMMANDS = (
    Command(
        name="group-create",
        summary="Make a group of sessions, empty at first.",
        run=_create,
        effect="write",
        target="none",
        output="fixed text",
        args=(_GROUP,),
        returns=(_GROUP_FIELD,),
        errors=("ERR_BAD_NAME", "ERR_GROUP_EXISTS", *_CHANGES),
        examples=("bridge group-create shop",),
        script=False,
    ),
    Command(
        name="group-add",
        summary="Add a session to a group; it need not exist yet.",
        run=_add,
        effect="write",
        target="none",
        output="a sentence",
        args=(_GROUP, _MEMBER),
        returns=(
            _GROUP_FIELD,
            Field("changed", "boolean", "whether it was not in the group before"),
        ),
        errors=("ERR_GROUP_NOT_FOUND", *_CHANGES),
        examples=("bridge group-add shop api",),
        script=False,
    ),
    Command(
        name="group-remove",
        summary="Take a session out of a group; the session goes on.",
        run=_remove,
        effect="write",
        target="none",
        output="fixed text",
        args=(_GROUP, _MEMBER),
        returns=(_GROUP_FIELD,),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_NOT_A_MEMBER", *_CHANGES),
        examples=("bridge group-remove shop api",),
        script=False,
    ),
    Command(
        name="group-delete",
        summary="Forget a group; its sessions go on.",
        run=_delete,
        effect="destroy",
        target="none",
        output="fixed text",
        args=(_GROUP,),
        returns=(_GROUP_FIELD, Field("members", "array", "the sessions that were in it")),
        errors=("ERR_GROUP_NOT_FOUND", *_CHANGES),
        examples=("bridge group-delete shop",),
        script=False,
    ),
    Command(
        name="group-list",
        summary="Show the groups, or one of them, with their sessions.",
        run=_list,
        effect="read",
        target="none",
        output="the groups as `groups` has them",
        args=(Arg("group", "only this group", "word"),),
        returns=(
            Field("groups", "array", "name, created_at, metadata, and name, alive, panes, session_id of the sessions"),
            Field("count", "integer", "how many"),
        ),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_STATE"),
        examples=("bridge group-list shop | jq -r '.groups[0].sessions[].name'",),
        script=False,
    ),
    Command(
        name="group-exec",
        summary="Give a command to the first pane of each session of a group: to all of them or to none.",
        run=_exec,
        effect="write",
        target="none",
        output="a sentence with the text",
        args=(
            _GROUP,
            Arg("command", "the text to run", required=True),
            Arg("wait", "wait for the ends, and tell exit codes and outputs", "flag", positional=False),
            Arg("subshell", "with --wait: run it in shells of their own, where exit ends", "flag", positional=False),
            _TIMEOUT,
        ),
        returns=(_GROUP_FIELD, RESULTS, UNTRUSTED),
        errors=(
            *("ERR_GROUP_NOT_FOUND", "ERR_NOT_A_MEMBER", "ERR_SESSION_NOT_FOUND", "ERR_BUSY", "ERR_COMMAND_FAILED"),
            *("ERR_TOO_LARGE", *_CHANGES),
        ),
        examples=("bridge group-exec shop 'make test' --wait | jq '.results[].exit_code'",),
        waits=True,
        script=False,
    ),
    Command(
        name="group-start",
        summary="Start the sessions of a group, and what they need, each healthy before the next.",
        run=_start,
        effect="write",
        target="none",
        output="a sentence",
        args=(_GROUP, _TIMEOUT),
        returns=(RESULTS,),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_UNHEALTHY", "ERR_BAD_NAME", "ERR_UNSUPPORTED", *_CHANGES),
        examples=("bridge group-start shop",),
        waits=True,
        script=False,
    ),
    Command(
        name="group-save",
        summary="Save all sessions of a group, a snapshot of each.",
        run=_save,
        effect="write",
        target="none",
        output="a sentence",
        args=(_GROUP, Arg("scrollback", "the text on the panes too", "flag", positional=False)),
        returns=(_GROUP_FIELD, RESULTS),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_INCOMPLETE", "ERR_STATE"),
        examples=("bridge group-save shop | jq -r '.results[].file'",),
        script=False,
    ),
    Command(
        name="group-restore",
        summary="Bring back those sessions of a group that are gone, from their newest snapshots, needed ones first.",
        run=_restore,
        effect="write",
        target="none",
        output="a sentence",
        args=(_GROUP, Arg("replay", "run the commands that ran, instead of typing them", "flag", positional=False)),
        returns=(_GROUP_FIELD, RESULTS),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_INCOMPLETE", "ERR_STATE"),
        examples=("bridge group-restore shop",),
        script=False,
    ),
    Command(
        name="group-kill",
        summary="End all sessions of a group, and forget the group.",
        run=_kill,
        effect="destroy",
        target="none",
        output="fixed text",
        args=(_GROUP, Arg("self", "allow it for the session that the caller is in", "flag", positional=False)),
        returns=(_GROUP_FIELD, RESULTS),
        errors=("ERR_GROUP_NOT_FOUND", "ERR_SELF", *_CHANGES),
        examples=("bridge group-kill shop",),
        script=False,
    ),
)
