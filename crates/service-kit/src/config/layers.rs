//! One layer of settings: a file, a variable or a flag.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::ConfigError;

/// Variables of Seriatim begin so.
const PREFIX: &str = "SERIATIM_";

/// Between a section and its key.
const SEPARATOR: &str = "__";

/// The table whose keys are not ours.
const FREE_TABLE: &str = "kafka.properties";

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

    /// The variable as a layer; `None` when it is not for the configuration.
    ///
    /// A variable without a section counts only when `known` has its key: Kubernetes sets
    /// variables such as `SERIATIM_PORT` for a service of that name.
    pub(super) fn variable(name: &str, text: &str, known: &Dict) -> Option<Self> {
        let key = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
        let path: Vec<&str> = key.split(SEPARATOR).collect();
        let in_a_section = path.len() > 1;
        let ours = in_a_section || known.get(path[0]).is_some_and(|value| !is_table(value));
        let value: Value = text.parse().unwrap_or_else(|never| match never {});
        ours.then(|| Self::single(format!("environment variable {name}"), &path.join("."), value))
    }

    /// Refuses a key that `known` does not have.
    pub(super) fn check(&self, known: &Dict) -> Result<(), ConfigError> {
        match first_unknown("", &self.dict, known) {
            None => Ok(()),
            Some(key) => Err(ConfigError::UnknownKey { source_name: self.name.clone(), key }),
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
