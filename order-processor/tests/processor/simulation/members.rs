//! Who sends commands: what they send, what they send again, and what they hear.

use event_log::NewRecord;
use event_log::topics::ORDERS;
use order_domain::{Command, Timestamp};
use plain_order_book::Random;

use super::fate::Troubles;
use super::history::History;
use super::requests::{altered, command, opening};
use super::world::World;

/// A record's time is at most so much older than the log's clock, in milliseconds: machines do not
/// agree on the time.
const SKEW_MS_MAX: u64 = 40;

/// Everybody who sends commands to the partition.
pub struct Members {
    /// In order, what nobody has sent yet.
    next: Vec<Command>,
    sent: Vec<Command>,
}

impl Members {
    /// Members of two markets and customers of two shops, who will send so many commands.
    pub fn new(commands: u32, random: &mut Random) -> Self {
        let mut next = opening(1);
        let first = u32::try_from(next.len()).unwrap() + 1;
        next.extend((first..first + commands).map(|id| command(id, random)));
        next.reverse();
        Self { next, sent: Vec::new() }
    }

    /// Whether there is nothing more to send.
    pub fn are_done(&self) -> bool {
        self.next.is_empty()
    }

    /// The purchases that were or will be sent.
    pub fn purchases(&self) -> impl Iterator<Item = &Command> {
        let all = self.next.iter().chain(&self.sent);
        all.filter(|command| matches!(command, Command::NewOrder(_)))
    }

    /// Somebody sends something. Where the answer is lost on the way, it is sent again later.
    pub fn send(
        &mut self,
        world: &World,
        troubles: &Troubles,
        random: &mut Random,
        history: &mut History,
    ) {
        if random.happens(troubles.garbage) {
            history.happened("a record is no command", "");
            append(world, garbage(random), random);
        } else if !self.sent.is_empty() && random.happens(troubles.again) {
            let again = self.earlier(random);
            history.happened("a command is sent again", again.command_id());
            append(world, again.to_json(), random);
        } else if !self.sent.is_empty() && random.happens(troubles.altered) {
            let altered = altered(&self.earlier(random), random);
            history.happened("a command is altered", altered.command_id());
            append(world, altered.to_json(), random);
        } else if let Some(new) = self.next.pop() {
            self.send_new(new, world, troubles, random, history);
        }
    }

    fn send_new(
        &mut self,
        new: Command,
        world: &World,
        troubles: &Troubles,
        random: &mut Random,
        history: &mut History,
    ) {
        if random.happens(troubles.fails) {
            history.happened(
                "a member hears of no answer",
                format_args!("{}, not sent", new.command_id()),
            );
            self.next.push(new);
            return;
        }
        history.happened(
            "a command is sent",
            format_args!("{} {}", new.type_name(), new.command_id()),
        );
        append(world, new.to_json(), random);
        if random.happens(troubles.fails_afterwards) {
            history.happened("a member hears of no answer", new.command_id());
            self.next.push(new.clone());
        }
        self.sent.push(new);
    }

    fn earlier(&self, random: &mut Random) -> Command {
        let number = random.below(self.sent.len() as u64);
        self.sent[usize::try_from(number).unwrap()].clone()
    }
}

fn append(world: &World, payload: Vec<u8>, random: &mut Random) {
    let skew = random.below(SKEW_MS_MAX).cast_signed();
    let timestamp = Timestamp(world.now().0 - skew);
    let record = NewRecord { key: "venue".into(), payload: payload.into(), ..Default::default() };
    world.topics().append(&ORDERS, record, timestamp);
}

fn garbage(random: &mut Random) -> Vec<u8> {
    let unreadable: [&[u8]; 4] = [
        b"\xff\xfe",
        b"{}",
        br#"{"type":"NewOrder","version":7,"data":{}}"#,
        br#"{"type":"trading.Teleport","version":1,"data":{}}"#,
    ];
    unreadable[usize::try_from(random.below(4)).unwrap()].to_vec()
}
