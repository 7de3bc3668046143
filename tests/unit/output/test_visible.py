"""What nobody sees is shown, what drives a terminal does not reach it, and ordinary text stays as it is."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.visible import for_terminal, in_json, in_line, marked

HIDDEN = [
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *(0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, 0x2060, 0xFFF9, 0xE0041, 0xE007F, 0xE0100),
]


@pytest.mark.parametrize("code", HIDDEN)
def test_a_hidden_sign_is_shown_by_its_number(code):
    assert marked(f"a{chr(code)}b") == f"a\\u{{{code:x}}}b"


@pytest.mark.parametrize("text", ["", "plain\n\ttext", "日本語", "é", "👨‍👩‍👧", "❤️", "1️⃣", "نمی‌خواهم", "क्‍ष", "\x1b[31m"])
def test_ordinary_text_stays(text):
    assert marked(text) == text


def test_a_joiner_that_joins_nothing_is_shown():
    assert marked("pass\u200dword") == "pass\\u{200d}word"
    assert marked("日\u200d\u200d本") == "日\u200d\\u{200d}本"


@given(st.text())
def test_marking_twice_changes_no_more(text):
    assert marked(marked(text)) == marked(text)


@given(st.text(st.characters(exclude_categories=())))
def test_no_control_character_reaches_a_terminal(text):
    shown = for_terminal(text)
    assert not [char for char in shown if unicodedata.category(char) == "Cc" and char not in "\n\t"]
    assert "\n" not in in_line(text)
    assert for_terminal(shown) == shown


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_json_says_the_same(text):
    line = json.dumps({"text": text}, ensure_ascii=False)
    assert json.loads(in_json(line)) == {"text": text}
    assert not set(in_json(line)) & {chr(code) for code in (*range(0x80, 0xA0), *HIDDEN)}
