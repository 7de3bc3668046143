"""The document of a session, the layouts, the words and the secrets in it: all without tmux."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from bridge.core import comparison, layouts, localoptions, redaction, sgr, shellwords, snapshots, variables
from bridge.errors import BridgeError
from bridge.tmux import options

LAYOUT = "b25d,80x24,0,0,0"


def document(**changes) -> dict:
    """A document in order, with changes."""
    pane = {
        "window": 0,
        "pane_id": 0,
        "label": "main",
        "command": "bash",
        "argv": None,
        "working_dir": "/",
        "title": "t",
        "metadata": {"k": [1, 2.5, None]},
        "environment": {"LANG": "C"},
        "options": {},
        "history": None,
        **dict.fromkeys(("last", "marked", "input_off", "owned"), False),
        "active": True,
    }
    window = {
        "index": 0,
        "name": "w",
        "automatic_rename": None,
        "layout": LAYOUT,
        "active": True,
        "stack": 0,
        "zoomed": False,
        "options": {},
    }
    session = {"path": "/", "owned": True, "options": {}, "environment": {}, "removed_environment": []}
    whole = {
        "version": snapshots.VERSION,
        "session_name": "dev",
        "saved_at": "2026-01-01T10:30:00Z",
        "metadata": {},
        "session": session,
        "windows": [window],
        "panes": [pane],
        "notes": [],
    }
    return json.loads(json.dumps(whole | changes))


# --- the document ---


def test_what_is_sealed_is_unsealed_again():
    data = snapshots.seal(document())
    found = snapshots.unseal(data)
    assert {key: value for key, value in found.items() if key != "checksum"} == document()
    assert snapshots.seal(found) == data
    assert json.loads(data)["checksum"].startswith("sha256:")


def test_text_that_is_no_unicode_is_repaired_and_still_whole():
    data = snapshots.seal(document(session_name="a\udcff\ud800b"))
    assert "\ufffd" in snapshots.unseal(data)["session_name"]


@pytest.mark.parametrize("seed", range(200))
def test_a_byte_that_was_changed_is_noticed(seed):
    choose = random.Random(seed)
    data = bytearray(snapshots.seal(document()))
    place = choose.randrange(len(data))
    data[place] ^= 1 << choose.randrange(8)
    try:
        found = snapshots.unseal(bytes(data))
    except ValueError:
        return
    # Blanks between the values say nothing.
    assert found == snapshots.unseal(snapshots.seal(document()))


@pytest.mark.parametrize("size", range(0, 1600, 37))
def test_a_document_that_was_cut_is_refused(size):
    data = snapshots.seal(document())
    with pytest.raises(ValueError, match=r"\w"):
        snapshots.unseal(data[: min(size, len(data) - 3)])


@pytest.mark.parametrize("version", ["4.1", "5.0", "10.0", "2.9", "", "x", None, 4, "4.0.0", "4" * 30])
def test_versions_that_are_not_known_are_refused(version):
    with pytest.raises(ValueError, match="version"):
        snapshots.unseal(snapshots.seal(document(version=version)))


@pytest.mark.parametrize("key", ["session_name", "saved_at", "session", "windows", "panes", "metadata"])
@pytest.mark.parametrize("value", [None, 7, [], "", {}, [[]], True])
def test_a_value_of_another_kind_is_refused_or_harmless(key, value):
    try:
        found = snapshots.unseal(snapshots.seal(document(**{key: value})))
    except ValueError:
        pass
    else:
        assert type(found[key]) is type(document()[key])


def test_lives_tell_one_server_from_the_next():
    one = document(identity={"server_pid": 1, "server_started": 2, "session_id": "$0", "session_created": 3})
    other = document(identity={"server_pid": 9, "server_started": 2, "session_id": "$0", "session_created": 3})
    assert snapshots.life(one) != snapshots.life(other)
    assert snapshots.life(document()) == ""


def test_content_does_not_depend_on_the_time_of_the_save():
    assert snapshots.content(document()) == snapshots.content(document(saved_at="later", checksum="x"))
    assert snapshots.content(document()) != snapshots.content(document(session_name="other"))


def test_an_old_document_becomes_one_of_today():
    old = {
        "version": "3.1.0",
        "session_name": "dev",
        "saved_at": "x",
        "layout": {"window_layout": LAYOUT},
        "panes": [{"pane_id": 0, "label": "main", "working_dir": "/tmp", "command": "vim a.txt", "metadata": {}}],
    }
    found = snapshots.unseal(json.dumps(old).encode())
    assert snapshots.words(found["panes"][0]) == [["vim", "a.txt"]]
    assert found["windows"][0]["layout"] == LAYOUT
    old["panes"] = old["panes"] * 3
    found = snapshots.unseal(json.dumps(old).encode())
    assert layouts.read(found["windows"][0]["layout"]).panes == 3


# --- layouts ---


@pytest.mark.parametrize(
    ("text", "panes"),
    [
        (LAYOUT, 1),
        ("30d6,80x24,0,0[80x11,0,0{39x11,0,0,0,40x11,40,0,1},80x12,0,12{39x12,0,12,2,40x12,40,12,3}]", 4),
        ("4566,300x100,0,0[300x10,0,0,2,300x10,0,11,3,300x10,0,22,4,300x10,0,33,5,300x10,0,44,6,300x10,0,55,7,300x10,0,66"
         ",8,300x10,0,77,9,300x12,0,88,10]", 9),
    ],
)  # fmt: skip
def test_layouts_of_tmux_are_read(text, panes):
    found = layouts.read(text)
    assert found.panes == panes
    assert f"{found.width}x{found.height}" == text.split(",")[1]


def test_the_form_does_not_know_the_panes():
    def with_sum(body: str) -> str:
        return f"{layouts.checksum(body):04x},{body}"

    one = layouts.read(with_sum("80x24,0,0{40x24,0,0,1,39x24,41,0,2}"))
    other = layouts.read(with_sum("80x24,0,0{40x24,0,0,77,39x24,41,0,5}"))
    third = layouts.read(with_sum("80x24,0,0{39x24,0,0,1,40x24,40,0,2}"))
    assert one.form == other.form != third.form


@pytest.mark.parametrize(
    "text",
    [*("", "b25d", "0000,80x24,0,0,0", "tiled", "b25d,80x24,0,0,1"), "b25e,80x24,0,0,0", "é25d,80x24,0,0,0", "," * 50],
)
def test_layouts_that_tmux_did_not_write_are_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        layouts.read(text)


@pytest.mark.parametrize(
    "body",
    [
        *("", "80", "80x", "x24,0,0", "80x24,0", "0x24,0,0,1", "80x99999,0,0,1", "80x24,0,0{", "80x24,0,0{40x24,0,0,1"),
        *("80x24,0,0{40x24,0,0,1]", "80x24,0,0{}", "80x24,0,0,1,", "٣x24,0,0,1", "80x24,0,0{" * 200),
        "9" * 5000 + "x1,0,0,1",
    ],
)  # fmt: skip
def test_a_right_checksum_does_not_make_a_layout(body):
    with pytest.raises(ValueError, match=r"\w"):
        layouts.read(f"{layouts.checksum(body):04x},{body}")


# --- words ---

WORDS = [
    *("plain", "two words", "it's", 'say "x"', "", "$HOME", "`x`", "a\\b", "a\\", "*", "~", "~user", "#x", "-n", "a=b"),
    *(
        "=x",
        "%1",
        "!!",
        "é日本",
        ";",
        "&&",
        "|",
        ">",
        "(",
        "{a,b}",
        "[a]",
        "new\nline",
        "tab\there",
        "'",
        "\\'",
        "?",
        "^",
    ),
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash", "ksh"])
def test_a_shell_reads_exactly_the_words(shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} IS NOT INSTALLED")
    for word in WORDS:
        text = shellwords.line([["printf", "%s\\0", word, "x"]], shell)
        if text is None:
            assert shell == "dash"
            assert "\n" in word or "\t" in word
            continue
        assert "\n" not in text, "a newline would be an Enter"
        assert "\t" not in text, "a tab would complete"
        done = subprocess.run([program, "-c", text], capture_output=True, check=True, timeout=20)
        assert done.stdout.decode() == f"{word}\0x\0", (shell, text)


def test_pipelines_are_joined():
    assert shellwords.line([["tail", "-f", "a b"], ["cat"]]) == "tail -f 'a b' | cat"


@pytest.mark.parametrize("word", ["a\x1bb", "a\rb", "\x7f", "a\x9bb", "\x03"])
def test_control_characters_are_escaped_or_refused(word):
    for shell in ("bash", "zsh", "fish", "dash"):
        text = shellwords.line([["echo", word]], shell)
        assert text is None or all(char >= " " and char != "\x7f" for char in text)


# --- secrets ---

TOKEN = "ghp_" + "A1b2C3d4" * 4


@pytest.mark.parametrize(
    "text",
    [
        *(f"x {TOKEN} y", f"Authorization: Bearer {TOKEN}", f"https://me:{TOKEN}@host/", f"password={TOKEN}"),
        *(f"API_KEY: '{TOKEN}'", f"--token {TOKEN}", f"--client-secret={TOKEN}", f'"secret": "{TOKEN}"'),
    ],
)
def test_secrets_are_blotted_out_of_text(text):
    assert TOKEN not in redaction.redact(text)
    assert redaction.BLOT in redaction.redact(text)
    assert redaction.redact(redaction.redact(text)) == redaction.redact(text)


@pytest.mark.parametrize(
    "value", ["hunter2", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "xoxb-1234567890-abc"]
)
def test_secrets_of_other_kinds(value):
    assert value not in redaction.redact(f"MY_PASSWORD={value}")
    key = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"
    assert redaction.redact(f"a {key} b") == f"a {redaction.BLOT} b"


def test_words_of_commands():
    assert redaction.redact_words(["run", "--password", "x y", "--api-key=k", "TOKEN=t", "-v"]) == [
        *("run", "--password", "[redacted]", "--api-key=[redacted]", "TOKEN=[redacted]", "-v"),
    ]


@pytest.mark.parametrize(
    "text",
    ["git commit -m 'fix the keyboard'", "make test", "ls tokens/", "ssh me@host", "a=b", "the password is wrong"],
)
def test_what_is_no_secret_is_kept(text):
    assert redaction.redact(text) == text
    assert redaction.redact_words(text.split()) == text.split()


def test_names_of_variables():
    kept = ("LANG", "LC_ALL", "TZ", "RUST_LOG", "NODE_ENV")
    left = ("HOME", "API_TOKEN", "LC_SECRET", "LD_PRELOAD", "AWS_REGION", "SSH_AUTH_SOCK", "TMUX", "PROMPT_COMMAND")
    assert [name for name in kept if not variables.is_kept(name)] == []
    assert [name for name in (*left, *RUN_CODE) if variables.is_kept(name)] == []
    assert variables.is_kept("FOO_BAR", "", ("FOO_*",))
    assert not variables.is_kept("FOO_TOKEN", "", ("FOO_*", "FOO_TOKEN"))
    assert not variables.is_kept("LANGUAGE", "../../tmp/x")


# Each makes some program run what it says, or what lies where it says.
RUN_CODE = (
    *("PATH", "PYTHONPATH", "NODE_PATH", "MANPATH", "EDITOR", "VISUAL", "SUDO_EDITOR", "PAGER", "MANPAGER", "LESS"),
    *("LESSOPEN", "LESSCLOSE", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "X_PRELOAD"),
    *(
        "PROMPT_COMMAND",
        "BASH_ENV",
        "ENV",
        "ZDOTDIR",
        "PS1",
        "PS4",
        "IFS",
        "PERL5LIB",
        "PERL5OPT",
        "PERL5DB",
        "RUBYOPT",
    ),
    *("RUBYLIB", "NODE_OPTIONS", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONBREAKPOINT", "JAVA_TOOL_OPTIONS", "GIT_SSH"),
    *(
        "GIT_SSH_COMMAND",
        "GIT_PAGER",
        "GIT_EDITOR",
        "GIT_EXTERNAL_DIFF",
        "GIT_CONFIG_COUNT",
        "GIT_ASKPASS",
        "SSH_ASKPASS",
    ),
    *("BROWSER", "MAKEFLAGS", "CFLAGS", "LDFLAGS", "CC", "CXX", "GOFLAGS", "GOPATH", "CARGO_HOME", "RUSTC_WRAPPER"),
    *(
        "RUSTUP_HOME",
        "JAVA_HOME",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "NVM_DIR",
        "SHELL",
        "HOME",
        "XDG_CONFIG_HOME",
        "INPUTRC",
    ),
    *("TERMINFO", "VIMINIT", "DOCKER_HOST", "KUBECONFIG", "OPENSSL_CONF", "GCONV_PATH", "LOCPATH", "DEBUG", "LUA_INIT"),
)


def test_variables_that_run_code_are_known_as_such():
    assert [name for name in RUN_CODE if not variables.runs_code(name)] == []
    assert [name for name in ("LANG", "TZ", "FOO_ONE", "PROJECT", "STAGE") if variables.runs_code(name)] == []


# --- options ---


@pytest.mark.parametrize("scope", ["session", "window", "pane"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("after-split-window[0]", "run-shell x"),
            ("set-clipboard", "on"),
            ("history-file", "/h"),
            ("user-keys[0]", "x"),
        ),
        *(
            ("command-alias[9]", "x"),
            ("editor", "x"),
            ("copy-command", "x"),
            ("default-client-command", "x"),
            ("", "x"),
        ),
        *(("pane-died", "x"), ("@bridge_session_owner", "x"), ("@bridge_new", "x"), ("after-", "x"), ("status-l", "x")),
    ],
)
def test_what_is_no_option_of_the_scope_never_comes_back(scope, name, value):
    assert localoptions.refusal(scope, name, value)
    assert localoptions.refusal(scope, name, value, replay=True)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "#(touch p)",
            "a #(x) b",
            "#{E:@x}",
            "#{T:status-left}",
            "#{T;=/#{status-left-length}:status-left}",
            "#%p(touch p)",
        ),
        *(
            "#{=5;E:pane_title}",
            "#{=/#{n:@x}/x;E:pane_title}",
            "#{%pE:@x}",
            "#%-5Op(x)",
            "#{?x,#{E:@x},}",
            "%%#(x)",
            "###(x)",
        ),
    ],
)
@pytest.mark.parametrize("name", ["status-left", "@mine", "status-format[1]"])
def test_values_that_would_run_something_wait_for_consent(name, value):
    assert "--replay" in localoptions.refusal("session", name, value)
    assert not localoptions.refusal("session", name, value, replay=True)


@pytest.mark.parametrize(
    "value", ["[#S] #I:#W", "%H:%M #T: x", "#{?client_prefix,#[reverse],}#{=21:pane_title}", "CET: $HOME"]
)
def test_values_that_only_show_something_are_data(value):
    assert not localoptions.refusal("session", "status-right", value)


# --- colours ---


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb\x1b[0m\tc\n", "a\x1b[31mb\x1b[0m\tc\n"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;eA==\x1b\\b", "ab"),
        ("a\x1b[2Jb\x1b[Hc\x1b[6n", "abc"),
        ("a\x1bPq\x1b\\b", "ab"),
        ("a\x00\x08\x0d\x9bmb", "amb"),
        ("\x1b[38;5;1mx\x1b[4:3my", "\x1b[38;5;1mx\x1b[4:3my"),
        ("a\x1b(0b\x1bc", "ab"),
        ("é日本\x1b", "é日本"),
    ],
)
def test_only_colours_are_left(text, shown):
    assert sgr.only_colours(text) == shown
    assert sgr.only_colours(shown) == shown


@pytest.mark.parametrize("seed", range(100))
def test_nothing_else_gets_through(seed):
    choose = random.Random(seed)
    alphabet = "\x1b\x1b[]m;0123PqX\\\x07\x9b\x90\n\tab"
    text = "".join(choose.choice(alphabet) for _ in range(200))
    left = sgr.plain(text)
    assert not any((char < " " and char not in "\t\n") or "\x7f" <= char < "\xa0" for char in left)


# --- tmux's own words ---


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("@a ''", ""),
        ("@a x", "x"),
        ('@a "a b"', "a b"),
        ('@a "it\'s"', "it's"),
        ('@a "l1\\n \\\\ \\"q\\" \\$HOME \\001"', 'l1\n \\ "q" $HOME \x01'),
        ("@a \\;", ";"),
        ("@a \\~x", "~x"),
        ("@a a\\tb", "a\tb"),
        ('@a "\\303\\251"', "é"),
    ],
)
def test_options_are_read(row, value):
    assert options.read_options(row + "\n") == {"@a": value}


def test_environments_are_read():
    text = 'unset GONE;\nFOO="a\nb \\"q\\" \\$x"; export FOO;\nBAR=""; export BAR;\n'
    assert options.read_environment(text) == ({"FOO": 'a\nb "q" $x', "BAR": ""}, ["GONE"])
    for broken in ("FOO", 'FOO="a', 'FOO="a"; export BAR;\n'):
        with pytest.raises(BridgeError):
            options.read_environment(broken)


# --- compared ---


def test_equal_documents_have_no_difference():
    found = comparison.compare(document(), document(saved_at="later"))
    assert found.differences == []
    assert found.percent() == 100


def test_each_field_is_counted():
    other = document()
    other["panes"][0] |= {"title": "other", "working_dir": "/tmp", "environment": {"LANG": "C", "TZ": "x"}}
    other["windows"][0]["options"] = {"@x": "1"}
    found = comparison.compare(document(), other)
    assert {(entry["item"], entry["field"]) for entry in found.differences} == {
        ("pane 0.0", "title"),
        ("pane 0.0", "working_dir"),
        ("pane 0.0: TZ", "environment"),
        ("window 0: @x", "window_options"),
    }
    assert found.scores()["environment"] == {"equal": 1, "compared": 2, "percent": 50.0}
    assert found.percent() < 100
    without = comparison.compare(document(), other, without=("title", "working_dir", "window_options"), inherited=True)
    assert without.differences == []


# --- anything at all ---

JUNK = [
    *(None, True, False, 0, -1, 2**70, 1.5, "", "x", "\0", "#(x)", [], {}, [[]], {"a": {}}, ["a"], [1], {"@x": "1"}),
    *({"-x": 1}, "4.0", "3.0", LAYOUT, [None], [{"window": 0}], {"LANG": "C", "LD_PRELOAD": "x"}),
]


def places(value, path=()):
    """The paths of all values in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


@pytest.mark.parametrize("seed", range(300))
def test_a_document_with_anything_in_it_is_refused_or_can_be_used(seed):
    choose = random.Random(seed)
    for _ in range(10):
        whole = document()
        *way, last = choose.choice(list(places(whole))[1:])
        place = whole
        for key in way:
            place = place[key]
        if choose.random() < 0.2:
            del place[last]
        else:
            place[last] = choose.choice(JUNK)
        data = snapshots.seal(whole)
        try:
            found = snapshots.unseal(data)
        except ValueError:
            continue
        assert comparison.compare(found, found).differences == []
        comparison.compare(document(), found)
        assert snapshots.summary(found)["pane_count"] == 1
        snapshots.seal(found)
