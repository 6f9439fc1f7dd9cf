//! How much memory is free, so that what needs much is told to be void instead of being killed.

use std::fs;

use anyhow::{Context, Result, ensure};

const GIB: u64 = 1 << 30;

/// Holds that so many GiB are free.
///
/// # Errors
///
/// Returns an error where less is free, or the system does not tell.
pub fn needs_memory(gib: u64) -> Result<()> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let free = available_bytes(&text).context("/proc/meminfo cannot be read")? / GIB;
    ensure!(
        free >= gib,
        "{gib} GiB of memory are needed, {free} are free"
    );
    Ok(())
}

fn available_bytes(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_the_system_says() {
        let text = "MemTotal:  24000000 kB\nMemFree:  1 kB\nMemAvailable:   2097152 kB\n";
        assert_eq!(available_bytes(text), Some(2 * GIB));
        assert_eq!(available_bytes("MemTotal:  24000000 kB\n"), None);
        assert!(needs_memory(u64::MAX / GIB).is_err());
    }
}
