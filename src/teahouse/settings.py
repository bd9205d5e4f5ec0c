"""Every setting, in one frozen tree: `teahouse.toml`, then the environment, then flags (the last one wins).

Environment variables are `TEAHOUSE_` and the key in capitals, with two underscores between levels:
`TEAHOUSE_PORT`, `TEAHOUSE_MODEL__NAME`. `PORT` and `OPENAI_API_KEY` are read under the names the rest of
the world uses.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from teahouse import errors, reasons
from teahouse.errors import Problem, Words

FILE = Path("teahouse.toml")


def default_data_folder() -> Path:
    """Where data goes when nobody says: `./data`, beside the `teahouse.toml` one has or would have."""
    return Path("data")


def bundled_docs() -> Path:
    """Teahouse's own documentation: inside the wheel, or `docs/` of the checkout."""
    inside = Path(__file__).parent / "docs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "docs"


def _web_address(text: str) -> str:
    """An http(s) address, without the slash at its end."""
    if re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", text) is None:
        raise ValueError(
            Words("it is not an address such as https://api.deepseek.com", "应为地址，例如 https://api.deepseek.com")
        )
    return text.rstrip("/")


def _origin(text: str) -> str:
    """An origin as browsers send it. `*` is none: with visitors' cookies it would let every site in."""
    if re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", origin := text.lower().rstrip("/")) is None:
        raise ValueError(
            Words("it is not an origin such as https://www.example.com", "应为来源，例如 https://www.example.com")
        )
    return origin


def _proxy_address(url: SecretStr) -> SecretStr:
    """The address of an HTTP proxy, perhaps with who one is there."""
    text = url.get_secret_value()
    if re.fullmatch(r"https?://([^\s/?#@]+@)?[^\s/?#@]+/?", text) is None or not _has_a_place(text):
        raise ValueError(
            Words(
                "it is not an HTTP proxy such as http://user:password@proxy.example:3128",
                "应为 HTTP 代理，例如 http://用户:密码@proxy.example:3128",
            )
        )
    return url


_SIGNING_IN = r"(?:[^\s/?#@:]+(?::[^\s/?#@:]*)?@)?"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:,\[\]]*)(?::\d+)?"
_POSTGRES = re.compile(rf"postgres(?:ql)?://{_SIGNING_IN}{_HOST}(?:,{_HOST})*(?:/[^\s/?#@]*)?(?:\?[^\s#@]*)?")


def _postgres_address(url: SecretStr) -> SecretStr:
    """The address of a PostgreSQL database, as psql takes it.

    Strict, because of a password that was not quoted: its end would be taken for the host, and shown.
    """
    if _POSTGRES.fullmatch(url.get_secret_value()) is None:
        raise ValueError(
            Words(
                "it is not an address such as postgresql://user:password@host/name "
                "(in a password %, /, @, : and # are written %25, %2F, %40, %3A and %23)",
                "应为地址，例如 postgresql://用户:密码@主机/库名"
                "（密码中的 %、/、@、:、# 写作 %25、%2F、%40、%3A、%23）",
            )
        )
    return url


def _redis_address(url: SecretStr) -> SecretStr:
    """The address of a Redis or Valkey, as redis-cli takes it; also a Unix socket."""
    tcp = r"(redis|valkey)s?://([^\s/@]*@)?(\[[0-9a-fA-F:]+\]|[^\s/:@?\[\]]+)(:[0-9]{1,5})?(/[0-9]*)?"
    tls = r"(\?(ssl_cert_reqs=(none|required)|ssl_ca_certs=[^\s&]+))?"
    text = url.get_secret_value()
    if re.fullmatch(rf"{tcp}{tls}|unix:///[^\s?]+(\?db=[0-9]+)?", text) is None or not _has_a_place(text):
        raise ValueError(
            Words(
                "it is not an address such as redis://:password@host:6379/0 "
                "(in a password %, /, @ and # are written %25, %2F, %40 and %23)",
                "应为地址，例如 redis://:密码@主机:6379/0（密码中的 %、/、@、# 写作 %25、%2F、%40、%23）",
            )
        )
    if find_spec("redis") is None:
        raise ValueError(
            Words(
                "what talks to Redis is not installed: pip install 'teahouse[redis]'",
                "尚未安装连接 Redis 的组件：pip install 'teahouse[redis]'",
            )
        )
    return url


def _has_a_place(url: str) -> bool:
    """Whether host and port of an address can be any."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _rate(text: str) -> str:
    """How many in which time, as the library `limits` reads it, or `off`."""
    if re.fullmatch(r"off|[1-9][0-9]{0,6}/([1-9][0-9]{0,2} )?(second|minute|hour|day)s?", text) is None:
        raise ValueError(
            Words(
                "it is not a rate such as 30/minute, 500/2 hours or off",
                "应为频率，例如 30/minute、500/2 hours 或 off",
            )
        )
    return text


Rate = Annotated[str, AfterValidator(_rate)]


class Group(BaseModel):
    """A level of the tree: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Model(Group):
    """The model that writes the answers. Without one, the guide answers from documents alone."""

    name: str | None = Field(
        None, description="Model name, e.g. `deepseek-chat`. With only a key, the Agents SDK's default."
    )
    base_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="Address of an OpenAI-compatible API. Default: OpenAI."
    )
    api_key: SecretStr | None = Field(
        None,
        description="The provider's key; never leaves the server. Default: `OPENAI_API_KEY`.",
    )
    api: Literal["auto", "responses", "chat_completions"] = Field(
        "auto", description="`auto`: Responses at OpenAI, Chat Completions with a `base_url`."
    )
    attachments: Literal["auto", "text", "images", "all"] = Field(
        "auto",
        description="What of attached files the model gets as it is, pictures (`images`), PDF too (`all`), or "
        "nothing (`text`): the rest it gets as text. `auto`: `all` with Responses, `text` with Chat Completions.",
    )
    timeout_seconds: float = Field(
        60, gt=0, description="Longest silence of the model, in each of up to three attempts."
    )


class Page(Group):
    """What the page at `/` shows. Empty: our own words, in the visitor's language."""

    title: str | None = Field(None, max_length=200, description="Title of the page and the chat.")
    greeting: str | None = Field(None, max_length=500, description="Greeting above the composer.")
    prompts: tuple[str, ...] | None = Field(None, max_length=8, description="Starter prompts.")


class Limits(Group):
    """Bounds on what one request may take."""

    request_bytes: int = Field(1_048_576, ge=1024, description="Largest request body.")
    response_bytes: int = Field(8_388_608, ge=1024, description="Largest answer, all events together.")
    response_seconds: float = Field(600, gt=0, description="Longest answer.")
    heartbeat_seconds: float = Field(
        15, gt=0, description="Longest silence on a stream; proxies often cut at 30 or 60."
    )
    shutdown_seconds: float = Field(10, ge=0, description="How long running answers may still go on after SIGTERM.")
    lease_seconds: float = Field(
        8,
        ge=1,
        le=60,
        description="How long one of several processes may be silent before its answers are interrupted.",
    )


class S3(Group):
    """A bucket for attached files, in any S3-compatible store."""

    bucket: str | None = Field(None, description="Name of the bucket; without it files lie in the data folder.")
    endpoint: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="Address of the store. Default: Amazon's of the region."
    )
    region: str | None = Field(None, description="Region, e.g. `eu-central-1`; many other stores take any.")
    access_key: SecretStr | None = Field(None, description="Key id. Default: what AWS's own variables or roles give.")
    secret_key: SecretStr | None = Field(None, description="The secret that belongs to it.")
    prefix: str = Field("", pattern=r"^[A-Za-z0-9/_.-]*$", description="What every file's key begins with.")
    virtual_hosted: bool = Field(False, description="Whether the bucket is part of the host's name.")


class Files(Group):
    """Files that visitors attach to messages."""

    enabled: bool = Field(True, description="Whether files are taken.")
    max_bytes: int = Field(26_214_400, ge=1, description="Largest file.")
    max_count: int = Field(10, ge=1, le=100, description="Most files in one message.")
    max_unsent: int = Field(50, ge=1, description="Most files of one visitor that are uploaded and not sent.")
    unsent_hours: float = Field(24, gt=0, description="Hours after which a file that was not sent is deleted.")
    keep_free_bytes: int = Field(
        1_073_741_824, ge=0, description="Free space on the disk below which no file is taken."
    )
    s3: S3 = Field(default_factory=lambda: S3(), description="Bucket.")
    text_characters: int = Field(
        100_000, ge=1000, le=2_000_000, description="How much of a document's text a model is shown."
    )


class Dictation(Group):
    """Speech into text. Without a model, there is no dictation."""

    model: str | None = Field(None, description="Name of a transcription model, e.g. `gpt-transcribe`.")
    base_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="Address of an API with OpenAI's `/audio/transcriptions`. Default: the model's."
    )
    api_key: SecretStr | None = Field(None, description="Its key. Default: the model's, where the address is.")
    timeout_seconds: float = Field(30, gt=0, description="Longest wait for the text, in each of up to three attempts.")


class Rates(Group):
    """How often one may send requests. A message is what asks for an answer; every other request is quick."""

    visitor: Rate = Field("60/minute", description="Messages of one visitor: `30/minute`, `500/2 hours`, `off`.")
    address: Rate = Field("300/minute", description="Messages from one address (IPv6: one /64 network).")
    visitor_quick: Rate = Field("600/minute", description="Quick requests of one visitor.")
    address_quick: Rate = Field("3000/minute", description="Quick requests from one address.")


StateValue = str | bool | int | float
"""What a workflow's state variable may be."""


def check_state_variables(variables: object) -> dict[str, StateValue]:
    """State variables as OpenAI takes them: at most 64, names of at most 64 characters (OpenAPI, `WorkflowParam`).

    Raises:
        ValueError: with `Words`.
    """
    if not isinstance(variables, Mapping):
        raise ValueError(Words("they have to be an object of names and values", "应为由名称和值组成的对象"))
    if len(variables) > 64:
        raise ValueError(Words(f"64 are the most, these are {len(variables)}", f"最多 64 个，现有 {len(variables)} 个"))
    for name, value in variables.items():
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            shown = str(name)[:20]
            raise ValueError(
                Words(f"the name {shown!r} has to have 1 to 64 characters", f"名称 {shown!r} 应为 1 到 64 个字符")
            )
        if not isinstance(value, str | bool | int | float) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(
                Words(f"{name!r} has to be text, a number, true or false", f"{name!r} 应为文本、数字、true 或 false")
            )
        if isinstance(value, str) and len(value) > 10_485_760:
            raise ValueError(Words(f"{name!r} is longer than 10485760 characters", f"{name!r} 超过 10485760 个字符"))
    return dict(variables)


def _state(value: dict[str, Any] | str) -> dict[str, Any] | str:
    if isinstance(value, str):
        if re.fullmatch(r"[\w.]+:[\w.]+", value) is None:
            raise ValueError(Words("it is not of the form module:function", "格式不是 模块:函数"))
        return value
    return check_state_variables(value)


# What guides and OpenAI's own examples write in a session request, and what it is called here.
_ELSEWHERE: dict[str, Words] = {
    "user": Words("it is the visitor, and never a setting; take it out", "用户由访客身份决定，不是设置；请删除"),
    "workflow": Words("write `workflow_id` and `version`", "请改用 `workflow_id` 和 `version`"),
    "domain_key": Words(
        "sessions have none; it belongs to a page with a custom backend. Take it out",
        "会话没有这个参数，它只用于自定义后端的页面；请删除",
    ),
    "expires_after": Words("write `expires_seconds`, 1 to 600", "请改用 `expires_seconds`，取值 1 到 600"),
    "ttl_seconds": Words("write `expires_seconds`, 1 to 600", "请改用 `expires_seconds`，取值 1 到 600"),
    "rate_limits": Words("write `requests_per_minute`", "请改用 `requests_per_minute`"),
    "max_requests_per_1_minute": Words("write `requests_per_minute`", "请改用 `requests_per_minute`"),
    "max_requests_per_session": Words("OpenAI knows no such limit; take it out", "OpenAI 没有这个限制；请删除"),
    "scope": Words("OpenAI knows no such field; take it out", "OpenAI 没有这个字段；请删除"),
    "metadata": Words(
        "OpenAI knows no such field; use `state_variables`", "OpenAI 没有这个字段；请用 `state_variables`"
    ),
    "chatkit_configuration": Words(
        "write `file_upload`, `history` and `titling`", "请改用 `file_upload`、`history` 和 `titling`"
    ),
}
_ELSEWHERE["domainKey"] = _ELSEWHERE["domain_key"]


def _workflow_id(text: str) -> str:
    if re.fullmatch(r"wf_[A-Za-z0-9_-]{1,200}", text) is None:
        raise ValueError(
            Words(
                "it is not an id such as wf_68df…, as Agent Builder shows it",
                "应为 Agent Builder 中显示的 wf_68df… 形式",
            )
        )
    return text


def _version(text: str) -> str:
    if text.strip().lower() in ("latest", "newest", "draft", "current"):
        raise ValueError(
            Words(
                f"{text!r} makes sessions that fail later; leave it out for the newest that is deployed",
                f"{text!r} 创建的会话随后会失败；如需最新发布的版本，请不要设置",
            )
        )
    return text


class Hosted(Group):
    """A workflow that OpenAI runs (Agent Builder, until 2026-11-30), and the sessions for it."""

    workflow_id: Annotated[str, AfterValidator(_workflow_id)] | None = Field(
        None, description="Id of the workflow, `wf_…`. Without it there are no sessions."
    )
    version: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_version)] | None = Field(
        None, description="Version of the workflow. Default: the newest that is deployed."
    )
    state_variables: Annotated[dict[str, Any] | str, AfterValidator(_state)] | None = Field(
        None, description="State variables, or `module:function` that makes them from the request."
    )
    tracing: bool = Field(True, description="Whether OpenAI keeps traces of the workflow.")
    file_upload: bool = Field(False, description="Whether visitors may upload files.")
    max_files: int | None = Field(None, ge=1, description="Most files of a session. Default: OpenAI's, 10.")
    max_file_size: int | None = Field(
        None, ge=1, le=512, description="Largest file in megabytes. Default: OpenAI's, 512."
    )
    history: bool = Field(True, description="Whether visitors see their earlier threads.")
    recent_threads: int | None = Field(None, ge=1, description="How many of them. Default: all.")
    titling: bool = Field(True, description="Whether OpenAI makes titles for threads.")
    requests_per_minute: int | None = Field(
        None, ge=1, description="Requests of one session in a minute. Default: OpenAI's, 10."
    )
    expires_seconds: int = Field(600, ge=1, le=600, description="How long a session lives.")
    api_key: SecretStr | None = Field(
        None, description="OpenAI's key, of the workflow's project; never leaves the server. Default: `OPENAI_API_KEY`."
    )
    api_key_file: Path | None = Field(None, description="File with the key, as container secrets are.")
    base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://api.openai.com/v1", description="Address of OpenAI's API."
    )
    proxy: Annotated[SecretStr, AfterValidator(_proxy_address)] | None = Field(
        None, description="`http://user:password@host:port` on the way to OpenAI. Default: `HTTPS_PROXY`."
    )
    timeout_seconds: float = Field(10, gt=0, le=120, description="Longest wait for one answer of OpenAI.")
    patience_seconds: float = Field(20, gt=0, le=300, description="Longest wait of a visitor, retries and all.")
    connections: int = Field(256, ge=1, le=4096, description="Most requests to OpenAI at a time.")
    max_waiting: int = Field(2000, ge=1, description="Most visitors who wait; more are turned away at once.")
    max_sessions: int = Field(10_000, ge=0, description="Live sessions that are kept to be used again.")
    loader: Literal["own", "official", "auto"] = Field(
        "own",
        description="Which ChatKit `/loader.js` puts on a page that does not say it: ours, OpenAI's, or OpenAI's and "
        "ours when it does not come.",
    )

    @model_validator(mode="before")
    @classmethod
    def _know_other_names(cls, given: Any) -> Any:
        """Say for what is called otherwise elsewhere what it is called here."""
        for name in given if isinstance(given, Mapping) else ():
            if name in _ELSEWHERE:
                why = _ELSEWHERE[name]
                raise ValueError(Words(f"`{name}`: {why.en}", f"`{name}`：{why.zh}"))
        return given


class Settings(BaseSettings):
    """How this Teahouse runs."""

    model_config = SettingsConfigDict(
        env_prefix="TEAHOUSE_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        toml_file=FILE,
        frozen=True,
        extra="forbid",
    )

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` for all.")
    port: int = Field(
        9000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("TEAHOUSE_PORT", "port"),
        description="Port to listen on (also `PORT`); 0 picks a free one.",
    )
    data: Path = Field(
        default_factory=default_data_folder,
        description="Folder of the database, the index and the cookie's key.",
    )
    database: Annotated[SecretStr, AfterValidator(_postgres_address)] | None = Field(
        None, description="`postgresql://user:password@host/name`. Default: SQLite in the data folder."
    )
    redis: Annotated[SecretStr, AfterValidator(_redis_address)] | None = Field(
        None,
        description="`redis://:password@host:6379/0`: where several processes count rates together, and share answers "
        "in the making. Default: memory, and the database.",
    )
    runs: Literal["auto", "memory", "database", "redis"] = Field(
        "auto",
        description="Where answers in the making are kept for readers at other processes. `auto`: Redis where it is "
        "set, else PostgreSQL where it is, else memory.",
    )
    docs: Path = Field(default_factory=bundled_docs, description="Folder of documents the guide answers from.")
    agent: str | None = Field(None, description="`module:attribute` of an openai-agents Agent.")
    server: str | None = Field(None, description="`module:Class` of a ChatKitServer.")
    model: Model = Field(default_factory=lambda: Model(), description="The model.")
    page: Page = Field(default_factory=lambda: Page(), description="The page at `/`.")
    limits: Limits = Field(default_factory=lambda: Limits(), description="Bounds.")
    files: Files = Field(default_factory=lambda: Files(), description="Attached files.")
    dictation: Dictation = Field(default_factory=lambda: Dictation(), description="Dictation.")
    rates: Rates = Field(default_factory=lambda: Rates(), description="How often.")
    hosted: Hosted = Field(default_factory=lambda: Hosted(), description="A workflow that OpenAI runs.")
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (), description="Other origins whose pages may use this server, e.g. `https://www.example.com`."
    )
    on_disconnect: Literal["auto", "stop", "continue"] = Field(
        "auto",
        description="What a lost connection does to the answer in the making. `auto`: nothing where the client can "
        "come back, as our element can; for others, OpenAI's chatkit.js among them, it is the stop button.",
    )
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Key that signs the visitor's cookie. Default: made once, kept in the data folder.",
    )
    proxy_headers: bool = Field(False, description="Trust `X-Forwarded-*` (on only behind a proxy that sets them).")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important log line shown."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto`: console on a terminal, else JSON."
    )
    debug: bool = Field(
        False, description="Show the reason of an assistant's failure in the chat. Never in production."
    )

    @property
    def runs_are_in(self) -> Literal["memory", "database", "redis"]:
        """Where answers in the making are kept, `auto` decided."""
        if self.runs != "auto":
            return self.runs
        if self.redis is not None and self.database is not None:
            return "redis"
        return "memory" if self.database is None else "database"

    @model_validator(mode="after")
    def _runs_have_a_place(self) -> Settings:
        """Refuse a place that is not there."""
        if self.runs in ("database", "redis") and self.database is None:
            raise ValueError(
                Words(
                    "`runs` needs a database that processes can share: set `database`, or leave `runs` at auto",
                    "`runs` 需要多个进程共享的数据库：请设置 `database`，或让 `runs` 保持 auto",
                )
            )
        if self.runs == "redis" and self.redis is None:
            raise ValueError(Words("`runs` is redis, but `redis` is not set", "`runs` 为 redis，但未设置 `redis`"))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process.

    Args:
        flags: what the command line says; None values mean "not given".

    Raises:
        Problem: SETTINGS_INVALID, naming the setting, where it stands and what it takes.
    """
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise Problem(errors.SETTINGS_INVALID, setting="(file)", source=FILE, reason=str(error)) from None
    except SettingsError as error:
        # Its message names the field; its cause would repeat the value, which may be a key.
        setting = "".join(re.findall(r'field "(\w+)"', str(error)))
        reason = Words("it has to be JSON", "应为 JSON")
        raise Problem(
            errors.SETTINGS_INVALID, param=setting, setting=setting, source=_ENVIRONMENT, reason=reason
        ) from None
    except UnicodeDecodeError:
        reason = Words("the file is not UTF-8", "文件不是 UTF-8 编码")
        raise Problem(errors.SETTINGS_INVALID, setting="(file)", source=FILE, reason=reason) from None
    except OSError as error:
        raise Problem(errors.SETTINGS_INVALID, setting="(file)", source=FILE, reason=reasons.of_system(error)) from None
    except ValidationError as error:
        raise _explain(error, given) from None


def _refuse_unknown_variables() -> None:
    """A misspelt `TEAHOUSE_PROT` would otherwise be silently without effect."""
    for variable in os.environ:
        key = variable.removeprefix("TEAHOUSE_").lower().split("__")[0]
        if variable.startswith("TEAHOUSE_") and key not in Settings.model_fields:
            reason = Words("there is no such setting", "没有这个设置")
            raise Problem(errors.SETTINGS_INVALID, setting=variable, source=_ENVIRONMENT, reason=reason)


_ENVIRONMENT = Words("the environment", "环境变量")
COMMAND_LINE = Words("the command line", "命令行参数")


def _explain(error: ValidationError, flags: Mapping[str, Any]) -> Problem:
    first = error.errors(include_url=False, include_input=False)[0]
    # `port` is known to pydantic under the names of its variables, too.
    steps = [str(step).removeprefix("TEAHOUSE_").lower() for step in first["loc"]]
    return Problem(
        errors.SETTINGS_INVALID,
        param=".".join(steps),
        setting=".".join(steps),
        source=_source(steps, flags),
        reason=reasons.of_validation(first),
    )


def _source(steps: list[str], flags: Mapping[str, Any]) -> Words | Path:
    """Where a setting's value comes from: the last of the places that name it."""
    place: Any = flags
    for step in steps:
        if not isinstance(place, Mapping) or step not in place:
            break
        place = place[step]
    else:
        return COMMAND_LINE
    paths = ("__".join(steps[:length]).upper() for length in range(1, len(steps) + 1))
    variables = {f"TEAHOUSE_{path}" for path in paths} | ({"PORT"} if steps == ["port"] else set())
    return _ENVIRONMENT if variables & {name.upper() for name in os.environ} else FILE
