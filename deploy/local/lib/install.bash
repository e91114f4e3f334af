# shellcheck shell=bash
# shellcheck disable=SC2154 # The caller sets dir.
# Installing what is missing with the system's package manager, where that is allowed.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

may_install() {
    [ "${COUNTERFOIL_INSTALL:-}" != never ] && have apt-get &&
        { [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1; }
}

policy=/usr/sbin/policy-rc.d
policy_mark='# Made by Counterfoil for one installation.'

remove_policy() {
    # One that a killed run left behind goes as well; one of the machine's own stays.
    if grep -q -s -F "$policy_mark" "$policy"; then as_root rm -f "$policy"; fi
}

# Installed packages bring a service that Debian starts at once, on the usual ports. Ours are
# private instances, so that service is neither started now nor at the next boot.
install_packages() {
    local log=$dir/install.log package done=yes
    say "Installing $* with apt-get; this takes a minute or two (log: $log)."
    # Two checkouts may get here at once. The folder is there for every user to lock.
    exec 8</usr/sbin
    if have flock; then flock 8; fi
    trap 'remove_policy; unlock' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update \
        >"$log" 2>&1 </dev/null 8>&- 9>&- || say "apt-get update failed; trying with the lists at hand."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y \
        --no-install-recommends "$@" >>"$log" 2>&1 </dev/null 8>&- 9>&- || done=''
    remove_policy
    trap unlock EXIT
    trap - INT TERM
    exec 8<&-
    if [ -z "$done" ]; then
        tail -n 5 "$log" >&2
        say "apt-get could not install $*; its last lines are above."
        return 1
    fi
    if have systemctl; then
        for package in "$@"; do as_root systemctl disable "$package" >/dev/null 2>&1 || true; done
    fi
}
