/** The list of requests, also of those that belong to no task, and one of them as a whole. */

import { get } from "./api.js";
import { h, mark } from "./dom.js";
import { exchange, outcome } from "./exchange.js";
import { List } from "./list.js";
import { moment, span } from "./time.js";

const WHICH = {
  "": () => true,
  stray: (request) => !request.task_id,
  refused: (request) => !(request.status && request.status < 400),
  fault: (request) => request.fault,
};

/** @param {HTMLElement} root */
export function requestList(root) {
  const columns = ["Status", "API", "Operation", "Request", "Age"];
  return new List(root, { path: "requests", columns, order: (request) => request.id, query: () => ({}), matches, told });
}

function matches(request, { text, which }) {
  const all = `${request.method} ${request.path} ${request.status ?? "dropped"} ${request.fault}`.toLowerCase();
  return WHICH[which](request) && all.includes(text.trim().toLowerCase());
}

function told(request) {
  return [outcome(request), request.api ?? "–", request.operation, `${request.method} ${request.path}`, request.at];
}

/** One of them, as nodes. @param {string} id */
export async function wholeRequest(id) {
  const request = await get(`requests/${encodeURIComponent(id)}`);
  const { method, path, query, api, operation, at, seconds, fault, task_id: task } = request;
  const told = [api, operation, moment(at), span(seconds)].map((one) => one && h("span", one));
  return [
    h("a.back", { href: "#/requests" }, "← All requests"),
    h("h2.path", { tabindex: -1 }, `${method} ${path}${query && "?"}${query}`),
    h("p.sub", outcome(request), fault && mark("struck", fault), ...told),
    h("p", "Task: ", task ? h("a", { href: `#/tasks/${task}` }, task) : "none"),
    exchange(request),
  ];
}
