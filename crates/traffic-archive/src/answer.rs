//! What an object store says when it refuses.

/// The code that S3 has for a missing file, and for nothing else ("Error responses" in Amazon's API).
const NO_SUCH_FILE: &str = "NoSuchKey";

/// Whether nothing but the file is missing: `404` may also mean a bucket or a key of access that is not
/// known.
pub(crate) fn is_missing_file(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. })
        && field(&error.to_string(), "Code").is_none_or(|code| code == NO_SUCH_FILE)
}

/// The sentence for people: that of the XML which S3 answers with, where it did.
pub(crate) fn reason(error: &object_store::Error) -> String {
    let told = error.to_string();
    let [code, message] = ["Code", "Message"].map(|name| field(&told, name));
    match (code, message) {
        (Some(code), Some(message)) => format!("the object store refuses: {message} ({code})"),
        _ => told,
    }
}

/// The text of an element that has no other in it.
fn field<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_found(answer: &str) -> object_store::Error {
        object_store::Error::NotFound { path: "a".to_owned(), source: answer.into() }
    }

    #[test]
    fn a_missing_bucket_is_no_missing_file() {
        let xml = |code| format!("404: <Error><Code>{code}</Code><Message>No.</Message></Error>");
        assert!(is_missing_file(&not_found("no such file")));
        assert!(is_missing_file(&not_found(&xml("NoSuchKey"))));
        let bucket = not_found(&xml("NoSuchBucket"));
        assert!(!is_missing_file(&bucket));
        assert_eq!(reason(&bucket), "the object store refuses: No. (NoSuchBucket)");
        assert!(reason(&not_found("gone")).ends_with("gone"));
    }
}
