//! A long log, read by two readers at once. It is parted at lines that are rows by themselves, so that each reader finds the rows
//! that one reader of it all would find.

use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex},
};

use super::{
    Source,
    damaged::Damaged,
    lines::{CHUNK, Lines, SOME_LINES},
    rows::Rows,
};
use crate::{
    cores::both,
    lineage::Question,
    schema::Schema,
    trial::{Damage, Row},
};

/// In so many pieces. The last ones are taken one by one, so that neither reader waits long for the other.
const PIECES: u64 = 128;

/// A reader takes this part of what nobody has taken yet, in one go, and no more than so many pieces: to part a log costs time
/// as well, but one whose core does something else must not have much before it.
const PART: u64 = 3;
const MOST: u64 = 32;

/// So many bytes are read at a time, which takes a fiftieth less time than half of it.
const LONG_CHUNK: usize = 128 * 1024;

/// The rows of a log as so many pieces of about the same length.
pub(super) struct Pieces<'l> {
    pub(super) schema: &'l Arc<Schema>,
    pub(super) file: &'l Source,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The number of the line at `start`.
    pub(super) first_row: u64,
}

/// The pieces that no reader has taken yet.
type Unread = Mutex<Range<u64>>;

/// Takes the next pieces for oneself, from the beginning or from the end.
fn take(unread: &Unread, from_end: bool) -> Option<Range<u64>> {
    let mut unread = unread.lock().expect("nobody panics with it");
    let Range { start, end } = *unread;
    let some = (end - start).div_ceil(PART).min(MOST);
    let (taken, left) =
        if from_end { (end - some..end, start..end - some) } else { (start..start + some, start + some..end) };
    *unread = left;
    (some > 0).then_some(taken)
}

/// Who is shown the rows of a piece. It is called for each row: so all that reads them is there once, and not for each question.
type See<'s> = &'s mut dyn FnMut(Row<'_>);

/// What a reader has found besides what it has shown.
struct Found {
    damaged: Damaged,
    /// The number of the line behind.
    next: u64,
}

/// Shows rows, and takes down what could not be read.
fn show(rows: &mut Rows, see: See<'_>, damaged: &mut Damaged) -> io::Result<()> {
    while rows.go_on()? {
        match rows.damage() {
            None => see(rows.row()),
            Some(Damage::Blank) => {}
            Some(_) => {
                damaged.see(&rows.row());
                see(rows.row());
            }
        }
    }
    Ok(())
}

/// What was found from the beginning on, and then in pieces that were read from the last one on, each with lines counted from 1.
fn joined<Q: Question>(mut question: Q, mut found: Found, pieces: Vec<(Q, Found)>) -> (Q, Damaged) {
    for (later, piece) in pieces.into_iter().rev() {
        question.then(later);
        found.damaged.then(piece.damaged, found.next - 1);
        found.next += piece.next - 1;
    }
    (question, found.damaged)
}

impl Pieces<'_> {
    fn rows(&self, chunk: usize) -> Rows<'_> {
        let lines = Lines::in_chunks(self.file, self.start, self.end, chunk);
        Rows::new(self.schema, lines, self.first_row)
    }

    /// Shows all rows to a question. Returns it, and what could not be read.
    pub(super) fn whole<Q: Question>(&self, mut question: Q) -> io::Result<(Q, Damaged)> {
        let mut damaged = Damaged::default();
        show(&mut self.rows(CHUNK), &mut |row| question.see(row), &mut damaged)?;
        Ok((question, damaged))
    }

    /// The same by two readers: the first reads on from the beginning, the second takes pieces from the end, until they meet. So
    /// both are done at about the same time, also where the second began late, or its core is slower.
    pub(super) fn at_once<Q: Question>(&self, mut question: Q) -> io::Result<(Q, Damaged)> {
        let unread = Mutex::new(0..PIECES);
        let fresh = question.fresh();
        let (found, pieces) =
            both(|| self.forwards(&mut |row| question.see(row), &unread), || self.pieces(fresh, &unread));
        let found = found?;
        Ok(joined(question, found, pieces?))
    }

    /// Shows the pieces that nobody has taken yet, the first ones first.
    fn forwards(&self, see: See<'_>, unread: &Unread) -> io::Result<Found> {
        let mut damaged = Damaged::default();
        let (mut rows, mut ahead) = (self.rows(LONG_CHUNK).at_full_speed(), self.rows(SOME_LINES));
        let mut end = self.start;
        while let Some(taken) = take(unread, false) {
            // Where the last end lies behind them, these pieces are empty, and were read with the one before.
            if end < self.about(taken.end) {
                end = self.begin(taken.end..PIECES, &mut ahead)?.unwrap_or(self.end);
                rows.set_limit(end);
            }
            show(&mut rows, see, &mut damaged)?;
        }
        Ok(Found { damaged, next: rows.number() })
    }

    /// The same from the last one on, each to a question of its own.
    fn pieces<Q: Question>(&self, fresh: Q, unread: &Unread) -> io::Result<Vec<(Q, Found)>> {
        let (mut rows, mut pieces) = (self.rows(LONG_CHUNK).at_full_speed(), Vec::new());
        let mut question = fresh.fresh();
        while let Some(found) = self.backwards(&mut rows, &mut |row| question.see(row), unread)? {
            pieces.push((std::mem::replace(&mut question, fresh.fresh()), found));
        }
        Ok(pieces)
    }

    /// Shows the last pieces that nobody has taken yet. `None` where there are none.
    fn backwards(&self, rows: &mut Rows, see: See<'_>, unread: &Unread) -> io::Result<Option<Found>> {
        while let Some(taken) = take(unread, true) {
            if let Some(begin) = self.begin(taken, rows)? {
                let mut damaged = Damaged::default();
                rows.count_from(1);
                show(rows, see, &mut damaged)?;
                rows.set_limit(begin);
                return Ok(Some(Found { damaged, next: rows.number() }));
            }
        }
        Ok(None)
    }

    /// Goes to where the first of these pieces begins that is not empty. A piece begins with a line that is a row by itself,
    /// whatever stands before it, as such a line is never part of another row. Where it has none it is empty, and its lines
    /// belong to the piece before.
    fn begin(&self, pieces: Range<u64>, rows: &mut Rows) -> io::Result<Option<u64>> {
        for piece in pieces {
            rows.go_to(self.about(piece));
            if piece == 0 || rows.synchronise(self.about(piece + 1))? {
                return Ok(Some(rows.offset()));
            }
        }
        Ok(None)
    }

    /// Where a piece would begin if rows could be cut.
    fn about(&self, piece: u64) -> u64 {
        self.start + (self.end - self.start) / PIECES * piece
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::Path};

    use super::*;
    use crate::{
        lineage::{Best, Board, Failures, Forest, Ledger, Noise, Relatives, Tally},
        store::scan::FIRST_ROW,
        trial::{Direction, ExpId},
    };

    type All = (((Best, Board), (Tally, Forest)), ((Failures, Noise), (Ledger, Relatives)));

    fn question() -> All {
        let ledger = Ledger::new(Direction::Minimize, ExpId::read("7"), ["job".to_owned()]);
        (
            ((Best::default(), Board::new(3)), (Tally::default(), Forest::default())),
            ((Failures::default(), Noise::default()), (ledger, Relatives::new(3, 2))),
        )
    }

    /// Everything that the questions answer, as one text.
    fn answers((((best, board), (tally, forest)), ((failures, noise), (ledger, relatives))): All) -> String {
        let tree = forest.into_tree();
        let walk: Vec<_> = tree.branches(None, None).unwrap().walk().collect();
        let board = board.into_offsets();
        let misses = noise.near_misses(None, 1.0);
        let (next, known) = (ledger.next_id(), (ledger.trial(&ExpId::Number(7)).cloned(), ledger.job("job").cloned()));
        format!(
            "{:?} {board:?} {:?} {:?} {} {:?} {walk:?} {:?} {misses:?} {:?} {next} {known:?} {:?} {:?}",
            best.offset(),
            tally.total.entries().collect::<Vec<_>>(),
            tally.total.best,
            tally.since_keep,
            (tally.baseline, tally.last_keep),
            failures.0,
            noise.epsilon(),
            ledger.best(),
            relatives.into_family(),
        )
    }

    #[test]
    fn a_log_read_in_pieces_answers_as_one_read_whole() {
        let names =
            ["exp_id", "parent_exp", "baseline_exp", "status", "core_metric", "delta_vs_best", "job_name", "notes"];
        let mut text = names.join("\t") + "\n";
        let statuses = ["baseline", "keep", "discard", "crash", "keep", "harness_abort", "odd", "size_blocked"];
        for n in 0..60_u32 {
            let (score, id) =
                (10.0 - f64::from(n % 13) * 0.5, if n % 9 == 4 { format!("name{}", n % 5) } else { n.to_string() });
            let (parent, status) = (n.saturating_sub(n % 4 + 1), statuses[n as usize * 5 % 8]);
            let job = if n == 40 { "job" } else { "" };
            text += &format!("{id}\t{parent}\t{parent}\t{status}\t{score}\t0.0{n}\t{job}\t\"n\"\n");
            match n % 10 {
                3 => text += "torn\t1\n",
                6 => text += "\n",
                8 => text += "x\t1\t\"an open quote\n",
                _ => {}
            }
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let file = Source::File(file);
        let schema = Schema::new(names.map(str::to_owned).to_vec(), None, None, Direction::Minimize);
        let schema = Arc::new(schema);
        let (start, end) = (names.join("\t").len() as u64 + 1, text.len() as u64);
        for end in (start..=end).rev().step_by(31) {
            let pieces = Pieces { schema: &schema, file: &file, start, end, first_row: FIRST_ROW };
            let (whole, damaged) = pieces.whole(question()).unwrap();
            let (answers_whole, damage) = (answers(whole), damaged.text(Path::new("log")));
            for met in 0..=PIECES {
                let mut first = question();
                let found = pieces.forwards(&mut |row| first.see(row), &Mutex::new(0..met)).unwrap();
                let later = pieces.pieces(question(), &Mutex::new(met..PIECES)).unwrap();
                let (found, damaged) = joined(first, found, later);
                assert_eq!(answers(found), answers_whole, "of {end} bytes, met at {met}");
                assert_eq!(damaged.text(Path::new("log")), damage, "of {end} bytes, met at {met}");
            }
            let (found, _) = pieces.at_once(question()).unwrap();
            assert_eq!(answers(found), answers_whole, "of {end} bytes");
        }
    }
}
