// The table of trials. It holds only the rows that are seen, so ten thousand trials cost no more than twenty.
"use strict";

const ROW_HEIGHT = 32;
const box = document.getElementById("table-box");
const table = document.getElementById("table");
const count = document.getElementById("count");
let shown = [];

const tableColumns = ["id", "status", "score", "delta", "specialist", "domain", "hypothesis"]
  .filter((role) => column(role) !== undefined)
  .map((role) => ({ role, at: column(role), isNumber: role === "score" || role === "delta" }));
const widths = { id: 80, status: 175, score: 150, delta: 120, specialist: 115, domain: 110 };

function makeHeader() {
  const row = table.tHead.rows[0];
  for (const { role, at, isNumber } of tableColumns) {
    const name = data.columns[at];
    const sortBy = () => change({ sort: state.sort === name ? "-" + name : state.sort === "-" + name ? "" : name });
    const button = element("button", { type: "button", click: sortBy, title: "Sort by " + name }, role === "score" ? data.label : name);
    const cell = element("th", { scope: "col", class: isNumber ? "n" : "", "data-column": name }, button);
    if (widths[role]) cell.style.width = widths[role] + "px";
    row.append(cell);
  }
}

function updateSortMarks() {
  for (const cell of table.tHead.rows[0].cells) {
    const name = cell.dataset.column;
    const order = state.sort === name ? "ascending" : state.sort === "-" + name ? "descending" : "none";
    cell.setAttribute("aria-sort", order);
    const button = cell.firstChild;
    button.textContent = button.textContent.replace(/ [↑↓]$/, "") + { ascending: " ↑", descending: " ↓", none: "" }[order];
  }
}

function makeRow(position) {
  const trial = shown[position];
  const row = element("tr", {
    "aria-rowindex": position + 2,
    "aria-selected": String(trial.id === state.trial),
    "data-index": trial.index,
  });
  for (const { role, isNumber } of tableColumns) {
    const kind = role === "status" ? "status-" + kindOf(trial.status) : "";
    row.append(element("td", { class: isNumber ? "n" : kind }, textOf(trial, role)));
  }
  return row;
}

function makeGap(rows) {
  const cell = element("td", { colspan: tableColumns.length });
  cell.style.height = rows * ROW_HEIGHT + "px";
  return element("tr", { class: "gap", "aria-hidden": "true" }, cell);
}

/** Draws the rows that are seen, and gaps as high as those that are not. */
function drawRows() {
  const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - 8);
  const last = Math.min(shown.length, first + Math.ceil(box.clientHeight / ROW_HEIGHT) + 16);
  const rows = [];
  for (let position = first; position < last; position += 1) rows.push(makeRow(position));
  table.tBodies[0].replaceChildren(makeGap(first), ...rows, makeGap(shown.length - last));
}

function updateTable(changed) {
  const keepsPlace = changed.every((key) => key === "trial" || key === "open");
  if (!keepsPlace) {
    shown = shownTrials();
    table.setAttribute("aria-rowcount", shown.length + 1);
    const range = state.from === "" ? "" : `, numbers ${Math.ceil(state.from)} to ${Math.floor(state.to)}`;
    count.textContent = `${shown.length} of ${trials.length} trials${range}`;
    updateSortMarks();
    box.scrollTop = 0;
  }
  drawRows();
}

/** Scrolls a row of the table into sight. */
function revealRow(position) {
  const top = position * ROW_HEIGHT;
  const height = box.clientHeight - ROW_HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_HEIGHT > box.scrollTop + height) box.scrollTop = top + ROW_HEIGHT - height;
}

/** Selects the row that is `step` below the selected one. */
function moveSelection(step) {
  if (shown.length === 0) return;
  const now = shown.findIndex((trial) => trial.id === state.trial);
  const next = now < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, now + step));
  revealRow(next);
  change({ trial: shown[next].id });
}

function fillSelect(id, role) {
  const select = document.getElementById(id);
  const values = new Set(trials.map((trial) => textOf(trial, role)));
  values.delete("");
  if (values.size === 0) select.parentElement.hidden = true;
  select.append(element("option", { value: "" }, "all"));
  for (const value of [...values].sort()) select.append(element("option", { value }, value));
  select.addEventListener("change", () => change({ [id]: select.value }));
}

function updateFilters() {
  for (const id of ["status", "specialist", "domain"]) document.getElementById(id).value = state[id];
  const search = document.getElementById("search");
  if (search !== document.activeElement) search.value = state.q;
}

function startTable() {
  makeHeader();
  fillSelect("status", "status");
  fillSelect("specialist", "specialist");
  fillSelect("domain", "domain");
  const search = document.getElementById("search");
  search.addEventListener("input", () => change({ q: search.value }));
  search.form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", () => {
    search.value = "";
    change({ ...defaults, trial: state.trial, open: state.open });
  });
  box.addEventListener("scroll", () => requestAnimationFrame(drawRows));
  window.addEventListener("resize", drawRows);
  table.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-index]");
    if (row) openTrial(trials[row.dataset.index]);
  });
  listeners.push(updateTable, updateFilters);
}
