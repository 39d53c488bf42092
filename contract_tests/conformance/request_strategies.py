"""Hypothesis strategies for all requests that the generated classes allow, and checks of the HTTP requests sent."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any, TypeAlias

import httpx
import respx
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.conformance.response_strategies import API_CASES
from klingkit import AuthenticationError, Client
from klingkit_api.checks import UNSET, AnyOf, Boolean, Check, Choice, Integer, List, Model, Number, Text
from klingkit_api.errors import InvalidValue
from scripts.checks.boundaries import BEYOND_ALL_LIMITS, CHARACTERS_BY_SIZE
from scripts.checks.client_requests import KEY, MOVES, can_express, request_classes, typed_verdicts
from scripts.checks.generated_classes import own_fields
from scripts.specs.files import load
from scripts.specs.paths import fields
from scripts.specs.spec import paid_operation, validator

Adapter: TypeAlias = Any

SPECS = {api: load(api) for api in API_CASES}
BODY_VALIDATORS = {api: validator(spec, paid_operation(spec).body or {}) for api, spec in SPECS.items()}
V2_PREFIX = "kling-v2"
"""Prefix of the models that take no cfg_scale at the official hosts."""
CHARACTERS = st.characters(exclude_categories=["Cs"])
SHORT_TEXTS = st.text(CHARACTERS, max_size=10)
"""Too short for the tests' keys, which Hypothesis finds in the source and the leak watch would report."""
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SHORT_TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SHORT_TEXTS, inner, max_size=2),
    max_leaves=4,
)
CALLBACK_URLS = st.sampled_from(
    [
        "https://studio.example/kling/done",
        "http://203.0.113.5:8000/?task=%E7%8C%AB&a=b#c",
        "https://studio.example:8443/a%20b/!$&'()*+,;=:@",
        "http://[2001:db8::1]/",
    ]
)
MEDIA_URLS = st.sampled_from(
    ["https://studio.example/boat.png", "http://studio.example:8080/%E7%8C%AB?a=b", "https://a.b"]
)
TASK_IDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=10).filter(
    lambda text: text not in {".", ".."} and text.isprintable()
)


def values(check: Check) -> SearchStrategy[Any]:  # noqa: PLR0911 - one case a kind of check
    """Draw values that a check allows, those at its limits more often."""
    match check:
        case Text(max_length=limit):
            return _texts(limit or 6_000)  # longer than any documented limit of a text
        case Choice(values=listed):
            return st.sampled_from(listed)
        case Boolean():
            return st.booleans()
        case Number():
            return _numbers(check)
        case Model(model=model):
            return instances(model)
        case List(item=item):
            return st.lists(values(item), max_size=3).filter(lambda items: not check.refuses(items))
        case AnyOf(options=options):
            return st.one_of([values(option) for option in options])
    raise TypeError(f"no values for {check!r}")


def instances(model: Any) -> SearchStrategy[Any]:
    """Draw requests with all required fields, and each optional field set or left out.

    Random values seldom satisfy rules between fields: for models with rules, requests at the documented limits are
    drawn as well.
    """
    fields = own_fields(model)
    strategies = {name: values(field.check) for name, field in fields.items()}
    strategies |= {
        name: _usable_values(name, field.check, optional=field.optional)
        for name, field in fields.items()
        if _is_text(name)
    }
    if model.__name__ == "Camera":
        strategies["type"] |= st.sampled_from(MOVES)  # movements of the official dialect, which chance does not find
    required = {name: strategies[name] for name, field in fields.items() if not field.optional}
    optional_fields = {name: strategies[name] | st.just(UNSET) for name, field in fields.items() if field.optional}
    arguments = st.fixed_dictionaries(required, optional=optional_fields)
    if not hasattr(model, "RULES"):
        return arguments.map(lambda drawn: model(**drawn))
    drawn = arguments.map(lambda drawn: _built(model, drawn)).filter(bool)
    at_limits = [
        model.from_dict(value)
        for request_class in request_classes("kie")
        if request_class.typed is model
        for _, value, allowed in typed_verdicts("kie", request_class.documented.document)
        if allowed
    ]
    return drawn | st.sampled_from(at_limits) if at_limits else drawn


def _built(model: Any, arguments: Mapping[str, Any]) -> Any:
    """Return a request of values that are allowed, each by itself; None if a rule between them refuses it."""
    with suppress(InvalidValue):
        return model(**arguments)
    return None


def _is_text(name: str) -> bool:
    return name == "prompt" or name.endswith(("url", "urls"))


def _usable_values(name: str, check: Check, *, optional: bool) -> SearchStrategy[Any]:
    """Draw values that a service can use, where documents allow more: a prompt that is not blank, URLs of the web."""
    if name == "prompt":
        return values(check).filter(lambda text: any(map(str.isprintable, text.strip())))
    if name.endswith("urls"):
        return st.lists(MEDIA_URLS, max_size=3).filter(lambda items: not check.refuses(items))
    return MEDIA_URLS | st.just("") if optional else MEDIA_URLS


def _texts(limit: int) -> SearchStrategy[str]:
    long = st.builds(
        lambda letter, shortfall: letter * (limit - shortfall), st.sampled_from(CHARACTERS_BY_SIZE), st.integers(0, 2)
    )
    return SHORT_TEXTS | long


def _numbers(check: Number) -> SearchStrategy[float]:
    low = -BEYOND_ALL_LIMITS if check.minimum is None else check.minimum
    high = BEYOND_ALL_LIMITS if check.maximum is None else check.maximum
    whole = st.integers(int(low), int(high))
    if isinstance(check, Integer):
        return whole
    if check.multiple_of is None:
        return whole | st.floats(low, high, allow_nan=False)
    step = Decimal(repr(check.multiple_of))
    steps = st.integers(int(Decimal(repr(low)) / step), int(Decimal(repr(high)) / step))
    return whole | steps.map(lambda count: float(step * count))


@frozen
class SentRequest:
    """A recorded HTTP request, key included."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """Its JSON body."""
        return json.loads(self.content)


@contextmanager
def recording_client(adapter: Adapter) -> Iterator[tuple[Client[Any], list[SentRequest]]]:
    """Open a client whose every request gets a 401; yield it with the list of requests that it has sent."""
    sent_requests: list[SentRequest] = []

    def record(request: httpx.Request) -> httpx.Response:
        sent_requests.append(SentRequest(request.method, request.url, dict(request.headers), request.content))
        return httpx.Response(401, json={"code": 401})

    with (
        respx.mock(assert_all_called=False) as router,
        httpx.Client() as http,
        Client(adapter, http=http, pacing=None) as client,
    ):
        router.route().mock(side_effect=record)
        yield client, sent_requests


def sent_by(
    client: Client[Any], sent_requests: list[SentRequest], call: Callable[[Client[Any]], object]
) -> SentRequest:
    """Return the one request that a call sends."""
    sent_requests.clear()
    try:
        call(client)
    except AuthenticationError:
        (one,) = sent_requests
        return one
    raise AssertionError("the call raised no AuthenticationError")


def sent_as_requested(adapter: Adapter, model: type, hypothesis_settings: settings) -> None:
    """Check for drawn requests and options that exactly these are sent, and that the spec allows what is sent."""
    with recording_client(adapter) as (client, sent_requests):

        @hypothesis_settings
        @given(instances(model).filter(lambda request: can_express(adapter, request)), options(adapter))
        def check(request: Any, delivery_options: dict[str, Any]) -> None:
            before = copy.deepcopy(request)
            sent = sent_by(client, sent_requests, lambda client_used: client_used.submit(request, **delivery_options))
            assert_method_url_and_headers(adapter, sent)
            BODY_VALIDATORS[adapter.name].validate(sent.body)
            assert sent.body == expected_body(adapter, request, **delivery_options)
            assert request == before

        check()


def options(adapter: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the other options of a submission; `extra` has only fields that the spec does not declare."""
    declared = {
        path.partition(".")[0] for path in fields(SPECS[adapter.name], paid_operation(SPECS[adapter.name]).body or {})
    }
    names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda text: text not in declared)
    optional: dict[str, st.SearchStrategy[Any]] = {"callback_url": CALLBACK_URLS}
    if adapter.name != "kie":
        optional |= {"external_task_id": TASK_IDS, "extra": st.dictionaries(names, JSON_VALUES, max_size=2)}
    return st.fixed_dictionaries({}, optional=optional)


def assert_method_url_and_headers(adapter: Any, sent: SentRequest) -> None:
    """Assert its method, URL and headers."""
    assert (sent.method, str(sent.url)) == ("POST", adapter.base_url + paid_operation(SPECS[adapter.name]).path)
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["content-type"] == sent.headers["accept"] == "application/json"
    assert sent.headers["user-agent"].startswith("klingkit/")


def expected_body(
    adapter: Any,
    request: Any,
    callback_url: str | None = None,
    external_task_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body that the client must send, derived independently of it."""
    fields: dict[str, Any] = {
        field.name: in_json(value)
        for argument, field in own_fields(request.__class__).items()
        if (value := getattr(request, argument)) is not UNSET
    }
    if adapter.name == "kie":
        body = {"model": MODEL_NAMES[type(request)], "input": fields}
        return body if callback_url is None else {**body, "callBackUrl": callback_url}
    if adapter.dialect == "official":
        fields = in_official_form(fields)
    delivery_fields = {"callback_url": callback_url, "external_task_id": external_task_id}
    return {
        **(extra or {}),
        **fields,
        **{field: value for field, value in delivery_fields.items() if value is not None},
    }


def in_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [in_json(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


MODEL_NAMES = {request_class.typed: request_class.documented.models[0] for request_class in request_classes("kie")}


def in_official_form(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body in the official form: duration as text, config only for `simple`, no default scale for V2."""
    body = {field: str(value) if field == "duration" else value for field, value in body.items()}
    if body["model_name"].startswith(V2_PREFIX) and body.get("cfg_scale") == 0.5:
        del body["cfg_scale"]
    if (camera := body.get("camera_control")) and camera["type"] != "simple":
        body["camera_control"] = {"type": camera["type"]}
    return body
