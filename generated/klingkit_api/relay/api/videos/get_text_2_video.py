# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.text_2_video_response import Text2VideoResponse
from ...types import Response


def _get_kwargs(
    task_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/kling/v1/videos/text2video/{task_id}".format(
            task_id=quote(str(task_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | Text2VideoResponse:
    if response.status_code == 200:
        with errors.reading(response):
            response_200 = Text2VideoResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        with errors.reading(response):
            response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        with errors.reading(response):
            response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        with errors.reading(response):
            response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        with errors.reading(response):
            response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        with errors.reading(response):
            response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        with errors.reading(response):
            response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        with errors.reading(response):
            response_503 = ErrorResponse.from_dict(response.json())

        return response_503

    if response.status_code == 504:
        with errors.reading(response):
            response_504 = ErrorResponse.from_dict(response.json())

        return response_504

    raise errors.unreadable(response, "undeclared status")


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | Text2VideoResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[ErrorResponse | Text2VideoResponse]:
    """Query a task.

     Described only in the official documents; here under the relay's own path.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Text2VideoResponse]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    task_id: str,
    *,
    client: AuthenticatedClient,
) -> ErrorResponse | Text2VideoResponse:
    """Query a task.

     Described only in the official documents; here under the relay's own path.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Text2VideoResponse
    """

    return sync_detailed(
        task_id=task_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[ErrorResponse | Text2VideoResponse]:
    """Query a task.

     Described only in the official documents; here under the relay's own path.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Text2VideoResponse]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    task_id: str,
    *,
    client: AuthenticatedClient,
) -> ErrorResponse | Text2VideoResponse:
    """Query a task.

     Described only in the official documents; here under the relay's own path.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Text2VideoResponse
    """

    return (
        await asyncio_detailed(
            task_id=task_id,
            client=client,
        )
    ).parsed
