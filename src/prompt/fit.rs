//! Sections, and how they give way where the page is bounded: row by row, never inside a row, the least worth first.

use std::fmt;

use crate::{
    output::{markdown::code, text::count},
    store::SectionName,
};

/// Which section gives way first. What the page says of failures, and what an agent must do, stays longest: feedback on how
/// trials fail is what helps most. Opening and task never give way.
const GIVES_WAY: [SectionName; 12] = [
    SectionName::Recent,
    SectionName::Leaderboard,
    SectionName::Workdir,
    SectionName::Children,
    SectionName::Specialist,
    SectionName::Full,
    SectionName::More,
    SectionName::Chain,
    SectionName::Best,
    SectionName::Failures,
    SectionName::Insights,
    SectionName::Signals,
];

/// A part of the page: what stands above its rows, the rows, of which the last ones may be left out, what stands below.
pub(super) struct Section {
    pub(super) name: SectionName,
    pub(super) head: String,
    /// The head of a table, gone where no row of it is left.
    pub(super) table: String,
    pub(super) rows: Vec<String>,
    pub(super) foot: String,
    /// How many of the rows are on the page.
    shown: usize,
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
            shown: 0,
        }
    }

    pub(super) fn rows(self, rows: impl IntoIterator<Item = String>) -> Self {
        let rows: Vec<_> = rows.into_iter().collect();
        Self {
            shown: rows.len(),
            rows,
            ..self
        }
    }

    /// The section with `shown` of its rows; `again` is the command that makes the page.
    fn text(&self, shown: usize, again: &str) -> String {
        let table = if shown == 0 { "" } else { &self.table };
        [
            &self.head,
            table,
            &self.rows[..shown].concat(),
            &self.left_out(shown, &self.whole(again)),
            &self.foot,
        ]
        .concat()
    }

    /// The command that shows it whole.
    fn whole(&self, again: &str) -> String {
        show_all(again, &[self.name])
    }

    /// The length of that text, where `whole` is that command.
    fn len(&self, shown: usize, whole: &str) -> usize {
        let table = if shown == 0 { 0 } else { self.table.len() };
        let rows: usize = self.rows[..shown].iter().map(String::len).sum();
        self.head.len() + table + rows + self.left_out(shown, whole).len() + self.foot.len()
    }

    /// What is said in place of the rows that are not shown.
    fn left_out(&self, shown: usize, whole: &str) -> String {
        let missing = self.rows.len() - shown;
        if missing == 0 {
            return String::new();
        }
        let before = if shown == 0 { "" } else { "\n" };
        let what = match (self.rows.len(), shown) {
            (1, _) => "Left out for room".to_owned(),
            (_, 0) => format!("Left out for room: {}", count(missing as u64, "row")),
            _ => format!("Left out for room: {}", count(missing as u64, "more row")),
        };
        format!("{before}{what}; {whole} shows all.\n")
    }

    /// The most rows with which the section has at most `max` bytes; none where it has more even so.
    fn most(&self, max: usize, whole: &str) -> usize {
        if self.len(self.rows.len(), whole) <= max {
            return self.rows.len();
        }
        let (mut fits, mut too_many) = (0, self.rows.len());
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            if self.len(middle, whole) <= max {
                fits = middle
            } else {
                too_many = middle
            }
        }
        fits
    }
}

/// The command that shows sections whole.
fn show_all(again: &str, names: &[SectionName]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.word()).collect();
    code(
        format!(
            "{again} --sections {} --max-bytes 10000000",
            names.join(",")
        ),
        400,
    )
}

/// Sections on their way to a page of at most `max` bytes.
struct Fit<'a> {
    sections: Vec<Section>,
    gone: Vec<SectionName>,
    again: &'a str,
    max: usize,
}

/// The page: all sections where they fit, else as much of them as does, by their worth. `again` is the command that makes it.
pub(super) fn fit(sections: Vec<Section>, max: usize, again: &str) -> Result<String, TooSmall> {
    let mut fit = Fit {
        sections,
        gone: Vec::new(),
        again,
        max,
    };
    let mut len = fit.len();
    // A section may have made room for one that did not fit after all: those of most worth come back first.
    for name in GIVES_WAY.into_iter().chain(GIVES_WAY.into_iter().rev()) {
        len = fit.resize(name, len);
    }
    for name in GIVES_WAY {
        if len > max && fit.sections.iter().any(|section| section.name == name) {
            fit.sections.retain(|section| section.name != name);
            fit.gone.push(name);
            len = fit.len();
        }
    }
    let page = fit.page();
    if page.len() > max {
        Err(TooSmall { asked: max, page })
    } else {
        Ok(page)
    }
}

impl Fit<'_> {
    /// Gives a section as many rows as there is room for beside the others, on a page of `page` bytes. Returns how many it has
    /// then: to measure the whole page again for each section takes longer than to write it.
    fn resize(&mut self, name: SectionName, page: usize) -> usize {
        let Some(section) = self
            .sections
            .iter_mut()
            .find(|section| section.name == name)
        else {
            return page;
        };
        if page <= self.max && section.shown == section.rows.len() {
            return page;
        }
        let whole = section.whole(self.again);
        let others = page - section.len(section.shown, &whole);
        section.shown = section.most(self.max.saturating_sub(others), &whole);
        others + section.len(section.shown, &whole)
    }

    fn page(&self) -> String {
        let mut texts: Vec<_> = self
            .sections
            .iter()
            .map(|section| section.text(section.shown, self.again))
            .collect();
        let last = texts.len().saturating_sub(1);
        texts.splice(last..last, self.gone());
        texts.join("\n")
    }

    /// The length of that page.
    fn len(&self) -> usize {
        let texts = self
            .sections
            .iter()
            .map(|section| section.len(section.shown, &section.whole(self.again)));
        let texts = texts.chain(self.gone().map(|text| text.len()));
        texts.map(|len| len + 1).sum::<usize>().saturating_sub(1)
    }

    /// What is said in place of the sections that are not shown.
    fn gone(&self) -> Option<String> {
        let words: Vec<_> = self.gone.iter().map(|name| name.word()).collect();
        let shows = || show_all(self.again, &self.gone);
        (!words.is_empty()).then(|| {
            format!(
                "Left out for room: {}; {} shows all.\n",
                words.join(", "),
                shows()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Vec<Section> {
        let rows = |n: usize| {
            (0..n).map(|n| format!("- row {n}, which says a thing or two of its trial\n"))
        };
        vec![
            Section::new(SectionName::Opening, "# Opening\n".into()),
            Section::new(SectionName::Failures, "## Failures\n\n".into()).rows(rows(9)),
            Section::new(SectionName::Recent, "## Recent\n\n".into()).rows(rows(9)),
            Section::new(SectionName::Task, "## Task\n".into()),
        ]
    }

    fn page(max: usize) -> Result<String, TooSmall> {
        fit(sections(), max, "again")
    }

    #[test]
    fn any_bound_is_kept_or_refused_and_rows_stay_whole() {
        let whole = page(usize::MAX).unwrap();
        for max in 0..=whole.len() + 1 {
            let fit = Fit {
                sections: sections(),
                gone: GIVES_WAY[..max % 3].to_vec(),
                again: "again",
                max,
            };
            assert_eq!(fit.len(), fit.page().len());
            match page(max) {
                Ok(page) => {
                    assert!(page.len() <= max, "{max}: {page}");
                    assert!(page.contains("# Opening\n") && page.contains("## Task\n"));
                    let mut rows = page.lines().filter(|line| line.starts_with("- "));
                    assert!(
                        rows.all(|row| whole.lines().any(|line| line == row)),
                        "{max}: {page}"
                    );
                }
                Err(error) => assert!(error.page.len() > max && max < 150, "{max}"),
            }
        }
        assert_eq!(page(whole.len()).unwrap(), whole);
    }

    #[test]
    fn the_least_worth_gives_way_first_and_says_what_it_left_out() {
        let whole = page(usize::MAX).unwrap();
        let page = page(whole.len() - 1).unwrap();
        assert!(
            page.contains("more rows; `again --sections recent --max-bytes 10000000` shows all."),
            "{page}"
        );
        assert!(!page.contains("--sections failures"), "{page}");
    }

    #[test]
    fn room_that_a_large_row_could_not_use_goes_back() {
        let mut sections = sections();
        sections[1] = Section::new(SectionName::Insights, "## Insights\n\n".into())
            .rows(["x".repeat(5000) + "\n"]);
        let page = fit(sections, 2000, "again").unwrap();
        assert_eq!(
            page.lines()
                .filter(|line| line.starts_with("- row"))
                .count(),
            9,
            "{page}"
        );
    }
}
