"""One open page: what the element does with the network, and the rules that its streams have to keep.

It sends, watches, loses its connection, comes back and loads anew as `element/src/chat` does, only faster.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2

from house import message_of

from .record import Json, Record, answers_in, text_of
from .view import View

ELEMENT = {"accept": "text/event-stream;profile=teahouse, application/json", "accept-language": "en"}
SILENCE = 3.0
"""Seconds without a byte, though a heartbeat is due each second, after which a connection is given up."""
_FIRST_REST, _LONGEST_REST = 0.05, 0.5


class Lost(Exception):
    """The connection broke, or the server says that it cannot just now: worth another try."""


@dataclass
class Outgoing:
    """A request that has not been acknowledged.

    Attributes:
        text: what is asked, or asked again.
        again: the id of the stored message of which another answer is wanted.
        key: the same with each try, so that the server knows it.
        request: the same with each try, too.
    """

    text: str
    again: str | None = None
    key: str = field(default_factory=lambda: str(uuid4()))
    request: Json | None = None

    def body(self, thread_id: str | None) -> Json:
        """What to send, from a page that shows this thread or a new one."""
        self.request = self.request or self._request(thread_id)
        return self.request

    def _request(self, thread_id: str | None) -> Json:
        if self.again is not None:
            return {"type": "threads.retry_after_item", "params": {"thread_id": thread_id, "item_id": self.again}}
        said = {"input": message_of(self.text)}
        if thread_id is None:
            return {"type": "threads.create", "params": said}
        return {"type": "threads.add_user_message", "params": said | {"thread_id": thread_id}}


@dataclass
class Visitor:
    """A person with one thread, in one browser: its tabs share the cookie.

    Attributes:
        thread_id: None until the first message is known to be stored.
        retried: the texts that were to be answered again; each removes items without telling.
    """

    name: str
    http: httpx2.AsyncClient
    record: Record
    thread_id: str | None = None
    retried: list[str] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)

    async def ask(self, kind: str, **params: object) -> Json:
        """The JSON that answers a quick request.

        Raises:
            Lost: no answer, or the server's word that it cannot just now.
        """
        body = {"type": kind, "params": params}
        try:
            response = await self.http.post("/chatkit", json=body, headers=ELEMENT)
        except httpx2.TransportError as error:
            raise Lost(repr(error)) from error
        self.expect(response, kind)
        found: Json = response.json()
        return found

    def expect(self, response: httpx2.Response, what: str) -> None:
        """Go on if the server answers.

        Raises:
            Lost: it cannot just now.
        """
        if response.status_code == 200:
            return
        # Never a bare 500, and nothing that is refused: all that is asked here is right.
        if response.status_code not in (429, 502, 503, 504):
            said = response.text if response.is_closed else ""
            self.record.violated(self.name, f"{what} is answered with {response.status_code} {said}")
        raise Lost(f"{what}: {response.status_code}")

    async def stored(self) -> list[Json]:
        """All items of the thread, oldest first."""
        acknowledged = dict(self.record.stored)
        items: list[Json] = []
        after: str | None = None
        more = True
        while more:
            page = await self.ask("items.list", thread_id=self.thread_id, order="asc", limit=100, after=after)
            items += page["data"]
            after, more = page.get("after"), page["has_more"]
        self._expect_acknowledged(items, acknowledged)
        return items

    def _expect_acknowledged(self, items: list[Json], acknowledged: dict[str, str]) -> None:
        """What was acknowledged when the question was asked is in the answer, whichever replica gave it."""
        said = [text_of(item) for item in items if item["type"] == "user_message"]
        for text in acknowledged:
            if text.startswith(f"{self.name} ") and said.count(text) != 1:
                self.record.violated(self.name, f"{text!r} was acknowledged and is stored {said.count(text)} times")

    async def stop(self) -> None:
        """Press the stop button, once."""
        if self.thread_id is None:
            return
        try:
            response = await self.http.post(f"/chatkit/runs/{self.thread_id}/stop", headers=ELEMENT)
            self.expect(response, "stop")
            run_id = response.json()["run"]
            self.record.note(self.name, f"stopped {run_id}")
            if run_id is not None:
                self.record.stops.add(run_id)
                self._remember_what_is_kept(run_id, await self.stored())
        except (Lost, httpx2.TransportError) as error:
            self.record.note(self.name, f"stop did not arrive: {error!r}")

    def _remember_what_is_kept(self, run_id: str, items: list[Json]) -> None:
        """What was written is stored when the stop is acknowledged, and stays as it is."""
        for question, answers in answers_in(items):
            if text_of(question) == self.record.questions.get(run_id):
                self.record.kept[text_of(question)] = [text_of(item) for item in answers]


class Tab:
    """A reader that stays, whatever happens to its connections.

    Attributes:
        view: the thread as this reader sees it.
    """

    def __init__(self, visitor: Visitor, *, name: str) -> None:
        self.name = name
        self.view = View()
        self._visitor = visitor
        self._record = visitor.record
        self._line: deque[Outgoing] = deque()
        self._blocked = False
        self._run: str | None = None
        self._after = 0
        self._idle = False
        self._loaded = False
        self._read_with = 0
        self._attempts = 0
        self._connection: asyncio.Task[None] | None = None

    # What a person does ----------------------------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> None:
        """Say something as soon as nothing else is being answered."""
        if outgoing.again is not None:
            self._visitor.retried.append(outgoing.text)
        self._line.append(outgoing)
        if self._run is None:
            self._break_off()

    def drop(self) -> None:
        """The network goes; it comes back to where it was."""
        self._note("drops")
        self._break_off()

    def reload(self) -> None:
        """Another page in the same place: it knows nothing but the thread."""
        self._note("reloads")
        # What was not acknowledged is lost with the page, unless it waits in a draft: here it does.
        self._nowhere()
        self._loaded = False
        self.view = View()
        self._break_off()

    @property
    def settled(self) -> bool:
        """Nothing to send, nothing being answered, and connected to hear of more."""
        return self._idle and not self._line

    @property
    def sends(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._line)

    def __str__(self) -> str:
        waiting = [outgoing.text for outgoing in self._line]
        return f"idle: {self._idle}, reads {self._run}, waiting: {waiting}, shows {self.view.shown()[-2:]}"

    # What the page does ----------------------------------------------------------------------------------

    async def live(self) -> None:
        """Stay until cancelled."""
        while True:
            self._connection = asyncio.create_task(self._connect(), name=self.name)
            try:
                await asyncio.wait([self._connection])
            except asyncio.CancelledError:
                self._connection.cancel()
                await asyncio.wait([self._connection])
                raise
            self._idle = False
            lost = None if self._connection.cancelled() else self._connection.exception()
            if lost is None:
                self._attempts = 0
                continue
            if not isinstance(lost, Lost | httpx2.TransportError):
                raise lost
            self._note_attempt(f"lost: {lost!r}")
            await asyncio.sleep(min(_LONGEST_REST, _FIRST_REST * 2**self._attempts))
            self._attempts += 1

    def _break_off(self) -> None:
        if self._connection is not None:
            self._connection.cancel()

    async def _connect(self) -> None:
        # A page looks before it speaks: whether something goes on, and how what went on has ended.
        looked = self._visitor.thread_id is None or (self._loaded and self._run is None)
        if self._line and not self._blocked and looked:
            await self._send(self._line[0])
        elif self._visitor.thread_id is None:
            await self._record.news()
        else:
            self._blocked = False
            await self._watch()

    async def _send(self, outgoing: Outgoing) -> None:
        self._note_attempt(f"sends {outgoing.text!r}{' again' if outgoing.again else ''}")
        headers = ELEMENT | {"idempotency-key": outgoing.key}
        async with self._visitor.http.stream(
            "POST", "/chatkit", json=outgoing.body(self._visitor.thread_id), headers=headers
        ) as response:
            if response.status_code == 409:
                await response.aread()
                if response.json()["error"]["code"] == "run_active":
                    self._note("has to wait")
                    self._blocked = True
                    return
            self._visitor.expect(response, "sending")
            run_id = response.headers["x-teahouse-run"]
            self._record.questions[run_id] = outgoing.text
            if outgoing.again is not None:  # The message is stored long since; the headers say that this is accepted.
                self._line.popleft()
            self._nowhere()
            await self._read(response, asked=True)

    async def _watch(self) -> None:
        self._note_attempt(f"watches {self._run or ''} {self._after or ''}")
        params = {"run": self._run} if self._run else {}
        headers = ELEMENT | ({"last-event-id": str(self._after)} if self._after else {})
        url = f"/chatkit/runs/{self._visitor.thread_id}"
        async with self._visitor.http.stream("GET", url, params=params, headers=headers) as response:
            self._visitor.expect(response, "watching")
            await self._read(response, asked=False)

    async def _read(self, response: httpx2.Response, *, asked: bool) -> None:
        first = True
        async for number, data in frames(response, silence=SILENCE):
            if number is None:
                await self._heard(json.loads(data), first=first, asked=asked)
                first, self._attempts = False, 0
                if self._line and self._run is None and not self._blocked and not asked:
                    return
            elif first and asked:
                # The run has ended since this was sent for the first time: it is told what is stored of it.
                self._told_again(number, json.loads(data))
            else:
                self._follow(number, data)
        if self._run is not None:
            raise Lost("the stream ended before its run")

    async def _heard(self, run: Json, *, first: bool, asked: bool) -> None:
        run_id, state = run["id"], run["state"]
        if state == "running":
            if run_id != self._run:
                self._run, self._after = run_id, 0
                self._note(f"reads {run_id}")
                # Whoever asked knows the thread; what others ask may have removed items from it.
                self._loaded = self._loaded and asked
            if not self._loaded and not asked:
                await self._load()
            return
        # An end that is not that of the run one has read: of that run, something was missed.
        followed = self._run in (None, run_id)
        if run_id is not None:
            self._record.ended(self.name, run_id, state)
        self._note(f"is told {state}{' and to reload' if run.get('reload') else ''} {run_id or ''}")
        self._nowhere()
        if self._visitor.thread_id is None:
            raise Lost("a run that ended before it could say in which thread: to be sent again")
        self.view.end()
        self._loaded = self._loaded and followed and not run.get("reload") and state != "interrupted"
        if not self._loaded or first:
            await self._load()
        self._idle = True
        self._note("is up to date")

    def _follow(self, number: int, data: bytes) -> None:
        if self._run is None:
            self._record.violated(self.name, f"frame {number} comes without a run")
            return
        if number != self._after + 1:
            self._record.violated(self.name, f"frame {number} of {self._run} comes after {self._after}")
        self._after = number
        self._record.frame(self.name, self._run, number, data)
        self._take(json.loads(data))

    def _told_again(self, number: int, event: Json) -> None:
        self._after += 1
        if number != self._after:
            self._record.violated(self.name, f"frame {number} of what is stored comes in place of {self._after}")
        self._loaded = False
        self._take(event)

    def _take(self, event: Json) -> None:
        if event["type"] == "thread.created":
            self._visitor.thread_id = event["thread"]["id"]
        elif event["type"] == "thread.item.done" and event["item"]["type"] == "user_message":
            self._acknowledge(event["item"])
        elif event["type"] == "error":
            self._note(f"is told of {event['code']}")
        self.view.apply(event)

    def _acknowledge(self, item: Json) -> None:
        text = text_of(item)
        self._record.acknowledged(self.name, text, item["id"])
        if self._line and self._line[0].again is None and self._line[0].text == text:
            self._line.popleft()

    async def _load(self) -> None:
        believed, retried = self.view.shown(), len(self._visitor.retried)
        items = await self._visitor.stored()
        self.view.load(items, amid=self._after > 0)
        # What was read to its end is what is stored, but for what others have retried since.
        if self._loaded and retried == self._read_with and self.view.shown()[: len(believed)] != believed:
            self._record.violated(self.name, f"{believed[-2:]} is what was read, but stored is {self.view.shown()}")
        self._read_with = len(self._visitor.retried)
        self._loaded = True
        self._note(f"has loaded {len(items)} items")
        for item in items:
            if item["type"] == "user_message":
                self._acknowledge(item)

    def _nowhere(self) -> None:
        self._run, self._after = None, 0

    def _note_attempt(self, what: str) -> None:
        """What is tried again and again is told once."""
        if self._attempts == 0:
            self._note(what)

    def _note(self, what: str) -> None:
        self._record.note(self.name, what)


async def frames(response: httpx2.Response, *, silence: float) -> AsyncIterator[tuple[int | None, bytes]]:
    """Number and data of each whole frame; None as number for those of the type `run`.

    Raises:
        Lost: the connection broke or says nothing, not even a heartbeat.
    """
    buffer = b""
    pieces = response.aiter_raw()
    while True:
        try:
            async with asyncio.timeout(silence):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except (TimeoutError, httpx2.TransportError) as error:
            raise Lost(repr(error)) from error
        *whole, buffer = (buffer + piece).split(b"\n\n")
        for frame in whole:
            if frame == b": ping":
                continue
            head, _, data = frame.partition(b"\ndata: ")
            yield (None if head == b"event: run" else int(head.removeprefix(b"id: "))), data
