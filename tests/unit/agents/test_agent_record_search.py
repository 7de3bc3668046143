"""Which record belongs to an agent: by its conversation, by its directory, and never another agent's."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest
from conftest import ROOT

from bridge.core.agents.records import delivery
from bridge.store import agents
from bridge.store.records import search
from bridge.store.records.transcript import Transcript

FOLDER = ROOT / "tests" / "agents" / "records"
WORK = "/srv/project"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def find(home, name, directory=WORK, **more):
    environ = {"HOME": str(home)}
    return search.find(agents.load(environ, name), environ, directory, **more)


def put(path, name, directory=WORK, session=None, modified=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (FOLDER / name).read_text().replace(WORK, directory)
    if session:
        text = text.replace(*session)
    path.write_text(text)
    if modified:
        os.utime(path, (modified, modified))
    return path


CLAUDE = "1790372d-48c1-4e86-a58c-5fbb25a825e2"
CODEX = "01a22378-65c4-70b1-b946-ccbe206a0748"
GEMINI = "97144715-6fa5-4980-ab02-396fa7f54b84"


def claude(home, session=CLAUDE, directory=WORK, modified=None):
    place = home / ".claude" / "projects" / directory.replace("/", "-") / f"{session}.jsonl"
    return put(place, "claude.jsonl", directory, (CLAUDE, session), modified)


def codex(home, session=CODEX, directory=WORK, modified=None):
    place = home / ".codex" / "sessions" / "2026" / "11" / "28" / f"rollout-2026-11-28T18-43-42-{session}.jsonl"
    return put(place, "codex.jsonl", directory, (CODEX, session), modified)


def gemini(home, project="project", session=GEMINI, directory=WORK, modified=None):
    place = home / ".gemini" / "tmp" / project / "chats" / f"session-2026-11-28T18-45-{session[:8]}.jsonl"
    found = put(place, "gemini.jsonl", directory, (GEMINI, session), modified)
    (place.parent.parent / ".project_root").write_text(directory)
    return found


PUT = {"claude": (claude, CLAUDE), "codex": (codex, CODEX), "gemini": (gemini, GEMINI)}


@pytest.mark.parametrize("name", PUT)
def test_a_conversation_is_found_by_its_id(home, name):
    write, session = PUT[name]
    assert find(home, name, session_id=session).verdict == "absent"
    path = write(home)
    found = find(home, name, session_id=session)
    assert (found.verdict, found.how, found.candidates[0].path) == ("known", "session", str(path))
    transcript = found.transcript()
    assert delivery.last(transcript.turns()).reply == "after the interruption"
    assert transcript.problem == ""
    assert find(home, name, session_id="0" * 36).verdict == "absent"


@pytest.mark.parametrize("name", PUT)
def test_the_id_of_another_directory_is_refused(home, name):
    write, session = PUT[name]
    write(home, directory="/srv/user/other")
    found = find(home, name, session_id=session)
    assert (found.verdict, found.reason) == ("unknown", "the conversation is one of /srv/user/other")


@pytest.mark.parametrize("id", ["../x", "*", "a b", "", "x" * 200, "a\nb"])
def test_an_id_is_no_path(home, id):
    claude(home)
    found = find(home, "claude", session_id=id)
    assert found.verdict == ("known" if id == "" else "unknown")


@pytest.mark.parametrize("name", PUT)
def test_without_an_id_it_is_the_only_one_that_was_written_since(home, name):
    write, session = PUT[name]
    write(home, modified=1000)
    write(home, directory="/srv/user/other", session="11111111-2222-4333-8444-555555555555", modified=3000) if (
        name != "gemini"
    ) else write(home, "other", "11111111-2222-4333-8444-555555555555", "/srv/user/other", 3000)
    assert find(home, name, since=2000).verdict == "absent"
    found = find(home, name, since=500)
    assert (found.verdict, found.how, found.candidates[0].session_id) == ("known", "newest", session)


@pytest.mark.parametrize("name", PUT)
def test_two_agents_in_one_directory_are_never_mixed(home, name):
    write, session = PUT[name]
    other = "11111111-2222-4333-8444-555555555555"
    write(home, modified=3000)
    write(home, session=other, modified=4000)
    found = find(home, name, since=2000)
    assert found.verdict == "unknown"
    assert {one.session_id for one in found.candidates} == {session, other}
    assert "2 records" in found.reason
    found = find(home, name, since=2000, foreign={other})
    assert (found.verdict, found.candidates[0].session_id) == ("known", session)


def test_the_rollout_of_a_subagent_is_nobodys(home):
    path = codex(home)
    path.write_text(path.read_text().replace('"thread_source":"user"', '"thread_source":"subagent"'))
    assert find(home, "codex").verdict == "absent"


def test_the_programs_own_variables_say_where_it_lies(home, tmp_path):
    codex(home)
    shutil.move(home / ".codex", tmp_path / "elsewhere")
    environ = {"HOME": str(home), "CODEX_HOME": str(tmp_path / "elsewhere")}
    assert search.find(agents.load(environ, "codex"), environ, WORK).known
    assert not find(home, "codex").known


def test_without_a_home_or_a_reader_nothing_is_known(home):
    assert search.find(agents.load({}, "claude"), {}, WORK).verdict == "unknown"
    for name in ("amp", "qwen", "shell", "cursor"):
        found = find(home, name)
        assert (found.verdict, found.reason) == ("unknown", f"the record of {name} can't be read")


def test_what_is_no_file_is_not_opened(home):
    place = home / ".claude" / "projects" / "-srv-project"
    place.mkdir(parents=True)
    os.mkfifo(place / f"{CLAUDE}.jsonl")
    assert find(home, "claude", session_id=CLAUDE).verdict == "absent"
    assert find(home, "claude").verdict == "absent"
    (place / "x.jsonl").write_bytes(b"\0" * 5000)
    assert find(home, "claude").verdict == "absent"


def test_aiders_history_lies_in_its_directory(home, tmp_path):
    work = tmp_path / "work"
    assert find(home, "aider", str(work)).verdict == "absent"
    put(work / ".aider.chat.history.md", "aider.md", modified=5000)
    found = find(home, "aider", str(work), since=1)
    assert found.known
    assert delivery.last(found.transcript().turns()).reply == "after the interruption"
    assert find(home, "aider", str(work), since=6000).verdict == "absent"


def test_a_record_that_grows_is_followed(tmp_path):
    data = (FOLDER / "claude.jsonl").read_bytes()
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"")
    transcript = Transcript("claude", str(path))
    closed = []
    with path.open("ab", buffering=0) as file:
        for at in range(0, len(data), 997):
            file.write(data[at : at + 997])
            closed += transcript.closed()
    whole = list(Transcript("claude", str(path)).turns())
    assert [turn.reply for turn in closed] == [turn.reply for turn in whole[:-1]]
    assert transcript.open.error == whole[-1].error
    assert transcript.position == len(data)
    assert transcript.problem == ""


def test_a_proof_is_asked_behind_the_position_before(tmp_path):
    data = (FOLDER / "claude.jsonl").read_bytes()
    whole = list(read_all(tmp_path, data))
    two = whole[4]
    path = tmp_path / "record.jsonl"
    path.write_bytes(data[: two.start])
    transcript = Transcript("claude", str(path))
    list(transcript.turns())
    position = transcript.position
    path.write_bytes(data[: two.end])
    got = delivery.delivery(transcript.turns(), two.prompt, after=position)
    assert got.proven
    assert got.turn.reply == "ok"


def read_all(tmp_path, data):
    path = tmp_path / "all.jsonl"
    path.write_bytes(data)
    return Transcript("claude", str(path)).turns()


def test_a_record_that_was_cut_or_replaced_says_so(tmp_path):
    path = tmp_path / "record.jsonl"
    data = (FOLDER / "claude.jsonl").read_bytes()
    path.write_bytes(data)
    transcript = Transcript("claude", str(path))
    list(transcript.turns())
    os.truncate(path, 100)
    assert list(transcript.closed()) == []
    assert transcript.problem.endswith("it has become shorter")
    path.write_bytes(data)
    transcript = Transcript("claude", str(path))
    list(transcript.turns())
    (tmp_path / "new").write_bytes(data + data)
    os.replace(tmp_path / "new", path)
    assert list(transcript.closed()) == []
    assert transcript.problem.endswith("it has been replaced by another file")


@pytest.mark.parametrize("data", [b"no JSON\n", b'{"kind":"of another program"}\n', b"[]\n" * 9])
def test_a_record_of_an_unknown_form_says_so(tmp_path, data):
    path = tmp_path / "record.jsonl"
    path.write_bytes(data)
    transcript = Transcript("claude", str(path))
    assert list(transcript.turns()) == []
    assert transcript.problem.endswith("no row of it is of a form that is known")
    assert Transcript("claude", str(tmp_path / "none")).problem == ""
    gone = Transcript("claude", str(tmp_path / "none"))
    assert list(gone.turns()) == []
    assert "No such file" in gone.problem


def test_the_record_of_another_conversation_says_so(home):
    path = claude(home)
    transcript = Transcript("claude", str(path), session_id="other")
    list(transcript.turns())
    assert "not of other" in transcript.problem


class Database:
    """OpenCode's tables as its version 1.18.33 makes them, as far as they are read."""

    def __init__(self, home):
        self.path = home / ".local" / "share" / "opencode" / "opencode.db"
        self.path.parent.mkdir(parents=True)
        self.file = sqlite3.connect(self.path, isolation_level=None)
        self.file.execute("pragma journal_mode = wal")
        self.file.executescript(
            "create table session (id text primary key, parent_id text, directory text, version text,"
            " time_updated integer);"
            "create table message (id text primary key, session_id text, time_created integer, data text);"
            "create table part (id text primary key, message_id text, data text);"
        )

    def session(self, id, directory=WORK, updated=5000, parent=None):
        self.file.execute("insert into session values (?,?,?,?,?)", (id, parent, directory, "1.18.33", updated))

    def message(self, session, at, data, *parts):
        self.file.execute("delete from message where id = ?", (f"m{at}",))
        self.file.execute("delete from part where message_id = ?", (f"m{at}",))
        self.file.execute("insert into message values (?,?,?,?)", (f"m{at}", session, at, data))
        for number, part in enumerate(parts):
            self.file.execute("insert into part values (?,?,?)", (f"p{at}-{number}", f"m{at}", part))


USER = '{"role":"user","time":{"created":%d}}'
SAID = '{"role":"assistant","time":{"created":%d,"completed":%d},"finish":"stop","modelID":"m","tokens":{"input":9}}'
GROWS = '{"role":"assistant","time":{"created":%d},"modelID":"m","tokens":{"input":0}}'
ABORTED = '{"role":"assistant","time":{"created":%d,"completed":%d},"error":{"name":"MessageAbortedError"}}'
BASH = '{"type":"tool","tool":"bash","callID":"c","state":{"status":"%s","input":{"command":"ls"},"time":{"start":5}}}'


def text(words):
    return json.dumps({"type": "text", "text": words})


def test_opencode_is_read_from_its_database(home):
    base = Database(home)
    base.session("ses_1")
    base.session("ses_child", parent="ses_1")
    base.message("ses_1", 1000, USER % 1000, text("one"))
    base.message("ses_1", 1001, SAID % (1001, 1500), text("first"))
    found = find(home, "opencode", session_id="ses_1")
    assert found.known
    transcript = found.transcript()
    (turn,) = transcript.turns()
    assert (turn.prompt, turn.reply, turn.state, turn.milliseconds) == ("one", "first", "finished", 500)
    position = transcript.position
    assert position == 1002
    base.message("ses_1", 2000, USER % 2000, text("one"))
    base.message("ses_1", 2001, GROWS % 2001, text("so"), BASH % "running")
    assert delivery.delivery(transcript.turns(), "one", after=position).verdict == "once"
    assert delivery.activity(transcript.open).tools == ["bash"]
    assert transcript.open.reply == "so"
    base.message("ses_1", 2001, SAID % (2001, 2500), text("so it is"), BASH % "completed")
    turns = list(transcript.turns())
    assert (turns[-1].reply, turns[-1].state) == ("so it is", "finished")
    assert [tool.done for tool in turns[-1].tools.values()] == [True]
    base.message("ses_1", 3000, USER % 3000, text("two"))
    base.message("ses_1", 3001, ABORTED % (3001, 3100))
    turns = list(transcript.turns())
    assert [turn.state for turn in turns] == ["finished", "interrupted"]
    base.message("ses_1", 4000, USER % 4000, '{"type":"compaction","auto":false}')
    base.message("ses_1", 4001, SAID.replace("{", '{"summary":true,', 1) % (4001, 4100), text("all of it"))
    assert [turn.prompt for turn in transcript.turns()] == ["two"]
    base.message("ses_1", 5000, USER % 5000, text("three"))
    base.message("ses_1", 5001, SAID % (5001, 5100), text("last"))
    assert [turn.reply for turn in transcript.turns()] == [None, "last"]
    assert transcript.record.compactions == 1
    assert transcript.problem == ""


def test_two_conversations_in_opencodes_database_are_not_mixed(home):
    base = Database(home)
    assert find(home, "opencode").verdict == "absent"
    base.session("ses_1", updated=5000)
    base.session("ses_2", updated=6000)
    base.session("ses_3", "/srv/user/other", updated=7000)
    assert find(home, "opencode", since=5.5).candidates[0].session_id == "ses_2"
    found = find(home, "opencode", since=1.0)
    assert (found.verdict, len(found.candidates)) == ("unknown", 2)
    assert find(home, "opencode", since=1.0, foreign={"ses_2"}).candidates[0].session_id == "ses_1"
    assert find(home, "opencode", session_id="ses_3").verdict == "unknown"
    assert find(home, "opencode", session_id="ses_9").verdict == "absent"


def test_a_database_that_is_none_says_so(home):
    path = home / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    assert find(home, "opencode").verdict == "unknown"
    transcript = Transcript("opencode", str(path), session_id="ses_1")
    assert list(transcript.turns()) == []
    assert transcript.problem
