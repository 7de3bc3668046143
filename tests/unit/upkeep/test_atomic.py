"""Files that are replaced by many at once."""

from __future__ import annotations

import concurrent.futures
import resource
import signal

import pytest

from bridge.errors import BridgeError
from bridge.store import atomic


def test_threads_that_replace_one_file_are_not_in_each_others_way(tmp_path):
    path = tmp_path / "file"

    def replace(number: int) -> None:
        for _ in range(100):
            atomic.replace(str(path), str(number).encode() * 1000)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(replace, range(8))) == [None] * 8
    text = path.read_text()
    assert text == text[0] * 1000
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_new_file_is_private_and_replaces_none(tmp_path):
    path = tmp_path / "new"
    atomic.create(str(path), b"first")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"first", 0o600)
    with pytest.raises(BridgeError) as caught:
        atomic.create(str(path), b"second")
    assert (caught.value.code, path.read_bytes()) == ("ERR_STATE", b"first")


def test_a_new_file_that_cannot_be_filled_is_not_left(tmp_path):
    path = tmp_path / "new"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(BridgeError):
            atomic.create(str(path), b"more than ten bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []
