"""pane-run: every outcome, what it leaves behind, and runs that are asked about later."""

from __future__ import annotations

import base64
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from conftest import wait_until

SHELLS = ("bash", "zsh", "dash", "ksh", "fish")


def run(box, command, *options, pane="0", timeout=40.0):
    return box.bridge("pane-run", "dev", pane, *options, "--", command, timeout=timeout)


def pane_pid(box) -> str:
    return box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pid}").strip()


def leftovers(box) -> list[str]:
    """Files of runs and logs that should be gone once nobody waits."""
    place = Path(box.env["BRIDGE_STATE_DIR"])
    return [
        path.name
        for path in place.rglob("*")
        if path.suffix in (".sh", ".cmd", ".end", ".log", ".lease", ".pid", ".tmp") or ".keep" in path.name
    ]


def test_success_tells_output_code_and_id(box):
    box.session()
    done = run(box, "printf 'a\\nb'")
    answer = done.ok()
    assert (answer["output"], answer["exit_code"], answer["outcome"], answer["bytes"]) == ("a\nb", 0, "exited", 4)
    assert answer["truncated"] is False
    assert answer["run_id"]
    assert answer["cursor"] is None  # no log of the pane is kept
    assert answer["duration_ms"] >= 0
    assert leftovers(box) == []
    assert box.tmux("show-options", "-p", "-t", "dev").count("remain-on-exit") == 0


def test_failure_is_an_error_with_all_fields(box):
    box.session()
    done = run(box, "echo why; exit_code_three() { return 3; }; exit_code_three")
    answer = done.json
    assert done.status == 1
    assert done.code == "ERR_COMMAND_FAILED"
    assert (answer["output"], answer["exit_code"], answer["outcome"]) == ("why\n", 3, "exited")


@pytest.mark.parametrize(("command", "status"), [("true", 0), ("sh -c 'exit 9'", 9), ("sh -c 'kill -9 $$'", 137)])
def test_propagate_exits_with_the_commands_code(box, command, status):
    box.session()
    assert run(box, command, "--propagate").status == status


def test_propagated_timeout_is_124_and_busy_is_125(box):
    box.session()
    assert run(box, "sleep 30", "--timeout", "0.2", "--propagate").status == 124
    assert run(box, "true", "--propagate").status == 125


def test_raw_gives_the_exact_bytes(box):
    box.session()
    answer = run(box, "printf '\\033[1mx\\377\\n'", "--raw").ok()
    assert base64.b64decode(answer["output"]) == b"\x1b[1mx\xff\r\n"


def test_stdin_file_is_what_the_command_reads(box):
    box.session()
    (box.work / "in put").write_text("one\ntwo\n")
    assert run(box, "cat", "--stdin-file", str(box.work / "in put")).ok()["output"] == "one\ntwo\n"
    done = run(box, "cat", "--stdin-file", "/no/such/file")
    assert done.code == "ERR_USAGE"
    assert "/no/such/file" in done.json["error"]["message"]


def test_busy_is_refused_at_once_and_nothing_is_typed(box):
    box.session()
    box.bridge("pane-exec", "dev", "0", "sleep 20").ok()
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the sleep")
    before = box.screen("dev")
    done = run(box, "echo no")
    assert (done.code, done.json["outcome"], done.status) == ("ERR_BUSY", "busy", 1)
    assert box.screen("dev") == before
    assert leftovers(box) == []


def test_a_timeout_leaves_the_run_to_be_asked_later(box):
    box.session()
    done = run(box, "echo begun; sleep 0.8; echo ended; sh -c 'exit 6'", "--timeout", "0.3")
    answer = done.json
    assert (done.code, answer["outcome"], answer["output"]) == ("ERR_TIMEOUT", "timeout", "begun\n")
    later = box.bridge("run-result", answer["run_id"], "--wait", "10")
    assert later.code == "ERR_COMMAND_FAILED"
    assert (later.json["output"], later.json["exit_code"]) == ("begun\nended\n", 6)
    again = box.bridge("run-result", answer["run_id"])
    assert (again.json["output"], again.json["exit_code"]) == ("begun\nended\n", 6)
    assert leftovers(box) == []


def test_background_answers_at_once(box):
    box.session()
    began = time.monotonic()
    answer = run(box, "echo one; sleep 1; echo two", "--background").ok()
    assert answer["outcome"] == "running"
    assert time.monotonic() - began < 0.9
    run_id = answer["run_id"]
    assert box.bridge("run-result", run_id).code == "ERR_TIMEOUT"
    first = wait_until(lambda: (a := box.bridge("run-output", run_id).ok())["output"] and a, "the first line")
    assert (first["output"], first["outcome"]) == ("one\n", "running")
    listed = box.bridge("run-list", "--session", "dev").ok()["output"]
    assert [(item["run_id"], item["outcome"]) for item in listed] == [(run_id, "running")]
    assert box.bridge("run-result", run_id, "--wait", "10").ok()["output"] == "one\ntwo\n"
    rest = box.bridge("run-output", run_id, "--since", first["cursor"]).ok()
    assert rest["outcome"] == "exited"
    assert rest["output"].endswith("two\n")
    assert leftovers(box) == []


def test_a_background_run_is_known_after_its_pane_has_gone(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    run_id = run(box, "echo last words", "--background", pane="1").ok()["run_id"]
    wait_until(lambda: box.bridge("run-output", run_id).ok()["output"] or None, "its output")
    done = run(box, "sleep 0.3; exit 4", "--background", pane="1")
    other = done.ok()["run_id"]
    wait_until(lambda: box.bridge("run-result", other).json["outcome"] != "timeout", "its end")
    answer = box.bridge("run-result", other).json
    assert (answer["outcome"], answer["exit_code"]) == ("exited", 4)
    assert box.bridge("pane-count", "dev").ok()["count"] == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_exit_in_the_text_ends_the_pane_and_is_known(box, shell):
    box.use_shell(shell)
    box.session(panes=2)
    box.await_prompt("dev", "1")
    done = run(box, "echo bye; exit 3", pane="1")
    assert (done.json["outcome"], done.json["exit_code"], done.json["output"]) == ("exited", 3, "bye\n")
    # In fish `exit` ends the file that is sourced, not the shell (exit(1) of fish).
    left = 2 if shell == "fish" else 1
    wait_until(lambda: box.bridge("pane-count", "dev").ok()["count"] == left, "the end of the pane")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_killed_shell_is_signalled(box, shell):
    box.use_shell(shell)
    box.session(panes=2)
    box.await_prompt("dev", "1")
    pid = "$fish_pid" if shell == "fish" else "$$"
    done = run(box, f"kill -9 {pid}", pane="1")
    assert (done.json["outcome"], done.json["signal"]) == ("signalled", "KILL")
    assert done.code == "ERR_COMMAND_FAILED"


def test_exec_of_a_program_is_followed_to_its_end(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    done = run(box, "exec sh -c 'echo x; exit 5'", pane="1")
    assert (done.json["outcome"], done.json["exit_code"], done.json["output"]) == ("exited", 5, "x\n")


def test_exec_of_a_shell_is_unknown(box):
    box.session()
    done = run(box, "exec bash", "--timeout", "10")
    assert (done.code, done.json["outcome"]) == ("ERR_UNKNOWN_OUTCOME", "unknown")


@pytest.mark.parametrize("shell", SHELLS)
def test_an_interrupt_by_the_user_is_told(box, shell):
    box.use_shell(shell)
    box.session()
    process = box.start("pane-run", "dev", "0", "echo begun; sleep 30", "--timeout", "15")
    wait_until(lambda: "begun" in box.screen("dev").replace("echo begun", ""), "the command")
    time.sleep(0.1)
    box.tmux("send-keys", "-t", "dev", "C-c")
    out, _ = process.communicate(timeout=20)
    answer = json.loads(out)
    assert (answer["outcome"], answer["exit_code"], answer["signal_guess"]) == ("exited", 130, "INT")
    assert run(box, "echo again").ok()["output"] == "again\n"


def test_what_waits_for_input_is_told(box):
    box.session()
    done = run(box, "read answer; echo got $answer", "--timeout", "20")
    assert (done.code, done.json["outcome"]) == ("ERR_NEEDS_INPUT", "needs-input")
    assert box.bridge("run-result", done.json["run_id"], "--wait", "5").code == "ERR_NEEDS_INPUT"
    box.tmux("send-keys", "-t", "dev", "yes", "Enter")
    later = box.bridge("run-result", done.json["run_id"], "--wait", "10").ok()
    assert later["output"].endswith("got yes\n")
    assert later["exit_code"] == 0


def test_a_killed_pane_is_gone(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    process = box.start("pane-run", "dev", "1", "sleep 30")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "1").status == 0, "the sleep")
    box.bridge("pane-kill", "dev", "1").ok()
    out, _ = process.communicate(timeout=10)
    answer = json.loads(out)
    assert (answer["outcome"], answer["error"]["code"]) == ("gone", "ERR_PANE_GONE")


def test_a_pane_that_was_killed_meanwhile_is_told_to_who_asks_later(box):
    box.session(panes=2)
    box.await_prompt("dev", "1")
    run_id = run(box, "sleep 30", "--background", pane="1").ok()["run_id"]
    box.bridge("pane-kill", "dev", "1").ok()
    done = box.bridge("run-result", run_id, "--wait", "5")
    assert (done.json["outcome"], done.code) == ("gone", "ERR_PANE_GONE")


def test_a_dead_pane_takes_no_run(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "exit 3")
    box.bridge("pane-wait", "dev", "0", "5")
    done = run(box, "echo x")
    assert (done.json["outcome"], done.code, done.status) == ("gone", "ERR_PANE_GONE", 1)


def test_an_unknown_shell_takes_no_run(box):
    box.session()
    odd = box.work / "tcsh"
    shutil.copy(shutil.which("bash"), odd)
    box.tmux("respawn-pane", "-k", "-t", "dev", f"exec {odd} --norc")
    wait_until(lambda: "tcsh" in box.screen("dev"), "its prompt")
    done = run(box, "echo x")
    assert (done.code, done.status) == ("ERR_UNSUPPORTED", 1)
    assert "echo x" not in box.screen("dev")


def test_a_dying_server_is_gone(box):
    box.session()
    process = box.start("pane-run", "dev", "0", "sleep 30")
    wait_until(lambda: box.bridge("pane-is-running", "dev", "0").status == 0, "the sleep")
    box.tmux("kill-server")
    out, _ = process.communicate(timeout=10)
    assert json.loads(out)["outcome"] == "gone"


def test_a_program_that_prints_an_old_mark_ends_nothing(box):
    box.session()
    script = box.work / "old"
    answer = run(box, "echo x").ok()
    record = next(Path(box.env["BRIDGE_STATE_DIR"]).rglob(f"{answer['run_id']}.json"))
    nonce = json.loads(record.read_text())["nonce"]
    script.write_text(f"\033]6973;{nonce};E;0\007middle\n")
    done = run(box, f"cat {script}; echo end; false")
    assert (done.json["output"], done.json["exit_code"]) == ("middle\nend\n", 1)


def test_large_output_keeps_the_end_and_says_so(box):
    box.session()
    answer = run(box, "seq 1 300000", "--max-output", "10000").ok()
    assert answer["truncated"] is True
    assert len(answer["output"].encode()) <= 10000
    assert answer["output"].endswith("299999\n300000\n")
    assert answer["bytes"] == sum(len(str(n)) + 2 for n in range(1, 300001))


def test_thirty_thousand_lines_are_all_there(box):
    box.session()
    answer = run(box, "seq 1 30000").ok()
    assert answer["truncated"] is False
    assert answer["output"] == "".join(f"{n}\n" for n in range(1, 30001))


def test_copy_mode_and_resize_do_not_matter(box):
    box.session()
    box.tmux("copy-mode", "-t", "dev")
    process = box.start("pane-run", "dev", "0", "for i in 1 2 3 4; do echo line $i; sleep 0.1; done")
    time.sleep(0.25)
    box.tmux("resize-window", "-t", "dev", "-x", "33", "-y", "9")
    out, _ = process.communicate(timeout=10)
    assert json.loads(out)["output"] == "line 1\nline 2\nline 3\nline 4\n"


def test_nothing_is_left_in_bash(box):
    box.session()
    run(box, "echo once")
    box.bridge("pane-exec", "dev", "0", "history | tail -3; set | grep -c '^__bridge_run'; env | grep -c bridge_").ok()
    box.bridge("pane-wait", "dev", "0", "10").ok()
    screen = box.screen("dev")
    assert ".sh'" not in screen.split("echo once")[-1]
    assert run(box, "echo $-; trap; echo $_").ok()["output"].count("bridge") == 0


def test_an_unknown_run_is_told(box):
    box.session()
    for command in ("run-result", "run-output"):
        done = box.bridge(command, "nosuchrun")
        assert done.code == "ERR_RUN_NOT_FOUND"
        assert "nosuchrun" in done.json["error"]["message"]


def test_a_bad_cursor_is_told(box):
    box.session()
    run_id = run(box, "true").ok()["run_id"]
    assert box.bridge("run-output", run_id, "--since", "x.y").code == "ERR_USAGE"


def test_the_cursor_of_a_run_leads_into_the_pane_s_log_where_one_is_kept(box):
    box.session()
    box.bridge("pane-log", "dev", "0", "on").ok()
    run(box, "echo before").ok()
    answer = run(box, "seq 1 5").ok()
    run(box, "echo after").ok()
    since = box.bridge("pane-read", "dev", "0", "--since", answer["cursor"]).ok()["output"]
    assert "\nafter\n" in since
    assert "before" not in since
    assert not {"1", "2", "3", "4", "5"} & set(since.split("\n"))
    again = box.bridge("run-result", answer["run_id"]).ok()
    assert again["cursor"] == answer["cursor"]
    assert box.bridge("run-output", answer["run_id"], "--since", answer["cursor"]).ok()["output"] == ""


def test_the_cursor_of_a_run_goes_with_the_log(box):
    box.session()
    box.bridge("pane-log", "dev", "0", "on").ok()
    answer = run(box, "echo text").ok()
    assert answer["cursor"]
    box.bridge("pane-log", "dev", "0", "off").ok()
    assert box.bridge("run-result", answer["run_id"]).ok()["cursor"] is None
    assert box.bridge("pane-read", "dev", "0", "--since", answer["cursor"]).code == "ERR_BAD_CURSOR"


def test_the_cursor_of_a_run_that_goes_on_leads_to_the_rest(box):
    box.session()
    answer = run(box, "echo one; sleep 1; echo two; sleep 1", "--timeout", "0.6").json
    assert (answer["outcome"], answer["output"]) == ("timeout", "one\n")
    read = box.bridge("pane-read", "dev", "0", "--since", answer["cursor"], "--follow", "--timeout", "10").ok()
    assert read["output"].startswith("two\n")
    rest = box.bridge("run-output", answer["run_id"], "--since", answer["cursor"]).ok()
    assert (rest["output"], rest["outcome"]) == ("two\n", "running")
    result = box.bridge("run-result", answer["run_id"], "--wait", "10").ok()
    assert result["output"] == "one\ntwo\n"
    other = run(box, "true").ok()["run_id"]
    settled = box.bridge("run-output", answer["run_id"], "--since", answer["cursor"]).ok()
    assert settled["output"].endswith("two\n")
    assert box.bridge("run-output", other, "--since", rest["cursor"]).code == "ERR_USAGE"


def test_bad_input_changes_nothing(box):
    box.session()
    before = box.screen("dev")
    assert run(box, "  ").code == "ERR_USAGE"
    assert run(box, "true", "--max-output", "9999999999").code == "ERR_USAGE"
    assert box.bridge("pane-run", "dev", "9", "true").code == "ERR_PANE_NOT_FOUND"
    assert box.bridge("pane-run", "nosuch", "0", "true").code == "ERR_SESSION_NOT_FOUND"
    large = box.bridge("pane-run", "dev", "0", "-", text=b"x" * 8_000_001)
    assert large.code == "ERR_TOO_LARGE"
    assert box.screen("dev") == before


def test_the_end_of_an_earlier_job_is_not_output(box):
    box.session("dev")
    for _ in range(5):
        run(box, "true &").ok()
        wait_until(lambda: not box.call(["ps", "--ppid", pane_pid(box), "-o", "pid="]).stdout, "the job's end")
        assert run(box, "(sleep 0.05 & wait; echo done)").ok()["output"] == "done\n"
    assert "Done" in box.screen("dev")


def test_two_runs_in_a_row_wait_for_a_slow_prompt(box):
    (box.home / ".bash_profile").write_text("PS1='$ '\nPROMPT_COMMAND='sleep 0.4'\n")
    box.session()
    for number in range(3):
        assert run(box, f"echo {number}").ok()["output"] == f"{number}\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_random_codes_are_exact(box, shell):
    box.use_shell(shell)
    box.session()
    for code in (0, 1, 2, 77, 128, 200, 255):
        assert run(box, f"sh -c 'exit {code}'").json["exit_code"] == code


def test_a_killed_call_leaves_nothing_for_good(box):
    box.session()
    process = box.start("pane-run", "dev", "0", "sleep 1; echo late")
    time.sleep(0.4)
    process.kill()
    process.wait()
    box.bridge("pane-wait", "dev", "0", "10").ok()
    assert run(box, "echo next").ok()["output"] == "next\n"


def test_files_of_a_call_that_was_killed_before_it_typed_are_swept(box):
    box.session()
    run(box, "true").ok()
    (place,) = Path(box.env["BRIDGE_STATE_DIR"]).rglob("run/runs")
    orphans = [place / name for name in ("0123456789ab.cmd", "0123456789ab.end", "ab.json.77.tmp")]
    fresh = place / "ba9876543210.cmd"
    for path in (*orphans, fresh):
        path.write_text("x")
    for path in orphans:
        os.utime(path, (time.time() - 100,) * 2)
    run(box, "true").ok()
    assert not [path.name for path in orphans if path.exists()]
    assert fresh.exists()


def test_a_line_that_was_cleared_is_unknown_once_the_shell_is_idle(box):
    box.session()
    process = box.start("pane-run", "dev", "0", "sleep 0.5", "--background")
    run_id = json.loads(process.communicate(timeout=20)[0])["run_id"]
    box.bridge("pane-wait", "dev", "0", "10").ok()
    (place,) = Path(box.env["BRIDGE_STATE_DIR"]).rglob("run/runs")
    record = json.loads((place / f"{run_id}.json").read_text())
    (place / f"{run_id}.end").write_text("")  # as if the shell had never read the line
    (place / f"{run_id}.json").write_text(json.dumps(record | {"began": record["began"] - 100, "offset": 1 << 40}))
    run(box, "true").ok()
    assert box.bridge("run-result", run_id).json["outcome"] == "unknown"
    assert not list(place.glob(f"{run_id}.[sce]*"))


def test_a_log_that_a_killed_call_kept_for_its_run_is_given_back(box):
    box.session()
    process = box.start("pane-run", "dev", "0", "sleep 0.3; echo late", "--background")
    run_id = json.loads(process.communicate(timeout=20)[0])["run_id"]
    box.bridge("pane-wait", "dev", "0", "10").ok()
    (place,) = Path(box.env["BRIDGE_STATE_DIR"]).rglob("run/runs")
    assert list(place.parent.glob(f"*.keep-{run_id}"))
    (place / f"{run_id}.end").unlink()  # the call that asked for it was killed when this was gone
    run(box, "true").ok()
    assert not list(place.parent.glob("pane-*"))
    assert box.tmux("display-message", "-p", "-t", "dev:", "#{pane_pipe}").strip() == "0"
