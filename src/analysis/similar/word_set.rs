//! A fixed set of short words. It is asked for every word of a log, so words are compared as numbers.

/// A power of two, several times the number of words.
const SLOTS: usize = 256;

/// A hash table of words of at most eight bytes; 0 is an empty slot.
pub(super) struct WordSet([u64; SLOTS]);

impl WordSet {
    pub(super) const fn new(words: &[&str]) -> Self {
        let mut slots = [0; SLOTS];
        let mut at = 0;
        while at < words.len() {
            let word = pack(words[at].as_bytes());
            let mut slot = slot_of(word);
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = word;
            at += 1;
        }
        Self(slots)
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        if word.is_empty() || word.len() > 8 {
            return false;
        }
        let word = pack(word.as_bytes());
        let mut slot = slot_of(word);
        while self.0[slot] != 0 {
            if self.0[slot] == word {
                return true;
            }
            slot = (slot + 1) % SLOTS;
        }
        false
    }
}

/// The bytes of a word as a number.
const fn pack(word: &[u8]) -> u64 {
    let (mut packed, mut at) = (0, 0);
    while at < word.len() {
        packed = packed << 8 | word[at] as u64;
        at += 1;
    }
    packed
}

/// Where a word is looked for first: the upper bits of a product mix all of its bytes.
#[allow(clippy::cast_possible_truncation, reason = "eight bits are left")]
const fn slot_of(word: u64) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_its_words_and_no_others() {
        let set = WordSet::new(&["a", "the", "increase"]);
        for word in ["a", "the", "increase"] {
            assert!(set.contains(word), "{word}");
        }
        for word in ["", "th", "thee", "increased", "b"] {
            assert!(!set.contains(word), "{word:?}");
        }
    }
}
