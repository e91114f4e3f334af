# shellcheck shell=bash
# shellcheck disable=SC2154 # The caller sets dir and session.
# One private RabbitMQ node with a port mapper of its own: find the programs, start, stop, kill,
# remove. Nothing of the user's own node, files or environment reaches it.

rabbitmq_server='' # The package's own script; the wrapper on the PATH would change the user.
rabbitmq_root=''

find_rabbitmq() {
    local script
    have erl || return 1
    for script in /usr/lib/rabbitmq/bin/rabbitmq-server /usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server \
        /opt/rabbitmq/sbin/rabbitmq-server /opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server \
        /usr/local/opt/rabbitmq/sbin/rabbitmq-server "$(command -v rabbitmq-server || true)"; do
        if [ -x "$script" ] && [ "$script" != /usr/sbin/rabbitmq-server ]; then
            rabbitmq_server=$script
            return 0
        fi
    done
    return 1
}

locate_rabbitmq() {
    rabbitmq_root=$dir/rabbitmq
    # On the command line of the node, to know it by.
    rabbitmq_mark="-counterfoil_node $(hash_of "$dir") "
}

# The file holds three ports: of AMQP, of Erlang's distribution, of the port mapper.
rabbitmq_ports() {
    amqp_port='' dist_port='' epmd_port=''
    if [ -r "$rabbitmq_root/ports" ]; then
        read -r amqp_port dist_port epmd_port <"$rabbitmq_root/ports" || true
    fi
}

rabbitmq_port() { (rabbitmq_ports && echo "$amqp_port"); }

rabbitmq_pid() {
    local pid
    pid=$(first_line "$rabbitmq_root/pid")
    is_process "$pid" "$rabbitmq_mark" && echo "$pid"
}

epmd_pid() {
    local pid
    rabbitmq_ports
    pid=$(first_line "$rabbitmq_root/epmd.pid")
    is_process "$pid" "epmd -port $epmd_port " && echo "$pid"
}

# `cargo clean` may have taken the files away from under running servers. The node's command line
# holds its mark and then the port mapper's port.
end_rabbitmq_orphans() {
    local pid mapper mapper_pid
    [ -d /proc/self ] && [ ! -e "$rabbitmq_root/ports" ] || return 0
    for pid in $(processes_with -counterfoil_node); do
        is_process "$pid" "$rabbitmq_mark" || continue
        mapper=$(command_line "$pid")
        mapper="epmd -port $(printf '%s' "${mapper##*"$rabbitmq_mark"}" | cut -d' ' -f1) "
        say "Stopping a RabbitMQ (process $pid) whose files were removed."
        end_process KILL "$pid" "$rabbitmq_mark" 10 || die "RabbitMQ (process $pid) does not end."
        for mapper_pid in $(processes_with epmd); do
            is_process "$mapper_pid" "$mapper" || continue
            end_process TERM "$mapper_pid" "$mapper" 5 || true
        done
    done
}

rabbitmq_url() {
    printf 'amqp://counterfoil:%s@127.0.0.1:%s/%%2f\n' "$(first_line "$rabbitmq_root/password")" "$(rabbitmq_port)"
}

# An open port is not yet a broker. One that works answers a protocol header with a method frame.
rabbitmq_answers() {
    local port=$1
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'AMQP\000\000\011\001' >&3
        # The frame's first byte is 1; `read` keeps no zero bytes, so ask for this one only.
        IFS= read -r -t 3 -n 1 byte <&3 && [ "$byte" = $'\001' ]
    ) 2>/dev/null
}

# A clean environment: no RABBITMQ_* or ERL_* of the user's own node may reach this one.
load_rabbitmq_environment() {
    rabbitmq_ports
    rabbitmq_environment=(
        env -i PATH="$PATH" LANG=C.UTF-8 LC_ALL=C.UTF-8
        HOME="$rabbitmq_root/home"
        ERL_AFLAGS='-kernel inet_dist_use_interface {127,0,0,1}'
        ERL_CRASH_DUMP="$rabbitmq_root/log/erl_crash.dump"
        ERL_EPMD_ADDRESS=127.0.0.1
        ERL_EPMD_PORT="$epmd_port"
        ERL_INETRC="$rabbitmq_root/inetrc"
        RABBITMQ_ADVANCED_CONFIG_FILE="$rabbitmq_root/config/advanced.config"
        RABBITMQ_CONF_ENV_FILE=/dev/null
        RABBITMQ_CONFIG_FILE="$rabbitmq_root/config/rabbitmq.conf"
        RABBITMQ_CONFIG_FILES="$rabbitmq_root/config/conf.d"
        RABBITMQ_DIST_PORT="$dist_port"
        RABBITMQ_ENABLED_PLUGINS_FILE="$rabbitmq_root/config/enabled_plugins"
        RABBITMQ_FEATURE_FLAGS_FILE="$rabbitmq_root/data/feature_flags"
        RABBITMQ_GENERATED_CONFIG_DIR="$rabbitmq_root/config/generated"
        RABBITMQ_LOG_BASE="$rabbitmq_root/log"
        RABBITMQ_LOGS="$rabbitmq_root/log/rabbitmq.log"
        RABBITMQ_MNESIA_BASE="$rabbitmq_root/data"
        RABBITMQ_MNESIA_DIR="$rabbitmq_root/data/node"
        RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
        RABBITMQ_NODE_PORT="$amqp_port"
        RABBITMQ_NODENAME="counterfoil_$(hash_of "$dir")@localhost"
        RABBITMQ_PID_FILE="$rabbitmq_root/data/node.pid"
        RABBITMQ_PLUGINS_EXPAND_DIR="$rabbitmq_root/data/plugins-expand"
        RABBITMQ_ALLOW_INPUT=yes
        RABBITMQ_SERVER_START_ARGS="-noinput $rabbitmq_mark$epmd_port"
    )
}

write_rabbitmq_settings() {
    cat >"$rabbitmq_root/config/rabbitmq.conf" <<CONF
# Written at every start by deploy/local/services.
listeners.tcp.1 = 127.0.0.1:$amqp_port
tcp_listen_options.backlog = 1024
default_user = counterfoil
default_pass = $(first_line "$rabbitmq_root/password")
default_user_tags.administrator = true
# Below this the broker stops reading from publishers; the default of other setups, a share of
# the memory, would do so on a laptop whose disk is merely full as usual.
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.relative = 0.4
CONF
    echo '[].' >"$rabbitmq_root/config/enabled_plugins"
    echo '[].' >"$rabbitmq_root/config/advanced.config"
    # Erlang looks names up itself, so that the node starts whatever the machine is called and
    # whether or not its resolver knows that name.
    cat >"$rabbitmq_root/inetrc" <<INETRC
{host, {127,0,0,1}, ["localhost", "$(uname -n | cut -d. -f1)"]}.
{lookup, [file, native]}.
INETRC
}

find_epmd() {
    command -v epmd ||
        erl -noshell -eval 'io:format("~ts/erts-~ts/bin/epmd~n", [code:root_dir(), erlang:system_info(version)]), halt().'
}

start_rabbitmq() {
    local pid tries epmd started
    if pid=$(rabbitmq_pid); then
        tries=600
        until rabbitmq_answers "$(rabbitmq_port)"; do
            tries=$((tries - 1))
            [ "$tries" -gt 0 ] || die "RabbitMQ (process $pid) runs but does not answer; see $rabbitmq_root/log."
            sleep 0.1
        done
        note "RabbitMQ is running on 127.0.0.1:$(rabbitmq_port)."
        return 0
    fi
    mkdir -p "$rabbitmq_root"
    chmod 700 "$rabbitmq_root"
    (cd "$rabbitmq_root" && mkdir -p home config/conf.d config/generated data log)
    [ -s "$rabbitmq_root/password" ] || (umask 077 && secret >"$rabbitmq_root/password")
    epmd=$(find_epmd)
    for tries in 1 2 3; do
        rabbitmq_ports
        if ! pid=$(epmd_pid); then
            epmd_port=$(same_port_or_free "$epmd_port")
        fi
        amqp_port=$(same_port_or_free "$amqp_port")
        dist_port=$(same_port_or_free "$dist_port")
        echo "$amqp_port $dist_port $epmd_port" >"$rabbitmq_root/ports"
        write_rabbitmq_settings
        say "Starting RabbitMQ on 127.0.0.1:$amqp_port; it takes some seconds."
        # Started here rather than by the node, which would leave one behind that nobody knows.
        if [ -z "$pid" ]; then
            detached "$rabbitmq_root/log/epmd.log" "$session" "$epmd" -port "$epmd_port" -address 127.0.0.1
            echo $! >"$rabbitmq_root/epmd.pid"
            until_open "$epmd_port" 100 || true
        fi
        : >"$rabbitmq_root/log/console.log"
        rm -f "$rabbitmq_root/pid"
        # Some systems allow a thousand million open files, for which Erlang would make room.
        ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
        load_rabbitmq_environment
        detached "$rabbitmq_root/log/console.log" "${rabbitmq_environment[@]}" "$session" "$rabbitmq_server"
        echo $! >"$rabbitmq_root/pid"
        started=$SECONDS
        while [ $((SECONDS - started)) -lt 60 ]; do
            if rabbitmq_answers "$amqp_port" && rabbitmq_pid >/dev/null; then
                say "RabbitMQ is ready."
                return 0
            fi
            # The first second is the shell's, before it becomes the node.
            if [ $((SECONDS - started)) -gt 2 ] && ! rabbitmq_pid >/dev/null; then break; fi
            sleep 0.2
        done
        if pid=$(rabbitmq_pid); then
            end_process KILL "$pid" "$rabbitmq_mark" 10 || true
            break
        fi
        grep -q -i eaddrinuse "$rabbitmq_root/log/rabbitmq.log" "$rabbitmq_root/log/console.log" 2>/dev/null || break
    done
    tail -n 20 "$rabbitmq_root/log/console.log" "$rabbitmq_root/log/rabbitmq.log" >&2 || true
    stop_rabbitmq
    die "RabbitMQ did not start within a minute; the last lines of its logs ($rabbitmq_root/log) are above."
}

until_open() {
    local tenths=$2
    until port_is_open "$1"; do
        tenths=$((tenths - 1))
        [ "$tenths" -gt 0 ] || return 1
        sleep 0.1
    done
}

stop_rabbitmq() {
    local pid
    if pid=$(rabbitmq_pid); then
        say "Stopping RabbitMQ (process $pid)."
        # The node takes SIGTERM as the request to shut down in order.
        end_process TERM "$pid" "$rabbitmq_mark" 60 || end_process KILL "$pid" "$rabbitmq_mark" 10 ||
            die "RabbitMQ (process $pid) does not end."
    fi
    stop_epmd
}

stop_epmd() {
    local pid
    if ! pid=$(epmd_pid); then return 0; fi
    end_process TERM "$pid" 'epmd -port' 5 || end_process KILL "$pid" 'epmd -port' 5 ||
        die "RabbitMQ's port mapper (process $pid) does not end."
}

kill_rabbitmq() {
    local pid
    pid=$(rabbitmq_pid) || die "RabbitMQ does not run in $dir."
    end_process KILL "$pid" "$rabbitmq_mark" 10 || die "RabbitMQ (process $pid) does not end."
    stop_epmd
    say "Killed RabbitMQ (process $pid)."
}

remove_rabbitmq() { rm -rf "$rabbitmq_root"; }
