"""The pages under docs/: their programs run as they stand, and all names in them exist."""

import importlib
import logging
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import klingkit
import klingkit.pytest_plugin as plugin
from contract_tests.values.test_init import PUBLIC

ROOT = Path(__file__).parents[2]
PAGES = [
    "waiting.md",
    "downloads.md",
    "advanced-options.md",
    "callbacks.md",
    "contract.md",
    "testing.md",
    "emulator.md",
]
LOG_EVENT = re.compile(r'log_event\(\s*(DEBUG|INFO|WARNING|ERROR),\s*"([a-z-]+)"')


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize("page", ["waiting.md", "downloads.md", "advanced-options.md", "contract.md", "emulator.md"])
def test_the_program_runs_as_it_stands(page: str, tmp_path: Path):
    (program,) = re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_class_and_method_on_a_page_exists(page: str):
    known = {name: module for module in map(importlib.import_module, PUBLIC) for name in module.__all__}
    words = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL))
    named = [match for word in words if (match := re.match(r"([A-Z][a-z]\w+)(?:\.(\w+))?(?:\(|$)", word))]
    for match in named:
        if match[1] not in {"Authorization", "TestClient"}:
            assert match[1] in known, match[1]
            assert not match[2] or hasattr(getattr(known[match[1]], match[1]), match[2]), match[0]
    methods = re.findall(r"client\.(\w+)", " ".join(words))
    assert all(hasattr(klingkit.Client, name) for name in methods)
    assert all(hasattr(httpx, name) for name in re.findall(r"httpx\.(\w+)", " ".join(words)))


def test_the_tests_on_the_testing_page_pass(tmp_path: Path):
    (program,) = re.findall(r"```python\n(.*?)```", text("testing.md"), re.DOTALL)
    (tmp_path / "test_page.py").write_text(program, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:xdist", "--strict-markers", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "\n2 passed in " in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_fixture_is_listed(name: str):
    assert f"| `{name}` |" in text("testing.md")


def test_every_event_of_the_log_is_listed_with_its_level():
    sources = [path.read_text("utf-8") for path in (ROOT / "wrapper").rglob("*.py")]
    logged = {(event, level.lower()) for source in sources for level, event in LOG_EVENT.findall(source)}
    listed = set(re.findall(r"^\| `([a-z-]+)` \| (debug|info|warning|error) \|", text("waiting.md"), re.MULTILINE))
    assert listed == logged
    assert all(hasattr(logging, level.upper()) for _, level in listed)


@pytest.mark.parametrize("page", PAGES)
def test_links_have_targets(page: str):
    assert all((ROOT / "docs" / link).is_file() for link in re.findall(r"\]\(([^)]+)\)", text(page)))
