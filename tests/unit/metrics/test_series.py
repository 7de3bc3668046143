"""Figures over time, and the forms of an export."""

from __future__ import annotations

import csv as reader
import io
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.table import sparkline
from bridge.core import limits, series
from bridge.store.samples import Samples

VALUES = st.lists(st.floats(0, 1e6), min_size=2, max_size=50)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("30s", 30), ("10m", 600), ("1.5h", 5400), ("2d", 172800), ("366d", series.LONGEST)],
)
def test_durations(text, seconds):
    assert series.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "h", "-5", "1w", "1hh", "367d", "1e3", "٣", "1 h", "nan", "9" * 13])
def test_what_is_no_duration(text):
    assert series.duration(text) is None


@given(VALUES)
def test_the_percentile_is_that_of_the_standard_library(values):
    expected = statistics.quantiles(values, n=100, method="inclusive")[94]
    assert series.percentile(values) == pytest.approx(expected, abs=1e-6)


@given(VALUES, VALUES)
def test_merged_summaries_tell_the_same_but_for_the_percentile(one, other):
    def whole(values):
        return {"samples": len(values)} | series.summary(values)

    merged, exact = series.merge([whole(one), whole(other)]), whole([*one, *other])
    for name in ("samples", "minimum", "average", "maximum"):
        assert merged[name] == pytest.approx(exact[name], abs=0.02)
    assert merged["percentile_95"] == max(whole(one)["percentile_95"], whole(other)["percentile_95"])
    assert exact["minimum"] <= merged["percentile_95"] <= exact["maximum"]


def test_buckets_hold_each_point_once():
    points = [{"at": at} for at in (119.9, 60, 0, 59.9, 300)]
    found = series.buckets(points, 60)
    assert [(began, len(inside)) for began, inside in found] == [(0, 2), (60, 2), (300, 1)]


PANE = {
    "session": 'a"b\\c\nd',
    "window": 0,
    "pane_id": 1,
    "pane": "%3",
    "label": "=1+1",
    "cpu_percent": 1.5,
    "memory_mb": 2,
    "memory_percent": 0.1,
    "io_read_kb": None,
    "io_write_kb": 7,
    "uptime_seconds": 9,
    "thread_count": 1,
    "process_count": 1,
}


def test_prometheus():
    text = series.prometheus([PANE])
    labels = r'session="a\"b\\c\nd",window="0",pane_id="1",pane="%3",label="=1+1"'
    lines = text.splitlines()
    assert f"bridge_pane_cpu_percent{{{labels}}} 1.5" in lines
    assert f"bridge_pane_io_write_kb_total{{{labels}}} 7" in lines
    assert "# TYPE bridge_pane_io_write_kb_total counter" in lines
    assert "io_read" not in text
    assert text.endswith("\n")
    assert series.prometheus([]) == ""


def test_csv_is_read_back():
    (row,) = reader.DictReader(io.StringIO(series.csv([PANE])))
    assert row["session"] == PANE["session"]
    assert row["label"] == "'=1+1"
    assert (row["cpu_percent"], row["io_read_kb"]) == ("1.5", "")


def test_a_sparkline():
    assert sparkline([0, 1, 2, None, 7]) == "▁▂▃ █"
    assert sparkline([0.0, 0.0]) == "▁▁"


@given(st.sampled_from(sorted(limits.KINDS)), st.floats(0.01, 1e9))
def test_a_limit_is_read_back(kind, value):
    limit = limits.Limit(kind, float(f"{value:.2f}"), limits.KINDS[kind][1])
    found = limits.read(kind, limits.write(limit, "%3"), "%3")
    assert found is not None
    assert (found.value, found.action) == (pytest.approx(limit.value), limit.action)
    assert limits.read(kind, limits.write(limit, "%3"), "%4") is None


@pytest.mark.parametrize("text", ["", "%3", "%3 5", "%3 x kill", "%3 5 beg", "%3 -5 kill", "%3 inf kill", "%3  kill"])
def test_what_is_no_limit(text):
    assert limits.read("mem", text, "%3") is None


def summary(value, samples=12.0):
    return {
        "samples": samples,
        "minimum": value,
        "average": value,
        "maximum": value,
        "percentile_95": value,
    }


def test_samples_thin_with_age(tmp_path):
    tmp_path.chmod(0o700)
    samples = Samples(str(tmp_path / "metrics" / "samples.db"), 0)
    now = 40 * 86400
    day = 86400
    for age in (60, 2 * day, 8 * day, 35 * day):
        samples.add([("p", (now - age) // 3600 * 3600 + 60 * n, "cpu_percent", summary(float(n))) for n in range(60)])
    samples.thin(now, 30 * day)
    samples.thin(now, 30 * day)
    found = samples.read("p", 0)
    assert [width for _, width, _, _ in found] == [3600] + [600] * 6 + [60] * 60
    assert found[0][3] == {"samples": 720, "minimum": 0, "average": 29.5, "maximum": 59, "percentile_95": 59}
    assert [row[3]["average"] for row in found[1:7]] == [4.5, 14.5, 24.5, 34.5, 44.5, 54.5]
    assert samples.read("other", 0) == []
    assert len(samples.read("p", now - 3 * day)) == 66
    samples.close()


def test_a_file_that_is_no_database_is_put_aside(tmp_path):
    tmp_path.chmod(0o700)
    path = tmp_path / "samples.db"
    path.write_text("no database" * 100)
    samples = Samples(str(path), 5)
    assert samples.aside
    samples.add([("p", 60, "cpu_percent", summary(1.0))])
    assert len(samples.read("p", 0)) == 1
    samples.close()
