//! JSON laid out anew, as text: no number is read, no key moved, so what it says stays what it said.

use serde::de::IgnoredAny;

/// Whether this is one JSON text.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Laid out over lines, two spaces a level; `None` where it is no JSON.
pub(super) fn pretty(bytes: &[u8]) -> Option<String> {
    laid_out(bytes, Some("  "))
}

/// Without any space between its parts; `None` where it is no JSON.
pub(super) fn compact(bytes: &[u8]) -> Option<String> {
    laid_out(bytes, None)
}

fn laid_out(bytes: &[u8], indent: Option<&str>) -> Option<String> {
    if !is_json(bytes) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut out = Layout { text: String::with_capacity(text.len()), indent, depth: 0 };
    let mut in_string = false;
    let mut escaped = false;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        if in_string {
            out.text.push(sign);
            in_string = escaped || sign != '"';
            escaped = !escaped && sign == '\\';
            continue;
        }
        match sign {
            ' ' | '\n' | '\r' | '\t' => {}
            '{' | '[' => {
                while signs.next_if(char::is_ascii_whitespace).is_some() {}
                match signs.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.text.extend([sign, end]),
                    None => out.open(sign),
                }
            }
            '}' | ']' => out.close(sign),
            ',' => out.next(),
            ':' => out.text.push_str(if indent.is_some() { ": " } else { ":" }),
            other => {
                in_string = other == '"';
                out.text.push(other);
            }
        }
    }
    Some(out.text)
}

struct Layout<'a> {
    text: String,
    /// Of one level; `None` is all on one line.
    indent: Option<&'a str>,
    depth: usize,
}

impl Layout<'_> {
    fn open(&mut self, sign: char) {
        self.text.push(sign);
        self.depth += 1;
        self.line();
    }

    fn close(&mut self, sign: char) {
        self.depth -= 1;
        self.line();
        self.text.push(sign);
    }

    fn next(&mut self) {
        self.text.push(',');
        self.line();
    }

    fn line(&mut self) {
        if let Some(indent) = self.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(indent, self.depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#" {"b": 0.10000000000000000001 ,"a":[ ],"c":{"d":["x\"{,:\\",true]}} "#;

    #[test]
    fn nothing_but_space_changes() {
        let pretty = pretty(JSON.as_bytes()).unwrap();
        let expected = "{\n  \"b\": 0.10000000000000000001,\n  \"a\": [],\n  \"c\": {\n    \"d\": [\n      \
                        \"x\\\"{,:\\\\\",\n      true\n    ]\n  }\n}";
        assert_eq!(pretty, expected);
        let compact = compact(pretty.as_bytes()).unwrap();
        let expected = r#"{"b":0.10000000000000000001,"a":[],"c":{"d":["x\"{,:\\",true]}}"#;
        assert_eq!(compact, expected);
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in ["", "{", "{}}", "hello", "{\"a\":}"] {
            assert_eq!(pretty(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(pretty(&[0xff, 0x00]), None);
    }
}
