// The template editor: a field goes where the cursor is; the preview and the checks follow what is
// typed. Without it the fields are a list to read, and each language has a button that shows it.
"use strict";

(() => {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const look = document.getElementById("shown-as");
  let last = form.querySelector("textarea");
  let wait = 0;

  // A form of its own, so that the letter's form is neither sent nor put to rest. A fresh frame each
  // time: what is first loaded into one leaves no entry behind for the Back button.
  const showing = document.createElement("form");
  showing.method = "post";
  showing.hidden = true;
  showing.action = form.dataset.preview;
  document.body.append(showing);

  function chosen(name) {
    const box = document.querySelector(`input[name="${name}"][form="shown-as"]:checked, #shown-as input[name="${name}"]:checked`);
    return box ? box.value : "";
  }

  function typed(number) {
    const values = { shown: number, as: chosen("as"), scheme: chosen("scheme") };
    const token = form.querySelector("[name=csrf_token]");
    if (token) values.csrf_token = token.value;
    for (const part of ["subject", "body", "language"]) {
      const name = `texts-${number}-${part}`;
      values[name] = form.querySelector(`[name="${name}"]`).value;
    }
    return values;
  }

  function show(number) {
    const place = document.querySelector("[data-editor-frame]");
    const frame = place.querySelector("iframe").cloneNode(false);
    frame.name = `shown-${Date.now()}`;
    frame.dataset.width = chosen("width") || "desktop";
    place.replaceChildren(frame);
    const values = typed(number);
    showing.replaceChildren(
      ...Object.entries(values).map(([name, value]) => {
        const box = document.createElement("input");
        box.type = "hidden";
        box.name = name;
        box.value = value;
        return box;
      }),
    );
    showing.target = frame.name;
    showing.submit();
    htmx.ajax("POST", form.dataset.checks, { target: "#checks", swap: "outerHTML", values });
    for (const group of form.querySelectorAll("[data-editor-group]")) {
      group.toggleAttribute("data-is-shown", group.dataset.editorGroup === number);
    }
    const group = form.querySelector(`[data-editor-group="${number}"] legend`);
    document.querySelector("[data-editor-language]").textContent = group.textContent;
  }

  function put(before, after) {
    const { selectionStart: start, selectionEnd: end } = last;
    const within = last.value.slice(start, end);
    last.setRangeText(before + within + after, start, end, "end");
    if (after) last.selectionStart = last.selectionEnd = start + before.length + within.length;
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("focusin", (event) => {
    const number = event.target.dataset.editorText;
    if (number === undefined) return;
    const isOther = last.dataset.editorText !== number;
    last = event.target;
    if (isOther) show(number);
  });

  form.addEventListener("input", (event) => {
    const number = event.target.dataset.editorText;
    if (number === undefined) return;
    clearTimeout(wait);
    wait = setTimeout(() => show(number), 500);
  });

  document.addEventListener("change", (event) => {
    if (event.target.form === look) show(last.dataset.editorText);
  });
  look.addEventListener("submit", (event) => event.preventDefault());

  document.addEventListener("click", (event) => {
    const field = event.target.closest("[data-editor-field]");
    const section = event.target.closest("[data-editor-section]");
    const button = event.target.closest("[data-editor-show]");
    if (button) {
      event.preventDefault();
      show(button.dataset.editorShow);
    }
    if (event.target.closest("[data-editor-trial]")) {
      htmx.ajax("POST", form.dataset.trial, { target: "#said", swap: "innerHTML", values: typed(last.dataset.editorText) });
    }
    if (field && last) put(field.dataset.editorField, "");
    if (section && last) put(`{${section.dataset.editorSection}}`, "{end}");
  });

  show(last.dataset.editorText);
})();
