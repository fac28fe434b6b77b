# shellcheck shell=sh
# What the launcher tells the user; all of it on standard error.

started=$(date +%s)

# step TEXT: a line of progress, with the seconds since the launch began.
step() { printf 'trunkline: [%3d s] %s\n' "$(($(date +%s) - started))" "$1" >&2; }

# die TEXT: the launch ends here; TEXT says why and what to do.
die() {
    printf 'trunkline: %s.\n' "${1%.}" >&2 # as the commands do
    exit 1
}

# explain WHAT LOG: WHAT has failed; shows the end of its LOG, and the usual remedy where the log gives a known reason.
explain() {
    tail -n 15 -- "$2" | sed 's/^/    /' >&2
    die "$1 failed. $(remedy "$2") The end of its log, $2, is above"
}

remedy() {
    if grep -qi 'no space left on device' "$1"; then
        echo "The disk is full: free some space, or set TRUNKLINE_CACHE to a folder on a larger disk."
    elif grep -qiE 'could not resolve|temporary failure|name or service not known|network is unreachable|could not connect|unable to connect|connection (refused|timed out)|newconnectionerror' "$1"; then
        echo "The package servers cannot be reached: check this machine's network, DNS and proxy (http_proxy, https_proxy)."
    elif grep -qiE 'no_pubkey|is not signed|signatures? (couldn|could not|verification)|missing key' "$1"; then
        echo "The Debian archive keys here do not know Debian 13: upgrade the package debian-archive-keyring."
    elif grep -qiE 'unable to locate package|has no installation candidate' "$1"; then
        echo "A package in deploy/packages.txt does not exist."
    elif grep -qiE 'no matching distribution|which is not installed|but you have' "$1"; then
        echo "deploy/requirements.txt does not pin everything that its packages need, or pins what does not exist."
    elif grep -qiE 'certificate verify failed|ssl certificate problem' "$1"; then
        echo "A TLS certificate was refused: if your company has its own CA, install it on this machine (update-ca-certificates)."
    elif grep -qiE 'operation not permitted|permission denied' "$1"; then
        echo "This machine does not permit it: an unprivileged container cannot build the platform (see docs/install.md)."
    else
        echo "Try again; if it fails in the same way, report it."
    fi
}
