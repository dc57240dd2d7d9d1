//! What somebody may have meant who named a setting that there is not.

use figment::value::Dict;

use super::layers::{PREFIX, SEPARATOR};

/// The key or section, with the sections around it, that looks most like `key`.
pub(super) fn key(key: &str, known: &Dict) -> String {
    most_like(key, keys_of("", known).into_iter().map(|(key, _)| key))
}

/// The variable that looks most like `name`.
pub(super) fn variable(name: &str, known: &Dict) -> String {
    let keys = keys_of("", known).into_iter().filter(|(_, is_section)| !is_section);
    let variable = |(key, _): (String, bool)| {
        format!("{PREFIX}{}", key.replace('.', SEPARATOR).to_ascii_uppercase())
    };
    most_like(name, keys.map(variable))
}

fn most_like(name: &str, known: impl Iterator<Item = String>) -> String {
    known.min_by_key(|other| strsim::damerau_levenshtein(name, other)).unwrap_or_default()
}

/// All keys and sections, and which is a section.
fn keys_of(prefix: &str, table: &Dict) -> Vec<(String, bool)> {
    let mut keys = Vec::new();
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        if let Some(inner) = value.as_dict() {
            keys.extend(keys_of(&format!("{key}."), inner));
        }
        keys.push((key, value.as_dict().is_some()));
    }
    keys
}
