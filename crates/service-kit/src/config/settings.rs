//! All layers together.

use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Value};
use figment::{Profile, Provider as _};
use serde::de::DeserializeOwned;

use super::layers::{Layer, Variable};
use super::{Common, CommonArgs, ConfigError, bounds, nearest, secrets};

/// The commented default file: the documentation of every key and its default.
pub const DEFAULTS: &str = include_str!("../../seriatim.default.toml");

/// The settings of one program.
#[derive(Clone, Debug)]
pub struct Settings {
    common: Common,
    figment: Figment,
    warnings: Vec<String>,
}

impl Settings {
    /// Reads the default file, the user's file, the environment and the flags; the later goes
    /// before the earlier. `listen` is where this program listens unless somebody says otherwise.
    pub fn load(args: &CommonArgs, listen: &str) -> Result<Self, ConfigError> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::load_with(args, listen, variables)
    }

    /// [`Settings::load`] with the environment given, for tests.
    ///
    /// # Panics
    /// Never: the default file is part of the build, and a test reads it.
    pub fn load_with(
        args: &CommonArgs,
        listen: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let known = parse(DEFAULTS).expect("the built-in default file is TOML");
        let mut layers = vec![Layer::single("the built-in defaults", "listen", listen)];
        layers.extend(user_file(args)?);
        let mut warnings = Vec::new();
        for (name, text) in variables {
            match Layer::variable(&name, &text, &known) {
                Variable::Setting(layer) => layers.push(layer),
                Variable::Unknown => warnings.push(unknown_variable(&name, &known)),
                Variable::Foreign => {}
            }
        }
        layers.extend(flags(args));
        let mut figment = Figment::from(Layer::new("the built-in defaults", known.clone()));
        for layer in layers {
            layer.check(&known)?;
            figment = figment.merge(layer);
        }
        bounds::check(&figment)?;
        let common: Common =
            figment.extract_lossy().map_err(|error| ConfigError::from_figment("", &error))?;
        Ok(Self { common: common.resolve()?, figment, warnings })
    }

    /// What every program has.
    pub const fn common(&self) -> &Common {
        &self.common
    }

    /// What looks like a mistake but is none for sure, in sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A program's own section, such as `producer`. Its type should deny unknown fields and bring no
    /// defaults: those stand in the default file.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        self.figment
            .focus(name)
            .extract_lossy()
            .map_err(|error| ConfigError::from_figment(name, &error))
    }

    /// The settings as TOML, without passwords.
    ///
    /// # Panics
    /// Never: what was read from TOML can be written as TOML.
    pub fn print(&self) -> String {
        let mut all: toml::Table = self.figment.extract().expect("settings are a table");
        all.insert("log".to_owned(), self.common.log.clone().into());
        all.insert("store".to_owned(), self.common.store.clone().into());
        secrets::hide(&mut all);
        toml::to_string(&all).expect("a table of plain values is TOML")
    }
}

fn unknown_variable(name: &str, known: &Dict) -> String {
    let nearest = nearest::variable(name, known);
    format!(
        "environment variable {name} is no setting and changes nothing; did you mean {nearest}?"
    )
}

fn user_file(args: &CommonArgs) -> Result<Option<Layer>, ConfigError> {
    let Some(path) = &args.config else { return Ok(None) };
    let wrong = |cause: String| ConfigError::File { path: path.display().to_string(), cause };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let dict = parse(&text).map_err(wrong)?;
    Ok(Some(Layer::new(format!("configuration file {}", path.display()), dict)))
}

/// The error says what is wrong, and where in the text.
pub(super) fn parse(text: &str) -> Result<Dict, String> {
    let mut profiles = Toml::string(text).data().map_err(|error| error.kind.to_string())?;
    Ok(profiles.remove(&Profile::Default).unwrap_or_default())
}

fn flags(args: &CommonArgs) -> impl Iterator<Item = Layer> {
    let path = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
    let format = args
        .log_format
        .and_then(|format| Value::serialize(format).ok().and_then(Value::into_string));
    [
        ("--listen", "listen", args.listen.clone()),
        ("--data-dir", "data_dir", args.data_dir.as_ref().map(path)),
        ("--log", "log", args.log.clone()),
        ("--store", "store", args.store.clone()),
        ("--log-format", "telemetry.format", format),
    ]
    .into_iter()
    .filter_map(|(flag, key, value)| Some(Layer::single(format!("flag {flag}"), key, value?)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Producer {
        requests_max: usize,
    }

    fn load(file: &str, variables: &[(&str, &str)], flags: CommonArgs) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        std::fs::write(&path, file).unwrap();
        let args = CommonArgs { config: Some(path.clone()), ..flags };
        let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load_with(&args, "127.0.0.1:8001", variables).map_err(|error| error.to_string())
    }

    fn without_folder(message: String) -> String {
        match (message.find('/'), message.find("my.toml")) {
            (Some(start), Some(end)) => format!("{}{}", &message[..start], &message[end..]),
            _ => message,
        }
    }

    fn refused(file: &str, variables: &[(&str, &str)]) -> String {
        load(file, variables, CommonArgs::default())
            .and_then(|settings| {
                settings.section::<Producer>("producer").map_err(|e| e.to_string())
            })
            .map_err(without_folder)
            .unwrap_err()
    }

    #[test]
    fn the_default_file_has_every_setting() {
        let settings = load("", &[], CommonArgs::default()).unwrap();
        let common = settings.common();
        assert_eq!(common.listen, "127.0.0.1:8001");
        assert_eq!(common.log, "sqlite:data/log");
        assert_eq!(common.store, "sqlite:data/store.sqlite");
        assert_eq!(common.append_timeout, Duration::from_secs(5));
        assert_eq!(common.topics.partitions.get(), 4);
        assert_eq!(common.topics.retention, None);
        assert_eq!(common.trading.market, "market/main");
        assert_eq!(common.trading.seed.as_os_str(), "");
        assert!(common.kafka.properties.is_empty());
    }

    #[test]
    fn flags_go_before_variables_before_the_file_before_the_defaults() {
        let file =
            "listen = 'a:1'\ndata_dir = 'file'\nlog = 'kafka://file'\n[http]\nconnections_max = 7";
        let variables = [
            ("SERIATIM_DATA_DIR", "2026"),
            ("SERIATIM_LOG", "kafka://variable"),
            ("SERIATIM_PRODUCER__REQUESTS_MAX", "9"),
            ("SERIATIM_PORT", "tcp://10.0.0.1:8000"),
            ("PATH", "/bin"),
        ];
        let flags = CommonArgs { log: Some("kafka://flag".into()), ..CommonArgs::default() };
        let settings = load(file, &variables, flags).unwrap();
        let common = settings.common();
        assert_eq!(common.listen, "a:1");
        assert_eq!(common.http.connections_max.get(), 7);
        assert_eq!(common.data_dir.to_str(), Some("2026"));
        assert_eq!(common.store, "sqlite:2026/store.sqlite");
        assert_eq!(common.log, "kafka://flag");
        assert_eq!(settings.section::<Producer>("producer").unwrap().requests_max, 9);
    }

    #[test]
    fn a_variable_that_is_no_setting_is_told_with_the_nearest_one() {
        let variables = [
            ("SERIATIM_DATADIR", "/srv"),
            ("SERIATIM_PRODUCER_REQUESTS_MAX", "7"),
            ("SERIATIM_LISTEN", "a:1"),
            // Kubernetes', the flag's, the tests', and somebody else's.
            ("SERIATIM_PORT", "tcp://10.0.0.1:8000"),
            ("SERIATIM_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("SERIATIM_QUERY_SERVICE_HOST", "10.0.0.1"),
            ("SERIATIM_QUERY_SERVICE_PORT_HTTP", "8000"),
            ("SERIATIM_CONFIG", "my.toml"),
            ("SERIATIM_TEST_KAFKA", "kafka://localhost"),
            ("SERIATIM_SERVICES_DIR", "/tmp"),
            ("SERIATIM_CRASH_ROUNDS", "20"),
            ("PATH", "/bin"),
        ];
        let settings = load("", &variables, CommonArgs::default()).unwrap();
        let told = |name: &str, nearest: &str| {
            format!(
                "environment variable {name} is no setting and changes nothing; did you mean {nearest}?"
            )
        };
        assert_eq!(
            settings.warnings(),
            [
                told("SERIATIM_DATADIR", "SERIATIM_DATA_DIR"),
                told("SERIATIM_PRODUCER_REQUESTS_MAX", "SERIATIM_PRODUCER__REQUESTS_MAX"),
            ]
        );
    }

    #[test]
    fn properties_of_kafka_keep_their_dotted_names() {
        let file = "[kafka.properties]\n\"ssl.ca.location\" = '/ca'\nsecurity.protocol = 'SSL'";
        let variables = [("SERIATIM_KAFKA__PROPERTIES__SASL__PASSWORD", "12345")];
        let settings = load(file, &variables, CommonArgs::default()).unwrap();
        let properties: Vec<_> = settings.common().kafka.properties.iter().collect();
        let text = |pairs: Vec<(&String, &String)>| format!("{pairs:?}");
        assert_eq!(
            text(properties),
            r#"[("sasl.password", "12345"), ("security.protocol", "SSL"), ("ssl.ca.location", "/ca")]"#
        );
        assert!(!settings.print().contains("12345"), "{}", settings.print());
    }

    #[test]
    fn what_is_wrong_is_told_in_a_sentence_with_its_source() {
        let file = "configuration file my.toml";
        assert_eq!(
            refused("[prodcuer]\nx = 1", &[]),
            format!(
                "{file}: there is no setting \"prodcuer\"; did you mean \"producer\"? \
                 seriatim.default.toml lists them all"
            )
        );
        assert_eq!(
            refused("[http]\nconnections = 1", &[]),
            format!(
                "{file}: there is no setting \"http.connections\"; did you mean \
                 \"http.connections_max\"? seriatim.default.toml lists them all"
            )
        );
        assert_eq!(
            refused("[producer]\nrequests_max = 'many'", &[]),
            format!(
                "{file}: setting \"producer.requests_max\": invalid type: found string \"many\", expected usize"
            )
        );
        assert_eq!(
            refused("", &[("SERIATIM_TOPICS__PARTITIONS", "0")]),
            "environment variable SERIATIM_TOPICS__PARTITIONS: setting \"topics.partitions\": \
             0 is not within 1 to 4096"
        );
        assert_eq!(
            refused("", &[("SERIATIM_PRODUCER__REQUEST_MAX", "1")]),
            "environment variable SERIATIM_PRODUCER__REQUEST_MAX: there is no setting \
             \"producer.request_max\"; did you mean \"producer.requests_max\"? \
             seriatim.default.toml lists them all"
        );
        assert!(refused("log = ", &[]).starts_with("configuration file my.toml: "));
    }

    #[test]
    fn a_data_directory_that_no_url_can_hold_is_refused() {
        for name in ["50%20off", "what?"] {
            let error = refused("", &[("SERIATIM_DATA_DIR", name)]);
            assert!(error.starts_with("setting \"data_dir\": a URL can't hold"), "{error}");
        }
        let urls = [("SERIATIM_LOG", "sqlite:log"), ("SERIATIM_STORE", "sqlite:store.sqlite")];
        let variables = [&[("SERIATIM_DATA_DIR", "50%")], &urls[..]].concat();
        assert!(load("", &variables, CommonArgs::default()).is_ok());
    }

    #[test]
    fn a_missing_file_is_told() {
        let args = CommonArgs { config: Some("/nowhere.toml".into()), ..CommonArgs::default() };
        let error = Settings::load_with(&args, "", []).unwrap_err().to_string();
        assert!(error.starts_with("configuration file /nowhere.toml: No such file"), "{error}");
    }

    #[test]
    fn the_printed_settings_are_toml_without_passwords() {
        let store = "postgres://me:se:cr@et@db/orders";
        let flags = CommonArgs { store: Some(store.into()), ..CommonArgs::default() };
        let printed = load("", &[], flags).unwrap().print();
        assert!(printed.contains("store = \"postgres://me:***@db/orders\""), "{printed}");
        assert!(printed.contains("log = \"sqlite:data/log\""), "{printed}");
        assert!(printed.parse::<toml::Table>().is_ok());
    }
}
