"""`POST /v1/chatkit/sessions` at OpenAI: one pool of connections, time limits, retries, and a circuit that opens.

aiohttp, because it costs half of what the official SDK costs on its own aiohttp transport (benchmarks/sessions).
The retries are ours, because neither stamina nor tenacity knows `Retry-After`, the circuit and one deadline for all.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed has it for macOS and Windows alone
    getproxies_environment,
    proxy_bypass_environment,
)

import aiohttp

from teahouse import logs, reasons
from teahouse.errors import Problem, Words
from teahouse.hosted import errors
from teahouse.hosted.circuit import Circuit
from teahouse.hosted.refusals import refusal
from teahouse.settings import Hosted

log = logs.get(__name__)

_ATTEMPTS = 3
_FIRST_PAUSE = 0.25
"""Seconds before the second attempt; four times as long before the third. Chance shortens each by up to a half."""
_CONNECT_SECONDS = 5.0
_LARGEST_ANSWER = 262_144
"""Bytes; a session has about 1,000, and repeats the state variables that were sent."""


class Answer:
    """A 200 of OpenAI.

    Attributes:
        body: as it came.
        date: the header of this name; empty where there was none.
        request_id: OpenAI's name for the request.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.body = body
        self.date = headers.get("date", "")
        self.request_id = headers.get("x-request-id", "")[:100]


class Api:
    """OpenAI, as sessions need it. Opened by the first request, in the loop that it comes from.

    Args:
        config: where it is and how long to wait.
        key: OpenAI's API key.
        circuit: whether to ask at all.
        pause: waits for so many seconds between two attempts.
    """

    def __init__(
        self,
        config: Hosted,
        key: str,
        *,
        circuit: Circuit | None = None,
        pause: Callable[[float], asyncio.Future[None]] | None = None,
    ) -> None:
        self._url = f"{config.base_url}/chatkit/sessions"
        self._host = urlsplit(config.base_url).netloc.rpartition("@")[2]
        self._workflow = config.workflow_id or ""
        self._proxy = config.proxy.get_secret_value() if config.proxy else proxy_of_environment(config.base_url)
        self._connections = config.connections
        self._timeout = config.timeout_seconds
        self._patience = config.patience_seconds
        self._headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "openai-beta": "chatkit_beta=v1",
        }
        self._circuit = circuit or Circuit(time.monotonic, random.random)
        self._pause = pause or asyncio.sleep
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def post(self, body: bytes) -> Answer:
        """OpenAI's answer to a session request, within the patience of the settings.

        An attempt that failed may have made a session nobody will use; it expires by itself.

        Raises:
            Problem: any of `teahouse.hosted.errors` from HOSTED_RESTING on.
        """
        deadline = asyncio.get_running_loop().time() + self._patience
        try:
            async with asyncio.timeout_at(deadline):
                return await self._attempts(body, deadline)
        except TimeoutError:
            raise Problem(errors.HOSTED_TIMEOUT, limit=self._patience) from None

    async def _attempts(self, body: bytes, deadline: float) -> Answer:
        for number in range(_ATTEMPTS):
            try:
                return await self._attempt(body)
            except Problem as problem:
                pause = _pause_before(number + 1, problem)
                is_late = asyncio.get_running_loop().time() + pause >= deadline
                if number + 1 == _ATTEMPTS or is_late or not _may_be_tried_again(problem):
                    raise
                log.info("session request is tried again", reason=problem.kind.code, pause=round(pause, 2))
                await self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, body: bytes) -> Answer:
        if seconds := self._circuit.admit():
            raise Problem(errors.HOSTED_RESTING, seconds=int(seconds))
        try:
            answer = await self._exchange(body)
        except Problem as problem:
            self._note(problem)
            raise
        except BaseException:
            self._circuit.gave_up()
            raise
        self._circuit.succeeded()
        return answer

    def _note(self, problem: Problem) -> None:
        """Tell the circuit of a problem. A refusal is an answer: OpenAI is well, and we are wrong."""
        if problem.kind not in (errors.HOSTED_UNREACHABLE, errors.HOSTED_UNAVAILABLE, errors.HOSTED_TIMEOUT):
            self._circuit.succeeded()
        elif self._circuit.failed():
            log.warning("OpenAI is left alone for a while", reason=str(problem))

    async def _exchange(self, body: bytes) -> Answer:
        try:
            async with self._connected().post(
                self._url,
                data=body,
                allow_redirects=False,  # the key would go to who knows where
            ) as response:
                content = await _read(response)
                if response.status == 200:
                    return Answer(content, response.headers)
                raise refusal(response.status, response.headers, content, workflow=self._workflow)
        except TimeoutError:  # aiohttp's own are TimeoutErrors, too
            raise Problem(errors.HOSTED_TIMEOUT, limit=self._timeout) from None
        except aiohttp.ClientError as error:
            raise Problem(errors.HOSTED_UNREACHABLE, host=self._host, reason=_why(error)) from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=60, keepalive_timeout=30),
                # No limit on `total` alone: waiting for a free connection is our visitors' crowd, not OpenAI's fault.
                timeout=aiohttp.ClientTimeout(
                    sock_connect=min(_CONNECT_SECONDS, self._timeout), sock_read=self._timeout
                ),
                headers=self._headers,
                proxy=self._proxy,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client


def proxy_of_environment(url: str) -> str | None:
    """The proxy that the environment names for an address, as other programs take it."""
    parts = urlsplit(url)
    proxies = getproxies_environment()
    if proxy_bypass_environment(parts.netloc.rpartition("@")[2], proxies):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if proxy and proxy.startswith(("http://", "https://")) else None


def read_key(config: Hosted, environment: Mapping[str, str]) -> str:
    """OpenAI's key: the setting, the file, the environment; the first that is not empty.

    Raises:
        Problem: HOSTED_KEY_MISSING, with what is wrong with the file where there is one.
    """
    if config.api_key is not None and (key := config.api_key.get_secret_value().strip()):
        return _checked(key, "hosted.api_key", "")
    if config.api_key_file is not None:
        file = config.api_key_file
        try:
            key = file.read_text(encoding="ascii", errors="replace").strip()
        except OSError as error:
            raise _no_key("hosted.api_key_file", f"{file}: ", reasons.of_system(error)) from None
        return _checked(key, "hosted.api_key_file", f"{file}: ")
    return _checked(environment.get("OPENAI_API_KEY", "").strip(), "hosted.api_key", "")


def _checked(key: str, param: str, where: str) -> str:
    if not key and not where:
        raise Problem(errors.HOSTED_KEY_MISSING, param=param, reason="")
    if re.fullmatch(r"[!-~]+", key) is None:  # what a header can carry
        raise _no_key(param, where, Words("what is there is no key", "其中的内容不是密钥"))
    return key


def _no_key(param: str, where: str, why: Words) -> Problem:
    return Problem(errors.HOSTED_KEY_MISSING, param=param, reason=Words(f" ({where}{why.en})", f"（{where}{why.zh}）"))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """A response's body, counted while it comes.

    Raises:
        Problem: HOSTED_ANSWER_UNREADABLE when it is too large.
    """
    pieces, size = [], 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > _LARGEST_ANSWER:
            reason = Words(f"it is larger than {_LARGEST_ANSWER} bytes", f"超过 {_LARGEST_ANSWER} 字节")
            raise Problem(errors.HOSTED_ANSWER_UNREADABLE, reason=reason)
        pieces.append(piece)
    return b"".join(pieces)


def _may_be_tried_again(problem: Problem) -> bool:
    return problem.kind in (
        errors.HOSTED_UNREACHABLE,
        errors.HOSTED_UNAVAILABLE,
        errors.HOSTED_TIMEOUT,
        errors.HOSTED_RATE_LIMITED,
    )


def _pause_before(attempt: int, problem: Problem) -> float:
    """Seconds; never less than OpenAI asks for."""
    pause = _FIRST_PAUSE * 4.0 ** (attempt - 1) * (1 - random.random() / 2)  # noqa: S311 - no secret
    asked = problem.details.get("seconds")
    return max(pause, float(asked)) if isinstance(asked, int) else pause


def _why(error: aiohttp.ClientError) -> Words | str:
    """Why there is no connection, without addresses that may hold a proxy's password."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return Words("its certificate is not trusted", "其证书不受信任")
        case aiohttp.ClientConnectorDNSError():
            return Words("its name is not known", "无法解析其域名")
        case aiohttp.ClientProxyConnectionError():
            return Words("the proxy does not answer", "代理没有回应")
        case aiohttp.ClientHttpProxyError():
            return Words(f"the proxy refused with status {error.status}", f"代理拒绝，状态码 {error.status}")
        case aiohttp.ClientConnectorError():
            return reasons.of_system(error.os_error)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return Words("the connection was closed", "连接被关闭")
        case aiohttp.ClientOSError():
            return reasons.of_system(error)
    return type(error).__name__
