# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.record_info_response import RecordInfoResponse
from ...types import UNSET, Response


def _get_kwargs(
    *,
    task_id: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["taskId"] = task_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/jobs/recordInfo",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | RecordInfoResponse:
    if response.status_code == 200:
        with errors.reading(response):
            response_200 = RecordInfoResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | RecordInfoResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    task_id: str,
) -> Response[ErrorResponse | RecordInfoResponse]:
    """Query the record of a task.

     The state decides; a result may be filled in before the task has succeeded.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | RecordInfoResponse]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    task_id: str,
) -> ErrorResponse | RecordInfoResponse:
    """Query the record of a task.

     The state decides; a result may be filled in before the task has succeeded.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | RecordInfoResponse
    """

    return sync_detailed(
        client=client,
        task_id=task_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    task_id: str,
) -> Response[ErrorResponse | RecordInfoResponse]:
    """Query the record of a task.

     The state decides; a result may be filled in before the task has succeeded.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | RecordInfoResponse]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    task_id: str,
) -> ErrorResponse | RecordInfoResponse:
    """Query the record of a task.

     The state decides; a result may be filled in before the task has succeeded.

    Args:
        task_id (str):

    Raises:
        errors.ResponseParseError: If the response cannot be read or its status is not declared.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | RecordInfoResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            task_id=task_id,
        )
    ).parsed
