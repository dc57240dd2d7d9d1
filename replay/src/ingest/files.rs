//! The files of a source: a file, a folder, or what is below a prefix of an object store.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectMeta, ObjectStoreExt as _};
use tokio::runtime::Handle;
use tokio_util::io::{StreamReader, SyncIoBridge};
use traffic_archive::{Location, Store};

use super::IngestError;

/// Bytes between a file and who reads it.
const BUFFER_BYTES: usize = 256 << 10;

/// Endings of packed files; they are unpacked on the way.
const PACKED: [&str; 2] = ["gz", "zst"];

/// The files of a source, by name.
pub(super) struct Files {
    place: Place,
    pub(super) names: Vec<String>,
    /// Files that were passed over because of their ending.
    pub(super) others: u64,
}

enum Place {
    /// Names are paths below the folder.
    Folder(PathBuf),
    /// Names are paths below the store's prefix.
    Objects(Store),
}

impl Files {
    /// Finds those with one of the endings; a file that is named itself may have any.
    pub(super) async fn find(source: &Location, endings: &[String]) -> Result<Self, IngestError> {
        let (place, single, mut names) = match source.as_folder() {
            Some(path) => find_local(path).map_err(|error| IngestError::source(source, error))?,
            None => find_objects(source).await?,
        };
        let found = names.len();
        if !single {
            names.retain(|name| has_ending(name, endings));
        }
        names.sort();
        if names.is_empty() {
            return Err(IngestError::source(source, "there is no file that the mapping reads"));
        }
        let others = (found - names.len()) as u64;
        Ok(Self { place, names, others })
    }

    /// Whether this file of the machine is one of them, by whatever name.
    pub(super) fn has(&self, path: &Path) -> bool {
        let Place::Folder(folder) = &self.place else { return false };
        let Ok(path) = path.canonicalize() else { return false };
        self.names.iter().any(|name| folder.join(name).canonicalize().is_ok_and(|of| of == path))
    }

    /// Reads a file, unpacked. Call it outside the async threads.
    pub(super) fn open(
        &self,
        name: &str,
        runtime: &Handle,
    ) -> io::Result<BufReader<Box<dyn Read + Send>>> {
        let plain: Box<dyn Read + Send> = match &self.place {
            Place::Folder(folder) => Box::new(std::fs::File::open(folder.join(name))?),
            Place::Objects(store) => {
                let path = object_store::path::Path::from(name);
                let object = runtime.block_on(store.objects.get(&path))?;
                let bytes = object.into_stream().map_err(io::Error::from);
                Box::new(SyncIoBridge::new_with_handle(StreamReader::new(bytes), runtime.clone()))
            }
        };
        let unpacked: Box<dyn Read + Send> = match extension(name) {
            Some("gz") => Box::new(MultiGzDecoder::new(plain)),
            Some("zst") => Box::new(zstd::Decoder::new(plain)?),
            _ => plain,
        };
        Ok(BufReader::with_capacity(BUFFER_BYTES, unpacked))
    }
}

/// Whether the source is a single file, and the names below the place.
type Found = (Place, bool, Vec<String>);

fn find_local(path: &Path) -> io::Result<Found> {
    if !path.metadata()?.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((Place::Folder(folder), true, vec![name]));
    }
    let mut names = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(path.join(&folder))? {
            let entry = entry?;
            let below = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(below);
            } else {
                let name = below.into_os_string().into_string();
                names.push(name.map_err(|name| not_utf8(&name))?);
            }
        }
    }
    Ok((Place::Folder(path.to_owned()), false, names))
}

fn not_utf8(name: &std::ffi::OsStr) -> io::Error {
    io::Error::other(format!("the name {} is not UTF-8", name.display()))
}

async fn find_objects(source: &Location) -> Result<Found, IngestError> {
    let wrong = |error: object_store::Error| IngestError::source(source, Store::reason(&error));
    let store = source.open()?;
    let names: Vec<String> = store
        .objects
        .list(None)
        .map(|object: Result<ObjectMeta, _>| object.map(|object| object.location.to_string()))
        .try_collect()
        .await
        .map_err(wrong)?;
    if let (true, Some((parent, name))) = (names.is_empty(), source.split_last()) {
        let store = parent.open()?;
        let path = object_store::path::Path::from(name.as_str());
        store.objects.head(&path).await.map_err(wrong)?;
        return Ok((Place::Objects(store), true, vec![name]));
    }
    Ok((Place::Objects(store), false, names))
}

fn extension(name: &str) -> Option<&str> {
    Path::new(name).extension()?.to_str()
}

fn has_ending(name: &str, endings: &[String]) -> bool {
    let plain = match extension(name) {
        Some(ending) if PACKED.contains(&ending) => &name[..name.len() - ending.len() - 1],
        _ => name,
    };
    endings.is_empty()
        || extension(plain).is_some_and(|ending| endings.iter().any(|other| other == ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_have_the_ending_of_what_is_in_them() {
        let json = ["json".to_owned()];
        assert!(has_ending("a.json", &json) && has_ending("b/a.json.gz", &json));
        assert!(!has_ending("json", &json) && !has_ending("a.jsonl.zst", &json));
        assert!(has_ending("anything", &[]));
    }
}
