//! The mapping's file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ingest::template::Reason;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct File {
    pub(super) source: Source,
    pub(super) request: RequestFile,
    #[serde(default)]
    pub(super) response: ResponseFile,
    pub(super) outcome: Option<String>,
}

/// How the source is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::ingest) struct Source {
    pub(in crate::ingest) format: Format,
    pub(in crate::ingest) separator: Option<String>,
    pub(in crate::ingest) columns: Option<Vec<String>>,
    #[serde(default)]
    pub(in crate::ingest) extensions: Vec<String>,
    #[serde(default)]
    pub(in crate::ingest) order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ingest) enum Format {
    Csv,
    Json,
    AccessLog,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ingest) enum Order {
    #[default]
    Source,
    Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RequestFile {
    pub(super) at: String,
    #[serde(default = "rfc3339")]
    pub(super) at_format: String,
    pub(super) at_offset: Option<String>,
    #[serde(default)]
    pub(super) key: String,
    #[serde(default = "post")]
    pub(super) method: String,
    pub(super) methods: Option<Vec<String>>,
    pub(super) path: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<String>,
    pub(super) json: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ResponseFile {
    pub(super) status: Option<String>,
    pub(super) body: Option<String>,
}

fn rfc3339() -> String {
    "rfc3339".to_owned()
}

fn post() -> String {
    "POST".to_owned()
}

impl Source {
    /// Fails with the reason why a source can't be read so.
    pub(super) fn check(&self) -> Result<(), Reason> {
        let is_csv = self.format == Format::Csv;
        if !is_csv && (self.separator.is_some() || self.columns.is_some()) {
            return Err("source.separator and source.columns are for csv".to_owned());
        }
        match self.separator.as_deref() {
            None | Some("whitespace") => Ok(()),
            Some(one) if one.len() == 1 && one != "\"" && one != "\n" => Ok(()),
            Some(other) => {
                Err(format!("source.separator: {other:?} is neither one character nor whitespace"))
            }
        }
    }
}
