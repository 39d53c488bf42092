"""``python -m klingkit.contract``."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.contract.servers import as_json, serving
from klingkit.contract._cli import main
from klingkit.emulator import Emulator

KEY = "key-of-nobody"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", KEY)
    with Emulator(keys={KEY}).serve() as found:
        yield found


def test_the_key_is_in_the_environment(url, capsys):
    assert main(["--api", "kie", "--base-url", url]) == 0
    shown = capsys.readouterr().out
    assert shown.count("\npassed") == 4
    assert shown.endswith("5 passed, 0 failed, 0 could not be run; nothing was accepted\n")
    assert KEY not in shown


def test_as_json(url, capsys):
    assert main(["--api", "kie", "--base-url", url, "--json", "--key", "another"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert [check["outcome"] for check in report["checks"]] == ["passed", "passed", "unknown", "unknown", "unknown"]


def test_spending_is_announced(url, capsys):
    assert main(["--api", "kie", "--base-url", url, "--spend"]) == 0
    assert capsys.readouterr().err == (
        "--spend: 26 requests beyond a limit; a lenient service makes a paid task of each\n"
    )


def test_nothing_listens(monkeypatch, capsys):
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    assert main(["--api", "kie", "--base-url", "http://127.0.0.1:9"]) == 2
    assert "no answer (ConnectError" in capsys.readouterr().out


@pytest.mark.parametrize("timeout", ["0", "nan", "-1", "inf"])
def test_a_timeout_that_is_none(timeout, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--api", "kie", "--base-url", "http://127.0.0.1:9", f"--timeout={timeout}"])
    assert caught.value.code == 2
    assert "timeout: more than 0" in capsys.readouterr().err


def test_a_terminal_may_lack_characters(url, monkeypatch):
    """A server's Chinese, in a pipe that is ASCII."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    with serving(lambda _: as_json(422, {"code": 422, "msg": "没有该任务"})) as place:
        assert main(["--api", "kie", "--base-url", place.url]) == 1
    out.seek(0)
    assert r"422: \u6ca1\u6709\u8be5\u4efb\u52a1" in out.read()


def test_a_url_that_is_none(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--api", "kie", "--base-url", "kie.ai"])
    assert caught.value.code == 2
    assert "base_url: an absolute http or https URL" in capsys.readouterr().err


def test_the_module_is_a_program(url):
    command = [sys.executable, "-m", "klingkit.contract", "--api", "native", "--base-url", url, "--key", KEY]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_extra_it_says_what_to_install(tmp_path):
    program = "import sys; sys.modules['jsonschema_rs'] = None; import klingkit.contract"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("ImportError: checks by the specs need their extra: pip install klingkit[contract]\n")


@pytest.mark.parametrize(("said", "spends"), [("1", True), ("0", False), ("no", False), ("", False)])
def test_nothing_but_one_spends(said, spends):
    command = ["make", "--dry-run", "contract-live", "API=kie", "BASE_URL=http://127.0.0.1:9", f"SPEND={said}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("--spend" in done.stdout) is spends
