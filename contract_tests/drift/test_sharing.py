"""Shared sources of a spec are those of one document, or left to the other documents."""

from scripts.facts.sharing import own_spec
from scripts.facts.sheets import FactsByPlace

MINE: FactsByPlace = {"codes": {"enum": [200, 400]}, "response.text": {"type": "string"}}
OTHERS: list[FactsByPlace] = [{"codes": {"enum": [200, 500]}, "response.id": {"type": "string"}}]


def spec(**schemas):
    errors = {"400": {"$ref": "#/components/responses/Wrong"}, "500": {"$ref": "#/components/responses/Broken"}}
    return {
        "paths": {"/create": {"post": {"responses": {"200": {"x-source": ["000: response", "all: codes"]}, **errors}}}},
        "components": {
            "responses": {"Wrong": {"x-source": "all: codes"}, "Broken": {"x-source": ["all: codes", "field: error"]}},
            "schemas": schemas,
        },
    }


def own(schema):
    return own_spec(spec(It=schema), "000", MINE, OTHERS)["components"]["schemas"]["It"]


def test_a_shared_place_is_that_of_the_document():
    assert own({"x-source": "all: response.text"})["x-source"] == ["000: response.text"]
    assert own({"x-source": ["all: response", "field: some"]})["x-source"] == ["000: response", "field: some"]


def test_a_place_that_others_alone_state_is_left_to_them():
    assert own({"x-source": ["all: response.id", "field: some"]})["x-source"] == ["field: some"]


def test_a_place_that_no_document_states_stays_a_difference():
    assert own({"x-source": "all: response.other"})["x-source"] == ["000: response.other"]


def test_codes_that_others_alone_state_are_left_to_them():
    listed = {"enum": [200, 400, 418, 500], "x-source": "all: codes"}
    assert own(listed)["enum"] == [200, 400, 418]


def test_what_a_document_states_needs_no_observation():
    noted = {"enum": [200, 433], "x-field-values": [400, 500, 433], "x-source": ["all: codes", "field: some"]}
    assert own(noted)["x-field-values"] == [433]


def test_a_status_stands_for_the_documents_that_list_its_code():
    found = own_spec(spec(), "000", MINE, OTHERS)
    assert found["components"]["responses"]["Wrong"]["x-source"] == ["000: codes"]
    assert found["components"]["responses"]["Broken"]["x-source"] == ["field: error"]
    assert found["paths"]["/create"]["post"]["responses"]["200"]["x-source"] == ["000: response", "000: codes"]


def test_the_spec_itself_stays_as_it_is():
    whole = spec(It={"enum": [500], "x-source": "all: codes"})
    own_spec(whole, "000", MINE, OTHERS)
    assert whole == spec(It={"enum": [500], "x-source": "all: codes"})
