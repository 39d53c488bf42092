/** The form that adds a fault, and the table of the configured ones. */

import { get, post, remove } from "./api.js";
import { announce, attempt, find, h, mark, loader, sync, write } from "./dom.js";

const ALWAYS = ["kind", "api", "prompt", "times", "probability"]; // fields of every kind
const NUMBERS = ["times", "probability", "status", "seconds"];
const form = find("#fault");
const fields = [...form.elements].filter((field) => field.name);
const problem = h("span.mark.failed", { id: "problem" });
let kinds;

const load = loader(() => get("faults"), show);

function show({ faults, kinds: known }) {
  if (!kinds) {
    kinds = known;
    offer(form.kind, Object.keys(kinds));
    fit();
  }
  sync(find("#rules tbody"), faults, row, (node, fault) => write(node.children[2], fault.injected));
  find("#no-rules").hidden = faults[0];
  find("#rules").hidden = find("#count").hidden = !faults[0];
  write(find("#count"), faults.length);
}

export const loadFaults = load.soon;

function row({ id, kind, rule }) {
  const drop = () => attempt(() => remove(`faults/${id}`).then(load), `The fault ${kind} is removed.`);
  const button = h("button", { click: drop, "aria-label": `Remove the fault ${kind}: ${rule}` }, "Remove");
  return h("tr", h("th", { scope: "row" }, mark("injected", kind)), h("td", rule), h("td"), h("td", button));
}

function offer(select, words) {
  const { value } = select;
  select.replaceChildren(...words.map((word) => h("option", { value: word }, word || "any")));
  select.value = words.includes(value) ? value : words[0];
}

/** Offer only the fields of this kind. */
function fit() {
  const { operations, options } = kinds[form.kind.value];
  offer(form.operation, ["", ...operations]);
  const offered = [...ALWAYS, operations[1] && "operation", ...options];
  for (const field of fields) {
    const late = field.name === "after" && !["", "create"].includes(form.operation.value);
    field.closest("p").hidden = field.disabled = late || !offered.includes(field.name);
  }
}

function formFault() {
  form.code.value = form.code.value.trim();
  const fault = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  for (const name of NUMBERS) if (name in fault) fault[name] = Number(fault[name]);
  if (/^\d{1,9}$/.test(fault.code)) fault.code = Number(fault.code);
  if (fault.after) fault.after = true;
  return fault;
}

/** Show a problem at the field whose name the text begins with, if there is one; without a text, hide it. */
function showProblem(text = "") {
  problem.remove();
  problem.textContent = text;
  const field = fields.find(({ name, disabled }) => !disabled && text.startsWith(`${name} `));
  for (const one of fields) {
    one.ariaInvalid = one === field || null;
    one.removeAttribute("aria-describedby");
  }
  field?.setAttribute("aria-describedby", "problem");
  field?.closest("p").append(problem);
  field?.focus();
  return field;
}

async function set() {
  try {
    await post("faults", formFault());
  } catch (error) {
    if (showProblem(error.message)) return;
    throw error;
  }
  announce("The fault is set.");
  await load();
}

form.oninput = () => kinds && fit(showProblem());
form.onsubmit = (event) => {
  event.preventDefault();
  showProblem();
  attempt(set);
};
