/** The emulator's control API, and what it tells by itself. */

const PATIENCE = 10_000; // milliseconds that an answer may take
const SILENCE = 25_000; // milliseconds in which two pings were missed

/** JSON; a refusal is an Error with its `status`. */
async function ask(method, path, body) {
  const headers = method === "GET" ? {} : { "X-Klingkit-Emulator": "1" };
  const options = { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(`/_emulator/${path}`, options).catch(explain);
  const told = await answer.json().catch((error) => (error instanceof SyntaxError ? {} : explain(error)));
  if (answer.ok) return told;
  throw Object.assign(new Error(told.error ?? `The emulator answered HTTP ${answer.status}.`), { status: answer.status });
}

function explain({ name }) {
  throw new Error(name === "TimeoutError" ? "The emulator has not answered for 10 s." : "The emulator can't be reached.");
}

export const get = (path, query = {}) =>
  ask("GET", `${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`);
export const post = (path, body) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

/**
 * Hear events while the page is seen: a browser opens six connections to a host, for all its tabs. `hello` comes first,
 * and when something was missed. `tell` is told whether anything can be heard.
 */
export function listen(handlers, tell) {
  let source, watch;
  const retry = (wait) => {
    clearTimeout(watch);
    watch = setTimeout(() => open(tell(false)), wait);
  };
  function open() {
    source?.close();
    clearTimeout(watch);
    if (document.hidden) return;
    source = new EventSource("/_emulator/events");
    retry(SILENCE);
    source.onopen = () => tell(true);
    source.onerror = () => {
      tell(false);
      if (source.readyState === EventSource.CLOSED) retry(3000); // else the browser goes on from where it was
    };
    for (const [name, handle] of Object.entries({ ping() {}, ...handlers })) {
      source.addEventListener(name, ({ data }) => {
        retry(SILENCE);
        handle(JSON.parse(data));
      });
    }
  }
  document.addEventListener("visibilitychange", open);
  open();
}
