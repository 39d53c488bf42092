/** Nodes from text: whatever was sent to the emulator is shown, and never read as markup. */

/**
 * An element: its tag with classes, as "p.muted"; attributes, if any, of which a function listens to the event of that
 * name; its children, of which some may be false or null.
 */
export function h(tag, ...rest) {
  const [given, ...children] = rest[0]?.constructor === Object ? rest : [{}, ...rest];
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes[0]) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

/** @returns {any} */
export const find = (selector, root = document) => root.querySelector(selector);

/** A word with its symbol: never the colour alone. */
export const mark = (name, word = name) => h(`span.mark.${name}`, word);

/** A region with its heading. */
export const region = (title, level, ...children) => h("section", { "aria-label": title }, h(level, title), ...children);

/** Names and values, but for those that are empty. @param {[string, Node | string | null][]} rows */
export function facts(rows) {
  return h("dl", ...rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", name), h("dd", value)]));
}

/** Change a text only if it changed: what is told already is not announced again. */
export function write(node, text) {
  if (node.textContent !== `${text}`) node.textContent = text;
}

/** Make the children of `parent` those of `items`. What stays is not touched: it keeps its focus, and plays on. */
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
  for (const node of old.values()) node.remove();
  nodes.forEach((node, index) => parent.children[index] !== node && parent.insertBefore(node, parent.children[index]));
}

let fading;

/** Say how an action went; bad news stays. */
export function announce(text, bad = false) {
  const news = find("#news");
  clearTimeout(fading);
  news.textContent = text;
  news.className = bad ? "bad" : "";
  if (!bad) fading = setTimeout(() => news.replaceChildren(), 6000);
}

/** Do something; what goes wrong is told. */
export async function attempt(action, done) {
  try {
    await action();
    if (done) announce(done);
  } catch (error) {
    if (error.name !== "AbortError") announce(error.message, true);
  }
}

/** Show a dialog; its fields if it was agreed to, else null. @returns {Promise<FormData | null>} */
export function consult(dialog) {
  const form = find("form", dialog);
  form.reset();
  dialog.returnValue = "";
  find("[type=button]", dialog).onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue ? new FormData(form) : null);
  });
}
