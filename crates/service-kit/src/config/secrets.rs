//! What is not shown of settings.

/// What stands instead of a secret.
const HIDDEN: &str = "***";

/// A URL as it may be shown: `scheme://user:***@host/path?password=***`.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // The last one: a password may hold an '@' that should have been encoded.
    let Some((credentials, host)) = rest.rsplit_once('@') else {
        return format!("{scheme}://{}", without_secret_parameters(rest));
    };
    let host = without_secret_parameters(host);
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{host}"),
        None => format!("{scheme}://{credentials}@{host}"),
    }
}

fn without_secret_parameters(host: &str) -> String {
    let Some((before, query)) = host.split_once('?') else { return host.to_owned() };
    let shown = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        _ => parameter.to_owned(),
    });
    format!("{before}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// Puts [`HIDDEN`] where a table of settings holds a secret.
pub(super) fn hide(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(inner) => hide(inner),
            toml::Value::String(text) => *text = without_password(text),
            _ => {}
        }
        if is_secret(key) {
            *value = HIDDEN.into();
        }
    }
}

/// Whether a key holds a secret: a parameter of a URL, or a property of librdkafka (its last part, where it
/// was nested).
fn is_secret(key: &str) -> bool {
    ["password", "secret", "pem", "jaas"].iter().any(|word| key.to_ascii_lowercase().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://me:s3:c@ret@db/x", "postgres://me:***@db/x"),
            ("postgres://me@db/x", "postgres://me@db/x"),
            ("postgres://db/x?user=me&password=s3cret", "postgres://db/x?user=me&password=***"),
            ("mssql://me:s3cret@db/x?encrypt=strict", "mssql://me:***@db/x?encrypt=strict"),
            ("kafka://a:9092,b:9092", "kafka://a:9092,b:9092"),
            ("sqlite:data/log", "sqlite:data/log"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
