//! What a path names.

use order_domain::trading::{AccountId, Symbol};
use order_domain::{InvalidId, OrderId};
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

fn named<T>(
    parameter: &'static str,
    path: PathText,
    new: impl FnOnce(String) -> Result<T, InvalidId>,
) -> Result<T, ParameterError> {
    new(path_text(parameter, path)?).map_err(|wrong| ParameterError::new(parameter, wrong))
}
