// The fields of a cheque are there without this; with it they come when a cheque is chosen.
const cheque = document.querySelector("[data-cheque]");
if (cheque) {
  const show = () => { cheque.hidden = cheque.form.elements.mode.value !== "cheque"; };
  cheque.form.addEventListener("change", show);
  show();
}

// The drawer is counted without this; with it the sum of the cash stands below while it is typed.

const form = document.querySelector("[data-count]");
if (form) {
  const total = form.querySelector("[data-total]");
  const words = total.textContent;
  const digits = new Intl.NumberFormat(document.documentElement.lang === "mr" ? "mr-IN" : "en-IN");
  const plain = (text) => text.replace(/[०-९]/g, (each) => "०१२३४५६७८९".indexOf(each));
  const tell = () => {
    let paise = 0;
    for (const each of form.querySelectorAll("[data-worth]")) {
      paise += Number(each.dataset.worth) * (Number.parseInt(plain(each.value), 10) || 0);
    }
    total.textContent = words.replace("…", digits.format(paise / 100));
    total.hidden = false;
  };
  form.addEventListener("input", tell);
  tell();
}
