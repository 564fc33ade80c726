# Sourced by scripts/check: counts the instructions of the inner loops in benches/instructions.rs
# and compares them with the committed figures.
#
# The inputs are fixed and nothing is random, so two runs give the same count on a busy machine too.
# THIDUA_BLESS=1 writes new figures.

INSTRUCTIONS=benches/instructions.txt
INSTRUCTIONS_LOOPS=(evaluate merge encode digest rollup)

# Finds valgrind or installs it from the distribution; prints why it is missing.
need_valgrind() {
    command -v valgrind >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing valgrind from the distribution"
        export DEBIAN_FRONTEND=noninteractive
        if apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends valgrind >/dev/null; then
            return
        fi
        [ "${CI:-}" != true ] || fail "valgrind could not be installed: instructions are not counted"
    fi
    echo "SKIPPED: no valgrind here (Debian: apt-get install valgrind)"
    return 1
}

# The environment that the figures depend on: compiler and processor.
instructions_by() { echo "$(rustc --version), $(uname -m)"; }

# Prints how many instructions one loop takes: only the call of counted_NAME.
count_instructions() {
    env -i PATH="$PATH" valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
        --toggle-collect="*counted_$2*" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

# Builds the loops with the profile `counted`, without server and phone; sets COUNTED to the binary.
build_counted() {
    COUNTED=$(cargo build --locked --quiet --profile counted --bench instructions --no-default-features --message-format json |
        python3 -c 'import json,sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable")][-1])')
}

compare_instructions() {
    local name before now change bad=0
    printf '%-10s %12s %12s %8s\n' loop committed now change
    for name in "${INSTRUCTIONS_LOOPS[@]}"; do
        before=$(sed -n "s/^$name //p" "$INSTRUCTIONS")
        now=$(count_instructions "$COUNTED" "$name")
        [ "${now:-0}" -gt 0 ] || fail "$name was not counted: is counted_$name still called?"
        [ -n "$before" ] || fail "$INSTRUCTIONS has no figure for $name: THIDUA_BLESS=1 scripts/check instructions"
        change=$(((now - before) * 10000 / before))
        awk -v n="$name" -v b="$before" -v a="$now" 'BEGIN { printf "%-10s %12d %12d %+7.2f %%\n", n, b, a, (a - b) * 100 / b }'
        # 5 %, in hundredths of a percent.
        [ "${change#-}" -le 500 ] || bad=1
    done
    [ $bad = 0 ] || fail "more than 5 % from $INSTRUCTIONS. Slower: find out why. Quicker, or dearer for a reason: THIDUA_BLESS=1 scripts/check instructions, and say the reason in the commit"
}

bless_instructions() {
    local name
    {
        echo "# Instructions of each loop in benches/instructions.rs; written by THIDUA_BLESS=1 scripts/check instructions"
        echo "by $(instructions_by)"
        for name in "${INSTRUCTIONS_LOOPS[@]}"; do echo "$name $(count_instructions "$COUNTED" "$name")"; done
    } >"$INSTRUCTIONS.new"
    mv "$INSTRUCTIONS.new" "$INSTRUCTIONS"
    cat "$INSTRUCTIONS"
}

instructions() {
    need_valgrind || return 0
    if [ -n "${THIDUA_BLESS:-}" ]; then
        build_counted && bless_instructions
    elif [ "$(sed -n 's/^by //p' "$INSTRUCTIONS")" != "$(instructions_by)" ]; then
        echo "SKIPPED: the figures are by $(sed -n 's/^by //p' "$INSTRUCTIONS"), this is $(instructions_by)."
        echo "After a change of the compiler: go back to the commit before, THIDUA_BLESS=1 scripts/check instructions, and commit the figures"
    else
        build_counted && compare_instructions
    fi
}
