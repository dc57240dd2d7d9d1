//! Where the body of an answer ends (RFC 9112, sections 6.3 and 7.1).

use httparse::{Header, InvalidChunkSize, Status};

/// Bytes that a line with a chunk's size, or one trailer, may have.
const LINE_BYTES_MAX: usize = 16 << 10;

/// How the end of a body is known, and how much is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes are to come.
    Length(u64),
    /// It ends with the connection.
    UntilClosed,
    /// A line with the next chunk's size is to come.
    ChunkSize,
    /// So many bytes of a chunk are to come.
    ChunkData(u64),
    /// The end of line behind a chunk's bytes is to come.
    ChunkEnd,
    /// Trailers are to come, up to an empty line.
    Trailers,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes of the body.
    Data(usize),
    /// So many bytes that only tell where it ends.
    Framing(usize),
    /// More must come before it can be told.
    More,
    /// The body has ended.
    End,
}

impl Body {
    /// That of an answer with this status and these headers. `may_have_one`: not where the request
    /// was a `HEAD`.
    pub(super) fn of(
        status: u16,
        headers: &[Header<'_>],
        may_have_one: bool,
    ) -> Result<Self, &'static str> {
        if !may_have_one || matches!(status, 204 | 304) {
            return Ok(Self::Length(0));
        }
        if let Some(coding) = named(headers, "transfer-encoding").last() {
            let last = coding.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
            return Ok(if chunked { Self::ChunkSize } else { Self::UntilClosed });
        }
        let mut length = None;
        for text in named(headers, "content-length") {
            let told = number(text).ok_or("its Content-Length is no number")?;
            if length.replace(told).is_some_and(|earlier| earlier != told) {
                return Err("it tells two lengths");
            }
        }
        Ok(length.map_or(Self::UntilClosed, Self::Length))
    }

    /// What `bytes`, the next that came, are. Whoever asks takes them away before asking again.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        match self {
            Self::Length(0) => Ok(Step::End),
            Self::UntilClosed if bytes.is_empty() => Ok(Step::More),
            Self::UntilClosed => Ok(Step::Data(bytes.len())),
            Self::ChunkSize => match httparse::parse_chunk_size(bytes) {
                Ok(Status::Complete((line, 0))) => Ok(self.go_on(Self::Trailers, line)),
                Ok(Status::Complete((line, size))) => Ok(self.go_on(Self::ChunkData(size), line)),
                Ok(Status::Partial) => more(bytes),
                Err(InvalidChunkSize) => Err("a chunk has no size"),
            },
            Self::ChunkData(0) => {
                *self = Self::ChunkEnd;
                self.step(bytes)
            }
            Self::Length(left) | Self::ChunkData(left) => Ok(counted(left, bytes)),
            Self::ChunkEnd => match bytes {
                [b'\r', b'\n', ..] => Ok(self.go_on(Self::ChunkSize, 2)),
                [] | [b'\r'] => Ok(Step::More),
                _ => Err("a chunk is longer than its size"),
            },
            Self::Trailers => match bytes.windows(2).position(|pair| pair == b"\r\n") {
                Some(0) => Ok(self.go_on(Self::Length(0), 2)),
                Some(line) => Ok(Step::Framing(line + 2)),
                None => more(bytes),
            },
        }
    }

    fn go_on(&mut self, next: Self, taken: usize) -> Step {
        *self = next;
        Step::Framing(taken)
    }
}

/// The values of all headers of this name.
pub(super) fn named<'h>(
    headers: &'h [Header<'h>],
    name: &'h str,
) -> impl DoubleEndedIterator<Item = &'h [u8]> {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value)
}

fn counted(left: &mut u64, bytes: &[u8]) -> Step {
    if bytes.is_empty() {
        return Step::More;
    }
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left -= taken as u64;
    Step::Data(taken)
}

fn more(bytes: &[u8]) -> Result<Step, &'static str> {
    if bytes.len() > LINE_BYTES_MAX {
        return Err("a line of its chunks is too long");
    }
    Ok(Step::More)
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}
