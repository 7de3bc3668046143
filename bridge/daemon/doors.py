"""The daemon's socket: one line asks, one line answers. It serves the daemon's own user alone."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Protocol

from bridge.core import events, jsontext
from bridge.daemon.hub import Hub
from bridge.daemon.supervisor import PARTS, sentence
from bridge.envelope import compact
from bridge.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.daemon.autosave import Autosave
    from bridge.daemon.hub import Kept
    from bridge.daemon.ledger import Ledger
    from bridge.daemon.limits import Limits
    from bridge.daemon.sampler import Sampler

LONGEST_QUESTION = 2 * 1024 * 1024
_ASKS_WITHIN = 5.0
_CONNECTIONS = 200
_LOOKS_EACH = 1.0


class House(Hub, Protocol):
    """What can be asked about, beyond what every part may use."""

    autosave: Autosave
    ledger: Ledger
    limits: Limits
    sampler: Sampler

    async def status(self) -> dict[str, object]:
        """What daemon-status and daemon-health tell; nothing is waited for."""

    async def reload(self) -> None:
        """Read the subscriptions again; what they need is watched when this returns."""

    def serves(self, session: str, event_type: str) -> bool:
        """Whether a subscription to this is told what it asks for."""

    def lacks(self, session: str, event_type: str) -> str:
        """Why a subscription to this is not served at present; empty where it is."""

    def served(self) -> dict[str, str]:
        """The subscriptions that are served, each with why not at present, empty where they are."""

    def end(self) -> None:
        """Serve no longer."""


class Doors:
    """Listens, answers, closes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._server: asyncio.Server | None = None
        self._connections = 0
        self._socket = 0
        self._watch: Kept | None = None

    async def open(self) -> None:
        """Listen; the socket appears in one step, 0600. Whoever holds the daemon's lock may replace an old one."""
        meeting = self._house.meeting
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
            self._watch = self._house.supervisor.keep("place", self._keep, "of the socket")

    async def _keep(self) -> None:
        """Listen anew where the socket has gone: a logout empties the runtime directory, and may remove it."""
        while True:
            await asyncio.sleep(_LOOKS_EACH)
            meeting = self._house.meeting
            if not meeting.is_ours():
                continue  # the whole place has gone, and this daemon ends
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
                self._house.note("WARN", f"the socket had gone; it is {meeting.socket_path} now")
            except (BridgeError, OSError) as problem:  # tried again with the next look
                self._house.note("ERROR", f"the socket has gone and cannot be made: {problem}")

    async def close(self, *, remove: bool) -> None:
        """Listen no more; the socket is not removed where it may be another daemon's."""
        if self._watch is not None:
            self._watch.cancel()
        if self._server is not None:
            self._server.close()
            if not remove:
                return
            try:
                os.unlink(self._house.meeting.socket_path)
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
        try:
            question = jsontext.loads_object(line.decode())
        except ValueError as problem:
            return _refusal("ERR_USAGE", f"not a question: {problem}", "one JSON object on one line")
        operation = question.get("op")
        known = {
            "status": self._status,
            "reload": self._reload,
            "lacks": self._lacks,
            "served": self._served,
            "autosaves": self._autosaves,
            "publish": self._publish,
            "limits": self._limits,
            "history": self._history,
            "stop": self._stop,
        }
        if operation not in known:
            return _refusal("ERR_USAGE", f"unknown question: {operation!r}", ", ".join(known))
        try:
            return await known[str(operation)](question)
        except BridgeError as problem:
            return _refusal(problem.code, problem.message, problem.hint)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            return _refusal("ERR_USAGE", f"not a question: {problem!r}", None)
        except Exception as problem:  # an answer all the same: who asked would wait for it
            self._house.supervisor.stray(f"{operation}: {sentence(problem)}")
            return _refusal("ERR_DAEMON", f"the daemon could not answer: {sentence(problem)}", "bridge daemon-health")

    async def _status(self, _: dict[str, object]) -> dict[str, object]:
        return await self._house.status()

    async def _reload(self, question: dict[str, object]) -> dict[str, object]:
        house = self._house
        await house.reload()
        session, event_type = str(question.get("session", events.EVERYTHING)), str(question.get("event_type", ""))
        serves = house.serves(session, event_type)
        return {
            "ok": True,
            "serves": serves,
            "lacks": house.lacks(session, event_type),
            "monitor": house.session,
        }

    async def _lacks(self, question: dict[str, object]) -> dict[str, object]:
        part = str(question["part"])
        if part not in PARTS:
            raise ValueError(f"no part of the daemon: {part}")
        about = question.get("about")
        lacks = self._house.supervisor.lacks(part, about=None if about is None else str(about))
        return {"lacks": lacks}

    async def _served(self, _: dict[str, object]) -> dict[str, object]:
        return {"served": self._house.served()}

    async def _autosaves(self, _: dict[str, object]) -> dict[str, object]:
        return {"failed": self._house.autosave.failed(), "lacks": self._house.supervisor.lacks("autosave")}

    async def _publish(self, question: dict[str, object]) -> dict[str, object]:
        event = question["event"]
        if not isinstance(event, dict) or not events.is_sound(event):
            raise ValueError("not an event")
        published = {"seq": 0} | {key: event[key] for key in (*events.TEXTS, "data")}
        return {"event": await self._house.ledger.publish(published)}

    async def _limits(self, question: dict[str, object]) -> dict[str, object]:
        await self._house.limits.reload()
        enforced, reason = self._house.limits.enforced(str(question.get("pane")))
        return {"enforced_by": enforced, "reason": reason}

    async def _history(self, question: dict[str, object]) -> dict[str, object]:
        sampler = self._house.sampler
        points = sampler.points(str(question["pane"]), float(str(question["since"])))
        lacks = self._house.supervisor.lacks("metrics")
        return {"points": points, "interval": sampler.interval, "monitor": self._house.session, "lacks": lacks}

    async def _stop(self, _: dict[str, object]) -> dict[str, object]:
        self._house.meeting.mark_ending()
        self._house.loop.call_later(0.01, self._house.end)
        return {"ok": True}


def _refusal(code: str, message: str, hint: str | None) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "hint": hint}}


def _is_own_user(writer: asyncio.StreamWriter) -> bool:
    connection = writer.get_extra_info("socket")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.geteuid())
