// The wall goes from scene to scene by itself, asks anew every 15 seconds, and says when what it
// shows is old. What it lost comes back by itself.

const ASK_MS = 15000;
const SHOW_MS = 20000;
const LATE_MS = 10000;
const body = document.body;
const told = document.querySelector("[data-told]");
const dots = document.querySelector("[data-dots]");
const stop = document.querySelector("[data-stop]");
const mr = document.documentElement.lang === "mr";
let starts = null;
let at = new Date(body.dataset.at);
let current = Math.max(scenes().findIndex((each) => !each.hidden), 0);
let turn = null;
const since = new Map();

function scenes() {
  return [...document.querySelectorAll("[data-scene]")];
}

function inIndia(moment, options) {
  return new Intl.DateTimeFormat(mr ? "mr-IN" : "en-IN", { timeZone: "Asia/Kolkata", ...options }).format(moment);
}

// In Marathi the part of the day is said: सकाळी ११:००. From which hour which, the page tells.
const parts = JSON.parse(body.dataset.parts ?? "[]");

function clock(moment) {
  const told = new Intl.DateTimeFormat("en-IN", { timeZone: "Asia/Kolkata", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [hour, minute] = told.format(moment).split(":");
  const time = `${figure(Number(hour) % 12 || 12)}:${[...minute].map((each) => figure(Number(each))).join("")}`;
  if (!mr) return `${time} ${Number(hour) < 12 ? "am" : "pm"}`;
  const part = parts.findLast(([from]) => Number(hour) >= from) ?? parts.at(-1);
  return `${part[1]} ${time}`;
}

function figure(number) {
  return new Intl.NumberFormat(mr ? "mr-IN" : "en-IN", { useGrouping: false }).format(number);
}

function show(number) {
  const all = scenes();
  current = ((number % all.length) + all.length) % all.length;
  all.forEach((each, index) => { each.hidden = index !== current; });
  const marks = [...dots.children];
  while (marks.length > all.length) marks.pop().remove();
  while (dots.children.length < all.length) {
    const more = dots.firstElementChild.cloneNode(true);
    more.firstElementChild.href = `?scene=${dots.children.length}`;
    dots.append(more);
  }
  [...dots.children].forEach((each, index) => {
    const link = each.firstElementChild;
    if (index === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

function say(words) {
  told.hidden = !words;
  if (told.textContent !== words) told.textContent = words;
}

function mark(group, when) {
  group.querySelectorAll(".wall-old").forEach((each) => each.remove());
  if (!when) return;
  for (const scene of group.querySelectorAll("[data-scene]")) {
    const line = document.createElement("p");
    line.className = "wall-old";
    line.textContent = body.dataset.old.replace("…", clock(when));
    scene.querySelector("h2").after(line);
  }
}

function put(answer) {
  at = new Date(answer.at);
  for (const { id, away, html } of answer.groups) {
    const group = document.querySelector(`[data-group="${id}"]`);
    const good = since.get(id);
    if (away && good) {
      // What was known is better than nothing, as long as it says how old it is.
      mark(group, good);
      continue;
    }
    group.innerHTML = html;
    if (!away) since.set(id, at);
  }
  document.getElementById("wall-review").innerHTML = answer.review;
  starts = answer.starts_at ? new Date(answer.starts_at) : null;
  show(current);
}

async function ask() {
  try {
    const answer = await fetch(body.dataset.wall, {
      redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(LATE_MS),
      headers: { Accept: "application/json" },
    });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      say(body.dataset.over);
    } else if (!answer.ok) {
      say(body.dataset.lost.replace("…", clock(at)));
    } else {
      put(await answer.json());
      say("");
    }
  } catch {
    say(body.dataset.lost.replace("…", clock(at)));
  }
  setTimeout(ask, ASK_MS);
}

function tick() {
  const now = new Date();
  const time = document.querySelector("[data-clock]");
  time.textContent = `${inIndia(now, { weekday: "long", day: "numeric", month: "long" })}, ${clock(now)}`;
  time.dateTime = now.toISOString();
  const left = document.querySelector("[data-left]");
  if (left && starts) {
    const minutes = Math.max(Math.floor((starts - now) / 60000), 0);
    const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
    const form = minutes === 0 ? body.dataset.begins : d ? body.dataset.days : body.dataset.hours;
    left.textContent = form.replace("{d}", figure(d)).replace("{h}", figure(h)).replace("{m}", figure(m));
  }
}

function go() {
  turn = setInterval(() => show(current + 1), SHOW_MS);
  stop.textContent = body.dataset.pause;
}

function hold() {
  clearInterval(turn);
  turn = null;
  stop.textContent = body.dataset.go;
}

stop.hidden = false;
stop.addEventListener("click", () => (turn ? hold() : go()));
dots.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  hold();
  show([...dots.children].indexOf(link.parentElement));
});
addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  hold();
  show(current + by);
});
for (const group of document.querySelectorAll("[data-group]")) {
  if (!group.querySelector(".wall-away")) since.set(group.dataset.group, at);
}
go();
tick();
setInterval(tick, 1000);
ask();
