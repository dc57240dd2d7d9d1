//! What each user sends, and the secret to sign with.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::RewriteError;
use super::file::{self, expand};
use super::place::check_header_name;
use super::signing::Encoding;

/// The user of all requests whose user has no credentials of their own.
const ANYBODY: &str = "*";

/// Credentials by user.
#[derive(Debug, Default)]
pub(super) struct Users(HashMap<String, Credentials>);

impl Users {
    /// `encoding` is that of the secrets.
    pub(super) fn new(
        file: Vec<file::Credentials>,
        encoding: Encoding,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, RewriteError> {
        let mut users = HashMap::new();
        for of_user in file {
            let user = of_user.user.clone();
            let made = Credentials::new(of_user, encoding, variable)?;
            if users.insert(user.clone(), made).is_some() {
                return Err(RewriteError::UserTwice(user));
            }
        }
        Ok(Self(users))
    }

    /// A user's own, or anybody's.
    pub(super) fn of(&self, user: Option<&str>) -> Option<&Credentials> {
        let own = user.and_then(|user| self.0.get(user));
        own.or_else(|| self.0.get(ANYBODY))
    }
}

/// What a user sends, and signs with.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) secret: Option<Vec<u8>>,
}

/// Secrets stay out of logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    pub(super) fn new(
        file: file::Credentials,
        encoding: Encoding,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, RewriteError> {
        let mut headers = BTreeMap::new();
        for (name, value) in file.headers {
            check_header_name(&name)?;
            headers.insert(name, expand(&value, variable)?);
        }
        let secret = file.secret.map(|secret| expand(&secret, variable)).transpose()?;
        let secret = secret.map(|secret| encoding.decode(&secret, &file.user)).transpose()?;
        Ok(Self { headers, secret })
    }
}
