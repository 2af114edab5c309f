// Every page of the dashboards works without this. With it filters show at once what they let
// through (the rows are there, hidden), the address follows, and the view is copied and printed.

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    document.querySelector("[data-copied]").textContent = copy.dataset.copy;
  });
}
const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const list = document.querySelector("[data-kpis]");
const form = document.querySelector("[data-filter]");
if (list && form) filter();

function filter() {
  const said = document.querySelector("[data-said]");
  const nothing = document.querySelector("[data-nothing]");
  const groups = [...list.querySelectorAll("section")];
  const numbers = new Intl.NumberFormat(said.dataset.digits === "0" ? "en-IN" : "mr-IN-u-nu-deva");
  let rows = null; // Read when the first filter is used: nobody waits for it.

  const read = () => [...list.querySelectorAll("tbody tr")].map((row) => ({
    row,
    text: `${row.querySelector("a").textContent} ${row.dataset.n}`.toLowerCase(),
  }));
  const value = (name) => form.elements[name]?.value.trim() ?? "";

  // The same rule as in picking.py.
  function apply() {
    rows ??= read();
    // What was looked for is below the departments.
    document.querySelector("[data-standing]")?.removeAttribute("open");
    const words = value("words").toLowerCase().split(/\s+/).filter(Boolean);
    const [status, department, owner, changed] = ["status", "department", "owner", "changed"].map(value);
    let shown = 0;
    for (const { row, text } of rows) {
      const of = row.dataset;
      row.hidden = !((!status || of.s === status) && (!department || of.d === department)
        && (!owner || of.o === owner) && (!changed || of.c === changed)
        && words.every((word) => text.includes(word)));
      if (!row.hidden) shown += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector("tbody tr:not([hidden])");
    nothing.hidden = shown > 0;
    said.textContent = said.dataset.said
      .replace("{shown}", numbers.format(shown)).replace("{total}", numbers.format(rows.length));
    for (const each of document.querySelectorAll("[data-status]")) {
      if (each.dataset.status === status) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
    follow();
  }

  // What is seen is what the address says, also in the other language and on paper.
  function follow() {
    const query = new URLSearchParams([...new FormData(form)].filter(([, given]) => given));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    for (const link of document.querySelectorAll("a[data-carries], .strip a[hreflang]")) {
      const to = new URL(link.href);
      const of = to.searchParams.get("of");
      to.search = query;
      if (of) to.searchParams.set("of", of);
      link.href = to;
    }
  }

  let soon;
  form.elements.words.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(apply, 120);
  });
  // Another period or order is another page; who goes through a list by keys asks for none on the way.
  const made = ["period", "sort"].map(value).join();
  form.addEventListener("change", (event) => {
    if (!["period", "sort"].includes(event.target.name)) apply();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
    if (["period", "sort"].map(value).join() !== made) location.reload();
  });
  for (const link of document.querySelectorAll("[data-status]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const { status } = link.dataset;
      form.elements.status.value = value("status") === status ? "" : status;
      apply();
    });
  }
}
