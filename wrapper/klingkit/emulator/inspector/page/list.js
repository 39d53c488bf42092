/** The tables of tasks and requests, newest first: a page of them, kept up to date, gone through by arrow keys. */

import { get } from "./api.js";
import { attempt, find, focusOn, h, loader, mark, sync, write } from "./dom.js";
import { outcome } from "./exchange.js";
import { age } from "./time.js";

class List {
  /** `columns`; what is `told` of an item: a mark, three texts. */
  constructor(path, columns, told) {
    const root = find(`#${path}`);
    find(".filters", root).after(find("#table").content.cloneNode(true));
    find("thead tr", root).append(...columns.map((name) => h("th", { scope: "col" }, name)));
    find("caption", root).append(`${root.ariaLabel}, newest first`);
    Object.assign(this, { root, path, told, chosen: "", rows: [], pages: [] });
    this.form = find("form", root);
    this.body = find("tbody", root);
    this.load = loader(() => this.ask(), (page) => this.show(page));
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.load.soon((this.pages = []));
    this.body.onkeydown = (event) => this.move(event);
    this.body.addEventListener("focusin", ({ target }) => this.rove(target.closest("tr").dataset.key));
    find(".older", root).onclick = () => this.turn([...this.pages, this.next]);
    find(".newest", root).onclick = () => this.turn([]);
  }

  /** Show the page that comes after the last of these numbers; a double click is one. */
  async turn(pages) {
    if (this.turning) return;
    const before = this.pages;
    Object.assign(this, { pages, turning: true });
    if (!(await attempt(this.load.anew))) this.pages = before;
    this.turning = false;
    find(".list", this.root).scrollTop = 0;
    focusOn(this.body);
  }

  ask() {
    return get(this.path, { ...Object.fromEntries(new FormData(this.form)), before: this.pages.at(-1) });
  }

  show(page) {
    Object.assign(this, { rows: page[this.path], next: page.next });
    const turned = this.pages.length;
    const filtered = [...new FormData(this.form).values()].some(Boolean);
    this.root.classList.toggle("filtered", filtered);
    write(find(".empty", this.root), this.rows[0] ? "" : filtered ? "Nothing matches." : "Nothing yet.");
    find(".older", this.root).hidden = !page.next;
    find(".newest", this.root).hidden = !turned;
    write(find(".page", this.root), turned ? `Page ${turned + 1}` : "");
    sync(this.body, this.rows, (item) => this.row(item), (row, item) => fill(row.children, this.told(item)));
    this.tick();
    this.rove(this.at);
  }

  tick() {
    this.rows.forEach((item, index) => write(this.body.children[index].lastChild, age(item.created ?? item.at)));
  }

  row({ id, fault }) {
    const link = h("a", { href: `#/${this.path}/${id}`, dir: "auto" });
    const what = h("th.what", { scope: "row" }, link, fault && mark("struck", fault));
    return h("tr", h("td.state"), h("td.api"), h("td.model"), what, h("td.age"));
  }

  choose(id) {
    this.chosen = id;
    this.rove(id || this.at);
  }

  focus() {
    find("a[tabindex='0']", this.body)?.focus();
  }

  /** The row where the focus was last is reached by Tab, the others by arrow keys. */
  rove(at) {
    this.at = at;
    const rows = [...this.body.children];
    const reached = rows.find((row) => row.dataset.key === at) ?? rows[0];
    for (const row of rows) {
      const [link, chosen] = [find("a", row), row.dataset.key === this.chosen];
      row.classList.toggle("chosen", chosen);
      link.ariaCurrent = chosen || null;
      link.tabIndex = row === reached ? 0 : -1;
    }
  }

  move(event) {
    const links = [...this.body.querySelectorAll("a")];
    const at = links.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  }
}

function fill([state, api, model, what], [sign, ...told]) {
  if (state.textContent !== sign.textContent) state.replaceChildren(sign);
  [api, model, what.firstChild].forEach((cell, index) => write(cell, told[index]));
}

/** What a task is called by: the beginning of its prompt. */
export const title = ({ prompt }) => [...prompt.trim()].slice(0, 200).join("") || "(no prompt)";

export const tasks = new List(
  "tasks",
  ["State", "API", "Model", "Prompt", "Age"],
  (task) => [mark(task.state), task.api, task.model, title(task)],
);

export const requests = new List(
  "requests",
  ["Status", "API", "Operation", "Request", "Age"],
  (one) => [outcome(one), one.api ?? "–", one.operation, `${one.method} ${one.path}`],
);
