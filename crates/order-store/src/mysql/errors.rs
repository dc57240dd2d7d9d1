//! The one place that decides what an error of MySQL or MariaDB means.

use sqlx::Error;
use sqlx::migrate::MigrateError;
use sqlx::mysql::MySqlDatabaseError;

use crate::StoreError;

pub fn classify(error: Error) -> StoreError {
    match error {
        Error::Database(error) => match error.try_downcast_ref::<MySqlDatabaseError>() {
            Some(error) => {
                by_number(error.number(), error.code().unwrap_or_default(), error.message())
            }
            None => StoreError::Unavailable(error.to_string()),
        },
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

/// As [`classify`], for what the list of migrations came upon.
pub fn classify_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => classify(error),
        other => StoreError::Configuration(other.to_string()),
    }
}

const DUPLICATE: u16 = 1062;

/// Sources of the numbers: MySQL 8 Error Reference, "Server Error Message Reference"; MariaDB's list of
/// error codes. Of both, the first two characters of the SQLSTATE are the class.
fn by_number(number: u16, state: &str, message: &str) -> StoreError {
    let text = format!("{message} (error {number}, SQLSTATE {state})");
    match number {
        // Rows are looked up before they are written, so somebody was faster: look again. MariaDB does
        // not name the table before the key.
        DUPLICATE if message.ends_with("PRIMARY'") || message.ends_with("orders_by_id'") => {
            StoreError::Unavailable(text)
        }
        // This user has as many connections, or has asked as often, as it may.
        1203 | 1226 => StoreError::Unavailable(text),
        // A value or a row that does not fit, a check, what a trigger has signalled, a packet too large.
        1118 | 1153 | 1172 | 1264 | 1265 | 1292 | 1364 | 1366 | 1406 | 1644 | 3819 | 4025 => {
            StoreError::Refused(text)
        }
        // Rights, databases, tables, columns, functions, variables, a broken index, a password that ran
        // out, an account that is locked.
        1044..=1046
        | 1049
        | 1054
        | 1064
        | 1130
        | 1142
        | 1143
        | 1146
        | 1193
        | 1194
        | 1227
        | 1251
        | 1267
        | 1273
        | 1305
        | 1370
        | 1524
        | 1698
        | 1820
        | 1862
        | 1932
        | 3118
        | 4151 => StoreError::Configuration(text),
        _ => by_class(state.get(..2).unwrap_or_default(), text),
    }
}

fn by_class(class: &str, text: String) -> StoreError {
    match class {
        "28" | "3D" | "42" | "0A" => StoreError::Configuration(text),
        // The server's own: deadlock (40001), lost connections (08S01, 70100), and HY000 for everything
        // that has no class, such as lock waits (1205), read-only servers (1290, 1792, 1836) and full
        // disks (1021, 1114).
        "" | "08" | "25" | "40" | "70" | "HY" | "XA" => StoreError::Unavailable(text),
        // Data that don't fit (21, 22, 23, 44), or a class that a trigger has made up.
        _ => StoreError::Refused(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_say_what_the_caller_does_next() {
        let kind = |number, state, message| match by_number(number, state, message) {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Refused(_) => "refused",
            StoreError::Configuration(_) => "configuration",
            StoreError::CheckpointMoved(_) => "moved",
        };
        for (number, state, expected) in [
            (1213, "40001", "unavailable"),   // deadlock
            (1205, "HY000", "unavailable"),   // lock wait
            (1040, "08004", "unavailable"),   // too many connections
            (1203, "42000", "unavailable"),   // too many connections of this user
            (1226, "42000", "unavailable"),   // this user has used up what it may
            (1053, "08S01", "unavailable"),   // shutdown
            (1927, "70100", "unavailable"),   // connection killed
            (1290, "HY000", "unavailable"),   // read-only server
            (1792, "25006", "unavailable"),   // read-only transaction
            (1836, "HY000", "unavailable"),   // read-only InnoDB
            (1021, "HY000", "unavailable"),   // disk full
            (1114, "HY000", "unavailable"),   // table full
            (1030, "HY000", "unavailable"),   // error of the storage
            (1317, "70100", "unavailable"),   // interrupted
            (1969, "70100", "unavailable"),   // statement timeout of MariaDB
            (3024, "HY000", "unavailable"),   // statement timeout of MySQL
            (4031, "HY000", "unavailable"),   // ended for silence
            (1020, "HY000", "unavailable"),   // changed since it was read
            (1048, "23000", "refused"),       // not null
            (1264, "22003", "refused"),       // number out of range
            (1366, "22007", "refused"),       // no number
            (1406, "22001", "refused"),       // text too long
            (1644, "45000", "refused"),       // a trigger's signal
            (1644, "ZZ999", "refused"),       // a trigger's own class
            (3819, "HY000", "refused"),       // check, of MySQL
            (4025, "23000", "refused"),       // check, of MariaDB
            (1044, "42000", "configuration"), // no right to the database
            (1045, "28000", "configuration"), // password
            (1049, "42000", "configuration"), // no such database
            (1054, "42S22", "configuration"), // no such column
            (1142, "42000", "configuration"), // no right to the table
            (1146, "42S02", "configuration"), // no such table
            (1227, "42000", "configuration"), // no such right
        ] {
            assert_eq!(kind(number, state, ""), expected, "{number}");
        }
        for (message, expected) in [
            ("Duplicate entry '1' for key 'orders.PRIMARY'", "unavailable"),
            ("Duplicate entry '1' for key 'PRIMARY'", "unavailable"),
            ("Duplicate entry '1' for key 'orders_by_id'", "unavailable"),
            ("Duplicate entry '1' for key 'somebody_elses'", "refused"),
        ] {
            assert_eq!(kind(1062, "23000", message), expected, "{message}");
        }
    }
}
