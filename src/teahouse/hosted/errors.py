"""What can go wrong between a visitor and a session of a hosted workflow; each OpenAI answer has its own kind.

429 HOSTED_RATE_LIMITED
500 HOSTED_KEY_MISSING  HOSTED_REQUEST_INVALID
501 HOSTED_NOT_CONFIGURED
502 HOSTED_KEY_REFUSED  HOSTED_PROJECT_DENIED  HOSTED_ORGANIZATION_DENIED  HOSTED_VERIFICATION_NEEDED
    HOSTED_REGION_UNSUPPORTED  HOSTED_ACCESS_DENIED  WORKFLOW_NOT_FOUND  HOSTED_PARAMETER_REFUSED
    HOSTED_QUOTA_USED_UP  HOSTED_UNREACHABLE  HOSTED_UNAVAILABLE  HOSTED_ANSWER_UNREADABLE
503 HOSTED_RESTING  HOSTED_CROWDED
504 HOSTED_TIMEOUT
"""

from __future__ import annotations

from teahouse.errors import Kind

# Ours, before anything leaves -------------------------------------------------------------------------

HOSTED_NOT_CONFIGURED = Kind(
    "hosted_not_configured", 501,
    ("This server has no hosted workflow.", "Set `hosted.workflow_id`, or point the page at `/chatkit`, which needs no session."),
    ("此服务器没有配置托管工作流。", "请设置 `hosted.workflow_id`，或让页面使用无需会话的 `/chatkit`。"),
)  # fmt: skip
HOSTED_KEY_MISSING = Kind(
    "hosted_key_missing", 500,
    ("A hosted workflow is configured but no OpenAI API key is{reason}.", "Set OPENAI_API_KEY, TEAHOUSE_HOSTED__API_KEY or TEAHOUSE_HOSTED__API_KEY_FILE on the server; a workflow id alone opens nothing."),
    ("已配置托管工作流，但没有 OpenAI API 密钥{reason}。", "请在服务器上设置 OPENAI_API_KEY、TEAHOUSE_HOSTED__API_KEY 或 TEAHOUSE_HOSTED__API_KEY_FILE；只有工作流 id 是不够的。"),
)  # fmt: skip
HOSTED_REQUEST_INVALID = Kind(
    "hosted_request_invalid", 500,
    ("The session request was not sent, because {field} is not valid: {reason}.", "Correct it in the server's settings or code."),
    ("会话请求未发送，因为 {field} 无效：{reason}。", "请在服务器的设置或代码中更正。"),
)  # fmt: skip
HOSTED_RESTING = Kind(
    "hosted_resting", 503,
    ("OpenAI failed several times in a row and is not asked again for {seconds} s.", "Wait; the server asks again by itself."),
    ("OpenAI 连续多次失败，{seconds} 秒内不再请求。", "请稍候，服务器会自动重试。"),
    retry=True,
)  # fmt: skip
HOSTED_CROWDED = Kind(
    "hosted_crowded", 503,
    ("Too many visitors are waiting for a session.", "Try again in {seconds} s; whoever runs this server may raise `hosted.connections`."),
    ("等待会话的访客过多。", "请在 {seconds} 秒后重试；服务器管理员可调大 `hosted.connections`。"),
    retry=True,
)  # fmt: skip

# OpenAI's answers -------------------------------------------------------------------------------------

HOSTED_KEY_REFUSED = Kind(
    "hosted_key_refused", 502,
    ("OpenAI refused the server's API key (401).", "Whoever runs this server should make a new key in the workflow's project, and look whether a variable of the shell overrides it."),
    ("OpenAI 拒绝了服务器的 API 密钥（401）。", "请服务器管理员在工作流所在项目中新建密钥，并检查 shell 变量是否覆盖了它。"),
)  # fmt: skip
HOSTED_PROJECT_DENIED = Kind(
    "hosted_project_denied", 502,
    ("The API key's project may not do this (403): {reason}.", "Use a key of the project in which the workflow was made."),
    ("该 API 密钥所属的项目无权执行此操作（403）：{reason}。", "请使用工作流所在项目的密钥。"),
)  # fmt: skip
HOSTED_ORGANIZATION_DENIED = Kind(
    "hosted_organization_denied", 502,
    ("The API key's organization may not do this (403): {reason}.", "Use a key of the organization that owns the workflow, from an account that is a member of it."),
    ("该 API 密钥所属的组织无权执行此操作（403）：{reason}。", "请使用拥有该工作流的组织的密钥，且其账号须是该组织成员。"),
)  # fmt: skip
HOSTED_VERIFICATION_NEEDED = Kind(
    "hosted_verification_needed", 502,
    ("OpenAI wants the organization verified first (403): {reason}.", "Verify it in OpenAI's organization settings, or let the workflow use a model that needs no verification."),
    ("OpenAI 要求先验证组织（403）：{reason}。", "请在 OpenAI 的组织设置中完成验证，或让工作流改用无需验证的模型。"),
)  # fmt: skip
HOSTED_REGION_UNSUPPORTED = Kind(
    "hosted_region_unsupported", 502,
    ("OpenAI does not serve the country or region of this server or its proxy (403).", "Run the server in a supported country, or answer with a model of another provider."),
    ("OpenAI 不为此服务器或其代理所在的国家或地区提供服务（403）。", "请把服务器部署在受支持的国家或地区，或改用其他服务商的模型。"),
)  # fmt: skip
HOSTED_ACCESS_DENIED = Kind(
    "hosted_access_denied", 502,
    ("OpenAI denied access (403): {reason}.", "Give the API key the permission for ChatKit and workflows, or use one that is not restricted."),
    ("OpenAI 拒绝访问（403）：{reason}。", "请为 API 密钥开放 ChatKit 与工作流的权限，或使用不受限的密钥。"),
)  # fmt: skip
WORKFLOW_NOT_FOUND = Kind(
    "workflow_not_found", 502,
    ("OpenAI does not find the workflow {workflow} (404).", "Check in this order: the key is of the workflow's project, no variable of the shell overrides it, the workflow is published, and it is before 2026-11-30, when Agent Builder ends."),
    ("OpenAI 找不到工作流 {workflow}（404）。", "请依次检查：密钥属于工作流所在项目；没有 shell 变量覆盖它；工作流已发布；且未到 2026-11-30，届时 Agent Builder 将停止服务。"),
)  # fmt: skip
HOSTED_PARAMETER_REFUSED = Kind(
    "hosted_parameter_refused", 502,
    ("OpenAI refused the session request ({status}): {reason}.", "Correct the setting behind {field}."),
    ("OpenAI 拒绝了会话请求（{status}）：{reason}。", "请更正与 {field} 对应的设置。"),
)  # fmt: skip
HOSTED_RATE_LIMITED = Kind(
    "hosted_rate_limited", 429,
    ("OpenAI takes no more session requests for now (429).", "Try again in {seconds} s."),
    ("OpenAI 暂时不再接受会话请求（429）。", "请在 {seconds} 秒后重试。"),
    retry=True,
)  # fmt: skip
HOSTED_QUOTA_USED_UP = Kind(
    "hosted_quota_used_up", 502,
    ("The OpenAI account has no quota or credit left (429).", "Whoever runs this server should look at billing and limits of the key's project."),
    ("OpenAI 账号的额度或余额已用完（429）。", "请服务器管理员检查密钥所属项目的账单与限额。"),
)  # fmt: skip
HOSTED_UNREACHABLE = Kind(
    "hosted_unreachable", 502,
    ("OpenAI at {host} cannot be reached ({reason}).", "Check that this server may connect to it, or set `hosted.proxy`, then try again."),
    ("无法连接 {host} 上的 OpenAI（{reason}）。", "请确认本服务器可以访问它，或设置 `hosted.proxy`，然后重试。"),
    retry=True,
)  # fmt: skip
HOSTED_UNAVAILABLE = Kind(
    "hosted_unavailable", 502,
    ("OpenAI has a failure of its own (status {status}).", "Try again in a moment."),
    ("OpenAI 自身出现故障（状态码 {status}）。", "请稍后重试。"),
    retry=True,
)  # fmt: skip
HOSTED_ANSWER_UNREADABLE = Kind(
    "hosted_answer_unreadable", 502,
    ("What answered in OpenAI's place is no ChatKit session ({reason}).", "Check `hosted.base_url` and the proxy on the way."),
    ("收到的回应不是 ChatKit 会话（{reason}）。", "请检查 `hosted.base_url` 以及途中的代理。"),
)  # fmt: skip
HOSTED_TIMEOUT = Kind(
    "hosted_timeout", 504,
    ("OpenAI did not answer within {limit:g} s.", "Try again in a moment."),
    ("OpenAI 未在 {limit:g} 秒内回应。", "请稍后重试。"),
    retry=True,
)  # fmt: skip
