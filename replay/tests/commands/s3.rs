//! A real S3 server as source and as the archive's place.

use std::env::var;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::program::{Desk, cdnow, cdnow_text};

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

#[test]
fn a_writer_that_was_taken_over_says_so_and_has_harmed_nothing() {
    let Some((bucket, variables)) = variables() else { return };
    let desk = Desk::with_variables(variables);
    let place = format!("s3://{bucket}/{}/taken-over", std::process::id());
    let mapping = ["--mapping", "cdnow", "--segment-mib", "1", "--to"];
    // One that has begun, and waits for what it is to read.
    let made = Command::new("mkfifo").arg(desk.path("slow")).status().unwrap();
    assert!(made.success());
    let arguments = [&["ingest", "slow"], &mapping[..], &[&place]].concat();
    let first = desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let first = first.unwrap();
    while desk.run(&["verify", &place]).err.contains("there is no archive") {}

    let cdnow = cdnow();
    let ingest = [&["ingest", cdnow.to_str().unwrap()], &mapping[..]].concat();
    let second = desk.json(&[&ingest[..], &[&place, "--resume"]].concat());
    assert_eq!(second["entries"], 10_000);
    std::fs::write(desk.path("slow"), cdnow_text()).unwrap();
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(1), "{said}");
    let begin = format!("error: {place} was taken over by another writer: ");
    assert!(said.starts_with(&begin) && said.lines().count() == 1, "{said}");

    let found = desk.json(&["verify", &place]);
    assert_eq!((&found["whole"], &found["finished"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(found["chain"], second["chain"]);
}

#[test]
fn whoever_goes_on_with_an_archive_at_once_it_becomes_whole() {
    let Some((bucket, variables)) = variables() else { return };
    let desk = Desk::with_variables(variables);
    let place = format!("s3://{bucket}/{}/fought-for", std::process::id());
    let cdnow = cdnow();
    let ingest = ["ingest", cdnow.to_str().unwrap(), "--mapping", "cdnow", "--segment-mib", "1"];
    let local = desk.json(&[&ingest[..], &["--to", "local"]].concat());
    desk.write("nothing.txt", "");
    desk.json(&["ingest", "nothing.txt", "--mapping", "cdnow", "--to", &place]);
    let all: Vec<_> = (0..4)
        .map(|_| {
            let mut command = desk.command(&[&ingest[..], &["--to", &place, "--resume"]].concat());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut codes = Vec::new();
    for writer in all {
        let ended = writer.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        let reasons = ["was taken over by another writer", "is being written by somebody else"];
        assert!(said.is_empty() || reasons.iter().any(|reason| said.contains(reason)), "{said}");
        codes.push(ended.status.code());
    }
    assert!(codes.contains(&Some(0)), "the last one is taken over by nobody: {codes:?}");
    let found = desk.json(&["verify", &place]);
    assert_eq!((&found["whole"], &found["finished"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(found["chain"], local["chain"]);
}

#[test]
fn a_bucket_or_key_that_is_not_known_is_no_missing_archive() {
    let Some((bucket, variables)) = variables() else { return };
    let place = format!("s3://{bucket}/nothing");
    let desk = Desk::with_variables(variables.clone());
    let missing = format!("error: there is no archive at {place}: it has no manifest.json\n");
    assert_eq!(desk.run(&["verify", &place]).err, missing);
    let nowhere = desk.run(&["verify", "s3://no-such-bucket/a"]);
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.err.ends_with(" (NoSuchBucket)\n"), "{}", nowhere.err);

    let stranger = variables.into_iter().map(|(name, value)| match name {
        "AWS_ACCESS_KEY_ID" => (name, "nobody".to_owned()),
        _ => (name, value),
    });
    let refused = Desk::with_variables(stranger.collect()).run(&["verify", &place]);
    assert_eq!(refused.code, Some(1));
    let begin = format!("error: {place}: the object store refuses: ");
    assert!(refused.err.starts_with(&begin), "{}", refused.err);
}
