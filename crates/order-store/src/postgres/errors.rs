//! The one place that decides what an error of Postgres means.

use sqlx::Error;
use sqlx::migrate::MigrateError;

use crate::StoreError;

pub fn classify(error: Error) -> StoreError {
    match error {
        Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let lost_race = error.constraint() == Some("orders_pkey");
            by_code(&code, lost_race, error.message())
        }
        Error::Migrate(error) => classify_migration(*error),
        Error::Configuration(_)
        | Error::Tls(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::ColumnNotFound(_)
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::TypeNotFound { .. } => StoreError::Configuration(error.to_string()),
        Error::Encode(_) => StoreError::Refused(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// As [`classify`], for what the migrations came upon.
pub fn classify_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) => classify(error),
        MigrateError::ExecuteMigration(error, version) => match classify(error) {
            unavailable @ StoreError::Unavailable(_) => unavailable,
            other => StoreError::Configuration(format!("migration {version}: {other}")),
        },
        MigrateError::VersionMissing(version) => StoreError::Configuration(format!(
            "the schema has version {version}, which is newer than this build"
        )),
        other => StoreError::Configuration(other.to_string()),
    }
}

/// Source of the codes: Postgres documentation, appendix A. The first two characters are the class.
fn by_code(code: &str, lost_race: bool, message: &str) -> StoreError {
    let text = format!("{message} (SQLSTATE {code})");
    if lost_race {
        // Orders are looked up before they are written, so somebody was faster: look again.
        return StoreError::Unavailable(text);
    }
    match code {
        // Privileges and undefined objects mend when a person does something; a standby, when it is
        // promoted.
        "25006" => return StoreError::Unavailable(text),
        "XX001" | "XX002" => return StoreError::Configuration(text),
        _ => {}
    }
    match code.get(..2).unwrap_or_default() {
        // Data, constraints, checks on views, limits of a row, RAISE.
        "21" | "22" | "23" | "44" | "54" | "P0" => StoreError::Refused(text),
        // Authorization, no such database or schema, syntax and undefined objects, unsupported.
        "28" | "3D" | "3F" | "42" | "0A" | "0L" | "0P" | "F0" => StoreError::Configuration(text),
        class if is_of_postgres(class) => StoreError::Unavailable(text),
        // A code that a trigger has made up.
        _ => StoreError::Refused(text),
    }
}

/// Standard classes begin with 0 to 4 or A to H; of the others, Postgres uses these.
fn is_of_postgres(class: &str) -> bool {
    matches!(class, "53" | "55" | "57" | "58" | "72" | "XX" | "")
        || class.starts_with(|first: char| matches!(first, '0'..='4' | 'A'..='H'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_the_caller_does_next() {
        let kind = |code| match by_code(code, false, "") {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Refused(_) => "refused",
            StoreError::Configuration(_) => "configuration",
            StoreError::CheckpointMoved(_) => "moved",
        };
        for (code, expected) in [
            ("08006", "unavailable"),   // connection failure
            ("25006", "unavailable"),   // read-only transaction
            ("40001", "unavailable"),   // serialization failure
            ("40P01", "unavailable"),   // deadlock
            ("53100", "unavailable"),   // disk full
            ("53300", "unavailable"),   // too many connections
            ("55P03", "unavailable"),   // lock not available
            ("57014", "unavailable"),   // statement timeout
            ("57P01", "unavailable"),   // shutdown by the administrator
            ("57P03", "unavailable"),   // starting up
            ("22021", "refused"),       // a NUL byte in a text
            ("22003", "refused"),       // number out of range
            ("23502", "refused"),       // not null
            ("23514", "refused"),       // check
            ("54000", "refused"),       // a row too large for its index
            ("P0001", "refused"),       // RAISE
            ("U0001", "refused"),       // a trigger's own code
            ("28P01", "configuration"), // wrong password
            ("3D000", "configuration"), // no such database
            ("42P01", "configuration"), // no such table
            ("42501", "configuration"), // no privilege
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
        assert!(by_code("23505", true, "").is_retryable());
    }
}
