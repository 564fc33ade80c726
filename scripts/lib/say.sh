# Sourced by the scripts: words for the person who reads the output.

# Prints a heading, runs the command, and says how long it took. Stops the script when it fails.
step() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        printf -- '-- %s: ok, %d s\n' "$name" $((SECONDS - began))
    else
        local code=$?
        printf -- '-- %s: FAILED, %d s\n' "$name" $((SECONDS - began)) >&2
        exit "$code"
    fi
}

# Ends the script with a reason and what to do next.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
