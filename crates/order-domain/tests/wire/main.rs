//! The wire format, pinned: every type and version that was ever written stays readable, and
//! what is written today is exactly what these files show.

mod purchasing;
mod trading;

use std::fs;
use std::path::PathBuf;

/// Compares with `tests/golden/<name>.json`; `UPDATE_GOLDEN=1` writes a file that is missing, but
/// never changes one that is there.
fn golden(name: &str, written: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [written, b"\n"].concat()).unwrap();
    }
    let pinned = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pinned = pinned.trim_ascii_end().to_vec();
    assert_eq!(String::from_utf8_lossy(written), String::from_utf8_lossy(&pinned), "{name}");
    pinned
}
