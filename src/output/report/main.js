// Starts the page: its parts, the keys, and the reload of a page that is watched.
"use strict";

function onKey(event) {
  const isTyping = event.target.closest?.("input, select, textarea");
  if (event.key === "Escape") {
    if (isTyping) event.target.blur();
    else if (!panel.hidden) closePanel();
    return;
  }
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    "/": () => document.getElementById("search").focus(),
    j: () => moveSelection(1),
    k: () => moveSelection(-1),
    Enter: () => selected() && !event.target.closest("button, a, summary") && openTrial(selected()),
  };
  if (!keys[event.key]) return;
  if (event.key !== "Enter") event.preventDefault();
  keys[event.key]();
}

/** What the fragment does not hold: what is scrolled, folded, unfolded and has the focus. */
const scrolled = [box, panel, treeRoot.parentElement];
const prompts = [...document.querySelectorAll("#prompts details")];

function reloadPage() {
  const view = {
    scroll: scrolled.map((part) => [part.scrollLeft, part.scrollTop]),
    folds: [...folds],
    prompts: prompts.filter((prompt) => prompt.open).map((prompt) => prompt.firstChild.textContent),
    focus: treeRoot.contains(document.activeElement) ? document.activeElement.dataset.key : undefined,
  };
  history.replaceState(view, "");
  location.reload();
}

function restoreView({ scroll, folds, prompts: open, focus }) {
  for (const [key, isOpen] of folds) foldByHand(findItem(key), isOpen);
  for (const prompt of prompts) prompt.open = open.includes(prompt.firstChild.textContent);
  scrolled.forEach((part, at) => part.scrollTo(...scroll[at]));
  focusItem(findItem(focus));
}

/** Reloads a page that is rewritten. Waits while somebody types or selects. */
function startReloading(seconds) {
  setInterval(() => {
    const isBusy = document.hidden || document.activeElement?.matches("input, select") || String(getSelection()) !== "";
    if (!isBusy) reloadPage();
  }, seconds * 1000);
}

const view = history.state; // before `change` replaces it
document.documentElement.classList.add("js");
startTable();
startPlots();
startTree();
listeners.push(updatePanel);
document.addEventListener("keydown", onKey);
window.addEventListener("hashchange", () => {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (Object.keys(given).some((key) => key in defaults)) change({ ...defaults, ...given });
});
change({ ...state });
if (data.reload && view) restoreView(view);
if (data.reload) startReloading(data.reload);
