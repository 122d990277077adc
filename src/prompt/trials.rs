//! The sections that list trials: the leaderboard, the children of the best, the specialist's own, the last ones.

use super::limits::find_violation;
use super::page::{Page, cell, id, quote, score_cell, trial_count};
use super::trim::Section;
use crate::analysis::{Calibration, find_reason};
use crate::log::{Role, Row, Status, Trial, shown_id};
use crate::output::format::short_delta;
use crate::output::markdown::{self, code, word};
use crate::output::trials::column_title;
use crate::store::SectionName;
use crate::text::{count, cut_middle, squeeze, visible};

/// The longest texts of a list, in characters, and how many bytes its rows have on average in a full prompt.
type Lengths = (usize, usize);

const IN_LEADERBOARD: Lengths = (100, 85);
const IN_RECENT: Lengths = (72, 79);
const IN_LIST: Lengths = (60, 120);
const IN_OWN: Lengths = (60, 170);
const IN_FULL: Lengths = (4000, 345);

/// The lengths that are tried, so that texts are cut alike.
const LENGTHS: [usize; 21] = [
    4000, 2000, 1200, 800, 600, 500, 400, 350, 300, 250, 200, 170, 150, 125, 100, 72, 60, 50, 40,
    30, MIN_LENGTH,
];

/// The shortest length, also if the rows do not fit.
const MIN_LENGTH: usize = 20;

const DELTA_NOTE: &str = "Δ is the difference from the best at the time.\n\n";

/// One row for each trial, with texts as long as there is room; `write` gets the trial and the length of its texts.
fn fit_rows(
    page: &Page,
    trials: &[Trial],
    (max, bytes): Lengths,
    write: impl Fn(usize, &Row, usize) -> String,
) -> Vec<String> {
    let write_fitting = |length, mut room: usize| -> Option<Vec<String>> {
        let rows = trials.iter().enumerate().map(|(at, trial)| {
            let row = write(at, &trial.row(), length);
            room = room.checked_sub(row.len())?;
            Some(row)
        });
        rows.collect()
    };
    let room = page.room_for(bytes * trials.len());
    let mut lengths = LENGTHS.into_iter().filter(|&length| length <= max);
    let rows = lengths
        .find_map(|length| write_fitting(length, room))
        .or_else(|| write_fitting(MIN_LENGTH, usize::MAX))
        .unwrap_or_default();
    page.count_used(rows.iter().map(String::len).sum());
    rows
}

pub(super) fn leaderboard(page: &Page) -> Option<Section> {
    let (data, trials) = (page.data, &page.data.leaderboard);
    data.newest.as_ref()?;
    if trials.is_empty() {
        let has_keeps = data.tally.total.trials(|status| status == Status::Keep) > 0;
        let text = format!("No keeps{}.\n", page.yet());
        return (!has_keeps).then(|| Section::new("## Leaderboard", &text, Vec::new()));
    }
    let title = format!("## Leaderboard: top {}", count(trials.len() as u64, "keep"));
    let roles = [Role::Score, Role::Delta, Role::Specialist];
    Some(table(&title, trials, roles, IN_LEADERBOARD, page))
}

/// The last trials that are not shown in full.
pub(super) fn recent(page: &Page) -> Option<Section> {
    let (all, first) = (&page.data.last, in_full(page).len());
    let end = first.saturating_add(page.options.settings.recent);
    let trials = &all[first..end.min(all.len())];
    let count = trial_count(trials.len() as u64);
    let title = match first {
        0 => format!("## Recent: last {count}, newest first"),
        first => format!("## Recent: {count} before the last {first}, newest first"),
    };
    let roles = [Role::Specialist, Role::Status, Role::Score];
    (!trials.is_empty()).then(|| table(&title, trials, roles, IN_RECENT, page))
}

fn table(
    title: &str,
    trials: &[Trial],
    roles: [Role; 3],
    lengths: Lengths,
    page: &Page,
) -> Section {
    let hidden: Vec<Option<&str>> = trials
        .iter()
        .map(|trial| hide_hypothesis(trial, page))
        .collect();
    let starts = trials.iter().map(|trial| {
        let row = trial.row();
        let [a, b, c] = roles.map(|role| table_cell(&row, role, page));
        markdown::row(&[id(&row), a, b, c])
    });
    let starts: Vec<String> = starts.collect();
    let rows = fit_rows(page, trials, lengths, |at, row, length| {
        let hypothesis = match hidden[at] {
            Some(place) => place.to_owned(),
            None => quote(row, Role::Hypothesis, length),
        };
        starts[at].trim_end().to_owned() + &markdown::row(&[hypothesis])[1..]
    });
    let metric = word(&page.data.schema.metric);
    let [a, b, c] = roles.map(|role| match role {
        Role::Delta => "Δ from the best at the time".to_owned(),
        _ => column_title(role, &metric).to_owned(),
    });
    let mut section = Section::new(title, "", rows);
    section.table_head = markdown::head(&["exp".to_owned(), a, b, c, "hypothesis".to_owned()]);
    section
}

/// Where the hypothesis is shown instead, if it is not shown here.
fn hide_hypothesis(trial: &Trial, page: &Page) -> Option<&'static str> {
    let row = trial.row();
    if page.shown_in_chain.borrow().contains(&row.offset) {
        return Some("in the chain");
    }
    (!page.may_show(&row)).then_some("shown elsewhere")
}

fn table_cell(row: &Row, role: Role, page: &Page) -> String {
    match role {
        Role::Score => score_cell(row),
        Role::Status => match find_violation(row, &page.data.limits) {
            Some(violation) => format!("{}: {}", cell(row, role), violation.value_text()),
            None => cell(row, role),
        },
        _ => cell(row, role),
    }
}

pub(super) fn children(page: &Page) -> Option<Section> {
    page.data.best.as_ref()?;
    let (children, older) = (
        &page.data.relatives.children,
        &page.data.relatives.lineage.older_children,
    );
    let all = children.len() as u64 + older.values().sum::<u64>();
    if all == 0 {
        let section = Section::new("## Tried from the best", "Nothing yet.\n", Vec::new());
        return Some(section);
    }
    let title = format!("## Tried from the best: {}, newest first", trial_count(all));
    let (text, children) = split_in_full(children, page);
    let rows = list(&children, IN_LIST, page, |_, _, _| String::new());
    let mut section = Section::new(&title, &text, rows);
    if !older.is_empty() {
        let older = older.iter().map(|(status, n)| (status.name(), *n));
        section.foot = format!("\nEarlier: {}.\n", tally_text(older));
    }
    Some(section)
}

/// Trials as list items, each followed by its `details`.
fn list(
    trials: &[Trial],
    lengths: Lengths,
    page: &Page,
    details: impl Fn(usize, &Row, usize) -> String,
) -> Vec<String> {
    let shown: Vec<bool> = trials
        .iter()
        .map(|trial| page.may_show(&trial.row()))
        .collect();
    fit_rows(page, trials, lengths, |at, row, length| {
        let mut text = format!("- {}", page.outcome(row));
        if shown[at] {
            text += &format!(" {}", quote(row, Role::Hypothesis, length));
        }
        text + "\n" + &details(at, row, length)
    })
}

/// A tally as `3 keep, 1 crash`.
fn tally_text<S: AsRef<str>>(tally: impl Iterator<Item = (S, u64)>) -> String {
    let counts = tally.map(|(name, trials)| format!("{trials} {}", word(name.as_ref())));
    counts.collect::<Vec<_>>().join(", ")
}

pub(super) fn own(page: &Page) -> Option<Section> {
    let data = page.data;
    data.newest.as_ref()?;
    let group = &data.own.group;
    let title = format!("## Your trials: {}", word(&data.specialist));
    if group.all() == 0 {
        let text = format!("None{}.\n", page.yet());
        return Some(Section::new(&title, &text, Vec::new()));
    }
    let tally = tally_text(group.entries().map(|entry| (entry.word, entry.trials)));
    let mut text = format!("{}: {tally}", trial_count(group.all()));
    if let Some((_, score, id)) = &group.best {
        let metric = word(&data.schema.metric);
        text += &format!("; your best is {} ({metric} {})", word(id), word(score));
    }
    text += ".\n\n";
    if let Some(calibration) = data.own.calibration() {
        text += &calibration_text(&calibration);
    }
    let is_own = |keep: &Trial| keep.row().text(Role::Specialist) == data.specialist;
    if !data.leaderboard.is_empty() && !data.leaderboard.iter().any(is_own) {
        text += "No keep on the leaderboard is yours.\n\n";
    }
    let (note, trials) = split_in_full(&data.own_last, page);
    text += &note;
    let reasons: Vec<_> = trials.iter().map(failure_reason).collect();
    let rows = list(&trials, IN_OWN, page, |at, row, length| {
        notes_text(row, reasons[at].as_deref(), length + length / 2)
    });
    Some(Section::new(&title, &text, rows))
}

/// A note that names the trials that are shown in full, and the other trials.
fn split_in_full(trials: &[Trial], page: &Page) -> (String, Vec<Trial>) {
    let all_full = in_full(page);
    let is_full = |trial: &Trial| {
        let offset = trial.row().offset;
        all_full.iter().any(|full| full.row().offset == offset)
    };
    let (full, rest): (Vec<Trial>, Vec<Trial>) = trials.iter().cloned().partition(is_full);
    let names = full.iter().map(|trial| {
        let row = trial.row();
        format!("{} {}", id(&row), cell(&row, Role::Status))
    });
    let names: Vec<String> = names.collect();
    let mut note = String::new();
    if !names.is_empty() {
        note += &format!("Shown in full below: {}.\n\n", names.join(", "));
    }
    if !rest.is_empty() {
        note += DELTA_NOTE;
    }
    (note, rest)
}

fn calibration_text(calibration: &Calibration) -> String {
    let trials = calibration.trials;
    format!(
        "Calibration, last {} with a prediction: median predicted Δ {}, measured {}; sign right {} of {trials}.\n\n",
        trial_count(trials as u64),
        short_delta(calibration.predicted),
        short_delta(calibration.measured),
        calibration.right_sign
    )
}

/// The trials that are shown in full.
fn in_full<'a>(page: &Page<'a>) -> &'a [Trial] {
    let settings = page.options.settings;
    if !settings.sections.contains(&SectionName::Full) {
        return &[];
    }
    let all = &page.data.last;
    &all[..settings.full.min(all.len())]
}

pub(super) fn full(page: &Page) -> Option<Section> {
    let trials = in_full(page);
    let is_shown: Vec<bool> = trials
        .iter()
        .map(|trial| page.may_show(&trial.row()))
        .collect();
    let reasons: Vec<_> = trials.iter().map(failure_reason).collect();
    let rows = fit_rows(page, trials, IN_FULL, |at, row, length| {
        let parent = word(&shown_id(&row.text(Role::Parent)));
        let hypothesis = if is_shown[at] {
            item_text("hypothesis", row, Role::Hypothesis, length)
        } else {
            "  - hypothesis: shown elsewhere\n".to_owned()
        };
        let notes = notes_text(row, reasons[at].as_deref(), length / 2);
        let outcome = page.explained_outcome(row);
        format!("- {outcome} from {parent}\n{hypothesis}{notes}")
    });
    let mut title = format!("## The last {} in full, newest first", rows.len());
    // In the title, so that a long text does not change the structure of the prompt.
    if rows.iter().any(|row| row.contains('…')) {
        title += "; … marks a cut text";
    }
    (!rows.is_empty()).then(|| Section::new(&title, "", rows))
}

/// Why a trial failed, if its notes say it.
fn failure_reason(trial: &Trial) -> Option<String> {
    let row = trial.row();
    let notes = row.text(Role::Notes);
    let reason = row.status().is_failure().then(|| find_reason(&notes))??;
    Some(squeeze(&visible(&reason)))
}

/// The notes or, if those of a failed trial are longer than `length` characters, only its reason.
fn notes_text(row: &Row, reason: Option<&str>, length: usize) -> String {
    match reason {
        Some(reason) if row.text(Role::Notes).chars().count() > length => {
            let reason = code(&cut_middle(reason, length), length);
            format!("  - reason: {reason}\n")
        }
        _ => item_text("notes", row, Role::Notes, length),
    }
}

fn item_text(name: &str, row: &Row, role: Role, length: usize) -> String {
    if row.bytes(role).is_empty() {
        return String::new();
    }
    format!("  - {name}: {}\n", quote(row, role, length))
}
