//! The one place that decides what an error of SQL Server means.

use tiberius::error::{Error, TokenError};

use crate::StoreError;

pub fn classify(error: Error) -> StoreError {
    match error {
        Error::Server(error) => by_number(error.code(), error.class(), error.message()),
        Error::Tls(_)
        | Error::Encoding(_)
        | Error::Conversion(_)
        | Error::Utf8
        | Error::Utf16
        | Error::ParseInt(_) => StoreError::Configuration(error.to_string()),
        Error::BulkInput(_) => StoreError::Refused(error.to_string()),
        // The connection broke, or what came over it made no sense.
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// The server's number of an error; `None` where it did not come from the server.
pub fn number_of(error: &Error) -> Option<u32> {
    match error {
        Error::Server(error) => Some(TokenError::code(error)),
        _ => None,
    }
}

/// Whether the server can't open the database that a login has asked for.
pub fn is_no_such_database(error: &Error) -> bool {
    number_of(error) == Some(CANNOT_OPEN_DATABASE)
}

/// Source of the numbers: SQL Server documentation, "Database engine events and errors", and for Azure
/// SQL "Troubleshoot transient connection errors". The class is the severity.
fn by_number(number: u32, class: u8, message: &str) -> StoreError {
    let text = format!("{message} (SQL Server error {number})");
    match number {
        // A row with a key of ours is looked up before it is written, so somebody was faster: look again.
        DUPLICATE_KEY | DUPLICATE_INDEX_KEY if OUR_KEYS.iter().any(|key| message.contains(key)) => {
            StoreError::Unavailable(text)
        }
        DUPLICATE_KEY | DUPLICATE_INDEX_KEY => StoreError::Refused(text),
        _ if is_passing(number) => StoreError::Unavailable(text),
        _ if is_for_a_person(number) => StoreError::Configuration(text),
        _ => match class {
            // 14 is about permissions, 15 about syntax, 11 about things that are not there.
            11 | 14 | 15 => StoreError::Configuration(text),
            // 13 is about transactions that lost, 17 and more about resources and a broken connection.
            12 | 13 | 17.. => StoreError::Unavailable(text),
            // Constraints, conversions, what does not fit, what a trigger has thrown.
            _ => StoreError::Refused(text),
        },
    }
}

const DUPLICATE_KEY: u32 = 2627;
const DUPLICATE_INDEX_KEY: u32 = 2601;
const CANNOT_OPEN_DATABASE: u32 = 4060;

/// How the names of our unique indexes end, as messages quote them. The tables in the order of time are
/// filled by that index before any other.
const OUR_KEYS: [&str; 2] = ["_key'", "orders_by_time'"];

/// The same call may succeed later, without anybody's help.
const fn is_passing(number: u32) -> bool {
    matches!(
        number,
        // No memory, no locks, no room in files or the log.
        701 | 802 | 1101 | 1105 | 1204 | 8645 | 8651 | 9002
        // Deadlock; lock time-out; a database that is being changed, or that others use.
        | 1205 | 1222 | 1807 | 3702 | 5061 | 5064 | 5070
        // Snapshot transactions that lost, or whose table was altered meanwhile.
        | 3957 | 3960 | 3961 | 3966
        // Read-only; recovering, restoring, starting, offline, in use by one.
        | 3906 | 3908 | 921..=924 | 926 | 927 | 942 | 945 | 952
        // The database can't be opened: it may be changing, starting, failing over, or not there at all, and
        // the server does not say which.
        | CANNOT_OPEN_DATABASE
        // A replica that can't be read or written now.
        | 954 | 955 | 976 | 978 | 979 | 982 | 983 | 988
        // The session or the server ended; it is paused, starting or full.
        | 596 | 6005 | 6006 | 17_142 | 17_187 | 17_197 | 17_809 | 17_811 | 18_401
        // The connection, by numbers of the network.
        | 64 | 121 | 233 | 10_053 | 10_054 | 10_060
        // Azure SQL: failover, throttling, used-up resources, waking up.
        | 4221 | 10_928 | 10_929 | 10_936 | 40_143 | 40_197 | 40_501 | 40_540 | 40_544
        | 40_549..=40_553 | 40_613 | 42_108 | 42_109 | 49_918..=49_920
    )
}

/// The configuration, the schema or the permissions can't work.
const fn is_for_a_person(number: u32) -> bool {
    matches!(
        number,
        // Names that are not there, objects that are not as this build expects them.
        195 | 201 | 207 | 208 | 213 | 468 | 911 | 1934 | 2812 | 4104 | 4121 | 8144 | 8145 | 8156
        // A database of the server's own, whose options can't be set.
        | 5058
        // Permissions, logins; Azure SQL: the firewall.
        | 229 | 230 | 262 | 297 | 300 | 916 | 5011 | 15_247 | 18_452 | 18_456 | 18_470
        | 18_486
            ..=18_488 | 40_531 | 40_532 | 40_615
        // Snapshots are not allowed in this database; full-text search isn't there.
        | 3952 | 7601 | 7609
        // Damaged pages.
        | 605 | 823 | 824
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(number: u32, class: u8, message: &str) -> &'static str {
        match by_number(number, class, message) {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Refused(_) => "refused",
            StoreError::Configuration(_) => "configuration",
            StoreError::CheckpointMoved(_) => "moved",
        }
    }

    #[test]
    fn numbers_say_what_the_caller_does_next() {
        for (number, class, expected) in [
            (1205, 13, "unavailable"),   // deadlock victim
            (1222, 16, "unavailable"),   // lock request time-out
            (3702, 16, "unavailable"),   // a database that is to be dropped is in use
            (5064, 16, "unavailable"),   // it is in use by one who is not us
            (3960, 16, "unavailable"),   // snapshot conflict
            (3906, 16, "unavailable"),   // the database is read-only
            (4221, 16, "unavailable"),   // a replica that is not ready for logins
            (10_928, 20, "unavailable"), // Azure: resource limit
            (10_929, 20, "unavailable"),
            (40_197, 17, "unavailable"), // Azure: failover
            (40_501, 20, "unavailable"), // Azure: throttled
            (40_613, 17, "unavailable"), // Azure: not available
            (49_918, 16, "unavailable"), // Azure: too many operations
            (49_919, 16, "unavailable"),
            (49_920, 16, "unavailable"),
            (9002, 17, "unavailable"),     // the log is full
            (99_999, 17, "unavailable"),   // unknown, of resources
            (99_999, 20, "unavailable"),   // unknown, fatal to the connection
            (245, 16, "refused"),          // conversion failed
            (515, 16, "refused"),          // null where none may be
            (547, 16, "refused"),          // a check or a foreign key
            (2628, 16, "refused"),         // would be truncated
            (8115, 16, "refused"),         // arithmetic overflow
            (50_000, 16, "refused"),       // what a trigger threw
            (102, 15, "configuration"),    // syntax
            (208, 16, "configuration"),    // no such table
            (229, 14, "configuration"),    // no permission
            (3952, 16, "configuration"),   // snapshots are not allowed
            (4060, 11, "unavailable"),     // the database can't be opened
            (18_456, 14, "configuration"), // login failed
        ] {
            assert_eq!(kind(number, class, ""), expected, "{number}");
        }
    }

    #[test]
    fn a_lost_race_for_a_key_of_ours_is_tried_again_and_any_other_duplicate_is_not() {
        let ours = "Violation of PRIMARY KEY constraint 'orders_key'. Cannot insert duplicate key";
        assert_eq!(kind(2627, 14, ours), "unavailable");
        let ours = "Cannot insert duplicate key row in object 'dbo.orders' with unique index 'orders_by_time'";
        assert_eq!(kind(2601, 14, ours), "unavailable");
        let other =
            "Violation of UNIQUE KEY constraint 'one_order_a_day'. Cannot insert duplicate key";
        assert_eq!(kind(2627, 14, other), "refused");
        let index =
            "Cannot insert duplicate key row in object 'dbo.orders' with unique index 'mine'";
        assert_eq!(kind(2601, 14, index), "refused");
    }

    #[test]
    fn a_broken_connection_is_tried_again() {
        let broken = Error::Io { kind: std::io::ErrorKind::UnexpectedEof, message: "cut".into() };
        assert!(classify(broken).is_retryable());
        assert!(classify(Error::Protocol("no DONE".into())).is_retryable());
        let untrusted = classify(Error::Tls("unknown issuer".into()));
        assert!(matches!(untrusted, StoreError::Configuration(_)), "{untrusted}");
    }
}
