//! What a load has come to: its report, its warnings, its exit code.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use measure::{EXIT_SLO_MISSED, LevelUnit, LoadFigures, Report, Run, show_count};
use service_kit::exit;

use super::args::LoadArgs;
use super::open::LATE;
use super::stages::Stages;
use super::tally::Tally;
use super::{Load, source};

/// More late starts than this share of all make the load generator the limit.
const LATE_SHARE_MAX: f64 = 0.01;

/// What is told beside the figures.
pub(super) struct Results<'a> {
    pub(super) args: &'a LoadArgs,
    pub(super) stages: &'a Stages,
    /// Who sent, and why.
    pub(super) engine: String,
    pub(super) interrupted: bool,
}

impl Results<'_> {
    /// Prints, writes and judges.
    pub(super) fn tell(&self, run: &Run, load: LoadFigures) -> anyhow::Result<ExitCode> {
        let report = self.describe(Report::new(self.title(), run)).loaded(load);
        self.publish(&match &self.args.slo {
            Some(slo) => report.judged(slo.judge(run)),
            None => report,
        })
    }

    /// What the report is called.
    pub(super) fn title(&self) -> String {
        format!("load on {}", self.args.target)
    }

    /// With what a reader should know.
    pub(super) fn describe(&self, report: Report) -> Report {
        let model = match self.stages.unit() {
            LevelUnit::PerSecond => "open: requests begin when they are due",
            LevelUnit::Users => "closed: users wait for each answer",
        };
        let report = report
            .fact("sent", source::describe(self.args))
            .fact("stages", self.stages.to_string())
            .fact("model", model)
            .fact("engine", self.engine.as_str());
        if self.interrupted { report.fact("ended", "early, by a signal") } else { report }
    }

    /// Prints and writes a whole report, and tells how the load went.
    pub(super) fn publish(&self, report: &Report) -> anyhow::Result<ExitCode> {
        report.publish(self.args.json, self.args.html.as_deref())?;
        Ok(match (self.interrupted, report.met()) {
            (_, false) => ExitCode::from(EXIT_SLO_MISSED),
            (true, true) => ExitCode::from(exit::INTERRUPTED),
            (false, true) => ExitCode::SUCCESS,
        })
    }
}

/// What a reader must know before trusting the figures.
pub(super) fn warnings(run: &Run, load: &Load, tally: &Tally) -> Vec<String> {
    let late = tally.late.load(Ordering::Relaxed);
    late_warning(late, run.ended(), load.connections).into_iter().collect()
}

/// That the load generator itself was the limit.
#[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
fn late_warning(late: u64, ended: u64, connections: usize) -> Option<String> {
    (late as f64 > LATE_SHARE_MAX * ended as f64).then(|| {
        format!(
            "the load generator itself was the limit: {} of {} requests began more than {LATE:?} late \
             although one of the {connections} connections was free. Give it more of a machine, or \
             ask for less.",
            show_count(late),
            show_count(ended)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_that_is_late_by_itself_says_so() {
        assert_eq!(late_warning(10, 1_000, 64), None);
        assert_eq!(late_warning(0, 0, 64), None);
        let warning = late_warning(11, 1_000, 64).unwrap();
        assert!(warning.contains("11 of 1,000 requests began more than 10ms late"), "{warning}");
    }
}
