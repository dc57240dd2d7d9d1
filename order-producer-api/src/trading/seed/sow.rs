//! Gives a seed to the market.

use std::time::Duration;

use order_domain::IdempotencyKey;
use order_domain::trading::{CommandId, RefusalReason, Request, TradingEvent};
use service_kit::Problem;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Seed;
use crate::Intake;
use crate::intake::Submitted;
use crate::outcome::Outcome;
use crate::prefer::Wait;
use crate::trading::submit::append;
use crate::wishes::Wishes;

/// How long to wait after the log refused a command of the seed.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How long the first undecided command of the seed is waited for; after it, none is.
const OUTCOME_WAIT: Duration = Duration::from_secs(5);

/// Appends a seed's commands, in order, as often as it takes, until `shutdown`. What the market refuses
/// is logged, as far as it is known in time. Says whether all of it is on the log.
pub(crate) async fn sow(intake: &Intake, seed: &Seed, shutdown: &CancellationToken) -> bool {
    let sowing = async {
        let mut wait = Some(Wait { longest: OUTCOME_WAIT, asked: false });
        for (key, request) in seed.commands() {
            let submitted = retrying(intake, &key, &request, wait).await;
            match &submitted.outcome {
                Some(outcome) => note_refusal(&request, outcome),
                None => wait = None,
            }
        }
        info!(market = %intake.market(), decided = wait.is_some(), "the seed is on the log");
    };
    tokio::select! {
        () = shutdown.cancelled() => false,
        () = sowing => true,
    }
}

async fn retrying(
    intake: &Intake,
    key: &IdempotencyKey,
    request: &Request,
    wait: Option<Wait>,
) -> Submitted {
    let mut told = false;
    loop {
        match attempt(intake, key, request, wait).await {
            Ok(submitted) => return submitted,
            Err(problem) if !told => {
                told = true;
                warn!(kind = problem.kind(), "the seed waits for the log");
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn attempt(
    intake: &Intake,
    key: &IdempotencyKey,
    request: &Request,
    wait: Option<Wait>,
) -> Result<Submitted, Problem> {
    // Whatever account a request names: the key is unlike any other.
    let command_id = CommandId::from_idempotency_key_of_the_market(key);
    let wishes = Wishes { idempotency_key: Some(key.clone()), trace_parent: None, wait };
    let place = intake.enter().await?;
    append(intake, wishes, command_id, request.clone(), place).await
}

fn note_refusal(request: &Request, outcome: &Outcome) {
    let request_type = request.type_name();
    match refusal(outcome) {
        Some((reason, detail)) => {
            warn!(request = request_type, %reason, detail, "the market refused a part of the seed");
        }
        None if *outcome == Outcome::DeadLettered => {
            warn!(request = request_type, "the engine can't read a part of the seed");
        }
        None => {}
    }
}

fn refusal(outcome: &Outcome) -> Option<(RefusalReason, &str)> {
    let Outcome::Market(events) = outcome else { return None };
    match events.first()? {
        TradingEvent::CommandRefused(refused) => Some((refused.reason, &refused.detail)),
        TradingEvent::CommandRepeated(repeated) => Some((repeated.refused?, "as it did before")),
        _ => None,
    }
}
