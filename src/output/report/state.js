// The trials, and what of them is shown. What a person chose is kept in the fragment of the address, so that a link or a
// reload shows the same.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const column = (role) => data.roles[role];
const trials = data.rows.map((cells, index) => ({
  index,
  cells,
  id: cells[column("id")],
  status: cells[column("status")],
  place: data.places[index],
  score: data.scores[index],
  parent: data.parents[index],
  children: [],
}));
cutCycles();
const ids = new Set();
for (const trial of trials) {
  if (trial.parent >= 0) trials[trial.parent].children.push(trial.index);
  if (ids.has(trial.id)) trial.id += ` (row ${trial.index + 1})`; // a second trial of that name
  ids.add(trial.id);
}

/** Makes a trial of every cycle of parents a root, so that every way up ends. */
function cutCycles() {
  const visitedFrom = new Int32Array(trials.length).fill(-1);
  for (const trial of trials) {
    let at = trial.index;
    while (at >= 0 && visitedFrom[at] < 0) {
      visitedFrom[at] = trial.index;
      at = trials[at].parent;
    }
    if (at >= 0 && visitedFrom[at] === trial.index) trials[at].parent = -1;
  }
}

/** The text of a trial in the column with a role; empty if the log has no such column. */
function textOf(trial, role) {
  const at = column(role);
  const text = at === undefined ? "" : trial.cells[at];
  const isInvalid = role === "score" && text !== "" && kindOf(trial.status) === "failed";
  return isInvalid ? text + " (invalid)" : text;
}

function kindOf(status) {
  if (status === "keep" || status === "baseline" || status === "discard") return status;
  return data.failures.includes(status) ? "failed" : "ignored";
}

/** Creates an element. Texts are set as text, so nothing in a log becomes markup. */
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
}

const defaults = { q: "", status: "", specialist: "", domain: "", sort: "", from: "", to: "", trial: "", open: "" };
const state = { ...defaults, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
const listeners = [];

/** Changes what is shown, and tells every part of the page. */
function change(changes) {
  Object.assign(state, changes);
  const kept = Object.entries(state).filter(([key, value]) => key in defaults && value !== "");
  // Browsers refuse it when it is called very often.
  try { history.replaceState(null, "", "#" + new URLSearchParams(kept)); } catch {}
  for (const listener of listeners) listener(Object.keys(changes));
}

const selected = () => (state.trial === "" ? undefined : trials.find((trial) => trial.id === state.trial));

const searchTexts = [];
function searchText(trial) {
  searchTexts[trial.index] ??= trial.cells.join("\n").toLowerCase();
  return searchTexts[trial.index];
}

/** The trials that pass the filters, sorted. */
function shownTrials() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const [from, to] = [state.from, state.to].map((text) => (text === "" ? undefined : Number(text)));
  const isShown = (trial) =>
    (state.status === "" || trial.status === state.status) &&
    (state.specialist === "" || textOf(trial, "specialist") === state.specialist) &&
    (state.domain === "" || textOf(trial, "domain") === state.domain) &&
    (from === undefined || (trial.place !== null && trial.place >= from && trial.place <= to)) &&
    words.every((word) => searchText(trial).includes(word));
  const shown = trials.filter(isShown);
  if (state.sort !== "") sortTrials(shown, state.sort);
  return shown;
}

/** Sorts by a column: numbers before texts, empty cells last in both directions. */
function sortTrials(list, sort) {
  const sign = sort.startsWith("-") ? -1 : 1;
  const at = data.columns.indexOf(sort.replace(/^-/, ""));
  const key = (trial) => {
    const text = trial.cells[at] ?? "";
    return { text, number: text.trim() === "" ? NaN : Number(text) };
  };
  const keys = new Map(list.map((trial) => [trial, key(trial)]));
  list.sort((one, other) => {
    const [a, b] = [keys.get(one), keys.get(other)];
    if ((a.text === "") !== (b.text === "")) return a.text === "" ? 1 : -1;
    const [hasA, hasB] = [!Number.isNaN(a.number), !Number.isNaN(b.number)];
    if (hasA !== hasB) return hasA ? -1 : 1;
    const order = hasA ? a.number - b.number : a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
    return sign * order || one.index - other.index;
  });
}
