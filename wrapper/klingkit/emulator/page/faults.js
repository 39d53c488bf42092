/** Faults: the form that sets one, and those that are set. */

import { get, post, remove } from "./api.js";
import { announce, attempt, find, h, mark, soon, sync, write } from "./dom.js";

const ALWAYS = ["kind", "api", "prompt", "times", "probability"]; // fields that mean something for every kind
const NUMBERS = ["times", "probability", "status", "seconds"];
const form = find("#fault");
const fields = [...form.elements].filter((field) => field.name);
const wrong = h("span.mark.failed", { id: "wrong" });
let kinds = {};

export async function loadFaults() {
  const told = await get("faults");
  kinds = told.kinds;
  offer(form.kind, Object.keys(kinds));
  fit();
  sync(find("#rules tbody"), told.faults, row, (node, fault) => write(node.children[2], fault.struck));
  find("#rules").hidden = told.faults.length === 0;
  find("#no-rules").hidden = told.faults.length > 0;
  find("#count").hidden = told.faults.length === 0;
  write(find("#count"), told.faults.length);
}

export const tellFaults = soon(loadFaults);

function row(fault) {
  const drop = () => attempt(() => remove(`faults/${fault.id}`).then(loadFaults), `The fault ${fault.kind} is removed.`);
  const button = h("button", { click: drop, "aria-label": `Remove the fault ${fault.kind}: ${fault.rule}` }, "Remove");
  return h("tr", h("th", { scope: "row" }, mark("struck", fault.kind)), h("td", fault.rule), h("td"), h("td", button));
}

/** Let a select have these words, after what it has of its own. */
function offer(select, words) {
  const old = [...select.options].map((option) => option.value).filter(Boolean);
  if (`${old}` === `${words}`) return;
  const { value } = select;
  while (select.options[select.length - 1]?.value) select.options[select.length - 1].remove();
  select.append(...words.map((word) => h("option", word)));
  select.value = words.includes(value) ? value : select.options[0].value;
}

/** Offer only the fields that mean something for this kind. */
function fit() {
  const { operations = [], options = [] } = kinds[form.kind.value] ?? {};
  offer(form.operation, operations);
  const fitting = [...ALWAYS, operations.length > 1 && "operation", ...options];
  for (const field of fields) {
    const late = field.name === "after" && !["", "create"].includes(form.operation.value);
    field.closest("p").hidden = field.disabled = late || !fitting.includes(field.name);
  }
}

function given() {
  const fault = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  for (const name of NUMBERS) if (name in fault) fault[name] = Number(fault[name]);
  if (/^\d{1,9}$/.test(fault.code)) fault.code = Number(fault.code);
  if (fault.after) fault.after = true;
  return fault;
}

/** Say what is wrong at the field that it begins with, or take that back. Whether there is such a field. */
function complain(text = "") {
  wrong.remove();
  wrong.textContent = text;
  const field = fields.find(({ name, disabled }) => !disabled && text.startsWith(`${name} `));
  for (const one of fields) {
    one.ariaInvalid = one === field ? "true" : null;
    one.removeAttribute("aria-describedby");
  }
  field?.setAttribute("aria-describedby", "wrong");
  field?.closest("p").append(wrong);
  field?.focus();
  return field;
}

async function set() {
  try {
    await post("faults", given());
  } catch (error) {
    if (complain(error.message)) return;
    throw error;
  }
  announce("The fault is set.");
  await loadFaults();
}

form.oninput = () => fit(complain());
form.onsubmit = (event) => {
  event.preventDefault();
  complain();
  attempt(set);
};
