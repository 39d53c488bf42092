"""Tests of the command line: options, output, signals."""

import errno
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias
from unittest.mock import Mock

import httpx
import pytest

from contract_tests.emulator.connections import CERTIFICATE, PRIVATE_KEY, open_unfinished_requests
from contract_tests.emulator.kit import APIS, Kie, Native, Relay
from klingkit.emulator import Emulator
from klingkit.emulator import __main__ as command_line
from klingkit.emulator._cli import main
from klingkit.emulator.profiles import PROFILES

WEBHOOK_SECRET = "whsec_c2VjcmV0"
RunCommand: TypeAlias = Callable[..., tuple[dict[str, str], str, str]]
"""Options -> what is exported, written to the standard output, and to the standard error."""


@pytest.fixture
def _signals() -> Generator[None]:
    """Handle signals as in a foreground process, also in child processes; restore the handlers afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


VARIABLES = [profile.variable for profile in PROFILES.values()]


def exported_variables(lines: Sequence[str]) -> dict[str, str]:
    pairs = [shlex.split(line)[1] for line in lines if line.startswith("export ")]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.fixture
def run(_signals: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs the command in this process, calls `while_running`, and then interrupts it."""

    def run(
        *arguments: str, while_running: Callable[[dict[str, str]], object] | None = None
    ) -> tuple[dict[str, str], str, str]:
        out = err = ""

        def interrupt(_: float) -> None:
            nonlocal out, err
            out, err = capsys.readouterr()
            if while_running:
                while_running(exported_variables(out.splitlines()))
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(time, "sleep", interrupt)
            main(["--port", "0", *arguments])
        return exported_variables(out.splitlines()), out, err + capsys.readouterr().err

    return run


def test_it_prints_its_urls_and_serves_until_interrupted(run: RunCommand) -> None:
    exports, out, err = run()
    names = [f"{api}_{what}" for api in VARIABLES for what in ("BASE_URL", "API_KEY")]
    assert list(exports) == names
    (url,) = {value for name, value in exports.items() if name.endswith("URL")}
    assert url.startswith("http://127.0.0.1:")
    assert f"{url}/ " in out.splitlines()[0]  # the page
    assert err == ""


def test_keys_are_exported(run: RunCommand) -> None:
    def while_running(exports: dict[str, str]) -> None:
        def status(key: str) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            return httpx.get(exports["KIE_BASE_URL"] + Kie.query_path, headers=headers, trust_env=False).status_code

        assert [status(key) for key in ("one", "two's", "three")] == [422, 422, 401]

    exports, *_ = run("--key", "two's", "--key", "one", while_running=while_running)
    assert {value for name, value in exports.items() if name.endswith("KEY")} == {"two's"}


def test_access_keys_are_exported_for_the_native_api(run: RunCommand) -> None:
    """Only clients of the native API sign with access keys; the others send a plain key."""

    def while_running(exports: dict[str, str]) -> None:
        for api_class, name in ((Kie, "KIE"), (Relay, "KLING_RELAY")):
            headers = {"Authorization": f"Bearer {exports[f'{name}_API_KEY']}"}
            url = exports[f"{name}_BASE_URL"] + api_class.create_path
            httpx.post(url, headers=headers, json=api_class.body(), trust_env=False).raise_for_status()
        url = exports["KLING_BASE_URL"] + Native.create_path
        assert httpx.post(url, headers={"Authorization": "Bearer x"}, trust_env=False).status_code == 401

    exports, *_ = run("--dialect", "official", "--access-key", "AK:a secret", while_running=while_running)
    assert (exports["KLING_ACCESS_KEY"], exports["KLING_SECRET_KEY"]) == ("AK", "a secret")
    assert "KLING_API_KEY" not in exports


def test_options_reach_the_emulator(run: RunCommand, tmp_path: Path) -> None:
    responses: list[dict[str, object]] = []
    statuses: list[int] = []
    kept_tasks: list[object] = []

    def while_running(exports: dict[str, str]) -> None:
        with httpx.Client(base_url=exports["KIE_BASE_URL"], trust_env=False) as http:
            responses.append(http.get("/_emulator/state", headers={"Host": "cats.example"}).json())
            responses.append(http.get("/_emulator/faults").json())
            headers = {"Authorization": "Bearer k"}
            for api_class in (Kie, Kie, Relay, Relay):
                response = http.post(api_class.create_path, json=api_class.body(), headers=headers)
                statuses.append(response.status_code)
            kept_tasks.extend(http.get("/_emulator/tasks").json()["tasks"])
            shared = http.get(Kie.query_path, headers={"Origin": "http://shop.example:3000"})
            assert shared.headers["Access-Control-Allow-Origin"] == "http://shop.example:3000"

    fault = {"kind": "slow", "seconds": 1.5}
    options = ["--by-hand", "--slots", "1", "--sign", "kie=a=b", "--sign", f"native={WEBHOOK_SECRET}"]
    options += ["--fault", json.dumps(fault), "--fault", "expire", "--allow-host", "cats.example"]
    options += ["--allow-callback", "192.0.2.0/24", "--database", str(tmp_path / "tasks.db"), "--seed", "7"]
    options += ["--kept", "1", "--cors", "http://shop.example:3000"]
    run(*options, while_running=while_running)
    state, faults = responses
    assert (state["finish"], state["signing"]) == ("AfterSeconds(seconds=inf)", ["kie", "native"])
    assert [(one["kind"], one.get("seconds")) for one in faults["faults"]] == [("slow", 1.5), ("expire", None)]  # type: ignore[attr-defined]  # any JSON
    assert statuses == [200, 429, 200, 429]
    assert len(kept_tasks) == 1
    assert (tmp_path / "tasks.db").exists()


def test_https_and_a_public_url_are_printed(run: RunCommand) -> None:
    url = "https://kling.test:8443"

    def while_running(exports: dict[str, str]) -> None:
        assert {value for name, value in exports.items() if name.endswith("URL")} == {url}

    options = ["--tls-cert", str(CERTIFICATE), "--tls-key", str(PRIVATE_KEY), "--public-url", f"{url}/"]
    _, out, err = run(*options, while_running=while_running)
    first, second = out.splitlines()[:2]
    assert "page: https://127.0.0.1:" in first
    assert url in second
    assert err == ""


def test_at_another_address_than_loopback_it_warns(run: RunCommand) -> None:
    *_, err = run("--host", "0.0.0.0")  # noqa: S104 - on purpose
    assert "Everybody who can reach 0.0.0.0 can use this emulator" in err
    assert "--allow-host" in err
    *_, err = run("--host", "::" if socket.has_dualstack_ipv6() else "0.0.0.0", "--allow-host", "cats.example")  # noqa: S104 - the test is about this warning
    assert "Everybody" in err
    assert "--allow-host" not in err
    assert run("--host", "127.0.0.2")[2] == ""


@pytest.mark.usefixtures("_signals")
def test_an_address_that_cannot_be_used_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the option to change."""

    def error_of(*arguments: str) -> str:
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        out, err = capsys.readouterr()
        assert (exit_.value.code, out, err.count("\n")) == (2, "", 1)
        return err

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        taken = f"can't listen: --port {port} is taken at 127.0.0.1; 0 takes a free one\n"
        assert error_of("--port", str(port)) == taken
    assert error_of("--host", "192.0.2.1") == "can't listen: --host 192.0.2.1 is no address of this machine\n"
    for number, problem in (
        (errno.EACCES, "can't listen: --port 80 needs more rights; ports from 1024 on don't\n"),
        (errno.ENOBUFS, "can't listen: --host 127.0.0.1 --port 80: No buffer space available\n"),
    ):
        error = OSError(number, os.strerror(number))
        with monkeypatch.context() as patch:
            patch.setattr(socket, "create_server", Mock(side_effect=error))
            assert error_of("--port", "80") == problem


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "example.com"],
        ["--port", "65536"],
        ["--port", "x"],
        ["--finish-after", "nan"],
        ["--finish-after", "soon"],
        ["--after-queries", "-1"],
        ["--after-queries", "1", "--finish-after", "1"],
        ["--by-hand", "--after-queries", "1"],
        ["--dialect", "klingon"],
        ["--access-key", "half"],
        ["--access-key", ":secret"],
        ["--key", ""],
        ["--key", "schlüssel"],
        ["--kept", "0"],
        ["--public-url", "https://kling.test?a=b"],
        ["--tls-cert", "/no/such/file"],
        ["--tls-cert", str(PRIVATE_KEY)],
        ["--slots", "0"],
        ["--rate", "0"],
        ["--sign", "kie"],
        ["--sign", "veo=key"],
        ["--sign", "native=key"],
        ["--fault", '{"kind": "drop", "time": 1}'],
        ["--fault", "earthquake"],
        ["--allow-callback", "10.0.0.1/8"],
        ["--allow-host", "http://my.box"],
        ["--cors", "my.box"],
        ["--database", "/"],
    ],
    ids=" ".join,
)
def test_an_invalid_option_is_reported_with_its_value(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    err = capsys.readouterr().err
    assert arguments[-2].removeprefix("--") in err
    assert arguments[-1] in err or arguments[-1] == "1"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--access-key", "a:b", "--access-key", "a:c"], "--access-key: 'a' is given twice"),
        (["--sign", "kie=a", "--sign", "kie=b"], "--sign: 'kie' is given twice"),
        (["--tls-key", str(PRIVATE_KEY)], "--tls-key: goes with --tls-cert"),
        (["--tls-cert", str(CERTIFICATE)], "--tls-key: '.*crt': must be a PEM file with a PRIVATE KEY"),
    ],
)
def test_conflicting_options_are_rejected(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert re.search(f"error: argument .*{problem}\n", capsys.readouterr().err)


@contextmanager
def command(*arguments: str) -> Generator[tuple[subprocess.Popen[str], dict[str, str]]]:
    line = [sys.executable, "-X", "dev", "-m", "klingkit.emulator", "--port", "0", *arguments]
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process, exported_variables([process.stdout.readline() for _ in range(1 + 2 * len(VARIABLES))])
        finally:
            process.kill()


def test_it_ends_even_if_closing_hangs(run: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    close = Emulator.close

    def close_late(emulator: Emulator) -> None:
        released.wait(10)
        close(emulator)

    monkeypatch.setattr(Emulator, "close", close_late)
    start = time.monotonic()
    run()
    assert time.monotonic() - start < 10
    released.set()


def test_an_error_of_closing_is_raised(run: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    close = Emulator.close

    def fail(emulator: Emulator) -> None:
        close(emulator)
        raise OSError("the disk is full")

    monkeypatch.setattr(Emulator, "close", fail)
    with pytest.raises(OSError, match="the disk is full"):
        run()


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends_cleanly_and_soon(ending: signal.Signals) -> None:
    """It ends soon even with open event streams and stalled requests."""
    with ExitStack() as stack:
        process, variables = stack.enter_context(command("--after-queries", "2"))
        for api_class, name in zip(APIS, VARIABLES, strict=True):
            headers = {"Authorization": f"Bearer {variables[f'{name}_API_KEY']}"}
            with httpx.Client(base_url=variables[f"{name}_BASE_URL"], headers=headers, trust_env=False) as http:
                task_id = api_class.id_in(http.post(api_class.create_path, json=api_class.body()))
                states = [api_class.data(http.get(api_class.path_of(task_id)))[api_class.state] for _ in range(2)]
            assert states == [api_class.vendor_states["running"], api_class.vendor_states["succeeded"]]
        for connection in open_unfinished_requests(variables["KIE_BASE_URL"]):
            stack.callback(connection.close)
        start = time.monotonic()
        process.send_signal(ending)
        assert process.communicate(timeout=10) == ("", "")
        assert time.monotonic() - start < 3  # includes the shutdown of an interpreter in development mode
        assert process.returncode == 0


# No other test listens on this address, so a free port stays free until it is used.
UNSHARED_HOST = "127.0.0.77"
COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "klingkit.emulator"]


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", ">&- 2>&-", "2>/dev/full", "| true"])
def test_it_serves_if_its_output_is_closed(redirection: str) -> None:
    with socket.create_server((UNSHARED_HOST, 0)) as listener:
        port = listener.getsockname()[1]
    reader, writer = os.pipe()
    os.close(reader)
    command = f'exec "$0" "$@" {redirection}' if redirection != "| true" else 'exec "$0" "$@"'
    line = ["sh", "-c", command, *COMMAND, "--port", str(port), "--host", UNSHARED_HOST]
    with subprocess.Popen(line, stdout=writer, stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        try:
            wait_until_served(port)
            process.terminate()
            assert process.communicate(timeout=10)[1] == ""
            assert process.returncode == 0
        finally:
            process.kill()


def wait_until_served(port: int) -> None:
    """Return once the port is served."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection((UNSHARED_HOST, port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            httpx.get(f"http://{UNSHARED_HOST}:{port}/_emulator/state", trust_env=False).raise_for_status()
            return
    pytest.fail("it is not served")


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_while_loading_ends_without_traceback(number: int, status: int, tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(30)\n", "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "loading\n"
            process.send_signal(number)
            assert process.communicate(timeout=10) == ("", "")
            assert process.returncode == status
        finally:
            process.kill()


@pytest.mark.usefixtures("_signals")
def test_ignored_signals_stay_ignored(tmp_path: Path) -> None:
    """A shell starts background commands with ignored interrupts."""
    program = "import signal\nsignal.raise_signal(signal.SIGINT)\nraise SystemExit('still here')\n"
    (tmp_path / "uvicorn.py").write_text(program, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    line = ["sh", "-c", 'trap \'\' INT; exec "$0" "$@"', *COMMAND]
    result = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert (result.returncode, result.stderr) == (1, "still here\n")


def test_an_early_interrupt_exits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    command_line.leave(signal.SIGINT, None)
    assert statuses == [130]


def test_without_its_extra_the_command_reports_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['starlette'] = None\n", "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert 'pip install "klingkit[emulator]"' in result.stderr
