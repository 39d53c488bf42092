/** Formatting of bodies. */

import { h } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const MAX_LENGTH = 50_000; // characters that are formatted

/** A body, formatted if it is JSON. Only white space changes: numbers, escapes and repeated names stay as sent. */
export function body(text, name) {
  if (!text) return h("p.muted", "no body");
  const pre = h("pre", { role: "group", "aria-label": name }, ...(isJson(text) ? formatted(text.match(TOKEN)) : [text]));
  new ResizeObserver(() => (pre.tabIndex = pre.scrollHeight > pre.clientHeight ? 0 : -1)).observe(pre);
  return pre;
}

function isJson(text) {
  try {
    return text.length <= MAX_LENGTH && JSON.parse(text) instanceof Object;
  } catch {}
}

function formatted(tokens) {
  let depth = 0;
  return tokens.flatMap((token, index) => {
    const next = tokens[index + 1];
    const [opens, ends] = [/^[{[]$/.test(token), /^[}\]]$/.test(next)];
    depth += opens - ends;
    if (token === ":") return ": ";
    const breaks = opens !== ends || token === ",";
    // Isolated, so that right-to-left text does not move its quotes.
    const parts = token[0] === '"' ? ['"', h("bdi", token.slice(1, -1)), '"'] : [token];
    return [...parts, breaks && `\n${"  ".repeat(depth)}`];
  });
}
