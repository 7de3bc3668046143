"""The real programs: how each is started against the model server, with a home that answers what it asks at first."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `make agents-latest` installs beside the pinned ones.
PLACE = Path(os.environ.get("BRIDGE_AGENTS") or ROOT / "build" / "agents")
BIN = PLACE / "node_modules" / ".bin"
KEY = "sk-ant-api03-0000000000000000000000000000000000000000"
# A pane of an agent that started this one would hand these on, and they change what the program does.
FOREIGN = re.compile(r"^(CLAUDE|CODEX|GEMINI|OPENCODE|AIDER|ANTHROPIC|OPENAI|GOOGLE)")


@dataclass(frozen=True)
class Program:
    """One program: what it is called, what is in its home, and how its free composer is told on the screen."""

    name: str
    words: tuple[str, ...]
    composer: str
    leave: str = "/quit"
    env: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The program that is run, whether it is there or not."""
        return PLACE / "aider" / "bin" / "aider" if self.name == "aider" else BIN / self.name

    @property
    def command(self) -> list[str]:
        """The words that start it, where it is on the path."""
        return [self.name, *self.words]

    def settle(self, home: Path, work: Path, url: str, *, trusted: bool = True) -> dict[str, str]:
        """Write its home for this directory and this server; the variables it wants. `trusted` answers its dialogs."""
        home.mkdir(parents=True, exist_ok=True)
        _WRITERS[self.name](home, work, url, trusted)
        return {name: value.format(url=url) for name, value in self.env.items()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _claude(home: Path, work: Path, url: str, trusted: bool) -> None:
    settings: dict[str, object] = {"hasCompletedOnboarding": True, "lastOnboardingVersion": "2.1.197", "theme": "dark"}
    settings["customApiKeyResponses"] = {"approved": [KEY[-20:]] if trusted else [], "rejected": []}
    if trusted:
        settings["projects"] = {str(work): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    _write(home / ".claude.json", json.dumps(settings))


def _codex(home: Path, work: Path, url: str, trusted: bool) -> None:
    trust = f'[projects."{work}"]\ntrust_level = "trusted"\n' if trusted else ""
    _write(
        home / ".codex" / "config.toml",
        'model = "gpt-5"\nmodel_provider = "loopback"\ncheck_for_update_on_startup = false\n'
        "[analytics]\nenabled = false\n"
        f'[model_providers.loopback]\nname = "loopback"\nbase_url = "{url}/v1"\nwire_api = "responses"\n'
        f'env_key = "MODEL_KEY"\n{trust}[tui]\nscreen_reader_detection_done = true\n',
    )


def _gemini(home: Path, work: Path, url: str, trusted: bool) -> None:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": not trusted}},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
        "privacy": {"usageStatisticsEnabled": False},
    }
    _write(home / ".gemini" / "settings.json", json.dumps(settings))


def _opencode(home: Path, work: Path, url: str, trusted: bool) -> None:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "loopback",
        "options": {"baseURL": f"{url}/v1", "apiKey": "x"},
        "models": {"small": {"name": "small", "limit": {"context": 200000, "output": 8000}}},
    }
    settings = {
        "provider": {"loopback": provider},
        "model": "loopback/small",
        "small_model": "loopback/small",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "ask", "edit": "ask"},
    }
    folder = home / ".config" / "opencode"
    _write(folder / "opencode.json", json.dumps(settings))
    # It fetches what plugins need, and lets the first prompt wait for that, unless it finds it noted as installed.
    plugin = {"dependencies": {"@opencode-ai/plugin": "*"}}
    _write(folder / "package.json", json.dumps(plugin))
    _write(folder / "package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {"": plugin}}))
    (folder / "node_modules").mkdir(exist_ok=True)


def _aider(home: Path, work: Path, url: str, trusted: bool) -> None:
    lines = (
        "model: openai/small",
        "weak-model: openai/small",
        "openai-api-key: x",
        f"openai-api-base: {url}/v1",
        "git: false",
        "check-update: false",
        "analytics-disable: true",
        "show-model-warnings: false",
        "show-release-notes: false",
        "detect-urls: false",
        "gitignore: false",
    )
    _write(home / ".aider.conf.yml", "\n".join(lines) + "\n")


def _copilot(home: Path, work: Path, url: str, trusted: bool) -> None:
    settings = {"trusted_folders": [str(work)] if trusted else [], "banner": "never", "auto_update": False}
    _write(home / ".copilot" / "config.json", json.dumps(settings))


_WRITERS = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "opencode": _opencode,
    "aider": _aider,
    "copilot": _copilot,
}

PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "claude",
            (),
            r"^❯",
            "/exit",
            {
                "ANTHROPIC_BASE_URL": "{url}",
                "ANTHROPIC_API_KEY": KEY,
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "DISABLE_AUTOUPDATER": "1",
            },
        ),
        Program("codex", (), r"^›", "/quit", {"MODEL_KEY": "x"}),
        Program(
            "gemini",
            (),
            r"Type your message",
            "/quit",
            {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": "{url}"},
        ),
        Program(
            "opencode",
            (),
            r"Ask anything",
            "/exit",
            {
                "OPENCODE_DISABLE_AUTOUPDATE": "1",
                "OPENCODE_DISABLE_MODELS_FETCH": "1",
                "OPENCODE_PURE": "1",
                "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            },
        ),
        Program(
            "copilot",
            (),
            r"Enter @ to mention|Type @ to mention|^ ?[❯>]",
            "/exit",
            {
                "COPILOT_OFFLINE": "true",
                "COPILOT_PROVIDER_BASE_URL": "{url}/v1",
                "COPILOT_PROVIDER_API_KEY": "x",
                "COPILOT_MODEL": "gpt-4o",
                "COPILOT_AUTO_UPDATE": "false",
            },
        ),
        Program("aider", (), r"^>\s*$", "/exit"),
    )
}
