"""What the store raises: each is a `Problem` that people read, and the SDK's own type where it has one.

Problem
├── ThreadNotFound, ItemNotFound, AttachmentNotFound     also chatkit.store.NotFoundError
├── ItemUnreadable                                       one row that no longer validates
└── StoreUnavailable                                     the database cannot be used now
    └── SchemaTooNew                                     it was written by a newer Teahouse
"""

from __future__ import annotations

from chatkit.store import NotFoundError

from teahouse import errors
from teahouse.errors import Kind, Problem

# One code and one page; what differs is the reason, and so the cure.
DISK_FULL = Kind(
    "store_unavailable", 503,
    ("Conversations cannot be stored: the disk is full.", "Free some space on the server; nothing that was confirmed is lost."),
    ("无法保存对话：磁盘已满。", "请在服务器上清理空间；已确认的内容不会丢失。"),
    retry=True,
)  # fmt: skip
LOCKED = Kind(
    "store_unavailable", 503,
    ("Conversations cannot be stored: another program holds the database locked.", "Try again; if it stays, close the program that has {path} open."),
    ("无法保存对话：数据库被其他程序锁定。", "请重试；若持续出现，请关闭正在打开 {path} 的程序。"),
    retry=True,
)  # fmt: skip
DAMAGED = Kind(
    "store_unavailable", 503,
    ("The database {path} is damaged.", "Stop the server and restore a backup, or save what is readable with `sqlite3 FILE .recover`."),
    ("数据库 {path} 已损坏。", "请停止服务器并恢复备份，或用 `sqlite3 文件 .recover` 取回可读的内容。"),
)  # fmt: skip
NOT_A_DATABASE = Kind(
    "store_unavailable", 503,
    ("The file {path} is not a Teahouse database.", "Move it away, or name another data folder."),
    ("文件 {path} 不是 Teahouse 的数据库。", "请移走该文件，或另选数据目录。"),
)  # fmt: skip
NOT_WRITABLE = Kind(
    "store_unavailable", 503,
    ("The database {path} cannot be written.", "Make the file and its folder writable for the user who runs the server."),
    ("数据库 {path} 不可写。", "请让运行服务器的用户可以写入该文件及其所在目录。"),
)  # fmt: skip
CANNOT_OPEN = Kind(
    "store_unavailable", 503,
    ("The database {path} cannot be opened.", "Check that its folder exists and that the user who runs the server may write there."),
    ("无法打开数据库 {path}。", "请确认其所在目录存在，且运行服务器的用户可以写入。"),
)  # fmt: skip
DISK_FAILED = Kind(
    "store_unavailable", 503,
    ("Conversations cannot be stored: the disk refused to read or write {path}.", "Check the server's disk, its quota and its system log."),
    ("无法保存对话：磁盘拒绝读写 {path}。", "请检查服务器的磁盘、配额与系统日志。"),
    retry=True,
)  # fmt: skip
OVERLOADED = Kind(
    "store_unavailable", 503,
    ("The database did not answer within {seconds:g} seconds.", "Try again in a moment."),
    ("数据库未在 {seconds:g} 秒内响应。", "请稍后重试。"),
    retry=True,
)  # fmt: skip
CLOSED = Kind(
    "store_unavailable", 503,
    ("The database {path} is not open.", "Wait until the server has started, or start it again."),
    ("数据库 {path} 尚未打开。", "请等待服务器启动完成，或重新启动。"),
    retry=True,
)  # fmt: skip
SCHEMA_TOO_NEW = Kind(
    "schema_too_new", 503,
    ("The database {path} was written by a newer Teahouse (schema {found}; this one knows up to {known}).", "Install that version again, or restore the backup that lies beside the database."),
    ("数据库 {path} 由更新版本的 Teahouse 写入（结构 {found}，当前版本最高支持 {known}）。", "请重新安装该版本，或恢复数据库旁边的备份。"),
)  # fmt: skip
ITEM_UNREADABLE = Kind(
    "item_unreadable", 500,
    ("The stored message {item_id} cannot be read.", "The rest of the conversation is intact; the server log says what is wrong with it."),
    ("无法读取已保存的消息 {item_id}。", "对话的其余部分完好；服务器日志记录了具体原因。"),
)  # fmt: skip


class StoreUnavailable(Problem):
    """The database cannot be used now: full, locked, damaged, unreachable. `message()` says what to do."""


class SchemaTooNew(StoreUnavailable):
    """The database has a schema that only a newer Teahouse knows; nothing was changed."""


class ThreadNotFound(Problem, NotFoundError):
    """No such thread, or somebody else's: which of the two is not said."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(errors.THREAD_NOT_FOUND, param="thread_id")
        self.thread_id = thread_id


class ItemNotFound(Problem, NotFoundError):
    """The thread is there, the item is not."""

    def __init__(self, item_id: str) -> None:
        super().__init__(errors.ITEM_NOT_FOUND, param="item_id")
        self.item_id = item_id


class AttachmentNotFound(Problem, NotFoundError):
    """No such attachment, or somebody else's."""

    def __init__(self, attachment_id: str) -> None:
        super().__init__(errors.ATTACHMENT_NOT_FOUND, param="attachment_id")
        self.attachment_id = attachment_id


class ItemUnreadable(Problem):
    """A stored row no longer validates: edited by hand, or written by another version.

    Attributes:
        item_id: the row's id (of an item, a thread or an attachment).
    """

    def __init__(self, item_id: str) -> None:
        super().__init__(ITEM_UNREADABLE, item_id=item_id)
        self.item_id = item_id
