# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_kling_3_motion_control import CreateKling3MotionControl
from ...models.create_kling_3_turbo_image_to_video import CreateKling3TurboImageToVideo
from ...models.create_kling_3_turbo_text_to_video import CreateKling3TurboTextToVideo
from ...models.create_kling_21_master_image_to_video import (
    CreateKling21MasterImageToVideo,
)
from ...models.create_kling_21_master_text_to_video import (
    CreateKling21MasterTextToVideo,
)
from ...models.create_kling_21_pro import CreateKling21Pro
from ...models.create_kling_21_standard import CreateKling21Standard
from ...models.create_kling_25_turbo_pro import CreateKling25TurboPro
from ...models.create_kling_25_turbo_pro_image_to_video import (
    CreateKling25TurboProImageToVideo,
)
from ...models.create_kling_26_image_to_video import CreateKling26ImageToVideo
from ...models.create_kling_26_motion_control import CreateKling26MotionControl
from ...models.create_kling_26_text_to_video import CreateKling26TextToVideo
from ...models.create_kling_30_video import CreateKling30Video
from ...models.create_kling_avatar_pro import CreateKlingAvatarPro
from ...models.create_kling_avatar_standard import CreateKlingAvatarStandard
from ...models.create_task_response import CreateTaskResponse
from ...models.error_response import ErrorResponse
from ...types import Response


def _get_kwargs(
    *,
    body: CreateKling21MasterImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21Pro
    | CreateKling21Standard
    | CreateKling25TurboPro
    | CreateKling25TurboProImageToVideo
    | CreateKling26ImageToVideo
    | CreateKling26MotionControl
    | CreateKling26TextToVideo
    | CreateKling30Video
    | CreateKling3MotionControl
    | CreateKling3TurboImageToVideo
    | CreateKling3TurboTextToVideo
    | CreateKlingAvatarPro
    | CreateKlingAvatarStandard,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/jobs/createTask",
    }

    if isinstance(body, CreateKling26TextToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling21Pro):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling25TurboPro):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling26ImageToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling25TurboProImageToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling21MasterTextToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling21MasterImageToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling21Standard):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling3TurboTextToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling3TurboImageToVideo):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKlingAvatarStandard):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKlingAvatarPro):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling26MotionControl):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CreateKling30Video):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreateTaskResponse | ErrorResponse:
    if response.status_code == 200:
        with errors.reading(response):
            response_200 = CreateTaskResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        with errors.reading(response):
            response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        with errors.reading(response):
            response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        with errors.reading(response):
            response_402 = ErrorResponse.from_dict(response.json())

        return response_402

    if response.status_code == 404:
        with errors.reading(response):
            response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 422:
        with errors.reading(response):
            response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        with errors.reading(response):
            response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 433:
        with errors.reading(response):
            response_433 = ErrorResponse.from_dict(response.json())

        return response_433

    if response.status_code == 455:
        with errors.reading(response):
            response_455 = ErrorResponse.from_dict(response.json())

        return response_455

    if response.status_code == 500:
        with errors.reading(response):
            response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if response.status_code == 501:
        with errors.reading(response):
            response_501 = ErrorResponse.from_dict(response.json())

        return response_501

    if response.status_code == 505:
        with errors.reading(response):
            response_505 = ErrorResponse.from_dict(response.json())

        return response_505

    raise errors.unreadable(response, "undeclared status")


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreateTaskResponse | ErrorResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateKling21MasterImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21Pro
    | CreateKling21Standard
    | CreateKling25TurboPro
    | CreateKling25TurboProImageToVideo
    | CreateKling26ImageToVideo
    | CreateKling26MotionControl
    | CreateKling26TextToVideo
    | CreateKling30Video
    | CreateKling3MotionControl
    | CreateKling3TurboImageToVideo
    | CreateKling3TurboTextToVideo
    | CreateKlingAvatarPro
    | CreateKlingAvatarStandard,
) -> Response[CreateTaskResponse | ErrorResponse]:
    """Create a video task.

     Costs money. The response has only the task's id; the video follows through a query or a callback.
    An error may come as an HTTP status or as `code` inside an HTTP 200.

    Args:
        body (CreateKling21MasterImageToVideo | CreateKling21MasterTextToVideo | CreateKling21Pro
            | CreateKling21Standard | CreateKling25TurboPro | CreateKling25TurboProImageToVideo |
            CreateKling26ImageToVideo | CreateKling26MotionControl | CreateKling26TextToVideo |
            CreateKling30Video | CreateKling3MotionControl | CreateKling3TurboImageToVideo |
            CreateKling3TurboTextToVideo | CreateKlingAvatarPro | CreateKlingAvatarStandard):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateTaskResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: CreateKling21MasterImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21Pro
    | CreateKling21Standard
    | CreateKling25TurboPro
    | CreateKling25TurboProImageToVideo
    | CreateKling26ImageToVideo
    | CreateKling26MotionControl
    | CreateKling26TextToVideo
    | CreateKling30Video
    | CreateKling3MotionControl
    | CreateKling3TurboImageToVideo
    | CreateKling3TurboTextToVideo
    | CreateKlingAvatarPro
    | CreateKlingAvatarStandard,
) -> CreateTaskResponse | ErrorResponse:
    """Create a video task.

     Costs money. The response has only the task's id; the video follows through a query or a callback.
    An error may come as an HTTP status or as `code` inside an HTTP 200.

    Args:
        body (CreateKling21MasterImageToVideo | CreateKling21MasterTextToVideo | CreateKling21Pro
            | CreateKling21Standard | CreateKling25TurboPro | CreateKling25TurboProImageToVideo |
            CreateKling26ImageToVideo | CreateKling26MotionControl | CreateKling26TextToVideo |
            CreateKling30Video | CreateKling3MotionControl | CreateKling3TurboImageToVideo |
            CreateKling3TurboTextToVideo | CreateKlingAvatarPro | CreateKlingAvatarStandard):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateTaskResponse | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateKling21MasterImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21Pro
    | CreateKling21Standard
    | CreateKling25TurboPro
    | CreateKling25TurboProImageToVideo
    | CreateKling26ImageToVideo
    | CreateKling26MotionControl
    | CreateKling26TextToVideo
    | CreateKling30Video
    | CreateKling3MotionControl
    | CreateKling3TurboImageToVideo
    | CreateKling3TurboTextToVideo
    | CreateKlingAvatarPro
    | CreateKlingAvatarStandard,
) -> Response[CreateTaskResponse | ErrorResponse]:
    """Create a video task.

     Costs money. The response has only the task's id; the video follows through a query or a callback.
    An error may come as an HTTP status or as `code` inside an HTTP 200.

    Args:
        body (CreateKling21MasterImageToVideo | CreateKling21MasterTextToVideo | CreateKling21Pro
            | CreateKling21Standard | CreateKling25TurboPro | CreateKling25TurboProImageToVideo |
            CreateKling26ImageToVideo | CreateKling26MotionControl | CreateKling26TextToVideo |
            CreateKling30Video | CreateKling3MotionControl | CreateKling3TurboImageToVideo |
            CreateKling3TurboTextToVideo | CreateKlingAvatarPro | CreateKlingAvatarStandard):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateTaskResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateKling21MasterImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21Pro
    | CreateKling21Standard
    | CreateKling25TurboPro
    | CreateKling25TurboProImageToVideo
    | CreateKling26ImageToVideo
    | CreateKling26MotionControl
    | CreateKling26TextToVideo
    | CreateKling30Video
    | CreateKling3MotionControl
    | CreateKling3TurboImageToVideo
    | CreateKling3TurboTextToVideo
    | CreateKlingAvatarPro
    | CreateKlingAvatarStandard,
) -> CreateTaskResponse | ErrorResponse:
    """Create a video task.

     Costs money. The response has only the task's id; the video follows through a query or a callback.
    An error may come as an HTTP status or as `code` inside an HTTP 200.

    Args:
        body (CreateKling21MasterImageToVideo | CreateKling21MasterTextToVideo | CreateKling21Pro
            | CreateKling21Standard | CreateKling25TurboPro | CreateKling25TurboProImageToVideo |
            CreateKling26ImageToVideo | CreateKling26MotionControl | CreateKling26TextToVideo |
            CreateKling30Video | CreateKling3MotionControl | CreateKling3TurboImageToVideo |
            CreateKling3TurboTextToVideo | CreateKlingAvatarPro | CreateKlingAvatarStandard):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateTaskResponse | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
