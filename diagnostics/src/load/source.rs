//! Which request comes next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http1_client::{Keep, Prepared, TargetUrl, Unsendable, Wire};
use service_kit::exit::Usage;

use super::args::LoadArgs;
use super::mix::{Making, Placed};
use super::rows::Rows;
use super::tally::TaskId;

/// A request to be sent.
pub(super) struct Request {
    pub(super) task: TaskId,
    pub(super) prepared: Prepared,
    pub(super) keep: Keep,
    pub(super) follow: Option<Follow>,
}

/// Where the location of what a request made is remembered, so that later ones can name it.
pub(super) struct Follow {
    pub(super) placed: Arc<Placed>,
    pub(super) owner: usize,
}

impl Follow {
    pub(super) fn remember(&self, location: &str) {
        self.placed.add(location, self.owner);
    }
}

/// Where requests come from.
pub(super) enum Source {
    /// Given bodies, one after the other.
    Bodies { requests: Vec<Prepared>, next: AtomicUsize },
    /// Made up.
    Mix(Box<Making>),
    /// Recorded.
    Rows(Rows),
}

impl Source {
    /// What the arguments name.
    pub(super) async fn open(args: &LoadArgs) -> anyhow::Result<Self> {
        if let Some(bodies) = bodies(args)? {
            let outfit = Outfit::of(args)?;
            let prepare = |body: &String| outfit.prepare(&args.method, &args.path, body);
            let requests: Result<Vec<_>, _> = bodies.iter().map(prepare).collect();
            let requests = requests.map_err(|error| Usage::new(error.to_string()))?;
            return Ok(Self::Bodies { requests, next: AtomicUsize::new(0) });
        }
        if let Some(archive) = &args.archive {
            return Ok(Self::Rows(Rows::open(archive, Outfit::of(args)?).await?));
        }
        let mix = args.mix.clone().unwrap_or_default();
        Ok(Self::Mix(Box::new(Making::new(mix, Outfit::of(args)?, args.seed))))
    }

    /// The next one; `None` when an archive can't be read any further.
    pub(super) async fn next(&self) -> Option<Request> {
        match self {
            Self::Bodies { requests, next } => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let prepared = requests[number % requests.len()].clone();
                Some(Request { task: TaskId(0), prepared, keep: Keep::Refusals, follow: None })
            }
            Self::Mix(making) => Some(making.next()),
            Self::Rows(rows) => rows.next().await,
        }
    }

    /// Why there is no next one.
    pub(super) fn failure(&self) -> Option<anyhow::Error> {
        match self {
            Self::Rows(rows) => rows.failure(),
            Self::Bodies { .. } | Self::Mix(_) => None,
        }
    }

    /// The names of the kinds of requests.
    pub(super) fn tasks(&self) -> Vec<String> {
        match self {
            Self::Mix(making) => making.mix().names(),
            Self::Bodies { .. } | Self::Rows(_) => vec!["request".to_owned()],
        }
    }

    /// Whether a market must be there before the first request.
    pub(super) fn needs_market(&self) -> bool {
        match self {
            Self::Mix(making) => making.mix().trades(),
            Self::Bodies { .. } | Self::Rows(_) => false,
        }
    }
}

/// What is sent, in a few words.
pub(super) fn describe(args: &LoadArgs) -> String {
    let of = |what: &str| format!("{what}, {} {}", args.method, args.path);
    match (&args.bodies, &args.archive) {
        (Some(file), _) => of(&format!("bodies of {}", file.display())),
        (_, Some(archive)) => format!("requests of the archive {archive}"),
        _ if args.body.is_some() || args.body_file.is_some() => of("one body"),
        _ => format!("{}, seed {}", args.mix.clone().unwrap_or_default(), args.seed),
    }
}

/// The bodies that were given, at least one; `None` if something else was asked for.
pub(super) fn bodies(args: &LoadArgs) -> anyhow::Result<Option<Vec<String>>> {
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path)
            .map_err(|error| Usage::new(format!("{}: {error}", path.display())))
    };
    if let Some(body) = &args.body {
        return Ok(Some(vec![body.clone()]));
    }
    if let Some(path) = &args.body_file {
        return Ok(Some(vec![read(path)?]));
    }
    let Some(path) = &args.bodies else { return Ok(None) };
    let bodies: Vec<_> = read(path)?.lines().map(str::to_owned).collect();
    if bodies.is_empty() {
        return Err(Usage::new(format!("{} has no line", path.display())).into());
    }
    Ok(Some(bodies))
}

/// What every request of a load has.
#[derive(Clone)]
pub(super) struct Outfit {
    target: TargetUrl,
    headers: Vec<(String, String)>,
    /// Whether a header says what a body is.
    typed: bool,
}

impl Outfit {
    /// Fails where a header can't be sent.
    pub(super) fn of(args: &LoadArgs) -> Result<Self, Usage> {
        let named = |header: &(String, String)| header.0.eq_ignore_ascii_case("content-type");
        let headers = args.headers.clone();
        let typed = headers.iter().any(named);
        let outfit = Self { target: args.target.clone(), headers, typed };
        let tried = outfit.prepare("GET", "/", "");
        tried.map(|_| outfit).map_err(|error| Usage::new(error.to_string()))
    }

    /// To this target, with no header of its own.
    pub(super) fn bare(target: TargetUrl) -> Self {
        Self { target, headers: Vec::new(), typed: false }
    }

    /// A request. Its body is JSON unless a header says otherwise.
    pub(super) fn prepare(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Prepared, Unsendable> {
        let mut wire = self.begin(method, path, body.len())?;
        if !body.is_empty() && !self.typed {
            wire.recorded("content-type", "application/json")?;
        }
        Ok(wire.end(body.as_bytes()))
    }

    /// The beginning of a request that has more headers.
    pub(super) fn begin(
        &self,
        method: &str,
        path: &str,
        body_bytes: usize,
    ) -> Result<Wire, Unsendable> {
        let mut wire = Wire::begin(&self.target, method, path, body_bytes)?;
        for (name, value) in &self.headers {
            wire.recorded(name, value)?;
        }
        Ok(wire)
    }
}
