//! What the URL of a SQL Server store says.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tiberius::{AuthMethod, Config, EncryptionLevel};
use url::Url;

use crate::StoreError;

/// The port where SQL Server listens unless it is told otherwise.
const DEFAULT_PORT: u16 = 1433;

/// A database, and how to get in. Its secrets are never shown.
#[derive(Clone)]
pub struct Options {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// By what customers are searched for.
    pub search: Search,
    /// Whether the database is that of a later generation, which may be dropped while it is in use.
    pub may_be_dropped: bool,
    login: Login,
    encryption: EncryptionLevel,
    trust: Trust,
}

/// By what customers are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The table of words: what is projected is found at once.
    Words,
    /// SQL Server's full-text index, which follows the projection by itself, a little later.
    FullText,
}

#[derive(Clone)]
enum Login {
    /// A login of SQL Server's own.
    Password { user: String, password: String },
    /// An access token of Microsoft Entra ID, read anew for every connection, for it expires.
    TokenFile(PathBuf),
    /// The same, from an environment variable.
    TokenVariable(String),
}

#[derive(Clone)]
enum Trust {
    /// What the operating system trusts.
    System,
    /// That, and the authorities in this file.
    Authority(PathBuf),
    /// Any certificate: whoever answers may read along.
    Anything,
}

impl Options {
    /// Reads `mssql://user:password@host:port/database?...`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let url = Url::parse(text).map_err(|error| wrong(format!("is no URL: {error}")))?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("names no host"))?;
        let mut options = Self {
            // An address of version 6 stands in brackets.
            host: decoded(host)?.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(DEFAULT_PORT),
            database: decoded(url.path().trim_matches('/'))?,
            search: Search::Words,
            may_be_dropped: false,
            login: Login::Password {
                user: decoded(url.username())?,
                password: decoded(url.password().unwrap_or_default())?,
            },
            encryption: EncryptionLevel::Required,
            trust: Trust::System,
        };
        if options.database.is_empty() {
            return Err(wrong("names no database: mssql://user:password@host/database"));
        }
        for (name, value) in url.query_pairs() {
            options.set(&name, value.into_owned())?;
        }
        match &options.login {
            Login::Password { user, .. } if user.is_empty() => {
                Err(wrong("has neither a user nor token-file nor token-variable"))
            }
            Login::TokenFile(_) | Login::TokenVariable(_) if !url.username().is_empty() => {
                Err(wrong("has both a user and a token"))
            }
            _ => Ok(options),
        }
    }

    /// The same server and login, and the database of a later generation.
    pub fn of_generation(&self, database: String) -> Self {
        Self { database, may_be_dropped: true, ..self.clone() }
    }

    /// The error, with the server that it is about.
    pub fn at_server(&self, error: StoreError) -> StoreError {
        error.at_server("SQL Server", &format!("{}:{}", self.host, self.port))
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), StoreError> {
        match (name, value.as_str()) {
            ("encrypt", "required") => self.encryption = EncryptionLevel::Required,
            ("encrypt", "strict") => self.encryption = EncryptionLevel::Strict,
            ("encrypt", "login") => self.encryption = EncryptionLevel::Off,
            ("encrypt", "off") => self.encryption = EncryptionLevel::NotSupported,
            ("encrypt", _) => {
                return Err(wrong("has encrypt= other than required, strict, login, off"));
            }
            ("trust", "system") => self.trust = Trust::System,
            ("trust", "anything") => self.trust = Trust::Anything,
            ("trust", _) => return Err(wrong("has trust= other than system, anything")),
            ("ca-file", _) => self.trust = Trust::Authority(value.into()),
            ("token-file", _) => self.login = Login::TokenFile(value.into()),
            ("token-variable", _) => self.login = Login::TokenVariable(value),
            ("search", "words") => self.search = Search::Words,
            ("search", "full-text") => self.search = Search::FullText,
            ("search", _) => return Err(wrong("has search= other than words, full-text")),
            _ => return Err(wrong(format!("has an option that is not known: {name}"))),
        }
        Ok(())
    }

    /// What the driver is told. Reads the token, where there is one.
    pub async fn driver_config(&self) -> Result<Config, StoreError> {
        let mut config = Config::new();
        config.host(&self.host);
        config.port(self.port);
        config.database(&self.database);
        config.application_name("seriatim");
        config.encryption(self.encryption);
        // Ours end earlier, or are meant to be long.
        config.handshake_timeout(None);
        config.command_timeout(None);
        match &self.trust {
            Trust::System => {}
            Trust::Authority(file) => config.trust_cert_ca(file.display()),
            Trust::Anything => config.trust_cert(),
        }
        config.authentication(match &self.login {
            Login::Password { user, password } => AuthMethod::sql_server(user, password),
            Login::TokenFile(file) => {
                let token = tokio::fs::read_to_string(file).await.map_err(|error| {
                    StoreError::Configuration(format!("the token file {}: {error}", file.display()))
                })?;
                AuthMethod::aad_token(token.trim())
            }
            Login::TokenVariable(name) => {
                let token = std::env::var(name).map_err(|error| {
                    StoreError::Configuration(format!("the token variable {name}: {error}"))
                })?;
                AuthMethod::aad_token(token.trim())
            }
        });
        Ok(config)
    }
}

fn decoded(text: &str) -> Result<String, StoreError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| wrong("holds percent signs that stand for no UTF-8"))
}

/// Says what is wrong with the URL, and never the URL: there may be a password in it.
fn wrong(what: impl std::fmt::Display) -> StoreError {
    StoreError::Configuration(format!("the store's URL {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        match Options::parse(url) {
            Err(StoreError::Configuration(cause)) => cause,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{url} was taken"),
        }
    }

    #[test]
    fn a_url_names_server_database_and_login() {
        let options =
            Options::parse("mssql://sa:p%40ss%2Fword@db.example:14330/shop%20one").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("db.example", 14_330));
        assert_eq!(options.database, "shop one");
        assert_eq!(options.search, Search::Words);
        assert_eq!(options.encryption, EncryptionLevel::Required);
        let Login::Password { user, password } = &options.login else { panic!("a password") };
        assert_eq!((user.as_str(), password.as_str()), ("sa", "p@ss/word"));

        let options =
            Options::parse("mssql://u:p@[::1]/shop?encrypt=strict&search=full-text").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("::1", 1433));
        assert_eq!(options.encryption, EncryptionLevel::Strict);
        assert_eq!(options.search, Search::FullText);
    }

    #[test]
    fn a_url_that_can_not_work_is_refused_in_a_sentence_without_its_secrets() {
        for (url, says) in [
            ("mssql://u:secret@h", "the store's URL names no database"),
            ("mssql://u:secret@h/", "the store's URL names no database"),
            ("mssql:///shop", "the store's URL names no host"),
            ("mssql://h/shop", "the store's URL has neither a user nor token-file"),
            ("mssql://u:secret@h:99999/shop", "the store's URL is no URL"),
            ("mssql://u:secret@h/shop?encrypt=yes", "the store's URL has encrypt= other than"),
            ("mssql://u:secret@h/shop?trust=me", "the store's URL has trust= other than"),
            ("mssql://u:secret@h/shop?search=secret", "the store's URL has search= other than"),
            ("mssql://u:secret@h/shop?speed=high", "has an option that is not known: speed"),
            (
                "mssql://u:secret@h/shop?token-file=/t",
                "the store's URL has both a user and a token",
            ),
        ] {
            let cause = refused(url);
            assert!(cause.contains(says) && !cause.contains("secret"), "{url}: {cause}");
        }
    }

    #[tokio::test]
    async fn a_token_that_is_not_there_is_named_and_one_that_is_stays_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "the-token").unwrap();
        let url = format!("mssql://h/shop?token-file={}", file.path().display());
        let options = Options::parse(&url).unwrap();
        let shown = format!("{:?}", options.driver_config().await.unwrap());
        assert!(!shown.contains("the-token"), "{shown}");
        drop(file);
        let Err(error) = options.driver_config().await else { panic!("the file is gone") };
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
        let unset = Options::parse("mssql://h/shop?token-variable=SERIATIM_NO_SUCH_TOKEN").unwrap();
        let Err(error) = unset.driver_config().await else { panic!("no such variable") };
        assert!(error.to_string().contains("SERIATIM_NO_SUCH_TOKEN"), "{error}");
    }
}
