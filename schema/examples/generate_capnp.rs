//! Generates the committed Cap'n Proto code anew, after a change of the schema.
//!
//! `cargo run -p matchgate-schema --example generate_capnp` compiles
//! `schema/capnp/matchgate.capnp` with the `capnp` on PATH into the committed
//! `schema/capnp/golden/matchgate.cgr`, a CodeGeneratorRequest, and that into
//! `schema/src/capnp/matchgate_capnp.rs`, and writes the generated parts of the specification
//! `schema/docs/capnp.md`. A build needs none of it.

#[path = "../src/tests/reference.rs"]
mod reference;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use capnpc::codegen::CodeGenerationCommand;

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new("capnp")
        .args(["compile", "-o-", "matchgate.capnp"])
        .current_dir(schema.join("capnp"))
        .output()?;
    if !compiled.status.success() {
        return Err(String::from_utf8_lossy(&compiled.stderr).into());
    }
    fs::write(schema.join("capnp/golden/matchgate.cgr"), &compiled.stdout)?;
    CodeGenerationCommand::new()
        .output_directory(schema.join("src/capnp"))
        .default_parent_module(vec!["capnp".to_owned()])
        .run(compiled.stdout.as_slice())?;
    let document = schema.join("docs/capnp.md");
    let text = fs::read_to_string(&document)?;
    fs::write(document, reference::refreshed(&text, &compiled.stdout))?;
    Ok(())
}
