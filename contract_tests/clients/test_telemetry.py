"""Spans of OpenTelemetry, and headers of the user's own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contract_tests.support.apis import ApiCase
from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.kie import KEY
from klingkit import DownloadError, NetworkError, RateLimited, Video, _submit

pytestmark = pytest.mark.anyio
SECRET_URL = "http://media.test/cat.bin?signature=of-nobody"


@pytest.fixture
def spans(monkeypatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def span_data(spans: InMemorySpanExporter) -> list[tuple[str, dict[str, Any], str]]:
    return [
        (span.name, dict(span.attributes or {}), span.status.status_code.name) for span in spans.get_finished_spans()
    ]


@EACH_CLIENT
@respx.mock
async def test_each_exchange_is_a_span(kind: str, case: ApiCase, spans: InMemorySpanExporter, monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.001))
    respx.post(case.create).mock(side_effect=[case.created(), *[case.refused(429)] * 3])
    respx.get(case.query).mock(side_effect=[httpx.ReadTimeout("slow")])
    async with opened(kind, case.api, pacing=None) as client:
        await client.submit(case.request)
        with pytest.raises(RateLimited):
            await client.submit(case.request)
        with pytest.raises(NetworkError):
            await client.get(case.ref)
    paid = {
        "http.request.method": "POST",
        "server.address": f"{case.name}.test",
        "server.port": 80,
        "klingkit.paid": True,
        "url.full": case.create,
    }
    created, *refused, lost = span_data(spans)
    assert created == ("POST", {**paid, "http.response.status_code": 200}, "UNSET")
    assert refused == [("POST", {**paid, "http.response.status_code": 429, "error.type": "429"}, "ERROR")] * 3
    assert (lost[0], lost[1]["error.type"], lost[1]["klingkit.paid"]) == ("GET", "ReadTimeout", False)
    assert lost[2] == "ERROR"
    assert KEY not in repr(span_data(spans))


@EACH_CLIENT
@respx.mock
async def test_the_span_of_a_download_names_the_host_alone(
    kind: str, case: ApiCase, spans: InMemorySpanExporter, tmp_path: Path
):
    respx.get(SECRET_URL).mock(side_effect=[httpx.Response(200, content=b"video"), httpx.Response(404)])
    respx.get("http://media.test/gone").mock(side_effect=httpx.ConnectError("refused"))
    async with opened(kind, case.api) as client:
        await client.download(Video(SECRET_URL), tmp_path / "cat")
        with pytest.raises(DownloadError):
            await client.download(Video(SECRET_URL), tmp_path / "dog")
        with pytest.raises(DownloadError):
            await client.download(Video("http://media.test/gone"), tmp_path / "cow", timeout=0.3)
    assert "signature" not in repr(span_data(spans))
    outcomes = [span[1].get("error.type") for span in span_data(spans)]
    assert outcomes[:3] == [None, "404", "ConnectError"]


@EACH_CLIENT
@respx.mock
async def test_spans_are_children_of_the_callers_span(kind: str, case: ApiCase, spans: InMemorySpanExporter):
    """A paid exchange has a thread or a task of its own; it is the caller's all the same."""
    respx.post(case.create).mock(return_value=case.created())
    with trace.get_tracer("service").start_as_current_span("order"):
        async with opened(kind, case.api) as client:
            await client.submit(case.request)
    paid, order = spans.get_finished_spans()
    assert paid.parent is not None
    assert paid.parent.span_id == order.context.span_id


def test_opentelemetry_is_not_imported():
    code = "import sys; from klingkit import Client; from klingkit.kie import Kie; Client(Kie('k'*20)).close();"
    code += "sys.exit('opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
