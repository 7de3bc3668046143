# @MARK@
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
