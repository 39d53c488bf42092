/** A request and its response, side by side, with the verdict by the spec. */

import { get } from "./api.js";
import { attempt, facts, h, mark, region, titled } from "./dom.js";
import { body } from "./json.js";
import { moment, span } from "./time.js";

/** The HTTP status, and the error code in the body. */
export function outcome({ status, error_code: error }) {
  const code = error === null || error == status ? "" : ` · ${error}`;
  return mark(status && status < 400 && error === null ? "succeeded" : "failed", `${status ?? "dropped"}${code}`);
}

/** The line of a closed item. */
export function summary({ at, fault }, result, what, note) {
  return h("summary", moment(at), result, h("span.path", what), fault && mark("injected", fault), h("span.muted", note));
}

/** An exchange whose content is fetched when it is opened. */
export function folded(one) {
  const inside = h("div");
  const load = () => attempt(async () => inside.replaceChildren(exchange(await get(`requests/${one.id}`), "h4")));
  const line = summary(one, outcome(one), `${one.method} ${one.path}`, `${one.operation}, ${span(one.seconds)}`);
  const details = h("details", { toggle: () => details.open && !inside.firstChild && load() }, line, inside);
  details.open = one.operation === "create";
  return h("li", details);
}

export function wholeRequest(request) {
  const { method, path, query, api, operation, at, seconds, fault, task_id: task } = request;
  const about = [api, operation, moment(at), span(seconds)].map((one) => one && h("span", one));
  return titled(
    "requests",
    h("span.path", `${method} ${path}${query && "?"}${query}`),
    h("p.sub", outcome(request), fault && mark("injected", fault), ...about),
    h("p", "Task: ", task ? h("a", { href: `#/tasks/${task}` }, task) : "none"),
    exchange(request, "h3"),
  );
}

function exchange({ request, response, status, verdict, no_verdict: reason }, level) {
  const { request: ofRequest = [], response: ofResponse = [] } = verdict ?? {};
  const none = region("Response", level, h("p.muted", "None: the connection was closed."));
  const right = status === null ? none : side("Response", level, response, ofResponse);
  const count = ofRequest.length + ofResponse.length;
  const judged = reason ? mark("accepted", `no verdict by the spec: ${reason}`) : verdictMark(count);
  return h("div.exchange", h("p", judged), h("div.sides", side("Request", level, request, ofRequest), right));
}

function verdictMark(count) {
  if (!count) return mark("succeeded", "agrees with the spec");
  return mark("failed", `${count} violation${count > 1 ? "s" : ""} of the spec`);
}

function side(title, level, { headers, body: text }, problems) {
  const of = `of the ${title.toLowerCase()}`;
  const violations = h("ul.violations", { "aria-label": `Violations ${of}` }, ...problems.map((one) => h("li", one)));
  return region(title, level, problems[0] && violations, body(text, `Body ${of}`), folding(headers));
}

export const folding = (headers) => h("details.more", h("summary", "Headers"), facts(Object.entries(headers)));
