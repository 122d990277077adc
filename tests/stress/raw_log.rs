//! Reads a log without the program's own code. The trials write no tab or newline inside a cell.

pub(crate) struct RawLog {
    names: Vec<String>,
    /// Lines with as many cells as the header.
    rows: Vec<Vec<String>>,
    /// The number of lines with another number of cells.
    pub(crate) damaged: usize,
    /// The number of bytes after the last newline.
    pub(crate) torn_bytes: usize,
}

impl RawLog {
    pub(crate) fn parse(log: &[u8]) -> Self {
        let text = String::from_utf8_lossy(log);
        let (lines, torn) = text.rsplit_once('\n').unwrap_or(("", &text));
        let mut lines = lines.lines();
        let header = lines.next().unwrap_or_default();
        let names: Vec<String> = header.split('\t').map(str::to_owned).collect();
        let (mut rows, mut damaged) = (Vec::new(), 0);
        for line in lines {
            assert_ne!(line, header, "a second header");
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if cells.len() == names.len() {
                rows.push(cells);
            } else {
                damaged += 1;
            }
        }
        Self {
            names,
            rows,
            damaged,
            torn_bytes: torn.len(),
        }
    }

    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let Some(index) = self.names.iter().position(|known| known == name) else {
            return Vec::new();
        };
        self.rows.iter().map(|row| row[index].as_str()).collect()
    }

    /// The ids and notes of the rows of a job.
    pub(crate) fn rows_of_job(&self, job: &str) -> Vec<(&str, &str)> {
        let cells = self.column("exp_id").into_iter().zip(self.column("notes"));
        let rows = self.column("job_name").into_iter().zip(cells);
        rows.filter(|(name, _)| *name == job)
            .map(|(_, cells)| cells)
            .collect()
    }

    /// How many rows have this cell in this column.
    pub(crate) fn count(&self, column: &str, cell: &str) -> usize {
        self.column(column)
            .iter()
            .filter(|found| **found == cell)
            .count()
    }
}

/// The numeric ids in ascending order. Panics if an id occurs twice.
pub(crate) fn sorted_ids(ids: &[&str]) -> Vec<u64> {
    let mut numbers: Vec<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        assert_ne!(pair[0], pair[1], "the same id twice");
    }
    numbers
}
