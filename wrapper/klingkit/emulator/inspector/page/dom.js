/** Nodes from text: what was sent to the emulator is never read as markup. */

/** Make an element: "tag.class"; attributes and listeners, if any; children, of which some may be false or null. */
export function h(tag, ...rest) {
  const [attributes, ...children] = rest[0]?.constructor === Object ? rest : [{}, ...rest];
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes[0]) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

export const find = (selector, root = document) => root.querySelector(selector);

/** A word with a symbol, because colour alone is not accessible. */
export const mark = (name, word = name) => h(`span.mark.${name}`, word);

export const region = (title, level, ...children) => h("section", { "aria-label": title }, h(level, title), ...children);

export function facts(rows) {
  return h("dl", ...rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", name), h("dd", value)]));
}

export function titled(view, title, ...children) {
  return [h("a.back", { href: `#/${view}` }, `← All ${view}`), h("h2", { tabindex: -1, dir: "auto" }, title), ...children];
}

/** Set a text if it differs, so that screen readers don't announce it again. */
export function write(node, text) {
  if (node.textContent !== `${text}`) node.textContent = text;
}

/** Make the children those of `items`. Existing nodes stay, with focus and playback; a removed node passes its focus on. */
export function sync(parent, items, make, update = () => {}, key = (item) => item.id) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const name = String(key(item));
    const node = old.get(name) ?? make(item);
    old.delete(name);
    node.dataset.key = name;
    update(node, item);
    return node;
  });
  const place = [...parent.children].findIndex((node) => node.contains(document.activeElement));
  for (const node of old.values()) node.remove();
  nodes.forEach((node, index) => parent.children[index] !== node && parent.insertBefore(node, parent.children[index]));
  if (place >= 0 && !parent.contains(document.activeElement)) focusOn(nodes[place] ?? nodes.at(-1) ?? parent);
}

/** Focus the first control in a node, or the heading of its pane. */
export function focusOn(node) {
  (find("a, button, summary", node) ?? find("h2", node.closest(".pane"))).focus();
}

/** Fetch and show. Late responses are dropped; `soon` joins calls into one; `now` drops what is under way. */
export function loader(fetch, show) {
  let [latest, shown, wait, again] = [0, 0];
  const load = async () => {
    const number = ++latest;
    const value = await fetch();
    if (number <= shown) return;
    shown = number;
    show(value);
  };
  const run = async () => {
    again = false;
    await attempt(load);
    wait = again && setTimeout(run, 60);
  };
  load.soon = () => {
    again = true;
    wait ||= setTimeout(run, 60);
  };
  load.now = () => load((shown = latest));
  return load;
}

let fading;

/** Show the result of an action; an error stays until it is closed. */
export function announce(text, bad = false) {
  clearTimeout(fading);
  find("#news").textContent = text;
  find("#toast").className = bad ? "bad" : "";
  if (!bad) fading = setTimeout(announce, 6000, "");
}

/** Close an error; return whether there was one. */
export function forget() {
  const bad = find("#toast.bad");
  if (bad) announce("");
  return bad;
}

/** Run an action; return whether it succeeded, and show its error. */
export async function attempt(action, done) {
  try {
    await action();
    if (done) announce(done);
    return true;
  } catch (error) {
    announce(error.message, true);
  }
}

/** Show a dialog; return its fields if it was confirmed. */
export function confirmed(dialog) {
  const form = find("form", dialog);
  form.reset();
  dialog.returnValue = "";
  find("[type=button]", dialog).onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue && new FormData(form));
  });
}
