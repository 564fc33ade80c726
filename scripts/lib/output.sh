# Sourced by the scripts: output for the person who runs them.

# Prints a heading, runs the command and prints its duration. Exits when the command fails.
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

# Exits with the reason and the next step.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
