//! A disk that is really full: a small file system in memory, mounted where a program keeps its data.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of a few MiB. Dropping it unmounts it; what it held is gone.
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts an empty one of `mib` MiB at `at`; `None`, with a line that says so, where this process
    /// may not mount. `SERIATIM_TEST_STRICT` forbids that.
    pub fn mount(at: &Path, mib: u32) -> Option<Self> {
        let size = format!("size={mib}m");
        let mount = ["-t", "tmpfs", "-o", &size, "seriatim-small-disk"];
        if Command::new("mount").args(mount).arg(at).status().is_ok_and(|status| status.success()) {
            return Some(Self { at: at.to_owned() });
        }
        let strict = std::env::var_os("SERIATIM_TEST_STRICT").is_some();
        assert!(!strict, "no file system can be mounted here, and nothing may be skipped");
        println!("skipped: no file system can be mounted here (that takes root)");
        None
    }

    /// Makes it so large; what it holds stays.
    pub fn grow(&self, mib: u32) {
        let size = format!("remount,size={mib}m");
        let grown = Command::new("mount").args(["-o", &size]).arg(&self.at).status();
        assert!(grown.expect("mount runs").success(), "it grows");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there must not keep the test from ending.
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

/// Letters that can't be packed, the same for the same `seed`.
pub fn noise(mut seed: u64, length: usize) -> String {
    std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((seed >> 59) % 26).expect("a letter"))
    })
    .take(length)
    .collect()
}
