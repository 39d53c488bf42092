"""Fixtures: a browser, and the inspector page of an emulator opened in it."""

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

CHROMIUM_IS_MISSING = "chromium is not installed: the inspector page was not tested in a browser"
CHROMIUM_SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
TIMEOUT = 30_000  # milliseconds: generous for a busy machine; a check ends as soon as its condition is met
expect.set_options(timeout=TIMEOUT)
MODEL = "kling/v2-5-turbo-text-to-video-pro"


@dataclass
class Inspector:
    """The inspector page, its emulator, and the problems that the browser reports."""

    emulator: Emulator
    url: str
    page: Page
    service: httpx.Client  # sends requests as a service under test would
    expected_errors: list[str] = field(default_factory=list)  # prefixes of console messages that a test provokes
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)  # URLs

    def watch(self) -> None:
        self.page.on("console", self.record_message)
        self.page.on("pageerror", lambda error: self.problems.append(f"raised: {error}"))
        self.page.on("request", lambda request: self.record_request(request.url))

    def record_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    def record_request(self, url: str) -> None:
        self.requested.append(url)
        if not url.startswith((self.url, "data:")):
            self.problems.append(f"requested from elsewhere: {url}")

    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not problem.startswith(tuple(self.expected_errors))]

    def open(self, fragment: str = "") -> None:
        self.page.goto(f"{self.url}/{fragment}")

    def create(self, prompt: str = "A cat in the rain", **options: Any) -> str:
        """Create a task as a service would; return its id."""
        response = self.submit(prompt, **options).json()
        return str(response["data"]["taskId"])

    def submit(self, prompt: str = "A cat in the rain", **options: Any) -> httpx.Response:
        body = {"model": MODEL, "input": {"prompt": prompt}, **options}
        return self.request("POST", "/api/v1/jobs/createTask", json=body)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.service.request(method, f"{self.url}{path}", **options)

    def query(self, task_id: str) -> dict[str, Any]:
        """Return the task's record as a service receives it."""
        data: dict[str, Any] = self.request("GET", f"/api/v1/jobs/recordInfo?taskId={task_id}").json()["data"]
        return data

    def hold(self, path: re.Pattern[str], times: int | None = None) -> list[Route]:
        """Hold back the page's requests to this path from now on; return the list that receives their routes."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        self.page.route(path, hold, times=times)
        return held

    def choose(self, prompt: str) -> Locator:
        """Select a task in the list; return the element with its details."""
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
    """Start Debian's chromium, which plays H.264; one per module, because its event loop would disturb other tests."""
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")  # the first takes less time
    if chromium is None:
        (pytest.fail if "chromium" in os.environ.get("KLINGKIT_NO_SKIPS", "") else pytest.skip)(CHROMIUM_IS_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def open_inspector(browser: Browser) -> Iterator[Callable[..., Inspector]]:
    """Return a function that opens a page on an emulator, by default one whose tasks end by hand.

    After the test, the browser must have reported no unexpected problem.
    """
    opened: list[Inspector] = []
    with ExitStack() as stack:

        def open_inspector(emulator: Emulator | None = None, port: int = 0, **context: Any) -> Inspector:
            emulator = emulator or Emulator(finish=AfterSeconds(math.inf))
            url = stack.enter_context(emulator.serve(port=port))
            page = stack.enter_context(new_window(browser, **context)).new_page()
            inspector = Inspector(emulator, url, page, stack.enter_context(service_client()))
            inspector.watch()
            opened.append(inspector)
            return inspector

        yield open_inspector
    assert [inspector.unexpected() for inspector in opened] == [[] for _ in opened]


def service_client() -> httpx.Client:
    """Return the HTTP client of a service."""
    return httpx.Client(headers={"Authorization": "Bearer key-of-a-service"}, trust_env=False, verify=False)  # noqa: S501 - no TLS here; certificates would cost 20 ms a test


def new_window(browser: Browser, **options: Any) -> BrowserContext:
    defaults: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}, "locale": "en-GB"}
    context = browser.new_context(**defaults | options)
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture
def inspector(open_inspector: Callable[..., Inspector]) -> Inspector:
    """Open the page on an emulator whose tasks end by hand."""
    inspector = open_inspector()
    inspector.open()
    return inspector
