//! Signatures with a secret of the user's: HMAC (RFC 2104).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::{Sha256, Sha512};
use traffic_archive::Exchange;

use super::RewriteError;
use super::file;
use super::place::{self, Place};
use super::template::{Scene, Template, header_templates, templates};

/// How requests are signed.
#[derive(Debug)]
pub(super) struct Signing {
    algorithm: Algorithm,
    message: Template,
    encoding: Encoding,
    put: Place,
    headers: Vec<(String, Template)>,
    query: Vec<(String, Template)>,
}

impl Signing {
    pub(super) fn new(
        file: file::Signing,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, RewriteError> {
        if !matches!(file.put, Place::Header(_) | Place::Query(_)) {
            return Err(RewriteError::Place {
                text: "signing.put".to_owned(),
                reason: "a signature is put into header:<name> or query:<name>",
            });
        }
        Ok(Self {
            algorithm: file.algorithm,
            message: Template::parse(&file.message)?,
            encoding: file.encoding,
            put: file.put,
            headers: header_templates(file.headers, variable)?,
            query: templates(file.query, variable)?,
        })
    }

    /// Puts the signature into the request; what is signed with it is set before.
    pub(super) fn sign(&self, request: &mut Exchange, secret: &[u8], scene: &Scene<'_>) {
        for (name, template) in &self.headers {
            let value = template.text(scene, request);
            place::set_header(request, name, value);
        }
        for (name, template) in &self.query {
            let value = template.text(scene, request);
            place::set_query(request, name, &value);
        }
        if let Place::Query(name) = &self.put {
            // An old signature is no part of what is signed.
            place::remove_query(request, name);
        }
        let message = self.message.bytes(scene, request);
        let signature = self.algorithm.sign(secret, &message, self.encoding);
        match &self.put {
            Place::Query(name) => place::set_query(request, name, &signature),
            Place::Header(name) => place::set_header(request, name, signature),
            _ => unreachable!("checked when it was made"),
        }
    }
}

/// Which hash an HMAC is made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Algorithm {
    #[default]
    HmacSha256,
    HmacSha512,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    /// Of a signature: hexadecimal digits in lower case. Of a secret: its own bytes.
    #[default]
    Plain,
    Hex,
    Base64,
}

impl Encoding {
    pub(super) fn decode(self, text: &str, user: &str) -> Result<Vec<u8>, RewriteError> {
        let wrong = |reason| RewriteError::Secret { user: user.to_owned(), reason };
        match self {
            Self::Plain => Ok(text.as_bytes().to_vec()),
            Self::Hex => from_hex(text).ok_or_else(|| wrong("it is not hexadecimal")),
            Self::Base64 => BASE64.decode(text).map_err(|_| wrong("it is not base64")),
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Plain | Self::Hex => bytes.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a string takes everything");
                text
            }),
            Self::Base64 => BASE64.encode(bytes),
        }
    }
}

impl Algorithm {
    pub(super) fn sign(self, secret: &[u8], message: &[u8], encoding: Encoding) -> String {
        let any = "an HMAC takes a key of any length";
        match self {
            Self::HmacSha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(secret).expect(any);
                encoding.encode(&mac.chain_update(message).finalize().into_bytes())
            }
            Self::HmacSha512 => {
                let mac = Hmac::<Sha512>::new_from_slice(secret).expect(any);
                encoding.encode(&mac.chain_update(message).finalize().into_bytes())
            }
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, section 4.3.
    const MESSAGE: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn signatures_are_those_of_the_rfc() {
        let signed = Algorithm::HmacSha256.sign(b"Jefe", MESSAGE, Encoding::Hex);
        assert_eq!(signed, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let signed = Algorithm::HmacSha512.sign(b"Jefe", MESSAGE, Encoding::Plain);
        assert!(
            signed.starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554")
        );
        let signed = Algorithm::HmacSha256.sign(b"Jefe", MESSAGE, Encoding::Base64);
        assert_eq!(signed, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    }

    #[test]
    fn secrets_may_be_encoded() {
        assert_eq!(Encoding::Hex.decode("4a656665", "a").unwrap(), b"Jefe");
        assert_eq!(Encoding::Base64.decode("SmVmZQ==", "a").unwrap(), b"Jefe");
        assert_eq!(Encoding::Plain.decode("Jefe", "a").unwrap(), b"Jefe");
        assert!(Encoding::Hex.decode("4a6", "a").is_err());
        assert!(Encoding::Base64.decode("?", "a").is_err());
    }
}
