# Sourced by the scripts: builds the packages of sdk/ for other languages and measures the library.

# Builds the library and the writer of its sources for tests. Sets SDK_LIBRARY and SDK_BINDGEN.
build_sdk() {
    cargo build --locked --quiet -p thidua-sdk || return
    cargo build --locked --quiet -p thidua-sdk-bindgen || return
    local target
    target=$(cargo metadata --locked --no-deps --format-version 1 |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])') || return
    SDK_TARGET=$target/sdk-packages
    SDK_LIBRARY=$target/debug/libthidua_sdk.so
    SDK_BINDGEN=$target/debug/thidua-bindgen
    mkdir -p "$SDK_TARGET/bin"
    # maturin runs the command with this name.
    ln -sfn "$SDK_BINDGEN" "$SDK_TARGET/bin/uniffi-bindgen"
}

# Builds the Python wheel of the built library and installs it in a new environment; sets
# SDK_PYTHON. Needs build_sdk.
python_package() {
    need_python_with sdk/python/requirements.txt || return
    rm -rf "$SDK_TARGET/wheel" "$SDK_TARGET/venv"
    (cd sdk/python && PATH=$SDK_TARGET/bin:$PATH maturin build --quiet --locked --profile dev --out "$SDK_TARGET/wheel") || return
    python3 -m venv "$SDK_TARGET/venv" || return
    SDK_PYTHON=$SDK_TARGET/venv/bin/python
    "$SDK_PYTHON" -m pip install --quiet --disable-pip-version-check --no-input --no-deps "$SDK_TARGET"/wheel/*.whl
}

# Finds a Java runtime, JNA and a Kotlin compiler, or installs the latter two: JNA from the
# distribution, the compiler (K2) as part of a wheel in the cache, where coroutines are, too. Prints
# what is missing.
need_kotlin() {
    local root=$THIDUA_CACHE/tools/kotlin-wheel
    command -v java >/dev/null || { echo "no Java runtime here (Debian: default-jre-headless)"; return 1; }
    JNA_JAR=/usr/share/java/jna.jar
    if [ ! -e $JNA_JAR ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing JNA from the distribution"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends \
            libjna-java libjna-jni >/dev/null
    fi
    [ -e $JNA_JAR ] || { echo "no JNA here (Debian: libjna-java libjna-jni)"; return 1; }
    [ -e "$root/ready" ] || with_cache_lock install_kotlin "$root"
    [ -e "$root/ready" ] || { echo "no Kotlin compiler: its wheel could not be fetched"; return 1; }
    KOTLIN_JARS=$(printf '%s:' "$root"/run_kotlin_kernel/jars/{kotlin-jupyter-kernel-*-all,kotlin-stdlib-*,kotlin-reflect-*}.jar)$JNA_JAR
}

install_kotlin() {
    local root=$1
    [ ! -e "$root/ready" ] || return 0
    echo "fetching a Kotlin compiler into $root"
    python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --root-user-action=ignore --require-hashes --target "$root" -r scripts/lib/kotlin.txt && touch "$root/ready"
}

# Compiles Kotlin sources: the output, a classpath, the sources.
compile_kotlin() {
    local out=$1 classpath=$2
    shift 2
    java -Xmx1500m -cp "$KOTLIN_JARS" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler \
        -no-stdlib -no-reflect -jvm-target 17 -nowarn -cp "$classpath" -d "$out" "$@"
}

# Builds the Kotlin library of the built library: a jar with the classes, and beside them the
# library where JNA looks for it. Sets SDK_JAR. Needs build_sdk and need_kotlin.
kotlin_package() {
    local classes=$SDK_TARGET/kotlin/classes where
    rm -rf "$SDK_TARGET/kotlin"
    write_sources kotlin "$SDK_TARGET/kotlin/source" || return
    compile_kotlin "$classes" "$KOTLIN_JARS" "$SDK_TARGET/kotlin/source" || return
    where=$classes/linux-$(uname -m | sed 's/x86_64/x86-64/')
    mkdir -p "$where"
    cp "$SDK_LIBRARY" "$where/"
    SDK_JAR=$SDK_TARGET/kotlin/thidua.jar
    python3 -m zipfile -c "$SDK_JAR" "$classes"/*
}

# Writes the sources of one language into a folder.
write_sources() {
    "$SDK_BINDGEN" generate --library "$SDK_LIBRARY" --config sdk/uniffi.toml --no-format \
        --language "$1" --out-dir "$2" >/dev/null
}

# What SQLite compiles that no statement of the engine uses: full text, maps. Without it the library
# is smaller; the other flags are those of .cargo/config.toml.
SDK_SQLITE_UNUSED="-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE"

# Builds the library for apps as it is released; sets SDK_RELEASE.
build_sdk_release() {
    local target flags
    flags=$(sed -n 's/^LIBSQLITE3_FLAGS = "\(.*\)"$/\1/p' .cargo/config.toml)
    LIBSQLITE3_FLAGS="$flags $SDK_SQLITE_UNUSED" cargo build --locked --quiet --profile sdk -p thidua-sdk || return
    target=$(cargo metadata --locked --no-deps --format-version 1 |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])') || return
    SDK_RELEASE=$target/sdk/libthidua_sdk.so
}

# Bytes of the released library, stripped and as an app's download.
SDK_BYTES_MAX=6000000
SDK_XZ_BYTES_MAX=2200000

measure_sdk() {
    local bytes packed
    build_sdk_release || return
    bytes=$(stat -c %s "$SDK_RELEASE") packed=$(xz -9e -c "$SDK_RELEASE" | wc -c)
    echo "library for apps: $bytes bytes, $packed packed with xz ($(uname -m))"
    [ "$bytes" -le $SDK_BYTES_MAX ] && [ "$packed" -le $SDK_XZ_BYTES_MAX ] && return
    echo "more than $SDK_BYTES_MAX or $SDK_XZ_BYTES_MAX packed: find out what came in"
    return 1
}
