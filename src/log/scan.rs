//! Rows on their way from the log to the questions asked of it. A log is streamed; only what an answer is made of is kept.

use std::{collections::VecDeque, ops::ControlFlow, path::Path, sync::Arc};

use anyhow::{Context, Result};

use super::{
    Damaged, Log, Source,
    lines::{Lines, ONE_LINE, SOME_LINES},
    rows::Rows,
};
use crate::{
    analysis::Query,
    log::{Damage, ExpId, Row, Schema, Trial},
};

/// How far from its end the newest rows of a log are looked for at first.
const NEAR: u64 = 40 * 1024;

/// The first row of a log begins in its second line.
pub(crate) const FIRST_ROW: u64 = 2;

impl Log {
    /// Passes every row, damaged ones too, to a question. Returns it, and what could not be read.
    pub(crate) fn scan<Q: Query>(&self, question: Q) -> Result<(Q, Damaged)> {
        let Some(file) = &self.file else {
            return Ok((question, Damaged::default()));
        };
        let mut question = question;
        let mut damaged = Damaged::default();
        let mut rows = self.rows(file, self.start, self.first_row);
        while let Some(row) = rows
            .next()
            .with_context(|| format!("cannot read {}", self.path.display()))?
        {
            match row.damage {
                None => question.observe(&row),
                Some(Damage::Blank) => {}
                Some(_) => {
                    damaged.see(&row);
                    question.observe(&row);
                }
            }
        }
        Ok((question, damaged))
    }

    /// The first row with this id.
    pub(crate) fn find_by_scan(&self, id: &ExpId) -> Result<Option<Trial>> {
        let mut found = None;
        self.each(|row| {
            if row.id().as_ref() == Some(id) {
                found = Some(row.to_trial());
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// The row that begins at `offset`, as a scan has seen it.
    pub fn at(&self, offset: u64) -> Result<Trial> {
        self.reader()(offset)
    }

    /// Reads one row after another, by where they begin, as a scan has seen them.
    pub fn reader(&self) -> impl FnMut(u64) -> Result<Trial> {
        self.rows_of(ONE_LINE, |row| row.to_trial())
    }

    /// The rows that begin at these places. In the order of the log, those that lie side by side are read at once.
    pub fn all_at(&self, offsets: impl IntoIterator<Item = u64>) -> Result<Vec<Trial>> {
        offsets
            .into_iter()
            .map(self.rows_of(SOME_LINES, |row| row.to_trial()))
            .collect()
    }

    /// Passes the rows that begin at these places to `see`, and keeps none.
    pub fn each_at(
        &self,
        offsets: impl IntoIterator<Item = u64>,
        see: impl FnMut(Row),
    ) -> Result<()> {
        offsets
            .into_iter()
            .try_for_each(self.rows_of(SOME_LINES, see))
    }

    /// Makes something of one row after another, by where they begin; `chunk` bytes are read at a time.
    fn rows_of<T>(
        &self,
        chunk: usize,
        mut make: impl FnMut(Row) -> T,
    ) -> impl FnMut(u64) -> Result<T> {
        let lines = self
            .file
            .as_ref()
            .map(|file| Lines::in_chunks(file, self.start, self.end, chunk));
        let mut rows = lines.map(|lines| Rows::new(&self.schema, lines, 0));
        let path = self.path.display();
        move |offset| {
            let row = rows.as_mut().map_or(Ok(None), |rows| rows.at(offset));
            let row = row.with_context(|| format!("cannot read {path}"))?;
            row.map(&mut make)
                .with_context(|| format!("{path} was shortened while it was read"))
        }
    }

    /// Goes back to the log as it was just after this trial.
    pub(crate) fn back_to(&mut self, id: &ExpId) -> Result<()> {
        let mut after = None;
        self.each(|row| match after {
            None if row.id().as_ref() == Some(id) => {
                after = Some(self.end);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Continue(()),
            Some(_) => {
                after = Some(row.offset);
                ControlFlow::Break(())
            }
        })?;
        self.end = after.with_context(|| no_such_trial(id, &self.path))?;
        Ok(())
    }

    /// The last `n` readable rows that `wanted` takes, oldest first, found from the end: without a filter the cost does
    /// not grow with the log.
    pub fn last(&self, n: usize, wanted: impl Fn(&Row) -> bool) -> Result<Vec<Trial>> {
        let Some(file) = &self.file else {
            return Ok(Vec::new());
        };
        let mut reach = NEAR;
        loop {
            let whole = self.end - self.start <= 2 * reach; // little more, and then the numbers of lines are known
            let (from, number) = if whole {
                (self.start, self.first_row)
            } else {
                (self.end - reach, 0)
            };
            let some = || Lines::in_chunks(file, from, self.end, SOME_LINES); // the memory of a scan costs more than it saves
            let lines = if reach == NEAR {
                some()
            } else {
                Lines::new(file, from, self.end)
            };
            let mut rows = Rows::new(&self.schema, lines, number);
            let (mut last, mut damaged) = (VecDeque::new(), Damaged::default());
            if whole || rows.synchronise(self.end)? {
                while let Some(row) = rows.next()? {
                    damaged.see(&row);
                    if row.damage.is_none() && wanted(&row) {
                        last.push_back(row.to_trial());
                        if last.len() > n {
                            last.pop_front();
                        }
                    }
                }
            }
            if whole || last.len() >= n {
                self.damaged.borrow_mut().get_or_insert(damaged); // a scan of it all knows better
                return Ok(last.into());
            }
            reach = reach.saturating_mul(4).min(u64::MAX / 2);
        }
    }

    /// What could not be read, as one sentence, if there is any.
    pub fn damage(&self) -> Option<String> {
        self.unread_text()
            .or_else(|| self.damaged.borrow().as_ref()?.text(&self.path))
    }

    /// Passes rows to `see` until it has seen enough.
    pub(crate) fn each(&self, mut see: impl FnMut(Row) -> ControlFlow<()>) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut rows = self.rows(file, self.start, self.first_row);
        while let Some(row) = rows
            .next()
            .with_context(|| format!("cannot read {}", self.path.display()))?
        {
            if row.damage != Some(Damage::Blank) && see(row).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Passes every line to `see`, blank ones too, as a row or as a damaged one.
    pub fn every_line(&self, mut see: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut rows = self.rows(file, self.start, self.first_row);
        while let Some(row) = rows
            .next()
            .with_context(|| format!("cannot read {}", self.path.display()))?
        {
            if row.damage != Some(Damage::Blank) || !self.is_foreign() {
                see(row)?;
            }
        }
        Ok(())
    }

    /// The rows from `from` on; none where the log has no file.
    #[cfg(unix)]
    pub(crate) fn rows_from(&self, from: u64) -> Option<Rows<'_>> {
        Some(self.rows(self.file.as_ref()?, from, 0))
    }

    fn rows<'l>(&'l self, file: &'l Source, from: u64, number: u64) -> Rows<'l> {
        rows(&self.schema, file, from, self.end, number)
    }
}

/// What to say where an id names nothing.
pub fn no_such_trial(id: &ExpId, path: &Path) -> String {
    format!(
        "no trial `{id}` in {}; `lineage tail` shows the newest",
        path.display()
    )
}

fn rows<'l>(
    schema: &'l Arc<Schema>,
    file: &'l Source,
    from: u64,
    to: u64,
    number: u64,
) -> Rows<'l> {
    Rows::new(schema, Lines::new(file, from, to), number)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::log::Direction;

    #[test]
    fn a_row_is_the_same_whatever_was_read_before_it() {
        let lines: Vec<_> = (0..30_usize)
            .map(|n| format!("{n}\tx{}\n", "x".repeat(n * n % 70)))
            .collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(lines.concat().as_bytes()).unwrap();
        let file = Source::File(file);
        let names = ["exp_id", "notes"].map(str::to_owned).to_vec();
        let schema = Arc::new(Schema::new(names, None, None, Direction::Minimize));
        let mut rows = Rows::new(
            &schema,
            Lines::in_chunks(&file, 0, lines.concat().len() as u64, 64),
            0,
        );
        for step in [1, 29, 7, 11] {
            for line in (0..30).map(|n| n * step % 30) {
                let offset = lines[..line].concat().len() as u64;
                let row = rows.at(offset).unwrap().unwrap();
                assert_eq!(
                    (row.cells.line, row.offset),
                    (lines[line].trim_end().as_bytes(), offset)
                );
            }
        }
    }
}
