"""Tests that typed requests with blank texts or unreachable addresses are refused before anything is sent."""

from typing import Any

import attrs
import pytest

from contract_tests.support.apis import ALL_APIS, NATIVE, RELAY, ApiCase
from contract_tests.support.kie import API_KEY, CAT_REQUEST
from klingkit import InvalidRequest
from klingkit.kie import (
    Element,
    Job,
    Kie,
    Kling21Pro,
    Kling25TurboPro,
    Kling25TurboProImageToVideo,
    Kling26ImageToVideo,
    Kling26TextToVideo,
    Kling30Video,
    Shot,
)
from klingkit.native import Text2Video as NativeText2Video
from klingkit.relay import Text2Video as RelayText2Video

IMAGE_URL = "https://studio.example/boat.png"
PUBLIC_API = Kie(API_KEY, "https://api.kie.ai")
UNREACHABLE_ADDRESSES = [
    "pictures/cat.png",
    "/home/me/cat.png",
    "file:///home/me/cat.png",
    "data:image/png;base64,iVBORw0KGgo=",
    "iVBORw0KGgo=",
    "//studio.example/cat.png",
    "ftp://studio.example/cat.png",
    *("http://localhost/a", "http://127.0.0.1:8000/a", "http://127.1/a", "https://10.0.0.7/a", "http://192.168.1.2/a"),
    *("http://[::1]/a", "http://[fd00::1]/a", "http://169.254.169.254/a", "http://nas.local/a", "http://a.internal/a"),
    *("https://cat/x", "http://app:8000/cb", "http://APP./cb", "http://[::ffff:10.0.0.7]/a"),
    *(f"http://a.{ending}/cb" for ending in ("corp", "intranet", "home", "localnet", "test", "invalid", "localhost")),
    "http://localhost.localdomain/cb",
]
PUBLIC_ADDRESSES = ["http://93.184.215.14/a", "http://[2606:4700::1111]/a", "http://a.example/a", "http://test.io/a"]


def assert_refused(field: str, api: Any, request: Any, **options: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest, match=f"^{field.replace('[', chr(92) + '[')}: ") as caught:
        api.submit(request, **options)
    assert (caught.value.field, caught.value.limit is None) == (field, False)
    return caught.value


BLANK_PROMPTS: list[tuple[Any, Any]] = [
    (PUBLIC_API, Kling26TextToVideo(prompt="")),
    (PUBLIC_API, Kling26TextToVideo(prompt=" \n\t")),
    (PUBLIC_API, Kling25TurboPro(prompt="　")),
    (PUBLIC_API, Kling25TurboPro(prompt="\u200b\u200d \ufeff\u2060")),
    (PUBLIC_API, Kling25TurboPro(prompt="\u2800\u3164")),
    (PUBLIC_API, Kling21Pro(prompt="", image_url=IMAGE_URL)),
    (NATIVE.api, NativeText2Video(model_name="kling-v1-6", mode="pro", prompt="")),
    (RELAY.api, RelayText2Video(model_name="kling-v1", prompt=" ")),
]


@pytest.mark.parametrize(("api", "request_"), BLANK_PROMPTS, ids=lambda value: type(value).__name__)
def test_a_blank_prompt_is_refused(api: Any, request_: Any):
    assert assert_refused("prompt", api, request_).value == request_.prompt


@pytest.mark.parametrize("url", UNREACHABLE_ADDRESSES)
def test_an_image_that_the_service_cannot_fetch_is_refused(url: str):
    assert assert_refused("image_url", PUBLIC_API, Kling21Pro(prompt="a", image_url=url)).value == url
    request = Kling25TurboProImageToVideo(prompt="a", image_url=IMAGE_URL, tail_image_url=url)
    assert assert_refused("tail_image_url", PUBLIC_API, request).value == url


@pytest.mark.parametrize("url", ["data:image/png;base64,iVBORw0KGgo=", "file:///cat.png", "http://127.0.0.1/cat.png"])
def test_an_image_in_a_list_is_named_by_its_place(url: str):
    assert_refused("image_urls[0]", PUBLIC_API, Kling26ImageToVideo(prompt="a", image_urls=[url], sound=False))


def test_a_blank_required_address_is_refused_and_an_empty_optional_one_means_none():
    assert_refused("image_url", PUBLIC_API, Kling21Pro(prompt="a", image_url=""))
    PUBLIC_API.submit(Kling21Pro(prompt="a", image_url=IMAGE_URL, tail_image_url=""))


def test_negative_prompts_may_be_empty():
    PUBLIC_API.submit(Kling25TurboPro(prompt="a", negative_prompt=""))


def test_a_job_is_unchecked():
    PUBLIC_API.submit(Job("any", {"prompt": "", "image_url": "pictures/cat.png"}))


@pytest.mark.parametrize("api_case", ALL_APIS, ids=str)
@pytest.mark.parametrize("url", [url for url in UNREACHABLE_ADDRESSES if url.startswith("http")])
def test_a_callback_to_a_private_address_is_refused_by_a_public_service(api_case: ApiCase, url: str):
    api = api_case.make(API_KEY, "https://api.studio.example")
    assert "at a public address, not 'http" in str(
        assert_refused("callback_url", api, api_case.request, callback_url=url)
    )


@pytest.mark.parametrize("url", PUBLIC_ADDRESSES)
@pytest.mark.parametrize("base_url", ["https://api.kie.ai", "https://[2606:4700::1111]"])
def test_a_public_address_may_be_called(base_url: str, url: str):
    Kie(API_KEY, base_url).submit(Kling21Pro(prompt="a", image_url=url), callback_url=url)


@pytest.mark.parametrize(
    "base_url", ["http://localhost:8900", "http://127.0.0.1:8900", "http://10.1.2.3", "http://emulator:8900"]
)
@pytest.mark.parametrize("url", ["http://localhost/kling", "http://192.168.1.2/kling", "http://web:8000/kling"])
def test_a_service_at_a_private_address_may_call_one(base_url: str, url: str):
    Kie(API_KEY, base_url).submit(CAT_REQUEST, callback_url=url)
    Kie(API_KEY, base_url).submit(Kling21Pro(prompt="a", image_url=url))


@pytest.mark.parametrize(
    ("api", "request_", "hint"),
    [
        (PUBLIC_API, NATIVE.request, r"klingkit\.native: use a Client\(Native\(\)\)"),
        (NATIVE.api, CAT_REQUEST, r"klingkit\.kie: use a Client\(Kie\(\)\)"),
        (RELAY.api, NATIVE.request, r"klingkit\.native: use a Client\(Native\(\)\)"),
        (PUBLIC_API, {"prompt": "a"}, r"not dict; Job\(model, {\.\.\.}\) sends any other"),
    ],
)
def test_a_request_of_another_api_names_the_client_that_takes_it(api: Any, request_: Any, hint: str):
    with pytest.raises(InvalidRequest, match=hint):
        api.submit(request_)


VALID_ELEMENT = Element("courier", "a courier", [IMAGE_URL, IMAGE_URL])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kling_elements[0].name", {"kling_elements": [attrs.evolve(VALID_ELEMENT, name=" ")]}),
        *(
            ("kling_elements[0].element_input_urls[1]", {"kling_elements": [Element("a", "b", [IMAGE_URL, url])]})
            for url in ("http://127.0.0.1/a", "ftp://studio.example/cat")
        ),
        ("multi_prompt[0].prompt", {"multi_prompt": [Shot(" ", 5)], "multi_shots": True}),
    ],
)
def test_an_invalid_field_in_an_object_of_a_list_is_refused(field: str, changes: Any):
    request = Kling30Video(**{"prompt": "a", "sound": True, **changes})
    with pytest.raises(InvalidRequest) as caught:
        PUBLIC_API.submit(request)
    assert caught.value.field == field
    PUBLIC_API.submit(Kling30Video(prompt="a", sound=True, kling_elements=[VALID_ELEMENT]))


@pytest.mark.parametrize(
    "value", ["pictures/cat.png", "C:\\cat.png", "file:///home/me/cat.png", "data:image/png;base64,iVBO"]
)
@pytest.mark.parametrize("api", [PUBLIC_API, Kie(API_KEY, "http://127.0.0.1:8900")], ids=["vendor", "emulator"])
def test_an_error_about_a_file_in_place_of_an_address_names_uploads(api, value):
    error = assert_refused("image_url", api, Kling21Pro(prompt="a cat", image_url=value))
    assert "upload it first, with Client.upload" in str(error)


@pytest.mark.parametrize("value", ["pictures/cat.png", "C:\\cat.png"])
def test_a_class_names_uploads_where_it_refuses_a_path(value):
    with pytest.raises(InvalidRequest, match=r"image_urls.*upload it first, with Client\.upload"):
        Kling30Video(prompt="a", sound=True, duration="5", aspect_ratio="16:9", mode="pro", image_urls=(value,))


@pytest.mark.parametrize("value", ["http:///cat.png", "https://a b/cat.png"])
def test_a_malformed_address_is_not_taken_for_a_file(value):
    assert "upload" not in str(assert_refused("image_url", PUBLIC_API, Kling21Pro(prompt="a cat", image_url=value)))
