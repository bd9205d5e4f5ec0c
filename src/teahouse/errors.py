"""Everything that can go wrong, once: a stable code, the cause, the cure, an HTTP status and a page.

`Problem` is the one exception that reaches people. It carries a `Kind`; the kinds below are the whole
taxonomy, and each has a page at `docs/<language>/errors/<code>` (a test holds the two together).

    400 INVALID_JSON  INVALID_REQUEST  UNKNOWN_OPERATION  WRONG_ITEM_KIND  FILE_EMPTY  TOO_MANY_FILES
    403 ORIGIN_NOT_ALLOWED
    404 THREAD_NOT_FOUND  ITEM_NOT_FOUND  ATTACHMENT_NOT_FOUND  NOT_FOUND
    405 METHOD_NOT_ALLOWED
    409 THREAD_LOCKED  RUN_ACTIVE  UPLOAD_INCOMPLETE
    413 REQUEST_TOO_LARGE  FILE_TOO_LARGE
    415 FILE_TYPE_REFUSED  AUDIO_REFUSED
    422 FILE_UNREADABLE  KEY_REUSED
    429 TOO_MANY_REQUESTS
    500 INTERNAL_ERROR  AGENT_FAILED
    501 OPERATION_NOT_SUPPORTED
    502 MODEL_UNREACHABLE  MODEL_KEY_REFUSED  MODEL_ACCESS_DENIED  MODEL_NOT_FOUND  MODEL_RATE_LIMITED
        MODEL_REQUEST_REFUSED  MODEL_UNAVAILABLE
    503 STORE_UNAVAILABLE  FILES_UNAVAILABLE  RUN_INTERRUPTED  SHUTTING_DOWN
    504 MODEL_TIMEOUT  RESPONSE_TIMED_OUT  RESPONSE_TOO_LONG
    exit code 2, on the command line
        PORT_IN_USE  DATA_FOLDER_UNWRITABLE  BAD_TARGET  SETTINGS_INVALID  DOCS_FOLDER_MISSING
        ELEMENT_NOT_BUILT  CREDENTIAL_MISSING
        MIGRATION_REFUSED  MIGRATION_INTERRUPTED  EXPORT_UNUSABLE  AGENT_EXPORT_UNUSABLE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


def language_of(locale: str | None) -> Language:
    """The language of our own sentences for a locale such as `zh-CN` or `fr-FR`: `zh` or `en`."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"


@dataclass(frozen=True)
class Kind:
    """One entry of the taxonomy. `en` and `zh` are (cause, cure); both may name details in braces."""

    code: str
    status: int
    en: tuple[str, str]
    zh: tuple[str, str]
    retry: bool = False
    """Whether trying the same again may help; shows a Retry button in the chat."""


@dataclass(frozen=True)
class Words:
    """A detail that is itself language: said in the one that the sentence around it is in."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en


class Problem(Exception):
    """A failure that a person is told about.

    Args:
        kind: which entry of the taxonomy.
        param: the request field, setting or argument that is at fault, if one is.
        details: what the kind's sentences name in braces. Never a secret: they reach the browser.
    """

    def __init__(self, kind: Kind, /, *, param: str | None = None, **details: object) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.param = param
        self.details = details

    def cause(self, language: Language = "en") -> str:
        """One sentence: what is wrong."""
        return self._said(0, language)

    def cure(self, language: Language = "en") -> str:
        """One sentence: what to do about it."""
        return self._said(1, language)

    def message(self, language: Language = "en") -> str:
        """Cause and cure together, as shown in the chat and in HTTP errors."""
        space = " " if language == "en" else ""
        return f"{self.cause(language)}{space}{self.cure(language)}"

    def page(self, language: Language = "en") -> str:
        """The address of this error's page, relative to where Teahouse is mounted."""
        return f"docs/{language}/errors/{self.kind.code}"

    def _said(self, which: int, language: Language) -> str:
        sentence = (self.kind.zh if language == "zh" else self.kind.en)[which]
        details = {
            name: getattr(detail, language) if isinstance(detail, Words) else detail
            for name, detail in self.details.items()
        }
        return sentence.format(**details)

    def __str__(self) -> str:
        return f"{self.kind.code}: {self.message()}"


# Requests ---------------------------------------------------------------------------------------------

INVALID_JSON = Kind(
    "invalid_json", 400,
    ("The request body is not valid JSON ({reason}).", "Send one JSON object with `type` and `params`."),
    ("请求体不是合法的 JSON（{reason}）。", "请发送一个包含 `type` 和 `params` 的 JSON 对象。"),
)  # fmt: skip
INVALID_REQUEST = Kind(
    "invalid_request", 400,
    ("The request is not valid: {reason}.", "Correct the field named in `param`."),
    ("请求无效：{reason}。", "请更正 `param` 指出的字段。"),
)  # fmt: skip
UNKNOWN_OPERATION = Kind(
    "unknown_operation", 400,
    ("There is no operation “{operation}”.", "Use one of the ChatKit request types, or update the page and the server together."),
    ("没有名为“{operation}”的操作。", "请使用 ChatKit 的请求类型之一；若页面与服务器版本不同，请一起更新。"),
)  # fmt: skip
WRONG_ITEM_KIND = Kind(
    "wrong_item_kind", 400,
    ("The item {item_id} is of kind {kind}; this operation needs {expected}.", "Reload the thread and try again."),
    ("条目 {item_id} 的类型是 {kind}，而此操作需要 {expected}。", "请重新加载对话后再试。"),
)  # fmt: skip
ORIGIN_NOT_ALLOWED = Kind(
    "origin_not_allowed", 403,
    ("Pages of {origin} may not use this server.", "Add the origin to `origins` in the server's settings."),
    ("来自 {origin} 的页面不允许使用此服务器。", "请把该来源加入服务器设置的 `origins`。"),
)  # fmt: skip
THREAD_NOT_FOUND = Kind(
    "thread_not_found", 404,
    ("This conversation does not exist, or belongs to somebody else.", "Start a new one, or open one from the history."),
    ("此对话不存在，或属于其他人。", "请新建对话，或从历史记录中打开。"),
)  # fmt: skip
ITEM_NOT_FOUND = Kind(
    "item_not_found", 404,
    ("This message is no longer in the conversation.", "Reload the conversation."),
    ("这条消息已不在对话中。", "请重新加载对话。"),
)  # fmt: skip
ATTACHMENT_NOT_FOUND = Kind(
    "attachment_not_found", 404,
    ("This attachment does not exist, or belongs to somebody else.", "Attach the file again."),
    ("此附件不存在，或属于其他人。", "请重新添加文件。"),
)  # fmt: skip
NOT_FOUND = Kind(
    "not_found", 404,
    ("There is nothing at {path}.", "Check the address."),
    ("{path} 处没有内容。", "请检查地址。"),
)  # fmt: skip
METHOD_NOT_ALLOWED = Kind(
    "method_not_allowed", 405,
    ("{method} is not possible at {path}.", "Use {allowed}."),
    ("{path} 不支持 {method}。", "请使用 {allowed}。"),
)  # fmt: skip
THREAD_LOCKED = Kind(
    "thread_locked", 409,
    ("This conversation takes no more messages ({reason}).", "Start a new one."),
    ("此对话不再接收消息（{reason}）。", "请新建对话。"),
)  # fmt: skip
RUN_ACTIVE = Kind(
    "run_active", 409,
    ("An answer is being written in this conversation.", "Wait until it is finished, or stop it."),
    ("此对话正在生成回答。", "请等它完成，或先停止它。"),
    retry=True,
)  # fmt: skip
KEY_REUSED = Kind(
    "key_reused", 422,
    ("This Idempotency-Key came before with another request.", "Give each new request a key of its own, and send the same one only with the same request."),
    ("此 Idempotency-Key 已用于另一个请求。", "请为每个新请求使用新的键；只有重发同一请求时才使用相同的键。"),
)  # fmt: skip
REQUEST_TOO_LARGE = Kind(
    "request_too_large", 413,
    ("The request is larger than {limit} bytes.", "Send less text at once, or raise `limits.request_bytes`."),
    ("请求超过 {limit} 字节。", "请分多次发送，或调大 `limits.request_bytes`。"),
)  # fmt: skip
TOO_MANY_REQUESTS = Kind(
    "too_many_requests", 429,
    ("Too many requests came from you, or from your network, in a short time.", "Try again in {seconds} s."),
    ("您或您所在的网络在短时间内发送了过多请求。", "请在 {seconds} 秒后重试。"),
    retry=True,
)  # fmt: skip
OPERATION_NOT_SUPPORTED = Kind(
    "operation_not_supported", 501,
    ("This server does not offer “{operation}”.", "Implement `{hook}` in your ChatKitServer, or switch the feature off in the page."),
    ("此服务器不提供“{operation}”。", "请在你的 ChatKitServer 中实现 `{hook}`，或在页面中关闭该功能。"),
)  # fmt: skip

# Files ------------------------------------------------------------------------------------------------

FILE_EMPTY = Kind(
    "file_empty", 400,
    ("The file “{name}” is empty.", "Choose another file; one that is still being written has no bytes yet."),
    ("文件“{name}”是空的。", "请选择其他文件；仍在写入的文件可能还没有内容。"),
)  # fmt: skip
FILE_TOO_LARGE = Kind(
    "file_too_large", 413,
    ("The file is larger than {limit}.", "Send a smaller one, or a part of it; the server's setting is `files.max_bytes`."),
    ("文件超过 {limit}。", "请发送较小的文件或其中一部分；服务器的设置项是 `files.max_bytes`。"),
)  # fmt: skip
FILE_TYPE_REFUSED = Kind(
    "file_type_refused", 415,
    ("Files like “{name}” are not taken.", "Send a picture (PNG, JPEG, GIF, WebP), PDF, Word, Excel, HTML, CSV or text file."),
    ("不接受“{name}”这类文件。", "请发送图片（PNG、JPEG、GIF、WebP）、PDF、Word、Excel、HTML、CSV 或文本文件。"),
)  # fmt: skip
FILE_UNREADABLE = Kind(
    "file_unreadable", 422,
    ("The file “{name}” cannot be read: {reason}.", "Open it on your device, save it anew, and attach that."),
    ("无法读取文件“{name}”：{reason}。", "请在您的设备上打开它，另存后再添加。"),
)  # fmt: skip
AUDIO_REFUSED = Kind(
    "audio_refused", 415,
    ("The recording is of a kind that cannot be turned into text.", "Send audio/webm, audio/ogg or audio/mp4, as browsers record it."),
    ("无法把这种录音转换为文字。", "请发送浏览器录制的 audio/webm、audio/ogg 或 audio/mp4。"),
)  # fmt: skip
TOO_MANY_FILES = Kind(
    "too_many_files", 400,
    ("There are more than {limit} files.", "Send fewer at once, or remove some that were not sent."),
    ("文件超过 {limit} 个。", "请减少一次发送的数量，或移除一些未发送的文件。"),
)  # fmt: skip
UPLOAD_INCOMPLETE = Kind(
    "upload_incomplete", 409,
    ("The file “{name}” has not been uploaded.", "Wait until its upload has ended, or attach it again."),
    ("文件“{name}”尚未上传完成。", "请等待上传结束，或重新添加。"),
    retry=True,
)  # fmt: skip
FILES_UNAVAILABLE = Kind(
    "files_unavailable", 503,
    ("Files cannot be kept or read right now.", "Send the message without the file, or try again later; whoever runs this server finds the reason in its log."),
    ("目前无法保存或读取文件。", "请先发送不带文件的消息，或稍后再试；服务器管理员可在日志中查到原因。"),
    retry=True,
)  # fmt: skip

# The server itself ------------------------------------------------------------------------------------

INTERNAL_ERROR = Kind(
    "internal_error", 500,
    ("The server failed unexpectedly.", "Try again; the server log has the reason under this request's id."),
    ("服务器发生意外错误。", "请重试；服务器日志中可按请求编号查到原因。"),
    retry=True,
)  # fmt: skip
STORE_UNAVAILABLE = Kind(
    "store_unavailable", 503,
    ("Conversations cannot be stored right now ({reason}).", "Nothing that was confirmed is lost; try again shortly."),
    ("目前无法保存对话（{reason}）。", "已确认的内容不会丢失，请稍后再试。"),
    retry=True,
)  # fmt: skip

RUN_INTERRUPTED = Kind(
    "run_interrupted", 503,
    ("The answer was interrupted: the server that was writing it has ended.", "What was written is kept; try again."),
    ("回答被中断：正在生成它的服务器已停止。", "已写出的内容已保留，请重试。"),
    retry=True,
)  # fmt: skip
SHUTTING_DOWN = Kind(
    "shutting_down", 503,
    ("This server is being restarted and begins no more answers.", "Try again in a moment; nothing was stored."),
    ("服务器正在重启，暂不开始新的回答。", "请稍后重试；尚未保存任何内容。"),
    retry=True,
)  # fmt: skip

# The assistant and its model --------------------------------------------------------------------------

AGENT_FAILED = Kind(
    "agent_failed", 500,
    ("The assistant stopped with an error{reason}.", "Try again; the server log has the details under this request's id."),
    ("助手出错而中止{reason}。", "请重试；服务器日志中可按请求编号查到详情。"),
    retry=True,
)  # fmt: skip
MODEL_UNREACHABLE = Kind(
    "model_unreachable", 502,
    ("The model at {host} cannot be reached.", "Check that it is running and that this server may connect to it, then try again."),
    ("无法连接 {host} 上的模型。", "请确认它正在运行且本服务器可以访问，然后重试。"),
    retry=True,
)  # fmt: skip
MODEL_KEY_REFUSED = Kind(
    "model_key_refused", 502,
    ("The model provider refused the server's API key.", "Whoever runs this server should check the key in its settings."),
    ("模型服务商拒绝了服务器的 API 密钥。", "请服务器管理员检查设置中的密钥。"),
)  # fmt: skip
MODEL_ACCESS_DENIED = Kind(
    "model_access_denied", 502,
    ("The API key may not use this model: {reason}.", "Whoever runs this server should check project, organisation verification and region."),
    ("该 API 密钥无权使用此模型：{reason}。", "请服务器管理员检查项目、组织验证与地区。"),
)  # fmt: skip
MODEL_NOT_FOUND = Kind(
    "model_not_found", 502,
    ("The provider does not know the model, or does not offer this API: {reason}.", "Whoever runs this server should check the model's name and base URL."),
    ("服务商没有此模型，或不提供该接口：{reason}。", "请服务器管理员检查模型名称与接口地址。"),
)  # fmt: skip
MODEL_RATE_LIMITED = Kind(
    "model_rate_limited", 502,
    ("The model provider takes no more requests for now: {reason}.", "Wait a moment and try again."),
    ("模型服务商暂时不再接受请求：{reason}。", "请稍候再试。"),
    retry=True,
)  # fmt: skip
MODEL_REQUEST_REFUSED = Kind(
    "model_request_refused", 502,
    ("The model provider refused the request: {reason}.", "Rephrase, or start a new conversation; whoever runs this server finds details in its log."),
    ("模型服务商拒绝了请求：{reason}。", "请换种说法或新建对话；服务器管理员可在日志中查看详情。"),
)  # fmt: skip
MODEL_UNAVAILABLE = Kind(
    "model_unavailable", 502,
    ("The model provider has a failure of its own ({reason}).", "Try again in a moment."),
    ("模型服务商自身出现故障（{reason}）。", "请稍后重试。"),
    retry=True,
)  # fmt: skip
MODEL_TIMEOUT = Kind(
    "model_timeout", 504,
    ("The model did not answer in time.", "Try again, or ask for less at once."),
    ("模型未能及时回答。", "请重试，或缩小一次提问的范围。"),
    retry=True,
)  # fmt: skip
RESPONSE_TIMED_OUT = Kind(
    "response_timed_out", 504,
    ("The answer took longer than {seconds} seconds and was ended.", "Try again, or raise `limits.response_seconds`."),
    ("回答超过 {seconds} 秒，已被终止。", "请重试，或调大 `limits.response_seconds`。"),
    retry=True,
)  # fmt: skip
RESPONSE_TOO_LONG = Kind(
    "response_too_long", 504,
    ("The answer grew beyond {limit} bytes and was ended.", "Ask for less at once, or raise `limits.response_bytes`."),
    ("回答超过 {limit} 字节，已被终止。", "请缩小一次提问的范围，或调大 `limits.response_bytes`。"),
)  # fmt: skip

# The command line -------------------------------------------------------------------------------------

PORT_IN_USE = Kind(
    "port_in_use", 500,
    ("Port {port} on {host} is already in use.", "Stop the other program, or choose another port: PORT=9001 make serve, or teahouse serve --port 9001."),
    ("{host} 的端口 {port} 已被占用。", "请停止占用它的程序，或换一个端口：PORT=9001 make serve，或 teahouse serve --port 9001。"),
)  # fmt: skip
DATA_FOLDER_UNWRITABLE = Kind(
    "data_folder_unwritable", 500,
    ("The data folder {path} cannot be used ({reason}).", "Make it writable for this user, or choose another: --data FOLDER or TEAHOUSE_DATA."),
    ("无法使用数据目录 {path}（{reason}）。", "请让当前用户可写，或另选目录：--data 目录 或 TEAHOUSE_DATA。"),
)  # fmt: skip
BAD_TARGET = Kind(
    "bad_target", 500,
    ("{option} {target} cannot be used: {reason}.", "Write module:name, for example shop.agents:support, and start from the folder that contains the module."),
    ("无法使用 {option} {target}：{reason}。", "请写成 模块:名称，例如 shop.agents:support，并在包含该模块的目录中启动。"),
)  # fmt: skip
SETTINGS_INVALID = Kind(
    "settings_invalid", 500,
    ("The setting {setting} in {source} is not valid: {reason}.", "Correct it; the settings page lists every key and what it takes."),
    ("{source} 中的设置 {setting} 无效：{reason}。", "请更正；设置页面列出了每个键及其取值。"),
)  # fmt: skip
DOCS_FOLDER_MISSING = Kind(
    "docs_folder_missing", 500,
    ("The documents folder {path} cannot be read ({reason}).", "Name an existing folder: --docs FOLDER."),
    ("无法读取文档目录 {path}（{reason}）。", "请指定存在的目录：--docs 目录。"),
)  # fmt: skip
ELEMENT_NOT_BUILT = Kind(
    "element_not_built", 500,
    ("The chat element has not been built.", "Run `make build` in the checkout, or install the wheel, which contains it."),
    ("聊天组件尚未构建。", "请在代码目录运行 `make build`，或安装已包含它的 wheel。"),
)  # fmt: skip
CREDENTIAL_MISSING = Kind(
    "credential_missing", 500,
    ("A model is configured but no API key is.", "Set OPENAI_API_KEY or TEAHOUSE_MODEL__API_KEY; a model on your own machine takes any value."),
    ("已配置模型，但没有 API 密钥。", "请设置 OPENAI_API_KEY 或 TEAHOUSE_MODEL__API_KEY；本机模型可填任意值。"),
)  # fmt: skip

# The way home from Agent Builder ----------------------------------------------------------------------

MIGRATION_REFUSED = Kind(
    "migration_refused", 500,
    ("{host} does not give out the threads: {reason}.", "Use an API key of the organisation and project that own the workflow; what was read already is kept."),
    ("{host} 拒绝给出线程：{reason}。", "请使用该工作流所属组织与项目的 API 密钥；已读取的内容会保留。"),
)  # fmt: skip
MIGRATION_INTERRUPTED = Kind(
    "migration_interrupted", 500,
    ("Reading the threads was interrupted after many attempts ({reason}).", "Nothing is lost: run the same command again, and it goes on where it stopped."),
    ("多次尝试后读取线程仍被中断（{reason}）。", "没有丢失任何内容：请再次运行同一命令，它会从中断处继续。"),
)  # fmt: skip
EXPORT_UNUSABLE = Kind(
    "export_unusable", 500,
    ("The export in {path} cannot be used: {reason}.", "Name another folder, or correct what is wrong with it."),
    ("无法使用 {path} 中的导出：{reason}。", "请换一个目录，或改正其中的问题。"),
)  # fmt: skip
AGENT_EXPORT_UNUSABLE = Kind(
    "agent_export_unusable", 500,
    ("{path} cannot be made into a project: {reason}.", "Name the Python that Agent Builder exports for the Agents SDK, and a new folder."),
    ("无法把 {path} 做成项目：{reason}。", "请指定 Agent Builder 为 Agents SDK 导出的 Python 文件，以及一个新目录。"),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.code: kind for kind in list(globals().values()) if isinstance(kind, Kind)}
"""Every kind by its code."""
