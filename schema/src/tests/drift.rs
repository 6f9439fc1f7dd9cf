//! The committed code is what the committed request makes, and that is what the schema makes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use capnpc::codegen::CodeGenerationCommand;

const HOW: &str = "cargo run -p matchgate-schema --example generate_capnp";

fn schema_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn committed_request() -> Vec<u8> {
    fs::read(schema_folder().join("capnp/golden/matchgate.cgr")).unwrap()
}

fn generated_from(request: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    CodeGenerationCommand::new()
        .output_directory(folder.path())
        .default_parent_module(vec!["capnp".to_owned()])
        .run(request)
        .unwrap();
    fs::read_to_string(folder.path().join("matchgate_capnp.rs")).unwrap()
}

/// Returns what every version of the compiler makes alike: the line with its version and the
/// embedded copies of the schema are left out, the accessors with all their offsets stay.
fn comparable(code: &str) -> String {
    let mut is_copy = false;
    let kept = code.lines().filter(|line| {
        is_copy |= line.contains("static ENCODED_NODE");
        let is_kept = !is_copy && !line.starts_with("// capnp binary version:");
        is_copy &= !line.trim().starts_with("];");
        is_kept
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn compile(folder: &Path) -> Option<Vec<u8>> {
    let output = Command::new("capnp")
        .args(["compile", "-o-", "matchgate.capnp"])
        .current_dir(folder)
        .output();
    match output {
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "the schema compiles: {stderr}");
            Some(output.stdout)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("capnp cannot be started: {error}"),
    }
}

#[test]
fn committed_code_is_generated_from_the_committed_request() {
    let committed = schema_folder().join("src/capnp/matchgate_capnp.rs");
    let committed = fs::read_to_string(committed).unwrap();
    assert!(
        committed == generated_from(&committed_request()),
        "drifted: {HOW}"
    );
}

#[test]
fn committed_request_is_compiled_from_the_schema() {
    let Some(request) = compile(&schema_folder().join("capnp")) else {
        println!("skipped: no capnp compiler");
        return;
    };
    let now = comparable(&generated_from(&request));
    let committed = comparable(&generated_from(&committed_request()));
    assert!(committed.contains("fn get_post_only"), "the accessors stay");
    assert!(now == committed, "drifted: {HOW}");
}
