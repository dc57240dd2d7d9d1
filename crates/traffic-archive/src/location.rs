//! Where an archive is: a folder or a prefix in an object store.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use crate::answer::{self, is_missing_file};
use crate::error::ArchiveError;
use crate::manifest;

/// Where an archive is, or is to be: a path, or `s3://bucket/prefix`.
///
/// For S3, endpoint, region and keys come from the variables that the crate `object_store` reads:
/// `AWS_ENDPOINT`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and
/// `AWS_ALLOW_HTTP=true` for an endpoint without TLS. An object store that answers conditional puts with
/// an error (501) is written to with `AWS_CONDITIONAL_PUT=disabled`; then nothing keeps two writers of an
/// archive apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    S3 { bucket: String, prefix: Path },
}

impl Location {
    /// A folder of this machine.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder(path.into()))
    }

    /// The folder, if it is one.
    pub fn as_folder(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Place::Folder(path) => Some(path),
            Place::S3 { .. } => None,
        }
    }

    /// The place that is `name`'s parent, and the name: `s3://bucket/a/b` is `b` in `s3://bucket/a`.
    pub fn split_last(&self) -> Option<(Self, String)> {
        let Place::S3 { bucket, prefix } = &self.0 else { return None };
        let mut parts: Vec<_> = prefix.parts().collect();
        let last = parts.pop()?.as_ref().to_owned();
        Some((
            Self(Place::S3 { bucket: bucket.clone(), prefix: parts.into_iter().collect() }),
            last,
        ))
    }

    /// Keeps other writers away as long as the file is open, however the process ends. Only a folder can
    /// be locked, and not on every system: where it can't be, nobody is kept away.
    pub(crate) fn lock(&self) -> Result<Option<File>, ArchiveError> {
        let Some(folder) = self.as_folder().and_then(|path| File::open(path).ok()) else {
            return Ok(None);
        };
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(TryLockError::WouldBlock) => {
                Err(ArchiveError::InUse { location: self.to_string() })
            }
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Removes what a killed writer left of files that it had not yet put in their place: in a
    /// folder they are beside it, their name followed by `#` and a number.
    pub(crate) fn remove_staged(&self) -> std::io::Result<()> {
        let Place::Folder(path) = &self.0 else { return Ok(()) };
        for file in std::fs::read_dir(path)? {
            let file = file?;
            if file.file_name().to_str().is_some_and(is_staged) {
                std::fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    /// Reaches what is there. A folder is created if there is none.
    pub(crate) fn open_or_create(&self) -> Result<Store, ArchiveError> {
        if let Place::Folder(path) = &self.0 {
            std::fs::create_dir_all(path).map_err(|error| self.wrong(&error))?;
        }
        self.open()
    }

    /// Reaches what is there.
    pub fn open(&self) -> Result<Store, ArchiveError> {
        let objects: Arc<dyn ObjectStore> = match &self.0 {
            Place::Folder(path) if !path.is_dir() => {
                return Err(ArchiveError::NotFound { location: self.to_string() });
            }
            Place::Folder(path) => Arc::new(
                LocalFileSystem::new_with_prefix(path)
                    .map_err(|error| self.wrong(&error))?
                    .with_fsync(true),
            ),
            Place::S3 { bucket, prefix } => {
                install_tls();
                let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
                let bucket = bucket.map_err(|error| self.wrong(&error))?;
                Arc::new(PrefixStore::new(bucket, prefix.clone()))
            }
        };
        let conditions = self.as_folder().is_none();
        Ok(Store { objects, location: self.to_string().into(), conditions })
    }

    fn wrong(&self, reason: &dyn fmt::Display) -> ArchiveError {
        ArchiveError::Location { text: self.to_string(), reason: reason.to_string() }
    }
}

fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(file, number)| {
        let ours = file == manifest::FILE_NAME || file.starts_with("segment-");
        ours && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The TLS of requests to S3 is ring's. Another choice that this process made before stays.
fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl FromStr for Location {
    type Err = ArchiveError;

    fn from_str(text: &str) -> Result<Self, ArchiveError> {
        let wrong = |reason: &str| ArchiveError::Location {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        if let Some(place) = text.strip_prefix("s3://") {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            if bucket.is_empty() {
                return Err(wrong("s3:// is followed by a bucket, as in s3://bucket/prefix"));
            }
            let prefix = Path::parse(prefix).map_err(|error| wrong(&error.to_string()))?;
            return Ok(Self(Place::S3 { bucket: bucket.to_owned(), prefix }));
        }
        if text.is_empty() {
            return Err(wrong("it is empty"));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(wrong(&format!("{scheme}:// is not known; give a path or s3://...")));
        }
        Ok(Self::folder(text))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Folder(path) => path.display().fmt(f),
            Place::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Files below a [`Location`].
#[derive(Clone, Debug)]
pub struct Store {
    /// What reads and writes them.
    pub objects: Arc<dyn ObjectStore>,
    pub(crate) location: Arc<str>,
    /// Whether puts may depend on what is there. A folder is locked instead.
    pub(crate) conditions: bool,
}

impl Store {
    /// Why the folder or object store failed, in a sentence.
    pub fn reason(failure: &object_store::Error) -> String {
        answer::reason(failure)
    }

    /// All of a file, `None` when there is none.
    pub(crate) async fn read(&self, file: &str) -> Result<Option<Bytes>, ArchiveError> {
        Ok(self.read_version(file).await?.map(|(bytes, _)| bytes))
    }

    /// The same, and which version of it that is.
    pub(crate) async fn read_version(
        &self,
        file: &str,
    ) -> Result<Option<(Bytes, UpdateVersion)>, ArchiveError> {
        let read = async {
            let file = self.objects.get(&Path::from(file)).await?;
            let (e_tag, version) = (file.meta.e_tag.clone(), file.meta.version.clone());
            Ok((file.bytes().await?, UpdateVersion { e_tag, version }))
        };
        match read.await {
            Ok(read) => Ok(Some(read)),
            Err(source) if is_missing_file(&source) => Ok(None),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Writes a file as a whole: afterwards it is durable, and nobody ever sees a part of it.
    pub(crate) async fn replace(&self, file: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        let put = self.put(file, bytes, PutMode::Overwrite).await;
        put.map(drop).map_err(|source| self.failed(source))
    }

    /// The same, if what is there allows it; gives the version that is there now.
    pub(crate) async fn put(
        &self,
        file: &str,
        bytes: Bytes,
        mode: PutMode,
    ) -> object_store::Result<UpdateVersion> {
        let (options, payload) = (PutOptions::from(mode), PutPayload::from_bytes(bytes));
        Ok(self.objects.put_opts(&Path::from(file), payload, options).await?.into())
    }

    pub(crate) fn failed(&self, failure: object_store::Error) -> ArchiveError {
        let mut location = self.location.to_string();
        if self.conditions && std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
            // Then the machine itself is asked for keys, and its answer is hard to understand.
            location.push_str(" (AWS_ACCESS_KEY_ID is not set)");
        }
        ArchiveError::Store { location, failure }
    }
}
