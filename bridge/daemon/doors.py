"""The daemon's socket: one line asks, one line answers. Only the own user is heard, and nobody for long."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct

from bridge.core import events
from bridge.envelope import compact
from bridge.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.service import Service

LONGEST_QUESTION = 2 * 1024 * 1024
_QUESTIONS = "status, reload, publish, limits, history, stop"
_ASKS_WITHIN = 5.0
_CONNECTIONS = 200
_LOOKS_EACH = 1.0


class Doors:
    """Listens, answers, closes."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._server: asyncio.Server | None = None
        self._connections = 0
        self._socket = 0
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen; the socket appears in one step, 0600. Whoever holds the daemon's lock may replace an old one."""
        meeting = self._service.meeting
        meeting.make_directory()
        temporary = f"{meeting.socket_path}.new"
        address, directory = meeting.socket_address(temporary)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            listener.bind(address)
            os.chmod(temporary, 0o600)
            listener.listen(_CONNECTIONS)
            listener.settimeout(0)
            os.rename(temporary, meeting.socket_path)
            meeting.name_socket()
        except BaseException:
            listener.close()
            raise
        finally:
            if directory >= 0:
                os.close(directory)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=LONGEST_QUESTION)
        self._socket = os.stat(meeting.socket_path).st_ino
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """Listen anew where the socket has gone: a logout empties the runtime directory, and may remove it."""
        while True:
            await asyncio.sleep(_LOOKS_EACH)
            meeting = self._service.meeting
            try:
                if os.stat(meeting.socket_path).st_ino == self._socket:
                    continue
            except OSError:
                pass
            if self._server is not None:
                self._server.close()
            try:
                try:
                    await self.open()
                except (BridgeError, OSError):
                    if not meeting.move_inside():
                        raise
                    await self.open()
                self._service.note("WARN", f"the socket had gone; it is {meeting.socket_path} now")
            except (BridgeError, OSError) as problem:  # tried again with the next look
                self._service.note("ERROR", f"the socket has gone and cannot be made: {problem}")

    async def close(self) -> None:
        """Listen no more."""
        if self._watch is not None:
            self._watch.cancel()
        if self._server is not None:
            self._server.close()
            try:
                os.unlink(self._service.meeting.socket_path)
            except FileNotFoundError:
                pass

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= _CONNECTIONS and _is_own_user(writer):
                line = await asyncio.wait_for(reader.readuntil(b"\n"), _ASKS_WITHIN)
                writer.write(compact(await self._answer(line)).encode() + b"\n")
                await asyncio.wait_for(writer.drain(), _ASKS_WITHIN)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # too slow, too long, half a line, gone: the connection is closed
        finally:
            self._connections -= 1
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        service = self._service
        try:
            question = json.loads(line, parse_constant=_no_number)
            if not isinstance(question, dict):
                raise ValueError("not an object")
        except (ValueError, RecursionError) as problem:
            return _refusal("ERR_USAGE", f"not a question: {problem}", "one JSON object on one line")
        operation = question.get("op")
        try:
            if operation == "status":
                return service.status()
            if operation == "reload":
                await service.reload()
                about = (str(question.get("session", events.EVERYTHING)), str(question.get("event_type", "")))
                return {"ok": True, "serves": service.serves(*about), "monitor": service.session}
            if operation == "publish":
                event = question["event"]
                if not events.is_sound(event):
                    raise ValueError("not an event")
                return {"event": service.publish({"seq": 0} | {key: event[key] for key in (*events.TEXTS, "data")})}
            if operation == "limits":
                await service.limits.reload()
                enforced, reason = service.limits.enforced(str(question.get("pane")))
                return {"enforced_by": enforced, "reason": reason}
            if operation == "history":
                points = service.sampler.points(str(question["pane"]), float(question["since"]))
                return {"points": points, "interval": service.sampler.interval, "monitor": service.session}
            if operation == "stop":
                service.meeting.mark_ending()
                service.loop.call_later(0.01, service.end)
                return {"ok": True}
        except BridgeError as problem:
            return _refusal(problem.code, problem.message, problem.hint)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            return _refusal("ERR_USAGE", f"not a question: {problem!r}", None)
        return _refusal(
            "ERR_USAGE", f"unknown question: {operation!r}", "status, reload, publish, limits, history, stop"
        )


def _refusal(code: str, message: str, hint: str | None) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "hint": hint}}


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def _is_own_user(writer: asyncio.StreamWriter) -> bool:
    connection = writer.get_extra_info("socket")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.geteuid())
