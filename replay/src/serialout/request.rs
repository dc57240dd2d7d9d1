//! From a recorded request to one that can be sent.

use http1_client::{Prepared, TargetUrl, Wire};
use hyper::header::HeaderValue;
use traffic_archive::{ArchiveId, Exchange, Sequence};

use crate::capture::BODY_OMITTED;
use crate::marks;

/// Why a recorded request can't be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsendable {
    /// It is no HTTP.
    #[error("{0}")]
    Malformed(#[from] http1_client::Unsendable),
    /// Not all of it was recorded.
    #[error("its body was left out when it was captured")]
    BodyOmitted,
}

/// What every request of a run gets.
#[derive(Clone, Debug)]
pub(super) struct Preparation {
    pub(super) target: TargetUrl,
    pub(super) archive: ArchiveId,
    /// Whether requests that change something get an `Idempotency-Key` if they have none.
    pub(super) idempotency_keys: bool,
    /// Whether requests carry the headers of [`marks`].
    pub(super) marks: bool,
}

impl Preparation {
    pub(super) fn prepare(
        &self,
        sequence: Sequence,
        exchange: &Exchange,
    ) -> Result<Prepared, Unsendable> {
        let body = exchange.body.bytes();
        let mut wire = Wire::begin(&self.target, &exchange.method, &exchange.path, body.len())?;
        let mut keyed = false;
        for (name, value) in &exchange.headers {
            if name.eq_ignore_ascii_case(BODY_OMITTED) {
                return Err(Unsendable::BodyOmitted);
            }
            keyed |= name.eq_ignore_ascii_case(marks::IDEMPOTENCY_KEY.as_str());
            wire.recorded(name, value)?;
        }
        if self.marks {
            wire.header(&marks::SEQUENCE, &HeaderValue::from(sequence.get()));
            wire.header(&marks::KEY, &marks::key_value(&exchange.key));
        }
        if self.idempotency_keys && !wire.method().is_safe() && !keyed {
            wire.header(&marks::IDEMPOTENCY_KEY, &marks::idempotency_key(self.archive, sequence));
        }
        Ok(wire.end(body))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn preparation(target: &str) -> Preparation {
        Preparation {
            target: target.parse().unwrap(),
            archive: ArchiveId::random(),
            idempotency_keys: true,
            marks: true,
        }
    }

    fn exchange(headers: &[(&str, &str)]) -> Exchange {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Exchange {
            headers: headers.collect(),
            key: "shop/23".to_owned(),
            body: "{}".into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/api/Order?x=1")
        }
    }

    fn text(request: &Prepared) -> &str {
        std::str::from_utf8(&request.wire).unwrap()
    }

    #[test]
    fn a_request_is_sent_as_recorded_but_for_what_belonged_to_its_connection() {
        let preparation = preparation("http://127.0.0.1:9000/v2");
        let recorded = [
            ("Content-Type", "application/json"),
            ("Host", "production"),
            ("Content-Length", "2"),
            ("Connection", "close"),
            ("X-Twice", "a"),
            ("X-Twice", "b"),
        ];
        let request = preparation.prepare(Sequence::FIRST, &exchange(&recorded)).unwrap();
        let key = marks::idempotency_key(preparation.archive, Sequence::FIRST);
        let expected = [
            "POST /v2/api/Order?x=1 HTTP/1.1",
            "host: 127.0.0.1:9000",
            "content-type: application/json",
            "x-twice: a",
            "x-twice: b",
            "replay-sequence: 1",
            "replay-key: shop/23",
            &format!("idempotency-key: {}", key.to_str().unwrap()),
            "content-length: 2",
            "",
            "{}",
        ];
        assert_eq!(text(&request), expected.join("\r\n"));
    }

    #[test]
    fn a_request_that_is_not_whole_is_not_sent() {
        let preparation = preparation("http://127.0.0.1:9000");
        let cut = exchange(&[("Replay-Body-Omitted", "15")]);
        let unsendable = preparation.prepare(Sequence::FIRST, &cut).err();
        assert_eq!(unsendable, Some(Unsendable::BodyOmitted));
    }

    #[test]
    fn a_recorded_idempotency_key_is_kept_and_reads_need_none() {
        let preparation = preparation("http://127.0.0.1:9000");
        let kept = exchange(&[("Idempotency-Key", "mine")]);
        let request = preparation.prepare(Sequence::FIRST, &kept).unwrap();
        let text_of_kept = text(&request);
        assert_eq!(text_of_kept.matches("idempotency-key: ").count(), 1);
        assert!(text_of_kept.contains("idempotency-key: mine\r\n"));
        let read = Exchange { method: "GET".to_owned(), ..exchange(&[]) };
        let request = preparation.prepare(Sequence::FIRST, &read).unwrap();
        assert!(!text(&request).contains("idempotency-key"));
    }
}
