//! One layer of settings: a file, a variable or a flag.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::{ConfigError, nearest};

/// Variables of Seriatim begin so.
pub(super) const PREFIX: &str = "SERIATIM_";

/// Between a section and its key.
pub(super) const SEPARATOR: &str = "__";

/// The table whose keys are not ours.
const FREE_TABLE: &str = "kafka.properties";

/// What a variable of the environment is.
pub(super) enum Variable {
    /// A setting.
    Setting(Layer),
    /// It looks like one, but there is none of its name.
    Unknown,
    /// Somebody else's.
    Foreign,
}

/// Settings that came from one place.
pub(super) struct Layer {
    name: String,
    dict: Dict,
}

impl Layer {
    pub(super) fn new(name: impl Into<String>, dict: Dict) -> Self {
        Self { name: name.into(), dict }
    }

    /// One key, given with its sections.
    pub(super) fn single(name: impl Into<String>, key: &str, value: impl Into<Value>) -> Self {
        let nested = figment::util::nest(key, value.into());
        Self::new(name, nested.into_dict().unwrap_or_default())
    }

    /// What a variable of the environment is to the configuration.
    pub(super) fn variable(name: &str, text: &str, known: &Dict) -> Variable {
        let Some(key) = name.strip_prefix(PREFIX) else { return Variable::Foreign };
        let key = key.to_ascii_lowercase();
        let path: Vec<&str> = key.split(SEPARATOR).collect();
        let in_a_section = path.len() > 1;
        if in_a_section || known.get(path[0]).is_some_and(|value| !is_table(value)) {
            let value: Value = text.parse().unwrap_or_else(|never| match never {});
            let source_name = format!("environment variable {name}");
            return Variable::Setting(Self::single(source_name, &path.join("."), value));
        }
        if is_for_others(&key) { Variable::Foreign } else { Variable::Unknown }
    }

    /// Refuses a key that `known` does not have.
    pub(super) fn check(&self, known: &Dict) -> Result<(), ConfigError> {
        match first_unknown("", &self.dict, known) {
            None => Ok(()),
            Some(key) => {
                let (source_name, nearest) = (self.name.clone(), nearest::key(&key, known));
                Err(ConfigError::UnknownKey { source_name, key, nearest })
            }
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// Whether a variable without a section is not meant for the configuration: the flag `--config`, the
/// tests and their services have some, and Kubernetes sets `<SERVICE>_SERVICE_HOST`,
/// `_SERVICE_PORT...` and `_PORT...` for every service (its documentation, "Discovering services").
fn is_for_others(key: &str) -> bool {
    const OF_TESTS: [&str; 5] = ["test_", "skip_", "services_", "crash_rounds", "store_away_s"];
    let key_as_part = format!("_{key}_");
    key == "config"
        || OF_TESTS.iter().any(|beginning| key.starts_with(beginning))
        || key_as_part.ends_with("_service_host_")
        || key_as_part.contains("_port_")
}

fn is_table(value: &Value) -> bool {
    value.as_dict().is_some()
}

fn first_unknown(prefix: &str, given: &Dict, known: &Dict) -> Option<String> {
    given.iter().find_map(|(key, value)| {
        let path = format!("{prefix}{key}");
        let Some(known_value) = known.get(key) else { return Some(path) };
        match (value.as_dict(), known_value.as_dict()) {
            _ if path == FREE_TABLE => None,
            (Some(given), Some(known)) => first_unknown(&format!("{path}."), given, known),
            _ => None,
        }
    })
}
