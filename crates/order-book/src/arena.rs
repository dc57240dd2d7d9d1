//! The memory of orders and price levels: two arrays that never shrink, and links by number.

use crate::NONE;
use crate::{OwnerId, SelfTrade, Side, TimeInForce};

/// An order, in 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderNode {
    pub(crate) id: u64,
    pub(crate) owner: OwnerId,
    /// What is open; 0 marks a free node.
    pub(crate) quantity: u64,
    /// The order behind it in the queue, or `NONE`; links free nodes.
    pub(crate) next: u32,
    /// The order before it in the queue, or `NONE`.
    pub(crate) previous: u32,
    pub(crate) level: u32,
    pub(crate) terms: Terms,
}

/// What else an order keeps, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) side: Side,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) self_trade: SelfTrade,
}

/// The orders.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    nodes: Vec<OrderNode>,
    /// The first free node, or `NONE`.
    free: u32,
}

impl Orders {
    pub(crate) const fn new() -> Self {
        Self { nodes: Vec::new(), free: NONE }
    }

    pub(crate) fn reserve(&mut self, orders: usize) {
        self.nodes.reserve(orders.saturating_sub(self.nodes.len()));
    }

    /// A node for an order, in no queue yet.
    #[inline]
    pub(crate) fn make(&mut self, node: OrderNode) -> u32 {
        let made = self.free;
        if made == NONE {
            return self.grow(node);
        }
        self.free = self.nodes[made as usize].next;
        self.nodes[made as usize] = node;
        made
    }

    #[cold]
    fn grow(&mut self, node: OrderNode) -> u32 {
        let made = u32::try_from(self.nodes.len()).expect("orders_max is below 2^32");
        self.nodes.push(node);
        made
    }

    /// Takes the node back; it is in no queue any more.
    #[inline]
    pub(crate) fn release(&mut self, order: u32) {
        let node = &mut self.nodes[order as usize];
        node.quantity = 0;
        node.next = self.free;
        self.free = order;
    }
}

impl core::ops::Index<u32> for Orders {
    type Output = OrderNode;

    #[inline]
    fn index(&self, order: u32) -> &OrderNode {
        &self.nodes[order as usize]
    }
}

impl core::ops::IndexMut<u32> for Orders {
    #[inline]
    fn index_mut(&mut self, order: u32) -> &mut OrderNode {
        &mut self.nodes[order as usize]
    }
}

/// A price level: the orders at one price, first in first out, in 32 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelNode {
    pub(crate) price: i64,
    /// The open quantity of all its orders.
    pub(crate) quantity: u64,
    /// The first order; links free levels.
    pub(crate) head: u32,
    /// The last order.
    pub(crate) tail: u32,
    /// How many orders.
    pub(crate) orders: u32,
    /// Its leaf in the ladder.
    pub(crate) leaf: u32,
}

/// The price levels of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    nodes: Vec<LevelNode>,
    /// The first free node, or `NONE`.
    free: u32,
}

impl Levels {
    pub(crate) const fn new() -> Self {
        Self { nodes: Vec::new(), free: NONE }
    }

    pub(crate) fn reserve(&mut self, levels: usize) {
        self.nodes.reserve(levels.saturating_sub(self.nodes.len()));
    }

    /// A level without orders.
    #[inline]
    pub(crate) fn make(&mut self, price: i64, leaf: u32) -> u32 {
        let node = LevelNode { price, quantity: 0, head: NONE, tail: NONE, orders: 0, leaf };
        let made = self.free;
        if made == NONE {
            return self.grow(node);
        }
        self.free = self.nodes[made as usize].head;
        self.nodes[made as usize] = node;
        made
    }

    #[cold]
    fn grow(&mut self, node: LevelNode) -> u32 {
        let made = u32::try_from(self.nodes.len()).expect("no more levels than orders");
        self.nodes.push(node);
        made
    }

    #[inline]
    pub(crate) fn release(&mut self, level: u32) {
        self.nodes[level as usize].head = self.free;
        self.free = level;
    }
}

impl core::ops::Index<u32> for Levels {
    type Output = LevelNode;

    #[inline]
    fn index(&self, level: u32) -> &LevelNode {
        &self.nodes[level as usize]
    }
}

impl core::ops::IndexMut<u32> for Levels {
    #[inline]
    fn index_mut(&mut self, level: u32) -> &mut LevelNode {
        &mut self.nodes[level as usize]
    }
}
