/** Faults: the form that sets one, and those that are set. */

import { get, post, remove } from "./api.js";
import { announce, attempt, find, h, mark, loader, sync, write } from "./dom.js";

const ALWAYS = ["kind", "api", "prompt", "times", "probability"]; // fields that mean something for every kind
const NUMBERS = ["times", "probability", "status", "seconds"];
const form = find("#fault");
const fields = [...form.elements].filter((field) => field.name);
const wrong = h("span.mark.failed", { id: "wrong" });
let kinds;

const load = loader(() => get("faults"), show);

function show({ faults, kinds: told }) {
  if (!kinds) {
    kinds = told;
    offer(form.kind, Object.keys(kinds));
    fit();
  }
  sync(find("#rules tbody"), faults, row, (node, fault) => write(node.children[2], fault.struck));
  find("#no-rules").hidden = faults[0];
  find("#rules").hidden = find("#count").hidden = !faults[0];
  write(find("#count"), faults.length);
}

export const loadFaults = load.soon;

function row({ id, kind, rule }) {
  const drop = () => attempt(() => remove(`faults/${id}`).then(load), `The fault ${kind} is removed.`);
  const button = h("button", { click: drop, "aria-label": `Remove the fault ${kind}: ${rule}` }, "Remove");
  return h("tr", h("th", { scope: "row" }, mark("struck", kind)), h("td", rule), h("td"), h("td", button));
}

function offer(select, words) {
  const { value } = select;
  select.replaceChildren(...words.map((word) => h("option", { value: word }, word || "any")));
  select.value = words.includes(value) ? value : words[0];
}

/** Offer only what means something for this kind. */
function fit() {
  const { operations, options } = kinds[form.kind.value];
  offer(form.operation, ["", ...operations]);
  const fitting = [...ALWAYS, operations[1] && "operation", ...options];
  for (const field of fields) {
    const late = field.name === "after" && !["", "create"].includes(form.operation.value);
    field.closest("p").hidden = field.disabled = late || !fitting.includes(field.name);
  }
}

function given() {
  form.code.value = form.code.value.trim();
  const fault = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  for (const name of NUMBERS) if (name in fault) fault[name] = Number(fault[name]);
  if (/^\d{1,9}$/.test(fault.code)) fault.code = Number(fault.code);
  if (fault.after) fault.after = true;
  return fault;
}

/** Say what is wrong at the field that the text begins with, if there is one; or take that back. */
function complain(text = "") {
  wrong.remove();
  wrong.textContent = text;
  const field = fields.find(({ name, disabled }) => !disabled && text.startsWith(`${name} `));
  for (const one of fields) {
    one.ariaInvalid = one === field || null;
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
  await load();
}

form.oninput = () => kinds && fit(complain());
form.onsubmit = (event) => {
  event.preventDefault();
  complain();
  attempt(set);
};
