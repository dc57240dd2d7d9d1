//! `import`: exported dead letters, as they were or changed by a script, come back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Args;
use event_log::{LogError, NewRecord, RECORD_BYTES_MAX, Record, Topic, partition_of_key};
use order_domain::{Partition, RecordMark, Timestamp};
use tempfile::NamedTempFile;

use super::desk::Desk;
use super::edit::replacement;
use super::filter::{self, Filter};
use super::ledger::{Ledger, OWN_HEADERS, State};
use super::letter::{IMPORTED, Letter};
use super::line::Line;
use super::place::Place;
use crate::text::letters as dead_letters;

/// How many letters are appended at once.
const BATCH_LETTERS_MAX: usize = 100;
/// How many bytes of them, but for the last.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Append exported dead letters to their topics.
///
/// Into another log they come as they are. In the log that they were exported from, a line whose key
/// and payload are unchanged is passed over, and a changed one becomes an edited copy, as by edit. A
/// line that is there already is passed over, too, so an import that was stopped can be run again.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// JSON Lines, as export writes them; - reads them from stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Append them to this topic instead of their own.
    #[arg(long, value_name = "TOPIC", value_parser = filter::topic)]
    topic: Option<Topic>,
    /// Only tell what would be appended.
    #[arg(long)]
    dry_run: bool,
}

/// What is in the topics already.
struct There {
    /// Letters by place.
    letters: HashMap<Place, (RecordMark, Timestamp, State)>,
    /// What imported letters say that they were.
    imported: HashSet<String>,
}

/// What was done, in letters.
#[derive(Default)]
struct Counts {
    new: usize,
    edited: usize,
    passed_over: usize,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.file)?;
    let topics = check(args, &source)?;
    for topic in &topics {
        desk.log().partition_count(topic).await?;
    }
    let counts = if args.dry_run {
        import(desk, args, &source, &topics).await?
    } else {
        desk.alone(async |_| import(desk, args, &source, &topics).await).await?
    };
    let Counts { new, edited, passed_over } = counts;
    let would_be = if args.dry_run { "would be " } else { "" };
    println!(
        "{} {would_be}imported, {edited} {would_be}edited, {passed_over} passed over",
        dead_letters(new)
    );
    Ok(ExitCode::SUCCESS)
}

/// Reads the whole file once before anything is appended; answers the topics.
fn check(args: &ImportArgs, source: &Source) -> anyhow::Result<Vec<Topic>> {
    let mut topics = HashSet::new();
    for line in source.lines()? {
        let NumberedLine { at, line } = line?;
        line.record().map_err(|why| anyhow!("{at}: {why}"))?;
        let topic = topic_of(args, &line);
        filter::topic(topic.as_str()).map_err(|why| anyhow!("{at}: {why}"))?;
        topics.insert(topic);
    }
    Ok(topics.into_iter().collect())
}

fn topic_of(args: &ImportArgs, line: &Line) -> Topic {
    args.topic.clone().unwrap_or_else(|| line.letter.topic.clone())
}

/// A file that is read twice.
struct Source {
    /// What it is called.
    name: String,
    path: PathBuf,
    /// What came through a pipe, which can't be read twice.
    _copy: Option<NamedTempFile>,
}

impl Source {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let mut read: Box<dyn io::Read> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(path).with_context(|| format!("opening {name}"))?;
            if file.metadata().is_ok_and(|about| about.is_file()) {
                return Ok(Self { name, path: path.to_owned(), _copy: None });
            }
            Box::new(file)
        };
        let mut copy = NamedTempFile::new().context("making a temporary file")?;
        io::copy(&mut read, &mut copy).with_context(|| format!("reading {name}"))?;
        Ok(Self { name, path: copy.path().to_owned(), _copy: Some(copy) })
    }

    /// The lines that are not empty.
    fn lines(&self) -> anyhow::Result<impl Iterator<Item = anyhow::Result<NumberedLine>>> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.name))?;
        let numbered = (1..).zip(BufReader::new(file).lines());
        Ok(numbered.filter_map(|(number, text): (u64, _)| {
            let at = format!("line {number} of {}", self.name);
            let text = match text {
                Ok(text) if text.trim().is_empty() => return None,
                Ok(text) => text,
                Err(error) => return Some(Err(anyhow!("{at}: {error}"))),
            };
            let read = Line::read(&text).map_err(|why| anyhow!("{at}: {why}"));
            Some(read.map(|line| NumberedLine { at, line }))
        }))
    }
}

struct NumberedLine {
    /// Where it is, in words.
    at: String,
    line: Line,
}

/// What is still to be appended to each partition.
#[derive(Default)]
struct Lanes {
    records: BTreeMap<(Topic, Partition), Vec<NewRecord>>,
    letters: usize,
    bytes: usize,
}

impl Lanes {
    fn add(&mut self, topic: Topic, partition: Partition, record: NewRecord) {
        self.letters += 1;
        self.bytes += record.size();
        self.records.entry((topic, partition)).or_default().push(record);
    }

    fn is_full(&self) -> bool {
        self.letters >= BATCH_LETTERS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    async fn append(&mut self, desk: &Desk) -> Result<(), LogError> {
        for ((topic, partition), records) in std::mem::take(self).records {
            desk.log().append_all(&topic, partition, records).await?;
        }
        Ok(())
    }
}

async fn import(
    desk: &Desk,
    args: &ImportArgs,
    source: &Source,
    topics: &[Topic],
) -> anyhow::Result<Counts> {
    let mut there = There::look(desk, topics).await?;
    let mut partitions = HashMap::new();
    for topic in topics {
        partitions.insert(topic.clone(), desk.log().partition_count(topic).await?);
    }
    let (mut counts, mut lanes) = (Counts::default(), Lanes::default());
    for line in source.lines()? {
        let NumberedLine { at, line } = line?;
        let record = there.record(&line, &mut counts).map_err(|why| anyhow!("{at}: {why}"))?;
        let Some(record) = record.filter(|_| !args.dry_run) else { continue };
        let topic = topic_of(args, &line);
        let (own, count) = (line.letter.position.partition, partitions[&topic]);
        let partition = if own.0 < count { own } else { partition_of_key(&record.key, count) };
        lanes.add(topic, partition, record);
        if lanes.is_full() {
            lanes.append(desk).await?;
        }
    }
    lanes.append(desk).await?;
    Ok(counts)
}

impl There {
    async fn look(desk: &Desk, topics: &[Topic]) -> anyhow::Result<Self> {
        let ledger = Ledger::read(desk.log().as_ref(), topics).await?;
        let mut there = Self { letters: HashMap::new(), imported: HashSet::new() };
        let everything = Filter::everything();
        let mut letters = desk.letters(topics, &everything).await?;
        while let Some(letter) = letters.next().await? {
            let imported = letter.record.headers.get_text(IMPORTED);
            there.imported.extend(imported.map(str::to_owned));
            let (mark, state) = (letter.mark(), ledger.state(&letter));
            there.letters.insert(letter.place, (mark, letter.record.timestamp, state));
        }
        Ok(there)
    }

    /// What a line is to append; nothing where it is there already.
    fn record(&mut self, line: &Line, counts: &mut Counts) -> Result<Option<NewRecord>, String> {
        let mut record = line.record()?;
        let own = self.letters.get(&line.letter).filter(|(mark, ..)| mark.to_string() == line.mark);
        if let Some((mark, timestamp, state)) = own {
            let unchanged = RecordMark::of(*timestamp, &record.key, &record.payload) == *mark;
            if unchanged || *state != State::Waiting {
                counts.passed_over += 1;
                return Ok(None);
            }
            counts.edited += 1;
            return edited(line, record, *timestamp).map(Some);
        }
        let name = format!("{}#{}", line.letter, line.mark);
        if !self.imported.insert(name.clone()) {
            counts.passed_over += 1;
            return Ok(None);
        }
        record.headers = own_headers_removed(&record).with(IMPORTED, name);
        if record.size() > RECORD_BYTES_MAX {
            return Err(format!("a record has {RECORD_BYTES_MAX} bytes at most"));
        }
        counts.new += 1;
        Ok(Some(record))
    }
}

fn own_headers_removed(record: &NewRecord) -> event_log::Headers {
    let kept = record.headers.iter().filter(|(name, _)| !OWN_HEADERS.contains(name));
    kept.fold(event_log::Headers::new(), |headers, (name, value)| {
        headers.with(name.to_owned(), value.clone())
    })
}

/// The edited copy that a changed line stands for.
fn edited(line: &Line, record: NewRecord, timestamp: Timestamp) -> Result<NewRecord, String> {
    let NewRecord { key, payload, headers } = record;
    let position = line.letter.position;
    let record = Record { position, timestamp, key, payload: payload.clone(), headers };
    replacement(&Letter::of(&line.letter.topic, record), payload)
}
