/** Bodies as people read them. */

import { h } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const MOST = 50_000; // characters that are set out

/** A body, set out if it is JSON. White space alone changes: numbers, escapes and doubled names stay as sent. */
export function body(text, name) {
  if (!text) return h("p.muted", "no body");
  return h("pre", { tabindex: 0, role: "region", "aria-label": name }, ...(isJson(text) ? setOut(text.match(TOKEN)) : [text]));
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
    return [tinted(token, next), breaks && `\n${"  ".repeat(depth)}`];
  });
}

function tinted(token, next) {
  if (/^[{}[\],]$/.test(token)) return token;
  if (token[0] !== '"') return h("span.literal", token);
  // Isolated, no turn of direction in a text moves the quotes.
  return h(next === ":" ? "span.name" : "span", '"', h("bdi", token.slice(1, -1)), '"');
}
