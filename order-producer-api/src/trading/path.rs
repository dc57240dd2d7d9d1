//! What a path names.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use order_domain::trading::{AccountId, Symbol};
use order_domain::{InvalidId, OrderId};
use service_kit::{Problem, parameters};
use uuid::Uuid;

/// What a handler gets of its path.
pub(super) type PathText = Result<Path<String>, PathRejection>;

/// The length of a UUID with its hyphens, the only form that orders are shown and asked for in.
const ID_LENGTH: usize = 36;

/// The order of parameter `id`.
pub(super) fn order_id(path: PathText) -> Result<OrderId, Problem> {
    let id = path.ok().filter(|Path(text)| text.len() == ID_LENGTH);
    id.and_then(|Path(text)| Uuid::try_parse(&text).ok()).map(OrderId).ok_or_else(|| {
        let expected = "expected a UUID, such as 0199f6f2-8e5c-7c3a-9d1e-3f0f3f6f2a11";
        parameters::invalid("id", expected)
    })
}

/// The instrument of parameter `symbol`.
pub(super) fn symbol(path: PathText) -> Result<Symbol, Problem> {
    named("symbol", path, Symbol::new)
}

/// The account of parameter `id`.
pub(super) fn account(path: PathText) -> Result<AccountId, Problem> {
    named("id", path, AccountId::new)
}

fn named<T>(
    parameter: &'static str,
    path: PathText,
    new: impl FnOnce(String) -> Result<T, InvalidId>,
) -> Result<T, Problem> {
    let Ok(Path(text)) = path else {
        return Err(parameters::invalid(parameter, "expected percent-encoded UTF-8"));
    };
    new(text).map_err(|wrong| parameters::invalid(parameter, wrong))
}
