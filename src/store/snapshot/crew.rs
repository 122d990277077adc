//! Many hands: the files of a tree are frozen by several threads, because most of the time goes into waiting for the system.

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use anyhow::{Context, Error, Result};

use super::{
    Contents, Entry, Progress, What,
    beneath::Beneath,
    copy::{CHUNK, Hand, Job},
    dir::{Kind, Meta},
    walk::Work,
};

/// More hands than this wait for each other.
const MOST: usize = 8;

/// At most so many files are taken at once.
const BATCH: usize = 128;

/// Files to be frozen, and how far that is.
struct Pile<'p> {
    /// What is taken at once is of one directory: two hands in the same would wait for each other at every name.
    batches: Vec<&'p [(usize, &'p (PathBuf, Meta))]>,
    next: AtomicUsize,
    progress: Mutex<(u64, Progress<'p>)>,
    total: u64,
}

/// What one hand has frozen, by its number, and the files that did not hold still.
type Share = (Vec<(usize, Contents)>, Vec<PathBuf>);

/// Freezes what was found in `work`, and returns it with what a person should know.
pub(super) fn freeze(
    job: &Job,
    mut work: Work,
    base: Option<Beneath>,
    tree: Beneath,
    progress: Progress,
) -> Result<(Vec<Entry>, Vec<String>)> {
    let total = work.bytes();
    let (found, only) = (std::mem::take(&mut work.entries), work.only.take());
    let files: Vec<_> = found
        .iter()
        .enumerate()
        .filter(|(_, (_, meta))| meta.kind == Kind::File)
        .collect();
    let batches: Vec<_> = files
        .chunk_by(|(_, (a, _)), (_, (b, _))| a.parent() == b.parent())
        .flat_map(|dir| dir.chunks(BATCH))
        .collect();
    let hand = || -> Result<Hand> {
        let base = base.as_ref().map(Beneath::again).transpose()?;
        let (work, tree) = (work.root.again()?, tree.again()?);
        let only = only.clone();
        Ok(Hand {
            job,
            work,
            only,
            tree,
            base,
            buffer: vec![0; CHUNK],
            in_memory: None,
            restless: Vec::new(),
        })
    };
    let hands = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST)
        .min(batches.len());
    let (mut first, others) = (
        hand()?,
        (1..hands).map(|_| hand()).collect::<Result<Vec<_>>>()?,
    );
    let mut whats = Vec::with_capacity(found.len());
    for (path, meta) in &found {
        let what = match meta.kind {
            Kind::Dir => first.dir(path, *meta).map(Some),
            Kind::Link => first.link(path).map(Some),
            _ => Ok(None), // of the pile
        };
        whats.push(what.with_context(|| path.display().to_string())?);
    }
    let pile = Pile {
        batches,
        next: AtomicUsize::new(0),
        progress: Mutex::new((0, progress)),
        total,
    };
    for (frozen, restless) in all_at_once(first, others, &pile)? {
        for (at, contents) in frozen {
            whats[at] = Some(What::File(contents));
        }
        let note = |path: PathBuf| {
            format!(
                "{} was written to while it was frozen; it is as it was read",
                path.display()
            )
        };
        work.notes.extend(restless.into_iter().map(note));
    }
    work.notes.sort_unstable();
    let entry = |((path, meta), what): ((PathBuf, Meta), Option<What>)| {
        Some(Entry {
            path,
            mode: meta.mode,
            what: what?,
        })
    };
    Ok((
        found.into_iter().zip(whats).filter_map(entry).collect(),
        work.notes,
    ))
}

/// Lets all hands take from the pile until it is empty, or one of them fails. Where the system has no thread to spare, fewer
/// hands do it: this one is always there.
fn all_at_once(first: Hand, others: Vec<Hand>, pile: &Pile) -> Result<Vec<Share>> {
    thread::scope(|scope| {
        let begin = |hand| {
            thread::Builder::new()
                .spawn_scoped(scope, move || take(hand, pile))
                .ok()
        };
        let threads: Vec<_> = others.into_iter().map_while(begin).collect();
        let mut shares = vec![take(first, pile)];
        let joined = threads.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(Error::msg("a thread died")))
        });
        shares.extend(joined);
        shares.into_iter().collect()
    })
}

fn take(mut hand: Hand, pile: &Pile) -> Result<Share> {
    let mut frozen = Vec::new();
    loop {
        let Some(batch) = pile.batches.get(pile.next.fetch_add(1, Relaxed)) else {
            return Ok((frozen, hand.restless));
        };
        for (at, (path, meta)) in *batch {
            let contents = hand
                .file(path, *meta)
                .with_context(|| path.display().to_string())
                .inspect_err(|_| {
                    pile.next.store(pile.batches.len(), Relaxed); // the others need not go on
                })?;
            frozen.push((*at, contents));
            if let Ok(mut progress) = pile.progress.lock() {
                progress.0 += contents.bytes;
                let done = progress.0;
                (progress.1)(done, pile.total);
            }
        }
    }
}
