// The inbox works without this; with it the counts of its tabs stay fresh while somebody is there.

const EVERY_MS = 30_000;
// Whoever is away from the desk is not kept signed in by what the page asks by itself.
const PRESENT_MS = 5 * 60_000;

const tabs = document.querySelector("[data-counts]");
const fresh = document.querySelector("[data-fresh]");
let seen = Date.now();
for (const kind of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(kind, () => { seen = Date.now(); }, { passive: true });
}

async function ask() {
  if (document.hidden || Date.now() - seen > PRESENT_MS) return;
  try {
    const answer = await fetch(tabs.dataset.counts, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const counts = await answer.json();
    for (const place of tabs.querySelectorAll("[data-count]")) {
      const count = counts[place.dataset.count];
      if (count === undefined) continue;
      if (place.textContent.trim() !== count) {
        place.textContent = count;
        fresh.hidden = false;
      }
      place.hidden = false;
    }
  } catch {
    // The service or the network is away; the page stays as it is.
  }
}

if (tabs) setInterval(ask, EVERY_MS);
