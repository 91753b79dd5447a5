// Tables and boards: j k x Enter, selection that states its count, cards that can be dragged.
"use strict";

const rowsOf = (table) => [...table.querySelectorAll("tbody tr")];
const tickOf = (row) => row.querySelector("input[name='ids']");

function keysAreOff() {
  try { return localStorage.getItem("keys") === "off"; } catch { return false; }
}

// ---- j and k walk, x ticks, Enter opens

function walkTo(table, row) {
  for (const other of table.querySelectorAll("tr[data-current]")) {
    delete other.dataset.current;
    other.removeAttribute("tabindex");
  }
  row.dataset.current = "";
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function stepIn(table, step) {
  const rows = rowsOf(table);
  const at = rows.findIndex((row) => "current" in row.dataset);
  const row = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  if (row) walkTo(table, row);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keysAreOff()) return;
  if (event.target.closest("input:not([name='ids']), select, textarea, [contenteditable], dialog:modal")) return;
  const table = document.querySelector("table[data-rows]");
  if (!table) return;
  const current = table.querySelector("tr[data-current]");
  if (event.key === "j") stepIn(table, 1);
  else if (event.key === "k") stepIn(table, -1);
  else if (event.key === "x" && current) tickOf(current)?.click();
  else if (event.key === "Enter" && event.target === current) current.querySelector("[data-row-link]")?.click();
  else return;
  event.preventDefault();
});

// ---- selection: shift selects a stretch, the head's box all that is shown, the bar says how many

let lastTick = null;

function stateCount(list) {
  const ticks = [...list.querySelectorAll("input[name='ids']")];
  const ticked = ticks.filter((tick) => tick.checked).length;
  const count = list.querySelector("[data-bulk-count]");
  if (count) {
    const words = ticked === 1 ? count.dataset.one : count.dataset.words;
    count.textContent = words.replace("{count}", ticked.toLocaleString("en"));
  }
  const whole = list.querySelector("[data-tick-all]");
  if (whole) {
    whole.checked = ticked > 0 && ticked === ticks.length;
    whole.indeterminate = ticked > 0 && ticked < ticks.length;
  }
}

document.addEventListener("click", (event) => {
  const tick = event.target.closest("input[name='ids']");
  const list = event.target.closest(".o-list");
  if (!tick || !list) return;
  const ticks = [...list.querySelectorAll("input[name='ids']")];
  const from = ticks.indexOf(lastTick);
  if (event.shiftKey && from >= 0) {
    const to = ticks.indexOf(tick);
    for (const each of ticks.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = tick.checked;
  }
  lastTick = tick;
});

document.addEventListener("change", (event) => {
  const list = event.target.closest(".o-list");
  if (!list) return;
  if (event.target.matches("[data-tick-all]")) {
    for (const tick of list.querySelectorAll("input[name='ids']")) tick.checked = event.target.checked;
  }
  stateCount(list);
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-bulk-clear]");
  if (!clear) return;
  const list = clear.closest(".o-list");
  for (const tick of list.querySelectorAll("input[name='ids']")) tick.checked = false;
  stateCount(list);
});

// ---- boards: dropping a card fills in the card's own "move" form and sends it

function moveCard(card, column) {
  const form = card.querySelector(".o-card-move");
  if (!form) return;
  const menu = form.querySelector("select");
  if (menu.value === column) return;
  menu.value = column;
  form.requestSubmit();
}

function makeDraggable(board) {
  if (!window.Sortable) return;
  for (const column of board.querySelectorAll("[data-column]")) {
    window.Sortable.create(column, {
      group: "board",
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      filter: "select, button, .o-card:not(:has(.o-card-move))", // some follow what happened
      preventOnFilter: false,
      onEnd: (event) => moveCard(event.item, event.to.dataset.column),
    });
  }
}

// ---- the outbox: dropping a row before another does what its own "Up" and "Down" do

function makeOrdered(body) {
  if (!window.Sortable) return;
  window.Sortable.create(body, {
    animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    draggable: "tr:has(button[value^='before:'])",
    filter: "button, a",
    preventOnFilter: false,
    onEnd: ({ item, oldIndex, newIndex }) => {
      const button = item.querySelector("button[value^='before:']");
      if (!button || oldIndex === newIndex) return;
      const next = item.nextElementSibling;
      button.value = `before:${next && next.dataset.place !== undefined ? next.dataset.place : ""}`;
      button.form.requestSubmit(button);
    },
  });
}

// With a mouse a choice moves the card; keys pass several columns on their way, and Enter or the button
// beside them says that they are there (WCAG 3.2.2).
let byKeys = false;
document.addEventListener("pointerdown", () => { byKeys = false; });
document.addEventListener("keydown", (event) => {
  const menu = event.target;
  if (!menu.matches(".o-card-move select")) return;
  byKeys = true;
  if (event.key !== "Enter" || menu.selectedOptions[0]?.defaultSelected) return;
  event.preventDefault();
  menu.form.requestSubmit();
});
document.addEventListener("change", (event) => {
  if (event.target.matches(".o-card-move select") && !byKeys) event.target.form.requestSubmit();
});

function wakeLists(within) {
  const around = within.closest?.(".o-list"); // rows that came behind others
  for (const list of [...(around ? [around] : []), ...within.querySelectorAll(".o-list")]) stateCount(list);
  for (const board of within.querySelectorAll("[data-board]")) makeDraggable(board);
  for (const body of within.querySelectorAll("[data-order]")) makeOrdered(body);
}
document.addEventListener("htmx:load", (event) => wakeLists(event.target));
document.addEventListener("DOMContentLoaded", () => wakeLists(document));
