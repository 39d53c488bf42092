# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.task_envelope import TaskEnvelope
from ...models.task_response import TaskResponse
from ...types import Response


def _get_kwargs(
    task_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/videos/text2video/{task_id}".format(
            task_id=quote(str(task_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | TaskEnvelope | TaskResponse:
    if response.status_code == 200:
        with errors.reading(response):

            def _parse_response_200(data: object) -> TaskEnvelope | TaskResponse:
                try:
                    response_200_type_0 = TaskResponse.from_dict(data)

                    return response_200_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                response_200_type_1 = TaskEnvelope.from_dict(data)

                return response_200_type_1

            response_200 = _parse_response_200(response.json())

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
) -> Response[ErrorResponse | TaskEnvelope | TaskResponse]:
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
) -> Response[ErrorResponse | TaskEnvelope | TaskResponse]:
    """Query a task.

     To be sent every 5 to 10 seconds until the task has ended.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TaskEnvelope | TaskResponse]
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
) -> ErrorResponse | TaskEnvelope | TaskResponse:
    """Query a task.

     To be sent every 5 to 10 seconds until the task has ended.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TaskEnvelope | TaskResponse
    """

    return sync_detailed(
        task_id=task_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[ErrorResponse | TaskEnvelope | TaskResponse]:
    """Query a task.

     To be sent every 5 to 10 seconds until the task has ended.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TaskEnvelope | TaskResponse]
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
) -> ErrorResponse | TaskEnvelope | TaskResponse:
    """Query a task.

     To be sent every 5 to 10 seconds until the task has ended.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TaskEnvelope | TaskResponse
    """

    return (
        await asyncio_detailed(
            task_id=task_id,
            client=client,
        )
    ).parsed
