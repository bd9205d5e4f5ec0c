"""What the store raises: each is a `Problem` that people read, and the SDK's own type where it has one.

Problem
├── ThreadNotFound, ItemNotFound, AttachmentNotFound     also chatkit.store.NotFoundError
├── ItemUnreadable                                       one row that no longer validates
└── StoreUnavailable                                     the database cannot be used now
    ├── OutcomeUnknown                                   the connection was lost during a commit
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
UNREACHABLE = Kind(
    "store_unavailable", 503,
    ("PostgreSQL{at} cannot be reached: {reason}.", "Start it, or correct host and port in the setting `database`, then try again."),
    ("无法连接 PostgreSQL{at}：{reason}。", "请启动它，或更正设置 `database` 中的主机与端口，然后重试。"),
    retry=True,
)  # fmt: skip
SIGN_IN_REFUSED = Kind(
    "store_unavailable", 503,
    ("PostgreSQL{at} does not let the user{user} in.", "Correct user and password in the setting `database`, or allow the user in the server's pg_hba.conf."),
    ("PostgreSQL{at}拒绝用户{user}登录。", "请更正设置 `database` 中的用户与密码，或在服务器的 pg_hba.conf 中允许该用户。"),
)  # fmt: skip
NO_SUCH_DATABASE = Kind(
    "store_unavailable", 503,
    ("PostgreSQL{at} has no database{name}.", "Make it with `createdb`, or correct its name in the setting `database`."),
    ("PostgreSQL{at}中没有数据库{name}。", "请用 `createdb` 创建，或更正设置 `database` 中的名称。"),
)  # fmt: skip
TOO_MANY_CONNECTIONS = Kind(
    "store_unavailable", 503,
    ("PostgreSQL{at} takes no more connections.", "Raise its `max_connections`, or run fewer replicas: each one uses up to {connections}."),
    ("PostgreSQL{at}的连接数已满。", "请调大其 `max_connections`，或减少副本：每个副本最多使用 {connections} 个连接。"),
    retry=True,
)  # fmt: skip
NOT_PERMITTED = Kind(
    "store_unavailable", 503,
    ("The user{user} may not keep tables in the database{name}.", "Let the user own the schema: CREATE SCHEMA teahouse AUTHORIZATION the user."),
    ("用户{user}无权在数据库{name}中建表。", "请让该用户拥有模式：CREATE SCHEMA teahouse AUTHORIZATION 该用户。"),
)  # fmt: skip
READ_ONLY = Kind(
    "store_unavailable", 503,
    ("PostgreSQL{at} takes no writes: it is a standby, or set to read only.", "Name the primary in the setting `database`."),
    ("PostgreSQL{at}不接受写入：它是备库，或被设为只读。", "请在设置 `database` 中指定主库。"),
    retry=True,
)  # fmt: skip
CONNECTION_LOST = Kind(
    "store_unavailable", 503,
    ("The connection to PostgreSQL was lost.", "Try again in a moment; nothing that was confirmed is lost."),
    ("与 PostgreSQL 的连接已断开。", "请稍后重试；已确认的内容不会丢失。"),
    retry=True,
)  # fmt: skip
OUTCOME_UNKNOWN = Kind(
    "store_unavailable", 503,
    ("The connection to PostgreSQL was lost in the moment of storing, so it is not known whether this was stored.", "Reload the conversation before you try again."),
    ("保存时与 PostgreSQL 的连接中断，不清楚内容是否已保存。", "请先重新加载对话，再决定是否重试。"),
)  # fmt: skip
SERVER_FAILED = Kind(
    "store_unavailable", 503,
    ("PostgreSQL failed ({reason}).", "Look into the database server's log."),
    ("PostgreSQL 出错（{reason}）。", "请查看数据库服务器的日志。"),
    retry=True,
)  # fmt: skip
DRIVER_MISSING = Kind(
    "store_unavailable", 503,
    ("The package that talks to PostgreSQL is not installed.", "Run: pip install 'teahouse[postgres]'"),
    ("尚未安装连接 PostgreSQL 所需的包。", "请运行：pip install 'teahouse[postgres]'"),
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


class OutcomeUnknown(StoreUnavailable):
    """The connection was lost during a commit: it was done, wholly, or not at all. It is not tried again."""

    def __init__(self) -> None:
        super().__init__(OUTCOME_UNKNOWN)


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
