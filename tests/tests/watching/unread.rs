//! Nobody reads what `check` and `top` print, as before `| head`, or it can't be printed.

use std::fs::File;
use std::process::Stdio;

use tests::{House, Profile};

#[test]
fn they_end_in_silence_where_nobody_reads_and_with_a_sentence_where_it_can_not_be_printed() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    house.start().stop();
    for arguments in [&["check"][..], &["check", "--json"], &["top", "--json", "--every", "100ms"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        for (out, code, said) in [
            (Stdio::from(writer), 141, ""),
            (full.into(), 1, "error: failed printing to stdout: No space left on device"),
        ] {
            let mut tool = house.tool("diagnostics");
            let ended = tool.args(arguments).stdout(out).stderr(Stdio::piped()).spawn();
            let ended = ended.and_then(std::process::Child::wait_with_output).expect("it runs");
            assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {ended:?}");
            let stderr = String::from_utf8_lossy(&ended.stderr);
            let as_told =
                if said.is_empty() { stderr.is_empty() } else { stderr.starts_with(said) };
            assert!(as_told, "{arguments:?}: {stderr}");
        }
    }
}
