/** The tables of tasks and requests, newest first, in pages that are kept up to date; arrow keys move in them. */

import { get } from "./api.js";
import { attempt, find, focusOn, h, loader, mark, sync, write } from "./dom.js";
import { outcome } from "./exchange.js";
import { age } from "./time.js";

class List {
  /** `columns`: their names; `cells`: the cells of an item, a mark and three texts. */
  constructor(path, columns, cells) {
    const root = find(`#${path}`);
    find(".filters", root).after(find("#table").content.cloneNode(true));
    find("thead tr", root).append(...columns.map((name) => h("th", { scope: "col" }, name)));
    find("caption", root).append(`${root.ariaLabel}, newest first`);
    Object.assign(this, { root, path, cells, selected: "", rows: [], pages: [] });
    this.form = find("form", root);
    this.body = find("tbody", root);
    this.load = loader(() => this.fetch(), (page) => this.show(page));
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.load.soon((this.pages = []));
    this.body.onkeydown = (event) => this.move(event);
    this.body.addEventListener("focusin", ({ target }) => this.rove(target.closest("tr").dataset.key));
    find(".older", root).onclick = () => this.turn([...this.pages, this.next]);
    find(".newest", root).onclick = () => this.turn([]);
  }

  /** Show the page that comes after the last of these numbers. The second click of a double click is ignored. */
  async turn(pages) {
    if (this.turning) return;
    const before = this.pages;
    Object.assign(this, { pages, turning: true });
    if (!(await attempt(this.load.now))) this.pages = before;
    this.turning = false;
    find(".list", this.root).scrollTop = 0;
    focusOn(this.body);
  }

  fetch() {
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
    sync(this.body, this.rows, (item) => this.row(item), (row, item) => fill(row.children, this.cells(item)));
    this.tick();
    this.rove(this.at);
  }

  tick() {
    this.rows.forEach((item, index) => write(this.body.children[index].lastChild, age(item.created ?? item.at)));
  }

  row({ id, fault }) {
    const link = h("a", { href: `#/${this.path}/${id}`, dir: "auto" });
    const what = h("th.what", { scope: "row" }, link, fault && mark("injected", fault));
    return h("tr", h("td.state"), h("td.api"), h("td.model"), what, h("td.age"));
  }

  select(id) {
    this.selected = id;
    this.rove(id || this.at);
  }

  focus() {
    find("a[tabindex='0']", this.body)?.focus();
  }

  /** Tab moves to the row that had the focus last; arrow keys move to the others. */
  rove(at) {
    this.at = at;
    const rows = [...this.body.children];
    const reached = rows.find((row) => row.dataset.key === at) ?? rows[0];
    for (const row of rows) {
      const [link, selected] = [find("a", row), row.dataset.key === this.selected];
      row.classList.toggle("selected", selected);
      link.ariaCurrent = selected || null;
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

function fill([state, api, model, what], [status, ...texts]) {
  if (state.textContent !== status.textContent) state.replaceChildren(status);
  [api, model, what.firstChild].forEach((cell, index) => write(cell, texts[index]));
}

/** The title of a task: the beginning of its prompt. */
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
