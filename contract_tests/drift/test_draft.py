"""The drafted schemas for a subject that no spec describes."""

import jsonschema_rs
import pytest
from attrs import evolve
from ruamel.yaml import YAML

from contract_tests.documents.edits.corpus import PAGES
from contract_tests.drift.pages import MODEL, facts, page
from scripts.documents import read
from scripts.facts.comparison import differences
from scripts.facts.draft import class_name, draft, next_number
from scripts.facts.report import report
from scripts.facts.spec_entries import spec_entries
from scripts.facts.tables import show
from scripts.specs.field import sources
from scripts.specs.files import apis, load
from scripts.specs.lint.rules import problems

INPUT = {"prompt": "a", "length": "5"}
LISTS = {
    "request__input__urls__type": "array",
    "request__input__urls__items": "string",
    "request__input__urls__items.max_length": 9,
    "request__input__urls__min_items": 1,
    "request__input__urls__max_items": 2,
    "request__input__shots__type": "array",
    "request__input__shots__max_items": 3,
    "request__input__shots__at__type": "integer",
    "request__input__shots__at__required": True,
}


def accepts(schemas, value):
    root = {"$ref": f"#/components/schemas/{next(iter(schemas))}", "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(root).is_valid(value)


def body(**changed):
    return {"model": MODEL, "input": {**INPUT, **changed}}


def inputs(**changed):
    """The drafted fields of the input, for a page with these facts."""
    return draft(page(facts(**changed)), "042")["Tick1TextToVideo"]["properties"]


@pytest.fixture
def schemas():
    return draft(page(facts(**LISTS)), "042")


def test_every_draft_is_a_valid_schema(schemas):
    for schema in schemas.values():
        jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize(
    "right",
    [
        body(),
        body(prompt="a" * 1000),
        body(length="10"),
        body(scale=0.3),
        body(urls=["a" * 9, "b"]),
        body(shots=[{"at": 1}] * 3),
        {**body(), "callBackUrl": "https://studio.example"},
    ],
)
def test_a_draft_accepts_what_the_page_allows(schemas, right):
    assert accepts(schemas, right)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": MODEL},
        {"input": INPUT},
        {**body(), "model": "tick-2"},
        {**body(), "extra": 1},
        {**body(), "callBackUrl": 1},
        {"model": MODEL, "input": {"prompt": "a"}},
        body(prompt="a" * 1001),
        body(length="15"),
        body(length=5),
        body(scale=1.1),
        body(scale=-0.1),
        body(scale=0.55),
        body(extra=1),
        body(urls="a"),
        body(urls=[]),
        body(urls=["a", "b", "c"]),
        body(urls=[1]),
        body(urls=["a" * 10]),
        body(shots={"at": 1}),
        body(shots=[{"at": "1"}]),
        body(shots=[{}]),
        body(shots=[{"at": 1, "extra": 1}]),
        body(shots=[{"at": 1}] * 4),
    ],
)
def test_a_draft_rejects_what_the_page_does_not_allow(schemas, wrong):
    assert not accepts(schemas, wrong)


def test_a_model_has_an_envelope_and_an_input(schemas):
    assert [*schemas] == ["CreateTick1TextToVideo", "Tick1TextToVideo"]
    assert schemas["CreateTick1TextToVideo"]["properties"]["input"] == {
        "$ref": "#/components/schemas/Tick1TextToVideo",
        "x-source": "042: request.input",
    }


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("kling-2.6/image-to-video", "Kling26ImageToVideo"),
        ("kling/v2-1-pro", "Kling21Pro"),
        ("kling/ai-avatar-pro", "KlingAiAvatarPro"),
    ],
)
def test_schemas_are_named_after_the_model(model, expected):
    assert class_name(model) == expected


def test_every_field_names_its_place(schemas):
    envelope, fields = schemas["CreateTick1TextToVideo"], schemas["Tick1TextToVideo"]["properties"]
    assert envelope["x-source"] == "042: request"
    assert envelope["properties"]["model"]["x-source"] == "042: request.model"
    assert fields["prompt"]["x-source"] == "042: request.input.prompt"
    assert fields["shots"]["items"]["properties"]["at"]["x-source"] == "042: request.input.shots.at"


def test_the_next_number_is_free():
    taken = {number for api in apis() for number in load(api)["info"]["x-documents"]}
    assert next_number() not in taken
    assert {len(number) for number in taken} == {len(next_number())}


def test_defaults_are_drafted_in_the_type_of_their_field():
    assert (inputs()["length"]["default"], inputs()["scale"]["default"]) == ("5", 0.5)


def test_choices_keep_the_order_of_the_page():
    assert inputs(request__input__length__enum=[10, 5, 15])["length"]["enum"] == ["10", "5", "15"]


def test_a_vendors_sample_text_is_no_default():
    prose = {"chars": 180, "sha256": "0" * 64}
    assert "default" not in inputs(request__input__prompt__default=prose)["prompt"]


def test_an_open_list_takes_other_values_of_its_type():
    schemas = draft(page(facts(request__input__length__open=True)))
    assert accepts(schemas, body(length="15"))
    assert not accepts(schemas, body(length=15))


def test_null_is_accepted_where_the_page_shows_it():
    schemas = draft(page(facts(request__input__length__nullable=True, request__input__scale__nullable=True)))
    assert accepts(schemas, body(length=None, scale=None))
    assert not accepts(schemas, body(prompt=None))


def test_the_first_of_several_stated_values_is_drafted():
    assert inputs(request__input__prompt__max_length={"values": [1000, 900]})["prompt"]["maxLength"] == 1000


def test_facts_without_a_keyword_are_in_the_placeholder():
    fields = inputs(request__input__clip__max_seconds=30, request__input__clip__unit="ms")
    assert "at most 30 seconds" in fields["clip"]["description"]
    assert "milliseconds" in fields["clip"]["description"]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("max_length", {"values": [1000, 900]}, "max_length stated as 900, too"),
        ("required", {"values": [True, False]}, "required stated as False, too"),
        ("max_words", 70, "max_words: 70"),
        ("described_as", "optional", "described_as: optional"),
        ("deprecated", True, "deprecated: True"),
    ],
)
@pytest.mark.parametrize("field", ["prompt", "callBackUrl"])
def test_what_a_draft_cannot_express_is_named_to_be_decided(field, name, value, hint):
    place = f"request__{'input__' if field == 'prompt' else ''}{field}__{name}"
    schemas = draft(evolve(page(facts(**{place: value})), api="kie"))
    fields = schemas["Tick1TextToVideo" if field == "prompt" else "CreateTick1TextToVideo"]["properties"]
    assert fields[field]["description"].startswith("TODO")
    assert hint in fields[field]["description"]


def test_limits_of_a_file_have_keywords():
    clip = inputs(request__input__clip__media_types=["video/mp4"], request__input__clip__max_bytes=5)["clip"]
    assert (clip["x-media-types"], clip["x-max-bytes"]) == (["video/mp4"], 5)
    assert "video/mp4" not in clip["description"]


def test_a_description_of_the_spec_is_taken_over_only_where_it_fits():
    seconds = facts(request__input__duration__type="string", request__input__duration__unit="s")
    known = load("kie")["components"]["schemas"]["Kling21Pro"]["properties"]["duration"]["description"]
    milliseconds = facts(request__input__duration__type="integer", request__input__duration__unit="ms")

    def described(values):
        return draft(evolve(page(values), api="kie"))["Tick1TextToVideo"]["properties"]["duration"]["description"]

    assert described(seconds) == known
    assert described(milliseconds) != known


def test_a_page_without_a_request_gets_a_draft_of_its_response():
    schemas = draft(evolve(page(models=()), facts=facts("request", "response")), "042")
    assert schemas["Response"]["x-source"] == "042: query.response"
    assert accepts(schemas, {"data": {"state": "done"}, "more": 1})
    assert not accepts(schemas, {"data": {"state": "lost"}})


def test_another_api_has_one_closed_schema():
    values = {"request": {}, "request.image": {"type": "string", "required": True}}
    schemas = draft(evolve(page(values, ("otter-2",)), api="native"))
    assert [*schemas] == ["Otter2"]
    assert accepts(schemas, {"image": "a"})
    assert not accepts(schemas, {"image": "a", "more": 1})


@pytest.fixture
def pasted(capsys):
    """The spec of kie with the printed draft of our own page in it, and the page."""
    document = read(PAGES / "openapi.md")
    found = report(document, [])
    show(found)
    printed = capsys.readouterr().out
    names, _, schemas = printed.partition("under info.x-documents:\n")[2].partition("under components.schemas:\n")
    spec = load("kie")
    for text, place in ((names, spec["info"]["x-documents"]), (schemas, spec["components"]["schemas"])):
        place.update(YAML(typ="safe").load(text))
    operation = spec["paths"]["/api/v1/jobs/createTask"]["post"]
    operation["x-source"] = [*sources(operation), f"{found.number}: request"]
    forms = operation["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    forms.append({"$ref": "#/components/schemas/CreateCrane3ImageToVideo"})
    return spec, document, found.number


def lost_facts(document, spec, number):
    """The facts of the input for which the spec states another value than the page, or none."""
    found = differences(document.facts, spec_entries(spec, number))
    stated = (difference for difference in found if difference.document is not None)
    return [difference.fact for difference in stated if difference.place.startswith("request.input")]


def test_a_printed_draft_loses_no_fact_of_the_input(pasted):
    spec, document, number = pasted
    assert lost_facts(document, spec, number) == []
    del spec["components"]["schemas"]["Crane3ImageToVideo"]["properties"]["image_urls"]["items"]["format"]
    assert lost_facts(document, spec, number) == ["request.input.image_urls.items.format"]


def test_the_linter_refuses_a_placeholder(pasted):
    spec, *_ = pasted
    assert [problem for problem in problems("kie", spec) if "TODO" in problem]
    assert not [problem for problem in problems("kie", load("kie")) if "TODO" in problem]
