# Sourced by the scripts: builds the packages of sdk/ for other languages and measures the library.

# Builds the library and the writer of its sources for tests. Sets SDK_LIBRARY and SDK_BINDGEN.
build_sdk() {
    cargo build --locked --quiet -p thidua-sdk || return
    cargo build --locked --quiet -p thidua-sdk-bindgen || return
    local target
    target=$(cargo metadata --locked --no-deps --format-version 1 |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])') || return
    SDK_TARGET=$target/sdk
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
