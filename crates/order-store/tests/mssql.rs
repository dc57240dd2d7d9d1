//! The contract over SQL Server, and what is SQL Server's own.
//!
//! The contract and `real` need a server, which `SERIATIM_TEST_MSSQL` names; without it they only say so.
//! All else needs none: a double answers.

#[path = "mssql/connecting.rs"]
mod connecting;
#[path = "mssql/connections.rs"]
mod connections;
mod contract;
#[path = "mssql/double/mod.rs"]
mod double;
#[path = "mssql/generations.rs"]
mod generations_of_doubles;
#[path = "mssql/golden.rs"]
mod golden;
#[path = "mssql/indexes.rs"]
mod indexes;
#[path = "mssql/logins.rs"]
mod logins;
#[path = "mssql/protocol.rs"]
mod protocol;
#[path = "mssql/real.rs"]
mod real;
#[path = "mssql/server.rs"]
mod server;
mod servers;

use contract::TestDatabase;
use server::Database;

contract!(Database);
generations_contract!(Database);
server_contract!(Database);
server_contract!(@cases Database, read_only:
    a_read_only_server_is_read_and_not_ready_for_writes);
