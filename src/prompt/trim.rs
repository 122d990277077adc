//! Trims a prompt to a byte budget: whole rows, then whole sections, the least valuable sections first.

use pulldown_cmark::{Event, Parser, Tag};

use crate::{output::markdown::code, store::SectionName, text::count};

/// Which section is trimmed first. How trials fail and what an agent must do stay longest: feedback on failures helps most.
/// The opening and the task are never trimmed.
const TRIM_ORDER: [SectionName; 15] = [
    SectionName::Recent,
    SectionName::Leaderboard,
    SectionName::Workdir,
    SectionName::Children,
    SectionName::Specialist,
    SectionName::Parallel,
    SectionName::Full,
    SectionName::More,
    SectionName::Chain,
    SectionName::Best,
    SectionName::Invalid,
    SectionName::Failures,
    SectionName::Insights,
    SectionName::Signals,
    SectionName::Limits,
];

/// A prompt, and the headings of its sections.
pub(super) struct Prompt {
    pub(super) text: String,
    headings: Vec<String>,
}

impl Prompt {
    /// Whether a Markdown parser sees every heading where it belongs: not in a block that something left open.
    pub(super) fn shows_headings(&self) -> bool {
        let mut found = top_headings(&self.text).into_iter();
        let mut headings = self.headings.iter();
        headings.all(|heading| found.any(|other| other == heading))
    }
}

/// The lines of a page that are headings and not part of another block, as a Markdown parser sees them.
pub(super) fn top_headings(page: &str) -> Vec<&str> {
    let (mut headings, mut depth) = (Vec::new(), 0);
    for (event, range) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::Heading { .. }) {
                    headings.push(page[range].trim_end());
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    headings
}

pub(super) struct Section {
    pub(super) name: SectionName,
    head: String,
    /// The header of the table that the rows belong to; gone if no row is shown.
    pub(super) table_head: String,
    rows: Vec<String>,
    pub(super) foot: String,
    shown: usize,
}

impl Section {
    /// The bytes of the whole section, and of the empty line before the next one.
    pub(super) fn len(&self) -> usize {
        let rows: usize = self.rows.iter().map(String::len).sum();
        self.head.len() + self.table_head.len() + rows + self.foot.len() + 1
    }

    fn heading(&self) -> String {
        self.head.lines().next().unwrap_or_default().to_owned()
    }

    /// A section with a heading, a text and rows; the text and the rows may be empty.
    pub(super) fn new(title: &str, text: &str, rows: Vec<String>) -> Self {
        let text = if rows.is_empty() {
            text.trim_end().to_owned() + "\n"
        } else {
            text.to_owned()
        };
        Self {
            name: SectionName::Opening,
            head: format!("{title}\n\n{text}"),
            table_head: String::new(),
            shown: rows.len(),
            rows,
            foot: String::new(),
        }
    }

    fn text(&self, command: &str) -> String {
        let table_head = if self.shown > 0 { &self.table_head } else { "" };
        let rows = self.rows[..self.shown].concat();
        let note = self.trim_note(self.shown, command);
        [&self.head, table_head, &rows, &note, &self.foot].concat()
    }

    /// The command that prints the rows that are not shown.
    fn trim_note(&self, shown: usize, command: &str) -> String {
        let trimmed = self.rows.len() - shown;
        if trimmed == 0 {
            return String::new();
        }
        let command = show_whole(command, &[self.name]);
        match (trimmed as u64, shown) {
            (1, 0) => format!("Trimmed: {command}\n"),
            (trimmed, 0) => format!("{}: {command}\n", count(trimmed, "row")),
            (trimmed, _) => format!("\n{}: {command}\n", count(trimmed, "more row")),
        }
    }

    /// Shows as many rows as fit into `room` bytes, or none.
    fn show_rows_within(&mut self, room: usize, command: &str) {
        let fixed = self.head.len() + self.table_head.len() + self.foot.len();
        let mut rows = self.rows.iter().map(String::len).sum::<usize>();
        self.shown = self.rows.len();
        while self.shown > 0 && fixed + rows + self.trim_note(self.shown, command).len() > room {
            self.shown -= 1;
            rows -= self.rows[self.shown].len();
        }
    }
}

fn show_whole(command: &str, names: &[SectionName]) -> String {
    let mut names = join(names, ",");
    if names == SectionName::Recent.to_string() {
        names += ",full"; // it lists only what is not shown in full
    }
    code(
        &format!("{command} --sections {names} --max-bytes 10000000"),
        1000,
    )
}

fn join(names: &[SectionName], separator: &str) -> String {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.join(separator)
}

/// Joins sections to a prompt of at most `budget` bytes, or of as few as possible. `command` prints the prompt again.
pub(super) fn trim(mut sections: Vec<Section>, budget: usize, command: &str) -> Prompt {
    let text = fit(&mut sections, budget, command);
    Prompt {
        text,
        headings: sections.iter().map(Section::heading).collect(),
    }
}

fn fit(sections: &mut Vec<Section>, budget: usize, command: &str) -> String {
    let prompt = join_sections(sections, &[], command);
    if prompt.len() <= budget {
        return prompt;
    }
    for section in &mut *sections {
        section.shown = 0;
    }
    let mut dropped = Vec::new();
    let mut len = join_sections(sections, &dropped, command).len();
    for name in TRIM_ORDER {
        if len > budget && sections.iter().any(|section| section.name == name) {
            sections.retain(|section| section.name != name);
            dropped.push(name);
            len = join_sections(sections, &dropped, command).len();
        }
    }
    // The most valuable sections get their rows back first.
    for name in TRIM_ORDER.iter().rev() {
        if let Some(section) = sections.iter_mut().find(|section| section.name == *name) {
            len -= section.text(command).len();
            section.show_rows_within(budget.saturating_sub(len), command);
            len += section.text(command).len();
        }
    }
    join_sections(sections, &dropped, command)
}

fn join_sections(sections: &[Section], dropped: &[SectionName], command: &str) -> String {
    let texts = sections.iter().map(|section| section.text(command));
    let mut texts: Vec<String> = texts.collect();
    if !dropped.is_empty() {
        let (names, whole) = (join(dropped, ", "), show_whole(command, dropped));
        let note = format!("Trimmed sections {names}: {whole}\n");
        texts.insert(texts.len().saturating_sub(1), note); // before the task
    }
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_a_large_row_cannot_use_goes_to_other_sections() {
        let rows = (0..9).map(|n| format!("- row {n}, which says a thing or two of its trial\n"));
        let mut recent = Section::new("## Recent", "", rows.collect());
        recent.name = SectionName::Recent;
        let mut insights = Section::new("## Insights", "", vec!["x".repeat(5000) + "\n"]);
        insights.name = SectionName::Insights;
        let prompt = trim(vec![insights, recent], 2000, "again").text;
        let rows = prompt.lines().filter(|line| line.starts_with("- row"));
        assert_eq!(rows.count(), 9, "{prompt}");
    }
}
