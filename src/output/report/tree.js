// The tree of the search: keeps are unfolded, what was tried from each is folded until it is asked for.
"use strict";

/** Deeper levels are not indented further. */
const MAX_INDENT = 24;
const treeRoot = document.getElementById("tree-root");

/** Whether a keep is at or below each trial. Parents may come after their children, so this is repeated to the top. */
const hasKeep = new Uint8Array(trials.length);
for (const trial of trials) {
  if (kindOf(trial.status) !== "keep") continue;
  let at = trial.index;
  while (at >= 0 && !hasKeep[at]) {
    hasKeep[at] = 1;
    at = trials[at].parent;
  }
}

const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What was folded or unfolded by hand, by the key of the item; in the order in which it was done first. */
const folds = new Map();

function makeItem(key, label, depth, style, makeChildren) {
  const row = element("span", { class: "row " + style }, ...label);
  const item = element("li", { role: "treeitem", tabindex: "-1", "aria-level": depth + 1, "data-key": key }, row);
  if (depth >= MAX_INDENT) item.classList.add("deep");
  if (makeChildren) {
    item.setAttribute("aria-expanded", "false");
    item.makeChildren = makeChildren;
  }
  return item;
}

function makeTrialItem(trial, depth) {
  const hypothesis = textOf(trial, "hypothesis");
  const short = hypothesis.length > 120 ? hypothesis.slice(0, 119) + "…" : hypothesis;
  const best = trial.index === data.best ? " ← best" : "";
  const level = depth > MAX_INDENT ? `(${depth} deep) ` : "";
  const outcome = element("span", { class: "status-" + kindOf(trial.status) }, trial.status);
  const label = [level, element("b", {}, trial.id), " ", outcome, ` ${textOf(trial, "score")}${best}  ${short}`];
  const makeChildren = trial.children.length > 0 && (() => childItems(trial.children, depth + 1));
  const item = makeItem(`trial ${trial.index}`, label, depth, "", makeChildren);
  item.trial = trial;
  return item;
}

/** Items of trials: those that lead to keeps, then the discards and the failures, folded. */
function childItems(indices, depth) {
  const [leading, others, failed] = [[], [], []];
  for (const index of indices) {
    const isFailed = ["failed", "ignored"].includes(kindOf(trials[index].status));
    if (hasKeep[index]) leading.push(index);
    else if (isFailed && trials[index].children.length === 0) failed.push(index);
    else others.push(index);
  }
  const items = leading.map((index) => makeTrialItem(trials[index], depth));
  for (const [group, noun, style] of [[others, "other trial", "status-discard"], [failed, "failed trial", "status-failed"]]) {
    if (group.length === 0) continue;
    const make = () => group.map((index) => makeTrialItem(trials[index], depth + 1));
    const key = `${noun} of ${trials[group[0]].parent}`;
    items.push(makeItem(key, [plural(group.length, noun)], depth, style, make));
  }
  return items;
}

function fold(item, isOpen) {
  if (!item.makeChildren) return;
  if (isOpen && !item.list) {
    item.list = element("ul", { role: "group" }, ...item.makeChildren());
    item.append(item.list);
  }
  item.setAttribute("aria-expanded", String(isOpen));
  if (item.list) item.list.hidden = !isOpen;
}

function foldByHand(item, isOpen) {
  if (!item) return;
  folds.set(item.dataset.key, isOpen);
  fold(item, isOpen);
}

const findItem = (key) => treeRoot.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`);

/** Unfolds everything that leads to a keep, without recursion: a chain may be long. */
function unfoldKeeps(roots) {
  const pending = [...roots];
  while (pending.length > 0) {
    const item = pending.pop();
    const leads = item.trial && item.trial.children.some((index) => hasKeep[index]);
    if (!leads) continue;
    fold(item, true);
    pending.push(...item.list.children);
  }
}

function focusItem(item) {
  if (!item) return;
  for (const other of treeRoot.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus({ preventScroll: true });
  item.firstChild.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function onTreeKey(event) {
  const item = event.target.closest('[role="treeitem"]');
  const seen = [...treeRoot.querySelectorAll('[role="treeitem"]')].filter((other) => other.offsetParent !== null);
  const at = seen.indexOf(item);
  const isOpen = item?.getAttribute("aria-expanded") === "true";
  const keys = {
    ArrowDown: () => focusItem(seen[at + 1]),
    ArrowUp: () => focusItem(seen[at - 1]),
    Home: () => focusItem(seen[0]),
    End: () => focusItem(seen[seen.length - 1]),
    ArrowRight: () => (isOpen ? focusItem(item.list.firstChild) : foldByHand(item, true)),
    ArrowLeft: () => (isOpen ? foldByHand(item, false) : focusItem(item.parentElement.closest('[role="treeitem"]'))),
    Enter: () => (item.trial ? openTrial(item.trial) : foldByHand(item, !isOpen)),
    " ": () => foldByHand(item, !isOpen),
  };
  if (!item || !keys[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
}

/** Drags the tree with the mouse; the end of that is no click. */
function startPanning(holder) {
  let [last, distance] = [undefined, 0];
  holder.addEventListener("pointerdown", (event) => {
    distance = 0;
    if (event.pointerType === "mouse" && event.button === 0) last = event;
  });
  holder.addEventListener("pointermove", (event) => {
    if (!last || event.buttons !== 1) return (last = undefined);
    holder.scrollBy(last.clientX - event.clientX, last.clientY - event.clientY);
    distance += Math.abs(last.clientX - event.clientX) + Math.abs(last.clientY - event.clientY);
    last = event;
  });
  holder.addEventListener("click", (event) => distance > 4 && event.stopPropagation(), true);
}

function startTree() {
  const roots = trials.filter((trial) => trial.parent < 0).map((trial) => trial.index);
  treeRoot.append(...childItems(roots, 0));
  unfoldKeeps(treeRoot.children);
  if (treeRoot.firstChild) treeRoot.firstChild.tabIndex = 0;
  treeRoot.addEventListener("keydown", onTreeKey);
  treeRoot.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row) return;
    const item = row.parentElement;
    const isMark = event.clientX - row.getBoundingClientRect().left < 22;
    if (item.trial && !isMark) openTrial(item.trial);
    else foldByHand(item, item.getAttribute("aria-expanded") !== "true");
    focusItem(item);
  });
  startPanning(treeRoot.parentElement);
}
