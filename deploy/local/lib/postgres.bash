# shellcheck shell=bash
# shellcheck disable=SC2154 # The caller sets dir, fast and quiet.
# One private Postgres: find the programs, make its data, start, stop, kill, remove.
# A start that was interrupted leaves nothing half done: data appear under their final name whole.

postgres_bin='' # The folder of initdb, pg_ctl and postgres.
postgres_user='' # Who runs it; empty: whoever runs this script.
postgres_root='' # Data, log, port and password.

find_postgres() {
    local bin held
    held=$(first_line "$postgres_root/data/PG_VERSION")
    # Data of one major version can be read by that version only.
    for bin in ${held:+"/usr/lib/postgresql/$held/bin"} \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr) \
        /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] && [ -x "$bin/postgres" ]; then
            postgres_bin=$bin
            return 0
        fi
    done
    return 1
}

as_postgres() {
    if [ -z "$postgres_user" ]; then
        (cd / && "$@")
    elif have runuser; then
        (cd / && runuser -u "$postgres_user" -- "$@")
    else
        # shellcheck disable=SC2016 # The inner shell expands these.
        (cd / && su -s /bin/sh -c 'exec "$0" "$@"' -- "$postgres_user" "$@")
    fi
}

# Postgres refuses to run as root, and the user it runs as instead must be able to enter every
# folder above its data. A checkout below /root fails that, so the data then lie elsewhere, with
# a note in DIR. The place follows from DIR alone: it is found again when the note is lost.
locate_postgres() {
    local note=$dir/postgres.elsewhere place base folder=$dir
    postgres_user=''
    postgres_root=$dir/postgres
    [ "$(id -u)" = 0 ] || return 0
    for postgres_user in postgres nobody ''; do
        if [ -n "$postgres_user" ] && id -u "$postgres_user" >/dev/null 2>&1; then break; fi
    done
    if [ -d "$postgres_root" ]; then
        postgres_user=$(stat -c %U "$postgres_root" 2>/dev/null || stat -f %Su "$postgres_root")
    fi
    [ -n "$postgres_user" ] || return 0
    place=$(first_line "$note")
    if [ -n "$place" ] && [ -d "$place" ] && [ -O "$place" ] && [ ! -L "$place" ]; then
        postgres_root=$place/postgres
        return 0
    fi
    until [ -d "$folder" ]; do folder=$(dirname "$folder"); done
    if as_postgres test -x "$folder" 2>/dev/null; then return 0; fi
    for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        if as_postgres test -x "$base" 2>/dev/null; then break; fi
    done
    postgres_root=${base%/}/counterfoil-$(hash_of "$dir")/postgres
}

make_postgres_root() {
    local place
    [ ! -d "$postgres_root" ] || return 0
    if [ "$postgres_root" != "$dir/postgres" ]; then
        place=$(dirname "$postgres_root")
        say "The user $postgres_user cannot enter $dir, so Postgres keeps its data in $place."
        # Others may write to the folder above: take only what is ours.
        mkdir -m 711 "$place" 2>/dev/null || { [ -O "$place" ] && [ ! -L "$place" ]; } ||
            die "The folder $place belongs to somebody else; name another place with TMPDIR."
        echo "$place" >"$dir/postgres.elsewhere"
    fi
    mkdir -m 700 "$postgres_root"
    if [ -n "$postgres_user" ]; then chown "$postgres_user" "$postgres_root"; fi
}

postgres_pid() {
    local pid
    pid=$(first_line "$postgres_root/data/postmaster.pid")
    is_process "$pid" "$postgres_root/data" && echo "$pid"
}

postgres_port() { first_line "$postgres_root/port"; }

postgres_url() {
    printf 'postgres://counterfoil:%s@127.0.0.1:%s/counterfoil\n' \
        "$(first_line "$postgres_root/password")" "$(postgres_port)"
}

postgres_answers() {
    if [ -x "$postgres_bin/pg_isready" ]; then
        "$postgres_bin/pg_isready" -q -h 127.0.0.1 -p "$(postgres_port)"
    else
        port_is_open "$(postgres_port)"
    fi
}

# A folder appears under its final name only when role and database are in it, so that an
# interrupted first start leaves nothing half done behind.
create_postgres_data() {
    local new=$postgres_root/data.new password
    say "Creating a Postgres database in $postgres_root."
    as_postgres rm -rf "$new"
    password=$(secret)
    # shellcheck disable=SC2016 # The inner shell expands these.
    printf '%s\n' "$password" |
        as_postgres sh -c 'umask 077 && cat >"$1"' sh "$postgres_root/password"
    as_postgres "$postgres_bin/initdb" --pgdata="$new" --username=postgres \
        --pwfile="$postgres_root/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C \
        ${fast:+--no-sync} >"$dir/postgres-create.log" 2>&1 </dev/null ||
        { tail -n 20 "$dir/postgres-create.log" >&2 && die "initdb failed; its last lines are above."; }
    # A server for one session, without a port: nobody can connect before the role exists.
    printf '%s\n' \
        "CREATE ROLE counterfoil LOGIN CREATEDB PASSWORD '$password';" \
        "CREATE DATABASE counterfoil OWNER counterfoil;" |
        as_postgres "$postgres_bin/postgres" --single -D "$new" -c exit_on_error=on \
            -c password_encryption=scram-sha-256 postgres >>"$dir/postgres-create.log" 2>&1 ||
        { tail -n 20 "$dir/postgres-create.log" >&2 && die "The database could not be made; the last lines are above."; }
    # shellcheck disable=SC2016 # The inner shell expands these.
    as_postgres sh -c 'echo "include_if_exists = '\''counterfoil.conf'\''" >>"$1/postgresql.conf"' sh "$new"
    as_postgres mv "$new" "$postgres_root/data"
}

postgres_settings() {
    cat <<CONF
# Written at every start by deploy/local/services.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
CONF
    if [ -n "$fast" ]; then
        printf '%s = off\n' fsync synchronous_commit full_page_writes
    fi
}

start_postgres() {
    local pid port held tries said=''
    if pid=$(postgres_pid); then
        tries=600
        until postgres_answers; do
            tries=$((tries - 1))
            [ "$tries" -gt 0 ] || die "Postgres (process $pid) runs but does not answer; see $postgres_root/log."
            sleep 0.1
        done
        note "Postgres is running on 127.0.0.1:$(postgres_port)."
        return 0
    fi
    make_postgres_root
    [ -d "$postgres_root/data" ] || create_postgres_data
    held=$(first_line "$postgres_root/data/PG_VERSION")
    case $("$postgres_bin/postgres" --version) in
        *" $held" | *" $held."* | *" $held "*) ;;
        *) die "The data in $postgres_root are of Postgres $held, which this machine does not have; \`make clean\` removes them." ;;
    esac
    # Left by a machine that went down; its number now belongs to some other process, and Postgres
    # would take that for another server on the same data.
    pid=$(first_line "$postgres_root/data/postmaster.pid")
    if [ -n "$pid" ] && [ -n "$(command_line "$pid")" ]; then rm -f "$postgres_root/data/postmaster.pid"; fi
    for tries in 1 2 3 4 5; do
        port=$(same_port_or_free "$(postgres_port)")
        # shellcheck disable=SC2016 # The inner shell expands these.
        postgres_settings "$port" |
            as_postgres sh -c 'umask 077 && cat >"$1/data/counterfoil.conf" && echo "$2" >"$1/port"' \
                sh "$postgres_root" "$port"
        [ "$said" = "$port" ] || say "Starting Postgres on 127.0.0.1:$port."
        said=$port
        if as_postgres "$postgres_bin/pg_ctl" start -D "$postgres_root/data" -w -t 300 \
            -l "$postgres_root/log" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; then
            say "Postgres is ready."
            return 0
        fi
        # After a SIGKILL the old server's children need a moment to notice; the port may have gone.
        sleep 1
    done
    tail -n 20 "$postgres_root/log" >&2 || true
    die "Postgres did not start; the last lines of its log ($postgres_root/log) are above."
}

stop_postgres() {
    local pid
    if ! pid=$(postgres_pid); then return 0; fi
    say "Stopping Postgres (process $pid)."
    # SIGINT is Postgres's fast shutdown: clients are cut off, everything is written.
    end_process INT "$pid" "$postgres_root/data" 60 ||
        end_process QUIT "$pid" "$postgres_root/data" 10 ||
        end_process KILL "$pid" "$postgres_root/data" 10 ||
        die "Postgres (process $pid) does not end."
}

kill_postgres() {
    local pid
    pid=$(postgres_pid) || die "Postgres does not run in $dir."
    end_process KILL "$pid" "$postgres_root/data" 10 || die "Postgres (process $pid) does not end."
    say "Killed Postgres (process $pid)."
}

remove_postgres() {
    rm -rf "$postgres_root" "$dir/postgres-create.log" "$dir/postgres.elsewhere"
    if [ "$postgres_root" != "$dir/postgres" ]; then rmdir "$(dirname "$postgres_root")" 2>/dev/null || true; fi
}

# `cargo clean` takes the whole of target/ away and leaves the servers running on removed files,
# with nothing here that knows them. Their command lines do: Postgres names its folder.
end_postgres_orphans() {
    local pid mark="-D $postgres_root/data "
    [ -d /proc/self ] && [ ! -e "$postgres_root/data" ] || return 0
    for pid in $(processes_with "$postgres_root/data"); do
        is_process "$pid" "bin/postgres $mark" || continue
        say "Stopping a Postgres (process $pid) whose files were removed."
        end_process QUIT "$pid" "$mark" 10 || die "Postgres (process $pid) does not end."
    done
}
