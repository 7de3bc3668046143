"""Metrics over time, with the daemon and after it, and the forms for other programs."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from conftest import wait_until

QUICK = {"BRIDGE_METRICS_INTERVAL": "0.2"}


def history(box, *words, **kwargs) -> dict:
    return box.bridge("metrics-history", "dev", "0", *words, **kwargs).ok()


def test_without_a_daemon_there_is_none(box):
    box.session()
    done = box.bridge("metrics-history", "dev", "0")
    assert (done.status, done.code) == (1, "ERR_DAEMON")
    assert "daemon-start" in done.json["error"]["hint"]


def test_the_daemon_samples(box):
    box.session()
    box.bridge("daemon-start", env=QUICK).ok()
    wait_until(lambda: len(history(box)["points"]) >= 10, "ten points")
    box.bridge("pane-exec", "dev", "0", "while :; do :; done").ok()
    answer = wait_until(lambda: (found := history(box, "1m"))["series"][0]["maximum"] > 20 and found, "a busy shell")
    box.bridge("pane-send-keys", "dev", "0", "C-c").ok()
    assert (answer["sampled"], answer["interval_seconds"], answer["hint"]) == (True, 0.2, None)
    cpu = answer["series"][0]
    values = [point["cpu_percent"] for point in answer["points"] if point["cpu_percent"] is not None]
    assert (cpu["figure"], cpu["samples"]) == ("cpu_percent", len(values))
    assert cpu["minimum"] == min(values) < cpu["average"] < cpu["maximum"] == max(values)
    assert cpu["minimum"] <= cpu["percentile_95"] <= cpu["maximum"]
    assert cpu["average"] == pytest.approx(sum(values) / len(values), abs=0.01)
    assert sum(bucket["samples"] for bucket in answer["buckets"]) == len(answer["points"])
    assert [bucket["seconds"] for bucket in answer["buckets"]] == [5.0] * len(answer["buckets"])
    assert len(history(box, "1m", "--buckets", "1")["buckets"]) <= 2
    stamps = [point["timestamp"] for point in answer["points"]]
    assert stamps == sorted(stamps)
    table = box.call([*box.command("click"), "--table", "metrics-history", "dev", "0", "1m"]).stdout
    assert re.search(r"^cpu_percent .*[▁▂▃▄▅▆▇█]", table, re.MULTILINE)


def test_what_is_kept_outlives_the_daemon(box):
    box.session()
    box.bridge("daemon-start", env=QUICK | {"BRIDGE_METRICS_DAYS": "2"}).ok()
    wait_until(lambda: len(history(box)["points"]) >= 5, "five points")
    box.bridge("daemon-stop").ok()
    answer = history(box, "1h")
    assert (answer["sampled"], answer["points"], answer["interval_seconds"]) == (False, [], None)
    assert "daemon-start" in answer["hint"]
    memory = {row["figure"]: row for row in answer["series"]}["memory_mb"]
    assert memory["samples"] >= 5
    assert memory["minimum"] > 0
    assert sum(bucket["samples"] for bucket in answer["buckets"]) == memory["samples"]
    # A process that came later has no part in it.
    box.bridge("pane-respawn", "dev", "0", "--kill").ok()
    assert box.bridge("metrics-history", "dev", "0").code == "ERR_DAEMON"


def test_a_daemon_that_looks_elsewhere(box):
    box.session("dev")
    box.session("other")
    box.bridge("daemon-start", "other").ok()
    answer = history(box)
    assert (answer["sampled"], answer["series"], answer["points"]) == (False, [], [])
    assert "other" in answer["hint"]


@pytest.mark.parametrize("words", [("soon",), ("0",), ("-5",), ("1h", "--buckets", "0"), ("1h", "--buckets", "2001")])
def test_times_that_cannot_be(box, words):
    box.session()
    done = box.bridge("metrics-history", "dev", "0", *words)
    assert (done.status, done.code) == (1, "ERR_USAGE")
    assert words[-1] in done.json["error"]["message"]


def test_no_process_no_history(box):
    box.session()
    box.tmux("set-option", "-t", "dev", "remain-on-exit", "on")
    box.tmux("respawn-pane", "-k", "-t", "dev", "exit 3")
    wait_until(lambda: box.tmux("list-panes", "-t", "dev", "-F", "#{pane_dead}").strip() == "1", "the end")
    assert box.bridge("metrics-history", "dev", "0").code == "ERR_NO_PROCESS"


def test_an_export_of_everything(box):
    box.session("dev", panes=2)
    box.session("other")
    answer = box.bridge("metrics-export", "--interval", "0.1").ok()
    assert (answer["format"], answer["count"]) == ("prometheus", 3)
    samples = [line for line in answer["output"].splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'bridge_pane_\w+\{(\w+="[^"]*",?)+\} [0-9.e+-]+', line) for line in samples)
    assert len([line for line in samples if line.startswith("bridge_pane_memory_mb{")]) == 3
    done = box.call([*box.command("fast"), "metrics-export", "--plain", "--format", "csv", "--interval", "0", "dev"])
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["session"], row["pane_id"]) for row in rows] == [("dev", "0"), ("dev", "1")]
    answer = box.bridge("metrics-export", "other", "--format=json", "--interval=0").ok()
    assert json.loads(answer["output"]) == answer["panes"]


def test_an_export_without_a_server(box):
    answer = box.bridge("metrics-export").ok()
    assert (answer["output"], answer["panes"]) == ("\n", [])
    assert box.bridge("metrics-export", "none").code == "ERR_SESSION_NOT_FOUND"
    assert box.bridge("metrics-export", "--interval", "61").code == "ERR_USAGE"
