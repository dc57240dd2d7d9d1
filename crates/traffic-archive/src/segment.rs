//! One segment: entries to compressed lines, and back.

use std::io::{self, Write as _};
use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};

use crate::chain::{Chain, SHOWN_DIGITS};
use crate::entry::{Exchange, Sequence};
use crate::error::{ArchiveError, Damage, Fault};
use crate::hash::Hash;
use crate::manifest::{SegmentFile, SegmentNumber, Span};
use crate::raw_lines::{LINE_BYTES_MAX, LineMemory, RawLines};
use crate::wire;

/// The line's end: what stands before the chain's digits and behind them.
const CHAIN_FIELD: &[u8] = br#","chain":""#;
const CHAIN_END: &[u8] = b"\"}";
const TAIL_BYTES: usize = CHAIN_FIELD.len() + SHOWN_DIGITS + CHAIN_END.len();

/// A segment that is being written, compressed in memory.
pub(crate) struct SegmentBuilder {
    number: SegmentNumber,
    first: Sequence,
    next: Sequence,
    span: Option<Span>,
    raw_bytes: u64,
    chain: Chain,
    encoder: zstd::Encoder<'static, Vec<u8>>,
    line: Vec<u8>,
}

impl SegmentBuilder {
    /// Begins segment `number`, whose first entry is `first`; `chain` is that of all lines before.
    pub(crate) fn new(
        number: SegmentNumber,
        first: Sequence,
        chain: Chain,
        level: i32,
    ) -> io::Result<Self> {
        let mut encoder = zstd::Encoder::new(Vec::new(), level)?;
        encoder.include_checksum(true)?;
        Ok(Self {
            number,
            first,
            next: first,
            span: None,
            raw_bytes: 0,
            chain,
            encoder,
            line: Vec::new(),
        })
    }

    pub(crate) fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, exchange: &Exchange) -> io::Result<()> {
        self.line.clear();
        wire::write_json(self.next, exchange, &mut self.line);
        self.line.pop();
        self.chain = self.chain.after(&self.line);
        self.line.extend_from_slice(CHAIN_FIELD);
        self.line.extend_from_slice(&self.chain.shown());
        self.line.extend_from_slice(CHAIN_END);
        self.line.push(b'\n');
        self.encoder.write_all(&self.line)?;

        let span = Span::at(exchange.at);
        self.span = Some(self.span.map_or(span, |all| all.with(span)));
        self.raw_bytes += self.line.len() as u64;
        self.next = self.next.next();
        Ok(())
    }

    /// Ends the segment: its file and what the manifest says of it. `None` if it has no line.
    pub(crate) fn finish(self) -> io::Result<Option<(SegmentFile, Bytes)>> {
        let Some(span) = self.span else { return Ok(None) };
        let bytes = Bytes::from(self.encoder.finish()?);
        let entries = self.next.get() - self.first.get();
        let segment = SegmentFile {
            file: self.number.file_name(),
            entries,
            first: self.first,
            last: Sequence::new(self.next.get() - 1).expect("it has a line"),
            earliest: span.earliest,
            latest: span.latest,
            raw_bytes: self.raw_bytes,
            compressed_bytes: bytes.len() as u64,
            sha256: Hash::of(&[&bytes]),
            chain: self.chain,
        };
        Ok(Some((segment, bytes)))
    }
}

/// How long the line of `exchange` may become at most, cheaply.
pub fn check_length(exchange: &Exchange) -> Result<(), ArchiveError> {
    /// What JSON makes of one byte at most: `\u0001`.
    const GROWTH_MAX: usize = 6;
    let body = |bytes: &Bytes| bytes.len();
    let headers = |headers: &[(String, String)]| -> usize {
        headers.iter().map(|(name, value)| name.len() + value.len() + 8).sum()
    };
    let response = exchange
        .response
        .as_ref()
        .map_or(0, |response| body(response.body.bytes()) + headers(&response.headers));
    let estimate = exchange.key.len()
        + exchange.path.len()
        + body(exchange.body.bytes())
        + headers(&exchange.headers)
        + response;
    if estimate < LINE_BYTES_MAX / GROWTH_MAX - 1024 {
        return Ok(());
    }
    let mut line = Vec::new();
    wire::write_json(Sequence::new(u64::MAX).expect("not 0"), exchange, &mut line);
    let bytes = line.len() + TAIL_BYTES + 1;
    if bytes > LINE_BYTES_MAX { Err(ArchiveError::EntryTooLong { bytes }) } else { Ok(()) }
}

/// A line that is what was written.
pub(crate) struct WholeLine {
    /// The entry that belongs here.
    pub(crate) sequence: Sequence,
    /// The whole line without its end.
    pub(crate) json: BytesMut,
    /// So many bytes of it stand before `,"chain"`.
    unclosed: usize,
}

impl WholeLine {
    /// The line as it was before it got a chain; where it is.
    pub(crate) fn without_chain(mut self) -> Bytes {
        self.json.truncate(self.unclosed);
        self.json.extend_from_slice(b"}");
        self.json.freeze()
    }
}

/// Whose chain is computed while a segment is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chained {
    /// That of every line.
    Every,
    /// That of the lines of a file which is not the one that the manifest names by its hash, to tell
    /// where it differs. The other lines are what was written, since all of their file is.
    InChangedFile,
}

/// Goes through the lines of a segment's file and checks each; `chain` is that of all lines before.
/// `take` gives the sequence number that it found in the line; stops without an error when it
/// breaks. Lines are in `memory`.
pub(crate) fn read(
    number: SegmentNumber,
    expected: &SegmentFile,
    chained: Chained,
    chain: Chain,
    bytes: &[u8],
    memory: &mut LineMemory,
    mut take: impl FnMut(WholeLine) -> Result<ControlFlow<(), Sequence>, Fault>,
) -> Result<(), Damage> {
    let damage = |line, fault| Damage { segment: number, file: expected.file.clone(), line, fault };
    let at = |line: u64, fault| damage(Some(line), fault);
    let unpack = |error: io::Error, line: u64| {
        let cut_off = error.kind() == io::ErrorKind::UnexpectedEof;
        at(line, if cut_off { Fault::CutOff } else { Fault::NotCompressed(error.to_string()) })
    };
    let file_is_whole = Hash::of(&[bytes]) == expected.sha256;
    let mut chain = (chained == Chained::Every || !file_is_whole).then_some(chain);
    let decoder = zstd::Decoder::with_buffer(bytes).map_err(|error| unpack(error, 1))?;
    let mut lines = RawLines::new(decoder, memory);
    let mut count = 0;
    let mut sequence = expected.first;
    while let Some(mut line) = lines.next().map_err(|error| unpack(error, count + 1))? {
        let this = count + 1;
        if line.len() > LINE_BYTES_MAX {
            return Err(at(this, Fault::TooLong));
        }
        if this > expected.entries {
            return Err(at(this, Fault::LinesAdded));
        }
        let Some(json) = line.strip_suffix(b"\n") else { return Err(at(this, Fault::CutOff)) };
        let unclosed =
            follow(chain.as_mut(), json).ok_or_else(|| at(this, misfit(json, sequence)))?;
        let (length, unclosed) = (json.len(), unclosed.len());
        line.truncate(length);
        let line = WholeLine { sequence, json: line, unclosed };
        match take(line).map_err(|fault| at(this, fault))? {
            ControlFlow::Break(()) => return Ok(()),
            ControlFlow::Continue(found) if found != sequence => {
                return Err(at(this, out_of_order(sequence, found)));
            }
            ControlFlow::Continue(_) => {}
        }
        count = this;
        sequence = sequence.next();
    }
    if count < expected.entries {
        let fault = Fault::LinesMissing { expected: expected.entries, found: count };
        return Err(at(count + 1, fault));
    }
    if chain.is_some_and(|chain| chain != expected.chain) {
        return Err(damage(None, Fault::Rechained));
    }
    if !file_is_whole {
        return Err(damage(None, Fault::FileChanged));
    }
    Ok(())
}

/// The line without its chain and brace. Moves `chain`, where there is one, on if the line shows that
/// it follows; else there is no answer.
fn follow<'a>(chain: Option<&mut Chain>, json: &'a [u8]) -> Option<&'a [u8]> {
    let (unclosed, tail) = json.split_at_checked(json.len().checked_sub(TAIL_BYTES)?)?;
    let digits = tail.strip_prefix(CHAIN_FIELD)?.strip_suffix(CHAIN_END)?;
    if let Some(chain) = chain {
        let next = chain.after(unclosed);
        if digits != next.shown() {
            return None;
        }
        *chain = next;
    }
    Some(unclosed)
}

/// Why a line does not follow: it is another entry, or was edited.
fn misfit(json: &[u8], expected: Sequence) -> Fault {
    match wire::heading(json) {
        Ok(heading) if heading.sequence != expected => out_of_order(expected, heading.sequence),
        _ => Fault::Edited,
    }
}

fn out_of_order(expected: Sequence, found: Sequence) -> Fault {
    Fault::OutOfOrder { expected: expected.get(), found: found.get() }
}
