/** The emulator's clock, and formats of times; all are Unix seconds. */

import { h, write } from "./dom.js";

const UNITS = Object.entries({ d: 86400, h: 3600, min: 60, s: 1 });
let clock = { now: 0, read: 0, virtual: true };

export function setClock(state) {
  clock = { ...clock, ...state, read: performance.now() };
  for (const node of document.querySelectorAll("time")) write(node, precise(node.dateTime));
}

/** A virtual clock stands still. */
export const now = () => clock.now + (clock.virtual ? 0 : (performance.now() - clock.read) / 1000);

export function age(at) {
  const seconds = Math.max(0, now() - at);
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** The time of day, here; with the date, if that is another than the day of `today`. */
export function timeOfDay(at, today = Date.now() / 1000) {
  const [date, other] = [at, today].map((seconds) => new Date(seconds * 1000));
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return `${date.toDateString() === other.toDateString() ? "" : `${day}, `}${date.toLocaleTimeString("en-GB")}`;
}

const precise = (iso) => timeOfDay(Date.parse(iso) / 1000, now()) + iso.slice(19, 23);

export function moment(at) {
  const iso = new Date(at * 1000).toISOString();
  return h("time", { datetime: iso, title: iso }, precise(iso));
}

/** A duration. */
export const span = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${+seconds.toFixed(1)} s`);
