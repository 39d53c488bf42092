"""Tests that each Python sample of the READMEs and docs/ runs unchanged, and that strict type checkers accept it.

Of `typing/requests.py`, they report the lines marked wrong, and no others.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import quickstart

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("README*.md"), *sorted((ROOT / "docs").glob("*.md"))]


def samples() -> dict[str, str]:
    """Return the samples by page and number; the quickstart and Kling 3.0 have separate tests."""
    blocks = {page.stem: re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL) for page in PAGES}
    del blocks[quickstart.PAGE.stem], blocks["kling-3"]
    return {
        f"{page}-{number}": code
        for page, samples_of_page in blocks.items()
        for number, code in enumerate(samples_of_page, 1)
    }


SAMPLES = samples()
TESTS = {name: code for name, code in SAMPLES.items() if "\ndef test_" in code}
PROGRAMS = [name for name in SAMPLES if name not in TESTS and not name.startswith("README")]
"""The names of the samples that are programs; test_readme.py runs those of the READMEs."""


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_no_page_hides_its_samples_from_these_tests():
    """No block without the language `python` has Python code."""
    other_text = "\n".join(re.sub(r"```python\n.*?```", "", page.read_text("utf-8"), flags=re.DOTALL) for page in PAGES)
    assert re.findall(r"^(?:from \w+ import|import \w+|with \w+\(|async def|def ).*$", other_text, re.MULTILINE) == []
    assert len(SAMPLES) >= 15
    assert len(PROGRAMS) >= 10


def pytest_output(folder: Path) -> str:
    return run(
        "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:xdist", "--strict-markers", folder=folder
    ).stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_runs_unchanged(name: str, tmp_path: Path):
    process = run("-c", SAMPLES[name], folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout


def test_the_tests_on_the_testing_page_pass(tmp_path: Path):
    count = "".join(TESTS.values()).count("\ndef test_")
    assert count >= 5
    for number, code in enumerate(TESTS.values()):
        (tmp_path / f"test_{number}.py").write_text(code, "utf-8")
    assert f"{count} passed in " in pytest_output(tmp_path)


TYPED = ROOT / "contract_tests" / "typing" / "requests.py"
WRONG_LINES = {number for number, line in enumerate(TYPED.read_text().splitlines(), 1) if "# wrong" in line}


def mypy(folder: Path) -> set[tuple[str, int]]:
    """Return the files and lines with errors."""
    cache_option = f"--cache-dir={ROOT / '.cache' / 'mypy-samples'}"  # a cache of the packages that samples import
    process = run("-m", "mypy", "--strict", "--config-file=", cache_option, ".", folder=folder)
    found = re.findall(r"^(.*):(\d+): error: .*$", process.stdout, re.MULTILINE)
    return {(file, int(line)) for file, line in found}


def pyright(folder: Path) -> set[tuple[str, int]]:
    """Return the files and lines with errors."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    process = run("-m", "pyright", "--outputjson", "--pythonpath", sys.executable, folder=folder)
    report = json.loads(process.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(SAMPLES)
    found = report["generalDiagnostics"]
    return {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found}


def write_samples(folder: Path) -> None:
    for name, code in SAMPLES.items():
        (folder / f"{name.replace('-', '_').replace('.', '_')}.py").write_text(code, "utf-8")
    service = folder / "video_service"
    service.mkdir()
    (service / "__init__.py").touch()
    for _, name, code, _ in quickstart.PROGRAM.findall(quickstart.PAGE.read_text("utf-8")):
        (service / name).write_text(code, "utf-8")


@pytest.mark.parametrize("check", [mypy, pyright])
def test_a_strict_type_checker_accepts_every_sample(check: Callable[[Path], set[tuple[str, int]]], tmp_path: Path):
    write_samples(tmp_path)
    shutil.copy(TYPED, tmp_path)
    assert len(WRONG_LINES) >= 10
    assert check(tmp_path) == {(TYPED.name, line) for line in WRONG_LINES}


def test_the_service_of_the_quickstart_is_the_example():
    """test_examples.py runs the tests of the example."""
    text = quickstart.PAGE.read_text("utf-8")
    assert quickstart.page() == text, "run make docs"
    on_the_page = {name for _, name, _, _ in quickstart.PROGRAM.findall(text)}
    assert on_the_page | {"test_service.py"} == {path.name for path in (ROOT / "examples/video_service").glob("*.py")}
