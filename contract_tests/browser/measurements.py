"""Measurements of the page by scripts that run in it, and screenshots."""

from pathlib import Path

from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parents[2] / ".cache" / "inspector"

CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3)
    .map((value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const hasText = (node) =>
    node.checkVisibility() && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  return [...document.querySelectorAll("body *")].filter(hasText).flatMap((node) => {
    const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const name = `${node.tagName}.${node.className} ${node.textContent.slice(0, 30)}`;
    return ratio < 4.5 ? [`${name}: ${ratio.toFixed(2)}`] : [];
  });
}"""
"""Texts whose contrast to their background is less than 4.5:1 (WCAG 2.2, AA)."""

SMALL_CONTROLS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node, (node.closest("label") ?? node).getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([node, box]) => `${node.outerHTML.slice(0, 80)}: ${box.width} x ${box.height}`)"""
"""Controls that are smaller than 24 by 24 pixels (WCAG 2.2, AA)."""

OVERLAPS = """() => {
  const seen = (node, box) => {
    let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
    for (; node; node = node.parentElement) {
      if (getComputedStyle(node).overflow === "visible") continue;
      const room = node.getBoundingClientRect();
      [left, top] = [Math.max(left, room.left), Math.max(top, room.top)];
      [right, bottom] = [Math.min(right, room.right), Math.min(bottom, room.bottom)];
    }
    return { left, top, right, bottom };
  };
  const speaks = (node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  const hasText = (node) => node.checkVisibility() && !node.closest(".unseen, thead, #toast") &&
    (node.matches("button, input, select") || speaks(node));
  const boxes = [...document.querySelectorAll("body *")].filter(hasText).flatMap((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = node.matches("button, input, select") ? node.getClientRects() : range.getClientRects();
    return [...rects].map((rect) => [node, seen(node, rect)]);
  });
  const both = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  return boxes.flatMap(([one, box], index) => boxes.slice(index + 1)
    .filter(([other, room]) => !one.contains(other) && !other.contains(one) && both(box, room))
    .map(([other]) => `${one.textContent.slice(0, 30)} | ${other.textContent.slice(0, 30)}`));
}"""
"""Texts and controls that overlap."""

CLIPPED_PANES = """() => [...document.querySelectorAll(".pane")]
  .filter((pane) => pane.checkVisibility())
  .filter((pane) => pane.scrollHeight > pane.clientHeight + 1 || pane.scrollWidth > pane.clientWidth + 1)
  .map((pane) => `${pane.innerText.slice(0, 20)}: ${pane.scrollWidth} x ${pane.scrollHeight}`)"""
"""Panes whose content is clipped."""

HEADING_LEVELS = """() => [...document.querySelectorAll("h1, h2, h3, h4")]
  .filter((heading) => heading.checkVisibility())
  .map((heading) => Number(heading.tagName[1]))"""
"""The levels of the headings, in their order."""

PAGE_WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"
"""The width of the page's content, and of the window."""

SET_VISIBILITY = """(visible) => {
  Object.defineProperty(document, "hidden", { configurable: true, value: !visible });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Make the browser tab visible or hidden, as far as the page's scripts can tell."""


def save_screenshot(page: Page, name: str) -> None:
    """Save a screenshot."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
