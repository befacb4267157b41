"""Failures of HTTP requests in a few words."""

from __future__ import annotations

import requests


def describe_request_error(error: requests.RequestException) -> str:
    """The failure, without urllib3's nested representation."""
    if error.response is not None:
        return f"{error.response.status_code} {error.response.reason} from {error.response.url}"
    where = error.request.url if error.request is not None else "the server"
    return (
        f"no answer in time from {where}"
        if isinstance(error, requests.Timeout)
        else f"no connection to {where}"
    )
