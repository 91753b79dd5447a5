"""The sendgrid package's client, over connections that are kept.

The package opens a new connection and reads the bundle of certificates for every call, follows
redirects with the key, waits for ever, and formats key and payload for a debug log. What is kept
of it: the addresses, the headers, the chain of calls (`client.mail.send.post(…)`).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import python_http_client
from sendgrid import SendGridAPIClient

from outreach.delivery.transport import Answer, KeepAlive


class KeepAliveClient(python_http_client.Client):
    """python_http_client's chain of names, ending in a KeepAlive instead of urllib's opener.

    Every status comes back as an Answer, nothing is raised for one. Raises NotReached and Lost.
    """

    def __init__(self, transport: KeepAlive, **settings: Any) -> None:
        super().__init__(**settings)
        self._transport = transport

    def _build_client(self, name: str | None = None) -> "KeepAliveClient":
        return KeepAliveClient(
            self._transport,
            host=self.host,
            version=self._version,
            # Shared by all clients of the package and changed by some calls: each gets its own.
            request_headers=dict(self.request_headers),
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self.methods:
            return self._caller(name.upper())
        return super().__getattr__(name)

    def _caller(self, method: str) -> Callable[..., Answer]:
        def call(
            request_body: Mapping[str, Any] | bytes | None = None,
            query_params: Mapping[str, Any] | None = None,
            request_headers: Mapping[str, str] | None = None,
            timeout: float | None = None,
        ) -> Answer:
            seconds = timeout or self.timeout
            if not seconds:
                raise ValueError("Every call to the provider needs a time-out.")
            headers = {**self.request_headers, **(request_headers or {})}
            body = request_body if isinstance(request_body, bytes) else None
            if request_body is not None:
                body = body or orjson.dumps(request_body)
                headers["Content-Type"] = "application/json"
            address = urlsplit(self._build_url(query_params))
            path = f"{address.path}?{address.query}" if address.query else address.path
            return self._transport.exchange(method, path, headers, body, seconds)

        return call


def sendgrid_client(api_key: str, host: str, transport: KeepAlive) -> KeepAliveClient:
    """The package's API client with our transport in it; the key is in its headers alone."""
    api = SendGridAPIClient(api_key=api_key, host=host)
    return KeepAliveClient(transport, host=host, version=3, request_headers=api._default_headers)
