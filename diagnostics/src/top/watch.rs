//! Looking again and again, also at what comes and goes.

use std::time::Duration;

use order_store::OrderStore;
use reqwest::Url;
use tokio::time::{Instant, sleep_until, timeout};

use super::log_side::{LogLook, LogSide};
use super::programs::{Answer, Programs};
use super::store_side::{self, StoreLook};
use super::view::View;
use crate::deployment::Deployment;

/// How long the log or the store may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(20);

/// Everything at one moment; in place of what can't be seen, why.
pub(super) struct Look {
    pub(super) at: Instant,
    pub(super) log: Result<LogLook, String>,
    pub(super) store: Result<StoreLook, String>,
    pub(super) programs: Vec<(Url, Answer)>,
}

/// Looks at a deployment.
pub(super) struct Watch {
    deployment: Deployment,
    programs: Programs,
    every: Duration,
    log: Option<LogSide>,
    store: Option<OrderStore>,
    before: Option<Look>,
}

impl Watch {
    pub(super) fn new(
        deployment: Deployment,
        programs: &[Url],
        every: Duration,
    ) -> anyhow::Result<Self> {
        let programs = Programs::new(programs)?;
        Ok(Self { deployment, programs, every, log: None, store: None, before: None })
    }

    /// What is looked at.
    pub(super) const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The next view, when its time has come; the first at once. One that is dropped in the middle is
    /// begun anew by the next call.
    pub(super) async fn view(&mut self) -> View {
        if let Some(before) = &self.before {
            sleep_until(before.at + self.every).await;
        }
        let now = self.look().await;
        let view = View::of(&self.deployment, self.before.as_ref(), &now);
        self.before = Some(now);
        view
    }

    async fn look(&mut self) -> Look {
        let at = Instant::now();
        let log = match timeout(ANSWER_WAIT_MAX, self.look_at_log()).await {
            Ok(looked) => looked.map_err(|error| format!("{error:#}")),
            Err(_) => Err(no_answer()),
        };
        if log.is_err() {
            self.forget_log().await;
        }
        let store = match timeout(ANSWER_WAIT_MAX, self.look_at_store()).await {
            Ok(looked) => looked.map_err(|error| format!("{error:#}")),
            Err(_) => Err(no_answer()),
        };
        if store.is_err() {
            self.store = None;
        }
        Look { at, log, store, programs: self.programs.look().await }
    }

    /// What comes back must be opened anew.
    async fn forget_log(&mut self) {
        if let Some(side) = self.log.take() {
            side.close().await;
        }
    }

    async fn look_at_log(&mut self) -> anyhow::Result<LogLook> {
        if self.deployment.log_is_gone() {
            self.forget_log().await;
        }
        let side = match &mut self.log {
            Some(side) => side,
            none => {
                let log = self.deployment.open_log().await?;
                none.insert(LogSide::new(log, self.deployment.retry_topics()))
            }
        };
        side.look().await
    }

    async fn look_at_store(&mut self) -> anyhow::Result<StoreLook> {
        if self.deployment.store_is_gone() {
            self.store = None;
        }
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(self.deployment.open_store().await?),
        };
        Ok(store_side::look(store, &self.deployment.retry_topics()).await?)
    }

    pub(super) async fn close(mut self) {
        self.forget_log().await;
    }
}

fn no_answer() -> String {
    format!("no answer within {} s", ANSWER_WAIT_MAX.as_secs())
}
