"""Tests of the inspector page: its files and their headers."""

from pathlib import Path

import pytest

import klingkit.emulator
from contract_tests.emulator.control_client import error_of, send_request
from klingkit.emulator import Emulator
from klingkit.emulator.inspector._page import KINDS


def test_all_files_are_served_and_load_nothing_from_other_sites() -> None:
    folder = Path(klingkit.emulator.__file__).parent / "inspector" / "page"
    parts = [f"/_emulator/page/{file.name}" for file in folder.iterdir() if file.is_file()]
    assert len(parts) > 2
    for path in ("/", *parts):
        response = send_request(Emulator(), "GET", path)
        assert response.status_code == 200, path
        suffix = path.rpartition(".")[2] if path != "/" else "html"
        assert response.headers["Content-Type"] == f"{KINDS[suffix]}; charset=utf-8"
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= {*policy}
        values = [response.headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")]
        assert values == ["nosniff", "no-referrer", "no-cache"]


def test_the_page_is_small() -> None:
    folder = Path(klingkit.emulator.__file__).parent / "inspector" / "page"
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) <= 45 * 1024


@pytest.mark.parametrize("name", ["nothing.js", "..__init__.py", "app.exe", "%00.js", "APP.JS"])
def test_there_are_no_other_files(name: str) -> None:
    assert "the page has no file" in error_of(Emulator(), "GET", f"page/{name}", 404)
