//! The idempotency keys that this process saw last.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use order_domain::trading::CommandId;
use order_domain::{Fingerprint, Position};

/// A bounded memory: what a command's id (made from customer or account, and key) stood for, and where.
///
/// Only commands that the log has acknowledged are in it. The oldest is forgotten first; the engine
/// has a memory of its own, so forgetting here only makes an answer come later.
pub(crate) struct RecentKeys {
    seen: Mutex<Seen>,
    capacity: usize,
}

#[derive(Default)]
struct Seen {
    commands: HashMap<CommandId, (Fingerprint, Position)>,
    oldest_first: VecDeque<CommandId>,
}

/// What is known about an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Nothing.
    New,
    /// The same command was acknowledged, at this position.
    Repeated(Position),
    /// Another command was acknowledged under this id.
    Conflict,
}

impl RecentKeys {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { seen: Mutex::default(), capacity }
    }

    pub(crate) fn recall(&self, id: CommandId, fingerprint: Fingerprint) -> Memory {
        match self.lock().commands.get(&id) {
            None => Memory::New,
            Some(&(known, position)) if known == fingerprint => Memory::Repeated(position),
            Some(_) => Memory::Conflict,
        }
    }

    /// Remembers the command, unless another one was first.
    pub(crate) fn remember(&self, id: CommandId, fingerprint: Fingerprint, position: Position) {
        if self.capacity == 0 {
            return;
        }
        let mut seen = self.lock();
        if seen.commands.contains_key(&id) {
            return;
        }
        if seen.commands.len() >= self.capacity
            && let Some(oldest) = seen.oldest_first.pop_front()
        {
            seen.commands.remove(&oldest);
        }
        seen.commands.insert(id, (fingerprint, position));
        seen.oldest_first.push_back(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use order_domain::{Offset, Partition};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_tells_repeats_from_conflicts_and_forgets_the_oldest() {
        let keys = RecentKeys::new(2);
        let id = |number| CommandId(Uuid::from_u128(number));
        let body = |byte| Fingerprint([byte; 16]);
        let at = |offset| Position::new(Partition(0), Offset(offset));
        keys.remember(id(1), body(1), at(1));
        keys.remember(id(1), body(9), at(9));
        keys.remember(id(2), body(2), at(2));
        assert_eq!(keys.recall(id(1), body(1)), Memory::Repeated(at(1)));
        assert_eq!(keys.recall(id(1), body(2)), Memory::Conflict);
        keys.remember(id(3), body(3), at(3));
        assert_eq!(keys.recall(id(1), body(1)), Memory::New);
        assert_eq!(keys.recall(id(3), body(3)), Memory::Repeated(at(3)));
    }
}
