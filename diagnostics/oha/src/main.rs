//! oha, as its own program runs it: the flags are those of <https://github.com/hatoo/oha>.

use std::process::ExitCode;

use clap::Parser as _;
use oha::{Opts, run};

fn main() -> ExitCode {
    let options = Opts::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.worker_threads.get())
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(options)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oha: {error:#}");
            ExitCode::FAILURE
        }
    }
}
