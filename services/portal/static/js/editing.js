// Writing is possible without this; with it the text is shown as it will look, the draft is saved by
// itself, and nobody leaves the page with unsaved words unasked.

const form = document.getElementById("editor");
const told = form.querySelector("[data-told]");
const SHOWN_AFTER = 700, SAVED_AFTER = 15_000;
let changed = false, sending = false, shows = 0, saves = 0;

const post = async (address, values) => {
  const answer = await fetch(address, {
    method: "POST", body: values, headers: { Accept: "application/json" }, credentials: "same-origin",
  });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};

// Files are sent with the form only.
const typed = () => {
  const values = new FormData(form);
  for (const [name, value] of [...values]) if (value instanceof File) values.delete(name);
  return values;
};

const show = async () => {
  try {
    const made = await post(form.dataset.preview, typed());
    for (const place of form.querySelectorAll("[data-shows]")) {
      const html = made[place.dataset.shows];
      place.hidden = !html;
      place.firstElementChild.innerHTML = html;
    }
  } catch { /* The next letter tries again. */ }
};

const save = async () => {
  if (!changed || sending) return;
  changed = false;
  const values = typed();
  values.set("do", "autosave");
  try {
    const answer = await post(form.action, values);
    if (answer.revision === null || !answer.saved) {
      changed = true;
      told.textContent = form.dataset.other;
      return;
    }
    form.elements.revision.value = answer.revision;
    const now = new Date().toLocaleTimeString(document.documentElement.lang + "-IN", { timeStyle: "short" });
    told.textContent = form.dataset.saved.replace("…", now);
  } catch {
    changed = true;
    told.textContent = form.dataset.away;
  }
};

form.addEventListener("input", (event) => {
  if (!changed) told.textContent = form.dataset.unsaved;
  changed = true;
  clearTimeout(saves);
  saves = setTimeout(save, SAVED_AFTER);
  if (!event.target.name?.startsWith("text.")) return;
  clearTimeout(shows);
  shows = setTimeout(show, SHOWN_AFTER);
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === "_blank") return;
  sending = true;
  clearTimeout(saves);
});
addEventListener("pageshow", () => { sending = false; });
addEventListener("beforeunload", (event) => {
  if (changed && !sending) event.preventDefault();
});
show();
