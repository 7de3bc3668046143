if [[ -n ${__bridge_zdotdir-} ]]; then
  export ZDOTDIR=$__bridge_zdotdir
else
  unset ZDOTDIR
fi
unset __bridge_zdotdir
if [[ -o interactive ]]; then
  . 'PLACE/hook.zsh'
  __bridge_history() {
    setopt local_options no_err_exit no_err_return
    [[ $1 != " \\. '"*'/run/runs/'*".sh'"* && $1 != 'TYPED'* ]]
  }
  zshaddhistory_functions=(__bridge_history)
fi
if [[ -f ${ZDOTDIR:-$HOME}/.zshenv ]]; then
  . "${ZDOTDIR:-$HOME}/.zshenv"
fi
