//! The release programs, built by cargo where need be.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use tokio::process::Command;

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The all-in-one.
    pub seriatim: PathBuf,
    /// The producer alone.
    pub producer: PathBuf,
    /// The processor alone.
    pub processor: PathBuf,
    /// The replay program.
    pub replay: PathBuf,
    /// The store's bare inserts.
    pub bare_inserts: PathBuf,
    /// The order book's benchmark.
    pub order_book_flows: PathBuf,
    /// The engine's benchmark.
    pub market_throughput: PathBuf,
    /// The load generator.
    pub oha: PathBuf,
    /// This program, which is also the bare server.
    pub diagnostics: PathBuf,
}

impl Programs {
    /// Takes what the arguments name and builds the rest.
    pub async fn find(folder: Option<&Path>, oha: Option<&Path>) -> anyhow::Result<Self> {
        let oha = match oha {
            Some(path) => path.to_owned(),
            None => build_oha().await?,
        };
        match folder {
            Some(folder) => Self::in_folder(folder, oha),
            None => Self::build(oha).await,
        }
    }

    fn in_folder(folder: &Path, oha: PathBuf) -> anyhow::Result<Self> {
        let program = |name: &str| {
            let path = folder.join(name);
            ensure!(path.is_file(), "there is no program {}", path.display());
            Ok(path)
        };
        Ok(Self {
            seriatim: program("seriatim")?,
            producer: program("order-producer-api")?,
            processor: program("order-processor")?,
            replay: program("replay")?,
            bare_inserts: program("examples/bare_inserts")?,
            order_book_flows: newest_bench(folder, "flows")?,
            market_throughput: program("examples/market_throughput")?,
            oha,
            diagnostics: this_program()?,
        })
    }

    async fn build(oha: PathBuf) -> anyhow::Result<Self> {
        // This package is among them so that all share one build of what they depend on.
        let built = cargo_build(&[
            "-p",
            "setup",
            "-p",
            "order-producer-api",
            "-p",
            "order-processor",
            "-p",
            "order-store",
            "-p",
            "order-book",
            "-p",
            "order-engine",
            "-p",
            "replay",
            "-p",
            "diagnostics",
            "--bins",
            "--example",
            "bare_inserts",
            "--example",
            "market_throughput",
            "--bench",
            "flows",
        ])
        .await?;
        Ok(Self {
            seriatim: program(&built, "seriatim")?,
            producer: program(&built, "order-producer-api")?,
            processor: program(&built, "order-processor")?,
            replay: program(&built, "replay")?,
            bare_inserts: program(&built, "bare_inserts")?,
            order_book_flows: program(&built, "flows")?,
            market_throughput: program(&built, "market_throughput")?,
            oha,
            diagnostics: this_program()?,
        })
    }
}

/// The benchmark `name` that was built last: cargo puts a hash behind its name.
fn newest_bench(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let deps = folder.join("deps");
    let built = std::fs::read_dir(&deps).with_context(|| format!("reading {}", deps.display()))?;
    let programs = built.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_it = stem.rsplit_once('-').is_some_and(|(named, _)| named == name);
        is_it && path.extension().is_none_or(|extension| extension == "exe")
    });
    let newest = programs.max_by_key(|path| path.metadata().and_then(|of| of.modified()).ok());
    newest.with_context(|| format!("there is no benchmark {name} in {}", deps.display()))
}

fn this_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("finding this program")
}

/// The oha of this checkout, which takes minutes where it was not built before.
pub async fn build_oha() -> anyhow::Result<PathBuf> {
    let manifest = workspace().join("diagnostics/oha/Cargo.toml");
    program(&cargo_build(&["--manifest-path", &manifest.to_string_lossy()]).await?, "oha")
}

/// The root of the checkout that this program was built from.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `cargo build --release --locked` of something; cargo's progress goes to stderr.
async fn cargo_build(arguments: &[&str]) -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"])
        .args(arguments)
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("running cargo")?;
    ensure!(output.status.success(), "cargo build {arguments:?} ended with {}", output.status);
    String::from_utf8(output.stdout).context("reading what cargo built")
}

/// A line of cargo's messages that tells of a program.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn program(messages: &str, name: &str) -> anyhow::Result<PathBuf> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut named = artifacts.filter(|artifact| artifact.target.name == name);
    match named.find_map(|artifact| artifact.executable) {
        Some(path) => Ok(path),
        None => bail!("cargo built no program {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"seriatim"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"seriatim"},"executable":"/t/seriatim"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(program(messages, "seriatim").unwrap(), Path::new("/t/seriatim"));
        assert!(program(messages, "oha").is_err());
    }
}
