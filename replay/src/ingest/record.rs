//! One record of a source: its fields by name, and where it stands.

use serde_json::Value;

use super::access_log::LogLine;

/// A record that could be read.
pub(super) struct Record<'a> {
    /// The file, as it was found below the source.
    pub(super) file: &'a str,
    /// The line in the file, unpacked, at which the record begins; from 1.
    pub(super) line: u64,
    /// The record as it is written there.
    pub(super) raw: &'a str,
    pub(super) data: Data<'a>,
}

/// What a record is made of.
pub(super) enum Data<'a> {
    Json(&'a Value),
    Columns { names: &'a [String], values: &'a [String] },
    Log(Box<LogLine<'a>>),
}

impl Record<'_> {
    /// A field by name. `$file`, `$line` and `$record` are there in every record; a name that
    /// begins with `/` is a JSON Pointer (RFC 6901) into a JSON record. JSON's `null` counts as
    /// absent.
    pub(super) fn field(&self, name: &str) -> Option<Value> {
        match name {
            "$file" => return Some(self.file.into()),
            "$line" => return Some(self.line.into()),
            "$record" => return Some(self.raw.into()),
            _ => {}
        }
        match &self.data {
            Data::Json(value) if name.starts_with('/') => value.pointer(name).cloned(),
            Data::Json(value) => value.get(name).cloned(),
            Data::Columns { names, values } => {
                let column = names.iter().position(|other| other == name)?;
                Some(values.get(column)?.as_str().into())
            }
            Data::Log(line) => line.field(name).map(Value::from),
        }
        .filter(|value| !value.is_null())
    }
}
