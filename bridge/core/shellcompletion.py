"""Completion files for bash, zsh and fish, made from the command table.

What is fixed (commands, options, choices) stands in the file; sessions, panes and labels are asked for by one
call of `bridge complete`. Each argument has a kind: `session`, `pane`, `label`, `file`, `command`, `topic`,
`choice:a,b` or `-` for what nobody can guess; `*` at its end means that it takes many words.
"""

from __future__ import annotations

from bridge.spec import Arg, Command

SHELLS = ("bash", "zsh", "fish")
GLOBALS = ("--compact", "--fields", "--quiet", "--table", "--script", "--version", "--help", "-L", "-S")
MARK = "bridge completion, generated; bridge completion SHELL --install writes it anew"
_FILES = ("file", "path", "bundle", "directory", "workdir", "dir")


def kind(row: Command, arg: Arg) -> str:
    """What may stand for an argument."""
    if arg.type in ("session", "pane"):
        found = arg.type
    elif arg.type == "choice":
        found = "choice:" + ",".join(arg.choices)
    elif arg.name == "label" and row.effect == "read":
        found = "label"
    elif arg.name in _FILES:
        found = "file"
    elif arg.name == "command" and row.target == "none" and row.effect == "read":
        found = "command"
    else:
        found = "-"
    return found + ("*" if arg.many else "")


def script(shell: str, rows: tuple[Command, ...], topics: tuple[str, ...] = ()) -> str:
    """The completion file of one of SHELLS; `topics` are what `help` explains besides the commands."""
    names = " ".join(row.name for row in rows)
    if shell == "fish":
        body = "\n".join(_fish_row(row) for row in rows)
        words = "\n".join(f"            printf '%s\\t%s\\n' {row.name} {_fish(row.summary)}" for row in rows)
        text = _FISH.replace("@WORDS@", words)
    else:
        body = "\n".join(_posix_row(row) for row in rows)
        text = _BASH if shell == "bash" else _ZSH
        words = "\n".join(f"    {_quoted(row.name + ':' + row.summary)}" for row in rows)
        text = text.replace("@WORDS@", words)
    return (
        text.replace("@MARK@", MARK)
        .replace("@ROWS@", body)
        .replace("@NAMES@", names)
        .replace("@TOPICS@", " ".join(topics))
        .replace("@GLOBALS@", " ".join(GLOBALS))
    )


def _options(row: Command) -> list[str]:
    """The options as words: `--flag`, and `--name=KIND` for one that takes a value."""
    return [
        f"--{arg.name}" + ("" if arg.type == "flag" else f"={kind(row, arg)}") for arg in row.args if not arg.positional
    ]


def _places(row: Command) -> list[str]:
    return [kind(row, arg) for arg in row.args if arg.positional]


def _posix_row(row: Command) -> str:
    kinds = " ".join(_quoted(word) for word in _places(row))
    options = " ".join(_quoted(word) for word in _options(row))
    return f"    {row.name}) kinds=({kinds}) options=({options}) ;;"


def _fish_row(row: Command) -> str:
    kinds = " ".join(_fish(word) for word in _places(row))
    options = " ".join(_fish(word) for word in _options(row))
    return f"        case {row.name}\n            set kinds {kinds}\n            set options {options}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_BASH = r"""# @MARK@
__bridge_row() {
  case $1 in
    help) kinds=(topic) options=() ;;
@ROWS@
    *) kinds=() options=() ;;
  esac
}

__bridge_ask() {
  "$program" "${server[@]}" complete "$@" 2>/dev/null
}

__bridge_offer() {
  local line plain=$1 word
  [[ $plain == [\"\']* ]] && plain=${plain:1}
  plain=${plain//\\/}
  while IFS= read -r line; do
    word=${line%%$'\t'*}
    [[ -n $word && $word == "$plain"* ]] || continue
    [[ $current == [\"\']* ]] || printf -v word %q "$word"
    COMPREPLY+=("$word")
  done
}

__bridge_kind() {
  local kind=${1%\*}
  case $kind in
    session) __bridge_offer "$current" < <(__bridge_ask session) ;;
    pane | label) __bridge_offer "$current" < <(__bridge_ask "$kind" -- "$session") ;;
    command) __bridge_offer "$current" < <(printf '%s\n' @NAMES@) ;;
    topic) __bridge_offer "$current" < <(printf '%s\n' @TOPICS@ @NAMES@) ;;
    file) compopt -o default 2>/dev/null ;;
    choice:*) __bridge_offer "$current" < <(printf '%s\n' "${kind#choice:}" | tr , '\n') ;;
  esac
}

_bridge() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} command= session= pending= word option
  local -i place=0 index
  local -a server=() kinds=() options=()
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ -n $pending ]]; then
      pending=
    elif [[ -z $command ]]; then
      case $word in
        -L | -S) server+=("$word" "${COMP_WORDS[index + 1]}") index+=1 ;;
        --fields) index+=1 ;;
        -*) ;;
        *) command=$word; __bridge_row "$word" ;;
      esac
    else
      for option in "${options[@]}"; do
        [[ $word == "$option" ]] && continue 2
        [[ $word == "${option%%=*}" ]] && pending=${option#*=} && continue 2
      done
      [[ $word == [\"\']* ]] && word=${word:1:-1}
      ((place == 0)) && session=${word//\\/}
      place+=1
    fi
  done
  if ((index > COMP_CWORD)); then
    return
  elif [[ -n $pending ]]; then
    __bridge_kind "$pending"
  elif [[ -z $command ]]; then
    __bridge_offer "$current" < <(printf '%s\n' help @NAMES@; [[ $current == -* ]] && printf '%s\n' @GLOBALS@)
  elif [[ $current == -* ]]; then
    ((${#options[@]})) && __bridge_offer "$current" < <(printf '%s\n' "${options[@]%%=*}")
  else
    [[ ${#kinds[@]} -gt 0 && ${kinds[-1]} == *\* && place -ge ${#kinds[@]} ]] && place=$((${#kinds[@]} - 1))
    __bridge_kind "${kinds[place]-}"
  fi
}

complete -F _bridge bridge claude-tmux
"""

_ZSH = r"""#compdef bridge claude-tmux
# @MARK@
__bridge_row() {
  case $1 in
    help) kinds=(topic) options=() ;;
@ROWS@
    *) kinds=() options=() ;;
  esac
}

__bridge_live() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done < <("$program" "${server[@]}" complete "$@" 2>/dev/null)
  (($#found)) && _describe -V "$1" found
}

__bridge_kind() {
  local kind=${1%\*}
  local -a plain
  case $kind in
    session) __bridge_live session ;;
    pane | label) __bridge_live $kind -- "$session" ;;
    command) _describe command commands ;;
    topic) plain=(@TOPICS@); _describe topic plain; _describe command commands ;;
    file) _files ;;
    choice:*) plain=(${(s:,:)kind#choice:}); compadd -a plain ;;
  esac
}

_bridge() {
  local program=${(Q)words[1]} command= session= pending= word option
  local -i place=0 index
  local -a server kinds options commands names
  commands=(
@WORDS@
  )
  for ((index = 2; index < CURRENT; index++)); do
    word=${(Q)words[index]}
    if [[ -n $pending ]]; then
      pending=
    elif [[ -z $command ]]; then
      case $word in
        -L | -S) server+=("$word" "${(Q)words[index + 1]}"); index+=1 ;;
        --fields) index+=1 ;;
        -*) ;;
        *) command=$word; __bridge_row "$word" ;;
      esac
    else
      for option in $options; do
        [[ $word == "$option" ]] && continue 2
        [[ $word == "${option%%=*}" ]] && pending=${option#*=} && continue 2
      done
      ((place == 0)) && session=$word
      place+=1
    fi
  done
  if ((index > CURRENT)); then
    return 1
  elif [[ -n $pending ]]; then
    __bridge_kind "$pending"
  elif [[ -z $command ]]; then
    if [[ $words[CURRENT] == -* ]]; then
      names=(@GLOBALS@)
      compadd -a names
    else
      commands+=('help:Explain a command or a topic.')
      _describe command commands
    fi
  elif [[ $words[CURRENT] == -* ]]; then
    names=(${options%%=*})
    compadd -a names
  else
    (($#kinds && place >= $#kinds)) && [[ $kinds[-1] == *\* ]] && place=$(($#kinds - 1))
    __bridge_kind "${kinds[place + 1]-}"
  fi
}

if [[ $funcstack[1] == _bridge ]]; then
  _bridge "$@"
else
  compdef _bridge bridge claude-tmux
fi
"""

_FISH = r"""# @MARK@
function __bridge_row --no-scope-shadowing
    switch $argv[1]
        case help
            set kinds topic
            set options
@ROWS@
        case '*'
            set kinds
            set options
    end
end

function __bridge_kind --no-scope-shadowing
    set -l kind (string replace -r '\*$' '' -- $argv[1])
    switch $kind
        case session
            $program $server complete session 2>/dev/null
        case pane label
            $program $server complete $kind -- $session 2>/dev/null
        case command topic
            test $kind = topic; and printf '%s\n' @TOPICS@
@WORDS@
        case file
            __fish_complete_path (commandline -ct)
        case 'choice:*'
            string split , -- (string replace choice: '' -- $kind)
    end
end

function __bridge_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -l command
    set -l session ''
    set -l pending
    set -l place 0
    set -l server
    set -l kinds
    set -l options
    set -l skip 0
    for index in (seq 2 (count $words))
        set -l word $words[$index]
        if test $skip = 1
            set -a server $word
            set skip 0
        else if test -n "$pending"
            set pending
        else if test -z "$command"
            switch $word
                case -L -S
                    set -a server $word
                    set skip 1
                case --fields
                    set skip 1
                case '-*'
                case '*'
                    set command $word
                    __bridge_row $word
            end
        else
            set -l known 0
            for option in $options
                set -l parts (string split -m 1 = -- $option)
                if test "$word" = "$parts[1]"
                    set known 1
                    set -q parts[2]; and set pending $parts[2]
                end
            end
            if test $known = 0
                test $place = 0; and set session $word
                set place (math $place + 1)
            end
        end
    end
    if test $skip = 1
        return
    else if test -n "$pending"
        __bridge_kind $pending
    else if test -z "$command"
        __bridge_kind command
        printf '%s\t%s\n' help 'Explain a command or a topic.'
        string match -q -- '-*' $current; and printf '%s\n' @GLOBALS@
    else if string match -q -- '-*' $current
        for option in $options
            string split -f 1 = -- $option
        end
    else
        set -l last (count $kinds)
        if test $last -gt 0; and test $place -ge $last; and string match -q -- '*\*' $kinds[-1]
            set place (math $last - 1)
        end
        set place (math $place + 1)
        set -q kinds[$place]; and __bridge_kind $kinds[$place]
    end
end

complete -c bridge -f -a '(__bridge_candidates)'
complete -c claude-tmux -f -a '(__bridge_candidates)'
"""
