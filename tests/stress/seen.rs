//! The log, read with none of the program's code. What the trials write has no tab and no newline within a cell.

use anyhow::{Result, ensure};

pub(crate) struct Seen {
    names: Vec<String>,
    /// Whole lines with as many cells as the header.
    rows: Vec<Vec<String>>,
    /// Whole lines with another number of cells.
    pub(crate) damaged: usize,
    /// Bytes behind the last newline.
    pub(crate) tail: usize,
}

impl Seen {
    pub(crate) fn new(log: &[u8]) -> Result<Self> {
        let whole = log
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(&log[..whole]);
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let names: Vec<String> = header.split('\t').map(str::to_owned).collect();
        let mut seen = Self {
            rows: Vec::new(),
            damaged: 0,
            tail: log.len() - whole,
            names,
        };
        for line in lines {
            ensure!(line != header, "a second header");
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if cells.len() == seen.names.len() {
                seen.rows.push(cells);
            } else {
                seen.damaged += 1;
            }
        }
        Ok(seen)
    }

    /// The cells of a column, one a row.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let Some(at) = self.names.iter().position(|known| known == name) else {
            return Vec::new();
        };
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// These cells of the rows of a job.
    pub(crate) fn rows_of<const N: usize>(&self, job: &str, names: [&str; N]) -> Vec<[&str; N]> {
        let columns = names.map(|name| self.column(name));
        let jobs = self.column("job_name");
        (0..jobs.len())
            .filter(|&row| jobs[row] == job)
            .map(|row| columns.each_ref().map(|column| column[row]))
            .collect()
    }

    /// How many rows have this cell.
    pub(crate) fn count(&self, column: &str, cell: &str) -> usize {
        self.column(column)
            .iter()
            .filter(|found| **found == cell)
            .count()
    }
}

/// The numbers among ids, in order; an error where one stands twice.
pub(crate) fn numbers(ids: &[&str]) -> Result<Vec<u64>> {
    let mut numbers: Vec<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    numbers.sort_unstable();
    let twice = numbers.windows(2).find(|pair| pair[0] == pair[1]);
    ensure!(
        twice.is_none(),
        "id {} stands twice",
        twice.map_or(0, |pair| pair[0])
    );
    Ok(numbers)
}
