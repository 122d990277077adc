//! Reading the rows of a log. Rows are streamed; only what an answer consists of is kept.

use std::collections::VecDeque;

use anyhow::Result;

use super::{
    DamageReport, ExpId, Log, Row, Trial,
    lines::{ROW_CHUNK, SCAN_CHUNK},
    rows::RowReader,
};

/// How far from the end the last rows are searched at first.
const TAIL: u64 = 40 * 1024;

impl Log {
    /// Reads every row, damaged ones too. Blank lines are skipped.
    pub(crate) fn rows(&self) -> RowReader<'_> {
        RowReader::new(self, self.start, self.first_row, SCAN_CHUNK)
    }

    /// Reads the rows from an offset on, whose line numbers are unknown.
    pub(crate) fn rows_from(&self, offset: u64) -> RowReader<'_> {
        RowReader::new(self, offset, 0, ROW_CHUNK)
    }

    /// Passes every row to `observe`, damaged ones too, and reports what could not be read.
    pub fn for_each_row(&self, mut observe: impl FnMut(&Row)) -> Result<DamageReport> {
        let mut report = DamageReport::default();
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            report.observe(&row);
            observe(&row);
        }
        Ok(report)
    }

    /// Passes every line to `observe`, as a row or as a damaged one. Blank lines are left out of an external log only.
    pub fn for_each_line(&self, mut observe: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let mut rows = self.rows();
        rows.skips_blank_lines = self.is_external();
        while let Some(row) = rows.next()? {
            observe(row)?;
        }
        Ok(())
    }

    /// The first row with this id, found by reading the log from its start.
    pub fn find_by_scan(&self, id: &ExpId) -> Result<Option<Trial>> {
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            if row.id().as_ref() == Some(id) {
                return Ok(Some(row.to_trial()));
            }
        }
        Ok(None)
    }

    /// The row that starts at `offset`.
    pub fn at(&self, offset: u64) -> Result<Trial> {
        self.reader()(offset)
    }

    /// The offset after the row that starts at `offset`, with its newline.
    pub fn end_of(&self, offset: u64) -> Result<u64> {
        let mut rows = self.rows_from(offset);
        rows.next()?;
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
        let mut rows = self.rows_from(self.start);
        move |offset| Ok(rows.read_at(offset)?.to_trial())
    }

    /// Passes the rows that start at these offsets to `observe`, without keeping them.
    pub fn each_at(
        &self,
        offsets: impl IntoIterator<Item = u64>,
        mut observe: impl FnMut(Row),
    ) -> Result<()> {
        let mut rows = self.rows_from(self.start);
        for offset in offsets {
            observe(rows.read_at(offset)?);
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
            let mut rows = if is_whole {
                self.rows()
            } else {
                RowReader::new(self, self.end - reach, 0, SCAN_CHUNK)
            };
            let (mut last, mut report) = (VecDeque::new(), DamageReport::default());
            if is_whole || rows.synchronize()? {
                while let Some(row) = rows.next()? {
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
                self.damage.borrow_mut().get_or_insert(report); // that of the whole log says more
                return Ok(last.into());
            }
            reach = reach.saturating_mul(4);
        }
    }
}
