"""Tests of the command line ``python -m klingkit.contract``."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.contract.servers import json_response, serve_responses
from klingkit.contract._cli import main
from klingkit.contract._limits import limit_cases
from klingkit.emulator import Emulator

API_KEY = "key-of-nobody"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", API_KEY)
    with Emulator(keys={API_KEY}).serve() as emulator_url:
        yield emulator_url


def test_the_key_comes_from_the_environment(url, capsys):
    assert main(["--api", "kie", "--base-url", url]) == 0
    output = capsys.readouterr().out
    assert output.count("\npassed") == 4
    assert output.endswith("5 passed, 0 failed, 0 could not be run; nothing was accepted\n")
    assert API_KEY not in output


def test_the_report_as_json(url, capsys):
    assert main(["--api", "kie", "--base-url", url, "--json", "--key", "another"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert [check["outcome"] for check in report["checks"]] == ["passed", "passed", "unknown", "unknown", "unknown"]


def test_spending_is_announced(url, capsys):
    assert main(["--api", "kie", "--base-url", url, "--spend"]) == 0
    count = len(list(limit_cases("kie")))
    warning = f"--spend: {count} requests beyond a limit; a lenient service creates a paid task for each\n"
    assert capsys.readouterr().err == warning


def test_no_service_at_the_address(monkeypatch, capsys):
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    assert main(["--api", "kie", "--base-url", "http://127.0.0.1:9"]) == 2
    assert "no response (ConnectError" in capsys.readouterr().out


@pytest.mark.parametrize("timeout", ["0", "nan", "-1", "inf"])
def test_an_invalid_timeout(timeout, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--api", "kie", "--base-url", "http://127.0.0.1:9", f"--timeout={timeout}"])
    assert caught.value.code == 2
    assert "timeout: more than 0" in capsys.readouterr().err


def test_characters_that_the_terminal_lacks_are_escaped(url, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    with serve_responses(lambda _: json_response(422, {"code": 422, "msg": "没有该任务"})) as server:
        assert main(["--api", "kie", "--base-url", server.url]) == 1
    out.seek(0)
    assert r"422: \u6ca1\u6709\u8be5\u4efb\u52a1" in out.read()


def test_an_invalid_url(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--api", "kie", "--base-url", "kie.ai"])
    assert caught.value.code == 2
    assert "base_url: an absolute http or https URL" in capsys.readouterr().err


def test_the_module_runs_as_a_program(url):
    command = [sys.executable, "-m", "klingkit.contract", "--api", "native", "--base-url", url, "--key", API_KEY]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_without_the_extra_the_error_names_it(tmp_path):
    program = "import sys; sys.modules['jsonschema_rs'] = None; import klingkit.contract"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stderr.endswith('ImportError: klingkit.contract needs its extra: pip install "klingkit[contract]"\n')


def test_without_its_extra_the_command_reports_it_in_one_line(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['jsonschema_rs'] = None\n", "utf-8")
    command = [sys.executable, "-m", "klingkit.contract", "--help"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert 'pip install "klingkit[contract]"' in result.stderr


@pytest.mark.parametrize(("option", "spends"), [("1", True), ("0", False), ("no", False), ("", False)])
def test_make_spends_only_if_spend_is_1(option, spends):
    command = ["make", "--dry-run", "contract-live", "API=kie", "BASE_URL=http://127.0.0.1:9", f"SPEND={option}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("--spend" in result.stdout) is spends
