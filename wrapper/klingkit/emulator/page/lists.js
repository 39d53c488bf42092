/** The lists of tasks and of requests, also of those that belong to no task. */

import { mark } from "./dom.js";
import { outcome } from "./exchange.js";
import { List } from "./list.js";

/** What a task is called by: the beginning of its prompt. */
export const title = ({ prompt }) => [...prompt.trim()].slice(0, 200).join("") || "(no prompt)";

export const tasks = new List(
  "tasks",
  ["State", "API", "Model", "Prompt", "Age"],
  (task) => task.number,
  (task) => [mark(task.state), task.api, task.model, title(task), task.created],
);

export const requests = new List(
  "requests",
  ["Status", "API", "Operation", "Request", "Age"],
  (one) => one.id,
  (one) => [outcome(one), one.api ?? "–", one.operation, `${one.method} ${one.path}`, one.at],
);
