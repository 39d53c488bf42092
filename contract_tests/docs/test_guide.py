"""Tests that all names on the pages under docs/ exist, and that all names that belong there are listed."""

import builtins
import importlib
import logging
import re
from pathlib import Path

import httpx
import pytest

import klingkit
import klingkit.pytest_plugin as plugin
from contract_tests.values.test_init import PUBLIC_MODULES

ROOT = Path(__file__).parents[2]
PAGES = [
    "waiting.md",
    "downloads.md",
    "batches.md",
    "uploads.md",
    "advanced-options.md",
    "callbacks.md",
    "cli.md",
    "contract.md",
    "testing.md",
    "emulator.md",
    "kling-3.md",
    "quickstart-fastapi.md",
    "handling-errors.md",
    "low-level.md",
]
LOG_EVENT = re.compile(r'log_event\(\s*(DEBUG|INFO|WARNING|ERROR),\s*"([a-z-]+)"')


def page_text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_class_and_method_on_a_page_exists(page: str):
    modules = map(importlib.import_module, ["klingkit_api.kie", "klingkit_api.errors", *PUBLIC_MODULES])
    module_by_name = {name: module for module in modules for name in module.__all__} | dict.fromkeys(
        dir(builtins), builtins
    )
    code_spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page_text(page), flags=re.DOTALL))
    class_mentions = [
        match for code_span in code_spans if (match := re.match(r"([A-Z][a-z]\w+)(?:\.(\w+))?(?:\(|$)", code_span))
    ]
    for match in class_mentions:
        if match[1] not in {"Authorization", "TestClient"}:
            assert match[1] in module_by_name, match[1]
            assert not match[2] or hasattr(getattr(module_by_name[match[1]], match[1]), match[2]), match[0]
    methods = re.findall(r"client\.(\w+)", " ".join(code_spans))
    assert all(hasattr(klingkit.Client, name) for name in methods)
    assert all(hasattr(httpx, name) for name in re.findall(r"httpx\.(\w+)", " ".join(code_spans)))


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_fixture_is_listed(name: str):
    assert f"| `{name}` |" in page_text("testing.md")


def test_every_log_event_is_listed_with_its_level():
    sources = [path.read_text("utf-8") for path in (ROOT / "wrapper").rglob("*.py")]
    logged = {(event, level.lower()) for source in sources for level, event in LOG_EVENT.findall(source)}
    listed = set(re.findall(r"^\| `([a-z-]+)` \| (debug|info|warning|error) \|", page_text("waiting.md"), re.MULTILINE))
    assert listed == logged
    assert all(hasattr(logging, level.upper()) for _, level in listed)


@pytest.mark.parametrize("page", PAGES)
def test_links_have_targets(page: str):
    for link in re.findall(r"\]\(([^)]+)\)", page_text(page)):
        file, _, anchor = link.partition("#")
        headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / file).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, link
