//! Why a trial failed, as far as its notes say it.

use fearless_simd::{Level, dispatch, prelude::*, u8x64};

/// Notes no longer than this are taken for a reason as they are.
const SHORT: usize = 120;

/// Words with which an error begins to be told, and where each has a letter that is rare in what agents write: a capital, or one
/// of `RARE`. Harnesses put them behind the agent's own words.
const SIGNS: [(&str, usize); 12] = [
    ("Error", 0),
    ("Exception", 0),
    ("error:", 5),
    ("Traceback", 0),
    ("Killed", 0),
    ("OOM", 0),
    ("out of memory", 7),
    ("timeout", 2),
    ("timed out", 2),
    ("Segmentation", 0),
    ("SIGKILL", 0),
    ("panicked", 5),
];
const RARE: [u8; 3] = *b":km";

/// For each byte one bit for each sign whose rare letter it is.
const LETTERS: [u16; 256] = {
    let mut letters = [0; 256];
    let mut sign = 0;
    while sign < SIGNS.len() {
        let (word, letter) = SIGNS[sign];
        letters[word.as_bytes()[letter] as usize] |= 1 << sign;
        sign += 1;
    }
    letters
};

/// The part of the notes that tells of the failure: what stands behind the last ` | `, else, of the last sentence that has a sign
/// of an error, all from that sign on; short notes without any as they are. `None` where the notes are the agent's plan and
/// nothing else.
pub fn reason(notes: &str) -> Option<&str> {
    let notes = notes.trim();
    let behind = last_bar(notes).map(|at| &notes[at + BAR.len()..]);
    if let Some(behind) = behind.filter(|behind| !signs(behind).is_empty()) {
        return Some(behind.trim());
    }
    let signs = signs(notes);
    let Some(&last) = signs.iter().max() else {
        return (notes.chars().count() <= SHORT && !notes.is_empty()).then_some(notes);
    };
    let start = notes[..last].rfind(STOP).map_or(0, |at| at + STOP.len());
    let end = notes[last..].find(STOP).map_or(notes.len(), |at| last + at);
    let first = signs
        .into_iter()
        .filter(|&at| at >= start)
        .min()
        .unwrap_or(last);
    let word = notes[start..first]
        .rfind(char::is_whitespace)
        .map_or(start, |space| start + space);
    Some(notes[word..end].trim_start())
}

/// What stands before the harness's own words, and between two sentences.
const BAR: &str = " | ";
const STOP: &str = ". ";

/// Where the last bar begins: its middle is looked for, which is rare.
fn last_bar(notes: &str) -> Option<usize> {
    notes
        .rmatch_indices('|')
        .filter_map(|(at, _)| at.checked_sub(1))
        .find(|&at| notes.get(at..).is_some_and(|rest| rest.starts_with(BAR)))
}

/// Where signs stand; those in capitals only as words of their own, or a `ROOM` would tell of an `OOM`.
fn signs(text: &str) -> Vec<usize> {
    let mut signs = Vec::new();
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    for (n, block) in blocks.iter().chain([&last]).enumerate() {
        let mut rare = rare_letters(block);
        while rare != 0 {
            let at = n * BLOCK + rare.trailing_zeros() as usize;
            rare &= rare - 1;
            let mut candidates = LETTERS[usize::from(text.as_bytes()[at])];
            while candidates != 0 {
                let (word, letter) = SIGNS[candidates.trailing_zeros() as usize];
                candidates &= candidates - 1;
                signs.extend(
                    at.checked_sub(letter)
                        .filter(|&start| is_sign(text, start, word)),
                );
            }
        }
    }
    signs
}

/// So many letters are looked at at once.
const BLOCK: usize = 64;

/// One bit for each byte that is a capital or one of `RARE`.
fn rare_letters(block: &[u8; BLOCK]) -> u64 {
    dispatch!(Level::baseline(), simd => {
        let block = u8x64::from_slice(simd, block);
        let capitals = (block - b'A').simd_lt(26);
        let [a, b, c] = RARE.map(|letter| block.simd_eq(letter));
        (capitals | a | b | c).to_bitmask()
    })
}

fn is_sign(text: &str, start: usize, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_alone = || {
        let end = start + word.len();
        !letter(text[..start].chars().next_back()) && !letter(text[end..].chars().next())
    };
    let capitals = || word.bytes().all(|b| b.is_ascii_uppercase());
    let (text, word) = (&text.as_bytes()[start..], word.as_bytes());
    // Most are ruled out by their last letter.
    text.get(word.len() - 1) == word.last() && text.starts_with(word) && (!capitals() || is_alone())
}

/// So many characters of a reason say of which kind it is.
const MOST: usize = 200;

/// What two reasons have in common when they are the same but for numbers, addresses and case.
pub fn kind_of(reason: &str) -> String {
    let mut kind = String::with_capacity(reason.len().min(MOST));
    for c in reason.chars().take(MOST) {
        match c {
            '0'..='9' if is_code(&kind) => kind.push(c),
            '0'..='9' if !kind.ends_with('#') => kind.push('#'),
            '0'..='9' => {}
            c if c.is_whitespace() || c == '=' || c == '-' => {
                if !kind.ends_with(' ') {
                    kind.push(' ');
                }
            }
            c if c.is_ascii() => kind.push(c.to_ascii_lowercase()),
            c => kind.extend(c.to_lowercase()),
        }
    }
    kind.trim().to_owned()
}

/// Whether the number that follows says what kind of error it is: `exit code 1` is not `exit code 137`.
fn is_code(kind: &str) -> bool {
    let before = kind.trim_end_matches(|c: char| c.is_ascii_digit());
    ["code ", "signal ", "status "]
        .iter()
        .any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harness_words_come_before_the_agents() {
        let notes = "Warm-up needs one compile. Shapes are cached. | torch.errors.ChildFailedError: ==== (train.py:1170 in eval_val)";
        assert_eq!(
            reason(notes),
            Some("torch.errors.ChildFailedError: ==== (train.py:1170 in eval_val)")
        );
        assert_eq!(
            reason("It broke: RuntimeError: shape mismatch"),
            Some("RuntimeError: shape mismatch")
        );
        let oom = "It was close. torch.OutOfMemoryError: CUDA out of memory, 78 GiB in use";
        assert_eq!(
            reason(oom),
            Some("torch.OutOfMemoryError: CUDA out of memory, 78 GiB in use")
        );
        assert_eq!(
            reason("broke:\u{a0}ValueError: no such axis"),
            Some("ValueError: no such axis")
        );
        assert_eq!(
            reason("16.4 MB, the cap is 16 MB"),
            Some("16.4 MB, the cap is 16 MB")
        );
        assert_eq!(reason(&"a plan without any failure in it ".repeat(9)), None);
        assert_eq!(reason(""), None);
    }

    #[test]
    fn a_sign_is_found_wherever_it_stands() {
        for (sign, letter) in SIGNS {
            let rare = sign.as_bytes()[letter];
            assert!(rare.is_ascii_uppercase() || RARE.contains(&rare), "{sign}");
            for at in 0..3 * BLOCK {
                for behind in ["", " ", " and so on"] {
                    assert_eq!(
                        signs(&format!("{}{sign}{behind}", " ".repeat(at))),
                        [at],
                        "{sign}"
                    );
                }
            }
        }
    }

    #[test]
    fn reasons_that_differ_in_numbers_are_one_kind() {
        assert_eq!(
            kind_of("Error: ==== (train.py:1170)"),
            kind_of("error: == (train.py:77)")
        );
        assert_ne!(kind_of("OOM"), kind_of("timeout"));
        assert_ne!(kind_of("exit code 1"), kind_of("exit code 137"));
        assert_eq!(
            reason(&format!(
                "BLOOM filters make ROOM {}",
                "and so on ".repeat(20)
            )),
            None
        );
    }
}
