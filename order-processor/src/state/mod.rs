//! `GET /state`: what the engines of this process came to, to compare it with another instance.

mod view;

use axum::extract::State;
use axum::{Json, Router};
use service_kit::Problem;
use service_kit::problem::{ProblemBody, types};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::engine::live::{LiveEngines, NoOutcomes};
use crate::status::{Role, Status};
use view::StateView;

/// What `Retry-After` says where an engine needs a moment, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// Whom the handler asks.
#[derive(Clone)]
struct Asked {
    engines: LiveEngines,
    status: Status,
}

/// The path `/state`, without a fallback: put it behind
/// [`front_door`](service_kit::front_door::front_door).
pub(crate) fn router(engines: LiveEngines, status: Status) -> Router {
    routes().split_for_parts().0.with_state(Asked { engines, status })
}

/// The description of [`Processor::router`](crate::Processor::router), made from the code.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Asked> {
    OpenApiRouter::new().routes(routes!(state))
}

/// What the engines came to
///
/// Two instances that took the same orders (with the same idempotency keys) in the same order a
/// venue have the same `outcomeHash`, whatever the time, the offsets, the number of partitions
/// and the turns of different venues; where they differ, the hashes of the venues say where. It
/// is over the newest orders of every venue (`engine.idempotency_window_orders`); that and
/// `shop_shards` must be equal. Compare when no order is on its way: the engines answer one by one,
/// each between two batches.
///
/// Every processor tells of the partitions it has itself: where there are several, compare the
/// venues' hashes.
#[utoipa::path(
    get,
    path = "/state",
    operation_id = "getState",
    tag = "operations",
    responses(
        (status = 200, description = "The outcomes of every partition of this process.", body = StateView),
        (
            status = 503,
            description = "An engine of this process has not begun, has stopped, or is too busy to answer.",
            body = ProblemBody,
            content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "When to ask again, in seconds.")),
        ),
    ),
)]
async fn state(State(asked): State<Asked>) -> Result<Json<StateView>, Problem> {
    let partitions = asked.status.partitions(Role::Engine);
    if partitions.is_empty() {
        return Err(not_running("No engine of this process has begun."));
    }
    match asked.engines.outcomes(&partitions).await {
        Ok(outcomes) => Ok(Json(StateView::of(&outcomes))),
        Err(why) => Err(no_outcomes(why)),
    }
}

fn no_outcomes(why: NoOutcomes) -> Problem {
    match why {
        NoOutcomes::NotRunning(partition) => {
            not_running("An engine of this process does not run; /readyz tells more.")
                .with("partition", partition.0)
        }
        NoOutcomes::Busy(partition) => Problem::unavailable(
            &types::ENGINE_BUSY,
            "An engine of this process was too busy to answer.",
            RETRY_AFTER_S,
        )
        .with("partition", partition.0),
    }
}

fn not_running(detail: &str) -> Problem {
    Problem::unavailable(&types::ENGINE_NOT_RUNNING, detail, RETRY_AFTER_S)
}
