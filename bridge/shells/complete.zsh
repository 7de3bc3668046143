#compdef @PROGRAMS@
# @MARK@
__bridge_row() {
  case $1 in
    help) kinds=(topic) options=() ;;
    @ROWS@) ;;
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
