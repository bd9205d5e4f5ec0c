"""What runs use of the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from chatkit.types import (
    Attachment,
    AudioInput,
    FeedbackKind,
    Page,
    ThreadItem,
    ThreadMetadata,
    TranscriptionResult,
    UserMessageItem,
)

from teahouse.errors import Problem
from teahouse.protocol import Context
from teahouse.run_types import Batch, Extract, Outcome, RunRecord

Explain = Callable[[Exception], Problem | None]
"""Says what an exception of the assistant's means, if it knows."""


class Claim(Protocol):
    """Takes a thread for the run that is about to begin."""

    async def __call__(self, thread_id: str, message_id: str | None = None) -> None:
        """Take it.

        Raises:
            Problem: RUN_ACTIVE, another run has it.
            AlreadyAsked: the same request has taken it before.
        """


@runtime_checkable
class HouseStore(Protocol):
    """What our own store offers beyond `chatkit.store.Store`; a foreign store is used without."""

    async def begin_turn(self, thread: ThreadMetadata, item: UserMessageItem, context: Context, *, new: bool) -> None:
        """Claim the thread for `context.run` and store its (first) user message, in one transaction.

        Raises what `Claim` does.
        """

    async def begin_again(self, thread_id: str, item_id: str, context: Context) -> list[str]:
        """Claim the thread for `context.run` and delete what came after an item, in one transaction; the ids that went.

        Raises what `Claim` does.
        """

    async def load_latest_items(self, thread_id: str, limit: int, context: Context) -> Page[ThreadItem]:
        """The newest items in ascending order; `after` is the oldest of them when there are more."""

    async def add_feedback(self, thread_id: str, item_ids: list[str], kind: FeedbackKind, context: Context) -> None:
        """Keep a visitor's judgement of items."""

    async def interrupt(self, run: RunRecord, items: Sequence[ThreadItem]) -> bool:
        """End a dead owner's run and keep `items`, those that are not stored yet, in one transaction.

        Returns:
            False, and nothing is done, if it has ended or its owner is alive after all.
        """


class Transcriber(Protocol):
    """Turns speech into text for servers that do not do so themselves."""

    async def transcribe(self, audio: AudioInput, context: Context) -> TranscriptionResult:
        """What is said in a recording."""


@runtime_checkable
class HouseFiles(Protocol):
    """What our own `AttachmentStore` offers beyond ChatKit's; another is used without."""

    async def settle(self, ids: list[str], thread_id: str, context: Context) -> list[Attachment]:
        """The attachments of a message, each whole, and now the thread's."""

    def refresh(self, items: Iterable[ThreadItem], context: Context) -> None:
        """Give the attachments of items addresses that work now."""

    async def of_thread(self, thread_id: str, context: Context) -> list[str]:
        """The ids of a thread's attachments."""

    async def forget(self, ids: list[str]) -> None:
        """Delete the bytes of attachments that are nobody's any more."""


class Ledger(Protocol):
    """Who makes which answer: one running run at most for each thread, whichever replica makes it.

    All methods raise `Problem` (STORE_UNAVAILABLE) when the database cannot be used.

    Attributes:
        shared: whether other replicas use it, too, so that one has to say again and again that one is alive.
    """

    shared: bool

    async def claim(self, thread_id: str, context: Context, message_id: str | None) -> None:
        """Enter `context.run` as running. Raises what `Claim` does."""

    async def release(self, run_id: str) -> None:
        """Strike out a run that has not begun after all."""

    async def end(self, run_id: str, outcome: Outcome) -> bool:
        """Enter how a run has ended; False if others have ended it."""

    async def newest(self, thread_id: str) -> RunRecord | None:
        """The run of a thread that began last, if one is remembered."""

    async def find(self, run_id: str) -> RunRecord | None:
        """A run, if it is remembered."""

    async def want_stop(self, run_id: str) -> None:
        """Have its owner stop it, which learns of it with its next pulse at the latest."""

    async def renew(self, replica: str, seconds: float) -> dict[str, bool]:
        """Say that a replica is alive, and will be for so long.

        Returns:
            Its runs that have not ended, as the ledger has them, and whether somebody wants them stopped.
        """

    async def leave(self, replica: str) -> None:
        """Say that a replica ends here and now; what it has not ended may be interrupted at once."""

    async def orphans(self) -> list[RunRecord]:
        """Running runs whose replica has not said for long that it is alive."""

    async def interrupt(self, run: RunRecord) -> bool:
        """End a dead owner's run; see `HouseStore.interrupt`."""

    async def forget(self) -> None:
        """Delete what nobody will ask for any more."""


class Events(Protocol):
    """Where several replicas keep the frames of running answers: PostgreSQL or Redis.

    Attributes:
        failures: what its methods raise when it cannot be used; it will be tried again.
    """

    failures: tuple[type[Exception], ...]

    async def ship(self, batches: Sequence[Batch], closed: Sequence[str], words: Sequence[str]) -> Mapping[str, int]:
        """Add frames, end the logs of runs and say words to all who listen: all of it or nothing.

        Args:
            batches: frames to add, of one run at most once.
            closed: runs to which nothing may be added any more; what is there is forgotten soon.
            words: what to say.

        Returns:
            Of each run for which nothing was added, because its log does not end where the batch begins: the number of
            its last frame, or `CLOSED`.
        """

    async def read(self, run_id: str, after: int) -> Extract:
        """Frames beyond `after`, in order; not necessarily all of them."""

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Hear each word that is said, and the id of each run that has news, until cancelled.

        An empty word means that something may have been missed.
        """
