//! Trims a prompt to a byte budget: whole rows, then whole sections, the least valuable sections first.

use crate::{
    output::{markdown::code, text::count},
    store::SectionName,
};

/// Which section is trimmed first. How trials fail and what an agent must do stay longest: feedback on failures helps most.
/// The opening and the task are never trimmed.
const TRIM_ORDER: [SectionName; 12] = [
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

/// A section of a prompt.
pub(super) struct Section {
    name: SectionName,
    head: String,
    /// The header of the table that the rows belong to.
    table_head: String,
    rows: Vec<String>,
    pub(super) foot: String,
    /// How many of the rows are shown.
    shown: usize,
}

impl Section {
    pub(super) fn new(name: SectionName, title: &str) -> Self {
        let level = if name == SectionName::Opening {
            "#"
        } else {
            "##"
        };
        Self {
            name,
            head: format!("{level} {title}\n\n"),
            table_head: String::new(),
            rows: Vec::new(),
            foot: String::new(),
            shown: 0,
        }
    }

    /// Adds a text above the rows.
    pub(super) fn with_text(mut self, text: &str) -> Self {
        self.head += text;
        self
    }

    pub(super) fn with_rows(mut self, rows: impl IntoIterator<Item = String>) -> Self {
        self.rows = rows.into_iter().collect();
        self.shown = self.rows.len();
        self
    }

    /// A table: the rows, and the header that is gone if no row is shown.
    pub(super) fn with_table(self, table_head: String, rows: Vec<String>) -> Self {
        Self {
            table_head,
            ..self.with_rows(rows)
        }
    }

    fn text(&self, command: &str) -> String {
        let mut text = self.head.clone();
        if self.shown > 0 {
            text += &self.table_head;
        }
        text.extend(self.rows[..self.shown].iter().map(String::as_str));
        text + &self.trim_note(self.shown, command) + &self.foot
    }

    /// What is said instead of the rows that are not shown.
    fn trim_note(&self, shown: usize, command: &str) -> String {
        let trimmed = self.rows.len() - shown;
        if trimmed == 0 {
            return String::new();
        }
        let command = show_whole(command, &[self.name]);
        match (trimmed, shown) {
            (1, 0) => format!("Trimmed: {command}\n"),
            (_, 0) => format!("{}: {command}\n", count(trimmed as u64, "row")),
            _ => format!("\n{}: {command}\n", count(trimmed as u64, "more row")),
        }
    }

    /// Shows as many rows as fit into `room` bytes, or none.
    fn show_rows_within(&mut self, room: usize, command: &str) {
        let fixed = self.head.len() + self.foot.len();
        let mut rows = self.table_head.len() + self.rows.iter().map(String::len).sum::<usize>();
        self.shown = self.rows.len();
        while self.shown > 0 && fixed + rows + self.trim_note(self.shown, command).len() > room {
            self.shown -= 1;
            rows -= self.rows[self.shown].len();
        }
    }
}

/// The command that shows these sections whole.
fn show_whole(command: &str, names: &[SectionName]) -> String {
    code(
        format!(
            "{command} --sections {} --max-bytes 10000000",
            join(names, ",")
        ),
        1000,
    )
}

fn join(names: &[SectionName], separator: &str) -> String {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.join(separator)
}

/// Joins sections to a prompt of at most `budget` bytes, or of as few as possible. `command` prints the prompt again.
pub(super) fn trim(mut sections: Vec<Section>, budget: usize, command: &str) -> String {
    let mut prompt = join_sections(&sections, &[], command);
    if prompt.len() <= budget {
        return prompt;
    }
    for section in &mut sections {
        section.shown = 0;
    }
    let mut dropped = Vec::new();
    prompt = join_sections(&sections, &dropped, command);
    for name in TRIM_ORDER {
        if prompt.len() > budget && sections.iter().any(|section| section.name == name) {
            sections.retain(|section| section.name != name);
            dropped.push(name);
            prompt = join_sections(&sections, &dropped, command);
        }
    }
    // The most valuable sections get their rows back first.
    let mut len = prompt.len();
    for name in TRIM_ORDER.iter().rev() {
        if let Some(section) = sections.iter_mut().find(|section| section.name == *name) {
            len -= section.text(command).len();
            section.show_rows_within(budget.saturating_sub(len), command);
            len += section.text(command).len();
        }
    }
    join_sections(&sections, &dropped, command)
}

fn join_sections(sections: &[Section], dropped: &[SectionName], command: &str) -> String {
    let mut texts: Vec<_> = sections
        .iter()
        .map(|section| section.text(command))
        .collect();
    if !dropped.is_empty() {
        let names = join(dropped, ", ");
        let note = format!(
            "Trimmed sections {names}: {}\n",
            show_whole(command, dropped)
        );
        texts.insert(texts.len().saturating_sub(1), note); // before the task
    }
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Vec<Section> {
        let rows = |n: usize| {
            (0..n).map(|n| format!("- row {n}, which says a thing or two of its trial\n"))
        };
        vec![
            Section::new(SectionName::Opening, "Opening"),
            Section::new(SectionName::Failures, "Failures").with_rows(rows(9)),
            Section::new(SectionName::Recent, "Recent").with_rows(rows(9)),
            Section::new(SectionName::Task, "Task"),
        ]
    }

    fn prompt(budget: usize) -> String {
        trim(sections(), budget, "again")
    }

    #[test]
    fn any_possible_budget_is_kept_and_rows_stay_whole() {
        let whole = prompt(usize::MAX);
        let least = prompt(0).len();
        assert!(least < 150);
        for budget in 0..=whole.len() + 1 {
            let prompt = prompt(budget);
            assert!(prompt.len() <= budget.max(least), "{budget}: {prompt}");
            assert!(prompt.contains("# Opening\n") && prompt.contains("## Task\n"));
            let mut rows = prompt.lines().filter(|line| line.starts_with("- "));
            assert!(
                rows.all(|row| whole.lines().any(|line| line == row)),
                "{budget}: {prompt}"
            );
        }
        assert_eq!(prompt(whole.len()), whole);
    }

    #[test]
    fn the_least_valuable_section_is_trimmed_first_and_says_so() {
        let prompt = prompt(prompt(usize::MAX).len() - 1);
        assert!(
            prompt.contains("more rows: `again --sections recent --max-bytes 10000000`\n"),
            "{prompt}"
        );
        assert!(!prompt.contains("--sections failures"), "{prompt}");
    }

    #[test]
    fn room_that_a_large_row_cannot_use_goes_to_other_sections() {
        let mut sections = sections();
        sections[1] =
            Section::new(SectionName::Insights, "Insights").with_rows(["x".repeat(5000) + "\n"]);
        let prompt = trim(sections, 2000, "again");
        let rows = prompt.lines().filter(|line| line.starts_with("- row"));
        assert_eq!(rows.count(), 9, "{prompt}");
    }
}
