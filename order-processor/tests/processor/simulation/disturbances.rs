//! What others do to the log, the disks and the store.

use event_log::NewRecord;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use order_domain::{Command, Offset};

use super::fate::Troubles;
use super::other_build::{decided, otherwise};
use super::run::{MACHINES, Simulation, below};

impl Simulation {
    /// Chooses the orders that the store does not take, at times or ever.
    pub(super) fn make_the_store_refuse(&mut self) {
        for command in self.members.purchases() {
            let Command::NewOrder(order) = command else { continue };
            if !self.random.happens(self.troubles.refused) {
                continue;
            }
            self.history.happened("the store refuses an order", order.order_id);
            self.world.store.refuse(order.order_id, true);
            if self.random.happens(0.3) {
                self.refused_for_ever.insert(order.order_id);
            } else {
                self.doubtful.push(order.order_id);
            }
        }
    }

    /// Any of these may happen before a step.
    pub(super) fn disturb(&mut self) {
        let Troubles { foreign_record, other_build, damaged_snapshot, .. } = self.troubles;
        if self.world.topics().late() > 0 && self.random.happens(0.05) {
            self.late_append();
        }
        if self.random.happens(foreign_record) {
            let record = NewRecord { payload: "no decision".into(), ..Default::default() };
            self.append_event(record);
            self.history.happened("somebody else writes to order-events", "");
        }
        if self.random.happens(other_build) {
            self.decide_otherwise();
        }
        if self.random.happens(damaged_snapshot) {
            self.damage_snapshot();
        }
        if !self.doubtful.is_empty() && self.random.happens(self.troubles.store_changes_its_mind) {
            let order = self.doubtful[below(self.doubtful.len(), &mut self.random)];
            let refuse = self.random.happens(0.5);
            self.world.store.refuse(order, refuse);
            self.history.tell(format_args!("the store refuses {order}: {refuse}"));
        }
    }

    /// A late append lands, or a beginning of it; what does not land now never will.
    pub(super) fn late_append(&mut self) {
        let mut topics = self.world.topics();
        let number = below(topics.late(), &mut self.random);
        let (topic, records) = topics.take_late(number);
        let count = below(records.len() + 1, &mut self.random);
        for record in records.into_iter().take(count) {
            topics.append(&topic, record, self.world.now());
        }
        let what = if count > 0 { "a late append lands" } else { "a late append is lost" };
        self.history.happened(what, format_args!("{count} in {topic}"));
    }

    /// An engine of another build decides a few commands otherwise: those that come next, or, deposed as
    /// it is, some that were decided long ago. A build that is so old that it expects no offsets only
    /// does the latter: nothing would keep two builds apart that decide at once.
    fn decide_otherwise(&mut self) {
        let mut topics = self.world.topics();
        let (sources, decided) = (topics.all(&ORDERS).len(), decided(topics.all(&ORDER_EVENTS)));
        if sources == 0 {
            return;
        }
        let first = below(sources.min(decided + 1), &mut self.random);
        let is_next = first == decided;
        let is_old = !is_next && self.random.happens(0.5);
        let most = if is_old { decided } else { sources };
        let behind = most.min(first + 1 + below(3, &mut self.random));
        let Offset(end) = topics.ends(&ORDER_EVENTS).next;
        let (what, expected) = if is_next {
            ("an engine of another build decides", end)
        } else {
            ("a deposed engine of another build repeats a decision", end - 1)
        };
        for (number, expected) in (first..behind).zip(expected..) {
            let decision = otherwise(&topics.all(&ORDERS)[number]);
            self.history.happened(what, decision.source);
            let record = NewRecord { payload: decision.to_json().into(), ..Default::default() };
            let record = if is_old { record } else { record.expected_at(Offset(expected)) };
            topics.append(&ORDER_EVENTS, record, self.world.now());
        }
    }

    fn append_event(&self, record: NewRecord) {
        self.world.topics().append(&ORDER_EVENTS, record, self.world.now());
    }

    fn damage_snapshot(&mut self) {
        let disk = &self.disks[below(MACHINES, &mut self.random)];
        let mut kept = disk.kept();
        if kept.is_empty() {
            return;
        }
        let number = below(kept.len(), &mut self.random);
        let bytes = &mut kept[number].bytes;
        let at = below(bytes.len(), &mut self.random);
        bytes[at] ^= 1 << self.random.below(8);
        self.history.happened("a snapshot is damaged", format_args!("its byte {at}"));
    }

    /// The store takes whatever it will not refuse for ever.
    pub(super) fn mend_store(&mut self) {
        for order in self.doubtful.drain(..) {
            self.world.store.refuse(order, false);
        }
    }
}
