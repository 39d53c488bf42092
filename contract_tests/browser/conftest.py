"""A browser, and the inspector page in it."""

import math
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

from klingkit.emulator import AfterSeconds, Emulator

MISSING = "chromium is not installed: the inspector page was not tested in a browser"
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PATIENCE = 30_000  # milliseconds: a busy machine is slow, and what is met ends at once
expect.set_options(timeout=PATIENCE)
MODEL = "kling/v2-5-turbo-text-to-video-pro"


@dataclass
class Inspector:
    """The page, its emulator, and the problems in the browser."""

    emulator: Emulator
    url: str
    page: Page
    service: httpx.Client
    expected_errors: list[str] = field(default_factory=list)  # prefixes of console messages that a test provokes
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)  # URLs

    def watch(self) -> None:
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"raised: {error}"))
        self.page.on("request", lambda request: self.look(request.url))

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    def look(self, url: str) -> None:
        self.requested.append(url)
        if not url.startswith((self.url, "data:")):
            self.problems.append(f"requested from elsewhere: {url}")

    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not problem.startswith(tuple(self.expected_errors))]

    def open(self, fragment: str = "") -> None:
        self.page.goto(f"{self.url}/{fragment}")

    def create(self, prompt: str = "A cat in the rain", **more: Any) -> str:
        """Create a task as a service would; return its id."""
        response = self.submit(prompt, **more).json()
        return str(response["data"]["taskId"])

    def submit(self, prompt: str = "A cat in the rain", **more: Any) -> httpx.Response:
        body = {"model": MODEL, "input": {"prompt": prompt}, **more}
        return self.send("POST", "/api/v1/jobs/createTask", json=body)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.service.request(method, f"{self.url}{path}", **more)

    def query(self, task_id: str) -> dict[str, Any]:
        """The record that the service gets."""
        data: dict[str, Any] = self.send("GET", f"/api/v1/jobs/recordInfo?taskId={task_id}").json()["data"]
        return data

    def hold(self, path: re.Pattern[str], times: int | None = None) -> list[Route]:
        """Hold the requests of the page from now on."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        self.page.route(path, hold, times=times)
        return held

    def choose(self, prompt: str) -> Locator:
        """Select a task; return its detail."""
        self.page.get_by_role("link", name=prompt).click()
        detail = self.page.get_by_role("article", name="Selected task")
        expect(detail.get_by_role("heading", level=2)).to_have_text(prompt)
        return detail

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("table", name="newest first").locator("tbody tr")

    @property
    def filters(self) -> Locator:
        return self.page.get_by_role("search")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def body(self, of: str) -> Locator:
        return self.page.get_by_role("group", name=f"Body of the {of}", exact=True)

    def region(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, which plays H.264; one for each module, because its event loop would disturb others."""
    chromium = shutil.which("chromium")
    if chromium is None:
        (pytest.fail if "chromium" in os.environ.get("KLINGKIT_NO_SKIPS", "") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def inspect(browser: Browser) -> Iterator[Callable[..., Inspector]]:
    """Open a page on an emulator whose tasks end by hand; at the end there are no problems in the browser."""
    opened: list[Inspector] = []
    with ExitStack() as stack:

        def inspect(emulator: Emulator | None = None, port: int = 0, **context: Any) -> Inspector:
            emulator = emulator or Emulator(finish=AfterSeconds(math.inf))
            url = stack.enter_context(emulator.serve(port=port))
            page = stack.enter_context(window(browser, **context)).new_page()
            inspector = Inspector(emulator, url, page, stack.enter_context(service()))
            inspector.watch()
            opened.append(inspector)
            return inspector

        yield inspect
    assert [inspector.unexpected() for inspector in opened] == [[] for _ in opened]


def service() -> httpx.Client:
    """The HTTP client of a service."""
    return httpx.Client(headers={"Authorization": "Bearer key-of-a-service"}, trust_env=False, verify=False)  # noqa: S501 - no TLS here; certificates would cost 20 ms a test


def window(browser: Browser, **more: Any) -> BrowserContext:
    options: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}, "locale": "en-GB", **more}
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def inspector(inspect: Callable[..., Inspector]) -> Inspector:
    """The page on an emulator whose tasks end by hand, opened."""
    inspector = inspect()
    inspector.open()
    return inspector
