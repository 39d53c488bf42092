/** One task as a whole. */

import { get, post } from "./api.js";
import { announce, attempt, consult, facts, find, h, mark, region, sync, write } from "./dom.js";
import { folded, folding, summary } from "./exchange.js";
import { body } from "./json.js";
import { moment, span } from "./time.js";

const MOST = 50; // exchanges and deliveries that are shown: the newest, and always the first request
const PAUSE = 80; // milliseconds in which news is gathered

/** The task that is shown: its regions are made once, and filled as it goes on. */
export class Detail {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
  }

  /** Show a task, or none. @param {string} id */
  async show(id) {
    Object.assign(this, { id, state: null, parts: null });
    if (id) await this.load();
  }

  /** Something concerns this task. */
  tell() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.id) attempt(() => this.load());
    }, PAUSE);
  }

  async load() {
    const { id } = this;
    const task = await get(`tasks/${encodeURIComponent(id)}`).catch((error) => error);
    if (id !== this.id) return;
    if (!(task instanceof Error)) return this.fill(task);
    this.parts = null;
    this.place.replaceChildren(back(), h("h2", { tabindex: -1 }, "No such task"), h("p.muted", task.message));
  }

  fill(task) {
    this.parts ??= this.build(task);
    const { queries, history, requests, callbacks } = this.parts;
    if (task.state !== this.state) this.turn(task);
    write(queries, task.queries);
    sync(history, task.history, (step) => passed(step, task.created), undefined, (step) => step.state);
    sync(requests, task.exchanges.filter((one, index) => index < MOST || one.operation === "create").reverse(), folded);
    sync(callbacks, task.deliveries.slice(0, MOST).reverse(), delivery);
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
    reason.replaceChildren(...(state === "failed" ? [mark(state, why || "The API's own reason.")] : []));
    film.replaceChildren(...(video ? player(id, video) : [h("p.muted", "no video")]));
  }

  build(task) {
    const parts = {
      heading: h("h2.prompt", { tabindex: -1 }, task.prompt || "(no prompt)"),
      status: h("span"),
      actions: actions(`tasks/${encodeURIComponent(task.id)}`),
      reason: h("p.failure"),
      film: h("div.film"),
      queries: h("span"),
      history: h("ol.history"),
      requests: h("ol.lines"),
      callbacks: h("ol.lines"),
    };
    const told = facts([
      ["Id", h("code", task.id)],
      ["Own id", task.external_task_id],
      ["Created", moment(task.created)],
      ["Queries", parts.queries],
      ["Callback", task.callback_url],
    ]);
    this.place.replaceChildren(
      back(),
      parts.heading,
      h("p.sub", parts.status, h("span", task.api), h("span", task.model)),
      parts.actions,
      parts.reason,
      h("div.about", parts.film, h("div", region("States", "h3", parts.history), region("Task", "h3", told))),
      region("Requests", "h3", parts.requests),
      region("Callbacks", "h3", parts.callbacks, h("p.muted", task.callback_url ? "None yet." : "The task asked for none.")),
    );
    return parts;
  }
}

const back = () => h("a.back", { href: "#/tasks" }, "← All tasks");

function actions(path) {
  const finish = () => attempt(() => post(`${path}/finish`));
  const fail = async () => {
    const given = await consult(find("#fail"));
    if (given) await attempt(() => post(`${path}/fail`, Object.fromEntries([...given].filter(([, value]) => value))));
  };
  const named = { role: "group", "aria-label": "End the task" };
  return h("div.actions", named, h("button.main", { click: finish }, "Finish"), h("button", { click: fail }, "Fail…"));
}

function player(id, src) {
  const video = h("video", { controls: "", preload: "metadata", src, "aria-label": "The video of the task" });
  return [video, h("a", { href: src, download: `${id}.mp4` }, "Download")];
}

function passed({ state, at }, created) {
  return h("li", mark(state), moment(at), h("span.muted", at > created && `+${span(at - created)}`));
}

function delivery(one) {
  const { id, url, status, reason, headers, body: text, attempt: count } = one;
  const resend = () => attempt(() => post(`deliveries/${id}/resend`), "The callback is sent again.");
  const sign = mark(status && status < 300 ? "succeeded" : "failed", `${status ?? reason}`);
  const inside = h("div.exchange", body(text, "Body of the callback"), folding(headers));
  const button = h("button", { click: resend, "aria-label": `Resend the callback of attempt ${count}` }, "Resend");
  return h("li", h("details", summary(one, sign, url, `attempt ${count}`), inside), button);
}
