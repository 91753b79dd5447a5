// A step to come is dragged along the line of a campaign's picture: that fills in its form beneath,
// which moves it once its button is pressed. Without a script, or by keyboard, the form does it all.
"use strict";

(() => {
  const MARGIN = 14; // outreach/advice/timeline.py

  const dayAt = (picture, x) => {
    const [first, last] = [picture.dataset.first, picture.dataset.last].map((at) => Date.parse(`${at}Z`));
    const width = Number(picture.getAttribute("width")) - 2 * MARGIN;
    const part = Math.min(Math.max((x - MARGIN) / width, 0), 1);
    return new Date(first + part * (last - first)).toISOString().slice(0, 10);
  };

  const place = (picture, event) => {
    const box = picture.getBoundingClientRect();
    return (event.clientX - box.left) * (Number(picture.getAttribute("width")) / box.width);
  };

  const propose = (number, day) => {
    const form = document.getElementById(`move-${number}`);
    const input = document.getElementById(`on-${number}`);
    if (!form || !input) return;
    input.value = day;
    form.open = true;
    form.scrollIntoView({ block: "center" });
    form.querySelector("button").focus({ preventScroll: true });
  };

  for (const mark of document.querySelectorAll("[data-move]")) {
    const picture = mark.closest("svg");
    let from = null;
    mark.addEventListener("pointerdown", (event) => {
      from = place(picture, event);
      mark.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    mark.addEventListener("pointermove", (event) => {
      if (from !== null) mark.setAttribute("transform", `translate(${place(picture, event) - from} 0)`);
    });
    mark.addEventListener("pointercancel", () => {
      from = null;
      mark.removeAttribute("transform");
    });
    mark.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const moved = place(picture, event) - from;
      const circle = Number(mark.querySelector("circle").getAttribute("cx"));
      from = null;
      if (Math.abs(moved) < 4) mark.removeAttribute("transform");
      else propose(mark.dataset.move, dayAt(picture, circle + moved));
    });
  }
})();
