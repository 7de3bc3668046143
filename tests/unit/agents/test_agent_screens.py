"""Screens that nobody recorded, each of a kind that once deceived a reader of screens, and what is told of each."""

from __future__ import annotations

import pytest

from bridge.core.agents import frame, verdict
from bridge.store import agents

NOBODY = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
LINE = "─" * 80
BOX = f"\n\n{LINE}\n❯ \n{LINE}\n  ? for shortcuts"

CASES = (
    (
        "claude",
        "working",
        "● Text\n\n✻ Compacting conversation… (7s)\n  ▰▰▱▱▱▱ 20%" + BOX,
    ),
    (
        "claude",
        "working",
        "● Text\n\n✻ Waiting for 2 background agents to finish" + BOX,
    ),
    (
        "claude",
        "idle",
        "● Text\n\n✻ Baked for 3s · 2 shells still running\n\n"
        + LINE
        + "\n❯ \n"
        + LINE
        + "\n  2 shells · ? for shortcuts",
    ),
    (
        "claude",
        "working",
        "● 529 Overloaded · Retrying in 0s · attempt 8/10" + BOX,
    ),
    (
        "claude",
        "rate-limited",
        "❯ hi\n  ⎿  You've hit your session limit · resets 7pm (Europe/Berlin)\n"
        + "     /upgrade to increase your usage limit."
        + BOX,
    ),
    (
        "claude",
        "idle",
        "● Done.\n  ⎿  Opus limit reached, now using Sonnet\n\n✻ Baked for 3s" + BOX,
    ),
    (
        "claude",
        "idle",
        "● Done.\n\n✻ Baked for 3s\n\n"
        + LINE
        + "\n❯ \n"
        + LINE
        + "\n  ? for shortcuts          You're close to your usage limit · resets 7pm",
    ),
    (
        "claude",
        "other",
        "Select login method:\n\n ❯ 1. Claude account with subscription · Pro, Max, Team\n"
        + "   2. Anthropic Console account · API usage billing\n",
    ),
    (
        "claude",
        "question",
        "Choose the text style that looks best with your terminal\n\n ❯ 1. Dark mode ✔\n"
        + "   2. Light mode\n   3. Dark mode (colorblind-friendly)\n\n"
        + "  To change this later, run /theme",
    ),
    (
        "claude",
        "approval",
        "Detected a custom API key in your environment\n\nANTHROPIC_API_KEY: sk-ant-...\n\n"
        + "Do you want to use this API key?\n\n   1. Yes\n ❯ 2. No (recommended) ✔\n\n"
        + " Enter to confirm · Esc to cancel",
    ),
    (
        "claude",
        "approval",
        "WARNING: Claude Code running in Bypass Permissions mode\n\n ❯ 1. No, exit\n"
        + "   2. Yes, I accept\n\n Enter to confirm · Esc to cancel",
    ),
    (
        "claude",
        "approval",
        " Do you trust the files in this folder?\n\n /x/y\n\n ❯ No, exit\n   Yes, proceed\n\n"
        + " Enter to confirm · Esc to exit",
    ),
    (
        "claude",
        "question",
        LINE
        + "\n Ready to code?\n\n Here is Claude's plan:\n  1. Do this\n  2. Do that\n\n"
        + " Would you like to proceed?\n\n ❯ 1. Yes, and auto-accept edits\n"
        + "   2. Yes, and manually approve edits\n   3. No, keep planning\n",
    ),
    (
        "claude",
        "idle",
        "● Fine.\n\n● How is Claude doing this session? (optional)\n"
        + "  1: Bad    2: Fine   3: Good   0: Dismiss"
        + BOX,
    ),
    (
        "claude",
        "other",
        "● Text of the transcript\n\n  ⎿ foo\n\n" + LINE + "\n  Showing detailed transcript · ctrl+o to toggle",
    ),
    (
        "claude",
        "idle",
        "❯ do it\n\n● Bash(sleep 100)\n  ⎿  Interrupted · What should Claude do instead?" + BOX,
    ),
    (
        "claude",
        "exited",
        "Resume this session with:\nclaude --resume 1234-5678\nuser@host:~/p$ ",
    ),
    (
        "claude",
        "exited",
        "Resume this session with:\nclaude --resume 1234-5678\n➜  p git:(main) ✗",
    ),
    (
        "claude",
        "idle",
        "╭────────────────────────╮\n│ >                      │\n" + "╰────────────────────────╯\n  ? for shortcuts",
    ),
    (
        "claude",
        "working",
        "✢ Pondering… (5s · ↑ 100 tokens · esc to interrupt)\n\n╭────────────────────────╮\n"
        + "│ >                      │\n╰────────────────────────╯\n  ? for shortcuts",
    ),
    (
        "claude",
        "working",
        "❯ go\n\n● Bash(make)\n  ⎿  Running…" + BOX,
    ),
    (
        "claude",
        "working",
        "✻ Thinking… (3s)\n\n❯ a second message\n\n"
        + LINE
        + "\n❯ Press up to edit queued messages\n"
        + LINE
        + "\n  ? for shortcuts",
    ),
    (
        "claude",
        "idle",
        "● Done.\n\n✻ Baked for 1m 3s\n\n" + LINE + "\n❯ [Pasted text #1 +37 lines]\n" + LINE + "\n  ? for shortcuts",
    ),
    (
        "claude",
        "error",
        '❯ hi\n\n● API Error: 500 {"type":"error"}\n\n✻ Baked for 3s' + BOX,
    ),
    (
        "claude",
        "approval",
        LINE
        + "\n Create file\n a.txt\n╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n 1 hello\n╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n"
        + " Do you want to create a.txt?\n ❯ 1. Yes\n"
        + "   2. Yes, allow all edits during this session (shift+tab)\n   3. No\n\n"
        + " Esc to cancel · Tab to amend",
    ),
    (
        "claude",
        "working",
        "● Reading the files.\n\n· Wibbling…\n\n" + LINE + "\n❯ \n" + LINE + "\n",
    ),
    (
        "codex",
        "question",
        " Resume a previous session\n Type to search\n  Updated      Branch  Conversation\n"
        + "> 2 hours ago  main    fix the bug\n  3 days ago   main    add a test\n\n"
        + " enter to resume     esc to start new     ctrl + c to quit",
    ),
    (
        "codex",
        "question",
        "  Approaching rate limits\n  Switch to gpt-5-codex-mini for lower credit usage?\n\n"
        + "› 1. Switch to gpt-5-codex-mini\n  2. Keep current model\n"
        + "  3. Keep current model (never show again)\n\n"
        + "  Press enter to confirm or esc to go back",
    ),
    (
        "codex",
        "question",
        "  ✨ Update available! 0.1 -> 0.2\n\n"
        + "› 1. Update now (runs `npm install -g @openai/codex`)\n  2. Skip\n"
        + "  3. Skip until next version\n\n  Press enter to continue",
    ),
    (
        "codex",
        "other",
        "  Welcome to Codex, OpenAI's command-line coding agent\n\n"
        + "  Sign in with ChatGPT to use Codex as part of your paid plan\n\n"
        + "> 1. Sign in with ChatGPT\n  2. Provide your own API key\n\n"
        + "  Press Enter to continue",
    ),
    (
        "codex",
        "rate-limited",
        "› hi\n\n"
        + "■ You've hit your usage limit. Upgrade to Pro or try again at Sep 6th, 2026 9:00 PM.\n"
        + "\n› Ask Codex to do anything\n\n  gpt-5 default · ~/x",
    ),
    (
        "codex",
        "working",
        "› hi\n\n• Working (10s • esc to interrupt)\n\n• Queued follow-up messages\n"
        + "  ↳ and then this\n    ⌥ + ↑ edit\n\n› Ask Codex to do anything\n\n"
        + "  gpt-5 default · ~/x",
    ),
    (
        "codex",
        "working",
        "› hi\n\n• Starting MCP servers (1/2): foo (3s • esc to interrupt)\n\n"
        + "› Ask Codex to do anything\n\n  gpt-5 default · ~/x",
    ),
    (
        "codex",
        "idle",
        "› hi\n\n• Done it.\n\n─ Worked for 1m 22s ─────────────\n\n› Ask Codex to do anything\n"
        + "\n  gpt-5 default · ~/x · 1 background terminal running",
    ),
    (
        "codex",
        "idle",
        "› hi\n\n• Working on this was fun (really).\n\n› Ask Codex to do anything\n\n" + "  gpt-5 default · ~/x",
    ),
    (
        "codex",
        "exited",
        "Token usage: total=1 input=1 output=1\n" + "To continue this session, run codex resume 0000\nuser@host:~$ ",
    ),
    (
        "codex",
        "approval",
        "  Do you trust the contents of this directory? Working with untrusted contents comes with higher risk.\n"
        + "\n› 1. Yes, continue\n  2. No, quit\n\n  Press enter to continue",
    ),
    (
        "codex",
        "approval",
        "  Would you like to make the following edits?\n\n  README.md (+1 -1)\n\n"
        + "› 1. Yes, proceed (y)\n  2. Yes, and don't ask again for these files (a)\n"
        + "  3. No, and tell Codex what to do differently (esc)\n\n"
        + "  Press enter to confirm or esc to cancel",
    ),
    (
        "gemini",
        "error",
        "> hi\n\n✕ [API Error: quota exceeded for x]\n\n"
        + LINE
        + "\n >   Type your message or @path/to/file\n"
        + LINE
        + "\n ~/x   no sandbox   gemini-3",
    ),
    (
        "gemini",
        "idle",
        "> hi\n\nℹ Request cancelled.\n\n╭────────────────────────╮\n"
        + "│ >   Type your message or @path/to/file │\n╰────────────────────────╯\n"
        + " ~/x   no sandbox   gemini-3",
    ),
    (
        "gemini",
        "approval",
        "╭──────────────────────────╮\n│ ? Edit a.txt: x => y      │\n"
        + "│ 1 - x                     │\n│ 1 + y                     │\n"
        + "│ Apply this change?        │\n│                           │\n"
        + "│ ● 1. Yes, allow once      │\n│   2. Yes, allow always    │\n"
        + "│   3. Modify with external editor │\n│   4. No, suggest changes (esc) │\n"
        + "╰──────────────────────────╯\n\n⠏ Waiting for user confirmation...",
    ),
    (
        "opencode",
        "approval",
        "  ┃\n  ┃ △ Permission required\n  ┃   # Run a command\n  ┃   $ ls\n  ┃\n"
        + "  ┃  Allow once   Allow always   Reject        ctrl+f fullscreen  ⇆ select  enter confirm\n",
    ),
    (
        "aider",
        "approval",
        "Add src/foo.py to the chat? (Y)es/(N)o/(A)ll/(S)kip all/(D)on't ask again [Yes]: ",
    ),
    (
        "aider",
        "working",
        "> do it\n\n░█        Waiting for gpt-4o                      ",
    ),
    (
        "aider",
        "idle",
        "Aider v0.86\n────────────────────\narchitect> ",
    ),
    (
        "copilot",
        "working",
        "● I look.\n\n◉ Thinking (Esc to cancel)\n\n╭────────────────────────╮\n"
        + "│ >  Enter @ to mention files or / for commands │\n╰────────────────────────╯\n"
        + " Ctrl+c Exit",
    ),
    (
        "copilot",
        "idle",
        "● I look.\n\n╭────────────────────────╮\n"
        + "│ >  Enter @ to mention files or / for commands │\n╰────────────────────────╯\n"
        + " Ctrl+c Exit",
    ),
    (
        "goose",
        "approval",
        "◆  Goose would like to call the above tool, do you allow?\n│  ● Allow \n"
        + "│  ○ Always Allow \n│  ○ Deny \n└  ",
    ),
    (
        "kimi",
        "approval",
        "╭─ Approval required ─────╮\n│ Shell is requesting approval to run `ls`\n"
        + "│ → [1] Approve once\n│   [2] Approve for this session\n│   [3] Reject\n"
        + "╰─────────────────────────╯",
    ),
    (
        "cursor",
        "approval",
        "  $ ls in .\n\n  Run this command?\n  Not in allowlist: ls\n"
        + "   → Run (once) (y) (enter)\n     Add Shell(ls) to allowlist? (tab)\n"
        + "     Auto-run everything (shift+tab)\n     Skip (esc or n)",
    ),
    (
        "cursor",
        "working",
        " ⬡ Generating...  12 tokens\n\n" + "  → Add a follow-up                       ctrl+c to stop\n\n  Auto",
    ),
    (
        "cursor",
        "approval",
        " ⚠ Workspace Trust Required\n\n Do you trust the contents of this directory?\n\n /x\n"
        + "\n ▶ [a] Trust this workspace\n   [q] Quit\n\n"
        + " Use arrow keys to navigate, Enter to select",
    ),
    (
        "amp",
        "approval",
        "╭──────────────────────────╮\n│ Run this command?         │\n"
        + "│ ls                        │\n│ ▸ Approve                 │\n"
        + "│   Allow All for This Session │\n│   Reject                  │\n"
        + "╰──────────────────────────╯",
    ),
    (
        "amp",
        "idle",
        "  hello\n\n╭─smart───────────────────╮\n│                          │\n" + "╰──────────────~/x (main)─╯",
    ),
    (
        "shell",
        "idle",
        "user@host:~/x$ ls\na b\nuser@host:~/x$ ",
    ),
    (
        "shell",
        "working",
        "user@host:~/x$ make\ngcc -c a.c\ngcc -c b.c",
    ),
    (
        "shell",
        "question",
        "user@host:~/x$ sudo ls\n[sudo] password for user: ",
    ),
    (
        "shell",
        "idle",
        "bash-5.2$ ",
    ),
    (
        "shell",
        "idle",
        "❯ ",
    ),
    (
        "qwen",
        "working",
        " ⠏ Hmm (esc to cancel, 3s)\n\n" + LINE + "\n>   Type your message or @path/to/file\n" + LINE + "\n  YOLO mode",
    ),
    (
        "claude",
        "unknown",
        "   \n  \n",
    ),
    (
        "claude",
        "idle",
        "❯ what?\n\n● Is it ok to go on? Options:\n  1. Yes\n  2. No\n\n✻ Baked for 3s" + BOX,
    ),
    (
        "codex",
        "idle",
        "› what?\n\n• I can do:\n  1. Yes\n  2. No\n"
        + "  Do you want that? Press enter to confirm.\n\n› Ask Codex to do anything\n\n"
        + "  gpt-5 default · ~/x",
    ),
    (
        "gemini",
        "idle",
        "> what?\n\n✦ ● 1. Allow once\n    2. No, suggest changes (esc)\n\n"
        + LINE
        + "\n >   Type your message or @path/to/file\n"
        + LINE
        + "\n ~/x   no sandbox   gemini-3",
    ),
    (
        "claude",
        "working",
        "● Text\n\n✶ Running PreToolUse hooks… (3s)" + BOX,
    ),
    (
        "claude",
        "working",
        "> do it\n\n⏺ Task(Explore)\n  ⎿  Read(a.txt)\n"
        + "     +12 more tool uses (ctrl+o to expand)\n\n"
        + "✢ Exploring… (1m 2s · ↑ 2.1k tokens · esc to interrupt)\n\n╭──────────╮\n"
        + "│ >        │\n╰──────────╯\n  ⏵⏵ accept edits on (shift+tab to cycle)",
    ),
    (
        "claude",
        "idle",
        "⏺ Done\n\n╭──────────────────────────────╮\n│ > fix the bug in main.py      │\n"
        + "╰──────────────────────────────╯\n"
        + "  ⏵⏵ accept edits on (shift+tab to cycle)                Context left until auto-compact: 9%",
    ),
    (
        "claude",
        "question",
        LINE
        + "\n Select model\n Switch between Claude models.\n\n"
        + "   1. Default (recommended)  Opus 4.5\n ❯ 2. Sonnet ✔               Sonnet 4.5\n"
        + "   3. Haiku                  Haiku 4.5\n\n Enter to confirm · Esc to exit",
    ),
    (
        "claude",
        "approval",
        "⏺ I will fetch\n\n╭──────────────────────────────╮\n"
        + "│ Fetch                         │\n│                               │\n"
        + "│   https://example.com         │\n│                               │\n"
        + "│ Do you want to allow Claude to fetch this content? │\n"
        + "│ ❯ 1. Yes                      │\n"
        + "│   2. Yes, and don't ask again for example.com │\n"
        + "│   3. No, and tell Claude what to do differently (esc) │\n"
        + "╰──────────────────────────────╯\n",
    ),
    (
        "claude",
        "rate-limited",
        "⏺ Claude usage limit reached. Your limit will reset at 7pm.\n\n╭──────────╮\n"
        + "│ >        │\n╰──────────╯\n  ? for shortcuts",
    ),
    (
        "claude",
        "error",
        '⏺ API Error: 401 {"type":"error"} · Please run /login\n\n╭──────────╮\n'
        + "│ >        │\n╰──────────╯\n  ? for shortcuts",
    ),
    (
        "claude",
        "working",
        "⏺ API Error (Connection error.) · Retrying in 5 seconds… (attempt 4/10)\n\n"
        + "╭──────────╮\n│ >        │\n╰──────────╯\n  ? for shortcuts",
    ),
    (
        "claude",
        "working",
        "● Bash(make)\n" + "  ⎿  API Error (529 overloaded) · Retrying in 5 seconds… (attempt 4/10)" + BOX,
    ),
    (
        "claude",
        "idle",
        "⏺ I set the rate limit to 5.\n  The usage limit resets at noon, so retry later.\n\n" + "✻ Baked for 9s" + BOX,
    ),
    (
        "claude",
        "idle",
        "❯ /clear\n  ⎿  (no content)" + BOX,
    ),
    (
        "claude",
        "exited",
        "user@host ~ % ",
    ),
    (
        "claude",
        "starting",
        "user@host:~$ claude --resume\n",
    ),
    (
        "claude",
        "exited",
        "zsh: command not found: claude\nuser@host ~ % ",
    ),
    (
        "claude",
        "idle",
        "● Here is code:\n\n  ```\n  $ ls\n  user@host:~$\n  ```\n\n✻ Baked for 9s" + BOX,
    ),
    (
        "codex",
        "working",
        "› go\n\n• Ran ls\n  └ a\n\n◦ Exploring the code (12s • esc to interrupt)\n"
        + "  └ thinking about it\n\n› Explain this codebase\n\n"
        + "  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "working",
        "› go\n\n"
        + "• Working (1h 02m 03s • esc to interrupt) · 2 background terminals running · /ps to view\n"
        + "\n› Explain this codebase\n\n  gpt-5 · ~/x",
    ),
    (
        "codex",
        "idle",
        "› go\n\n• Ran ls\n  └ a\n\n• All fine.\n\n› Explain this codebase\n\n"
        + "  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "idle",
        "› go\n\n■ Conversation interrupted - tell the model what to do differently.\n\n"
        + "› Explain this codebase\n\n  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "error",
        "› go\n\n■ unexpected status 401 Unauthorized: bad key\n\n› Explain this codebase\n\n"
        + "  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "error",
        "› go\n\n■ stream disconnected before completion: x\n\n› Explain this codebase\n\n"
        + "  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "idle",
        "› go\n\n• All fine.\n\n"
        + "⚠ Heads up, you have less than 25% of your weekly limit left. Run /status for a breakdown.\n"
        + "\n› Explain this codebase\n\n  ? for shortcuts     90% context left",
    ),
    (
        "codex",
        "approval",
        "› go\n\n  Allow command?\n\n  $ rm x\n\n▌ Yes   Always   No, provide feedback\n"
        + "▌ Approve and run the command",
    ),
    (
        "codex",
        "question",
        "  Select Model and Effort\n  Access legacy models\n\n› 1. gpt-5 (current)  Great\n"
        + "  2. gpt-6            Greater\n\n"
        + "  Press enter to select reasoning effort, or esc to dismiss.",
    ),
    (
        "gemini",
        "working",
        "> hi\n\n⠏ Figuring out how to make this more witty... (esc to cancel, 16s)\n\n"
        + "▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄\n >   Type your message or @path/to/file\n"
        + "▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n ~/x   no sandbox   gemini-3",
    ),
    (
        "gemini",
        "idle",
        "✦ Done.\n\n▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄\n *   Type your message or @path/to/file\n"
        + "▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n ~/x   no sandbox   gemini-3",
    ),
    (
        "gemini",
        "question",
        "╭───────────────────────────╮\n│ Select Theme               │\n"
        + "│ ● 1. ANSI Dark             │\n│   2. Ayu Dark              │\n"
        + "│ (Use Enter to select, Tab to change focus) │\n╰───────────────────────────╯",
    ),
    (
        "gemini",
        "other",
        "╭───────────────────────────╮\n│ Get started                │\n"
        + "│ How would you like to authenticate for this project? │\n"
        + "│ ● 1. Login with Google     │\n│   2. Use Gemini API Key    │\n"
        + "│ (Use Enter to select) │\n╰───────────────────────────╯",
    ),
    (
        "gemini",
        "approval",
        "╭───────────────────────────╮\n│ Do you trust this folder?  │\n"
        + "│ ● 1. Trust folder (app)    │\n│   2. Trust parent folder   │\n"
        + "│   3. Don't trust           │\n╰───────────────────────────╯",
    ),
    (
        "gemini",
        "exited",
        "Agent powering down. Goodbye!\n\nTo resume this session: gemini --resume abc\n" + "user@host:~$ ",
    ),
    (
        "opencode",
        "working",
        "  ┃  hi\n\n     Thinking: ok\n\n     ▣  Build · big-pickle\n\n  ┃\n  ┃\n"
        + "  ┃  Build  Big Pickle\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n"
        + "   ■■■■⬝⬝⬝⬝  esc interrupt        ctrl+t variants  tab agents  ctrl+p commands",
    ),
    (
        "opencode",
        "working",
        "  ┃  hi\n\n  ┃\n  ┃\n  ┃  Build  Big Pickle\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n"
        + "   ■■■■⬝⬝⬝⬝  esc again to interrupt        tab agents",
    ),
    (
        "opencode",
        "idle",
        "  ┃  hi\n\n     Hello.\n\n     ▣  Build · big-pickle · 7.2s\n\n  ┃\n  ┃\n"
        + "  ┃  Build  Big Pickle\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n"
        + "   ~/x        ctrl+t variants  tab agents  ctrl+p commands",
    ),
    (
        "opencode",
        "question",
        "  ┃  What shall it be?\n  ┃\n  ┃  1. Red\n  ┃     a colour\n  ┃  2. Blue\n"
        + "  ┃  3. Type your own answer\n  ┃\n  ┃  ↑↓ select  enter submit  esc dismiss\n",
    ),
    (
        "aider",
        "approval",
        "> fix it\n\nRun shell command? (Y)es/(N)o/(D)on't ask again [Yes]: ",
    ),
    (
        "aider",
        "idle",
        "Add x? (Y)es/(N)o [Yes]: y\n\nDone.\n──────────\n> ",
    ),
    (
        "aider",
        "working",
        "> fix it\n\nHere is what I will do:\nfoo.py\n<<<<<<< SEARCH",
    ),
    (
        "shell",
        "idle",
        "[user@host dir]$ ",
    ),
    (
        "shell",
        "idle",
        "user@host:~/x$ cat q\nDo you want it? [y/n]\nuser@host:~/x$ ",
    ),
    (
        "shell",
        "approval",
        "user@host:~/x$ apt install x\nDo you want to continue? [Y/n] ",
    ),
    (
        "shell",
        "idle",
        "~/project main ❯ ",
    ),
    (
        "goose",
        "working",
        "( O)> do\n\n◐  Pondering the imponderable...",
    ),
    (
        "kimi",
        "working",
        "✨ do\n\n⠋ Thinking...\n",
    ),
    (
        "amp",
        "working",
        "  hi\n\n╭─smart───────────────────╮\n│                          │\n"
        + "╰──────────────~/x (main)─╯\n ≈ Running tools...  Esc to cancel",
    ),
    (
        "copilot",
        "approval",
        "╭────────────────────╮\n│ Do you trust the files in this folder? │\n│ /x │\n"
        + "│ ❯ 1. Yes │\n│   2. Yes, and remember this folder for future sessions │\n"
        + "│   3. No, exit (Esc) │\n"
        + "│ Confirm with number keys or ↑↓ keys and Enter, Cancel with Esc │\n"
        + "╰────────────────────╯",
    ),
    (
        "cursor",
        "idle",
        "  Done.\n\n ┌──────────────────────────┐\n │ → Add a follow-up         │\n"
        + " └──────────────────────────┘\n  Auto\n  / for commands · @ for files",
    ),
    (
        "claude",
        "working",
        "● Text\n\nThinking hard…" + BOX,
    ),
    (
        "copilot",
        "working",
        "● I look.\n\nThinking ⠋\n\n╭──────────────╮\n│ >  Enter @ to mention files │\n" + "╰──────────────╯",
    ),
)


def told(profile: str, text: str, **known) -> verdict.Verdict:
    return verdict.classify(agents.load(NOBODY, profile), frame.read(text, **known))


@pytest.mark.parametrize(("profile", "state", "text"), CASES, ids=[f"{row[0]}-{at}" for at, row in enumerate(CASES)])
def test_a_screen_is_told(profile, state, text):
    found = told(profile, text)
    assert found.state == state, (found.rule, found.reason, found.evidence)
    assert found.reason
    assert found.rule or state == "unknown"


@pytest.mark.parametrize("count", [3, 30])
def test_a_line_of_work_is_seen_above_a_long_list(count):
    tasks = "\n".join(f"     ☐ task {number}" for number in range(count))
    assert told("claude", f"✻ Doing it… (2m 3s · ↓ 3k tokens)\n  ⎿  ☐ first\n{tasks}{BOX}").state == "working"


def test_a_line_of_work_is_seen_above_status():
    box = "╭──────────────╮\n│ >   Type your message │\n╰──────────────╯\n ~/x   no sandbox   gemini-3"
    between = " Using: 1 GEMINI.md file (ctrl+t to view)"
    assert told("gemini", f"✦ Hi.\n\n ⠏ Thinking... (esc to cancel, 5s)\n\n{between}\n{box}").state == "working"
    assert told("gemini", f"✦ Hi.\n\n{between}\n{box}").state == "idle"


# --- what a screen alone lacks ---

IDLE = f"● Done.\n\n✻ Baked for 3s{BOX}"


def test_a_menu_goes_before_every_other_sign():
    menu = "Do you want to proceed?\n\n❯ 1. Yes\n  2. No\n\nEsc to cancel"
    for known in ({"title": "⠂ Claude Code"}, {"title": "✳ Claude Code"}, {"progress": 3}, {"progress": 0}):
        assert told("claude", menu, **known).state == "approval", known


def test_a_title_that_turns_is_work_whatever_the_screen_says():
    assert told("claude", IDLE).state == "idle"
    assert told("claude", IDLE, title="⠐ Claude Code").state == "working"
    assert (
        told("codex", "› Ask Codex to do anything\n\n  gpt-5 · ~/x", title="[ ! ] Action Required | x").state
        == "approval"
    )
    assert told("gemini", "> hi\n\n >   Type your message\n", title="✦  Working… (app)").state == "working"


def test_a_title_at_rest_never_says_idle_by_itself():
    work = f"✻ Thinking… (3s · esc to interrupt){BOX}"
    assert told("claude", work, title="✳ Claude Code").state == "working"
    assert told("claude", "Loading", title="✳ Claude Code").state != "idle"


@pytest.mark.parametrize(
    ("progress", "state"), [(None, "idle"), (0, "idle"), (1, "working"), (3, "working"), (2, "idle")]
)
def test_progress_is_work_where_nothing_is_asked(progress, state):
    assert told("claude", IDLE, progress=progress).state == state


def test_a_shell_below_the_last_frame_is_the_end_of_the_program():
    assert told("claude", f"{IDLE}\nuser@host:~/x$ ").state == "exited"
    # A line of status may look like a prompt: the cursor in the box tells.
    drawn = IDLE.replace("  ? for shortcuts", "user@host:~/x$")
    assert told("claude", drawn, cursor=(2, 5), size=(120, 40)).state == "idle"


# --- the box ---


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("", "empty", ""),
        ("half a line", "draft", "half a line"),
        ("\x1b[2mTry something\x1b[0m", "ghost", "Try something"),
        ("\x1b[90mrun the tests\x1b[39m", "ghost", "run the tests"),
        ("\x1b[38;5;2mrun the tests\x1b[39m", "draft", "run the tests"),
        ("\x1b[38;2;9;9;9mrun the tests\x1b[39m", "draft", "run the tests"),
        ("\x1b[2mrun\x1b[22m the tests", "draft", "run the tests"),
        ("[Pasted text #1 +37 lines]", "paste", "[Pasted text #1 +37 lines]"),
        ("two\n  lines", "draft", "two\nlines"),
    ],
)
def test_what_stands_in_the_box_is_told(typed, kind, text):
    found = told("claude", f"● Done.\n\n{LINE}\n❯\xa0{typed}\n{LINE}\n  ? for shortcuts")
    assert found.state == "idle"
    box = found.composer()
    assert box is not None
    assert (box["kind"], box["text"], box["row"]) == (kind, text, 3)


def test_the_options_of_a_menu_are_told_with_their_keys():
    found = told("codex", "  Run it?\n\n  $ ls\n\n› 1. Yes, proceed (y)\n  2. No (esc)\n\n  Press enter to confirm")
    assert found.menu() == {
        "form": "numbered",
        "title": "Run it? $ ls",
        "options": [
            {"label": "Yes, proceed (y)", "key": "1", "marked": True},
            {"label": "No (esc)", "key": "2", "marked": False},
        ],
    }
    assert found.evidence[0] == {"region": "options", "row": 4, "text": "Yes, proceed (y)"}


# --- any text at all ---


@pytest.mark.parametrize("profile", agents.profiles.NAMES)
def test_no_text_is_idle_without_a_box(profile):
    for text in (
        "",
        "\n\n\n",
        "a line of text",
        "1. one\n2. two\n3. three",
        "\x1b[2J",
        "\x00\x07",
        "│" * 500,
        "❯" * 300 + "x",
    ):
        assert told(profile, text).state != "idle", (profile, text)


def test_a_stream_is_drawn_before_it_is_read():
    lines = ("● Done.", "", "✻ Baked for 3s", "", LINE, "❯ ", LINE)
    stream = "⠋ Loading...\r\x1b[2K" + "\r\n".join(lines) + "\r\n\x1b]0;✳ Claude\x07\x1b[2A"
    found = told("claude", stream)
    assert found.state == "idle"
    assert found.anatomy.frame.title == "✳ Claude"
    spoilt = told("claude", stream.replace("\r", ""))
    assert (spoilt.state, spoilt.rule) == ("unknown", "")
    assert "carriage returns" in spoilt.reason


def test_a_large_screen_is_read_in_bounded_time():
    rows = ["x" * 5000] * 3000
    found = told("claude", "\n".join(rows) + BOX)
    assert found.state != "unknown"
    assert len(found.anatomy.rows) <= 400
