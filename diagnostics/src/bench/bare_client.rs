//! The ceiling of replay in global order: one connection, one request at a time, nothing else. Its
//! requests are made before the clock starts, and it reads of an answer what tells where it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::bare::Done;

/// Bytes that an answer may have.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// Headers that an answer may have.
const ANSWER_HEADERS_MAX: usize = 32;
const ACCEPTED: u16 = 202;

/// Posts purchases, one after the other.
#[derive(Args)]
pub struct BareClientArgs {
    /// `host:port`.
    #[arg(long)]
    address: String,
    /// A file of bodies, one a line; they are sent in turn.
    #[arg(long)]
    bodies: PathBuf,
    /// How many requests.
    #[arg(long)]
    requests: u64,
    /// A further header, `Name: value`.
    #[arg(long = "header")]
    headers: Vec<String>,
}

/// Posts them and tells how long it took.
pub fn run(args: &BareClientArgs) -> anyhow::Result<()> {
    let bodies = std::fs::read_to_string(&args.bodies)?;
    let requests: Vec<_> = bodies.lines().map(|body| request(args, body)).collect();
    ensure!(!requests.is_empty(), "there is no body");
    let mut stream = TcpStream::connect(&args.address)?;
    stream.set_nodelay(true)?;
    let mut room = vec![0; ANSWER_BYTES_MAX];
    let began = Instant::now();
    for (_, request) in (0..args.requests).zip(requests.iter().cycle()) {
        stream.write_all(request)?;
        take_answer(&mut stream, &mut room)?;
    }
    Done { count: args.requests, seconds: began.elapsed().as_secs_f64() }.tell()
}

fn request(args: &BareClientArgs, body: &str) -> Vec<u8> {
    let (address, length) = (&args.address, body.len());
    let always = [format!("host: {address}"), "content-type: application/json".to_owned()];
    let headers = [&always[..], &args.headers].concat().join("\r\n");
    format!("POST /api/Order HTTP/1.1\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Reads one whole answer.
fn take_answer(stream: &mut TcpStream, room: &mut [u8]) -> anyhow::Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut room[filled..])?;
        ensure!(read > 0, "the connection was closed, or an answer is too long");
        filled += read;
        if let Some(length) = answer_length(&room[..filled])?
            && filled >= length
        {
            ensure!(filled == length, "more came than was asked for");
            return Ok(());
        }
    }
}

/// How long the answer is that begins here; `None` while its head is not whole.
fn answer_length(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; ANSWER_HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(bytes)? else { return Ok(None) };
    if answer.code != Some(ACCEPTED) {
        bail!("a request was answered with {:?}", answer.code);
    }
    let named = |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case("content-length");
    let length = answer.headers.iter().find(named).context("an answer tells no length")?;
    let length: usize = std::str::from_utf8(length.value)?.parse()?;
    Ok(Some(head + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_head_says() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(answer_length(whole).unwrap(), Some(whole.len()));
        assert_eq!(answer_length(&whole[..30]).unwrap(), None);
    }

    #[test]
    fn an_answer_that_is_no_success_or_has_no_end_spoils_the_figure() {
        for answer in ["HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 202 Ok\r\n\r\n"]
        {
            assert!(answer_length(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
