// The note editor saves by itself; posts and words are offered while one writes. All works without.

const WAIT_MS = 3000;
const AGAIN_MS = 10000;

// -- the note editor ----------------------------------------------------------------------------

class Editor {
  constructor(form) {
    this.form = form;
    this.text = form.elements.markup;
    this.state = form.querySelector(".saved");
    this.both = form.querySelector(".both");
    this.kept = this.now();
    this.busy = false;
    this.stopped = false;
    this.timer = 0;
    for (const tools of form.querySelectorAll(".tools")) tools.hidden = false;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", () => { clearTimeout(this.timer); this.sent = true; });
    addEventListener("online", () => this.save());
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.save(); });
    addEventListener("beforeunload", (event) => { if (!this.sent && this.isUnsaved() && this.failed) event.preventDefault(); });
    this.bindTools();
    this.bindBoth();
  }

  now() { return `${this.form.elements.note_language.value}\n${this.text.value}`; }
  isUnsaved() { return this.now() !== this.kept; }

  say(words, bad = false) {
    if (this.state.textContent !== words) this.state.textContent = words;
    this.state.classList.toggle("bad", bad);
  }

  changed() {
    if (this.stopped || !this.isUnsaved()) return;
    if (!this.failed) this.say(this.form.dataset.unsaved);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  body() {
    const given = new FormData(this.form);
    given.delete("do");
    return given;
  }

  async save() {
    if (this.busy || this.stopped || this.sent || !this.isUnsaved()) return;
    this.busy = true;
    clearTimeout(this.timer);
    const sent = this.now();
    this.saving = sent;
    try {
      const answer = await fetch(this.form.dataset.autosave, {
        method: "POST", body: this.body(), headers: { Accept: "application/json" }, redirect: "manual", keepalive: sent.length < 20000,
      });
      await this.answered(answer, sent);
    } catch {
      this.fail(this.form.dataset.offline);
    }
    this.busy = false;
    if (!this.failed && this.isUnsaved()) this.changed();
  }

  async answered(answer, sent) {
    const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
    if (answer.ok && told) {
      this.kept = sent;
      this.failed = false;
      this.version(told.version);
      this.say(told.said);
    } else if (told?.other) {
      this.conflict(told.other);
    } else if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
      this.fail(told?.lines?.join(" ") || this.form.dataset.over);
    } else if (answer.status >= 500 || answer.status === 429) {
      this.fail(this.form.dataset.offline);
    } else {
      this.say(told?.lines?.join(" ") || this.form.dataset.offline, true);
      this.failed = true;
    }
  }

  version(number) {
    this.form.elements.version.value = number;
    const draft = this.form.elements.draft.value;
    for (const each of document.querySelectorAll(`[data-version-of="${CSS.escape(draft)}"]`)) each.value = number;
    for (const each of document.querySelectorAll(`[data-fresh-of="${CSS.escape(draft)}"][hidden]`)) {
      each.hidden = false;
      each.querySelector("input[type=checkbox]").disabled = false;
    }
  }

  fail(words) {
    this.failed = true;
    this.say(words, true);
    this.timer = setTimeout(() => this.save(), AGAIN_MS);
  }

  leave() {
    if (this.stopped || this.sent || this.busy || !this.isUnsaved()) return;
    navigator.sendBeacon(this.form.dataset.autosave, this.body());
  }

  // Two have written at once: both texts are shown, and the officer decides.
  conflict(other) {
    this.stopped = true;
    this.failed = true;
    this.other = other;
    this.say(this.form.dataset.conflict, true);
    this.both.querySelector("textarea").value = other.markup;
    this.both.querySelector("[data-other-by]").textContent = `(${other.post}, ${other.moment})`;
    this.both.hidden = false;
  }

  bindBoth() {
    const decide = (take) => {
      if (take) this.text.value = this.other.markup;
      this.version(this.other.version);
      this.kept = take ? this.now() : null;
      this.stopped = false;
      this.failed = false;
      this.both.hidden = true;
      this.text.focus();
      if (take) this.say(""); else this.save();
    };
    this.both.querySelector("[data-keep-mine]").addEventListener("click", () => decide(false));
    this.both.querySelector("[data-take-other]").addEventListener("click", () => decide(true));
  }

  insert(before, after = "", paragraph = false) {
    const { selectionStart: start, selectionEnd: end, value } = this.text;
    const chosen = value.slice(start, end);
    const line = value.slice(0, start);
    if (paragraph && line.trim() && !line.endsWith("\n\n")) before = (line.endsWith("\n") ? "\n" : "\n\n") + before;
    this.text.setRangeText(`${before}${chosen}${after}`, start, end, "end");
    this.text.focus();
    this.form.dispatchEvent(new Event("input"));
  }

  bindTools() {
    for (const each of this.form.querySelectorAll("select[data-insert]")) {
      each.addEventListener("change", () => {
        const words = each.value;
        each.value = "";
        if (words) this.insert(words, "", each.dataset.insert === "phrase");
      });
    }
    this.form.querySelector("[data-bold]")?.addEventListener("click", () => this.insert("**", "**"));
  }
}

const editors = [...document.querySelectorAll("form.editor")].map((form) => new Editor(form));

// What is on the way to being saved is saved before the file goes.
async function finished() {
  for (const each of editors) {
    while (each.busy) await new Promise((done) => { setTimeout(done, 50); });
    await each.save();
  }
  return editors.every((each) => !each.isUnsaved());
}

// -- what is offered while one writes -----------------------------------------------------------

function offering(input, url, list, read) {
  let timer = 0;
  let asked = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const words = input.value.trim();
    if (words.length < 2 || words === asked || words.endsWith("]")) return;
    timer = setTimeout(async () => {
      asked = words;
      try {
        const answer = await fetch(`${url}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const found = read(await answer.json());
        if (input.value.trim() !== words) return;
        list.replaceChildren(...found.map((each) => Object.assign(document.createElement("option"), { value: each })));
      } catch { /* what one writes is looked up when it is sent */ }
    }, 250);
  });
}

const posts = document.getElementById("near-posts");
for (const input of document.querySelectorAll("input[data-posts]")) {
  offering(input, input.dataset.posts, posts, (told) => told.posts.map((each) => each.value));
}
const words = document.querySelector("input[data-words]");
if (words) {
  offering(words, words.dataset.words, document.getElementById("word-list"), (told) => {
    const before = words.value.replace(/\S+$/u, "");
    return told.words.map((each) => before + each);
  });
}

// A second click on the way does nothing; the e-office does it once, whatever comes.
for (const form of document.querySelectorAll("main form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    const sends = form.querySelector("[data-version-of]") && !form.dataset.finished;
    if (sends && editors.some((each) => each.isUnsaved())) {
      event.preventDefault();
      form.dataset.finished = "yes";
      finished().then((all) => {
        if (all) form.requestSubmit();
        else { delete form.dataset.finished; editors[0].text.focus(); }
      });
      return;
    }
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) { delete form.dataset.sent; delete form.dataset.finished; }
});
