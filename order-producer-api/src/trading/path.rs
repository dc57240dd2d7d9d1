//! What a path names.

use std::fmt::Display;

use order_domain::trading::{AccountId, Symbol};
use order_domain::{InvalidId, OrderId};
use serde::de::{Deserialize, Deserializer, Error as _};
use service_kit::parameters::{ParameterError, PathText, path_text, path_uuid};

/// The order of parameter `id`.
pub(super) fn order_id(path: PathText) -> Result<OrderId, ParameterError> {
    path_uuid("id", path).map(OrderId)
}

/// The instrument of parameter `symbol`.
pub(super) fn symbol(path: PathText) -> Result<Symbol, ParameterError> {
    named("symbol", path, Symbol::new)
}

/// The account of parameter `id`.
pub(super) fn account(path: PathText) -> Result<AccountId, ParameterError> {
    named("id", path, AccountId::new)
}

/// Reads the name of something new, which paths will have to name, for
/// `#[serde(deserialize_with = "new_name")]`. Clients take the segments `.` and `..` for steps (RFC 3986,
/// section 5.2.4), and would never ask for what is called so.
pub(super) fn new_name<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Display,
    D: Deserializer<'de>,
{
    let name = T::deserialize(deserializer)?;
    match name.to_string().as_str() {
        "." | ".." => Err(D::Error::custom("no name is '.' or '..': a path could not hold it")),
        _ => Ok(name),
    }
}

fn named<T>(
    parameter: &'static str,
    path: PathText,
    new: impl FnOnce(String) -> Result<T, InvalidId>,
) -> Result<T, ParameterError> {
    new(path_text(parameter, path)?).map_err(|wrong| ParameterError::new(parameter, wrong))
}
