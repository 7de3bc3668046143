"""Files that are replaced by many at once."""

from __future__ import annotations

import concurrent.futures

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
