"""Each fact of the facts files is in the spec or waived with a reason, and every change of either is noticed."""

import copy
import re
from collections import Counter

import pytest
from attrs import evolve
from ruamel.yaml import YAML

from contract_tests.support.vendor_documents import require_document
from scripts.checks.documents import problems
from scripts.documents import read
from scripts.documents.facts import PROSE, digest
from scripts.facts.comparison import UNCOMPARED
from scripts.facts.sheets import FOLDER, NONE, SHARED, Waiver, sheets
from scripts.facts.waivers import entries_of, unwaived_problems
from scripts.specs.files import apis, load

SHEETS = sheets()
IMPLIED = [
    ("valid", True),
    ("required", False),
    ("described_as", "optional"),
    ("content_type", "application/json"),
    ("status", 200),
    ("items", "object"),
]
"""Facts that a document need not state for a spec to have them."""


@pytest.fixture(params=SHEETS, ids=lambda sheet: sheet.document)
def sheet(request):
    return request.param


@pytest.fixture(params=apis())
def api(request):
    return request.param


@pytest.fixture(scope="module")
def specs():
    return {api: load(api) for api in apis()}


def faulted(sheet, place, name, value):
    """The sheet with one fact changed; None takes it out."""
    changed_facts = {key: item for key, item in {**sheet.facts[place], name: value}.items() if item is not None}
    return evolve(
        sheet, facts={where: facts for where, facts in {**sheet.facts, place: changed_facts}.items() if facts}
    )


def other(value):
    """A value of the same kind that means something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[1:] if len(value) > 1 else [*value, *value[:1] * 2, "another"]
    return value + 1 if isinstance(value, int | float) else f"{value}-2"


def strings(value):
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_every_document_has_its_facts_file():
    named = {name for api in apis() for name in load(api)["info"]["x-documents"].values()}
    assert (
        {sheet.document for sheet in SHEETS}
        == {sheet.path.name.removesuffix(".facts.yaml") for sheet in SHEETS}
        == named
    )


def test_the_committed_facts_are_those_of_the_document(sheet):
    document = read(require_document(sheet.document))
    assert document.facts == sheet.facts
    assert (document.sha256, document.form, document.api) == (sheet.sha256, sheet.form, sheet.api)
    assert document.models == sheet.models


def test_each_fact_is_in_the_spec_or_waived_and_no_waiver_is_unused(api, specs):
    assert problems(api, specs[api]) == []


def test_no_prose_of_the_vendor_is_kept(sheet):
    assert [
        text for text in strings(sheet.facts) if digest(text) != text and not re.fullmatch("[0-9a-f]{64}", text)
    ] == []
    assert PROSE < 64


def test_waivers_have_reasons_and_are_not_repeated(sheet):
    assert all(waiver.why.strip() for waiver in sheet.waivers)
    assert [fact for fact, times in Counter((w.fact, str(w.spec)) for w in sheet.waivers).items() if times > 1] == []


def test_every_fault_in_the_facts_is_noticed(specs, sheet):
    spec = specs[sheet.api]
    entries = entries_of(spec, sheet, SHEETS) or []
    silences = {waiver.fact for waiver in sheet.waivers if waiver.shared}
    faults = [
        (place, name, fault)
        for place, facts in sheet.facts.items()
        for name, value in facts.items()
        for fault in (other(value), None)
        if name not in UNCOMPARED
        and (fault is not None or ((name, value) not in IMPLIED and f"{place}.{name}" not in silences))
    ]

    unnoticed = [fault for fault in faults if not [*unwaived_problems(faulted(sheet, *fault), entries)]]

    assert len(faults) > 70
    assert unnoticed == []


def test_a_field_more_in_the_facts_is_noticed(specs, sheet):
    more = evolve(sheet, facts={**sheet.facts, "request.invented": {"type": "string"}})

    found = problems(sheet.api, specs[sheet.api], [more])

    assert [problem for problem in found if "request.invented" in problem]


def test_decisions_are_complete(sheet):
    """Decisions cover what is no single fact; they have the same four keys as waivers."""
    shared = YAML(typ="safe").load(FOLDER / SHARED)["decisions"].get(sheet.api, [])
    for decision in [*YAML(typ="safe").load(sheet.path).get("decisions", []), *shared]:
        assert decision.keys() == {"fact", "document", "spec", "why"}
        assert all(value not in (None, "", []) for value in decision.values())


def changed(spec, pointer, value):
    """A copy of the spec with another value at a pointer; None takes it out."""
    tampered = copy.deepcopy(spec)
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    node = tampered
    for part in path:
        node = node[int(part) if isinstance(node, list) else part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return tampered


KIE, NATIVE, RELAY = (
    f"/components/schemas/{name}" for name in ("Kling26TextToVideo", "Text2Video", "CreateText2Video")
)
OFFICIAL = "/components/schemas/CreateText2Video/properties/duration"
KIE_CODES = load("kie")["components"]["schemas"]["ResponseCode"]["enum"]
FAULTS = [
    ("kie", f"{KIE}/properties/prompt/maxLength", 999, "request.input.prompt.max_length"),
    ("kie", f"{KIE}/properties/prompt/maxLength", None, "request.input.prompt.max_length"),
    ("kie", f"{KIE}/properties/prompt/minLength", 1, "request.input.prompt.min_length"),
    ("kie", f"{KIE}/properties/prompt/default", "a cat", "request.input.prompt.default"),
    ("kie", f"{KIE}/properties/prompt", None, "request.input.prompt"),
    ("kie", f"{KIE}/properties/sound/type", "string", "request.input.sound.type"),
    ("kie", f"{KIE}/properties/sound/default", True, "request.input.sound.default"),
    ("kie", f"{KIE}/properties/duration/enum", ["5"], "request.input.duration.enum"),
    ("kie", f"{KIE}/properties/duration/enum", ["5", "10", "15"], "request.input.duration.enum"),
    ("kie", f"{KIE}/required", ["prompt", "sound", "duration"], "request.input.aspect_ratio.required"),
    ("kie", "/components/schemas/CallbackAddress/format", None, "request.callBackUrl.format"),
    ("kie", "/components/schemas/CreateKling21Pro/properties/model/const", "kling/v2-2-pro", "request.model.enum"),
    ("kie", "/components/schemas/Kling21Pro/properties/cfg_scale/multipleOf", 0.5, "request.input.cfg_scale.step"),
    ("kie", "/components/schemas/Kling21Pro/properties/cfg_scale/minimum", None, "request.input.cfg_scale.minimum"),
    ("kie", "/components/schemas/RecordInfo/properties/costTime/type", ["string", "null"], "costTime.type"),
    ("kie", "/components/schemas/RecordInfo/properties/costTime/type", "integer", "costTime.nullable"),
    ("kie", "/components/schemas/TaskState/enum", ["waiting", "success"], "query.response.data.state.enum"),
    ("kie", "/components/schemas/ResponseCode/enum", [200, 400], "codes.enum"),
    ("kie", "/components/schemas/ResponseCode/enum", [*KIE_CODES, 418], "codes.enum"),
    ("kie", "/components/schemas/CreateTaskResponse/properties/msg/x-source", "all: response.text", "response.text"),
    ("kie", "/components/schemas/CreatedTask/properties/taskId/type", "integer", "v2.1-pro: response.data.taskId.type"),
    ("kie", "/components/responses/Maintenance/x-source", "field: kie-errors", "codes.enum"),
    ("kie", "/paths/~1api~1v1~1jobs~1createTask/post/responses/402", None, "codes.enum"),
    ("kie", "/paths/~1api~1v1~1jobs~1recordInfo/get/parameters/0/in", "header", "query.request.taskId.in"),
    ("kie", "/paths/~1api~1v1~1jobs~1recordInfo/get/security", [], "auth.scheme"),
    ("kie", "/components/securitySchemes/bearerAuth/scheme", "basic", "auth.scheme"),
    ("kie", "/servers", [{"url": "https://api.kie.example"}], "request.host"),
    ("kie", "/info/x-documents", {"000": "kie-kling-2.6-text-to-video"}, "x-documents"),
    ("kie", "/components/schemas/RecordInfo/properties/param/x-source", "000: query.response.params", "params"),
    (
        "kie",
        "/components/schemas/RecordInfo/properties/param/x-source",
        "field: kie-record",
        "query.response.data.param",
    ),
    ("kie", "/components/schemas/RecordInfo/properties/param/x-source", "999: anything", "names no document"),
    ("kie", "/components/schemas/CreatedTask/x-source", "002: response.data", "CreatedTask stands for it"),
    ("native", f"{OFFICIAL}/x-source", "field: official-duration", "properties/duration stands for it"),
    ("native", f"{OFFICIAL}/x-source", "001: request.duration", "in observed.md alone"),
    ("native", "/components/securitySchemes/bearerAuth/x-source", "field: official-access-key", "auth: /components"),
    ("native", f"{NATIVE}/properties/model_name/enum", ["kling-v1-6"], "request.model_name.enum"),
    ("native", f"{NATIVE}/properties/duration/enum", [5], "request.duration.enum"),
    ("native", "/components/schemas/CameraType/enum", ["zoom"], "request.camera_control.type.enum"),
    ("native", "/components/schemas/Camera/properties/type/anyOf", [{"type": "string", "enum": ["pan"]}], "type.open"),
    ("native", "/paths/~1v1~1videos~1text2video~1{task_id}/get/x-poll-seconds", [1, 2], "polling.seconds"),
    ("relay", f"{RELAY}/required", ["prompt"], "request.model_name.required"),
    ("relay", f"{RELAY}/x-doc-required", ["prompt"], "x-doc-required"),
    ("relay", "/paths/~1kling~1v1~1videos~1text2video/post/x-doc-headers", [], "headers.Accept"),
    ("relay", "/paths/~1kling~1v1~1videos~1text2video/post/requestBody/required", False, "request.body_required"),
]


FEW = [it for it in SHEETS if it.api != "kie" or it.document in {"kie-kling-2.6-text-to-video", "kie-kling-v2.1-pro"}]
"""The pages that the faults are about: each other page of kie would be compared in the same way."""


@pytest.fixture(scope="module")
def without_others(specs):
    """The problems of each spec that come of leaving out the other pages."""
    return {api: {*problems(api, specs[api], FEW)} for api in apis()}


@pytest.mark.parametrize(("api", "pointer", "value", "fact"), FAULTS)
def test_a_fault_in_a_spec_is_noticed(specs, without_others, api, pointer, value, fact):
    found = problems(api, changed(specs[api], pointer, value), FEW)

    assert [problem for problem in found if fact in problem and problem not in without_others[api]]


def test_a_moved_operation_is_noticed(specs):
    spec = copy.deepcopy(specs["kie"])
    spec["paths"]["/api/v2/jobs/createTask"] = spec["paths"].pop("/api/v1/jobs/createTask")

    found = problems("kie", spec)

    pages = [sheet for sheet in SHEETS if sheet.api == "kie" and "request" in sheet.facts]
    assert len([problem for problem in found if " request.path" in problem]) == len(pages)


def test_a_waiver_holds_for_the_values_it_was_written_for(specs, sheet):
    waiver = sheet.waivers[0]
    for changes in ({"document": "something else"}, {"spec": "something else"}, {"fact": "request.nothing"}):
        waivers = (evolve(waiver, **changes), *sheet.waivers[1:])
        found = problems(sheet.api, specs[sheet.api], [evolve(sheet, waivers=waivers)])

        assert [problem for problem in found if "waives nothing" in problem]
        assert [problem for problem in found if waiver.fact in problem and "waives" not in problem]


def test_a_shared_waiver_that_no_page_needs_is_noticed(specs):
    idle = Waiver(fact="response.msg.open", document="none", spec=True, why="Because.", shared=True)
    pages = [evolve(sheet, waivers=(*sheet.waivers, idle)) for sheet in SHEETS if sheet.api == "kie"]

    assert problems("kie", specs["kie"], pages) == [
        "response.msg.open: the waiver waives nothing: nothing against True"
    ]


def test_shared_waivers_are_only_for_facts_that_pages_do_not_state():
    assert [it.fact for sheet in SHEETS for it in sheet.waivers if it.shared and it.document != NONE] == []


def test_every_shared_reason_is_used():
    texts = [path.read_text("utf-8") for path in FOLDER.glob("*.yaml")]
    reasons = YAML(typ="safe").load(FOLDER / SHARED)["reasons"]
    assert [name for name in reasons if not any(f"{{shared: {name}}}" in text for text in texts)] == []


def test_names_of_shared_reasons_are_replaced_by_the_reasons(sheet):
    assert all(isinstance(waiver.why, str) for waiver in sheet.waivers)


def test_an_unknown_shared_reason_is_refused(tmp_path):
    (tmp_path / SHARED).write_text("reasons: {}\nwaivers: {}\n", encoding="utf-8")
    text = (FOLDER / "kie-kling-2.6-motion-control.facts.yaml").read_text("utf-8")
    (tmp_path / "page.facts.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(KeyError, match="file"):
        sheets(tmp_path)


def test_a_document_without_facts_is_noticed(api, specs):
    missing = list(specs[api]["info"]["x-documents"].values())

    assert problems(api, specs[api], [])[: len(missing)] == [f"{name}: it has no facts file" for name in missing]
