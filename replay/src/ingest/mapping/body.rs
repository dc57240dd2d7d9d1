//! The body of a request, as a text or as JSON.

use serde_json::Value;
use traffic_archive::Body;

use crate::ingest::record::Record;
use crate::ingest::template::{JsonTemplate, Reason, Template};

/// What a request's body is made of.
#[derive(Debug)]
pub(super) enum BodyTemplate {
    None,
    Text(Template),
    Json(JsonTemplate),
}

impl BodyTemplate {
    pub(super) fn parse(body: Option<String>, json: Option<String>) -> Result<Self, Reason> {
        match (body, json) {
            (None, None) => Ok(Self::None),
            (Some(text), None) => {
                let template = Template::parse(&text);
                Ok(Self::Text(template.map_err(|reason| format!("request.body: {reason}"))?))
            }
            (None, Some(text)) => {
                let json: Result<Value, _> = serde_json::from_str(&text);
                let json = json.map_err(|error| format!("request.json: {error}"))?;
                let template = JsonTemplate::parse(&json);
                Ok(Self::Json(template.map_err(|reason| format!("request.json: {reason}"))?))
            }
            (Some(_), Some(_)) => Err("request.body and request.json exclude one another".into()),
        }
    }

    pub(super) fn fill(&self, record: &Record<'_>) -> Result<Body, Reason> {
        Ok(match self {
            Self::None => Body::EMPTY,
            Self::Text(template) => template.text(record)?.unwrap_or_default().into(),
            Self::Json(template) => match template.value(record)? {
                Some(json) => json.to_string().into(),
                None => Body::EMPTY,
            },
        })
    }
}
