/** The emulator's control API, and what it tells by itself. */

/** @returns {Promise<any>} JSON; a refusal is an Error that says what it said */
async function ask(method, path, { query = {}, body, signal } = {}) {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  const headers = method === "GET" ? {} : { "X-Klingkit-Emulator": "1", "Content-Type": "application/json" };
  const answer = await fetch(`/_emulator/${path}?${given}`, { method, headers, signal, body: JSON.stringify(body) });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ?? `The emulator answered HTTP ${answer.status}.`);
  return told;
}

export const get = (path, query, signal) => ask("GET", path, { query, signal });
export const post = (path, body = {}) => ask("POST", path, { body });
export const remove = (path) => ask("DELETE", path);

/** All there is at a path that tells a page at a time, newest first. */
export async function* walk(path, query, signal) {
  let before;
  do {
    const page = await get(path, { ...query, before }, signal);
    yield* page[path];
    before = page.next;
  } while (before);
}

/**
 * Hear events for as long as the page is open. `hello` comes first, also after a break: then all is loaded anew.
 * @param {Record<string, (data: any) => void>} handlers @param {(live: boolean) => void} tell whether it can be heard
 */
export function listen(handlers, tell) {
  const source = new EventSource("/_emulator/events");
  source.onopen = () => tell(true);
  for (const [name, handle] of Object.entries(handlers)) source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  source.onerror = () => {
    source.close();
    tell(false);
    setTimeout(() => listen(handlers, tell), 1000);
  };
}
