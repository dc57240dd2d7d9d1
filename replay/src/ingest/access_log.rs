//! The combined access log of Apache httpd and nginx.
//!
//! `host ident user [time] "request" status bytes "referer" "user agent"`
//! (<https://httpd.apache.org/docs/2.4/logs.html#combined>); the common log format is the same
//! without the last two.

use std::borrow::Cow;

/// The fields of a line. What was logged as `-` is absent.
pub(super) struct LogLine<'a> {
    fields: [Option<Cow<'a, str>>; FIELDS.len()],
}

/// Names by which a mapping knows the fields.
const FIELDS: [&str; 11] = [
    "remote", "ident", "user", "time", "method", "target", "protocol", "status", "bytes",
    "referer", "agent",
];

impl<'a> LogLine<'a> {
    /// Fails with the reason.
    pub(super) fn parse(line: &'a str) -> Result<Self, String> {
        let mut cursor = Cursor(line);
        let remote = cursor.word("host")?;
        let ident = cursor.word("ident")?;
        let user = cursor.word("user")?;
        let time = cursor.bracketed()?;
        let request = cursor.quoted("request")?.ok_or("the quoted request is missing")?;
        let status = cursor.word("status")?;
        let bytes = cursor.word("number of bytes")?;
        let referer = cursor.quoted("referer")?.unwrap_or(Cow::Borrowed("-"));
        let agent = cursor.quoted("user agent")?.unwrap_or(Cow::Borrowed("-"));
        let [method, target, protocol] = request_line(&request)?;
        let all = [
            remote.into(),
            ident.into(),
            user.into(),
            time.into(),
            method.into(),
            target.into(),
            protocol.into(),
            status.into(),
            bytes.into(),
            referer,
            agent,
        ];
        Ok(Self { fields: all.map(|field: Cow<'_, str>| Some(field).filter(|text| text != "-")) })
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let index = FIELDS.iter().position(|other| *other == name)?;
        self.fields[index].as_deref()
    }
}

fn request_line(request: &str) -> Result<[String; 3], String> {
    let words: Vec<_> = request.split(' ').collect();
    match words[..] {
        [method, target, protocol] => Ok([method, target, protocol].map(str::to_owned)),
        _ => Err(format!("{request:?} is no request line of method, target and protocol")),
    }
}

/// What is left of a line.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn word(&mut self, what: &str) -> Result<&'a str, String> {
        self.0 = self.0.trim_start_matches(' ');
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        if word.is_empty() {
            return Err(format!("it ends before the {what}"));
        }
        self.0 = rest;
        Ok(word)
    }

    fn bracketed(&mut self) -> Result<&'a str, String> {
        let inside = self.0.trim_start_matches(' ').strip_prefix('[');
        let (time, rest) = inside
            .and_then(|inside| inside.split_once(']'))
            .ok_or("it has no time in brackets behind the user")?;
        self.0 = rest;
        Ok(time)
    }

    /// `None` at the end of the line. Servers write a quote as `\"`, a backslash as `\\` and what
    /// is not printable as `\xhh`.
    fn quoted(&mut self, what: &str) -> Result<Option<Cow<'a, str>>, String> {
        let rest = self.0.trim_start_matches(' ');
        if rest.is_empty() {
            return Ok(None);
        }
        let inside = rest.strip_prefix('"').ok_or(format!("the {what} is not in quotes"))?;
        let mut bytes = inside.bytes().enumerate();
        let mut escaped = false;
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.0 = &inside[index + 1..];
                    let text = &inside[..index];
                    return if escaped {
                        unescape(text).map(|text| Some(text.into()))
                    } else {
                        Ok(Some(text.into()))
                    };
                }
                b'\\' => {
                    escaped = true;
                    bytes.next();
                }
                _ => {}
            }
        }
        Err(format!("the quote of the {what} is not closed"))
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else { break };
        rest = after;
        match escaped {
            b'n' => plain.push(b'\n'),
            b't' => plain.push(b'\t'),
            b'r' => plain.push(b'\r'),
            b'x' => {
                let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                plain.push(code.ok_or("\\x is not followed by two hexadecimal digits")?);
                rest = &rest[2..];
            }
            other => plain.push(other),
        }
    }
    String::from_utf8(plain).map_err(|_| "what is escaped is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Result<Vec<Option<String>>, String> {
        let line = LogLine::parse(line)?;
        Ok(FIELDS.iter().map(|name| line.field(name).map(str::to_owned)).collect())
    }

    #[test]
    fn a_combined_line_has_eleven_fields() {
        let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a?b=\"c\" HTTP/1.0" 200 2326 "http://x/" "Mo\\zilla \xc3\xa9""#;
        let expected = [
            Some("127.0.0.1"),
            None,
            Some("frank"),
            Some("10/Oct/2000:13:55:36 -0700"),
            Some("GET"),
            Some("/a?b=\"c\""),
            Some("HTTP/1.0"),
            Some("200"),
            Some("2326"),
            Some("http://x/"),
            Some("Mo\\zilla é"),
        ];
        let expected = expected.map(|field| field.map(str::to_owned));
        assert_eq!(fields(line).unwrap(), expected);
    }

    #[test]
    fn a_common_line_has_neither_referer_nor_agent() {
        let line = r#"::1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 304 -"#;
        let fields = fields(line).unwrap();
        assert_eq!(fields[7].as_deref(), Some("304"));
        assert_eq!(fields[8..], [None, None, None]);
    }

    #[test]
    fn what_is_no_line_of_a_log_is_named() {
        for (line, reason) in [
            ("", "it ends before the host"),
            ("a b c", "it has no time in brackets behind the user"),
            ("a b c [t] GET", "the request is not in quotes"),
            ("a b c [t] \"GET", "the quote of the request is not closed"),
            (
                "a b c [t] \"GET\" 400 0",
                "\"GET\" is no request line of method, target and protocol",
            ),
            ("a b c [t] \"GET / HTTP/1.1\"", "it ends before the status"),
            (r#"a b c [t] "\x4" 400 0"#, "\\x is not followed by two hexadecimal digits"),
        ] {
            assert_eq!(fields(line).unwrap_err(), reason, "{line}");
        }
    }
}
