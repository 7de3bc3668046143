"""The texts of the completion files, for core.shellcompletion to fill: what is between two @ is put in there.

Each finds the command among the words of the line, what kind of word is wanted at the cursor, and asks for it.
"""

from __future__ import annotations

BASH = r"""# @MARK@
__bridge_row() {
  case $1 in
    help) kinds=(topic) options=() ;;
@ROWS@
    *) kinds=() options=() ;;
  esac
}

__bridge_ask() {
  "${program/#\~/$HOME}" "${server[@]}" complete "$@" 2>/dev/null
}

# bash cuts words at each of COMP_WORDBREAKS, so also at the : and = of a name, and replaces what is behind the last.
__bridge_words() {
  local line=${COMP_LINE:0:COMP_POINT} word rest
  local -i index
  words=() current= kept=
  for ((index = 0; index <= COMP_CWORD; index++)); do
    rest=${line#"${line%%[![:space:]]*}"}
    word=${COMP_WORDS[index]}
    ((index < COMP_CWORD)) || word=$rest
    if ((index == 0)) || [[ $rest != "$line" || ! $rest ]]; then
      ((index)) && words+=("$current")
      current= kept=
    fi
    if [[ $word && ! ${word//["$COMP_WORDBREAKS"]/} && $word != [\"\']* ]]; then
      current+=$word kept=$current
    else
      kept=$current current+=$word
    fi
    line=${rest#"$word"}
  done
}

# A word without the quotes and backslashes that it was typed with.
__bridge_plain() {
  case $1 in
    \'*) plain=${1:1} plain=${plain%\'} ;;
    \"*) plain=${1:1} plain=${plain%\"} plain=${plain//\\/} ;;
    *) plain=${1//\\/} ;;
  esac
}

__bridge_offer() {
  local line plain before word
  __bridge_plain "$kept"
  before=$plain
  __bridge_plain "$current"
  while IFS= read -r line; do
    word=$lead${line%%$'\t'*}
    [[ $word != "$lead" && $word == "$plain"* ]] || continue
    word=${word#"$before"}
    case $current in
      \'*) word=${word//\'/\'\\\'\'} ;;
      \"*) word=${word//\\/\\\\} word=${word//\"/\\\"} word=${word//\$/\\\$} word=${word//\`/\\\`} ;;
      *) [[ ! $word ]] || printf -v word %q "$word" ;;
    esac
    COMPREPLY+=("$word")
  done
}

__bridge_kind() {
  local kind=${1%\*}
  case $kind in
    pane | label) __bridge_offer < <(__bridge_ask "$kind" -- "$session") ;;
    @LIVE@) __bridge_offer < <(__bridge_ask "$kind") ;;
    command) __bridge_offer < <(printf '%s\n' @NAMES@) ;;
    topic) __bridge_offer < <(printf '%s\n' @TOPICS@ @NAMES@) ;;
    file) compopt -o default 2>/dev/null ;;
    choice:*) __bridge_offer < <(printf '%s\n' "${kind#choice:}" | tr , '\n') ;;
  esac
}

_bridge() {
  local program current kept plain lead= command= session= pending= literal= word option
  local -i place=0 index
  local -a words server=() kinds=() options=()
  COMPREPLY=()
  __bridge_words
  program=${words[0]}
  for ((index = 1; index < ${#words[@]}; index++)); do
    word=${words[index]}
    if [[ -n $pending ]]; then
      pending=
    elif [[ -z $command ]]; then
      case $word in
        -L | -S) __bridge_plain "${words[index + 1]-}"; server+=("$word" "$plain") index+=1 ;;
        --fields) index+=1 ;;
        -*) ;;
        *) command=$word; __bridge_row "$word" ;;
      esac
    else
      if [[ -z $literal ]]; then
        for option in "${options[@]}"; do
          [[ $word == "$option" || ($option == *=* && $word == "${option%%=*}="*) ]] && continue 2
          [[ $word == "${option%%=*}" ]] && pending=${option#*=} && continue 2
        done
        case ${kinds[place]-}/$word in
          */--) literal=1; continue ;;
          -*/*) ;;
          */--compact | */--quiet | */--table | */--fields=*) continue ;;
          */--fields) pending=-; continue ;;
        esac
      fi
      __bridge_plain "$word"
      ((place == 0)) && session=$plain
      place+=1
    fi
  done
  if ((index > ${#words[@]})); then
    return
  elif [[ -n $pending ]]; then
    __bridge_kind "$pending"
  elif [[ -z $command ]]; then
    __bridge_offer < <(printf '%s\n' help @NAMES@; [[ $current == -* ]] && printf '%s\n' @GLOBALS@)
  elif [[ -z $literal && $current == --*=* ]]; then
    for option in "${options[@]}"; do
      [[ $option == *=* && ${option%%=*} == "${current%%=*}" ]] || continue
      lead=${option%%=*}=
      __bridge_kind "${option#*=}"
    done
  elif [[ -z $literal && $current == -* ]]; then
    ((${#options[@]})) && __bridge_offer < <(printf '%s\n' "${options[@]%%=*}")
  else
    [[ ${#kinds[@]} -gt 0 && ${kinds[-1]} == *\* && place -ge ${#kinds[@]} ]] && place=$((${#kinds[@]} - 1))
    __bridge_kind "${kinds[place]-}"
  fi
}

complete -F _bridge @PROGRAMS@
"""

ZSH = r"""#compdef @PROGRAMS@
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
  done < <("${program/#\~/$HOME}" "${server[@]}" complete "$@" 2>/dev/null)
  (($#found)) && _describe -V "$1" found
}

__bridge_kind() {
  local kind=${1%\*}
  local -a plain
  case $kind in
    pane | label) __bridge_live $kind -- "$session" ;;
    @LIVE@) __bridge_live $kind ;;
    command) _describe command commands ;;
    topic) plain=(@TOPICS@); _describe topic plain; _describe command commands ;;
    file) _files ;;
    choice:*) plain=(${(s:,:)kind#choice:}); compadd -a plain ;;
  esac
}

_bridge() {
  local program=${(Q)words[1]} command= session= pending= literal= word option
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
      if [[ -z $literal ]]; then
        for option in $options; do
          [[ $word == "$option" || ($option == *=* && $word == "${option%%=*}="*) ]] && continue 2
          [[ $word == "${option%%=*}" ]] && pending=${option#*=} && continue 2
        done
        case ${kinds[place + 1]-}/$word in
          */--) literal=1; continue ;;
          -*/*) ;;
          */--compact | */--quiet | */--table | */--fields=*) continue ;;
          */--fields) pending=-; continue ;;
        esac
      fi
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
  elif [[ -z $literal && $words[CURRENT] == --*=* ]]; then
    for option in $options; do
      [[ $option == *=* && ${option%%=*} == "${words[CURRENT]%%=*}" ]] || continue
      compset -P 1 '*='
      __bridge_kind "${option#*=}"
    done
  elif [[ -z $literal && $words[CURRENT] == -* ]]; then
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
  compdef _bridge @PROGRAMS@
fi
"""

FISH = r"""# @MARK@
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
        case pane label
            $program $server complete $kind -- $session 2>/dev/null
        case @LIVE@
            $program $server complete $kind 2>/dev/null
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
    set -l literal 0
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
            if test $literal = 0
                set -l expected $kinds[(math $place + 1)]
                for option in $options
                    set -l parts (string split -m 1 = -- $option)
                    if test "$word" = "$parts[1]"
                        set known 1
                        set -q parts[2]; and set pending $parts[2]
                    else if set -q parts[2]; and string match -q -- "$parts[1]=*" $word
                        set known 1
                    end
                end
                if test "$word" = --
                    set known 1
                    set literal 1
                else if test $known = 0; and not string match -q -- '-*' "$expected"
                    switch $word
                        case --compact --quiet --table '--fields=*'
                            set known 1
                        case --fields
                            set known 1
                            set pending -
                    end
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
    else if test $literal = 0; and string match -q -- '--*=*' $current
        set -l name (string split -m 1 -f 1 = -- $current)
        for option in $options
            set -l parts (string split -m 1 = -- $option)
            if set -q parts[2]; and test "$parts[1]" = "$name"
                __bridge_kind $parts[2] | string replace -r '^' -- "$name="
            end
        end
    else if test $literal = 0; and string match -q -- '-*' $current
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

for program in @PROGRAMS@
    complete -c $program -f -a '(__bridge_candidates)'
end
"""
