//! Sections, and how they give way where the page is bounded: row by row, never inside a row, the least worth first.

use std::fmt;

use crate::{
    store::SectionName,
    view::{markdown::code, text::count},
};

/// Which section gives way first. What the page says of failures, and what an agent must do, stays longest: feedback on how
/// trials fail is what helps most. Opening and task never give way.
const GIVES_WAY: [SectionName; 12] = [
    SectionName::Recent,
    SectionName::Board,
    SectionName::Workdir,
    SectionName::Children,
    SectionName::Axis,
    SectionName::Full,
    SectionName::More,
    SectionName::Chain,
    SectionName::Best,
    SectionName::Failures,
    SectionName::Insights,
    SectionName::Signals,
];

/// A part of the page: what stands above its rows, the rows, which may be left out from the last one on, what stands below.
pub(super) struct Section {
    pub(super) name: SectionName,
    pub(super) head: String,
    /// The head of a table, gone where no row of it is left.
    pub(super) table: String,
    pub(super) rows: Vec<String>,
    pub(super) foot: String,
    /// The command that shows what is left out.
    pub(super) command: String,
    left_out: usize,
}

/// The page cannot be that small.
#[derive(Debug)]
pub struct TooSmall {
    asked: usize,
    /// What never gives way.
    pub(super) page: String,
}

impl fmt::Display for TooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, least) = (self.asked, self.page.len());
        write!(
            f,
            "a prompt of {asked} bytes cannot be: what never gives way needs {least} (--without and --sections choose)"
        )
    }
}

impl std::error::Error for TooSmall {}

impl Section {
    pub(super) fn new(name: SectionName, head: String) -> Self {
        Self {
            name,
            head,
            table: String::new(),
            rows: Vec::new(),
            foot: String::new(),
            command: String::new(),
            left_out: 0,
        }
    }

    pub(super) fn rows(self, rows: impl IntoIterator<Item = String>, command: impl Into<String>) -> Self {
        Self { rows: rows.into_iter().collect(), command: command.into(), ..self }
    }

    fn text(&self) -> String {
        let table = if self.rows.is_empty() { "" } else { &self.table };
        [&self.head, table, &self.rows.concat(), &self.said_left_out(), &self.foot].concat()
    }

    fn len(&self) -> usize {
        self.text().len()
    }

    /// What is said in place of the rows that are left out.
    fn said_left_out(&self) -> String {
        let (before, noun) = if self.rows.is_empty() { ("", "row") } else { ("\n", "more row") };
        match self.left_out {
            0 => String::new(),
            n => format!(
                "{before}Left out for room: {}; {} shows them.\n",
                count(n as u64, noun),
                code(&self.command, 200)
            ),
        }
    }

    /// Leaves out rows from the last one on, until the section is no longer than `max` or has none.
    fn give_way(&mut self, max: usize) {
        self.foot.clear();
        while !self.rows.is_empty() && self.len() > max {
            self.rows.pop();
            self.left_out += 1;
        }
    }
}

/// The page: all sections where they fit, else as much of them as does.
pub(super) fn fit(mut sections: Vec<Section>, max: usize) -> Result<String, TooSmall> {
    let mut page = join(&sections);
    for name in GIVES_WAY {
        let excess = page.len().saturating_sub(max);
        if let Some(section) = sections.iter_mut().find(|section| section.name == name && excess > 0) {
            section.give_way(section.len().saturating_sub(excess));
            page = join(&sections);
        }
    }
    for name in GIVES_WAY {
        if page.len() > max {
            sections.retain(|section| section.name != name);
            page = join(&sections);
        }
    }
    if page.len() > max { Err(TooSmall { asked: max, page }) } else { Ok(page) }
}

fn join(sections: &[Section]) -> String {
    sections.iter().map(Section::text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Vec<Section> {
        let rows = |n: usize| (0..n).map(|n| format!("- row {n}\n"));
        vec![
            Section::new(SectionName::Opening, "# Opening\n".into()),
            Section::new(SectionName::Failures, "## Failures\n\n".into()).rows(rows(9), "lineage a"),
            Section::new(SectionName::Recent, "## Recent\n\n".into()).rows(rows(9), "lineage b"),
            Section::new(SectionName::Task, "## Task\n".into()),
        ]
    }

    #[test]
    fn any_bound_is_kept_or_refused_and_rows_stay_whole() {
        let whole = fit(sections(), usize::MAX).unwrap();
        for max in 0..=whole.len() + 1 {
            match fit(sections(), max) {
                Ok(page) => {
                    assert!(page.len() <= max, "{max}: {page}");
                    assert!(page.contains("# Opening\n") && page.contains("## Task\n"));
                    let rows = page.lines().filter(|line| line.starts_with("- "));
                    assert!(rows.clone().all(|row| row.len() == "- row 0".len()), "{max}: {page}");
                }
                Err(error) => assert!(error.page.len() > max && max < 30),
            }
        }
        assert_eq!(fit(sections(), whole.len()).unwrap(), whole);
    }

    #[test]
    fn the_least_worth_gives_way_first_and_says_what_it_left_out() {
        let whole = fit(sections(), usize::MAX).unwrap();
        let page = fit(sections(), whole.len() - 1).unwrap();
        assert!(page.contains("more rows; `lineage b` shows them."), "{page}");
        assert!(!page.contains("`lineage a`"), "{page}");
    }
}
