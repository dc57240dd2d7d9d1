//! What the system tells of itself and of a process. Where there is no `/proc`, it tells nothing.

use super::report::Machine;

/// A process's resident memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resident {
    /// Now, in megabytes of 1,000,000 bytes.
    pub now_mb: f64,
    /// At most since it started.
    pub peak_mb: f64,
}

/// The machine as it is now.
pub fn machine() -> Machine {
    Machine {
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        processor: std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| processor(&text)),
        load_before: load(),
    }
}

/// Runnable tasks, mean of the last minute.
pub fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Waits until the disk has what anybody wrote before: a sync that is measured would wait behind it.
/// Where there is no program `sync`, nothing happens.
pub async fn write_out_to_disk() {
    let _ = tokio::process::Command::new("sync").status().await;
}

/// The resident memory of process `pid`.
pub fn resident(pid: u32) -> Option<Resident> {
    parse_status(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_status(status: &str) -> Option<Resident> {
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: f64 = line.trim_end_matches("kB").trim().parse().ok()?;
        Some(kibibytes * 1024.0 / 1e6)
    };
    Some(Resident { now_mb: megabytes("VmRSS:")?, peak_mb: megabytes("VmHWM:")? })
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status_file() {
        let status = "Name:\tx\nVmHWM:\t  250000 kB\nVmRSS:\t  125000 kB\nThreads:\t3\n";
        assert_eq!(parse_status(status), Some(Resident { now_mb: 128.0, peak_mb: 256.0 }));
        assert_eq!(parse_status("Name:\tx\n"), None);
    }

    #[test]
    fn the_processor_has_a_name() {
        let text = "processor\t: 0\nmodel name\t: A Chip @ 3 GHz\n";
        assert_eq!(processor(text).as_deref(), Some("A Chip @ 3 GHz"));
    }
}
