"""docs/COMPARISON.md, made from the data of a run: the tables by counting, the sentences around them here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

from peers import cases, pace, tasks
from peers.cases import ADMITTED, EXACT, LINES, NO_WAY, RIGHT, WITHIN, WRONG
from peers.contestant import Contestant
from peers.contestants import NAMES, PEERS, Twmux

OURS = NAMES[:2]
WORDS = {
    EXACT: "exact",
    LINES: "lines",
    WITHIN: "among other text",
    WRONG: "wrong",
    ADMITTED: "gave up",
    NO_WAY: "no way",
}
OPENING = """# bridge beside its peers

Four other tools let a program run commands in tmux panes and read what they print. `make bench-peers` writes this
page: it installs each of them from the index of Python packages into an environment of its own and lets all of
them do the same work in one run, each on a private tmux server, in panes of 200x50 that plain tmux made (so
bridge meets them as it meets a person's panes, without the hooks of the shells that it starts itself). Each is
called in the way that its own documents recommend.
"""
COUNTING = """## How it was counted

- **Hard commands** are those of `tests/support/run_corpus.py`, on which bridge itself is tested: they were chosen by
  its authors, so the sum says how the tools compare on such commands and not how good each is in general. Every
  command (with those that look at what it has left behind) gets a fresh pane, {limit:.0f} seconds (twmux {slow:.0f},
  whose own work takes longer on a busy machine), and up to three attempts where an answer was wrong before its
  time was over; the best counts.
- **exact**: each byte of the output. **lines**: the same but for line ends at its end, which tmux's own capture
  cannot tell. Both count as right if the exit code is right, too. **among other text**: the lines are there in
  one piece, between prompts, the typed command or older output. **gave up**: the tool itself says that it does
  not know (its time was over, an error). **wrong**: it answered as if all were well, and the output differs. **no
  way**: its documents say that it does not do that; it is told and not counted as wrong. *code* behind a word:
  the exit code is wrong or not known.
- **Tasks** are counted by tmux, files and exit codes, never by what a tool says of itself, except where the
  answer is what was asked for. A tool that cannot wait for a text looks twice a second, as an agent would. Bytes
  are what standard output holds, for a server the larger of text and structure; seconds hold the set-up of a
  pane.
- **Time** is taken in turns, {rounds} rounds, a fresh pane for each call; the tools work side by side in the other
  parts.
"""
PROSE = """Beyond what a table counts, read in their documents and sources:

- **mcp-tmux** drives other machines: any tool takes `target`, a host that ssh reaches, without anything of its
  own there but tmux. bridge is started on the machine whose tmux it drives. It also works with every tmux since
  1.8; bridge wants 3.2.
- **libtmux-mcp** and the library below it are made for macOS, too; bridge is for Linux. Its `paste_text` has
  `bracket` as a parameter, its `wait_for_text` takes patterns that mean failure and end the wait at once, and its
  commands always run in a subshell, so `exit` never ends the pane (bridge: `--subshell`).
- **twmux** keeps to a tmux server of its own unless it is told `--force`, so an agent cannot type into a person's
  sessions by mistake. Its dashboard of agents is ready for fzf.
- **tmux-cli** splits a pane beside the agent's own and works there by plain pane numbers; each of its `send`
  presses Enter again where the screen did not change (bridge: `pane-send-stdin --enter`).
- All four are installed by one command from the index of packages; bridge is built or copied.
"""
CAUSES = """## Where the differences come from

The wrong answers were looked at one by one, and the sources were read:

- tmux-cli, twmux and mcp-tmux put the command into a line of their own, between two marks that the shell prints,
  and read what stands between the marks on the screen and in its history. A comment, an open quote, a here
  document or a `;` at the end takes the second mark along; fish has no `$?`; what is longer than the history or
  clears the screen takes the first mark away; output without a line end hides the second from a tool that wants
  it at the begin of a line. What is typed stays in sight of whoever watches the pane.
- tmux-cli takes the second mark as it is typed for the printed one, if the command has not ended by the time of
  its first look, and answers -1 at once (its word for a time limit). So its answers depend on how busy the
  machine is; its quick commands got three attempts here.
- libtmux-mcp has the exit code by tmux itself, which is exact; its output is what the visible screen holds, with
  the prompt, the typed command and whatever was there before.
- bridge has the shell read the command from a file and tell its begin and end in sequences that no screen shows,
  and reads the bytes that the pane got. The first such call in a pane starts the process that writes them down.
"""
REPEAT = """## How to repeat it

```sh
make bench-peers                          # everything; build/peers/results.json keeps what each answered
make bench-peers PEERS="--shells bash"    # the hard commands in bash alone
make bench-peers PEERS="--rewrite"        # this page again from the last run's data
```

It needs tmux, the network for the first run (later runs take what is installed; `rm -r build/peers` brings newer
versions), for twmux a Python that is as new as it asks for, and root for the task with `su`. zsh, dash, ksh and
fish are tried where they are installed.
"""


def text(data: dict) -> str:
    """The whole document."""
    parts = [OPENING, contestants(data), summary(data), task_table(data), case_table(data), better(data)]
    parts += [CAUSES, COUNTING.format(limit=Contestant.limit, slow=Twmux.limit, rounds=data["rounds"]), REPEAT]
    return "\n".join(parts)


def table(first: str, rows: Iterable[tuple[str, Callable[[str], str]]], data: dict) -> str:
    """Rows of a name and of what stands in the column of each tool; `not tried` where a tool was not there."""
    lines = [f"| {first} | " + " | ".join(NAMES) + " |", "| --- " * (len(NAMES) + 1) + "|"]
    for name, cell in rows:
        told = [cell(tool) if tool in data["kinds"] else "not tried" for tool in NAMES]
        lines.append(f"| {name} | " + " | ".join(told) + " |")
    return "\n".join(lines) + "\n"


def contestants(data: dict) -> str:
    """Who takes part, and where."""
    distributions = {kind.name: kind.distribution for kind in PEERS}
    lines = ["| tool | package | version | is a | tools told to a model | their size |", "| --- " * 6 + "|"]
    for name in NAMES:
        version, kind = data["versions"].get(name, "not tried"), data["kinds"].get(name, "")
        count, size = data["tools"].get(name, ("", ""))
        size = f"{size:,} bytes" if size else ""
        lines.append(f"| {name} | {distributions.get(name, 'this one')} | {version} | {kind} | {count} | {size} |")
    lines += [f"\n**Not tried: {name}**: {reason}." for name, reason in data["missing"].items()]
    lines.append(
        f"\nMeasured on {data['date']}: {data['machine']}. On a busy machine each figure is several times what a"
    )
    lines.append("quiet one shows.\n")
    return "\n".join(lines)


def summary(data: dict) -> str:
    """One table of sums."""
    corpus, bash = data["corpus"], data["corpus"].get("bash", {})

    def count(fits: Callable[[dict], bool], shell: str = "bash") -> Callable[[str], str]:
        return lambda tool: str(sum(fits(one) for one in corpus[shell][tool]))

    def share(fits: Callable[[dict], bool], shell: str) -> Callable[[str], str]:
        return lambda tool: f"{sum(fits(one) for one in corpus[shell][tool])} of {len(corpus[shell][tool])}"

    rows: list[tuple[str, Callable[[str], str]]] = []
    if bash:
        rows += [
            ("hard commands in bash: right", share(is_right, "bash")),
            ("… of these exact to the last byte", count(lambda one: is_right(one) and one["output"] == EXACT)),
            ("… exit code right", share(lambda one: one["code"], "bash")),
            ("… code right, the lines among other text", count(lambda one: one["output"] == WITHIN and one["code"])),
            ("… wrong without a word", count(is_untold)),
            ("… gave up and said so", count(lambda one: one["output"] == ADMITTED)),
            ("… no way to", count(lambda one: one["output"] == NO_WAY)),
            ("… median time of the right ones, ms", lambda tool: median(bash[tool], "milliseconds")),
            ("… median answer of the right ones, bytes", lambda tool: median(bash[tool], "read")),
        ]
    rows += [(f"hard commands in {shell}: right", share(is_right, shell)) for shell in corpus if shell != "bash"]
    rows.append(("tasks: right", lambda tool: share_of_tasks(data["tasks"][tool])))
    rows += [(f"`{command}`: ms (to bridge's)", pace_cell(data, command)) for command in pace.COMMANDS]
    rows.append(("bytes of that answer to `seq 1 100`", lambda tool: f"{data['pace']['seq 1 100'][tool]['bytes']:.0f}"))
    return "## In short\n\n" + table("", rows, data)


def is_right(one: dict) -> bool:
    return one["output"] in RIGHT and one["code"]


def is_untold(one: dict) -> bool:
    """An answer that reads like success or like a known end, and is not what happened."""
    return one["output"] == WRONG or (one["output"] in (*RIGHT, WITHIN) and not one["code"])


def median(results: list[dict], what: str) -> str:
    values = [one[what] for one in results if is_right(one)]
    return f"{statistics.median(values):,.0f}" if values else "none right"


def share_of_tasks(done: list[dict]) -> str:
    return f"{sum(one['result'] == tasks.YES for one in done)} of {len(done)}"


def pace_cell(data: dict, command: str) -> Callable[[str], str]:
    def cell(tool: str) -> str:
        values = data["pace"][command]
        spent, right = values[tool]["milliseconds"], values[tool]["right"]
        wrong = "" if right == data["rounds"] else f", right in {right:.0f} of {data['rounds']}"
        return f"{spent:,.0f} ({spent / values['bridge']['milliseconds']:.2f}){wrong}"

    return cell


def task_table(data: dict) -> str:
    """What each got done, with calls, seconds and bytes."""

    def cell(number: int) -> Callable[[str], str]:
        def told(tool: str) -> str:
            done = data["tasks"][tool][number]
            if done["result"] == tasks.NO_WAY:
                return done["saw"] if done["saw"].startswith("not tried") else "no way"
            calls = f"{done['calls']} call{'s' if done['calls'] != 1 else ''}"
            return f"{done['result']}: {calls}, {done['seconds']:.1f} s, {done['read']:,} B"

        return told

    rows = [(name, cell(number)) for number, (name, _) in enumerate(tasks.TASKS)]
    return "## Tasks\n\n" + table("task", rows, data)


def case_table(data: dict) -> str:
    """Each hard command in bash."""
    if "bash" not in data["corpus"]:
        return ""

    def cell(number: int) -> Callable[[str], str]:
        def told(tool: str) -> str:
            one = data["corpus"]["bash"][tool][number]
            word = WORDS[one["output"]]
            return word if one["code"] or one["output"] in (ADMITTED, NO_WAY) else f"{word}, *code*"

        return told

    names = [case.name for chain in cases.chains("bash") for case in chain]
    return "## Hard commands in bash\n\n" + table(
        "command", [(name, cell(number)) for number, name in enumerate(names)], data
    )


def better(data: dict) -> str:
    """What the data says that a peer does better, and what no figure of this run tells."""
    lines = ["## What a peer does better\n"]
    for peer in (kind.name for kind in PEERS if kind.name in data["kinds"]):
        said = [*won_cases(data, peer), *won_tasks(data, peer), *won_figures(data, peer)]
        lines.append(f"- **{peer}**: {'; '.join(said)}." if said else f"- **{peer}**: nothing that this run counts.")
    return "\n".join(lines) + "\n\n" + PROSE


def rival(peer: str, data: dict) -> str:
    """bridge in the form that the peer has: a server beside a server."""
    return OURS[1] if data["kinds"][peer] == data["kinds"][OURS[1]] else OURS[0]


def won_cases(data: dict, peer: str) -> list[str]:
    ours, found = rival(peer, data), []
    for shell, results in data["corpus"].items():
        pairs = zip(results[peer], results[ours], strict=True)
        names = [theirs["case"] for theirs, own in pairs if is_right(theirs) and not is_right(own)]
        if names:
            found.append(f"right in {shell} where {ours} is not: {', '.join(names)}")
    return found


def won_tasks(data: dict, peer: str) -> list[str]:
    ours, found = rival(peer, data), []
    for theirs, own in zip(data["tasks"][peer], data["tasks"][ours], strict=True):
        if theirs["result"] != tasks.YES:
            continue
        if own["result"] != tasks.YES:
            found.append(f"does what {ours} did not: {theirs['task']}")
        elif theirs["calls"] < own["calls"]:
            found.append(f"fewer calls ({theirs['calls']} against {own['calls']}): {theirs['task']}")
    return found


def won_figures(data: dict, peer: str) -> list[str]:
    """Times and bytes below nine tenths of bridge's."""
    ours, found = rival(peer, data), []
    for command, values in data["pace"].items():
        for what, unit in (("milliseconds", "ms"), ("bytes", "bytes")):
            theirs, own = values[peer][what], values[ours][what]
            if theirs < 0.9 * own and values[peer]["right"]:
                found.append(f"{theirs:,.0f} {unit} against {own:,.0f} for `{command}`")
    told = data["tools"]
    if peer in told and ours in told and told[peer][1] < told[ours][1]:
        found.append(f"its tools are told in {told[peer][1]:,} bytes against {told[ours][1]:,}")
    return found
