/** One task as a whole. */

import { get, post } from "./api.js";
import { announce, attempt, consult, facts, find, gone, h, mark, region, soon, sync, titled, write } from "./dom.js";
import { folded, folding, summary } from "./exchange.js";
import { body } from "./json.js";
import { title } from "./list.js";
import { moment, span } from "./time.js";

const MOST = 50; // exchanges and deliveries that are shown: the newest, and always the first request

/** The task that is shown: its regions are made once, and filled as it goes on. */
export class Detail {
  constructor(place) {
    this.place = place;
    this.tell = soon(() => this.load());
  }

  async show(id) {
    Object.assign(this, { id, state: null, parts: null });
    await this.load();
  }

  async load() {
    const { id } = this;
    const task = id && (await get(`tasks/${encodeURIComponent(id)}`).catch(missing));
    if (!task || id !== this.id) return;
    if (!(task instanceof Error)) return this.fill(task);
    this.parts = null;
    this.place.replaceChildren(...gone("tasks", task));
  }

  hear({ attempt: count, status, reason }) {
    this.tell();
    if (count > 1) announce(`Attempt ${count} of the callback: ${status ?? reason}`, !isGood(status));
  }

  fill(task) {
    this.parts ??= this.build(task);
    const { queries, history, requests, callbacks, first } = this.parts;
    if (task.state !== this.state) this.turn(task);
    write(queries, task.queries);
    sync(history, task.history, (step) => passed(step, task.created), undefined, (step) => step.state);
    sync(requests, task.exchanges.filter((one, index) => index < MOST || one.operation === "create").reverse(), folded);
    sync(callbacks, task.deliveries.slice(0, MOST).reverse(), delivery);
    first.hidden = task.exchanges.some((one) => one.operation === "create");
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
      first: h("div", h("p.muted", "The request that made it is kept no longer, but for its body:")),
    };
    parts.first.append(body(JSON.stringify(task.request), "Body of the request"));
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
      region("Requests", "h3", parts.first, parts.requests),
      region("Callbacks", "h3", parts.callbacks, none),
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

export function missing(error) {
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
  const resend = () => attempt(() => post(`deliveries/${id}/resend`), announce("The callback is sent again."));
  const sign = mark(isGood(status) ? "succeeded" : "failed", `${status ?? reason}`);
  const inside = h("div.exchange", body(text, "Body of the callback"), folding(headers));
  const button = h("button", { click: resend, "aria-label": `Resend the callback of attempt ${count}` }, "Resend");
  return h("li", h("details", summary(one, sign, url, `attempt ${count}`), inside), button);
}
