/** The page as a whole: which view is shown, and what is done to all of it. */

import { get, listen, post } from "./api.js";
import { announce, attempt, consult, find, forget, gone, write } from "./dom.js";
import { Detail, missing } from "./detail.js";
import { wholeRequest } from "./exchange.js";
import { loadFaults } from "./faults.js";
import { requests, tasks } from "./list.js";
import { now, setClock, timeOfDay } from "./time.js";

const detail = new Detail(find("#tasks .detail"));

/** What the address asks for: a view, and what is chosen in it. */
function asked() {
  const [, view, chosen = ""] = location.hash.match(/^#\/(tasks|requests|faults)\/?(.*)$/) ?? [null, "tasks"];
  return { view, chosen, list: { tasks, requests }[view] };
}

function leave() {
  const { view, chosen } = asked();
  if (chosen) location.hash = `#/${view}`;
}

async function route() {
  forget();
  find("dialog[open]")?.close();
  const { view, chosen, list } = asked();
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll("nav a")) link.ariaCurrent = link.hash === `#/${view}` ? "page" : null;
  document.title = `${chosen || view} – klingkit emulator`;
  list?.tell();
  if (list) await attempt(() => open(view, chosen, list));
}

async function open(view, chosen, list) {
  const root = find(`#${view}`);
  const place = find(".detail", root);
  const left = list.chosen && !chosen && (place.contains(document.activeElement) || document.activeElement === document.body);
  root.classList.toggle("opened", chosen !== "");
  place.hidden = !chosen;
  list.choose(chosen);
  if (left) list.focus();
  place.replaceChildren();
  await (view === "tasks" ? detail.show(chosen) : showRequest());
  // Where the list gives way to the detail, the focus would be lost with it.
  if (chosen && matchMedia("(max-width: 60rem)").matches) find("h2", place)?.focus();
}

/** Show the request that is chosen, if it is not there already. */
async function showRequest() {
  const [{ view, chosen }, place] = [asked(), find("#requests .detail")];
  if (view !== "requests" || !chosen || place.firstChild) return;
  const request = await get(`requests/${encodeURIComponent(chosen)}`).catch(missing);
  if (requests.chosen !== chosen) return;
  place.replaceChildren(...(request instanceof Error ? gone("requests", request) : wholeRequest(request)));
}

/** Load what is shown, where it is: something may have been missed. */
function refresh() {
  asked().list?.tell();
  detail.tell();
  loadFaults();
  attempt(showRequest);
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
  if (seen === view) list.tell();
  if (id && id === detail.id) detail.tell();
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
  asked().list?.show();
}, 1000);

const handlers = {
  hello(state) {
    tick(state);
    write(find("h1 span"), state.dialect === "documents" ? "emulator" : `emulator, ${state.dialect}`);
    refresh();
  },
  clock: tick,
  faults: loadFaults,
  reset: () => refresh(leave()),
  task: (task) => news("tasks", task.id),
  request: (request) => news("requests", request.task_id),
  delivery: (delivery) => delivery.task_id === detail.id && detail.hear(delivery),
};
listen(handlers, (live) => {
  if (live) forget();
  write(find("#connection"), live ? "live" : "disconnected");
  find("#connection").className = `mark ${live ? "succeeded" : "failed"}`;
});
loadFaults();
route();
