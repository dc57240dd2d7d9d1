//! What a path and a query string ask for.
//!
//! Strict: a parameter of the query string that is unknown, that comes twice or that has a bad value is an
//! error. A misspelt one that was passed over would silently ask for something else.

mod path;

use std::borrow::Cow;
use std::fmt::Display;

pub use path::{PathText, path_text, path_uuid};

use crate::Problem;
use crate::problem::types;

/// Why a parameter can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// A parameter of the path or the query string has a bad value.
    #[error("Parameter {name}: {wrong}.")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What is wrong, or what was expected.
        wrong: String,
    },
    /// There is no such parameter.
    #[error("{}", listed(known))]
    Unknown {
        /// What the client called it.
        name: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
}

fn listed(known: &[&str]) -> String {
    match known {
        [] => "There are no parameters here.".to_owned(),
        known => format!("The parameters here are {}.", known.join(", ")),
    }
}

impl ParameterError {
    /// A bad value of parameter `name`.
    pub fn new(name: &'static str, wrong: impl Display) -> Self {
        Self::Invalid { name, wrong: wrong.to_string() }
    }
}

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Self {
        let detail = error.to_string();
        match error {
            ParameterError::Invalid { name, .. } => {
                Self::new(&types::INVALID_PARAMETER).detail(detail).with("parameter", name)
            }
            ParameterError::Unknown { name, known } => Self::new(&types::UNKNOWN_PARAMETER)
                .detail(detail)
                .with("parameter", name)
                .with("known", known),
        }
    }
}

/// The query string of one request: each parameter known, none twice.
#[derive(Debug)]
pub struct Parameters<'a> {
    values: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Parameters<'a> {
    /// Reads a query string in which only the parameters `known` may occur.
    pub fn read(
        query: Option<&'a str>,
        known: &'static [&'static str],
    ) -> Result<Self, ParameterError> {
        let mut values: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(ParameterError::Unknown { name: name.into_owned(), known });
            };
            if values.iter().any(|(earlier, _)| earlier == name) {
                return Err(ParameterError::new(name, "given more than once"));
            }
            values.push((name, value));
        }
        Ok(Self { values })
    }

    /// The value of parameter `name`; `read` says what is wrong with one that can't be.
    pub fn value<T, E: Display>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ParameterError> {
        let given = self.values.iter().find(|(given, _)| *given == name);
        given
            .map(|(_, value)| read(value))
            .transpose()
            .map_err(|wrong| ParameterError::new(name, wrong))
    }

    /// The value of parameter `name`, a whole number of 1 to `max`.
    pub fn count(&self, name: &'static str, max: u32) -> Result<Option<u32>, ParameterError> {
        self.value(name, |text| match text.parse() {
            Ok(count) if (1..=max).contains(&count) => Ok(count),
            _ => Err(format!("expected a whole number from 1 to {max}")),
        })
    }

    /// The same request at `path`, but with another value of parameter `name`.
    pub fn uri_with(&self, path: &str, name: &'static str, value: impl Display) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let others = self.values.iter().filter(|(given, _)| *given != name);
        query.extend_pairs(others).append_pair(name, &value.to_string());
        format!("{path}?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters<'_>, ParameterError> {
        Parameters::read(Some(query), &["limit", "name"])
    }

    fn refused<T: std::fmt::Debug>(read: Result<T, ParameterError>) -> (&'static str, String) {
        let error = read.unwrap_err();
        (Problem::from(error.clone()).kind(), error.to_string())
    }

    #[test]
    fn every_parameter_is_known_comes_once_and_has_a_value_that_it_can_have() {
        assert_eq!(read("").unwrap().count("limit", 9), Ok(None));
        assert_eq!(read("name=a%20b&limit=7").unwrap().count("limit", 9), Ok(Some(7)));
        let (kind, detail) = refused(read("limti=7"));
        assert_eq!(kind, "unknown-parameter");
        assert_eq!(detail, "The parameters here are limit, name.");
        let (kind, detail) = refused(read("limit=7&limit=7"));
        assert_eq!(kind, "invalid-parameter");
        assert_eq!(detail, "Parameter limit: given more than once.");
        for query in ["limit=0", "limit=10", "limit=many", "limit="] {
            let (kind, detail) = refused(read(query).unwrap().count("limit", 9));
            assert_eq!(kind, "invalid-parameter");
            assert_eq!(detail, "Parameter limit: expected a whole number from 1 to 9.");
        }
        let (_, detail) = refused(Parameters::read(Some("a=b"), &[]));
        assert_eq!(detail, "There are no parameters here.");
    }

    #[test]
    fn another_value_takes_the_place_of_the_one_before() {
        let parameters = read("limit=7&name=a%20b").unwrap();
        assert_eq!(parameters.uri_with("/x", "limit", 8), "/x?name=a+b&limit=8");
    }
}
