//! The rewrite file as it is written; `rewrite.example.toml` tells what each part means.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::RewriteError;
use super::place::Place;
use super::signing::{Algorithm, Encoding};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) target: Option<String>,
    #[serde(default)]
    pub(super) headers: Headers,
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) credentials: Vec<Credentials>,
    #[serde(default)]
    pub(super) ids: Vec<Ids>,
    pub(super) fresh: Option<Fresh>,
    pub(super) signing: Option<Signing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Headers {
    #[serde(default)]
    pub(super) remove: Vec<String>,
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) at: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) user: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) secret: Option<String>,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ids {
    pub(super) name: String,
    pub(super) on: String,
    pub(super) recorded: Place,
    pub(super) answered: Option<Place>,
    pub(super) used: Vec<Place>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fresh {
    pub(super) at: Vec<Place>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signing {
    #[serde(default)]
    pub(super) algorithm: Algorithm,
    pub(super) message: String,
    #[serde(default)]
    pub(super) encoding: Encoding,
    #[serde(default)]
    #[serde(rename = "secret-encoding")]
    pub(super) secret_encoding: Encoding,
    pub(super) put: Place,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
}

/// Replaces `${NAME}` by what `variable` gives for it.
pub(super) fn expand(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, RewriteError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let wrong =
            || RewriteError::Template { text: text.to_owned(), reason: "a ${ has no }".to_owned() };
        let (name, behind) = after.split_once('}').ok_or_else(wrong)?;
        let value = variable(name).ok_or_else(|| RewriteError::Variable(name.to_owned()))?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded() {
        let variable = |name: &str| (name == "TOKEN").then(|| "t0k".to_owned());
        assert_eq!(expand("Bearer ${TOKEN}!", &variable).unwrap(), "Bearer t0k!");
        let missing = expand("${OTHER}", &variable).unwrap_err();
        assert!(missing.to_string().contains("OTHER"), "{missing}");
        assert!(expand("${TOKEN", &variable).is_err());
    }
}
