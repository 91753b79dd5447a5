// The frame: theme, drawer, menus, commands, side sheet, confirmation, one submit, undo.
// Everything here is a convenience: without it each link is a page and each button is a form.
"use strict";

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // Storage may be forbidden: the choice then holds for this page only.
  }
}

// ---- theme and keys: two choices kept in this browser

function showChoices() {
  const theme = root.dataset.bsTheme || "";
  for (const button of all("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
  for (const button of all("[data-keys-switch]")) {
    button.setAttribute("aria-pressed", String(remembered("keys") !== "off"));
  }
}

function chooseTheme(theme) {
  if (theme) root.dataset.bsTheme = theme;
  else delete root.dataset.bsTheme;
  remember("theme", theme);
  showChoices();
}

// ---- drawer below 900 px

function openDrawer(isOpen) {
  const drawer = find("#navigation");
  if (!drawer) return;
  drawer.toggleAttribute("data-open", isOpen);
  for (const opener of all("[data-drawer]")) opener.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) find("a", drawer)?.focus();
}

// ---- commands (Ctrl K)

function openPalette() {
  const palette = find("#palette");
  if (!palette || palette.open) return;
  palette.showModal();
  const box = find("input", palette);
  box.select();
  box.dispatchEvent(new CustomEvent("palette-opened", { bubbles: true }));
}

function movePalette(event, palette) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const commands = all("a, button", find(".o-palette-results", palette));
  const box = find("input", palette);
  if (step && commands.length) {
    event.preventDefault();
    const next = commands.indexOf(document.activeElement) + step;
    (next < 0 ? box : commands[Math.min(next, commands.length - 1)]).focus();
  } else if (event.key === "Enter" && document.activeElement === box && commands.length) {
    event.preventDefault();
    commands[0].click();
  }
}

// ---- side sheet: a link with data-sheet opens beside the list instead of leaving it

let sheetOpener = null;

function openSheet(link) {
  const sheet = find("#sheet");
  if (!sheet || !window.htmx) return false;
  sheetOpener = link;
  window.htmx.ajax("GET", link.href, { target: "#sheet-content", swap: "innerHTML" }).then(() => {
    if (!sheet.open) sheet.show();
    find("[data-sheet-close]", sheet).focus();
  });
  return true;
}

function closeSheet() {
  const sheet = find("#sheet");
  if (!sheet?.open) return false;
  sheet.close();
  (sheetOpener?.closest("tr[tabindex]") || sheetOpener)?.focus();
  return true;
}

// ---- confirmation, then one submit only

let confirmed = null;

function askFirst(form, submitter, question) {
  const dialog = find("#confirm");
  find("[data-confirm-text]", dialog).textContent = question;
  const go = find("[data-confirm-go]", dialog);
  go.textContent = submitter?.dataset.confirmWord || submitter?.textContent.trim() || go.textContent;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "go") return;
    confirmed = form;
    form.requestSubmit(submitter?.form === form ? submitter : undefined);
    confirmed = null;
  };
  dialog.showModal();
}

let pressed = "";

function rest(button) {
  // After this task, so that the button's own name and value still go with the form.
  setTimeout(() => { button.disabled = true; button.dataset.resting = ""; });
  // A download leaves the page standing; its button comes back.
  setTimeout(() => wake(button), 8000);
}

function wake(button) {
  if (!("resting" in button.dataset)) return;
  button.disabled = false;
  delete button.dataset.resting;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const submitter = event.submitter;
  const question = submitter?.dataset.confirm || form.dataset.confirm;
  if (question && confirmed !== form && find("#confirm")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    askFirst(form, submitter, question);
    return;
  }
  if (form.method !== "post") return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  pressed = submitter?.id || "";
  form.dataset.sent = "";
  setTimeout(() => delete form.dataset.sent, 8000);
  for (const button of all("button:not([type=button]), input[type=submit]", form)) rest(button);
}, true);

function wakeAll(within) {
  for (const form of all("form[data-sent]", within)) delete form.dataset.sent;
  if (within.dataset) delete within.dataset.sent;
  all("[data-resting]", within).forEach(wake);
}
window.addEventListener("pageshow", () => wakeAll(document));
document.addEventListener("htmx:afterRequest", (event) => wakeAll(event.target));

// A button that rested loses the focus; where only a part of the page came anew, it has it again.
document.addEventListener("htmx:afterSettle", () => {
  const button = pressed && document.getElementById(pressed);
  if (button && document.activeElement === document.body) {
    (button.disabled ? find("button:enabled", button.form) : button)?.focus();
  }
  pressed = "";
});

// ---- what is typed while a part of the page is on its way stands in the new part too

const written = (part) => all("input[id]:not([type=checkbox], [type=radio]), textarea[id]", part)
  .map((field) => [field.id, field.value]);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.requestConfig.written = new Map(written(detail.target));
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const before = detail.requestConfig.written;
  detail.requestConfig.meanwhile = written(detail.target)
    .filter(([id, value]) => before?.has(id) && before.get(id) !== value);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  for (const [id, value] of detail.requestConfig.meanwhile ?? []) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
});

// What comes beside a part leaves menus open, and what is typed in them; htmx keeps the focus.
let beside;
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  beside = { open: all("details[open] > summary[id]", detail.target).map((one) => one.id), typed: written(detail.target) };
});
document.addEventListener("htmx:oobAfterSwap", () => {
  for (const id of beside?.open ?? []) document.getElementById(id)?.parentElement.setAttribute("open", "");
  for (const [id, value] of beside?.typed ?? []) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  beside = undefined;
});

// ---- undo bar: ten seconds, but not while someone is on it

function letUndoGo(within) {
  for (const bar of all("[data-undo]:not([data-waiting])", within)) {
    bar.dataset.waiting = "";
    const go = () => {
      if (bar.matches(":hover, :focus-within")) setTimeout(go, 2000);
      else bar.remove();
    };
    setTimeout(go, 10000);
  }
}

// ---- said aloud: what stands in a page when it comes is no change, so a screen reader is silent

function sayAloud(within) {
  const said = all(".o-notes .o-note, [data-undo] > span", within).map((one) => one.textContent.trim());
  if (within.dataset?.aloud) said.push(within.dataset.aloud);
  const voice = find("[data-said]");
  if (!voice || !said.length) return;
  voice.textContent = "";
  setTimeout(() => { voice.textContent = said.join(" "); }, 300);
}

// ---- one listener for clicks, one for keys

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (on("[data-theme-choice]")) chooseTheme(on("[data-theme-choice]").dataset.themeChoice);
  else if (on("[data-keys-switch]")) {
    remember("keys", remembered("keys") === "off" ? "" : "off");
    showChoices();
  } else if (plain && on("[data-palette]") && find("#palette")) {
    event.preventDefault();
    openPalette();
  } else if (plain && on("[data-drawer]")) {
    event.preventDefault();
    openDrawer(!find("#navigation").hasAttribute("data-open"));
  } else if (plain && on("a[data-sheet]")) {
    if (openSheet(on("a[data-sheet]"))) event.preventDefault();
  } else if (on("[data-sheet-close]")) closeSheet();
  else if (event.target.matches("#palette")) event.target.close();
  if (!on("#navigation, [data-drawer]")) openDrawer(false);
  for (const menu of all("details.o-menu[open], details.o-part[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  const palette = event.target.closest?.("#palette");
  if (palette) movePalette(event, palette);
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.o-menu[open], details.o-part[open]");
  if (menu) {
    menu.open = false;
    find("summary", menu).focus();
  } else if (find("#navigation[data-open]")) {
    openDrawer(false);
    find("[data-drawer]")?.focus();
  } else if (!find("dialog[open]:modal")) closeSheet();
});

// A filter sentence shows its list as soon as one of its menus is changed.
document.addEventListener("change", (event) => {
  if (event.target.matches(".o-filter select")) event.target.form.requestSubmit();
});

document.addEventListener("htmx:load", (event) => letUndoGo(event.target));
document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) sayAloud(event.target); });
document.addEventListener("DOMContentLoaded", () => {
  showChoices();
  letUndoGo(document);
  sayAloud(document);
  find(".o-errors")?.focus();
});
