# @MARK@
__bridge_row() {
  case $1 in
    help) kinds=(topic) options=() ;;
    @ROWS@) ;;
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
