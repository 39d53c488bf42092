/** The details of what is selected: one task, or one request. */

import { get, post } from "./api.js";
import { announce, attempt, confirmed, facts, find, h, loader, mark, region, sync, titled, write } from "./dom.js";
import { folded, folding, summary, wholeRequest } from "./exchange.js";
import { body } from "./json.js";
import { title } from "./list.js";
import { moment, span } from "./time.js";

/** A place that shows what is selected, and is kept up to date. */
class Detail {
  constructor(view) {
    Object.assign(this, { view, place: find(`#${view} .detail`), id: "" });
    const fetch = async () => this.id && get(`${view}/${encodeURIComponent(this.id)}`).catch(missing);
    this.load = loader(fetch, (item) => item && this.show(item));
  }

  select(id) {
    Object.assign(this, { id, state: null, parts: null });
    this.place.replaceChildren();
    return this.load.now();
  }

  show(item) {
    if (!(item instanceof Error)) return this.fill(item);
    this.place.replaceChildren(...titled(this.view, `No such ${this.view.slice(0, -1)}`, h("p.muted", item.message)));
  }
}

/** The regions of a task are made once, and filled as it changes. */
class Task extends Detail {
  showDelivery({ attempt: count, status, reason }) {
    this.load.soon();
    if (count > 1) announce(`Task ${this.id}: callback, attempt ${count}: ${status ?? reason}`, !isGood(status));
  }

  fill(task) {
    this.parts ??= this.build(task);
    const { queries, history, requests, callbacks } = this.parts;
    if (task.state !== this.state) this.showState(task);
    write(queries, task.queries);
    sync(history, task.history, (step) => passed(step, task.created), undefined, (step) => step.state);
    list(requests, task.exchanges, task.kept.exchanges, folded);
    list(callbacks, task.deliveries, task.kept.deliveries, delivery);
  }

  /** Show another state. */
  showState({ id, state, video, failure }) {
    const { heading, status, actions, reason, video: place } = this.parts;
    const text = [failure?.code, failure?.message].filter(Boolean).join(": ");
    if (this.state) announce(`Task ${id}: ${state}`);
    this.state = state;
    status.replaceChildren(mark(state));
    if (actions.contains(document.activeElement)) heading.focus();
    actions.hidden = state === "succeeded" || state === "failed";
    reason.replaceChildren(state === "failed" ? mark(state, text || "The API's own reason.") : "");
    place.replaceChildren(...(video ? player(id, video) : [h("p.muted", "no video")]));
  }

  build(task) {
    const parts = {
      status: h("span"),
      actions: this.actions(task),
      reason: h("p.failure"),
      video: h("div.video"),
      queries: h("span"),
      history: h("ol.history"),
      requests: h("ol.lines"),
      callbacks: h("ol.lines"),
    };
    const sent = h("details.more", h("summary", "Body as sent"), body(JSON.stringify(task.request), "Body as sent"));
    const about = facts([
      ["Id", h("code", task.id)],
      ["Own id", task.external_task_id],
      ["Created", moment(task.created)],
      ["Queries", parts.queries],
      ["Callback", task.callback_url],
    ]);
    const none = h("p.muted", task.callback_url ? "None yet." : "The task has no callback URL.");
    const nodes = titled(
      "tasks",
      task.prompt.trim() || title(task),
      h("p.sub", parts.status, h("span", task.api), h("span", task.model)),
      parts.actions,
      parts.reason,
      h("div.about", parts.video, h("div", region("States", "h3", parts.history), region("Task", "h3", about))),
      region("Requests", "h3", sent, h("p.muted"), parts.requests),
      region("Callbacks", "h3", h("p.muted"), parts.callbacks, none),
    );
    this.place.replaceChildren(...nodes);
    return { ...parts, heading: nodes[1] };
  }

  actions(task) {
    let ended = false; // so that the second click of a double click is ignored
    const end = async (how, fields) => {
      if (ended) return;
      ended = true;
      ended = await attempt(() => post(`tasks/${encodeURIComponent(task.id)}/${how}`, fields));
    };
    const fail = async () => {
      write(find("#fail b"), `${title(task)} (${task.id})`);
      const fields = await confirmed(find("#fail"));
      if (fields) await end("fail", Object.fromEntries([...fields].filter(([, value]) => value)));
      // The task may have ended meanwhile; then the button that gets the focus back is hidden.
      if (this.id === task.id && this.parts.actions.hidden) this.parts.heading.focus();
    };
    const attributes = { role: "group", "aria-label": "End the task" };
    const finish = h("button.main", { click: () => end("finish") }, "Finish");
    return h("div.actions", attributes, finish, h("button", { click: fail }, "Fail…"));
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
  const result = mark(isGood(status) ? "succeeded" : "failed", `${status ?? reason}`);
  const inside = h("div.exchange", body(text, "Body of the callback"), folding(headers));
  const button = h("button", { click: resend, "aria-label": `Resend the callback of attempt ${count}` }, "Resend");
  return h("li", h("details", summary(one, result, url, `attempt ${count}`), inside), button);
}

export const task = new Task("tasks");
export const request = new Detail("requests");
request.fill = (exchange) => request.place.firstChild || request.place.append(...wholeRequest(exchange));
