// The template editor: a field goes where the cursor is; the preview follows what is typed.
// Without it the fields are a list to read, and each language has a button that shows how it reads.
"use strict";

(() => {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  let last = form.querySelector("textarea");
  let wait = 0;

  // A form of its own, so that the letter's form is neither sent nor put to rest. A fresh frame each
  // time: what is first loaded into one leaves no entry behind for the Back button.
  const showing = document.createElement("form");
  showing.method = "post";
  showing.hidden = true;
  document.body.append(showing);

  function put(name, value) {
    const box = document.createElement("input");
    box.type = "hidden";
    box.name = name;
    box.value = value;
    showing.append(box);
  }

  function show(number) {
    const button = form.querySelector(`[data-editor-show="${number}"]`);
    const place = document.querySelector("[data-editor-frame]");
    const frame = place.querySelector("iframe").cloneNode(false);
    frame.name = `shown-${Date.now()}`;
    place.replaceChildren(frame);
    showing.replaceChildren();
    showing.action = button.formAction;
    showing.target = frame.name;
    put("shown", number);
    const token = form.querySelector("[name=csrf_token]");
    if (token) put("csrf_token", token.value);
    for (const part of ["subject", "body", "language"]) {
      put(`texts-${number}-${part}`, form.querySelector(`[name="texts-${number}-${part}"]`).value);
    }
    showing.submit();
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

  document.addEventListener("click", (event) => {
    const field = event.target.closest("[data-editor-field]");
    const button = event.target.closest("[data-editor-show]");
    if (button) {
      event.preventDefault();
      show(button.dataset.editorShow);
    }
    if (!field || !last) return;
    last.setRangeText(field.dataset.editorField, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });

  show(last.dataset.editorText);
})();
