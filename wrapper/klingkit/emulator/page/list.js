/** A table of the newest of many things: one page of them, kept up to date, gone through by arrow keys. */

import { walk } from "./api.js";
import { attempt, find, h, mark, sync, write } from "./dom.js";
import { age } from "./time.js";

const PAGE = 50; // rows that are shown
const STRIDE = 500; // that are asked for at once where not all of them are wanted
const PAUSE = 60; // milliseconds in which news is gathered

export class List {
  /**
   * @param {HTMLElement} root
   * @param {object} kind what the rows are: their `path`; their `columns`, of which the fourth holds a link; the `order` of
   *   an item, higher for newer ones; what of a filter the server takes as a `query`; whether an item `matches` a filter;
   *   what is `told` of it in the cells: a mark, three texts, a time
   */
  constructor(root, kind) {
    find(".filters", root).after(find("#table").content.cloneNode(true));
    find("thead tr", root).append(...kind.columns.map((name) => h("th", { scope: "col" }, name)));
    find("caption", root).append(`${root.ariaLabel}, newest first`);
    Object.assign(this, { root, kind, form: find("form", root), body: find("tbody", root), chosen: "" });
    this.rows = [];
    this.news = new Map();
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.later(150);
    this.body.onkeydown = (event) => this.move(event);
    this.body.addEventListener("focusin", (event) => this.rove(event.target));
    find(".older", root).onclick = () => attempt(() => this.older());
    find(".newest", root).onclick = () => attempt(() => this.load());
  }

  get filter() {
    return Object.fromEntries(new FormData(this.form));
  }

  get filtered() {
    return Object.values(this.filter).some(Boolean);
  }

  /** Load soon; many wishes are one. */
  later(wait = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => attempt(() => this.load()), wait);
  }

  async older() {
    await this.load(this.rows.at(-1).id);
    this.focus();
  }

  /** Show the newest page, or the one that comes after a row. */
  async load(after) {
    this.reading?.abort();
    const { signal } = (this.reading = new AbortController());
    this.busy = true;
    const rows = await this.read(after, signal).finally(() => (this.busy &&= signal.aborted));
    this.page = after === undefined ? 0 : this.page + 1;
    this.more = rows.length > PAGE;
    this.rows = rows.slice(0, PAGE);
    this.take();
  }

  async read(after, signal) {
    const { path, query, matches } = this.kind;
    const { filter } = this;
    const limit = this.filtered || after !== undefined ? STRIDE : PAGE + 1;
    const rows = [];
    let passed = after === undefined;
    for await (const item of walk(path, { ...query(filter), limit }, signal)) {
      if (passed && matches(item, filter) && rows.push(item) > PAGE) break;
      passed ||= item.id === after;
    }
    return rows;
  }

  /** An item is new or has changed. */
  tell(item) {
    this.news.set(item.id, item);
    this.gathering ??= setTimeout(() => this.take(), PAUSE);
  }

  /** Put the news among the rows. */
  take() {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    if (this.busy) return;
    for (const item of this.news.values()) this.merge(item);
    this.news.clear();
    if (this.stale && !this.page) this.later();
    this.stale = false;
    this.show();
  }

  merge(item) {
    const { rows, more } = this;
    const { order, matches } = this.kind;
    const place = rows.findIndex((row) => row.id === item.id);
    if (place >= 0) rows.splice(place, 1, ...(matches(item, this.filter) ? [item] : []));
    if (place >= 0 || this.page || !matches(item, this.filter)) return;
    if (more && order(item) < order(rows.at(-1))) return;
    // On a clock that stands still old and new look alike: only the server knows their order.
    if (more && order(item) === order(rows.at(-1))) this.stale = true;
    else rows.splice([...rows, item].findIndex((row) => order(row) <= order(item)), 0, item);
    this.more ||= rows.length > PAGE;
    rows.length = Math.min(rows.length, PAGE);
  }

  show() {
    const { root, rows, kind } = this;
    sync(this.body, rows, (item) => this.row(item), (row, item) => fill([...row.children], kind.told(item)));
    find(".empty", root).hidden = rows.length > 0;
    root.classList.toggle("filtered", this.filtered);
    write(find(".empty", root), this.filtered ? "Nothing matches." : "Nothing yet.");
    find(".older", root).hidden = !this.more;
    find(".newest", root).hidden = !this.page;
    write(find(".page", root), this.page ? `Page ${this.page + 1}` : "");
    this.choose(this.chosen);
  }

  row({ id, fault }) {
    const what = h("th.what", { scope: "row" }, h("a", { href: `#/${this.kind.path}/${id}` }), fault && mark("struck", fault));
    return h("tr", h("td.state"), h("td.api"), h("td.model"), what, h("td.age"));
  }

  /** Mark the row whose detail is shown. @param {string} id */
  choose(id) {
    this.chosen = id;
    for (const row of this.body.children) {
      row.classList.toggle("chosen", row.dataset.key === id);
      find("a", row).ariaCurrent = row.dataset.key === id ? "true" : null;
    }
    this.rove(find("a:focus", this.body) ?? find(".chosen a", this.body) ?? find("a", this.body));
  }

  focus() {
    find("a[tabindex='0']", this.body)?.focus();
  }

  /** One row is reached by Tab, the others by arrow keys. */
  rove(target) {
    for (const link of this.body.querySelectorAll("a")) link.tabIndex = link === target ? 0 : -1;
  }

  move(event) {
    const links = [...this.body.querySelectorAll("a")];
    const at = links.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    links[to]?.focus();
  }
}

function fill([state, api, model, what, when], [sign, ...told]) {
  if (state.textContent !== sign.textContent) state.replaceChildren(sign);
  [api, model, what.firstChild].forEach((cell, index) => write(cell, told[index]));
  write(when, age(told[3]));
}
