// Choosing rows works without this; with it all of a page are chosen at once, and counted.

const form = document.querySelector("[data-choose]");
if (form) {
  const all = form.querySelector("[data-all]");
  const told = form.querySelector("[data-chosen]");
  const rows = [...form.querySelectorAll("input[name=row]")];
  const words = told.textContent;
  const digits = document.documentElement.lang === "mr" ? "mr-IN" : "en-IN";
  const tell = () => {
    const chosen = rows.filter((each) => each.checked).length;
    told.textContent = words.replace("…", new Intl.NumberFormat(digits).format(chosen));
    told.hidden = chosen === 0;
    all.checked = chosen === rows.length;
    all.indeterminate = chosen > 0 && chosen < rows.length;
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const each of rows) each.checked = all.checked;
    tell();
  });
  form.addEventListener("change", (event) => { if (event.target !== all) tell(); });
  tell();
}
