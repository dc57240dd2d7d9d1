//! The program `seriatim`: every role in one process, behind one front door.

mod all_in_one;
mod banner;
#[cfg(test)]
mod containers;

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::CommonArgs;
use service_kit::{docs, exit, program};

/// An event-sourced order service whose truth is an ordered log.
///
/// Starts every role in one process: the producer API (HTTP in, commands on the log), the processor
/// (commands to events to SQL) and the query API (SQL to HTTP). Without any flag it needs nothing
/// else: the log and the store are SQLite files in the data directory.
#[derive(Parser)]
#[command(name = "seriatim", version, after_long_help = EXAMPLES)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    /// Print the `OpenAPI` document of all roles, and stop
    #[arg(long)]
    print_openapi: bool,
}

const EXAMPLES: &str = "\
Examples:
  seriatim
      Log and store in ./data, HTTP on 127.0.0.1:8000.

  seriatim --data-dir /srv/seriatim --listen 0.0.0.0:8000
      Elsewhere, and reachable from other machines.

  SERIATIM_LOG=kafka://localhost:9092 SERIATIM_STORE=postgres://me:secret@localhost/orders seriatim
      The same over Kafka and Postgres.

  seriatim --print-config
      The configuration as it would be used. seriatim.default.toml explains every key.

Then:
  http://127.0.0.1:8000/docs           try the API in a browser
  http://127.0.0.1:8000/readyz         can it do its work?
  http://127.0.0.1:8000/metrics        for Prometheus

Exit codes: 0 stopped as told, 1 failed, 2 wrong flag or configuration, 130 told twice to stop.";

fn main() -> ExitCode {
    exit::when_read(run)
}

#[tokio::main]
async fn run() -> ExitCode {
    let args = Args::parse();
    if args.print_openapi {
        print!("{}", openapi());
        return ExitCode::SUCCESS;
    }
    program::run(&args.common, all_in_one::LISTEN_DEFAULT, all_in_one::run).await
}

/// The document of all roles, as `/openapi.json` has it, on many lines.
fn openapi() -> String {
    let document = docs::merged(all_in_one::documents());
    let json = document.to_pretty_json().expect("the document is made of texts and numbers");
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT_DOOR: &str = include_str!("../docker/front-door.conf");

    #[test]
    fn the_front_door_of_the_programs_apart_has_the_document_of_all_of_them() {
        assert_eq!(
            include_str!("../docker/openapi.json"),
            openapi(),
            "cargo run -- --print-openapi > setup/docker/openapi.json"
        );
        assert!(FRONT_DOOR.contains("location = /openapi.json {"));
    }

    #[test]
    fn the_front_door_sends_to_the_processors_what_only_they_answer() {
        for path in order_processor::openapi().paths.paths.keys() {
            let location = FRONT_DOOR.split_once(&format!("location = {path} {{"));
            let (_, behind) = location.unwrap_or_else(|| panic!("{path} goes elsewhere"));
            let (block, _) = behind.split_once('}').expect("the block ends");
            assert!(block.contains("order-processor:8003"), "{path}: {block}");
        }
    }
}
