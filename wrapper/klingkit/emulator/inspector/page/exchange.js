/** A request and its answer, side by side, with what the spec says of them. */

import { get } from "./api.js";
import { attempt, facts, h, mark, region, titled } from "./dom.js";
import { body } from "./json.js";
import { moment, span } from "./time.js";

/** How a request was answered: by its status, and the code by which the body refuses. */
export function outcome({ status, refused }) {
  const code = refused === null || refused == status ? "" : ` · ${refused}`;
  return mark(status && status < 400 && refused === null ? "succeeded" : "failed", `${status ?? "dropped"}${code}`);
}

/** What is seen of something before it is opened. */
export function summary({ at, fault }, sign, what, note) {
  return h("summary", moment(at), sign, h("span.path", what), fault && mark("struck", fault), h("span.muted", note));
}

/** An exchange that opens: what is in it is asked for when looked at. */
export function folded(one) {
  const inside = h("div");
  const look = () => attempt(async () => inside.replaceChildren(exchange(await get(`requests/${one.id}`), "h4")));
  const seen = summary(one, outcome(one), `${one.method} ${one.path}`, `${one.operation}, ${span(one.seconds)}`);
  const details = h("details", { toggle: () => details.open && !inside.firstChild && look() }, seen, inside);
  details.open = one.operation === "create";
  return h("li", details);
}

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

function exchange({ request, answer, status, verdict, unjudged }, level) {
  const { request: asked = [], answer: answered = [] } = verdict ?? {};
  const none = region("Answer", level, h("p.muted", "None: the connection was closed."));
  const sides = [side("Request", level, request, asked), status === null ? none : side("Answer", level, answer, answered)];
  return h("div.exchange", h("p", unjudged ? mark("accepted", `no verdict by the spec: ${unjudged}`) : judgement(asked.length + answered.length)), h("div.sides", ...sides));
}

function judgement(wrong) {
  if (!wrong) return mark("succeeded", "agrees with the spec");
  return mark("failed", `${wrong} violation${wrong > 1 ? "s" : ""} of the spec`);
}

function side(title, level, { headers, body: text }, wrong) {
  const of = `of the ${title.toLowerCase()}`;
  const violations = h("ul.violations", { "aria-label": `Violations ${of}` }, ...wrong.map((one) => h("li", one)));
  return region(title, level, wrong[0] && violations, body(text, `Body ${of}`), folding(headers));
}

export const folding = (headers) => h("details.more", h("summary", "Headers"), facts(Object.entries(headers)));
