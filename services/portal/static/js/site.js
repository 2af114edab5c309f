// What makes pages a little better where there is JavaScript; none of them needs it.

// After a form was sent with mistakes, begin at their list.
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

// "/" goes to the search, as on many sites, unless somebody writes.
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || writing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  document.getElementById("q")?.focus();
});

// The menu of a phone closes with Escape, and the focus stays where it was opened.
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
