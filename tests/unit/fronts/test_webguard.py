"""Who may speak to a server on the loopback."""

from __future__ import annotations

import pytest

from bridge.core.webguard import LARGEST_BODY, refusal

GOOD = {"host": "127.0.0.1:5000", "authorization": "Bearer secret", "content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, None),
        ({"host": "localhost:5000"}, None),
        ({"origin": "http://127.0.0.1:5000"}, None),
        ({"origin": "http://localhost:5000"}, None),
        ({"authorization": "bearer secret"}, None),
        ({"host": ""}, 403),
        ({"host": "127.0.0.1"}, 403),
        ({"host": "127.0.0.1:5001"}, 403),
        ({"host": "127.0.0.1:5000.evil.example"}, 403),
        ({"host": "evil.example:5000"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "https://127.0.0.1:5000"}, 403),
        ({"origin": "http://127.0.0.1:5000.evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Bearer secre"}, 401),
        ({"authorization": "Bearer secret2"}, 401),
        ({"authorization": "Bearer gehe\u00efm"}, 401),
        ({"authorization": "secret"}, 401),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-length": str(LARGEST_BODY + 1)}, 413),
        ({"content-length": "-1"}, 413),
        ({"content-length": "\u00b2"}, 413),
    ],
    ids=str,
)
def test_a_request_is_judged_by_its_headers(changed, status):
    found = refusal("POST", GOOD | changed, "secret", 5000)
    assert (found[0] if found else None) == status


def test_reading_needs_no_content_type():
    assert refusal("GET", {key: GOOD[key] for key in ("host", "authorization")}, "secret", 5000) is None
