/** The page as a whole: which view is shown, what the emulator tells, what is done to all of it. */

import { get, listen, post } from "./api.js";
import { announce, attempt, consult, find, write } from "./dom.js";
import { Detail } from "./detail.js";
import { loadFaults } from "./faults.js";
import { requestList, wholeRequest } from "./requests.js";
import { taskList } from "./tasks.js";
import { now, setClock, timeOfDay } from "./time.js";

const tasks = taskList(find("#tasks"));
const requests = requestList(find("#requests"));
const detail = new Detail(find("#tasks .detail"));
const narrow = matchMedia("(max-width: 60rem)");

/** What the address asks for: a view, and what is chosen in it. */
function asked() {
  const [, view, chosen = ""] = location.hash.match(/^#\/(tasks|requests|faults)\/?(.*)$/) ?? [null, "tasks"];
  return { view, chosen };
}

/** Go back to the list. */
function leave() {
  const { view, chosen } = asked();
  if (chosen) location.hash = `#/${view}`;
}

async function route() {
  const { view, chosen } = asked();
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll("nav a")) link.ariaCurrent = link.hash === `#/${view}` ? "page" : null;
  document.title = `${chosen || view} – klingkit emulator`;
  if (view !== "faults") await attempt(() => open(view, chosen));
}

async function open(view, chosen) {
  const [root, list] = [find(`#${view}`), view === "tasks" ? tasks : requests];
  const place = find(".detail", root);
  const left = list.chosen && !chosen;
  root.classList.toggle("opened", chosen !== "");
  place.hidden = !chosen;
  list.choose(chosen);
  if (left) list.focus();
  place.replaceChildren();
  if (view === "tasks") await detail.show(chosen);
  else if (chosen) {
    const nodes = await wholeRequest(chosen);
    if (list.chosen === chosen) place.replaceChildren(...nodes);
  }
  // Where the list gives way to the detail, the focus would be lost with it.
  if (chosen && narrow.matches) find("h2", place)?.focus();
}

/** Load everything: at the start, and whenever news may have been missed. */
async function hello(state) {
  tick(state);
  write(find("h1 span"), state.dialect === "documents" ? "emulator" : `emulator, ${state.dialect}`);
  await Promise.all([tasks, requests].map((list) => attempt(() => list.load())));
  await attempt(loadFaults);
  await route();
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

/** A task may be the one that is shown. @param {string | null} id */
const concern = (id) => id && id === detail.id && detail.tell();

addEventListener("hashchange", route);
addEventListener("keydown", ({ key }) => key === "Escape" && !find("dialog[open]") && leave());
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
  tasks.show();
  requests.show();
}, 1000);

const handlers = {
  hello,
  clock: tick,
  faults: () => attempt(loadFaults),
  reset: () => attempt(async () => hello(await get("state"), leave())),
  task: (task) => [tasks.tell(task), concern(task.id)],
  request: (request) => [requests.tell(request), concern(request.task_id)],
  delivery: (delivery) => concern(delivery.task_id),
};
listen(handlers, (live) => {
  write(find("#connection"), live ? "live" : "disconnected");
  find("#connection").className = `mark ${live ? "succeeded" : "failed"}`;
});
