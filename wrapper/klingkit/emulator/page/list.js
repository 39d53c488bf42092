/** The tables of tasks and requests, newest first: a page of them, kept up to date, gone through by arrow keys. */

import { get } from "./api.js";
import { attempt, find, focusOn, h, mark, soon, sync, write } from "./dom.js";
import { outcome } from "./exchange.js";
import { age } from "./time.js";

class List {
  /** `columns`; the `number` of an item; what is `told` of it: a mark, three texts, a time. */
  constructor(path, columns, number, told) {
    const root = find(`#${path}`);
    find(".filters", root).after(find("#table").content.cloneNode(true));
    find("thead tr", root).append(...columns.map((name) => h("th", { scope: "col" }, name)));
    find("caption", root).append(`${root.ariaLabel}, newest first`);
    Object.assign(this, { root, path, told, chosen: "", rows: [], pages: [], asked: 0, answered: 0 });
    this.form = find("form", root);
    this.body = find("tbody", root);
    this.tell = soon(() => this.load());
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.tell((this.pages = []));
    this.body.onkeydown = (event) => this.move(event);
    this.body.addEventListener("focusin", (event) => this.rove(event.target));
    find(".older", root).onclick = () => this.turn([...this.pages, number(this.rows.at(-1))]);
    find(".newest", root).onclick = () => this.turn([]);
  }

  /** Show the page that comes after the last of these numbers. */
  async turn(pages) {
    this.pages = pages;
    await attempt(() => this.load());
    find(".list", this.root).scrollTop = 0;
    focusOn(this.body);
  }

  async load() {
    const asked = ++this.asked;
    const filter = Object.fromEntries(new FormData(this.form));
    const page = await get(this.path, { ...filter, before: this.pages.at(-1) });
    if (asked < this.answered) return;
    Object.assign(this, { answered: asked, rows: page[this.path] });
    const [first, filtered, turned] = [this.rows[0], Object.values(filter).some(Boolean), this.pages.length];
    this.root.classList.toggle("filtered", filtered);
    write(find(".empty", this.root), first ? "" : filtered ? "Nothing matches." : "Nothing yet.");
    find(".older", this.root).hidden = !page.next;
    find(".newest", this.root).hidden = !turned;
    write(find(".page", this.root), turned ? `Page ${turned + 1}` : "");
    this.show();
  }

  show() {
    sync(this.body, this.rows, (item) => this.row(item), (row, item) => fill(row.children, this.told(item)));
    this.choose(this.chosen);
  }

  row({ id, fault }) {
    const link = h("a", { href: `#/${this.path}/${id}`, dir: "auto" });
    const what = h("th.what", { scope: "row" }, link, fault && mark("struck", fault));
    return h("tr", h("td.state"), h("td.api"), h("td.model"), what, h("td.age"));
  }

  choose(id) {
    this.chosen = id;
    for (const row of this.body.children) {
      const chosen = row.dataset.key === id;
      row.classList.toggle("chosen", chosen);
      find("a", row).ariaCurrent = chosen || null;
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
    if (to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  }
}

function fill([state, api, model, what, when], [sign, ...told]) {
  if (state.textContent !== sign.textContent) state.replaceChildren(sign);
  [api, model, what.firstChild].forEach((cell, index) => write(cell, told[index]));
  write(when, age(told[3]));
}

/** What a task is called by: the beginning of its prompt. */
export const title = ({ prompt }) => [...prompt.trim()].slice(0, 200).join("") || "(no prompt)";

export const tasks = new List(
  "tasks",
  ["State", "API", "Model", "Prompt", "Age"],
  (task) => task.number,
  (task) => [mark(task.state), task.api, task.model, title(task), task.created],
);

export const requests = new List(
  "requests",
  ["Status", "API", "Operation", "Request", "Age"],
  (one) => one.id,
  (one) => [outcome(one), one.api ?? "–", one.operation, `${one.method} ${one.path}`, one.at],
);
