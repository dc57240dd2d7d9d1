//! Text with placeholders for a record's fields.

use serde_json::{Number, Value};

use super::record::Record;

/// Why a template can't be filled in, or is none.
pub(super) type Reason = String;

/// Text such as `customer {customer_id}`. A placeholder is `{name}`, then any of `:number`, `:text`
/// and `:json`, one after the other, then, if it may be absent, `?`. A brace is `{{` or `}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Placeholder),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Placeholder {
    name: String,
    kinds: Vec<Kind>,
    optional: bool,
}

/// What a field is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Json,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                literal.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let inside = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (name, after) = inside.ok_or_else(|| {
                format!("{text:?} has a brace without its partner; a brace itself is {{{{ or }}}}")
            })?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Field(Placeholder::parse(name)?));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// As text; `None` if an optional field is absent.
    pub(super) fn text(&self, record: &Record<'_>) -> Result<Option<String>, Reason> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Field(field) => match field.value(record)? {
                    None => return Ok(None),
                    Some(Value::String(value)) => text.push_str(&value),
                    Some(value) => text.push_str(&value.to_string()),
                },
            }
        }
        Ok(Some(text))
    }

    /// As JSON: a placeholder that stands alone keeps the type of its field.
    pub(super) fn value(&self, record: &Record<'_>) -> Result<Option<Value>, Reason> {
        if let [Part::Field(field)] = &self.0[..] {
            return field.value(record);
        }
        Ok(self.text(record)?.map(Value::String))
    }
}

impl Placeholder {
    fn parse(text: &str) -> Result<Self, Reason> {
        let (text, optional) = match text.strip_suffix('?') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (mut name, mut kinds) = (text, Vec::new());
        while let Some((before, kind)) = name.rsplit_once(':') {
            kinds.insert(
                0,
                Kind::parse(kind).ok_or_else(|| {
                    format!("{kind:?} is none of number, text, json in {{{text}}}")
                })?,
            );
            name = before;
        }
        if name.is_empty() {
            return Err("a placeholder {} has no name".to_owned());
        }
        Ok(Self { name: name.to_owned(), kinds, optional })
    }

    fn value(&self, record: &Record<'_>) -> Result<Option<Value>, Reason> {
        let name = &self.name;
        match record.field(name) {
            None if self.optional => Ok(None),
            None => Err(format!("it has no field {name:?}")),
            Some(value) => {
                let converted =
                    self.kinds.iter().try_fold(value, |value, kind| self.convert(*kind, value));
                converted.map(Some)
            }
        }
    }

    fn convert(&self, kind: Kind, value: Value) -> Result<Value, Reason> {
        let wrong =
            |what: &str, text: &str| format!("field {:?} is no {what}: {text:?}", self.name);
        match (kind, value) {
            (Kind::Number, value @ Value::Number(_)) | (Kind::Text, value @ Value::String(_)) => {
                Ok(value)
            }
            (Kind::Text, value) => Ok(Value::String(value.to_string())),
            (Kind::Number, Value::String(text)) => {
                number(&text).map(Value::Number).ok_or_else(|| wrong("number", &text))
            }
            (Kind::Number, other) => Err(wrong("number", &other.to_string())),
            (Kind::Json, Value::String(text)) => {
                serde_json::from_str(&text).map_err(|_| wrong("JSON", &text))
            }
            (Kind::Json, value) => Ok(value),
        }
    }
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "number" => Some(Self::Number),
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Zeros in front, as in `00042`, are no fault of a number in a table.
fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    let starts_like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    text.parse().ok().filter(|_| starts_like_a_number).and_then(Number::from_f64)
}

/// JSON whose texts, member names excepted, are templates. A member or element whose optional
/// field is absent is left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum JsonTemplate {
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
    Constant(Value),
}

impl JsonTemplate {
    pub(super) fn parse(json: &Value) -> Result<Self, Reason> {
        Ok(match json {
            Value::String(text) => Self::Text(Template::parse(text)?),
            Value::Array(list) => {
                Self::List(list.iter().map(Self::parse).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let parse = |(name, value): (&String, _)| Ok((name.clone(), Self::parse(value)?));
                Self::Object(members.iter().map(parse).collect::<Result<_, Reason>>()?)
            }
            constant => Self::Constant(constant.clone()),
        })
    }

    pub(super) fn value(&self, record: &Record<'_>) -> Result<Option<Value>, Reason> {
        Ok(Some(match self {
            Self::Text(template) => return template.value(record),
            Self::Constant(value) => value.clone(),
            Self::List(list) => {
                let values = list.iter().filter_map(|item| item.value(record).transpose());
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let values = members.iter().filter_map(|(name, member)| {
                    let value = member.value(record).transpose()?;
                    Some(value.map(|value| (name.clone(), value)))
                });
                Value::Object(values.collect::<Result<_, _>>()?)
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ingest::record::Data;

    fn fill(template: &str, record: &Value) -> Result<Option<Value>, Reason> {
        let record = Record { file: "f", line: 7, raw: "raw", data: Data::Json(record) };
        Template::parse(template)?.value(&record)
    }

    #[test]
    fn placeholders_are_filled_in() {
        let record = json!({"n": 4, "t": "0012.50", "j": "[1]", "a/b": {"c": [null, "deep"]}});
        for (template, expected) in [
            ("plain", json!("plain")),
            ("{n}", json!(4)),
            ("{n:text}", json!("4")),
            ("no {n}, {t}", json!("no 4, 0012.50")),
            ("{t:number}", json!(12.5)),
            ("{t:number:text}", json!("12.5")),
            ("{j:json}", json!([1])),
            ("{/a~1b/c/1}", json!("deep")),
            ("{{{n}}}", json!("{4}")),
            ("{$file}:{$line}", json!("f:7")),
            ("{$record}", json!("raw")),
        ] {
            assert_eq!(fill(template, &record), Ok(Some(expected)), "{template}");
        }
        assert_eq!(fill("a {none?} b", &record), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let record = json!({"t": "inf"});
        for (template, reason) in [
            ("{none}", "it has no field \"none\""),
            ("{t:number}", "field \"t\" is no number: \"inf\""),
            ("{t:json}", "field \"t\" is no JSON: \"inf\""),
            ("{t:date}", "\"date\" is none of number, text, json in {t:date}"),
            ("{}", "a placeholder {} has no name"),
        ] {
            assert_eq!(fill(template, &record), Err(reason.to_owned()), "{template}");
        }
        for broken in ["{t", "t}", "{{t}"] {
            assert!(fill(broken, &record).unwrap_err().contains("without its partner"), "{broken}");
        }
    }

    #[test]
    fn json_keeps_its_shape_and_leaves_out_what_is_absent() {
        let template =
            json!({"a": "{n}", "b": ["{none?}", {"c": "{n:text}"}], "d": "{none?}", "e": 1});
        let template = JsonTemplate::parse(&template).unwrap();
        let data = json!({"n": 4});
        let record = Record { file: "f", line: 1, raw: "", data: Data::Json(&data) };
        let expected = json!({"a": 4, "b": [{"c": "4"}], "e": 1});
        assert_eq!(template.value(&record), Ok(Some(expected)));
    }
}
