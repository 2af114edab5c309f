// While a campaign runs its figures come again every 30 seconds; when its state changes, the page.

const EVERY_MS = 30000;
const live = document.querySelector("[data-live]");

async function ask() {
  try {
    const answer = await fetch(live.dataset.live, { cache: "no-store", redirect: "error" });
    if (answer.ok) {
      if (answer.headers.get("X-State") !== live.dataset.state) return location.reload();
      live.innerHTML = await answer.text();
    }
  } catch {
    // What is shown stays; it is asked again.
  }
  setTimeout(ask, EVERY_MS);
}

if (live?.dataset.live) setTimeout(ask, EVERY_MS);
