//! The right to write an archive: one writer at a time.
//!
//! A folder is locked. An object store has no locks, but conditional puts (RFC 9110, section 13): a
//! manifest is put there only where there is none, or in place of the one that this writer put there
//! last. Each writer names itself in the manifest, so no two put the same bytes there, and an entity
//! tag, which may be a hash of them, tells them apart. Who goes on with an archive takes it over by
//! that; who wrote it before is refused with its next manifest, and so nothing ever names what it has
//! written since. And no segment is put where one may be already.

use std::fs::File;

use bytes::Bytes;
use object_store::{Error, PutMode, UpdateVersion};

use crate::error::ArchiveError;
use crate::location::Store;
use crate::manifest::{FILE_NAME, Manifest, SegmentNumber, WriterId};

/// How often a manifest whose put had an unknown end is put.
const PUTS_MAX: u32 = 3;

/// An entity tag that no file has.
const NO_E_TAG: &str = "\"none\"";

/// A manifest that was read: what a claim can take over.
pub(crate) struct Found {
    json: Bytes,
    version: UpdateVersion,
    pub(crate) manifest: Manifest,
}

impl Found {
    pub(crate) async fn in_store(store: &Store) -> Result<Self, ArchiveError> {
        let location = || store.location.to_string();
        let read = store.read_version(FILE_NAME).await?;
        let (json, version) =
            read.ok_or_else(|| ArchiveError::NotFound { location: location() })?;
        let manifest = Manifest::from_json(&json)
            .map_err(|reason| ArchiveError::Manifest { location: location(), reason })?;
        Ok(Self { json, version, manifest })
    }
}

/// What a writer writes with.
pub(crate) struct Claim {
    store: Store,
    writer: WriterId,
    /// The manifest as this writer left it; `None` where it is replaced whatever is there.
    version: Option<UpdateVersion>,
    /// Held as long as it may still write.
    _lock: Option<File>,
}

impl Claim {
    /// Begins an archive where none is.
    pub(crate) async fn create(
        store: Store,
        lock: Option<File>,
        mut manifest: Manifest,
    ) -> Result<(Self, Manifest), ArchiveError> {
        let writer = WriterId::random();
        manifest.writer = Some(writer);
        let json = Bytes::from(manifest.to_json());
        let version = put_first(&store, &json).await?;
        let guarded = refuses(&store, &json).await?;
        let version = guarded.then_some(version);
        Ok((Self { store, writer, version, _lock: lock }, manifest))
    }

    /// Takes over what was found.
    pub(crate) async fn take_over(
        store: Store,
        lock: Option<File>,
        found: Found,
    ) -> Result<(Self, Manifest), ArchiveError> {
        let Found { json, version, mut manifest } = found;
        let writer = WriterId::random();
        let guarded = refuses(&store, &json).await?;
        let version = guarded.then_some(version);
        let mut claim = Self { store, writer, version, _lock: lock };
        (manifest.finished, manifest.writer) = (false, Some(writer));
        match claim.put_manifest(&manifest).await {
            Ok(()) => Ok((claim, manifest)),
            // Between the look at it and now, so this writer was never at work.
            Err(ArchiveError::TakenOver { location }) => Err(ArchiveError::InUse { location }),
            Err(error) => Err(error),
        }
    }

    /// Puts a segment's file where no other is, and gives its name. It counts once the manifest names it.
    pub(crate) async fn put_segment(
        &self,
        number: SegmentNumber,
        bytes: Bytes,
    ) -> Result<String, ArchiveError> {
        let name = number.file_name();
        if self.version.is_none() {
            self.store.replace(&name, bytes).await?;
            return Ok(name);
        }
        if self.store.put(&name, bytes.clone(), PutMode::Create).await.is_ok() {
            return Ok(name);
        }
        // Somebody has put a segment there before, who was killed or taken over; or nobody knows whether
        // this put has come to pass. Under a name of this writer's own, it may be put as often as need be.
        let name = number.file_name_of(self.writer);
        self.store.replace(&name, bytes).await?;
        Ok(name)
    }

    /// Puts the manifest in the place of the last one, if that is this writer's still.
    pub(crate) async fn put_manifest(&mut self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let json = Bytes::from(manifest.to_json());
        match self.version.clone() {
            None => self.store.replace(FILE_NAME, json).await,
            Some(last) => {
                self.version = Some(swap(&self.store, last, json).await?);
                Ok(())
            }
        }
    }
}

/// Puts a manifest where none is.
async fn put_first(store: &Store, json: &Bytes) -> Result<UpdateVersion, ArchiveError> {
    let source = match store.put(FILE_NAME, json.clone(), PutMode::Create).await {
        Ok(version) => return Ok(version),
        Err(source) => source,
    };
    if !matches!(source, Error::AlreadyExists { .. } | Error::NotImplemented { .. }) {
        return Err(store.failed(source));
    }
    match store.read_version(FILE_NAME).await? {
        // By this put itself: its first answer was lost on the way.
        Some((there, version)) if there == json => Ok(version),
        Some(_) => Err(ArchiveError::AlreadyExists { location: store.location.to_string() }),
        None => {
            let put = store.put(FILE_NAME, json.clone(), PutMode::Overwrite).await;
            put.map_err(|source| store.failed(source))
        }
    }
}

/// Whether the store refuses a put whose condition does not hold: not every object store takes notice of
/// one, and then nobody is kept away. Tries it with the manifest that is there already.
async fn refuses(store: &Store, json: &Bytes) -> Result<bool, ArchiveError> {
    if !store.conditions {
        return Ok(false);
    }
    let never = UpdateVersion { e_tag: Some(NO_E_TAG.to_owned()), version: None };
    for mode in [PutMode::Create, PutMode::Update(never)] {
        match store.put(FILE_NAME, json.clone(), mode).await {
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
            Ok(_) | Err(Error::NotImplemented { .. }) => {
                let location = &store.location;
                tracing::warn!(
                    "{location}: this object store knows no conditional puts, so nothing keeps a second \
                     writer of the archive away"
                );
                return Ok(false);
            }
            Err(source) => return Err(store.failed(source)),
        }
    }
    Ok(true)
}

/// Puts a manifest in the place of its `last` version.
async fn swap(
    store: &Store,
    last: UpdateVersion,
    json: Bytes,
) -> Result<UpdateVersion, ArchiveError> {
    let mut puts = 1;
    loop {
        let put = store.put(FILE_NAME, json.clone(), PutMode::Update(last.clone())).await;
        let source = match put {
            Ok(version) => return Ok(version),
            Err(source) => source,
        };
        // The answer may have been lost, and the put have come to pass.
        let Some((there, version)) = store.read_version(FILE_NAME).await? else {
            return Err(ArchiveError::NotFound { location: store.location.to_string() });
        };
        if there == json {
            return Ok(version);
        }
        if version.e_tag != last.e_tag {
            return Err(ArchiveError::TakenOver { location: store.location.to_string() });
        }
        if puts == PUTS_MAX {
            return Err(store.failed(source));
        }
        puts += 1;
    }
}

#[cfg(test)]
mod odd_store;
#[cfg(test)]
mod tests;
