//! The query string.
//!
//! Strict: a parameter that is unknown, that comes twice or that has a bad value is a problem. A misspelt
//! one that was passed over would silently ask for something else.

use std::borrow::Cow;
use std::fmt::Display;

use crate::Problem;
use crate::problem::types;

/// The parameters of one request: each known, none twice.
#[derive(Debug)]
pub struct Parameters<'a> {
    values: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Parameters<'a> {
    /// Reads a query string in which only the parameters `known` may occur.
    pub fn read(query: Option<&'a str>, known: &'static [&'static str]) -> Result<Self, Problem> {
        let mut values: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(unknown(&name, known));
            };
            if values.iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid(name, "given more than once"));
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
    ) -> Result<Option<T>, Problem> {
        let given = self.values.iter().find(|(given, _)| *given == name);
        given.map(|(_, value)| read(value)).transpose().map_err(|wrong| invalid(name, wrong))
    }
}

/// 400: parameter `name`, of the path or the query string, has a bad value.
pub fn invalid(name: &'static str, wrong: impl Display) -> Problem {
    Problem::new(&types::INVALID_PARAMETER)
        .detail(format!("Parameter {name}: {wrong}."))
        .with("parameter", name)
}

fn unknown(name: &str, known: &'static [&'static str]) -> Problem {
    Problem::new(&types::UNKNOWN_PARAMETER)
        .detail(format!("The parameters here are {}.", known.join(", ")))
        .with("parameter", name)
        .with("known", known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(query: &str) -> Result<Option<u8>, Problem> {
        Parameters::read(Some(query), &["count", "name"])?.value("count", str::parse)
    }

    #[test]
    fn every_parameter_is_known_comes_once_and_has_a_value_that_it_can_have() {
        assert_eq!(count(""), Ok(None));
        assert_eq!(count("name=a%20b&count=7"), Ok(Some(7)));
        assert_eq!(count("conut=7").unwrap_err().kind(), "unknown-parameter");
        assert_eq!(count("count=7&count=7").unwrap_err().kind(), "invalid-parameter");
        assert_eq!(count("count=many").unwrap_err().kind(), "invalid-parameter");
    }
}
