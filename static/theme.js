// Runs before the first paint, so that a chosen theme does not flash. Everything else waits.
"use strict";

document.documentElement.dataset.scripted = "";
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.bsTheme = theme;
} catch {
  // Storage may be forbidden; the system's own theme then stands.
}
