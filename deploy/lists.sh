# shellcheck shell=sh
# packages.txt and requirements.txt: one entry a line, `#` begins a comment, and a comment that begins with `tests`
# marks what only the tests need.

# entries FILE: what the file lists; without the tests' own when TRUNKLINE_WITHOUT_TESTS is set.
entries() {
    if [ "${TRUNKLINE_WITHOUT_TESTS:-}" ]; then
        sed '/# tests/d' "$1"
    else
        cat "$1"
    fi | sed 's/[[:space:]]*#.*//; s/[[:space:]]*$//; /^$/d'
}

packages() { entries "$clone/deploy/packages.txt"; }
clients() { [ "${TRUNKLINE_WITHOUT_TESTS:-}" ] || cat "$clone"/deploy/clients/*.txt; }
requirements() { entries "$clone/deploy/requirements.txt"; }

# digest: the first 12 hexadecimal digits of the SHA-256 of standard input.
digest() { sha256sum | cut -c1-12; }
