// The side panel with one trial: its columns, its relatives, similar earlier trials, and what it changed.
"use strict";

const MAX_LISTED = 30;
const panel = document.getElementById("panel");
let focusBefore;

function openTrial(trial) {
  if (panel.hidden) focusBefore = document.activeElement;
  change({ trial: trial.id, open: "1" });
  panel.focus();
}

function closePanel() {
  change({ open: "" });
  focusBefore?.focus?.({ preventScroll: true });
}

function ancestorsOf(trial) {
  const chain = [];
  for (let at = trial.parent; at >= 0; at = trials[at].parent) chain.unshift(trials[at]);
  return chain;
}

/** The words of a hypothesis; each trial's are found once. */
const wordSets = [];
function wordsOf(trial) {
  wordSets[trial.index] ??= new Set(textOf(trial, "hypothesis").toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? []);
  return wordSets[trial.index];
}

/** How much each word tells: a rare word more than a common one. */
let weights;
function weightOf(word) {
  if (!weights) {
    weights = new Map();
    for (const trial of trials) for (const word of wordsOf(trial)) weights.set(word, (weights.get(word) ?? 0) + 1);
  }
  return Math.log(1 + trials.length / (weights.get(word) ?? 1));
}

/**
 * The earlier trials that share most of the weight of their words with a trial. An edit that is repeated in other words
 * often shares less than a fifth. `lineage similar` would have to compare every trial with every other for the page.
 */
function similarTo(trial) {
  const words = wordsOf(trial);
  const sum = (list) => list.reduce((total, word) => total + weightOf(word), 0);
  const own = sum([...words]);
  const found = [];
  for (const other of trials.slice(0, trial.index)) {
    const theirs = [...wordsOf(other)];
    const shared = sum(theirs.filter((word) => words.has(word)));
    const score = shared / (own + sum(theirs) - shared);
    if (score > 0.05) found.push({ other, score });
  }
  found.sort((a, b) => b.score - a.score || b.other.index - a.other.index);
  return found.slice(0, 5).map(({ other }) => other);
}

function listOf(title, list) {
  if (list.length === 0) return [];
  const items = list.slice(0, MAX_LISTED).map((trial) => {
    const text = `${trial.id} ${trial.status} ${textOf(trial, "score")}`;
    const button = element("button", { type: "button", click: () => openTrial(trial) }, text);
    return element("li", {}, button, " " + textOf(trial, "hypothesis").slice(0, 100));
  });
  if (list.length > MAX_LISTED) items.push(element("li", {}, `${list.length - MAX_LISTED} more`));
  return [element("h3", {}, title), element("ul", {}, ...items)];
}

function patchOf(trial) {
  const patch = data.patches[trial.index];
  if (patch === undefined) return [];
  const lines = patch.split("\n").map((line) => {
    const style = /^\+(?!\+\+)/.test(line) ? "added" : /^-(?!--)/.test(line) ? "removed" : undefined;
    return element("span", { class: style }, line + "\n");
  });
  return [element("h3", {}, "Changes to the snapshot of its parent"), element("pre", {}, ...lines)];
}

function updatePanel(changed) {
  if (!changed.includes("trial") && !changed.includes("open")) return;
  const trial = state.open === "" ? undefined : selected();
  panel.hidden = !trial;
  if (!trial) return;
  const fields = element("dl");
  data.columns.forEach((name, at) => {
    if (trial.cells[at] !== "") fields.append(element("dt", {}, name), element("dd", {}, trial.cells[at]));
  });
  const close = element("button", { type: "button", class: "close", click: closePanel }, "Close");
  panel.replaceChildren(
    close,
    element("h2", {}, `Trial ${trial.id}`),
    fields,
    ...listOf("Ancestors, oldest first", ancestorsOf(trial)),
    ...listOf("Tried from it", trial.children.map((index) => trials[index])),
    ...listOf("Earlier trials with similar words, the most similar first", similarTo(trial)),
    ...patchOf(trial),
  );
  panel.scrollTop = 0;
}
