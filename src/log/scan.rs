//! Reading the rows of a log. Rows are streamed; only what an answer consists of is kept.

use std::{collections::VecDeque, ops::ControlFlow, path::Path};

use anyhow::{Context, Result};

use super::{
    Damage, DamageReport, ExpId, Log, Row, Trial,
    lines::{LineReader, ROW_CHUNK, SCAN_CHUNK},
    rows::RowReader,
};

/// How far from the end the last rows are searched at first.
const TAIL: u64 = 40 * 1024;

impl Log {
    /// Passes every row to `observe`, damaged ones too, and reports what could not be read.
    pub fn for_each_row(&self, mut observe: impl FnMut(&Row)) -> Result<DamageReport> {
        let mut report = DamageReport::default();
        self.for_each_until(|row| {
            report.observe(row);
            observe(row);
            ControlFlow::Continue(())
        })?;
        Ok(report)
    }

    /// Passes rows to `observe` until it breaks. Blank lines are skipped.
    pub fn for_each_until(&self, mut observe: impl FnMut(&Row) -> ControlFlow<()>) -> Result<()> {
        let Some(mut rows) = self.rows_from(self.start, self.first_row, SCAN_CHUNK) else {
            return Ok(());
        };
        while let Some(row) = rows.next().with_context(|| self.cannot_read())? {
            if row.damage != Some(Damage::Blank) && observe(&row).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Passes every line to `observe`, as a row or as a damaged one. Blank lines are left out of an external log only.
    pub fn for_each_line(&self, mut observe: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let Some(mut rows) = self.rows_from(self.start, self.first_row, SCAN_CHUNK) else {
            return Ok(());
        };
        while let Some(row) = rows.next().with_context(|| self.cannot_read())? {
            if row.damage != Some(Damage::Blank) || !self.is_external() {
                observe(row)?;
            }
        }
        Ok(())
    }

    /// Passes the rows from an offset on to `observe`, until it returns false.
    pub fn for_each_row_from(
        &self,
        offset: u64,
        mut observe: impl FnMut(&Row) -> bool,
    ) -> std::io::Result<()> {
        let Some(mut rows) = self.rows_from(offset, 0, ROW_CHUNK) else {
            return Ok(());
        };
        while let Some(row) = rows.next()? {
            if row.damage != Some(Damage::Blank) && !observe(&row) {
                break;
            }
        }
        Ok(())
    }

    /// The first row with this id, found by reading the log from its start.
    pub fn find_by_scan(&self, id: &ExpId) -> Result<Option<Trial>> {
        let mut found = None;
        self.for_each_until(|row| {
            if row.id().as_ref() == Some(id) {
                found = Some(row.to_trial());
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// The row that starts at `offset`.
    pub fn at(&self, offset: u64) -> Result<Trial> {
        self.reader()(offset)
    }

    /// The offset after the row that starts at `offset`, with its newline.
    pub fn end_of(&self, offset: u64) -> Result<u64> {
        let rows = self.rows_from(offset, 0, ROW_CHUNK);
        let mut rows = rows.with_context(|| self.cannot_read())?;
        rows.next().with_context(|| self.cannot_read())?;
        Ok(rows.end())
    }

    /// The rows that start at these offsets.
    pub fn all_at(&self, offsets: impl IntoIterator<Item = u64>) -> Result<Vec<Trial>> {
        offsets.into_iter().map(self.reader()).collect()
    }

    /// The rows that start at these offsets, with their long cells cut.
    pub fn briefs_at(&self, offsets: impl IntoIterator<Item = u64>) -> Result<Vec<Trial>> {
        let mut trials = Vec::new();
        self.each_at(offsets, |row| trials.push(row.to_brief()))?;
        Ok(trials)
    }

    /// Reads one row after another by its offset.
    pub fn reader(&self) -> impl FnMut(u64) -> Result<Trial> {
        let mut rows = self.rows_from(self.start, 0, ROW_CHUNK);
        move |offset| {
            let row = match &mut rows {
                Some(rows) => rows.read_at(offset).with_context(|| self.cannot_read())?,
                None => None,
            };
            let path = self.path().display();
            let row = row.with_context(|| format!("{path} was shortened while it was read"))?;
            Ok(row.to_trial())
        }
    }

    /// Passes the rows that start at these offsets to `observe`, without keeping them.
    pub fn each_at(
        &self,
        offsets: impl IntoIterator<Item = u64>,
        mut observe: impl FnMut(Row),
    ) -> Result<()> {
        let Some(mut rows) = self.rows_from(self.start, 0, ROW_CHUNK) else {
            return Ok(());
        };
        for offset in offsets {
            let row = rows.read_at(offset).with_context(|| self.cannot_read())?;
            let path = self.path().display();
            observe(row.with_context(|| format!("{path} was shortened while it was read"))?);
        }
        Ok(())
    }

    /// The last `n` readable rows that are wanted, oldest first. They are searched from the end, so without a filter the
    /// cost does not grow with the log.
    pub fn last(&self, n: usize, is_wanted: impl Fn(&Row) -> bool) -> Result<Vec<Trial>> {
        self.last_with(n, |row| is_wanted(row).then(|| row.to_trial()))
    }

    /// What `take` makes of the last `n` readable rows of which it takes something, oldest first.
    pub fn last_with<T>(&self, n: usize, take: impl Fn(&Row) -> Option<T>) -> Result<Vec<T>> {
        let mut reach = TAIL;
        loop {
            // Reading a little more gives the line numbers.
            let is_whole = self.end - self.start <= 2 * reach;
            let (from, number) = if is_whole {
                (self.start, self.first_row)
            } else {
                (self.end - reach, 0)
            };
            let Some(mut rows) = self.rows_from(from, number, SCAN_CHUNK) else {
                return Ok(Vec::new());
            };
            let (mut last, mut report) = (VecDeque::new(), DamageReport::default());
            let cannot_read = || self.cannot_read();
            if is_whole || rows.synchronize().with_context(cannot_read)? {
                while let Some(row) = rows.next().with_context(cannot_read)? {
                    report.observe(&row);
                    if row.damage.is_none()
                        && let Some(taken) = take(&row)
                    {
                        last.push_back(taken);
                        if last.len() > n {
                            last.pop_front();
                        }
                    }
                }
            }
            if is_whole || last.len() >= n {
                self.report_damage(report);
                return Ok(last.into());
            }
            reach = reach.saturating_mul(4);
        }
    }

    fn rows_from(&self, offset: u64, number: u64, chunk: usize) -> Option<RowReader<'_>> {
        let lines = LineReader::new(self.source.as_ref()?, offset, self.end, chunk);
        let mut rows = RowReader::new(&self.schema, lines, number);
        rows.counts_down = self.is_reversed;
        Some(rows)
    }

    fn cannot_read(&self) -> String {
        format!("cannot read {}", self.path().display())
    }
}

/// The error for an id that the log does not have.
pub fn no_such_trial(id: &ExpId, path: &Path) -> String {
    let path = path.display();
    format!("no trial '{id}' in {path}; `lineage tail` lists the most recent ones")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{LogOptions, Source};

    #[test]
    fn a_row_is_the_same_whatever_was_read_before_it() {
        let mut bytes = b"exp_id\tstatus\tnotes\n".to_vec();
        let mut offsets = Vec::new();
        for n in 0..30_usize {
            offsets.push(bytes.len() as u64);
            let notes = "x".repeat(n * n % 700);
            bytes.extend_from_slice(format!("{n}\tkeep\t{notes}\n").as_bytes());
        }
        let end = bytes.len() as u64;
        let source = Some(Source::Memory(bytes));
        let log = Log::open(Path::new("log"), source, end, &LogOptions::default()).unwrap();
        let mut read = log.reader();
        for step in [1, 29, 7, 11] {
            for n in (0..30).map(|n| n * step % 30) {
                let trial = read(offsets[n]).unwrap();
                assert_eq!(trial.row().id(), ExpId::parse(&n.to_string()));
                assert_eq!(trial.row().text(crate::log::Role::Notes).len(), n * n % 700);
            }
        }
    }
}
