"""What is asked, and what the whole answer has to be: known to the servers and to the load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

_WORDS = (
    "The kettle sings, the leaves unfold, and whoever comes in from the rain is given a cup, a chair "
    "and time; nobody asks for a name before the second pot is empty. "
).split(" ")[:-1]

# thread.created; the question's thread.item.done; stream_options; thread.item.added; the part's beginning and end;
# the answer's thread.item.done. A thread that is there already is not created.
_AROUND = 7


@dataclass(frozen=True)
class Question:
    """An answer that is wanted.

    Attributes:
        deltas: how many pieces of text it has.
        pause: seconds before each piece, as a model takes them; 0 for as fast as possible.
    """

    deltas: int
    pause: float = 0

    @classmethod
    def read(cls, text: str) -> Question:
        """The question in a message's text."""
        deltas, pause = text.split()
        return cls(int(deltas), float(pause))

    def words(self) -> Iterator[str]:
        """The pieces."""
        return (f"{word} " for word in islice(cycle(_WORDS), self.deltas))

    def text(self) -> str:
        """All pieces together."""
        return "".join(self.words())

    def events(self, *, new_thread: bool) -> int:
        """How many events the assistant and the protocol make for it."""
        return self.deltas + _AROUND - (not new_thread)

    def request(self, thread_id: str | None) -> bytes:
        """The ChatKit request that asks it, in a thread or, without one, in a new thread."""
        content = [{"type": "input_text", "text": f"{self.deltas} {self.pause}"}]
        message: dict[str, object] = {
            "content": content,
            "attachments": [],
            "quoted_text": None,
            "inference_options": {},
        }
        params: dict[str, object] = {"input": message}
        if thread_id is not None:
            params["thread_id"] = thread_id
        kind = "threads.create" if thread_id is None else "threads.add_user_message"
        return json.dumps({"type": kind, "params": params}).encode()
