"""What the documents leave free: no limit, format or default beside those they state."""

from typing import Any

import pytest

from contract_tests.specs.documented import ANSWERS, REQUESTS, TASK

TEXTS = ["", "a", "one two, three", "字", "a\nb", "https://media.example/a b.mp4?x=1#y", "0" * 5000]
WHOLE = [-1, 0, 1, 814237883686625347]
NUMBERS = [*WHOLE, -0.5, 0.25, 1e-9, 1.5e300]
LISTS = [[], ["a", ""], TEXTS]
FREE: dict[str, list[Any]] = {
    "id": TEXTS,
    "word": [*TEXTS, None],
    "text": [*TEXTS, None],
    "code": WHOLE,
    "number": NUMBERS,
    "integer": WHOLE,
    "number or text": [*NUMBERS, *TEXTS],
    "integer or text": [*WHOLE, *TEXTS],
    "object": [{}, {"newer": 1}],
    "list of text": LISTS,
    "list of objects": [[], [{}, {}]],
    "anything": [*NUMBERS, *TEXTS, *LISTS, {}],
}
SCHEMAS = [(api, name) for api, schemas in ANSWERS.items() for name in schemas]
FIELDS = [(api, name, field) for api, name in SCHEMAS for field in ANSWERS[api][name]]
TASKS = [(api, name) for api, name in SCHEMAS if ANSWERS[api][name].keys() >= TASK.keys()]

MODELS = {
    "CreateKling26TextToVideo": "kling-2.6/text-to-video",
    "CreateKling21Pro": "kling/v2-1-pro",
    "CreateKling25TurboPro": "kling/v2-5-turbo-text-to-video-pro",
}
BODIES = ["CreateText2Video", "CreateOfficialText2Video"]
FREE_TEXTS = [
    ("kie", "Kling21Pro", "image_url"),
    ("kie", "Kling21Pro", "tail_image_url"),
    *[
        (api, body, field)
        for api in ("native", "relay")
        for body in BODIES
        for field in ("callback_url", "external_task_id")
    ],
    *[(api, "CreateOfficialText2Video", "model_name") for api in ("native", "relay")],
]
FORMATS = {
    "kie": {"CreateKling21Pro.callBackUrl": "uri", "CreateKling25TurboPro.callBackUrl": "uri"},
    "native": {},
    "relay": {},
}
"""002 and 003 mark the address as one, 000 does not."""
PROMPTS = [(it, name) for it in REQUESTS for name in it.lengths]
NO_TEXT: list[Any] = [None, 5, True, [], {}]
NO_OBJECT: list[Any] = [None, [], [{}], "a", 5, True]

everyone = pytest.mark.parametrize("api", ["kie", "native", "relay"])


def least(it, **fields):
    return {**it.least, **fields}


def least_answer(api, name):
    values = {"id": "a", "code": 0}
    return {field: values[kind] for field, kind in ANSWERS[api][name].items() if kind in values}


def named(schemas):
    """Every property of the schemas, by the name of its schema and its own."""
    return {
        f"{name}.{field}": property_
        for name, schema in schemas.items()
        for field, property_ in schema.get("properties", {}).items()
    }


@pytest.mark.parametrize(("api", "name", "field"), FIELDS)
def test_a_field_of_an_answer_has_no_limits(allows, api, name, field):
    values = FREE[ANSWERS[api][name][field]]
    assert [value for value in values if not allows(api, name, {**least_answer(api, name), field: value})] == []


def test_addresses_of_results_are_texts(allows):
    assert not any(allows("kie", "TaskResult", {"resultUrls": [value]}) for value in NO_TEXT)


@pytest.mark.parametrize(("it", "name"), PROMPTS, ids=str)
def test_a_prompt_is_any_text_up_to_its_length(allows, it, name):
    texts = [text[: it.lengths[name]] for text in TEXTS]
    assert [text for text in texts if not allows(it.api, it.name, least(it, **{name: text}))] == []


@pytest.mark.parametrize(("api", "name", "field"), FREE_TEXTS)
def test_what_has_no_documented_limit_is_any_text(allows, api, name, field):
    (it,) = (it for it in REQUESTS if (it.api, it.name) == (api, name))
    assert [text for text in TEXTS if not allows(api, name, least(it, **{field: text}))] == []
    assert [value for value in NO_TEXT if allows(api, name, least(it, **{field: value}))] == []


@everyone
def test_formats_stand_where_the_document_names_them(specs, api):
    fields = named(specs[api]["components"]["schemas"])
    assert {name: field["format"] for name, field in fields.items() if "format" in field} == FORMATS[api]


@everyone
def test_nothing_but_a_request_has_defaults(specs, api):
    """Those of requests have a table of their own."""
    tabled = {it.name for it in REQUESTS if it.api == api}
    others = named({name: it for name, it in specs[api]["components"]["schemas"].items() if name not in tabled})
    models = {f"{body}.model": model for body, model in MODELS.items()}
    assert {name: field["default"] for name, field in others.items() if "default" in field} == (
        models if api == "kie" else {}
    )


@pytest.mark.parametrize("it", REQUESTS, ids=str)
def test_a_request_is_an_object(allows, it):
    assert [value for value in NO_OBJECT if allows(it.api, it.name, value)] == []


@pytest.mark.parametrize(("api", "name"), SCHEMAS)
def test_an_answer_is_an_object(allows, api, name):
    assert [value for value in NO_OBJECT if allows(api, name, value)] == []


@pytest.mark.parametrize(("name", "model"), [*MODELS.items()])
def test_a_body_of_kie_has_three_fields(specs, allows, name, model):
    (it,) = (it for it in REQUESTS if it.name == name.removeprefix("Create"))
    body = {"model": model, "input": it.least}

    assert specs["kie"]["components"]["schemas"][name]["properties"].keys() == {"model", "input", "callBackUrl"}
    for wrong in (*NO_OBJECT, {**it.least, "prompt": 5}):
        assert not allows("kie", name, {**body, "input": wrong})
    assert [value for value in NO_OBJECT if allows("kie", name, {**body, "model": value})] == []
    assert [value for value in NO_OBJECT if allows("kie", name, value)] == []


@pytest.mark.parametrize(("name", "model"), [*MODELS.items()])
def test_a_callback_address_is_any_text_in_000_and_an_address_in_002_and_003(allows, name, model):
    (it,) = (it for it in REQUESTS if it.name == name.removeprefix("Create"))
    body = {"model": model, "input": it.least}

    assert allows("kie", name, {**body, "callBackUrl": f"https://studio.example/{'0' * 5000}"})
    assert not any(allows("kie", name, {**body, "callBackUrl": value}) for value in NO_TEXT)
    for text in ("", "done", "2026-01-01T00:00:00Z"):
        assert allows("kie", name, {**body, "callBackUrl": text}) is (name == "CreateKling26TextToVideo")
