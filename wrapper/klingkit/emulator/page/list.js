/** A table of the newest of many things: one page of them, kept up to date, gone through by arrow keys. */

import { get } from "./api.js";
import { attempt, find, focusOn, h, mark, soon, sync, write } from "./dom.js";
import { age } from "./time.js";

export class List {
  /** Of what is at a `path`: `columns`, the `number` of an item, what is `told` of it: a mark, three texts, a time. */
  constructor(root, kind) {
    find(".filters", root).after(find("#table").content.cloneNode(true));
    find("thead tr", root).append(...kind.columns.map((name) => h("th", { scope: "col" }, name)));
    find("caption", root).append(`${root.ariaLabel}, newest first`);
    Object.assign(this, { root, kind, form: find("form", root), body: find("tbody", root) });
    Object.assign(this, { chosen: "", rows: [], pages: [], asked: 0, answered: 0 });
    this.tell = soon(() => this.load());
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => this.tell((this.pages = []));
    this.body.onkeydown = (event) => this.move(event);
    this.body.addEventListener("focusin", (event) => this.rove(event.target));
    find(".older", root).onclick = () => this.turn([...this.pages, kind.number(this.rows.at(-1))]);
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
    const [asked, { path }] = [++this.asked, this.kind];
    const filter = Object.fromEntries(new FormData(this.form));
    const page = await get(path, { ...filter, before: this.pages.at(-1) });
    if (asked < this.answered) return;
    Object.assign(this, { answered: asked, rows: page[path], more: page.next });
    this.filtered = Object.values(filter).some(Boolean);
    this.show();
  }

  show() {
    const { root, rows, pages, kind, filtered } = this;
    sync(this.body, rows, (item) => this.row(item), (row, item) => fill([...row.children], kind.told(item)));
    find(".empty", root).hidden = rows[0];
    root.classList.toggle("filtered", filtered);
    write(find(".empty", root), filtered ? "Nothing matches." : "Nothing yet.");
    find(".older", root).hidden = !this.more;
    find(".newest", root).hidden = !pages.length;
    write(find(".page", root), pages.length ? `Page ${pages.length + 1}` : "");
    this.choose(this.chosen);
  }

  row({ id, fault }) {
    const link = h("a", { href: `#/${this.kind.path}/${id}`, dir: "auto" });
    const what = h("th.what", { scope: "row" }, link, fault && mark("struck", fault));
    return h("tr", h("td.state"), h("td.api"), h("td.model"), what, h("td.age"));
  }

  /** Mark the row whose detail is shown. */
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
