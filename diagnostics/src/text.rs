//! Small pieces of text for people.

use jiff::Timestamp;
use measure::show_count;
use order_domain::Timestamp as LogTime;

/// A time of the log, to the millisecond; the bare number where no calendar has it.
pub(crate) fn time(at: LogTime) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => format!("{} ms", at.0),
    }
}

/// Text of others, fit for a terminal: control characters, which could be commands to it, are shown
/// as `\u{1b}` and the like. Line breaks are spaces.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' | '\r' | '\t' => plain.push(' '),
            sign if sign.is_control() => plain.extend(sign.escape_unicode()),
            sign => plain.push(sign),
        }
    }
    plain
}

/// As [`plain`], over several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// At most so many characters, the last an ellipsis where some are left out.
pub(crate) fn short(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `1 dead letter`, `2 dead letters`.
pub(crate) fn letters(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} dead letter{plural}", show_count(count as u64))
}

/// Bytes as in `hexdump -C`: offset, 16 bytes, and what of them is ASCII.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let line = |(index, bytes): (usize, &[u8])| {
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let sign = |byte: &u8| if printable(byte) { char::from(*byte) } else { '.' };
        let ascii: String = bytes.iter().map(sign).collect();
        format!("{:08x}  {:<47}  {ascii}", index * 16, hex.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_commands_no_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc"), "a\\u{1b}[31mb c");
        assert_eq!(plain_lines("a\n\x07b"), "a\n\\u{7}b");
    }

    #[test]
    fn times_counts_and_bytes_are_shown_for_people() {
        assert_eq!(time(LogTime(1_700_000_000_000)), "2023-11-14T22:13:20.000Z");
        assert_eq!(time(LogTime(i64::MAX)), "9223372036854775807 ms");
        assert_eq!(short("München", 4), "Mün…");
        assert_eq!(short("Ulm", 3), "Ulm");
        assert_eq!(letters(1), "1 dead letter");
        assert_eq!(letters(12_345), "12,345 dead letters");
        assert_eq!(hex(&[0xff, 0x41]), format!("00000000  {:<47}  .A", "ff 41"));
    }
}
