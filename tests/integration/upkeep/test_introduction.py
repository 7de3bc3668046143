"""Making bridge known to agents: their settings are kept, and what is taught is true."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib

import pytest

from bridge import registry
from bridge.core.arguments import parse
from bridge.core.skilltext import skill
from bridge.features.upkeep.introduction import CLIENTS

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def place(box, client: str):
    name = CLIENTS[client][0]
    return box.home / name[2:] if name.startswith("~") else box.work / name


def entry_of(box, client: str) -> dict:
    text = place(box, client).read_text()
    loaded = tomllib.loads(text) if client == "codex" else json.loads(text)
    return loaded[CLIENTS[client][1]]["bridge"]


@pytest.mark.parametrize("client", CLIENTS)
def test_an_entry_is_made_once_and_starts_a_server(box, client):
    shown = box.bridge("mcp-install", "--client", client, "--print").ok()
    assert not place(box, client).exists()
    done = box.bridge("mcp-install", "--client", client).ok()
    assert (done["changed"], done["path"]) == (True, str(place(box, client)))
    assert done["entry"] == shown["entry"] == shown["output"]
    assert box.bridge("mcp-install", "--client", client).ok()["changed"] is False
    entry = entry_of(box, client)
    text = json.dumps(HELLO).encode() + b"\n"
    words = [entry["command"], *entry["args"]]
    answer = subprocess.run(words, input=text, env=box.env, cwd="/", capture_output=True, timeout=60)
    assert json.loads(answer.stdout)["result"]["serverInfo"]["name"] == "bridge"


@pytest.mark.parametrize("client", CLIENTS)
def test_what_stands_there_is_kept(box, client):
    path = place(box, client)
    path.parent.mkdir(parents=True, exist_ok=True)
    real = box.work / "real"
    key = CLIENTS[client][1]
    if client == "codex":
        real.write_text(f'model = "x" # mine\n[{key}.other]\ncommand = "y"')
    else:
        real.write_text(json.dumps({"theme": "日本", key: {"other": {"command": "y"}}}))
    real.chmod(0o640)
    path.symlink_to(real)
    assert box.bridge("mcp-install", "--client", client, "--tier", "read").ok()["changed"] is True
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    text = real.read_text()
    loaded = tomllib.loads(text) if client == "codex" else json.loads(text)
    assert loaded[key]["other"] == {"command": "y"}
    assert loaded[key]["bridge"]["args"][-2:] == ["--tier", "read"]
    assert ("# mine" in text) if client == "codex" else (loaded["theme"] == "日本")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("content", ["{nonsense", "[1, 2]" * 2, '{"mcpServers": 1, "servers": 1}', "\udcff"])
def test_settings_that_cannot_be_read_are_left_alone(box, client, content):
    path = place(box, client)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8", "surrogateescape")
    path.write_bytes(data)
    assert box.bridge("mcp-install", "--client", client).code == "ERR_STATE"
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


def test_another_entry_of_ours_in_toml_is_left_alone(box):
    path = place(box, "codex")
    path.parent.mkdir()
    path.write_text('[mcp_servers.bridge]\ncommand = "mine"\n')
    assert box.bridge("mcp-install", "--client", "codex").code == "ERR_STATE"
    assert "mine" in path.read_text()


def test_a_client_has_to_be_named(box):
    assert box.bridge("mcp-install").code == "ERR_USAGE"
    assert box.bridge("mcp-install", "--client", "nobody").code == "ERR_USAGE"
    assert box.bridge("skill", "--install", "nobody").code == "ERR_USAGE"


def test_the_skill_is_short_and_true(box):
    done = box.bridge("skill").ok()
    assert done["output"] == skill()
    assert len(done["output"]) < 4000
    calls = [shlex.split(found) for found in re.findall(r"`bridge ([^`]+)`", done["output"])]
    assert len(calls) > 15
    for name, *words in calls:
        if name != "help":
            row = registry.load(name)
            assert row is not None, name
            parse(row, words)


def test_the_skill_can_be_seen_before_it_is_put_anywhere(box):
    assert box.bridge("skill", "--print").ok()["output"] == skill()
    shown = box.bridge("skill", "--install", "claude", "--print", env={"HOME": "/proc/none"}).ok()
    assert (shown["output"], shown["changed"]) == (skill(), False)
    assert shown["path"] == "/proc/none/.claude/skills/bridge-tmux/SKILL.md"
    refused = box.bridge("skill", "--install", "claude", env={"HOME": "/dev/null"})
    assert (refused.code, refused.json["error"]["hint"]) == ("ERR_STATE", "--print shows what belongs there")


@pytest.mark.parametrize("client", ["claude", "codex"])
def test_the_skill_is_put_where_a_client_looks(box, client):
    done = box.bridge("skill", "--install", client).ok()
    path = box.home / f".{client}" / "skills" / "bridge-tmux" / "SKILL.md"
    assert (done["path"], done["changed"]) == (str(path), True)
    assert path.read_text() == skill()
    assert path.read_text().startswith("---\nname: bridge-tmux\n")
    assert box.bridge("skill", "--install", client).ok()["changed"] is False


def test_a_place_that_cannot_be_written_is_told(box):
    (box.home / ".claude").write_text("a file")
    assert box.bridge("skill", "--install", "claude").code == "ERR_STATE"
