//! Which program is taken, and what is said when there is none.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::services::Missing;
use crate::services::locate::choose;

fn chosen(named: Option<&str>, installed: &str) -> Result<PathBuf, Missing> {
    choose("server", "SERVER", named.map(OsStr::new), installed.into())
}

#[test]
fn named_program_wins_over_the_installed_one() {
    assert_eq!(chosen(Some("/bin/sh"), "/bin/ls"), Ok("/bin/sh".into()));
    assert_eq!(chosen(None, "/bin/ls"), Ok("/bin/ls".into()));
}

#[test]
fn named_program_that_is_not_there_is_missing_whatever_is_installed() {
    let missing = chosen(Some("/no/such"), "/bin/ls").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no server: SERVER names /no/such, which is no file"
    );
}

#[test]
fn missing_server_names_the_command_that_installs_it() {
    let missing = chosen(None, "/no/such").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no server: /no/such is not there; run `cargo xtask services install` or set SERVER"
    );
}
