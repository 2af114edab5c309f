// Filing is possible without this; with it the browser may give the place.

const box = document.querySelector("[data-position]");
if (box && "geolocation" in navigator) {
  const told = box.querySelector("[role=status]");
  const form = box.closest("form");
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => {
    told.textContent = box.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(6);
        form.elements.lon.value = coords.longitude.toFixed(6);
        told.textContent = box.dataset.found.replace("…", Math.ceil(coords.accuracy));
      },
      () => { told.textContent = box.dataset.refused; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

// A second click on the way does nothing; the server files once, whatever comes.
for (const form of document.querySelectorAll("main form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
