//! What the server says.

use uuid::Uuid;

use super::packets::Kind;

/// What to answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Rows of one result; none where there are no rows.
    Rows(Vec<Vec<Cell>>),
    /// An error of this number and class.
    Error(u32, u8, &'static str),
    /// The connection ends.
    Cut,
    /// Nothing, ever.
    Silence,
}

impl Answer {
    /// Rows of one result.
    pub fn rows<const N: usize>(rows: [Vec<Cell>; N]) -> Self {
        Self::Rows(rows.into())
    }

    /// One row with one number.
    pub fn number(number: i64) -> Self {
        Self::rows([vec![Cell::Number(Some(number))]])
    }
}

/// A field of an answer.
#[derive(Clone, Debug)]
pub enum Cell {
    Number(Option<i64>),
    Text(Option<String>),
    Id(Uuid),
}

const COLUMNS: u8 = 0x81;
const ROW: u8 = 0xd1;
const ERROR: u8 = 0xaa;
const LOGIN_ACK: u8 = 0xad;
const ENV_CHANGE: u8 = 0xe3;
const DONE: u8 = 0xfd;
const DONE_PROC: u8 = 0xfe;
/// Some collation: Latin, binary.
const COLLATION: [u8; 5] = [0x09, 0x04, 0x00, 0x01, 0x00];
/// The number of the transaction, in eight bytes.
const TRANSACTION: [u8; 8] = [1, 0, 0, 0, 0x37, 0, 0, 0];

/// Version 16, with encryption or without.
pub fn pre_login(encrypted: bool) -> Vec<u8> {
    // On, or not supported.
    let encryption = if encrypted { 1 } else { 2 };
    // Each option: its kind, and where its value stands, how long. Then the values.
    let options = [0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff];
    let values = [16, 0, 0, 0, 0, 0, encryption];
    [&options[..], &values[..]].concat()
}

/// The answer to a login; `None` to end the connection.
pub fn login(answer: &Answer) -> Option<Vec<u8>> {
    let mut tokens = Vec::new();
    match answer {
        Answer::Rows(_) => {
            let mut ack = vec![1, 0x74, 0, 0, 4];
            push_short_text(&mut ack, "Double");
            ack.extend([16, 0, 0, 0]);
            tokens.push(LOGIN_ACK);
            tokens.extend(u16::try_from(ack.len()).unwrap().to_le_bytes());
            tokens.extend(ack);
            push_done(&mut tokens, DONE, false, 0);
        }
        Answer::Error(number, class, message) => {
            push_error(&mut tokens, *number, *class, message);
            push_done(&mut tokens, DONE, true, 0);
        }
        Answer::Cut | Answer::Silence => return None,
    }
    Some(tokens)
}

/// The answer to a batch or a call; `None` to end the connection. `transaction` tells whether there was
/// one before and is one now.
pub fn tokens(kind: Kind, answer: &Answer, transaction: (bool, bool)) -> Option<Vec<u8>> {
    let done = if kind == Kind::Call { DONE_PROC } else { DONE };
    let mut tokens = Vec::new();
    match transaction {
        (false, true) => {
            tokens.extend([ENV_CHANGE, 11, 0, 8, 8]);
            tokens.extend(TRANSACTION);
            tokens.push(0);
        }
        (true, false) => {
            tokens.extend([ENV_CHANGE, 11, 0, 9, 0, 8]);
            tokens.extend(TRANSACTION);
        }
        _ => {}
    }
    match answer {
        Answer::Rows(rows) => {
            if let Some(first) = rows.first() {
                push_columns(&mut tokens, first);
            }
            for row in rows {
                tokens.push(ROW);
                for cell in row {
                    push_cell(&mut tokens, cell);
                }
            }
            push_done(&mut tokens, done, false, rows.len() as u64);
        }
        Answer::Error(number, class, message) => {
            push_error(&mut tokens, *number, *class, message);
            push_done(&mut tokens, done, true, 0);
        }
        Answer::Cut | Answer::Silence => return None,
    }
    Some(tokens)
}

fn push_columns(tokens: &mut Vec<u8>, row: &[Cell]) {
    tokens.push(COLUMNS);
    tokens.extend(u16::try_from(row.len()).unwrap().to_le_bytes());
    for cell in row {
        // No user type; may be null.
        tokens.extend([0, 0, 0, 0, 1, 0]);
        match cell {
            Cell::Number(_) => tokens.extend([0x26, 8]),
            Cell::Text(_) => {
                tokens.extend([0xe7, 0x40, 0x1f]);
                tokens.extend(COLLATION);
            }
            Cell::Id(_) => tokens.extend([0x24, 16]),
        }
        tokens.push(0);
    }
}

fn push_cell(tokens: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Number(None) => tokens.push(0),
        Cell::Number(Some(number)) => {
            tokens.push(8);
            tokens.extend(number.to_le_bytes());
        }
        Cell::Text(None) => tokens.extend([0xff, 0xff]),
        Cell::Text(Some(text)) => {
            let units = utf16(text);
            tokens.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
            tokens.extend(units);
        }
        Cell::Id(id) => {
            tokens.push(16);
            tokens.extend(id.to_bytes_le());
        }
    }
}

fn push_error(tokens: &mut Vec<u8>, number: u32, class: u8, message: &str) {
    let mut error = number.to_le_bytes().to_vec();
    error.extend([1, class]);
    let units = utf16(message);
    error.extend(u16::try_from(units.len() / 2).unwrap().to_le_bytes());
    error.extend(units);
    push_short_text(&mut error, "double");
    push_short_text(&mut error, "");
    error.extend(1_u32.to_le_bytes());
    tokens.push(ERROR);
    tokens.extend(u16::try_from(error.len()).unwrap().to_le_bytes());
    tokens.extend(error);
}

fn push_done(tokens: &mut Vec<u8>, token: u8, failed: bool, rows: u64) {
    tokens.push(token);
    let status: u16 = if failed { 0x02 } else { 0x10 };
    tokens.extend(status.to_le_bytes());
    tokens.extend([0xc1, 0]);
    tokens.extend(rows.to_le_bytes());
}

fn push_short_text(bytes: &mut Vec<u8>, text: &str) {
    let units = utf16(text);
    bytes.push(u8::try_from(units.len() / 2).unwrap());
    bytes.extend(units);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
