"""What a real program writes of a conversation is read as it was: the model's side and what was sent are the truth."""

from __future__ import annotations

import time

import pytest
from agents.programs import PROGRAMS
from agents.stage import stage
from conftest import wait_until
from programs.model_server.script import markdown

from bridge.core.agents.records import delivery, formats
from bridge.store import agents
from bridge.store.records import search

LINES = "first line\n\tsecond: é 日本 e\u0301 👩‍💻\n    third `code` \"quoted\" 'line'"
READ = [name for name in PROGRAMS if name in formats.FORMATS]
# Gemini stops an answer that repeats itself.
LARGE = {"gemini": ("model:lines=2000", "\n\n".join(f"line {number}" for number in range(1, 2001)))}
WRITTEN = 30.0


class Reader:
    """The record of what runs in the stage's pane, looked for anew each time as a caller without memory would."""

    def __init__(self, on_stage, since: float) -> None:
        self.name = on_stage.program.name
        self.on_stage = on_stage
        self.since = since
        self.tab = formats.tab(self.name)
        self.session_id = ""

    def find(self, **more):
        box = self.on_stage.box
        return search.find(agents.load(box.env, self.name), box.env, str(box.work), since=self.since, **more)

    def transcript(self):
        found = self.find(session_id=self.session_id)
        return found.transcript() if found.known else None

    def position(self) -> int:
        transcript = self.transcript()
        if transcript is None:
            return 0
        list(transcript.turns())
        return transcript.position

    def proven(self, prompt: str, after: int) -> bool:
        transcript = self.transcript()
        if transcript is None:
            return False
        got = delivery.delivery(transcript.turns(), prompt, after=after, damage=transcript.record.damage, tab=self.tab)
        assert got.verdict in ("absent", "once"), (got.verdict, got.reason)
        return got.proven and not transcript.problem

    def turn(self, prompt: str, after: int):
        transcript = self.transcript()
        return transcript and delivery.answer(transcript.turns(), prompt, after=after, tab=self.tab)

    def rest(self) -> None:
        """Wait for the composer; OpenCode's has words of its own before the first prompt alone."""
        self.on_stage.await_idle()
        if self.name != "opencode":
            self.on_stage.await_composer()

    def say(self, prompt: str):
        """Send it; the turn, once the record proves it and has the reply."""
        after = self.position()
        self.on_stage.send(prompt)
        try:
            wait_until(lambda: self.proven(prompt, after), f"the proof of {prompt[:40]!r}", WRITTEN)
        except AssertionError as error:
            seen = [one.text for turn in self.transcript().turns() for one in turn.prompts][-2:]
            raise AssertionError(f"{error}\n{seen!r}\n{self.on_stage.screen()}") from None
        self.on_stage.await_idle()
        try:
            wait_until(lambda: self.turn(prompt, after).state != "running", "the end of the turn", WRITTEN)
        except AssertionError as error:
            with open(self.transcript().path, "rb") as file:
                raise AssertionError(f"{error}\n{file.read()[-3000:]!r}\n{self.on_stage.screen()}") from None
        self.rest()
        self.session_id = self.session_id or self.find().candidates[0].session_id
        return self.turn(prompt, after)


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in READ])
def reader(request, built):
    program = PROGRAMS[request.param]
    if not program.path.exists():
        pytest.skip(f"{program.name} is not installed (make agents)")
    with stage(program.name, built) as made:
        since = time.time() - 1
        found = search.find(agents.load(made.box.env, program.name), made.box.env, str(made.box.work), since=since)
        assert found.verdict == "absent"
        made.start()
        yield Reader(made, since)


def test_a_reply_is_the_one_that_the_model_gave(reader):
    turn = reader.say('Say it model:answer="**bold** `code` é 日本"')
    assert turn.reply.strip() == "**bold** `code` é 日本"
    assert turn.state in ("finished", "answered")
    if reader.name != "aider":
        assert turn.begun is not None
        assert sum(usage.total for usage in turn.usages.values()) == 15


def test_the_same_text_is_proven_each_time(reader):
    first = reader.say("the same text")
    second = reader.say("the same text")
    assert first.start < second.start


def test_lines_arrive_as_they_were(reader):
    if reader.name == "aider":
        pytest.skip("it takes each line for a prompt of its own")
    turn = reader.say(LINES)
    assert len(turn.prompts) == 1
    assert delivery.same(LINES, turn.prompt, reader.tab)
    assert delivery.same(LINES, reader.on_stage.model.journal.prompts()[-1], reader.tab)


def test_a_tool_is_never_taken_for_rest(reader):
    if reader.name == "aider":
        pytest.skip("it has no tools")
    prompt = 'Run it model:shell="touch made-by-it" model:answer="it was run"'
    after = reader.position()
    reader.on_stage.send(prompt)
    wait_until(lambda: reader.proven(prompt, after), "the proof", WRITTEN)
    ended = reader.on_stage.model.journal.rows
    wait_until(lambda: any(row["how"] == "tool" for row in ended("ended")), "the call of the tool", WRITTEN)
    time.sleep(2)
    made = reader.on_stage.box.work / "made-by-it"
    assert not made.exists()
    transcript = reader.transcript()
    list(transcript.turns())
    assert delivery.activity(transcript.open).busy is not False
    reader.on_stage.press("Enter")
    wait_until(made.exists, "what the tool makes", WRITTEN)
    wait_until(
        lambda: (turn := reader.turn(prompt, after)) and turn.reply == "it was run" and turn.state != "running",
        "the reply after the tool",
        WRITTEN,
    )
    tools = list(reader.turn(prompt, after).tools.values())
    assert [tool.done for tool in tools] == [True]
    assert "made-by-it" in str(tools[0].given)
    reader.rest()


def test_an_interrupted_turn_is_never_finished(reader):
    if reader.name == "aider":
        pytest.skip("it writes no interruption")
    prompt = 'Think model:think=30 model:answer="never said"'
    after = reader.position()
    reader.on_stage.send(prompt)
    wait_until(lambda: reader.proven(prompt, after), "the proof", WRITTEN)
    time.sleep(2)
    assert reader.turn(prompt, after).state == "running"
    reader.on_stage.press("Escape")
    if reader.name in ("opencode", "copilot"):
        reader.on_stage.press("Escape")
    reader.on_stage.await_idle()
    time.sleep(2)
    turn = reader.turn(prompt, after)
    # Claude writes nothing of it: the prompt goes back into the box.
    assert turn.state in (("running", "interrupted") if reader.name == "claude" else ("interrupted",))
    assert turn.reply is None
    if reader.name in ("claude", "gemini"):
        reader.on_stage.press("C-u")
        reader.rest()
    assert reader.say("After it").reply.strip() == "ok"
    assert reader.turn(prompt, after).state == "interrupted"


def test_two_in_one_directory_are_never_mixed(reader):
    if reader.name == "aider":
        pytest.skip("all write into one file, without a name")
    box = reader.on_stage
    first = box.session
    reader.say("From this one")
    try:
        box.start()
        other = Reader(box, reader.since)
        box.send("From the other one")
        wait_until(lambda: len(other.find().candidates) == 2, "the other's record", WRITTEN)
        found = other.find()
        assert found.verdict == "unknown"
        mine = {reader.session_id}
        theirs = other.find(foreign=mine)
        told = [(one.session_id, one.directory) for one in theirs.candidates]
        assert theirs.known, (theirs.reason, told, mine)
        assert theirs.candidates[0].session_id != reader.session_id
        own = list(reader.transcript().turns())
        assert delivery.delivery(own, "From the other one").verdict == "absent"
        wait_until(
            lambda: delivery.delivery(theirs.transcript().turns(), "From the other one").proven, "the proof", WRITTEN
        )
    finally:
        box.end()
        box.session = first


def test_a_reply_of_200_kb_is_whole(reader):
    words, expected = LARGE.get(reader.name, ("model:big=200000", markdown(200_000)))
    turn = reader.say(f"Much of it {words}")
    assert turn.reply.strip() == expected.strip()
