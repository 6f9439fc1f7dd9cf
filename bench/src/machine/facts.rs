//! Facts about the host, as a reader of a figure needs them.

use std::fs;

use serde::Serialize;

/// What the machine is.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// Name of the processor.
    pub cpu: String,
    /// Cpus that the system has online.
    pub cpus: String,
    /// Caches of the first cpu.
    pub caches: String,
    /// Kernel release.
    pub kernel: String,
    /// Frequency governor, where the kernel has one.
    pub governor: String,
    /// Counter by which the kernel tells time.
    pub clock_source: String,
    /// Weaknesses for which the kernel pays; the rest are not affected.
    pub mitigations: String,
    /// Load averages when the run began.
    pub load: String,
}

impl Facts {
    /// Reads them; what the system does not tell is `unknown`.
    #[must_use]
    pub fn read() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        Self {
            cpu: field(&cpuinfo, "model name").map_or_else(
                || "unknown".to_owned(),
                |name| {
                    let number = |key| field(&cpuinfo, key).unwrap_or("?");
                    let (family, model) = (number("cpu family"), number("model"));
                    format!("{name} (family {family}, model {model})")
                },
            ),
            cpus: told("/sys/devices/system/cpu/online"),
            caches: caches(),
            kernel: told("/proc/sys/kernel/osrelease"),
            governor: told("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            clock_source: told("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            mitigations: mitigations(),
            load: told("/proc/loadavg"),
        }
    }

    /// Returns the facts, one a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |name: &str, value: &str| format!("{name:<13}{value}");
        vec![
            line("cpu", &self.cpu),
            line("cpus", &self.cpus),
            line("caches", &self.caches),
            line("kernel", &self.kernel),
            line("governor", &self.governor),
            line("clock source", &self.clock_source),
            line("mitigations", &self.mitigations),
            line("load", &self.load),
        ]
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn told(path: &str) -> String {
    match read(path).trim() {
        "" => "unknown".to_owned(),
        text => text.to_owned(),
    }
}

/// Returns the first value of `key` in the manner of /proc/cpuinfo.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then_some(value.trim())
    })
}

fn caches() -> String {
    let of = |index: u32| {
        let file = |name| {
            let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
            read(&path).trim().to_owned()
        };
        let kind = match file("type").as_str() {
            "Data" => "d",
            "Instruction" => "i",
            _ => "",
        };
        let level = file("level");
        (!level.is_empty()).then(|| format!("L{level}{kind} {}", file("size")))
    };
    let found: Vec<String> = (0..8).map_while(of).collect();
    match found.is_empty() {
        true => "unknown".to_owned(),
        false => found.join(", "),
    }
}

fn mitigations() -> String {
    let Ok(folder) = fs::read_dir("/sys/devices/system/cpu/vulnerabilities") else {
        return "unknown".to_owned();
    };
    let mut affected: Vec<String> = folder
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let state = fs::read_to_string(entry.path()).ok()?;
            let state = state.trim();
            (state != "Not affected").then(|| format!("{name}: {state}"))
        })
        .collect();
    affected.sort();
    match affected.is_empty() {
        true => "none needed".to_owned(),
        false => affected.join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_the_first_of_its_name() {
        let text = "processor\t: 0\nmodel\t\t: 2\nmodel name\t: Some CPU\nmodel name\t: Other";
        assert_eq!(field(text, "model name"), Some("Some CPU"));
        assert_eq!(field(text, "model"), Some("2"));
        assert_eq!(field(text, "flags"), None);
    }

    #[test]
    fn every_fact_is_told_or_unknown() {
        for line in Facts::read().lines() {
            assert!(line.len() > 13, "{line:?}");
        }
    }
}
