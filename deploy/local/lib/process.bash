# shellcheck shell=bash
# Processes and ports: who is who, who listens where, ending one and starting one for itself.
# A process is known by its number and its command line together; nothing else is ever signalled.

hash_of() { printf '%s' "$1" | cksum | tr -d ' '; }
secret() { od -An -v -N20 -tx1 /dev/urandom | tr -d ' \n'; }
first_line() { sed -n 1p "$1" 2>/dev/null || true; }

command_line() {
    if [ -d /proc/self ]; then
        tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true
    else
        ps -ww -p "$1" -o args= 2>/dev/null || true
    fi
}

# Numbers of processes are used again, and a dead child that nobody has waited for still answers
# `kill -0`. The command line tells: it is another's in the first case and empty in the second.
is_process() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    case $(command_line "$1") in *"$2"*) return 0 ;; esac
    return 1
}

processes_with() {
    { grep -l -s -a -F -e "$1" /proc/[0-9]*/cmdline || true; } | cut -d/ -f3
}

# end_process SIGNAL PID TEXT SECONDS: signals and waits until the process is gone.
end_process() {
    local tenths=$(($4 * 10))
    kill "-$1" "$2" 2>/dev/null || true
    while is_process "$2" "$3"; do
        [ "$tenths" -gt 0 ] || return 1
        tenths=$((tenths - 1))
        sleep 0.1
    done
}

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range from which systems take the ports of outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 10000))
        port_is_open "$port" || break
    done
    echo "$port"
}

# The port used last time, when nobody else has it now: clients that reconnect then need no news.
same_port_or_free() {
    case $1 in
        '' | *[!0-9]*) free_port ;;
        *) if port_is_open "$1"; then free_port; else echo "$1"; fi ;;
    esac
}

# Runs in a session of its own, without the caller's pipes: `$(make -s services)` must return, and
# the lock must not stay held by a server.
# `exec` all the way keeps one process: `$!` is the server's number.
detached() {
    local log=$1
    shift
    (cd / && exec "$@" </dev/null >>"$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) &
}
# shellcheck disable=SC2034 # rabbitmq.bash starts its programs with it.
session='nohup'
# shellcheck disable=SC2034
if have setsid; then session='setsid'; fi
