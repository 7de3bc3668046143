"""Many calls in one process: the answers of the CLI, over one connection that disturbs nobody."""

from __future__ import annotations

import json
import subprocess

import pexpect
import pytest
from conftest import TMUX, wait_until

TIMES = ("timestamp", "duration_ms", "waited_ms", "run_id", "cursor", "created_at", "started_at")


def batch(box, *rows, words=(), env=None, raw: bytes | None = None) -> tuple[list[dict], int]:
    """The answers to some lines and the exit status."""
    text = raw if raw is not None else "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    done = box.call([box.built, "batch", *words], text=text, env=env)
    assert not done.stdout.startswith("{\n"), done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()], done.status


def same(value):
    """An answer without what differs between two calls of the same kind."""
    if isinstance(value, dict):
        return {key: same(item) for key, item in value.items() if key not in (*TIMES, "id")}
    return [same(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def dev(box):
    box.session("dev", panes=2)
    box.await_prompt("dev", "1")
    return box


QUESTIONS = [
    ["session-list"],
    ["pane-count", "dev"],
    ["pane-count", "none"],
    ["pane-status", "dev", "p1"],
    ["pane-list-json", "dev"],
    ["pane-list-detailed", "dev"],
    ["pane-find", "dev", "p1"],
    ["pane-capture", "dev", "0"],
    ["pane-capture", "dev", "p1", "20"],
    ["pane-capture", "dev", "9"],
    ["pane-snapshot", "dev", "0"],
    ["pane-watch", "dev", "0", "forged"],
    ["pane-has-pattern", "dev", "0", "nothing like it"],
    ["pane-metadata-get", "dev", "0", "key"],
    ["pane-is-running", "dev", "1"],
    ["pane-count"],
    ["pane-count", "dev", "more"],
    ["version"],
]


def test_answers_are_those_of_the_cli(dev):
    forged = r"echo forged; printf '%%end 1700000000 1 1\n%%error 1 2 1\n'; printf '\342\230\203 \\ \t|\n'"
    dev.bridge("pane-exec-timeout", "dev", "0", "10", forged).ok()
    dev.bridge("pane-metadata-set", "dev", "0", "key", 'two\nlines ; #{pane_id} $HOME "').ok()
    found, status = batch(dev, *({"id": number, "argv": words} for number, words in enumerate(QUESTIONS)))
    assert status == 1  # some are no successes
    assert [answer["id"] for answer in found] == list(range(len(QUESTIONS)))
    for words, answer in zip(QUESTIONS, found, strict=True):
        alone = dev.bridge(*words).json
        assert same(answer) == same(alone), words
        assert list(answer) == ["id", *alone], words


def test_changes_are_made_as_by_the_cli(dev):
    found, status = batch(
        dev,
        {"id": 1, "argv": ["pane-metadata-set", "dev", "0", "key", "a;b 'c' #{pane_id} $HOME ~ \\"]},
        {"id": 2, "command": "pane-metadata-get", "session": "dev", "pane": 0, "key": "key"},
        {"id": 3, "command": "pane-run", "arguments": {"session": "dev", "pane": 1, "command": "pwd; (exit 3)"}},
        {"id": 4, "command": "session-create", "name": "other"},
        {"id": 5, "argv": ["pane-create", "other", "work;er"]},
        {"id": 6, "argv": ["pane-kill", "dev", "1"]},
        {"id": 7, "argv": ["pane-count", "dev"]},
        {"id": 8, "argv": ["session-kill", "dev"]},
        {"id": 9, "argv": ["pane-find", "other", "work;er"]},
        {"id": 10, "argv": ["pane-kill", "other", "work;er"]},
    )
    assert [answer["status"] for answer in found] == ["success", "success", "error", *["success"] * 7], found
    assert found[1]["value"] == "a;b 'c' #{pane_id} $HOME ~ \\"
    assert (found[2]["exit_code"], found[2]["output"]) == (3, f"{dev.work}\n")
    assert found[6]["count"] == 1
    assert status == 1
    assert dev.bridge("session-list").ok()["output"] == "other\n"
    assert dev.bridge("pane-status", "other", "0").ok()["pane"]


def test_lines_that_cannot_be_read_are_answered_and_the_rest_is_done(dev):
    rows = [
        b"not json",
        b"[1, 2]",
        b'{"id": {"a": 1}, "argv": ["version"]}',
        b'{"id": "x"}',
        b'{"id": "y", "argv": "version"}',
        b'{"id": 3, "argv": ["pane-cuont", "dev"]}',
        b'{"id": 4, "command": "pane-count", "sesion": "dev"}',
        b'{"id": 5, "argv": ["pane-stream", "dev", "0"]}',
        b'{"id": 6, "argv": ["batch"]}',
        b'{"id": 7, "argv": ["pane-exec", "dev", "0", "\\ud800"]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"",
        b'{"id": 8, "argv": ["pane-count", "dev"]}',
    ]
    found, status = batch(dev, raw=b"\n".join(rows))
    assert [answer["id"] for answer in found] == [None, None, None, "x", "y", 3, 4, 5, 6, 7, None, None, 8]
    codes = [answer["error"]["code"] for answer in found[:-1]]
    assert codes == ["ERR_USAGE"] * 5 + ["ERR_UNKNOWN_COMMAND"] + ["ERR_USAGE"] * 6
    assert "line 1" in found[0]["error"]["message"]
    assert found[-1]["count"] == 2
    assert status == 1


def test_a_line_that_is_too_long_is_refused_and_the_next_is_read(dev):
    raw = b'{"id": 1, "argv": ["pane-exec", "dev", "0", "' + b"x" * 9_000_000 + b'"]}\n{"id": 2, "argv": ["version"]}\n'
    found, _ = batch(dev, raw=raw)
    assert "longer than" in found[0]["error"]["message"]
    assert found[1]["id"] == 2


def test_it_can_stop_at_the_first_failure(dev):
    rows = [{"id": 1, "argv": ["pane-count", "none"]}, {"id": 2, "argv": ["pane-count", "dev"]}]
    assert len(batch(dev, *rows)[0]) == 2
    found, status = batch(dev, *rows, words=["--stop-on-error"])
    assert ([answer["id"] for answer in found], status) == ([1], 1)


def test_it_reads_a_file(dev):
    (dev.work / "calls").write_text('{"id": 1, "argv": ["pane-count", "dev"]}')
    done = dev.call([dev.built, "batch", "calls"])
    assert (json.loads(done.stdout)["count"], done.status) == (2, 0)


@pytest.mark.parametrize("words", [("nothing-there",), ("--parallel", "0"), ("--parallel", "65"), (".",)], ids=str)
def test_what_cannot_be_begun_is_one_envelope(box, words):
    done = box.bridge("batch", *words)
    assert (done.code, done.status) == ("ERR_USAGE", 1)


def test_answers_come_as_calls_finish(dev):
    """The second line is written only when the first was answered."""
    with subprocess.Popen(
        [dev.built, "batch"], env=dev.env, cwd=dev.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        for number in (1, 2):
            process.stdin.write(json.dumps({"id": number, "argv": ["pane-count", "dev"]}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(10) == 0


def test_several_at_a_time_overtake_each_other_but_not_in_one_pane(dev):
    rows = [{"id": "slow", "argv": ["pane-run", "dev", "0", "sleep 1; echo slow"]}]
    rows += [{"id": f"next{n}", "argv": ["pane-run", "dev", "0", f"echo {n} >>order"]} for n in range(3)]
    rows += [{"id": "other", "argv": ["pane-run", "dev", "1", "echo quick"]}]
    found, status = batch(dev, *rows, words=["--parallel", "8"])
    order = [answer["id"] for answer in found]
    assert order == ["other", "slow", "next0", "next1", "next2"]
    assert (dev.work / "order").read_text() == "0\n1\n2\n"
    assert status == 0


def test_many_at_a_time_are_all_answered(dev):
    rows = [{"id": n, "argv": ["pane-count", "dev" if n % 3 else "none"]} for n in range(400)]
    found, _ = batch(dev, *rows, words=["--parallel", "16"])
    assert sorted(answer["id"] for answer in found) == list(range(400))
    assert all((answer["status"] == "success") == bool(answer["id"] % 3) for answer in found)


def test_it_begins_without_a_server_and_outlives_one(box):
    found, _ = batch(
        box,
        {"id": 1, "argv": ["session-list"]},
        {"id": 2, "argv": ["session-create", "dev"]},
        {"id": 3, "argv": ["pane-count", "dev"]},
        {"id": 4, "argv": ["session-kill", "dev"]},
        {"id": 5, "argv": ["pane-count", "dev"]},
        {"id": 6, "argv": ["session-create", "again"]},
        {"id": 7, "argv": ["pane-count", "again"]},
    )
    assert [answer["status"] for answer in found] == ["success"] * 4 + ["error"] + ["success"] * 2
    assert found[4]["error"]["code"] == "ERR_SESSION_NOT_FOUND"


def connected(box) -> bool:
    return "control-mode" in box.tmux("list-clients", "-F", "#{client_flags}", check=False)


@pytest.fixture
def running(dev):
    """A batch that goes on: a function that makes one call in it."""
    with subprocess.Popen(
        [dev.built, "batch"], env=dev.env, cwd=dev.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:

        def call(*words):
            process.stdin.write(json.dumps({"id": 0, "argv": words}).encode() + b"\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        call.process = process
        yield call
        process.kill()


def test_the_connection_is_one_and_disturbs_nobody(dev, running):
    shape = "#{window_width}x#{window_height} #{session_attached} #{window_layout} #{session_name}"
    before = dev.tmux("list-windows", "-a", "-F", shape)
    running("pane-count", "dev")
    assert dev.tmux("list-clients", "-F", "#{client_control_mode}") == "1\n"
    assert dev.tmux("list-windows", "-a", "-F", shape).replace(" 1 ", " 0 ") == before
    assert running("session-list")["sessions"][0]["attached"] is False
    wait_until(lambda: running("pane-count", "dev") and connected(dev), "the connection to come back")
    running.process.stdin.close()
    assert running.process.wait(10) == 0
    assert dev.tmux("list-clients") == ""
    assert dev.tmux("list-windows", "-a", "-F", shape) == before


def test_a_killed_batch_leaves_no_client(dev, running):
    wait_until(lambda: running("pane-count", "dev") and connected(dev), "the connection")
    running.process.kill()
    wait_until(lambda: not connected(dev), "the end of the client")


def test_a_client_that_is_sent_away_is_replaced(dev, running):
    assert running("pane-count", "dev")["count"] == 2
    dev.tmux("detach-client", "-s", "dev")
    assert running("pane-count", "dev")["count"] == 2


@pytest.mark.parametrize("option", ["destroy-unattached", "exit-unattached", "focus-events"])
def test_where_a_client_would_change_something_there_is_none(dev, running, option):
    person = pexpect.spawn(TMUX, ["attach", "-t", "dev"], env=dev.env, timeout=10)
    wait_until(lambda: dev.tmux("list-clients"), "a person's client")
    dev.tmux("set-option", "-s" if option != "destroy-unattached" else "-g", option, "on")
    assert running("pane-count", "dev")["count"] == 2
    assert not connected(dev)
    assert running("pane-count", "dev")["count"] == 2
    running.process.stdin.close()
    assert running.process.wait(10) == 0
    assert dev.bridge("pane-count", "dev").ok()["count"] == 2
    dev.tmux("set-option", "-g", "destroy-unattached", "off")
    person.close(force=True)


@pytest.mark.parametrize("parallel", ["1", "4"])
def test_a_reader_that_leaves_ends_the_batch(box, parallel):
    box.session("dev")
    text = b'{"argv": ["pane-count", "dev"]}\n' * 2000
    (box.work / "calls").write_bytes(text)
    line = f'"{box.built}" batch calls --parallel {parallel} | head -1; echo "${{PIPESTATUS[0]}}"'
    done = box.call(["bash", "-c", line], timeout=60)
    first, status = done.stdout.splitlines()
    assert json.loads(first)["count"] == 1
    assert (status, done.stderr) == ("0", "")


@pytest.mark.parametrize("parallel", ["1", "4"])
def test_a_full_disk_ends_the_batch_with_its_reason(box, parallel):
    box.session("dev")
    (box.work / "calls").write_bytes(b'{"argv": ["pane-count", "dev"]}\n' * 200)
    done = box.call(["bash", "-c", f'"{box.built}" batch calls --parallel {parallel} >/dev/full'], timeout=60)
    assert done.status == 1
    assert "No space left" in done.stderr
