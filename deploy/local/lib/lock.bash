# shellcheck shell=bash
# One run at a time for each folder. It needs: dir. A run that died holds nothing: the kernel lets
# go of a flock, and without flock the next run sees that the holder's process is gone.

lock() {
    mkdir -p "$dir" 2>/dev/null || die "The folder $dir cannot be made; choose another one with --dir."
    dir=$(cd "$dir" && pwd -P)
    [ -w "$dir" ] || die "The folder $dir belongs to somebody else; choose another one with --dir."
    if have flock; then
        while :; do
            exec 9>>"$dir/lock"
            if ! flock -w 2 9; then
                say "Waiting for another run that starts or stops the services in $dir."
                flock -w 900 9 || die "Another run has held $dir/lock for 15 minutes; giving up."
            fi
            # `clean` removes the file: a lock on a removed file excludes nobody.
            if [ ! -d /proc/self/fd ] || [ "$dir/lock" -ef /proc/self/fd/9 ]; then break; fi
            mkdir -p "$dir"
        done
    else
        local tries=9000
        until mkdir "$dir/lock.d" 2>/dev/null; do
            kill -0 "$(first_line "$dir/lock.d/pid")" 2>/dev/null || rm -rf "$dir/lock.d"
            tries=$((tries - 1))
            [ "$tries" -gt 0 ] || die "Another run has held $dir/lock.d for 15 minutes; giving up."
            sleep 0.1
        done
        echo $$ >"$dir/lock.d/pid"
    fi
}

unlock() { rm -rf "$dir/lock.d"; }
