//! Requests changed on the way out, as a small file says.
//!
//! `replay/rewrite.example.toml` shows every part of the file and tells what it means. A request
//! goes through these steps:
//!
//! 1. whose it is, is read from the request as it was recorded;
//! 2. headers are removed and set;
//! 3. ids that the target gave anew take the place of the recorded ones, and fresh ids that of
//!    those which clients had made;
//! 4. the user's credentials are set;
//! 5. it is signed.

mod file;
mod ids;
mod json;
mod place;
mod signing;
mod template;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;

use crate::archive::{ArchiveId, Exchange, Response, Sequence};
use crate::serialout::TargetUrl;
use file::expand;
use ids::Learned;
use place::Place;
use signing::{Algorithm, Encoding};
use template::{Scene, Template};

/// The user of all requests whose user has no credentials of their own.
const ANYBODY: &str = "*";

/// What is wrong with a rewrite file, or with a request that it can't be applied to.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The file can't be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// A text with names in braces is wrong.
    #[error("`{text}`: {reason}")]
    Template {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A place is not known.
    #[error("`{text}` is no place: {reason}")]
    Place {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An environment variable is not set.
    #[error("the environment variable {0} is not set")]
    Variable(String),
    /// A secret can't be decoded.
    #[error("the secret of {user:?} can't be used: {reason}")]
    Secret {
        /// Whose it is.
        user: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A request is to be signed, and its user has no secret.
    #[error("there is no secret to sign for user {0:?}")]
    NoSecret(String),
    /// What is kept of ids from an earlier run can't be read.
    #[error("{path}: {source}")]
    Ids {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
}

/// Changes requests, and learns from answers what later ones need.
#[derive(Debug)]
pub struct Rewriter {
    target: Option<TargetUrl>,
    remove: Vec<String>,
    set: Vec<(String, Template)>,
    user: Option<Place>,
    credentials: HashMap<String, Credentials>,
    ids: Vec<Ids>,
    fresh: Vec<Place>,
    signing: Option<Signing>,
    archive: ArchiveId,
    run: Uuid,
    learned: Learned,
    tally: Tally,
    now: fn() -> Timestamp,
}

#[derive(Default)]
struct Credentials {
    headers: BTreeMap<String, String>,
    secret: Option<Vec<u8>>,
}

/// Secrets stay out of logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Ids {
    name: String,
    method: String,
    /// `*` stands for any segment.
    segments: Vec<String>,
    recorded: Place,
    answered: Place,
    used: Vec<Place>,
}

#[derive(Debug)]
struct Signing {
    algorithm: Algorithm,
    message: Template,
    encoding: Encoding,
    put: Place,
    headers: Vec<(String, Template)>,
    query: Vec<(String, Template)>,
}

/// What came of the ids of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pairs of a recorded and a new id that were learned from answers.
    pub learned: u64,
    /// Values that were replaced by what was learned.
    pub replaced: u64,
    /// Values that were replaced by fresh ids.
    pub freshened: u64,
    /// Answers that should have brought an id and did not.
    pub missed: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { learned, replaced, freshened, missed } = self;
        write!(f, "{learned} learned, {replaced} replaced, {freshened} made fresh, {missed} missed")
    }
}

impl Rewriter {
    /// Reads a file. `run` is what fresh ids are made from: the same run makes the same ones.
    pub fn read(path: &Path, archive: ArchiveId, run: Uuid) -> Result<Self, RewriteError> {
        let file = |source| RewriteError::File { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(file)?;
        let parsed = Self::parse(&text, archive, run, &|name| std::env::var(name).ok());
        let invalid = |error: RewriteError| RewriteError::Invalid {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        parsed.map_err(invalid)
    }

    fn parse(
        text: &str,
        archive: ArchiveId,
        run: Uuid,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, RewriteError> {
        let file: file::File = toml::from_str(text).map_err(|error| RewriteError::Template {
            text: "the file".to_owned(),
            reason: error.to_string(),
        })?;
        let target = file.target.map(|target| expand(&target, variable)).transpose()?;
        let encoding = file.signing.as_ref().map(|signing| signing.secret_encoding);
        let mut credentials = HashMap::new();
        for of_user in file.credentials {
            let user = of_user.user.clone();
            let made = Credentials::new(of_user, encoding.unwrap_or_default(), variable)?;
            credentials.insert(user, made);
        }
        Ok(Self {
            target: target.map(|target| target_url(&target)).transpose()?,
            remove: file.headers.remove,
            set: templates(file.headers.set, variable)?,
            user: file.user.map(|user| user.at),
            credentials,
            ids: file.ids.into_iter().map(Ids::new).collect::<Result<_, _>>()?,
            fresh: file.fresh.map(|fresh| fresh.at).unwrap_or_default(),
            signing: file.signing.map(|signing| Signing::new(signing, variable)).transpose()?,
            archive,
            run,
            learned: Learned::default(),
            tally: Tally::default(),
            now: Timestamp::now,
        })
    }

    /// Keeps what it learns in this file, and begins with what is there already.
    pub fn keep_in(&mut self, path: &Path) -> Result<(), RewriteError> {
        let kept = self.learned.keep_in(path);
        kept.map_err(|source| RewriteError::Ids { path: path.to_owned(), source })
    }

    /// Where requests go, if the file says so.
    pub fn target(&self) -> Option<&TargetUrl> {
        self.target.as_ref()
    }

    /// Whether requests depend on earlier answers.
    pub fn learns(&self) -> bool {
        !self.ids.is_empty()
    }

    /// What came of the ids so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// A request as it is to be sent now.
    pub fn rewrite(
        &mut self,
        sequence: Sequence,
        recorded: &Exchange,
    ) -> Result<Exchange, RewriteError> {
        let mut request = Exchange { response: None, ..recorded.clone() };
        let user = self.user.as_ref().and_then(|place| place.of_request(recorded));
        for name in &self.remove {
            place::remove_header(&mut request, name);
        }
        let now = (self.now)();
        let (run, archive) = (self.run, self.archive);
        let fill = |template: &Template, request: &Exchange| {
            let user = user.as_deref();
            template.text(&Scene { sequence, run, archive, user, exchange: request, now })
        };
        for (name, template) in &self.set {
            let value = fill(template, &request);
            place::set_header(&mut request, name, value);
        }
        self.replace_ids(&mut request);
        let credentials = self.credentials_of(user.as_deref());
        for (name, value) in credentials.into_iter().flat_map(|of_user| &of_user.headers) {
            place::set_header(&mut request, name, value.clone());
        }
        let Some(signing) = &self.signing else { return Ok(request) };
        let secret = credentials.and_then(|credentials| credentials.secret.as_deref());
        let secret =
            secret.ok_or_else(|| RewriteError::NoSecret(user.clone().unwrap_or_default()))?;
        for (name, template) in &signing.headers {
            let value = fill(template, &request);
            place::set_header(&mut request, name, value);
        }
        for (name, template) in &signing.query {
            let value = fill(template, &request);
            place::set_query(&mut request, name, &value);
        }
        if let Place::Query(name) = &signing.put {
            // An old signature is no part of what is signed.
            place::remove_query(&mut request, name);
        }
        let user = user.as_deref();
        let scene = Scene { sequence, run, archive, user, exchange: &request, now };
        let message = signing.message.bytes(&scene);
        let signature = signing.algorithm.sign(secret, &message, signing.encoding);
        match &signing.put {
            Place::Query(name) => place::set_query(&mut request, name, &signature),
            Place::Header(name) => place::set_header(&mut request, name, signature),
            _ => {}
        }
        Ok(request)
    }

    fn credentials_of(&self, user: Option<&str>) -> Option<&Credentials> {
        let own = user.and_then(|user| self.credentials.get(user));
        own.or_else(|| self.credentials.get(ANYBODY))
    }

    fn replace_ids(&mut self, request: &mut Exchange) {
        let Self { ids, fresh, learned, tally, run, .. } = self;
        let key = request.key.clone();
        for kind in ids {
            for place in &kind.used {
                place.replace(request, |old| {
                    let new = learned.new_of(&kind.name, &key, old)?;
                    tally.replaced += 1;
                    Some(new.to_owned())
                });
            }
        }
        for place in fresh {
            place.replace(request, |old| {
                tally.freshened += 1;
                Some(Uuid::new_v5(run, old.as_bytes()).to_string())
            });
        }
    }

    /// Takes from an answer what later requests of the same key need. `recorded` is the request as
    /// it was recorded, with its recorded answer.
    pub fn learn(&mut self, recorded: &Exchange, answer: &Response) {
        let Some(recorded_answer) = &recorded.response else { return };
        for kind in self.ids.iter().filter(|kind| kind.begins_with(recorded)) {
            let Some(old) = kind.recorded.of_response(recorded_answer) else { continue };
            match kind.answered.of_response(answer) {
                Some(new) => {
                    self.tally.learned += 1;
                    self.learned.learn(&kind.name, &recorded.key, old, new);
                }
                None => self.tally.missed += 1,
            }
        }
    }

    /// Hands what was learned to the system, if it is kept in a file.
    pub fn commit(&mut self) -> io::Result<()> {
        self.learned.commit()
    }
}

impl Ids {
    fn new(ids: file::Ids) -> Result<Self, RewriteError> {
        let file::Ids { name, on, recorded, answered, used } = ids;
        let wrong = || RewriteError::Template {
            text: on.clone(),
            reason: "expected a method and a path, such as POST /api/orders/*".to_owned(),
        };
        let (method, path) = on.split_once(' ').ok_or_else(wrong)?;
        let segments = path.trim().split('/').map(str::to_owned).collect();
        let answered = answered.unwrap_or_else(|| recorded.clone());
        Ok(Self { name, method: method.to_owned(), segments, recorded, answered, used })
    }

    /// Whether the answer to this request brings such an id.
    fn begins_with(&self, request: &Exchange) -> bool {
        let (path, _) = template::split(&request.path);
        let mut segments = path.split('/');
        let mut expected = self.segments.iter();
        request.method == self.method
            && expected.all(|expected| {
                segments.next().is_some_and(|segment| expected == "*" || expected == segment)
            })
            && segments.next().is_none()
    }
}

impl Credentials {
    fn new(
        file: file::Credentials,
        encoding: Encoding,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, RewriteError> {
        let mut headers = BTreeMap::new();
        for (name, value) in file.headers {
            headers.insert(name, expand(&value, variable)?);
        }
        let secret = file.secret.map(|secret| expand(&secret, variable)).transpose()?;
        let secret = secret.map(|secret| encoding.decode(&secret, &file.user)).transpose()?;
        Ok(Self { headers, secret })
    }
}

impl Signing {
    fn new(
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
            headers: templates(file.headers, variable)?,
            query: templates(file.query, variable)?,
        })
    }
}

fn target_url(text: &str) -> Result<TargetUrl, RewriteError> {
    text.parse().map_err(|error: crate::serialout::TargetError| RewriteError::Template {
        text: text.to_owned(),
        reason: error.to_string(),
    })
}

fn templates(
    texts: BTreeMap<String, String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<(String, Template)>, RewriteError> {
    let parse =
        |(name, text): (String, String)| Ok((name, Template::parse(&expand(&text, variable)?)?));
    texts.into_iter().map(parse).collect()
}

#[cfg(test)]
mod tests;
