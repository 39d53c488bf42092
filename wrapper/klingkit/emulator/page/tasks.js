/** The list of tasks. */

import { mark } from "./dom.js";
import { List } from "./list.js";

const MOST = 200; // characters of a prompt in a row

/** @param {HTMLElement} root */
export function taskList(root) {
  const columns = ["State", "API", "Model", "Prompt", "Age"];
  const query = ({ state, api }) => ({ state, api });
  return new List(root, { path: "tasks", columns, order: (task) => task.created, query, matches, told });
}

function matches({ prompt, model, id, external_task_id: own, ...task }, { text, state, api }) {
  const all = `${prompt} ${model} ${id} ${own}`.toLowerCase();
  return (!state || task.state === state) && (!api || task.api === api) && all.includes(text.trim().toLowerCase());
}

function told({ state, api, model, prompt, created }) {
  return [mark(state), api, model, prompt?.slice(0, MOST) || "(no prompt)", created];
}
