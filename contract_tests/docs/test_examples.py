"""Tests that the programs under examples/ run unchanged."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, RELAY
from contract_tests.support.kie import API_KEY
from contract_tests.support.signatures import KIE_KEY, WEBHOOK_KEY, kie_signature_headers, webhook_signature_headers

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def load_example(name: str, monkeypatch, **environment: str) -> ModuleType:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.anyio
@respx.mock
async def test_fastapi_downloads_the_video_of_a_callback(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    example = load_example(
        "callbacks_fastapi", monkeypatch, KIE_API_KEY=API_KEY, KIE_BASE_URL="http://kie.test", KIE_WEBHOOK_KEY=KIE_KEY
    )
    respx.get(KIE.query).mock(side_effect=lambda _: KIE.finished("http://media.test/cat.bin"))
    respx.get("http://media.test/cat.bin").respond(200, content=b"video")
    transport = httpx.ASGITransport(example.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
        reply = await http.post("/kling", content=KIE.finished().content, headers=kie_signature_headers(KIE.ref.id))
        assert (reply.status_code, reply.text) == (200, "handled")
        assert (await http.post("/kling/", content=KIE.finished().content)).status_code == 400
    assert (tmp_path / f"{KIE.ref.id}.mp4").read_bytes() == b"video"
    await example.client.close()


@respx.mock
def test_flask_finds_the_order_by_the_path_of_the_callback(monkeypatch):
    environment = {
        "KLING_RELAY_API_KEY": API_KEY,
        "KLING_RELAY_BASE_URL": "http://relay.test",
        "CALLBACK_SECRET": "secret-of-nobody",
    }
    example = load_example("callbacks_flask", monkeypatch, **environment)
    submission_route = respx.post(RELAY.create).mock(side_effect=[RELAY.created()])
    respx.get(RELAY.query).mock(side_effect=lambda _: RELAY.finished())
    example.order("order-7", "a cat")
    url = urlsplit(json.loads(submission_route.calls.last.request.content)["callback_url"])
    service = example.app.test_client()
    assert service.post(url.path, data=RELAY.finished().content).status_code == 200
    assert service.post(f"{url.path}/", data=RELAY.finished().content).status_code == 200
    assert service.post(url.path + "0", data=RELAY.finished().content).status_code == 400
    assert example.finished == {"order-7": "http://media.test/cat.mp4"}
    example.client.close()


@respx.mock
def test_django_accepts_either_signing_key(monkeypatch):
    import django  # noqa: PLC0415 - configured only for this test
    from django.conf import settings  # noqa: PLC0415 - Django is set up first

    new_key = "whsec_bmV3ZXItb2Ytbm9ib2R5"
    environment = {
        "KLING_API_KEY": API_KEY,
        "KLING_BASE_URL": "http://native.test",
        "WEBHOOK_KEY": new_key,
        "WEBHOOK_KEY_BEFORE": WEBHOOK_KEY,
    }
    example = load_example("callbacks_django", monkeypatch, **environment)
    settings.configure(ROOT_URLCONF="callbacks_django", ALLOWED_HOSTS=["testserver"])
    django.setup()
    from django.test import Client as Browser  # noqa: PLC0415 - Django is set up first

    respx.get(NATIVE.query).mock(side_effect=[NATIVE.running(), NATIVE.finished()])
    for body, headers in (
        (NATIVE.running().content, webhook_signature_headers(NATIVE.running().content, "m1", new_key)),
        (NATIVE.finished().content, webhook_signature_headers(NATIVE.finished().content, "m2")),
    ):
        reply = Browser(headers=headers).post("/kling", body, content_type="application/json")
        assert (reply.status_code, reply.content) == (200, b"handled")
    assert [Browser().get(path).status_code for path in ("/kling", "/kling/", "/kling/x")] == [405, 405, 404]
    assert example.changes == [f"{NATIVE.ref} running", f"{NATIVE.ref} succeeded"]
    example.client.close()


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_the_video_service_passes_its_own_tests():
    process = run_python("-m", "pytest", "examples/video_service", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert process.returncode == 0, process.stdout + process.stderr
    assert re.search(r"^\d+ passed in ", process.stdout, re.MULTILINE), process.stdout  # none was skipped


def test_the_video_service_starts_with_its_environment(tmp_path: Path):
    environment = {
        "KIE_API_KEY": "key-of-nobody",
        "KIE_WEBHOOK_KEY": "k",
        "PUBLIC_URL": "https://studio.example",
        "CALLBACK_SECRET": "secret-of-nobody",
        "VIDEO_FOLDER": str(tmp_path),
    }
    program = "from examples.video_service.main import app; print(*sorted(app.openapi()['paths']))"
    process = run_python("-c", program, **environment)
    assert process.stdout == "/videos /videos/{video_id} /videos/{video_id}/file\n", process.stderr
