"""Requests through the docker SDK's own session: TCP, with TLS or without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.drivers.docker import duplex
from reconciler.drivers.docker.duplex import Duplex
from reconciler.drivers.docker.endpoint import Endpoint
from reconciler.drivers.docker.transport import POOL_SIZE, UPGRADE, Body, Reply, Stream


class SdkTransport:
    """Requests through the SDK's session."""

    def __init__(self, endpoint: Endpoint) -> None:
        import docker

        tls: Any = False
        if endpoint.tls is not None:
            files = (endpoint.tls.cert, endpoint.tls.key)
            tls = docker.tls.TLSConfig(client_cert=files, ca_cert=endpoint.tls.ca, verify=True)
        # Versions are put into paths by the client; a given one keeps the SDK from asking for it.
        self._session = docker.APIClient(base_url=endpoint.url, version="1.41", tls=tls, max_pool_size=POOL_SIZE)
        # The environment's proxies and CA bundles are not for the engine.
        self._session.trust_env = False

    def send(self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None) -> Reply:
        response = self._request(method, target, body, headers, timeout, stream=False)
        return Reply(response.status_code, response.headers, response.content)

    def open(self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None) -> Stream:
        return _SdkStream(self._request(method, target, body, headers, timeout, stream=True))

    def upgrade(self, target: str, body: bytes, headers: Mapping[str, str]) -> Reply | Duplex:
        response = self._request("POST", target, body, {**headers, **UPGRADE}, None, stream=True)
        if response.status_code >= 400:
            return Reply(response.status_code, {}, response.content)
        return duplex.of_sdk(response)

    def close(self) -> None:
        self._session.close()

    def _request(
        self, method: str, target: str, body: Body, headers: Mapping[str, str], timeout: float | None, *, stream: bool
    ) -> Any:
        import requests

        url = self._session.base_url + target
        try:
            return self._session.request(
                method, url, data=body, headers=dict(headers), timeout=timeout, stream=stream
            )
        except requests.Timeout as problem:
            raise TimeoutError(str(problem)) from problem
        except requests.RequestException as problem:
            raise ConnectionError(str(problem)) from problem


class _SdkStream:
    def __init__(self, response: Any) -> None:
        self._response = response
        self._duplex = duplex.of_sdk(response) if response.raw._fp.fp is not None else None
        self.status = response.status_code

    def chunks(self) -> Iterator[bytes]:
        import urllib3

        try:
            yield from self._response.raw.stream(65536)
        except urllib3.exceptions.TimeoutError as problem:
            raise TimeoutError(str(problem)) from problem
        except (urllib3.exceptions.HTTPError, AttributeError) as problem:
            # urllib3 trips over its own closed file when a connection is cut.
            raise ConnectionError(str(problem)) from problem

    def interrupt(self) -> None:
        if self._duplex is not None:
            self._duplex.cut()

    def close(self) -> None:
        self._response.close()
