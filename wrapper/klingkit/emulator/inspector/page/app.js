/** The page as a whole: which view is shown, and what is done to all of it. */

import { get, listen, post } from "./api.js";
import { announce, attempt, consult, find, forget, write } from "./dom.js";
import { request, task } from "./detail.js";
import { loadFaults } from "./faults.js";
import { requests, tasks } from "./list.js";
import { now, setClock, timeOfDay } from "./time.js";

let known;

/** What the address asks for: a view, and what is chosen in it. */
function asked() {
  const [, view, chosen = ""] = location.hash.match(/^#\/(tasks|requests|faults)\/?(.*)$/) ?? [null, "tasks"];
  return { view, chosen, list: { tasks, requests }[view], detail: { tasks: task, requests: request }[view] };
}

function leave() {
  const { view, chosen } = asked();
  if (chosen) location.hash = `#/${view}`;
}

async function route() {
  forget();
  find("dialog[open]")?.close();
  const { view, chosen, list, detail } = asked();
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll("nav a")) link.ariaCurrent = link.hash === `#/${view}` ? "page" : null;
  for (const other of [task, request]) if (other !== detail) other.choose("");
  document.title = `${chosen ? `${view.slice(0, -1)} ${chosen}` : view} – klingkit emulator`;
  list?.load.soon();
  if (list) await attempt(() => open(chosen, list, detail));
}

async function open(chosen, list, detail) {
  const [{ place }, { activeElement, body }] = [detail, document];
  const left = list.chosen && !chosen && (place.contains(activeElement) || activeElement === body);
  list.root.classList.toggle("opened", chosen !== "");
  place.hidden = !chosen;
  list.choose(chosen);
  if (left) list.focus();
  await detail.choose(chosen);
  // Where the list gives way to the detail, the focus would go with it.
  if (chosen && matchMedia("(max-width: 60rem)").matches) find("h2", place)?.focus();
}

/** Load what is shown, where it is: something may have been missed. */
function refresh() {
  const { list, detail } = asked();
  list?.load.soon();
  detail?.load.soon();
  loadFaults();
}

function tick(told) {
  if (told) setClock(told);
  write(find("#clock"), timeOfDay(now()));
}

const advance = (seconds) =>
  attempt(async () => {
    tick(await post("clock/advance", { seconds }));
    announce(`The clock is ${seconds} s further: ${timeOfDay(now())}`);
  });

function news(view, id) {
  const { view: seen, list } = asked();
  if (seen === view) list.load.soon();
  if (id && id === task.id) task.load.soon();
}

addEventListener("hashchange", route);
addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape" || find("dialog[open]") || forget() || target.matches("input, select")) return;
  leave();
});
find("#close").onclick = () => {
  forget();
  find("nav [aria-current]").focus();
};
find("#origin").append(location.origin);
find("#minute").onclick = () => advance(60);
find("#advance").onsubmit = (event) => {
  event.preventDefault();
  advance(event.target.seconds.valueAsNumber);
};
find("#reset").onclick = async () => {
  if (await consult(find("#sure"))) await attempt(() => post("reset"), "The emulator is reset.");
};
setInterval(() => {
  tick();
  asked().list?.tick();
}, 1000);

const handlers = {
  hello(state) {
    if (known && known !== state.name) return location.reload();
    known = state.name;
    tick(state);
    write(find("h1 span"), state.dialect === "documents" ? "emulator" : `emulator, ${state.dialect}`);
    refresh();
  },
  clock: tick,
  faults: loadFaults,
  reset() {
    tasks.pages = requests.pages = [];
    leave();
    refresh();
  },
  task: ({ id }) => news("tasks", id),
  request: ({ task_id: id }) => news("requests", id),
  delivery: (delivery) => delivery.task_id === task.id && task.hear(delivery),
};
listen(handlers, (live) => {
  const sign = find("#connection");
  if (live && sign.textContent === "disconnected") forget();
  write(sign, live ? "live" : "disconnected");
  sign.className = `mark ${live ? "succeeded" : "failed"}`;
});
loadFaults();
route();
