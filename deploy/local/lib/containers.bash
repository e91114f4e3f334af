# shellcheck shell=bash
# shellcheck disable=SC2154 # The caller sets dir and home.
# The same two servers as containers, where neither is installed nor may be.

has_engine() { have docker && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

# The folder of a service that runs in a container holds its port and password only.
in_container() { [ -d "$dir/$1-container" ]; }

compose() {
    local service=$1
    shift
    COUNTERFOIL_PASSWORD=$(first_line "$dir/$service-container/password") \
        COUNTERFOIL_PORT=$(first_line "$dir/$service-container/port") \
        docker compose --project-name "counterfoil-$service-$(hash_of "$dir")" \
        --file "$home/compose.yaml" --profile "$service" "$@" </dev/null >&2 9>&-
}

container_url() {
    local password port
    password=$(first_line "$dir/$1-container/password")
    port=$(first_line "$dir/$1-container/port")
    if [ "$1" = postgres ]; then
        echo "postgres://counterfoil:$password@127.0.0.1:$port/counterfoil"
    else
        echo "amqp://counterfoil:$password@127.0.0.1:$port/%2f"
    fi
}

container_runs() { port_is_open "$(first_line "$dir/$1-container/port")"; }

start_container() {
    local place=$dir/$1-container
    if container_runs "$1"; then
        note "The $1 container is running on 127.0.0.1:$(first_line "$place/port")."
        return 0
    fi
    mkdir -p "$place"
    [ -s "$place/password" ] || (umask 077 && secret >"$place/password")
    same_port_or_free "$(first_line "$place/port")" >"$place/port.new"
    mv "$place/port.new" "$place/port"
    say "Starting $1 in a container on 127.0.0.1:$(first_line "$place/port"); the first time its image is fetched."
    compose "$1" up --detach --wait --wait-timeout 300 "$1" || die "docker compose could not start $1."
}
