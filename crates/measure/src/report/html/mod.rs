//! The report as one page.

use super::Report;

pub(super) fn render(report: &Report) -> String {
    let text = report.to_text().replace('&', "&amp;").replace('<', "&lt;");
    format!("<!doctype html><meta charset=\"utf-8\"><title>Report</title><pre>{text}</pre>\n")
}
