"""Variables of an environment that a snapshot may hold, and those that only the user's word brings back."""

from __future__ import annotations

import re

from bridge.core.redaction import is_secret_name

# A `*` at the end stands for any rest. None of them names a program, a library, or a place where such are looked for.
KEPT = (
    *("LANG", "LANGUAGE", "LC_*", "TZ", "COLORTERM", "NODE_ENV", "RUST_LOG", "RUST_BACKTRACE", "ENVIRONMENT"),
    *("RAILS_ENV", "RACK_ENV", "APP_ENV", "FLASK_ENV", "CONDA_DEFAULT_ENV", "CUSTOM_VAR"),
)
_RUNS_CODE = re.compile(
    r"PATH|PRELOAD|EDITOR|VISUAL|PAGER|BROWSER|SHELL|ASKPASS|COMMAND|CMD|HOOK|STARTUP|PROMPT|^PS[0-4]$|^IFS$|^ENV$|^BASH"
    r"|^ZDOTDIR$|^LD_|^DYLD_|^LESS|^MANOPT|^GIT|^SSH_|^HG|^SVN|^PERL|^PYTHON|^PIP|^UV_|^RUBY|^GEM|^BUNDLE|^NODE_|^NPM|^NVM"
    r"|^JAVA|^_JAVA|^JDK|^MAVEN|^GRADLE|^GO[A-Z]|^CARGO|^RUST|^CGO|^MAKE|^CMAKE|^CC$|^CXX$|^CPP$|^AR$|FLAGS$|OPTS?$|OPTIONS$"
    r"|_ARGS$|_HOME$|^HOME$|_ROOT$|_PREFIX$|_DIRS?$|_ENV$|RC$|^TERM|^TMUX|^STY$|^XDG_|^VIM|^EMACS|^DOCKER|^KUBE|^PHP|^R_"
    r"|WRAPPER|PLUGIN|MODULE|LAUNCHER|INTERPRETER|^DEBUG$|_PROXY$|^CONDA|^DIRENV|^GUILE|^LUA|^OPENSSL|^SSL|^GCONV|^MALLOC",
    re.IGNORECASE,
)


def is_kept(name: str, value: str = "", more: tuple[str, ...] = ()) -> bool:
    """Whether this variable may go into a snapshot, and come out of one; `more` are names that the user adds."""
    if is_secret_name(name):
        return False
    if _is_one_of(name, more):
        return True
    # The name of a locale is looked for below a directory, and leads out of it where it holds a slash.
    return _is_one_of(name, KEPT) and not ("/" in value and name.startswith("L"))


def runs_code(name: str) -> bool:
    """Whether programs run what a variable of this name says, or what they find where it says."""
    return _RUNS_CODE.search(name) is not None


def _is_one_of(name: str, words: tuple[str, ...]) -> bool:
    return any(name.startswith(word[:-1]) if word.endswith("*") else name == word for word in words)
