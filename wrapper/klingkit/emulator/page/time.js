/** The emulator's clock, and times as people read them; all are Unix seconds. */

import { h } from "./dom.js";

const UNITS = Object.entries({ d: 86400, h: 3600, min: 60, s: 1 });
let clock = { now: 0, read: 0, virtual: true };

export function setClock(told) {
  clock = { ...clock, ...told, read: performance.now() };
}

/** A virtual clock stands still. */
export const now = () => clock.now + (clock.virtual ? 0 : (performance.now() - clock.read) / 1000);

export function age(at) {
  const seconds = Math.max(0, now() - at);
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** The time of day, here. */
export const timeOfDay = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");

export function moment(at) {
  const iso = new Date(at * 1000).toISOString();
  return h("time", { datetime: iso, title: iso }, timeOfDay(at) + iso.slice(19, 23));
}

/** How long something took. */
export const span = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${+seconds.toFixed(1)} s`);
