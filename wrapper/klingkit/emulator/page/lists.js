/** The lists of tasks and of requests, also of those that belong to no task, and one request as a whole. */

import { find, h, mark, titled } from "./dom.js";
import { exchange, outcome } from "./exchange.js";
import { List } from "./list.js";
import { moment, span } from "./time.js";

/** What a task is called by: the beginning of its prompt. */
export const title = ({ prompt }) => [...prompt.trim()].slice(0, 200).join("") || "(no prompt)";

export const tasks = new List(find("#tasks"), {
  path: "tasks",
  columns: ["State", "API", "Model", "Prompt", "Age"],
  number: (task) => task.number,
  told: (task) => [mark(task.state), task.api, task.model, title(task), task.created],
});

export const requests = new List(find("#requests"), {
  path: "requests",
  columns: ["Status", "API", "Operation", "Request", "Age"],
  number: (one) => one.id,
  told: (one) => [outcome(one), one.api ?? "–", one.operation, `${one.method} ${one.path}`, one.at],
});

export function wholeRequest(request) {
  const { method, path, query, api, operation, at, seconds, fault, task_id: task } = request;
  const told = [api, operation, moment(at), span(seconds)].map((one) => one && h("span", one));
  return titled(
    "requests",
    h("span.path", `${method} ${path}${query && "?"}${query}`),
    h("p.sub", outcome(request), fault && mark("struck", fault), ...told),
    h("p", "Task: ", task ? h("a", { href: `#/tasks/${task}` }, task) : "none"),
    exchange(request, "h3"),
  );
}
