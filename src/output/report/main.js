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

/** Reloads a page that is rewritten; the fragment keeps what is shown. Waits while somebody types or selects. */
function startReloading(seconds) {
  setInterval(() => {
    const isBusy = document.hidden || document.activeElement?.matches("input, select") || String(getSelection()) !== "";
    if (!isBusy) location.reload();
  }, seconds * 1000);
}

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
if (data.reload) startReloading(data.reload);
