//! A real S3 server as source and as the archive's place.

use std::env::var;

use serde_json::json;

use crate::program::{Desk, cdnow};

/// The variables of `object_store`, from those of `setup/services`. `None` when it is left out.
fn variables() -> Option<(String, Vec<(&'static str, String)>)> {
    let Ok(endpoint) = var("SERIATIM_TEST_S3_ENDPOINT") else {
        assert_eq!(
            var("SERIATIM_SKIP_S3").as_deref(),
            Ok("1"),
            "SERIATIM_TEST_S3_ENDPOINT is not set: setup/test starts an S3 server, or set \
             SERIATIM_SKIP_S3=1"
        );
        println!("skipped: SERIATIM_SKIP_S3=1");
        return None;
    };
    let variable = |name: &str| var(name).expect("setup/services env sets it");
    let variables = vec![
        ("AWS_ENDPOINT", endpoint),
        ("AWS_REGION", variable("SERIATIM_TEST_S3_REGION")),
        ("AWS_ACCESS_KEY_ID", variable("SERIATIM_TEST_S3_ACCESS_KEY_ID")),
        ("AWS_SECRET_ACCESS_KEY", variable("SERIATIM_TEST_S3_SECRET_ACCESS_KEY")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
    ];
    Some((variable("SERIATIM_TEST_S3_BUCKET"), variables))
}

#[test]
fn an_archive_may_be_in_s3_and_so_may_its_source() {
    let Some((bucket, variables)) = variables() else { return };
    let desk = Desk::with_variables(variables);
    let place = format!("s3://{bucket}/{}", std::process::id());
    let (one, other) = (format!("{place}/one"), format!("{place}/other"));
    let cdnow = cdnow();
    let ingest = ["ingest", cdnow.to_str().unwrap(), "--mapping", "cdnow", "--segment-mib", "1"];
    let local = desk.json(&[&ingest[..], &["--to", "local"]].concat());
    let remote = desk.json(&[&ingest[..], &["--to", &one]].concat());
    assert_eq!(remote["chain"], local["chain"]);
    assert_eq!(desk.json(&["verify", &one])["whole"], true);
    assert_eq!(desk.json(&["verify", &one, "--against", "local"])["compared"], 10_000);
    let again = desk.run(&[&ingest[..], &["--to", &one]].concat());
    assert!(again.err.contains("already"), "{}", again.err);

    // The manifest is a JSON document like any other.
    desk.write(
        "mine.toml",
        concat!(
            "[source]\nformat = \"json\"\nextensions = [\"json\"]\n",
            "[request]\nat = \"{earliest}\"\npath = \"/{entries}\"\n"
        ),
    );
    let said = desk.json(&["ingest", &one, "--mapping", "mine.toml", "--to", &other]);
    assert_eq!((&said["entries"], &said["files"]), (&json!(1), &json!(1)), "{said}");
    let file = format!("{one}/manifest.json");
    let said = desk.json(&["ingest", &file, "--mapping", "mine.toml", "--to", "of-a-file"]);
    assert_eq!(said["entries"], 1);
    assert_eq!(desk.entries("of-a-file")[0].exchange.path, "/10000");
}
