//! Rows in the binary form of `COPY`, the fastest way into Postgres.
//!
//! Source: Postgres documentation, `COPY`, "Binary Format", and the `recv` functions of the types.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::errors::classify;
use crate::StoreError;

/// How much is gathered before it is sent, in bytes.
const SEND_BYTES: usize = 256 * 1_024;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const NO_FLAGS: [u8; 4] = [0; 4];
const NO_EXTENSION: [u8; 4] = [0; 4];
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Copies `rows` through `statement`, a `COPY ... FROM STDIN (FORMAT binary)`. Every row has
/// `columns` fields, which `encode` puts down in their order.
pub async fn copy_rows<T: Copy>(
    connection: &mut PgConnection,
    statement: &'static str,
    columns: i16,
    rows: &[T],
    encode: fn(&mut Fields, T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut copy = connection.copy_in_raw(statement).await.map_err(classify)?;
    let mut fields = Fields(Vec::with_capacity(SEND_BYTES * 2));
    fields.0.extend_from_slice(SIGNATURE);
    fields.0.extend_from_slice(&NO_FLAGS);
    fields.0.extend_from_slice(&NO_EXTENSION);
    for &row in rows {
        fields.0.extend_from_slice(&columns.to_be_bytes());
        encode(&mut fields, row)?;
        if fields.0.len() >= SEND_BYTES {
            copy.send(fields.0.as_slice()).await.map_err(classify)?;
            fields.0.clear();
        }
    }
    fields.0.extend_from_slice(&TRAILER);
    copy.send(fields.0.as_slice()).await.map_err(classify)?;
    copy.finish().await.map_err(classify)?;
    Ok(())
}

/// The fields of rows, each behind its length.
pub struct Fields(Vec<u8>);

impl Fields {
    pub fn null(&mut self) {
        self.0.extend_from_slice(&NULL);
    }

    /// A `bigint`.
    pub fn number(&mut self, number: i64) -> Result<(), StoreError> {
        self.bytes(&number.to_be_bytes())
    }

    /// A `uuid`.
    pub fn uuid(&mut self, id: Uuid) -> Result<(), StoreError> {
        self.bytes(id.as_bytes())
    }

    /// A `text`.
    pub fn text(&mut self, text: &str) -> Result<(), StoreError> {
        self.bytes(text.as_bytes())
    }

    /// A `text` or null.
    pub fn text_or_null(&mut self, text: Option<&str>) -> Result<(), StoreError> {
        if let Some(text) = text {
            return self.text(text);
        }
        self.null();
        Ok(())
    }

    /// A `tsvector` of these words, none twice, without positions; Postgres sorts them.
    pub fn words(&mut self, words: &[String]) -> Result<(), StoreError> {
        let mut vector = Vec::with_capacity(4 + words.len() * 16);
        vector.extend_from_slice(&length(words.len())?.to_be_bytes());
        for word in words {
            vector.extend_from_slice(word.as_bytes());
            // The end of the word, and the number of its positions in 16 bits.
            vector.extend_from_slice(&[0; 3]);
        }
        self.bytes(&vector)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.extend_from_slice(&length(bytes.len())?.to_be_bytes());
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

fn length(bytes: usize) -> Result<i32, StoreError> {
    i32::try_from(bytes).map_err(|_| StoreError::Refused("a field is over 2 GiB".to_owned()))
}
