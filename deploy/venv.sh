# shellcheck shell=sh
# The Python environment: exactly what requirements.txt pins, under a name made of that and of the platform it is for.
# Beside it, for the tests, each list of clients/ in a folder of its own: they would not go together.

venv_megabytes=900

name_venv() { venv=$cache/venv-$({ echo "$root_hash" && requirements && clients; } | digest); }

venv_ready() { [ -f "$venv/complete" ]; }

build_venv() {
    require_space "$cache" "$venv_megabytes"
    step "making the Python environment with $(requirements | wc -l) libraries (about half a minute)"
    # Made in place, for its scripts name their interpreter by its full path; `complete` comes last.
    rm -rf --one-file-system -- "$venv"
    mkdir -p -- "$venv"
    requirements >"$venv/requirements.txt"
    if [ -z "${TRUNKLINE_WITHOUT_TESTS:-}" ]; then cp -- "$clone"/deploy/clients/*.txt "$venv"; fi
    log=$cache/venv.log
    (
        set_environment
        venv_access=--bind
        # --no-deps with the check after it: a library that nobody pinned is an error, not a surprise.
        # shellcheck disable=SC2016  # $1 is for the inner shell
        "enter_$platform" sh -euc '
            /usr/bin/python3 -m venv "$1"
            "$1/bin/python" -m pip install --no-deps --only-binary :all: --no-cache-dir -r "$1/requirements.txt"
            "$1/bin/python" -m pip check
            for list in "$1"/vonage-*.txt; do
                [ -f "$list" ] || continue
                "$1/bin/python" -m pip install --no-deps --only-binary :all: --no-cache-dir -r "$list" \
                    --target "$1/clients/$(basename "$list" .txt)"
            done
        ' sh "$venv"
    ) >"$log" 2>&1 </dev/null 9>&- || explain "making the Python environment" "$log"
    date >"$venv/complete"
}
