/** The page as a whole: its views, and the actions that concern all of them. */

import { get, listen, post } from "./api.js";
import { announce, attempt, confirmed, find, forget, write } from "./dom.js";
import { request, task } from "./detail.js";
import { loadFaults } from "./faults.js";
import { requests, tasks } from "./list.js";
import { now, setClock, timeOfDay } from "./time.js";

let emulatorName;

/** The view in the URL, and what is selected in it. */
function current() {
  const [, view, selected = ""] = location.hash.match(/^#\/(tasks|requests|faults)\/?(.*)$/) ?? [null, "tasks"];
  return { view, selected, list: { tasks, requests }[view], detail: { tasks: task, requests: request }[view] };
}

function leave() {
  const { view, selected } = current();
  if (selected) location.hash = `#/${view}`;
}

async function route() {
  forget();
  find("dialog[open]")?.close();
  const { view, selected, list, detail } = current();
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll("nav a")) link.ariaCurrent = link.hash === `#/${view}` ? "page" : null;
  for (const other of [task, request]) if (other !== detail) other.select("");
  document.title = `${selected ? `${view.slice(0, -1)} ${selected}` : view} – klingkit emulator`;
  list?.load.soon();
  if (list) await attempt(() => open(selected, list, detail));
}

async function open(selected, list, detail) {
  const [{ place }, { activeElement, body }] = [detail, document];
  const left = list.selected && !selected && (place.contains(activeElement) || activeElement === body);
  list.root.classList.toggle("opened", selected !== "");
  place.hidden = !selected;
  list.select(selected);
  if (left) list.focus();
  await detail.select(selected);
  // On a narrow screen the list is hidden, and would take the focus with it.
  if (selected && matchMedia("(max-width: 60rem)").matches) find("h2", place)?.focus();
}

/** Reload what is shown: some events may have been missed. */
function refresh() {
  const { list, detail } = current();
  list?.load.soon();
  detail?.load.soon();
  loadFaults();
}

function tick(state) {
  if (state) setClock(state);
  write(find("#clock"), timeOfDay(now()));
}

const advance = (seconds) =>
  attempt(async () => {
    tick(await post("clock/advance", { seconds }));
    announce(`The clock is advanced by ${seconds} s: ${timeOfDay(now())}`);
  });

function reload(view, id) {
  const { view: shown, list } = current();
  if (shown === view) list.load.soon();
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
  if (await confirmed(find("#sure"))) await attempt(() => post("reset"), "The emulator is reset.");
};
setInterval(() => {
  tick();
  current().list?.tick();
}, 1000);

const handlers = {
  hello(state) {
    if (emulatorName && emulatorName !== state.name) return location.reload();
    emulatorName = state.name;
    tick(state);
    write(find("h1 span"), state.dialect === "document" ? "emulator" : `emulator, ${state.dialect}`);
    refresh();
  },
  clock: tick,
  faults: loadFaults,
  reset() {
    tasks.pages = requests.pages = [];
    leave();
    refresh();
  },
  task: ({ id }) => reload("tasks", id),
  request: ({ task_id: id }) => reload("requests", id),
  delivery: (delivery) => delivery.task_id === task.id && task.showDelivery(delivery),
};
listen(handlers, (live) => {
  const status = find("#connection");
  if (live && status.textContent === "disconnected") forget();
  write(status, live ? "live" : "disconnected");
  status.className = `mark ${live ? "succeeded" : "failed"}`;
});
loadFaults();
route();
