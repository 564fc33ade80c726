//! `thidua-web-bindgen ENGINE.wasm DIR`: writes the engine's module and its JavaScript into DIR.
//! The version of wasm-bindgen is that of the engine, to the last digit.

use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out] = &arguments[..] else { anyhow::bail!("name the module and a directory") };
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.typescript(true).out_name("engine").input_path(input);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(out)
}
