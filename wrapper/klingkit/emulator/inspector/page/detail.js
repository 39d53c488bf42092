/** What is chosen, as a whole: one task, or one request. */

import { get, post } from "./api.js";
import { announce, attempt, consult, facts, find, h, loader, mark, region, sync, titled, write } from "./dom.js";
import { folded, folding, summary, wholeRequest } from "./exchange.js";
import { body } from "./json.js";
import { title } from "./list.js";
import { moment, span } from "./time.js";

/** A place that is filled with what is chosen, and when there is news of it. */
class Detail {
  constructor(view) {
    Object.assign(this, { view, place: find(`#${view} .detail`), id: "" });
    const ask = async () => this.id && get(`${view}/${encodeURIComponent(this.id)}`).catch(missing);
    this.load = loader(ask, (told) => told && this.show(told));
  }

  choose(id) {
    Object.assign(this, { id, state: null, parts: null });
    this.place.replaceChildren();
    return this.load.anew();
  }

  show(told) {
    if (!(told instanceof Error)) return this.fill(told);
    this.place.replaceChildren(...titled(this.view, `No such ${this.view.slice(0, -1)}`, h("p.muted", told.message)));
  }
}

/** The regions of a task are made once, and filled as it goes on. */
class Task extends Detail {
  hear({ attempt: count, status, reason }) {
    this.load.soon();
    if (count > 1) announce(`Task ${this.id}: callback, attempt ${count}: ${status ?? reason}`, !isGood(status));
  }

  fill(task) {
    this.parts ??= this.build(task);
    const { queries, history, requests, callbacks } = this.parts;
    if (task.state !== this.state) this.turn(task);
    write(queries, task.queries);
    sync(history, task.history, (step) => passed(step, task.created), undefined, (step) => step.state);
    list(requests, task.exchanges, task.kept.exchanges, folded);
    list(callbacks, task.deliveries, task.kept.deliveries, delivery);
  }

  /** The task has come to another state. */
  turn({ id, state, video, failure }) {
    const { heading, status, actions, reason, film } = this.parts;
    const why = [failure?.code, failure?.message].filter(Boolean).join(": ");
    if (this.state) announce(`Task ${id}: ${state}`);
    this.state = state;
    status.replaceChildren(mark(state));
    if (actions.contains(document.activeElement)) heading.focus();
    actions.hidden = state === "succeeded" || state === "failed";
    reason.replaceChildren(state === "failed" ? mark(state, why || "The API's own reason.") : "");
    film.replaceChildren(...(video ? player(id, video) : [h("p.muted", "no video")]));
  }

  build(task) {
    const parts = {
      status: h("span"),
      actions: this.actions(task),
      reason: h("p.failure"),
      film: h("div.film"),
      queries: h("span"),
      history: h("ol.history"),
      requests: h("ol.lines"),
      callbacks: h("ol.lines"),
    };
    const own = h("details.more", h("summary", "Body as sent"), body(JSON.stringify(task.request), "Body as sent"));
    const told = facts([
      ["Id", h("code", task.id)],
      ["Own id", task.external_task_id],
      ["Created", moment(task.created)],
      ["Queries", parts.queries],
      ["Callback", task.callback_url],
    ]);
    const none = h("p.muted", task.callback_url ? "None yet." : "The task asked for none.");
    const nodes = titled(
      "tasks",
      task.prompt.trim() || title(task),
      h("p.sub", parts.status, h("span", task.api), h("span", task.model)),
      parts.actions,
      parts.reason,
      h("div.about", parts.film, h("div", region("States", "h3", parts.history), region("Task", "h3", told))),
      region("Requests", "h3", own, h("p.muted"), parts.requests),
      region("Callbacks", "h3", h("p.muted"), parts.callbacks, none),
    );
    this.place.replaceChildren(...nodes);
    return { ...parts, heading: nodes[1] };
  }

  actions(task) {
    let ended = false; // a double click is one
    const end = async (how, given) => {
      if (ended) return;
      ended = true;
      ended = await attempt(() => post(`tasks/${encodeURIComponent(task.id)}/${how}`, given));
    };
    const fail = async () => {
      write(find("#fail b"), `${title(task)} (${task.id})`);
      const given = await consult(find("#fail"));
      if (given) await end("fail", Object.fromEntries([...given].filter(([, value]) => value)));
      // The task may have ended meanwhile: what the dialog gave the focus back to is gone then.
      if (this.id === task.id && this.parts.actions.hidden) this.parts.heading.focus();
    };
    const named = { role: "group", "aria-label": "End the task" };
    const finish = h("button.main", { click: () => end("finish") }, "Finish");
    return h("div.actions", named, finish, h("button", { click: fail }, "Fail…"));
  }
}

const isGood = (status) => status >= 200 && status < 300;

function list(node, shown, all, make) {
  write(node.previousSibling, shown.length < all ? `${shown.length} of ${all} are shown.` : "");
  sync(node, shown.reverse(), make);
}

function missing(error) {
  if (error.status === 404) return error;
  throw error;
}

function player(id, src) {
  const error = ({ target }) => target.replaceWith(h("p.failed", "The video can't be loaded."));
  const video = h("video", { controls: "", preload: "metadata", src, "aria-label": "The video of the task", error });
  return [video, h("a", { href: src, download: `${id}.mp4` }, "Download")];
}

function passed({ state, at }, created) {
  return h("li", mark(state), moment(at), h("span.muted", at > created && `+${span(at - created)}`));
}

function delivery(one) {
  const { id, url, status, reason, headers, body: text, attempt: count } = one;
  const resend = () => attempt(() => post(`deliveries/${id}/resend`));
  const sign = mark(isGood(status) ? "succeeded" : "failed", `${status ?? reason}`);
  const inside = h("div.exchange", body(text, "Body of the callback"), folding(headers));
  const button = h("button", { click: resend, "aria-label": `Resend the callback of attempt ${count}` }, "Resend");
  return h("li", h("details", summary(one, sign, url, `attempt ${count}`), inside), button);
}

export const task = new Task("tasks");
export const request = new Detail("requests");
request.fill = (told) => request.place.firstChild || request.place.append(...wholeRequest(told));
