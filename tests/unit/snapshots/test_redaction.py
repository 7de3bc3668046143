"""What a report must not hold, and what it must."""

from __future__ import annotations

import time

import pytest

from bridge.core import redaction

SECRET = "hunter2hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"API_TOKEN={SECRET}",
        f"password: {SECRET}",
        f'"api_key": "{SECRET}"',
        f"db_password='{SECRET} more'",
        f"https://me:{SECRET}@host/path",
        f"Authorization: Bearer {SECRET}",
        f"curl --token {SECRET} x",
        f"login --password={SECRET}",
        f"ghp_{SECRET}",
        f"sk-{SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"eyJ{SECRET}.{SECRET}.{SECRET}",
    ],
)
def test_a_secret_is_taken_out(text):
    clean = redaction.report(f"before {text} after")
    assert SECRET not in clean
    assert redaction.BLOT in clean
    assert clean.startswith("before ")


@pytest.mark.parametrize("text", ["pane 3 ended with 0", "https://host/path?x=1", "monitor: dev", "key=value", ""])
def test_what_is_no_secret_stays(text):
    assert redaction.report(text) == text


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "BRIDGE_SECRET", "db_password", "AWS_SECRET_ACCESS_KEY", "AUTH"])
def test_a_variable_whose_name_speaks_of_a_secret_tells_nothing(name):
    assert redaction.report_setting(name, "anything") == redaction.BLOT
    assert redaction.report_setting(name, "") == ""


def test_the_home_directory_is_not_named():
    assert redaction.report("/h/me/.local/state", "/h/me") == "~/.local/state"
    assert redaction.report("/etc", "/") == "/etc"
    assert redaction.report_setting("SHELL", "/h/me/bin/sh", "/h/me") == "~/bin/sh"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "token",
            "--token",
            "-eyJaaaaaaaa",
            "eyJaaaaaaaa.",
            "token.",
            "token\n",
            "a.token ",
            "password ",
            "-----BEGIN ",
        ),
        *("Bearer ", "https://a:", "xoxb-", "sk-", "token=", " ", "-", "eyJ", "ghp_"),
    ],
)
def test_time_grows_with_the_text(piece):
    began = time.process_time()
    redaction.redact(piece * (500_000 // len(piece)))
    assert time.process_time() - began < 5  # the square of it would be minutes


def test_each_of_many_secrets_is_taken_out():
    text = f"--token {SECRET} a.b.token={SECRET} eyJ{SECRET}.{SECRET}.{SECRET}.eyJ{SECRET}.{SECRET}.x"
    assert SECRET not in redaction.redact(text)
