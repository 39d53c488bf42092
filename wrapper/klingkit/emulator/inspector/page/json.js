/** Bodies as people read them. */

import { h } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const MOST = 50_000; // characters that are set out

/** A body, set out if it is JSON. White space alone changes: numbers, escapes and doubled names stay as sent. */
export function body(text, name) {
  if (!text) return h("p.muted", "no body");
  const pre = h("pre", { role: "group", "aria-label": name }, ...(isJson(text) ? setOut(text.match(TOKEN)) : [text]));
  new ResizeObserver(() => (pre.tabIndex = pre.scrollHeight > pre.clientHeight ? 0 : -1)).observe(pre);
  return pre;
}

function isJson(text) {
  try {
    return text.length <= MOST && JSON.parse(text) instanceof Object;
  } catch {}
}

function setOut(tokens) {
  let depth = 0;
  return tokens.flatMap((token, index) => {
    const next = tokens[index + 1];
    const [opens, ends] = [/^[{[]$/.test(token), /^[}\]]$/.test(next)];
    depth += opens - ends;
    if (token === ":") return ": ";
    const breaks = opens !== ends || token === ",";
    // Isolated, no turn of direction in a text moves its quotes.
    const told = token[0] === '"' ? ['"', h("bdi", token.slice(1, -1)), '"'] : [token];
    return [...told, breaks && `\n${"  ".repeat(depth)}`];
  });
}
