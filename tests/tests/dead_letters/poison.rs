//! A store that refuses.

use std::time::Duration;

use tests::{House, Profile};

/// A trigger that refuses every order of one customer: what a broken constraint would do.
pub struct Poison<'a> {
    house: &'a House,
}

impl<'a> Poison<'a> {
    pub fn of_customer(house: &'a House, customer: u64) -> Self {
        let poison = Self { house };
        poison.run(&match house.profile() {
            Profile::Embedded => format!(
                "CREATE TRIGGER poison BEFORE INSERT ON orders WHEN NEW.customer_id = {customer}
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            ),
            Profile::Distributed => format!(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON orders FOR EACH ROW
                 WHEN (NEW.customer_id = {customer}) EXECUTE FUNCTION poison()"
            ),
            Profile::Mariadb => format!(
                "CREATE TRIGGER poison BEFORE INSERT ON orders FOR EACH ROW
                 IF NEW.customer_id = {customer} THEN
                     SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison';
                 END IF"
            ),
            Profile::SqlServer => format!(
                "CREATE TRIGGER poison ON orders AFTER INSERT AS
                 BEGIN
                     SET NOCOUNT ON;
                     IF EXISTS (SELECT 1 FROM inserted WHERE customer_id = {customer})
                     BEGIN
                         THROW 50000, N'poison', 1;
                     END;
                 END"
            ),
        });
        poison
    }

    pub fn remove(self) {
        self.run(match self.house.profile() {
            Profile::Embedded | Profile::Mariadb | Profile::SqlServer => "DROP TRIGGER poison",
            Profile::Distributed => "DROP TRIGGER poison ON orders; DROP FUNCTION poison",
        });
    }

    fn run(&self, sql: &str) {
        match self.house.profile() {
            Profile::Embedded => {
                let file = self.house.store_url().trim_start_matches("sqlite:").to_owned();
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.busy_timeout(Duration::from_secs(10)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Profile::Mariadb => self.house.mariadb().run(sql),
            Profile::SqlServer => self.house.sql_server().run(sql),
            Profile::Distributed => {
                let url = self.house.store_url();
                let arguments = ["-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql];
                let done = std::process::Command::new("psql").args(arguments).status().unwrap();
                assert!(done.success(), "psql: {done}");
            }
        }
    }
}
