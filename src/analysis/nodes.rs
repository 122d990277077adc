//! What the tree needs of every trial, in a few bytes each: a log of a million has to fit.

use crate::log::Status;

/// An id as one word: a number below `NAMES` is itself, any other id is a count from `NAMES` up.
pub(super) type Key = u32;
pub(super) const NAMES: Key = 1 << 31;

/// One trial of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: Key,
    pub(super) parent: Option<Key>,
    /// Where its row begins.
    pub(super) offset: u64,
    pub(super) status: Status,
}

/// So many nodes are told one by what it differs in from the other: to find one, half of them are passed.
const BLOCK: usize = 64;

/// No more can be told of them: a head each, two distances and a length.
const BLOCK_TOLD: usize = BLOCK * (1 + 5 + 5 + 10);

/// So much is told in one part.
const PART: usize = 16 * 1024;

/// The first byte of what is told of a node: its status, and whether it has the next number, the same parent, or none.
const STATUS: u8 = 0x0f;
const NEXT: u8 = 0x10;
const SIBLING: u8 = 0x20;
const ROOT: u8 = 0x40;

/// Nodes that stand one behind the other. Nearly all have the next number and the same parent as the one before, which leaves
/// a byte, and two for the length of the row between.
struct Block {
    /// How many nodes stand before it.
    before: usize,
    first: Node,
    /// Where that begins which is told of the others, and in which part.
    begin: usize,
    part: usize,
    /// The lowest and the highest parent of them all, in which most blocks have no child of a given node.
    parents: (Key, Key),
}

impl Block {
    fn new(before: usize, first: Node, begin: usize, part: usize) -> Self {
        let mut block = Self {
            before,
            first,
            begin,
            part,
            parents: (Key::MAX, 0),
        };
        block.see_parent(first.parent);
        block
    }

    fn see_parent(&mut self, parent: Option<Key>) {
        if let Some(parent) = parent {
            self.parents = (self.parents.0.min(parent), self.parents.1.max(parent));
        }
    }

    fn may_have_child(&self, parent: Key) -> bool {
        (self.parents.0..=self.parents.1).contains(&parent)
    }
}

/// How the ids go on, and so how one of them is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    /// Each is one more than the one before.
    #[default]
    Dense,
    /// They only grow.
    Sorted,
    Mixed,
}

impl Order {
    fn of(last: Key, next: Key) -> Self {
        match next {
            _ if next.checked_sub(1) == Some(last) => Self::Dense,
            _ if next > last => Self::Sorted,
            _ => Self::Mixed,
        }
    }
}

/// All nodes, in the order of the log.
#[derive(Default)]
pub(super) struct Nodes {
    blocks: Vec<Block>,
    /// What is told of all nodes but the first of each block, in parts: none is copied, neither to grow nor to be put together.
    told: Vec<Vec<u8>>,
    last: Option<Node>,
    len: usize,
    order: Order,
}

impl Nodes {
    /// Adds a node whose row stands behind all others.
    pub(super) fn push(&mut self, node: Node) {
        match (self.last, self.blocks.last_mut(), self.told.last_mut()) {
            (Some(last), Some(block), Some(told)) => {
                self.order = self.order.max(Order::of(last.id, node.id));
                if self.len - block.before < BLOCK {
                    block.see_parent(node.parent);
                    write(told, last, node);
                } else {
                    self.begin(node);
                }
            }
            _ => self.begin(node),
        }
        self.last = Some(node);
        self.len += 1;
    }

    fn begin(&mut self, first: Node) {
        if self
            .told
            .last()
            .is_none_or(|told| told.len() > PART - BLOCK_TOLD)
        {
            self.told.push(Vec::with_capacity(PART));
        }
        let part = self.told.len() - 1;
        self.blocks
            .push(Block::new(self.len, first, self.told[part].len(), part));
    }

    /// Adds the nodes of the rows that follow.
    pub(super) fn append(&mut self, later: Self) {
        let Some(first) = later.blocks.first() else {
            return;
        };
        if let Some(last) = self.last {
            self.order = self.order.max(Order::of(last.id, first.first.id));
        }
        self.order = self.order.max(later.order);
        let (before, parts) = (self.len, self.told.len());
        let moved = |block: Block| Block {
            before: before + block.before,
            part: parts + block.part,
            ..block
        };
        self.blocks.extend(later.blocks.into_iter().map(moved));
        self.told.extend(later.told);
        self.last = later.last;
        self.len += later.len;
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Node> {
        (0..self.blocks.len()).flat_map(|block| self.nodes_of(block))
    }

    /// The nodes with this parent.
    pub(super) fn children(&self, parent: Key) -> impl Iterator<Item = Node> {
        let blocks =
            (0..self.blocks.len()).filter(move |&block| self.blocks[block].may_have_child(parent));
        blocks
            .flat_map(|block| self.nodes_of(block))
            .filter(move |node| node.parent == Some(parent))
    }

    /// The nodes of the `block`-th block.
    fn nodes_of(&self, block: usize) -> impl Iterator<Item = Node> {
        let Block {
            first, begin, part, ..
        } = self.blocks[block];
        let next = self.blocks.get(block + 1).filter(|next| next.part == part);
        let end = next.map_or(self.told[part].len(), |next| next.begin);
        let (mut rest, mut node) = (&self.told[part][begin..end], first);
        let mut is_first = true;
        std::iter::from_fn(move || {
            if !std::mem::take(&mut is_first) {
                read(&mut rest, &mut node)?;
            }
            Some(node)
        })
    }

    pub(super) fn get(&self, index: usize) -> Option<Node> {
        let block = self.block(|block| block.before <= index)?;
        self.nodes_of(block).nth(index - self.blocks[block].before)
    }

    /// The node whose row begins at `offset`.
    pub(super) fn at(&self, offset: u64) -> Option<usize> {
        let block = self.block(|block| block.first.offset <= offset)?;
        self.nodes_of(block)
            .position(|node| node.offset == offset)
            .map(|at| self.blocks[block].before + at)
    }

    /// Whether the ids only grow, so that `find` finds them.
    pub(super) fn is_sorted(&self) -> bool {
        self.order < Order::Mixed
    }

    /// Whether each id is one more than the one before, so that `find` need not look.
    pub(super) fn is_dense(&self) -> bool {
        self.order == Order::Dense
    }

    /// The node with this id, where the ids only grow.
    pub(super) fn find(&self, id: Key) -> Option<usize> {
        if self.is_dense() {
            let first = self.blocks.first()?.first.id;
            return usize::try_from(id.checked_sub(first)?)
                .ok()
                .filter(|&at| at < self.len);
        }
        let block = self.block(|block| block.first.id <= id)?;
        self.nodes_of(block)
            .position(|node| node.id == id)
            .map(|at| self.blocks[block].before + at)
    }

    /// The last block of those that come first, for which `is_before` holds.
    fn block(&self, is_before: impl Fn(&Block) -> bool) -> Option<usize> {
        self.blocks.partition_point(is_before).checked_sub(1)
    }
}

/// Tells of a node behind another.
fn write(out: &mut Vec<u8>, last: Node, node: Node) {
    let is_next = Order::of(last.id, node.id) == Order::Dense;
    let is_sibling = node.parent == last.parent;
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    out.push(
        node.status as u8
            | flag(is_next, NEXT)
            | flag(is_sibling, SIBLING)
            | flag(node.parent.is_none(), ROOT),
    );
    if !is_next {
        write_number(out, distance(last.id, node.id));
    }
    if let (false, Some(parent)) = (is_sibling, node.parent) {
        write_number(out, distance(node.id, parent));
    }
    write_number(out, node.offset - last.offset);
}

/// Reads what `write` has told, and makes of the last node the one behind it. `None` where there is none.
#[inline]
fn read(rest: &mut &[u8], node: &mut Node) -> Option<()> {
    let (&head, numbers) = rest.split_first()?;
    *rest = numbers;
    node.id = if head & NEXT != 0 {
        node.id + 1
    } else {
        moved(node.id, read_number(rest)?)
    };
    match head & (SIBLING | ROOT) {
        0 => node.parent = Some(moved(node.id, read_number(rest)?)),
        ROOT => node.parent = None,
        _ => {}
    }
    node.status = Status::ALL
        .get(usize::from(head & STATUS))
        .copied()
        .unwrap_or(Status::Other);
    node.offset += read_number(rest)?;
    Some(())
}

/// How far it is from one key to another: twice the way up, or twice the way down less one.
fn distance(from: Key, to: Key) -> u64 {
    if to >= from {
        u64::from(to - from) << 1
    } else {
        (u64::from(from - to) << 1) - 1
    }
}

fn moved(from: Key, distance: u64) -> Key {
    let way = Key::try_from(distance.div_ceil(2)).expect("a distance between two keys");
    if distance.is_multiple_of(2) {
        from + way
    } else {
        from - way
    }
}

/// A number in as few bytes as it needs: seven bits a byte, the low ones first, the eighth set where another follows.
#[inline]
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

#[inline]
fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let (mut number, mut bits) = (0, 0);
    loop {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << bits;
        if byte < 0x80 {
            return Some(number);
        }
        bits += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes() -> impl Strategy<Value = Vec<Node>> {
        let key = prop_oneof![0..40_u32, 0..NAMES, NAMES..=Key::MAX];
        let id = prop_oneof![3 => Just(None), 1 => key.clone().prop_map(Some)];
        let parent = prop_oneof![3 => Just(None), 1 => proptest::option::of(key).prop_map(Some)];
        let step = prop_oneof![1..2000_u64, 1..1_u64 << 40];
        let rows = prop::collection::vec((id, parent, step, 0..11_usize), 0..400);
        rows.prop_map(|rows| {
            let mut last = Node {
                id: 6,
                parent: None,
                offset: 100,
                status: Status::Other,
            };
            let mut next =
                |(id, parent, step, status): (Option<Key>, Option<Option<Key>>, u64, usize)| {
                    last = Node {
                        id: id.unwrap_or(last.id.wrapping_add(1)),
                        parent: parent.unwrap_or(last.parent),
                        offset: last.offset + step,
                        status: Status::ALL.get(status).copied().unwrap_or(Status::Other),
                    };
                    last
                };
            rows.into_iter().map(&mut next).collect()
        })
    }

    fn grown(nodes: &[Node]) -> Nodes {
        let mut grown = Nodes::default();
        for &node in nodes {
            grown.push(node);
        }
        grown
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nodes_come_back_as_they_were(nodes in nodes(), cut in 0..400_usize) {
            let (first, second) = nodes.split_at(cut.min(nodes.len()));
            let mut halves = grown(first);
            halves.append(grown(second));
            for mut all in [grown(&nodes), halves] {
                prop_assert_eq!(all.iter().collect::<Vec<_>>(), nodes.clone());
                prop_assert_eq!(all.is_sorted(), nodes.is_sorted_by(|a, b| a.id < b.id));
                for (at, node) in nodes.iter().enumerate() {
                    prop_assert_eq!(all.get(at), Some(*node));
                    prop_assert_eq!(all.at(node.offset), Some(at));
                    let children = nodes.iter().filter(|child| child.parent == Some(node.id));
                    prop_assert!(all.children(node.id).eq(children.copied()));
                    prop_assert_eq!(all.at(node.offset + 1).is_some(), nodes.get(at + 1).is_some_and(|next| next.offset == node.offset + 1));
                    if all.is_sorted() {
                        prop_assert_eq!(all.find(node.id), Some(at));
                        let next = nodes.iter().position(|other| Some(other.id) == node.id.checked_add(1));
                        prop_assert_eq!(node.id.checked_add(1).and_then(|id| all.find(id)), next);
                    }
                }
                prop_assert_eq!(all.get(nodes.len()), None);
                // It goes on where it was.
                let more = Node { id: 7, parent: Some(3), offset: 1 << 60, status: Status::Keep };
                all.push(more);
                prop_assert_eq!(all.get(nodes.len()), Some(more));
            }
        }
    }
}
