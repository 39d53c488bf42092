/** The emulator's control API, and its events. */

const TIMEOUT = 10_000; // milliseconds until a response
const SILENCE = 25_000; // milliseconds in which two pings were missed

/** Return the JSON of a response; throw an Error with its `status` if it is an error. */
async function request(method, path, body) {
  const headers = method === "GET" ? {} : { "X-Klingkit-Emulator": "1" };
  const options = { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT) };
  const response = await fetch(`/_emulator/${path}`, options).catch(explain);
  const value = await response.json().catch((error) => (error instanceof SyntaxError ? {} : explain(error)));
  if (response.ok) return value;
  const { status } = response;
  throw Object.assign(new Error(value.error ?? `The emulator responded with HTTP ${status}.`), { status });
}

function explain({ name }) {
  throw new Error(name === "TimeoutError" ? "The emulator has not responded for 10 s." : "The emulator can't be reached.");
}

export const get = (path, query = {}) =>
  request("GET", `${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`);
export const post = (path, body) => request("POST", path, body);
export const remove = (path) => request("DELETE", path);

/**
 * Receive events while the page is visible: a browser opens six connections to a host, for all its tabs. `hello` comes
 * first, and when events were missed. `onLive` is called with whether the connection is open.
 */
export function listen(handlers, onLive) {
  let source, watch;
  const retry = (wait) => {
    clearTimeout(watch);
    watch = setTimeout(() => open(onLive(false)), wait);
  };
  function open() {
    source?.close();
    clearTimeout(watch);
    if (document.hidden) return;
    source = new EventSource("/_emulator/events");
    retry(SILENCE);
    source.onopen = () => onLive(true);
    source.onerror = () => {
      onLive(false);
      if (source.readyState === EventSource.CLOSED) retry(3000); // else the browser reconnects, and continues from the last event
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
