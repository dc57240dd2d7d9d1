//! What a client says.

use std::fmt;

use uuid::Uuid;

use super::packets::Kind;

/// Who wants in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
    pub program: String,
    pub database: String,
    /// The whole record as text, as far as it is one: an access token stands somewhere in it.
    pub text: String,
}

impl Login {
    /// Source: [MS-TDS] 2.2.6.4, LOGIN7.
    pub fn read(body: &[u8]) -> Self {
        let field = |place: usize| {
            let offset = usize::from(u16::from_le_bytes([body[place], body[place + 1]]));
            let units = usize::from(u16::from_le_bytes([body[place + 2], body[place + 3]]));
            &body[offset..offset + units * 2]
        };
        let hidden: Vec<u8> = field(44).iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect();
        let every_second: Vec<u8> = body.iter().copied().filter(u8::is_ascii_graphic).collect();
        Self {
            user: text(field(40)),
            password: text(&hidden),
            program: text(field(48)),
            database: text(field(68)),
            text: String::from_utf8(every_second).unwrap(),
        }
    }
}

/// A batch, or a call of `sp_executesql`.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// The number of the connection, from 0.
    pub connection: usize,
    pub sql: String,
    /// What the parameters are declared as.
    pub declared: String,
    pub values: Vec<Given>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Number(Option<i64>),
    Text(Option<String>),
    Id(Uuid),
}

/// As a person reads it, and a golden file keeps it: without the connection, which may be any.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<&str> = self.sql.lines().map(str::trim).collect();
        writeln!(f, "{}", lines.join("\n"))?;
        if !self.declared.is_empty() {
            writeln!(f, "-- {}", self.declared)?;
        }
        for (number, value) in (1..).zip(&self.values) {
            match value {
                Given::Number(Some(value)) => writeln!(f, "-- @P{number} = {value}")?,
                Given::Text(Some(value)) => writeln!(f, "-- @P{number} = {value}")?,
                Given::Number(None) | Given::Text(None) => writeln!(f, "-- @P{number} is null")?,
                Given::Id(value) => writeln!(f, "-- @P{number} = {value}")?,
            }
        }
        Ok(())
    }
}

impl Asked {
    pub fn read(connection: usize, kind: Kind, body: &[u8]) -> Self {
        // Headers, about the transaction, stand before all.
        let headers = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
        let body = &body[headers..];
        if kind == Kind::Batch {
            return Self {
                connection,
                sql: text(body),
                declared: String::new(),
                values: Vec::new(),
            };
        }
        // 0xffff, the number of sp_executesql, and flags.
        assert_eq!(&body[..4], [0xff, 0xff, 10, 0], "a call of sp_executesql");
        let mut reading = Reading(&body[6..]);
        let mut values = Vec::new();
        while !reading.0.is_empty() {
            let name_units = reading.byte();
            reading.take(usize::from(name_units) * 2);
            reading.byte();
            values.push(reading.value());
        }
        let mut values = values.into_iter();
        let mut text_of = || match values.next() {
            Some(Given::Text(text)) => text.unwrap_or_default(),
            other => panic!("a text, not {other:?}"),
        };
        let (sql, declared) = (text_of(), text_of());
        Self { connection, sql, declared, values: values.collect() }
    }
}

struct Reading<'a>(&'a [u8]);

impl<'a> Reading<'a> {
    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn number<const N: usize>(&mut self) -> u64 {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(self.take(N));
        u64::from_le_bytes(bytes)
    }

    /// A type and a value of it. Source: [MS-TDS] 2.2.5.4 to 2.2.5.6.
    fn value(&mut self) -> Given {
        match self.byte() {
            // INTN
            0x26 => {
                self.byte();
                match self.byte() {
                    0 => Given::Number(None),
                    8 => Given::Number(Some(self.number::<8>().cast_signed())),
                    4 => Given::Number(Some(i64::from(
                        u32::try_from(self.number::<4>()).unwrap().cast_signed(),
                    ))),
                    other => panic!("a number of {other} bytes"),
                }
            }
            // GUID: its first three groups are little-endian.
            0x24 => {
                self.byte();
                assert_eq!(self.byte(), 16, "no id is null");
                Given::Id(Uuid::from_bytes_le(self.take(16).try_into().unwrap()))
            }
            // NVARCHAR, with a collation of five bytes.
            0xe7 => {
                let most = self.number::<2>();
                self.take(5);
                if most == 0xffff { self.long_text() } else { self.short_text() }
            }
            other => panic!("a parameter of type {other:#x}"),
        }
    }

    fn short_text(&mut self) -> Given {
        let bytes = self.number::<2>();
        let null = bytes == 0xffff;
        Given::Text((!null).then(|| text(self.take(usize::try_from(bytes).unwrap()))))
    }

    /// In chunks, the last of which is empty.
    fn long_text(&mut self) -> Given {
        if self.number::<8>() == u64::MAX {
            return Given::Text(None);
        }
        let mut whole = Vec::new();
        loop {
            let bytes = usize::try_from(self.number::<4>()).unwrap();
            if bytes == 0 {
                return Given::Text(Some(text(&whole)));
            }
            whole.extend_from_slice(self.take(bytes));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units).unwrap()
}
