"""Commands that are hard to run exactly: the text, what it prints, how it ends, in which shells."""

from __future__ import annotations

POSIX = ("bash", "zsh", "dash", "ksh")
ALL = (*POSIX, "fish")
LONG = "x" * 3000
SCRIPT = "".join(f": line {number} {'y' * 40}\n" for number in range(3700)) + "echo done\n"


class Case:
    """`shells` are those that it is for; `code` None means that any code but 0 will do."""

    def __init__(self, name, command, output, code=0, shells=ALL):
        self.name, self.command, self.output, self.code, self.shells = name, command, output, code, shells


CASES = (
    Case("plain", "echo hello", "hello\n"),
    Case("true", "true", ""),
    Case("false", "false", "", 1),
    Case("subshell exit", "sh -c 'exit 7'", "", 7),
    Case("code 255", "sh -c 'exit 255'", "", 255),
    Case("not found", "no_such_command_at_all 2>/dev/null", "", 127, POSIX),
    Case("two lines", "echo a\necho b", "a\nb\n"),
    Case("last line decides", "true\nfalse", "", 1),
    Case("blank lines", "\n\necho a\n\n", "a\n"),
    Case("comment", "echo a # comment", "a\n"),
    Case("only a comment", "# nothing", ""),
    Case("comment with quote", "echo a # it's", "a\n"),
    Case("semicolon at the end", "echo a;", "a\n"),
    Case("ampersand at the end", "true &", None),
    Case("background and wait", "(sleep 0.05 & wait; echo done)", "done\n", 0, POSIX),
    Case("exclamation", "echo 'hi! there!x'", "hi! there!x\n"),
    Case("exclamation in double quotes", 'echo "hi!there"', "hi!there\n", 0, ALL),
    Case("dollar in quotes", "echo '$HOME $(date) `id`'", "$HOME $(date) `id`\n"),
    Case("double quotes", 'echo "a  b"', "a  b\n"),
    Case("nested quotes", """echo "it's" '"quoted"'""", 'it\'s "quoted"\n'),
    Case("backslashes", "printf '%s\\n' 'a\\b'", "a\\b\n"),
    Case("unbalanced single", "echo 'abc", None, None),
    Case("unbalanced double", 'echo "abc', None, None),
    Case("open if", "if true; then", None, None, POSIX),
    Case("open parenthesis", "(echo a", None, None, POSIX),
    Case("stray parenthesis", "echo a )", None, None),
    Case("after a broken one", "echo fine", "fine\n"),
    Case("heredoc", "cat <<EOF\na $((1+1))\n  b\nEOF", "a 2\n  b\n", 0, POSIX),
    Case("quoted heredoc", "cat <<'EOF'\n$x `y` \"z'\nEOF\necho after", "$x `y` \"z'\nafter\n", 0, POSIX),
    Case("heredoc without end", "cat <<EOF\nabc\n", "abc\n", 0, ("dash", "zsh")),
    Case("function", "f() { echo in f $1; return 3; }\nf x", "in f x\n", 3, POSIX),
    Case("function stays", "f y", "in f y\n", 3, POSIX),
    Case("fish function", "function f; echo in f $argv; return 3; end\nf x", "in f x\n", 3, ("fish",)),
    Case("fish function stays", "f y", "in f y\n", 3, ("fish",)),
    Case("loop", "for i in 1 2 3; do echo $i; done", "1\n2\n3\n", 0, POSIX),
    Case("fish loop", "for i in 1 2 3\necho $i\nend", "1\n2\n3\n", 0, ("fish",)),
    Case("pipeline", "printf 'b\\na\\n' | sort", "a\nb\n"),
    Case("pipeline code", "true | sh -c 'cat; exit 4'", "", 4),
    Case("cd", "cd /usr", ""),
    Case("cd stays", "pwd", "/usr\n"),
    Case("export", "export BRIDGE_X=1", "", 0, ALL),
    Case("export stays", "sh -c 'echo $BRIDGE_X'", "1\n"),
    Case("variable", "bx='a b'", "", 0, POSIX),
    Case("variable stays", 'echo "$bx"', "a b\n", 0, POSIX),
    Case("fish variable", "set -g bx 'a b'", "", 0, ("fish",)),
    Case("fish variable stays", "echo $bx", "a b\n", 0, ("fish",)),
    Case("status before", "false", "", 1),
    Case("status seen", "echo $?", "1\n", 0, POSIX),
    Case("fish status seen", "false", "", 1, ("fish",)),
    Case("fish status seen too", "echo $status", "1\n", 0, ("fish",)),
    Case("return", "return 5", "", 5),
    Case("no final newline", "printf abc", "abc"),
    Case("no final newline, failing", "printf abc; false", "abc", 1),
    Case("empty lines printed", "printf '\\n\\na\\n\\n'", "\n\na\n\n"),
    Case("trailing blanks", "printf 'a   \\nb  '", "a   \nb  "),
    Case("tabs", "printf 'a\\tb\\t\\n'", "a\tb\t\n"),
    Case("leading blanks", "printf '   a\\n'", "   a\n"),
    Case("colours", "printf '\\033[31mred\\033[0m\\n'", "red\n"),
    Case("carriage return", "printf '10%%\\r50%%\\r100%%\\n'", "100%\n"),
    Case("clear", "printf 'a\\n'; printf '\\033[H\\033[2J\\033[3J'; printf 'b\\n'", "a\nb\n"),
    Case("alternate screen", "printf '\\033[?1049h'; printf '\\033[?1049l'; echo back", "back\n"),
    Case("title", "printf '\\033]0;title\\007'; echo x", "x\n"),
    Case("unfinished sequence", "printf 'x\\033]0;open'", "x"),
    Case("after the unfinished one", "echo y", "y\n"),
    Case("unicode", "echo 'äöü 日本 🙂'", "äöü 日本 🙂\n"),
    Case("unicode name", "printf '%s\\n' é", "é\n"),
    Case("long line typed", f"printf '%s\\n' {LONG}", LONG + "\n"),
    Case("long script", SCRIPT, "done\n"),
    Case("many lines", "seq 1 3000", "".join(f"{n}\n" for n in range(1, 3001))),
    Case("wide line printed", "printf '%s\\n' " + "w" * 500, "w" * 500 + "\n"),
    Case("stderr too", "echo out; echo err >&2", "out\nerr\n"),
    Case("leading dash", "-x 2>/dev/null", None, None, POSIX),
    Case("leading blank", "   echo a", "a\n"),
    Case("glob", "cd /; echo et[c]", "etc\n", 0, POSIX),
    Case("percent", "echo '%s %d 100%'", "%s %d 100%\n"),
    Case("hash text", "echo '#(touch /tmp/x) #{pid}'", "#(touch /tmp/x) #{pid}\n"),
    Case("key names", "echo Enter C-c", "Enter C-c\n"),
    Case("program killed", "sh -c 'kill -9 $$'", None, 137),
    Case("program terminated", "sh -c 'kill -TERM $$'", None, 143),
    Case("our mark, without the word", "printf '\\033]6973;0123456789abcdef;E;0\\007'; echo x; false", "x\n", 1),
    Case("noclobber", "set -C", "", 0, POSIX),
    Case("after noclobber", "echo a", "a\n", 0, POSIX),
    Case("noclobber off", "set +C", "", 0, POSIX),
    Case("unset is an error", "set -u", "", 0, POSIX),
    Case("after set -u", "echo a", "a\n", 0, POSIX),
    Case("set +u", "set +u", "", 0, POSIX),
    Case("trace", "set -x", "", 0, ("bash",)),
    Case("after trace off", "{ set +x; } 2>/dev/null", "", 0, ("bash",)),
    Case("no job of ours", "jobs", "", 0, ("bash", "dash")),
)


def problems(box, shell: str, session: str = "dev") -> list[str]:
    """What differs from the corpus in a pane that runs this shell."""
    wrong = []
    for case in CASES:
        if shell not in case.shells:
            continue
        done = box.bridge("pane-run", session, "0", "--timeout", "15", "--", "-", text=case.command.encode())
        answer = done.json
        code_fits = answer["exit_code"] == case.code if case.code is not None else answer["exit_code"] not in (0, None)
        if answer["outcome"] != "exited" or not code_fits:
            wrong.append(f"{case.name}: {answer['outcome']} {answer['exit_code']}: {answer['output'][:200]!r}")
        elif case.output is not None and answer["output"] != case.output:
            wrong.append(f"{case.name}: {answer['output'][:200]!r} instead of {case.output[:200]!r}")
    return wrong
