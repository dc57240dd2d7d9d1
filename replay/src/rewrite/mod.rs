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

mod credentials;
mod error;
mod file;
mod id_rule;
mod ids;
mod json;
mod place;
mod signing;
mod tally;
mod template;

use std::io;
use std::path::Path;

use http1_client::{TargetError, TargetUrl};
use jiff::Timestamp;
use traffic_archive::{ArchiveId, Exchange, Response, Sequence};
use uuid::Uuid;

use credentials::Users;
use file::expand;
use id_rule::IdRule;
use ids::Learned;
use place::{Place, check_header_name};
use signing::Signing;
use template::{Scene, Template, header_templates};

pub use error::RewriteError;
pub use tally::Tally;

/// Changes requests, and learns from answers what later ones need.
#[derive(Debug)]
pub struct Rewriter {
    target: Option<TargetUrl>,
    remove: Vec<String>,
    set: Vec<(String, Template)>,
    user: Option<Place>,
    users: Users,
    ids: Vec<IdRule>,
    fresh: Vec<Place>,
    signing: Option<Signing>,
    archive: ArchiveId,
    run: Uuid,
    learned: Learned,
    tally: Tally,
    now: fn() -> Timestamp,
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
        let file: file::File = toml::from_str(text)?;
        let target = file.target.map(|target| expand(&target, variable)).transpose()?;
        let encoding = file.signing.as_ref().map(|signing| signing.secret_encoding);
        file.headers.remove.iter().try_for_each(|name| check_header_name(name))?;
        if let Some(user) = &file.user {
            user.at.check_read_from_request("user.at")?;
        }
        let fresh = file.fresh.map(|fresh| fresh.at).unwrap_or_default();
        fresh.iter().try_for_each(|place| place.check_in_request("fresh.at"))?;
        Ok(Self {
            target: target.map(|target| target_url(&target)).transpose()?,
            remove: file.headers.remove,
            set: header_templates(file.headers.set, variable)?,
            user: file.user.map(|user| user.at),
            users: Users::new(file.credentials, encoding.unwrap_or_default(), variable)?,
            ids: file.ids.into_iter().map(IdRule::new).collect::<Result<_, _>>()?,
            fresh,
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
        let user = user.as_deref();
        let (run, archive, now) = (self.run, self.archive, (self.now)());
        let scene = Scene { sequence, run, archive, user, now };
        for (name, template) in &self.set {
            let value = template.text(&scene, &request);
            place::set_header(&mut request, name, value);
        }
        self.replace_ids(&mut request);
        let credentials = self.users.of(user);
        for (name, value) in credentials.into_iter().flat_map(|of_user| &of_user.headers) {
            place::set_header(&mut request, name, value.clone());
        }
        if let Some(signing) = &self.signing {
            let secret = credentials.and_then(|credentials| credentials.secret.as_deref());
            let missing = || RewriteError::NoSecret(user.unwrap_or_default().to_owned());
            signing.sign(&mut request, secret.ok_or_else(missing)?, &scene);
        }
        Ok(request)
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

fn target_url(text: &str) -> Result<TargetUrl, RewriteError> {
    text.parse().map_err(|error: TargetError| RewriteError::Template {
        text: text.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
