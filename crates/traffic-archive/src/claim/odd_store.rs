//! An object store in memory, with the manners of some that are met.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is odd about it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// It does as it should.
    Proper,
    /// It takes no notice of conditions.
    Heedless,
    /// It was told that there are no conditions.
    Unable,
    /// Of every so many puts with a condition that hold, the answer of one is lost.
    LosesAnswers(u32),
    /// Every put fails.
    Full,
}

#[derive(Debug)]
pub(crate) struct OddStore {
    files: InMemory,
    manner: Manner,
    puts: AtomicU32,
}

impl OddStore {
    pub(crate) fn new(manner: Manner) -> Arc<Self> {
        Arc::new(Self { files: InMemory::new(), manner, puts: AtomicU32::new(0) })
    }
}

fn failed(what: &str) -> Error {
    Error::Generic { store: "odd", source: what.into() }
}

impl fmt::Display for OddStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[async_trait]
impl ObjectStore for OddStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let conditional = options.mode != PutMode::Overwrite;
        match self.manner {
            Manner::Heedless => options.mode = PutMode::Overwrite,
            Manner::Unable if conditional => {
                let (operation, implementer) = ("put_opts".to_owned(), "odd".to_owned());
                return Err(Error::NotImplemented { operation, implementer });
            }
            Manner::Full => return Err(failed("no room")),
            Manner::Proper | Manner::Unable | Manner::LosesAnswers(_) => {}
        }
        let put = self.files.put_opts(location, payload, options).await?;
        if let Manner::LosesAnswers(every) = self.manner
            && conditional
            && self.puts.fetch_add(1, Ordering::Relaxed).is_multiple_of(every)
        {
            return Err(failed("the connection was reset"));
        }
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.files.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await
    }
}
