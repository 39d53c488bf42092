/** Faults: the form that sets one, and those that are set. */

import { get, post, remove } from "./api.js";
import { attempt, find, h, mark, sync, write } from "./dom.js";

const NUMBERS = ["times", "probability", "status", "seconds"];
const form = find("#fault");

export async function loadFaults() {
  const { faults } = await get("faults");
  sync(find("#rules tbody"), faults, row, (node, fault) => write(node.children[2], fault.struck));
  find("#rules").hidden = faults.length === 0;
  find("#no-rules").hidden = faults.length > 0;
  find("#count").hidden = faults.length === 0;
  write(find("#count"), faults.length);
}

function row(fault) {
  const drop = () => attempt(() => remove(`faults/${fault.id}`).then(loadFaults), `The fault ${fault.kind} is removed.`);
  const button = h("button", { click: drop, "aria-label": `Remove the fault ${fault.kind}` }, "Remove");
  return h("tr", h("th", { scope: "row" }, mark("struck", fault.kind)), h("td", rule(fault)), h("td"), h("td", button));
}

function rule({ api, operation, prompt, times, probability, code, status, message, seconds, after }) {
  const where = [api ?? "any API", operation, prompt && `prompt matches ${prompt}`];
  const often = [times && (times === 1 ? "once" : `${times} times`), probability < 1 && `probability ${probability}`];
  const told = [code !== null && `code ${code}`, status && `HTTP ${status}`, message, seconds !== null && `${seconds} s`];
  return [...where, ...often, ...told, after && "after the task is made"].filter(Boolean).join(" · ");
}

/** Offer only the fields that mean something for this kind. */
function fit() {
  for (const label of form.querySelectorAll("[data-kinds]")) {
    label.hidden = !label.dataset.kinds.split(" ").includes(form.kind.value);
    label.control.disabled = label.hidden;
  }
}

function given() {
  const fault = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  for (const name of NUMBERS) if (name in fault) fault[name] = Number(fault[name]);
  if (/^\d{1,9}$/.test(fault.code)) fault.code = Number(fault.code);
  if (fault.after) fault.after = true;
  return fault;
}

form.oninput = fit;
form.onsubmit = (event) => {
  event.preventDefault();
  attempt(() => post("faults", given()).then(loadFaults), "The fault is set.");
};
fit();
