//! Instruments and accounts, as paths and parameters name them.

use order_domain::InvalidId;
use order_domain::trading::{AccountId, Symbol};
use service_kit::parameters::{ParameterError, PathText, path_text};

/// Parameter `symbol`: the name of an instrument.
pub(crate) const SYMBOL: &str = "symbol";
/// Parameter `account`: the name of an account.
pub(crate) const ACCOUNT: &str = "account";

/// The instrument that a path names.
pub(crate) fn symbol_of(path: PathText) -> Result<Symbol, ParameterError> {
    of(SYMBOL, path, Symbol::new)
}

/// The account that a path names, there as `id`.
pub(crate) fn account_of(path: PathText) -> Result<AccountId, ParameterError> {
    of("id", path, AccountId::new)
}

fn of<T>(
    name: &'static str,
    path: PathText,
    new: impl FnOnce(String) -> Result<T, InvalidId>,
) -> Result<T, ParameterError> {
    new(path_text(name, path)?).map_err(|wrong| ParameterError::new(name, wrong))
}
