"""Agents' own records, read from real files: turns, replies, tools, tokens, and what they prove."""

from __future__ import annotations

import json
import random

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from programs.model_server.script import markdown

from bridge.core.agents.records import delivery, formats, price
from bridge.core.agents.records.turn import Turn, Usage, plain, seconds

FOLDER = ROOT / "tests" / "agents" / "records"
MARKDOWN = markdown(900)
LINES = 'first line\nsecond line\n    indented: é 日本 e\u0301 👩‍💻\nlast "quoted" line model:big=900'
HELLO = 'Say hello model:answer="**hello** there"'
TOOL = 'Run it model:shell="echo from-the-tool" model:answer="it was run"'
LONG = 'Think long model:think=40 model:answer="never said"'
AFTER = 'After it model:answer="after the interruption"'
FAIL = "Fail model:status=400"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".jsonl", ".md") and path.name[0].islower())


def form(name: str) -> str:
    return name.split(".", maxsplit=1)[0].split("-", maxsplit=1)[0]


def read(name: str, data: bytes | None = None, piece: int = 1 << 20):
    """The record of a file after all its bytes, its closed turns and all turns."""
    data = (FOLDER / name).read_bytes() if data is None else data
    record = formats.reader(form(name))
    for at in range(0, len(data), piece):
        record.feed(data[at : at + piece])
    closed = record.take()
    return record, closed, closed + ([record.open] if record.open else [])


def told(turn: Turn) -> dict:
    """Everything of a turn, to be compared."""
    return {
        "place": (turn.start, turn.end, turn.begun, turn.ended, turn.id, turn.state, turn.error),
        "prompts": [(one.text, one.typed, one.offset, one.at) for one in turn.prompts],
        "texts": turn.texts,
        "tools": [
            (one.id, one.name, one.given, one.begun, one.ended, one.done, one.failed) for one in turn.tools.values()
        ],
        "usages": [(one.key, one.model, one.total) for one in turn.usages.values()],
    }


def rows(turns):
    return [(turn.state, turn.prompt and turn.prompt.strip(), turn.reply) for turn in turns]


WHOLE = [
    ("finished", HELLO, "**hello** there"),
    ("finished", LINES, MARKDOWN),
    ("finished", TOOL, "it was run"),
    ("finished", "the same text", "ok"),
    ("finished", "the same text", "ok"),
    ("interrupted", LONG, None),
    ("finished", AFTER, "after the interruption"),
    ("failed", FAIL, None),
]


@pytest.mark.parametrize("name", ["claude.jsonl", "codex.jsonl"])
def test_a_conversation_is_read_as_it_was(name):
    record, _, turns = read(name)
    assert rows(turns) == WHOLE
    assert record.directory == "/srv/project"
    assert record.session_id
    assert record.version in ("2.1.197", "0.171.0")
    assert record.damage == []
    assert turns[7].error.startswith(("API Error: 400 the model server says 400", '{"error": {"message": "the model'))
    assert all(
        turn.milliseconds is not None and turn.milliseconds < 60_000 for turn in turns if turn.state == "finished"
    )


def test_a_tool_has_its_words_and_its_end():
    _, _, turns = read("claude.jsonl")
    (tool,) = turns[2].tools.values()
    assert (tool.name, tool.given["command"], tool.done, tool.failed) == ("Bash", "echo from-the-tool", True, False)
    assert 0 < tool.ended - tool.begun < 60
    _, _, turns = read("codex.jsonl")
    (tool,) = turns[2].tools.values()
    assert (tool.name, tool.given["cmd"], tool.done) == ("exec_command", "echo from-the-tool", True)


def test_a_tool_that_waits_for_leave_is_open():
    record, _, turns = read("codex-approval.jsonl")
    found = delivery.activity(record.open, damage=record.damage)
    assert (found.state, found.busy, found.tools) == ("running", True, ["exec_command"])
    assert turns[-1].reply is None


def test_gemini_never_says_that_a_turn_has_ended():
    record, _, turns = read("gemini.jsonl")
    assert [row[:2] for row in rows(turns)][2:] == [row[:2] for row in WHOLE[3:]]
    assert turns[-1].error.startswith("[API Error")
    # Its own question after a loop is no prompt of the user's.
    assert turns[1].state == "interrupted"
    assert [one.text.strip() for one in turns[1].prompts] == [LINES]
    record, _, turns = read("gemini-tools.jsonl")
    assert turns[-1].state == "answered"
    assert not turns[-1].over
    assert delivery.activity(record.open).busy is None
    assert [(tool.name, tool.done, tool.failed) for tool in turns[1].tools.values()] == [
        ("run_shell_command", True, False)
    ]
    assert turns[1].reply == "refused"
    assert turns[0].texts[0].startswith("line 1\n\nline 2")


def test_an_answer_of_gemini_grows_a_tool_later():
    """The first row of an answer does not name the tool that waits for leave."""
    data = (FOLDER / "gemini-tools.jsonl").read_bytes()
    first = next(line for line in data.split(b"\n") if b'"toolCalls"' in line)
    record, _, turns = read("gemini-tools.jsonl", data[: data.index(first)])
    assert (turns[-1].state, record.open.over) == ("answered", False)
    record, _, turns = read("gemini-tools.jsonl", data[: data.index(first) + len(first) + 1])
    assert turns[-1].state == "running"
    assert len(turns[-1].texts) == 1


def test_a_running_turn_of_copilot():
    record, _, turns = read("copilot.jsonl")
    assert [row[:2] for row in rows(turns)] == [*[row[:2] for row in WHOLE[:5]], ("running", LONG)]
    assert turns[2].reply == "it was run"
    assert record.version == "1.0.102"


@pytest.mark.parametrize("name", FILES)
def test_pieces_of_any_size_give_the_same(name):
    whole = [told(turn) for turn in read(name)[2]]
    for piece in (1, 7, 4096):
        assert [told(turn) for turn in read(name, piece=piece)[2]] == whole


@pytest.mark.parametrize("name", FILES)
def test_every_beginning_gives_a_beginning_of_the_turns(name):
    data = (FOLDER / name).read_bytes()
    _, _, turns = read(name)
    whole = [told(turn) for turn in turns]
    lines = [at + 1 for at, byte in enumerate(data) if byte == 10]
    chosen = random.Random(name)
    cuts = {*lines, *(at - 1 for at in lines), *(chosen.randrange(len(data)) for _ in range(60))}
    before = 0
    for cut in sorted(cuts):
        record, closed, found = read(name, data[:cut])
        assert [told(turn) for turn in closed] == whole[: len(closed)], cut
        assert record.damage == []
        assert record.offset == data.rfind(b"\n", 0, cut) + 1
        assert len(found) >= before  # nothing that was told is taken back
        before = len(found)
        if record.open is not None:
            last = turns[len(closed)]
            got = [one.offset for one in record.open.prompts]
            assert got == [one.offset for one in last.prompts][: len(got)]
            if form(name) != "aider":
                assert record.open.texts == last.texts[: len(record.open.texts)]


@pytest.mark.parametrize("name", FILES)
def test_reading_goes_on_at_any_offset(name):
    data = (FOLDER / name).read_bytes()
    _, _, turns = read(name)
    for turn in turns:
        record = formats.reader(form(name), turn.start)
        record.feed(data[turn.start :])
        found = [*record.take(), record.open]
        assert [one.prompt for one in found] == [one.prompt for one in turns[turns.index(turn) :]]
        assert [one.reply for one in found] == [one.reply for one in turns[turns.index(turn) :]]


def test_from_the_middle_of_a_turn_its_prompt_is_not_known():
    data = (FOLDER / "claude.jsonl").read_bytes()
    _, _, turns = read("claude.jsonl")
    at = data.index(b'"tool_result"')
    start = data.rfind(b"\n", 0, at) + 1
    record = formats.reader("claude", start)
    record.feed(data[start:])
    found = record.take()
    assert found[0].prompt is None
    assert found[0].reply == "it was run"
    assert [one.prompt for one in found[1:]] == [one.prompt for one in turns[3:-1]]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_spoilt_byte_is_never_a_guess(data):
    """Whatever stands there: reading ends, and a turn with a line that can't be read is unknown."""
    name = data.draw(st.sampled_from(FILES))
    raw = bytearray((FOLDER / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    record, _, turns = read(name, bytes(raw))
    for at, _ in record.damage:
        for turn in turns:
            if turn.start < at < turn.end and turn.prompts and turn.prompts[0].offset < at:
                assert turn.state == "unknown", at


@pytest.mark.parametrize("line", ["{", "[1]", "null", '{"type":"user","message":{}}', "[" * 5000, "x" * 100, "\udcff"])
def test_a_line_that_can_not_be_read_makes_its_turn_unknown(line):
    data = (FOLDER / "claude.jsonl").read_bytes()
    _, _, turns = read("claude.jsonl")
    at = turns[2].end
    spoilt = data[:at] + line.encode("utf-8", "surrogateescape") + b"\n" + data[at:]
    record, _, found = read("claude.jsonl", spoilt)
    assert [turn.state for turn in found] == ["finished", "finished", "unknown", *[turn.state for turn in turns[3:]]]
    assert found[2].error.startswith(f"byte {at}: ")
    got = delivery.delivery(found, TOOL, damage=record.damage)
    assert got.verdict == "unknown"
    assert delivery.delivery(found, AFTER, after=found[3].start, damage=record.damage).verdict == "once"
    assert delivery.activity(found[2], damage=record.damage).state == "unknown"


def test_a_line_without_end_is_bounded():
    record = formats.reader("claude")
    record._longest = 1000
    record.feed(b"x" * 600)
    for _ in range(50):
        record.feed(b"y" * 600)
    assert sum(map(len, record._rest)) <= 1000
    record.feed(b'\n{"type":"user","promptSource":"typed","message":{"content":"hello"}}\n')
    assert record.damage == [(0, "a line of 30601 bytes")]
    assert record.open.prompt == "hello"
    assert record.open.start == 30601


def typed(text, **more):
    return {"type": "user", "promptSource": "typed", "message": {"content": text}, "uuid": "u"} | more


def said(text, id="m1", request="r1", **usage):
    message = {"id": id, "model": "claude-x", "content": [{"type": "text", "text": text}], "usage": usage}
    return {"type": "assistant", "message": message, "requestId": request}


def fed(form, *lines):
    record = formats.reader(form)
    for line in lines:
        record.feed(json.dumps(line).encode() + b"\n")
    return record


def test_tokens_of_claude_are_counted_once_for_each_answer():
    record = fed(
        "claude",
        typed("one"),
        said("a", input_tokens=5, output_tokens=1),
        said("b", input_tokens=5, output_tokens=9, cache_read_input_tokens=100),
        said("c", request="r2", input_tokens=7, output_tokens=2),
    )
    assert record.open.texts == ["abc"]
    assert [(one.key, one.input, one.output, one.cache_read) for one in record.open.usages.values()] == [
        ("m1:r1", 5, 9, 100),
        ("m1:r2", 7, 2, 0),
    ]


def test_what_subagents_say_is_not_in_a_turn():
    record = fed("claude", typed("one"), said("theirs") | {"isSidechain": True}, typed("inner", isSidechain=True))
    assert record.open.texts == []
    assert [one.text for one in record.open.prompts] == ["one"]


def test_a_limit_is_an_error_and_no_reply():
    row = said("You've hit your limit") | {"isApiErrorMessage": True, "error": "rate_limit"}
    turn = fed("claude", typed("one"), row).open
    assert (turn.state, turn.reply, turn.error) == ("failed", None, "You've hit your limit")


def test_a_message_that_waited_belongs_to_the_turn_that_took_it():
    row = {
        "type": "attachment",
        "attachment": {"type": "queued_command", "prompt": "meanwhile", "commandMode": "prompt"},
    }
    turn = fed("claude", typed("one"), said("a"), row).open
    assert [one.text for one in turn.prompts] == ["one", "meanwhile"]
    assert delivery.delivery([turn], "meanwhile").proven


def test_tokens_of_codex_are_what_the_totals_grow_by():
    def total(input, cached, output, reasoning):
        usage = {"input_tokens": input, "cached_input_tokens": cached}
        usage |= {"output_tokens": output, "reasoning_output_tokens": reasoning}
        return {"type": "event_msg", "payload": {"type": "token_count", "info": {"total_token_usage": usage}}}

    start = {"type": "event_msg", "payload": {"type": "task_started", "turn_id": "t"}}
    record = fed("codex", start, total(100, 60, 20, 5), total(100, 60, 20, 5), total(250, 160, 30, 5))
    got = [(one.input, one.cache_read, one.output, one.reasoning) for one in record.open.usages.values()]
    assert got == [(40, 60, 15, 5), (50, 100, 10, 0)]


def test_the_thread_of_a_subagent_is_marked():
    meta = {"type": "session_meta", "payload": {"id": "s", "cwd": "/w", "thread_source": "subagent"}}
    assert fed("codex", meta).subagent
    assert not read("codex.jsonl")[0].subagent


def test_an_old_rollout_with_events_of_messages():
    def event(kind, **more):
        return {"timestamp": "2026-01-02T03:04:05.500Z", "type": "event_msg", "payload": {"type": kind} | more}

    record = fed("codex", event("user_message", message="old"), event("agent_message", message="reply"))
    assert (record.open.prompt, record.open.reply, record.open.state) == ("old", "reply", "running")


@pytest.mark.parametrize("name", FILES)
def test_a_prompt_is_proven_once(name):
    _, _, turns = read(name)
    first = turns[0].prompts[0]
    tab = formats.tab(form(name))
    assert delivery.delivery(turns, first.text, tab=tab).verdict == "once"
    assert delivery.delivery(turns, f"\n  {first.text} ", tab=tab).turn is turns[0]
    assert delivery.delivery(turns, first.text.replace("\n", "\r\n"), tab=tab).proven
    assert delivery.delivery(turns, first.text, after=first.offset + 1, tab=tab).verdict == "absent"
    assert delivery.delivery(turns, first.text[:-3], tab=tab).verdict == "joined"
    assert delivery.delivery(turns, "never sent", tab=tab).verdict == "absent"
    assert delivery.delivery(turns, "  ", tab=tab).verdict == "unknown"


@pytest.mark.parametrize("name", ["claude.jsonl", "codex.jsonl", "gemini.jsonl", "copilot.jsonl"])
def test_the_same_text_twice_is_told_apart_by_offset(name):
    _, _, turns = read(name)
    one, two = [turn for turn in turns if turn.prompt == "the same text"]
    assert delivery.delivery(turns, "the same text").verdict == "repeated"
    assert delivery.delivery(turns, "the same text", after=one.end).turn is two
    assert delivery.answer(turns, "the same text") is two
    assert delivery.answer(turns, "the same text", after=two.end) is None


def test_a_tab_that_became_blanks_is_the_same_text():
    assert delivery.same("a\tb", "a    b", 4)
    assert not delivery.same("a\tb", "a    b")
    assert not delivery.same("a b", "a  b", 4)
    assert not delivery.same("one", "one two")
    assert delivery.same("e\u0301", "é")
    assert not delivery.same("e", "é")


def test_the_last_reply_is_that_of_a_turn_that_does_not_run():
    _, _, turns = read("claude.jsonl")
    assert delivery.last(turns).reply == "after the interruption"
    assert delivery.last(read("copilot.jsonl")[2]).reply == "ok"
    assert delivery.last([]) is None
    assert delivery.activity(None).busy is None


def test_something_that_is_just_being_written_is_no_rest():
    record, _, turns = read("codex.jsonl")
    assert delivery.activity(turns[-1]).busy is False
    assert delivery.activity(turns[-1], size=record.offset + 10).busy is None


def usage(key, model="m", **parts):
    return Usage(key, model, **parts)


def test_an_answer_that_stands_in_two_records_costs_once():
    usages = [usage("a", input=10), usage("a", input=10), usage("", input=1), usage("", input=1)]
    assert price.summed(usages)["m"]["input"] == 12


def test_a_cost_is_known_only_with_every_price():
    table = {"m": {"input": 3, "output": 15, "cache_read": 0.3}, "m-*": {"input": 1}, "m-big*": {"input": 2}}
    million = 1_000_000
    assert price.total([usage("a", input=million, output=million, cache_read=million)], table) == pytest.approx(18.3)
    assert price.total([usage("a", reasoning=million)], table) == pytest.approx(15)
    assert price.total([usage("a", cache_write=1)], table) is None
    assert price.total([usage("a", "other", input=1)], table) is None
    assert price.total([usage("a", "m-bigger", input=million)], table) == pytest.approx(2)
    assert price.total([usage("a", "other")], table) == 0
    assert price.total([usage("a", input=1)], {"m": {"input": "3"}}) is None
    assert price.total([usage("a", input=1)], {"m": {"input": float("nan")}}) is None
    assert price.total([], {}) == 0


def test_times_are_read_as_they_are_written():
    assert seconds("1970-01-02T00:00:00.250Z") == 86400.25
    assert seconds("2026-11-28T18:43:40.813Z") == pytest.approx(1795891420.813)
    assert seconds("2026-11-28T20:43:40.813+02:00") == pytest.approx(1795891420.813)
    assert seconds(1500) == 1.5
    for text in ("", "yesterday", "2026-13-01T00:00:00Z", None, True, []):
        assert seconds(text) is None


def test_half_a_pair_can_be_written():
    assert plain("a\ud83d\ude00b") == "a😀b"
    assert plain("a\ud83db").encode()
    record = fed("claude", typed("x"), said("\ud83d cut"))
    assert record.open.reply.encode()


def test_a_conversation_goes_on_after_a_compaction_and_in_another_process():
    record, _, turns = read("claude-resumed.jsonl")
    assert record.compactions == 1
    assert [turn.prompt for turn in turns][3:] == [
        "Slow model:stream=6",
        'Queued while it works model:answer="queued"',
        "/compact",
        'Beyond model:answer="beyond it"',
        "/exit",
        'Resumed model:answer="after the resumption"',
    ]
    assert turns[5].reply is None
    assert turns[7].reply is None  # what the program says for its model is no reply
    assert [turns[at].reply for at in (4, 6, 8)] == ["queued", "beyond it", "after the resumption"]
    assert {turn.state for turn in turns} <= {"finished", "interrupted"}


def test_aider_is_read_from_markdown():
    record, _, turns = read("aider.md")
    assert record.version == "0.86.2"
    assert turns[0].prompt == HELLO
    assert turns[0].reply == "**hello** there"
    assert turns[4].reply == MARKDOWN.strip()
    assert (turns[-1].prompt, turns[-1].state) == (FAIL, "failed")
    assert turns[-1].error.startswith("litellm.BadRequestError")
    usage = next(iter(turns[0].usages.values()))
    assert (usage.input, usage.output, usage.model) == (601, 4, "openai/small")


AIDER = """
# aider chat started at 2026-11-28 10:00:00

> Aider v1.0.0~~
> Model: m with whole edit format~~

#### one~~
#### ~~
####     two~~

> Added a.py to the chat.~~
Reply

#### A heading of four

> quoted
> more

> Tokens: 1.2k sent, 1.0k cache hit, 59 received. Cost: $0.03 message, $0.06 session.~~
> Applied edit to a.py~~

#### three~~

> ^C again to exit~~
""".replace("~~", "  ")


def test_markdown_of_a_reply_is_not_taken_for_a_prompt():
    _, _, turns = read("aider.md", AIDER.encode())
    assert [turn.prompt for turn in turns] == ["one\n\n    two", "three"]
    assert turns[0].reply == "Reply\n\n#### A heading of four\n\n> quoted\n> more"
    (usage,) = turns[0].usages.values()
    assert (usage.input, usage.cache_read, usage.output) == (200, 1000, 59)
    assert turns[1].state == "interrupted"
