"""What the official Python SDK does with the emulator. Needs `openai` (2.2.0 or newer) and nothing else.

    python conformance.py --script > script.yaml && teahouse emulate --script script.yaml
    python conformance.py http://127.0.0.1:9100/v1

Every response is validated by the SDK's own models in strict mode. To the newest SDK, which knows the whole API of
today, nothing may be unknown; older ones pass over what came after them.
Prints what was checked, one line each; the first thing that is wrong ends it with a traceback and exit code 1.
"""

import sys

import openai

WORKFLOW = {"id": "wf_demo"}
IS_OLD = openai.__version__.startswith("2.")

# The OpenAPI document and 2.x require it, 3.54.0 does not know it.
NEEDED_BY_OTHERS = {"ResponseFunctionCallArgumentsDoneEvent": {"name"}}


def client_of(url, **options):
    return openai.OpenAI(base_url=url, api_key="any", max_retries=0, _strict_response_validation=True, **options)


def known(thing, path=""):
    """`thing`, none of whose fields is unknown to the SDK, at any depth."""
    if isinstance(thing, list):
        for index, entry in enumerate(thing):
            known(entry, f"{path}[{index}]")
    elif isinstance(thing, openai.BaseModel):
        unknown = set(thing.model_extra or {}) - NEEDED_BY_OTHERS.get(type(thing).__name__, set())
        assert IS_OLD or not unknown, f"{path} has {sorted(unknown)}, which the SDK does not know"
        for name, value in thing:
            known(value, f"{path}.{name}")
    return thing


def refused(kind, call, *arguments, **named):
    """The error with which a call ends."""
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def sessions(client):
    create = client.beta.chatkit.sessions.create
    session = known(create(user="ada", workflow=WORKFLOW))
    assert (session.object, session.status, session.user) == ("chatkit.session", "active", "ada")
    assert session.max_requests_per_1_minute == session.rate_limits.max_requests_per_1_minute == 10
    assert session.chatkit_configuration.file_upload.enabled is False
    whole = known(
        create(
            user="ada",
            workflow={"id": "wf_demo", "version": "2", "state_variables": {"a": "x", "b": 1, "c": True, "d": 0.5}},
            expires_after={"anchor": "created_at", "seconds": 60},
            rate_limits={"max_requests_per_1_minute": 3},
            chatkit_configuration={
                "automatic_thread_titling": {"enabled": False},
                "file_upload": {"enabled": True, "max_file_size": 16, "max_files": 2},
                "history": {"enabled": True, "recent_threads": 5},
            },
        )
    )
    assert whole.workflow.state_variables == {"a": "x", "b": 1, "c": True, "d": 0.5}
    assert whole.chatkit_configuration.history.recent_threads == 5
    assert 0 < session.expires_at - whole.expires_at <= 600
    assert known(client.beta.chatkit.sessions.cancel(session.id)).status == "cancelled"
    refused(openai.NotFoundError, client.beta.chatkit.sessions.cancel, "cksess_none")


def session_refusals(client):
    def said(code, param, **changes):
        named = {"user": "ada", "workflow": WORKFLOW, **changes}
        error = refused(openai.BadRequestError, client.beta.chatkit.sessions.create, **named)
        assert (error.code, error.param) == (code, param), (error.code, error.param)

    said("empty_string", "user", user="")
    said("missing_required_parameter", "workflow.id", workflow={})
    said("integer_above_max_value", "expires_after.seconds", expires_after={"anchor": "created_at", "seconds": 1800})
    said("integer_below_min_value", "expires_after.seconds", expires_after={"anchor": "created_at", "seconds": 0})
    said("missing_required_parameter", "expires_after.anchor", expires_after={"seconds": 60})
    said("invalid_value", "expires_after.anchor", expires_after={"anchor": "now", "seconds": 60})
    said("invalid_type", "expires_after", expires_after=1800)
    said("unknown_parameter", "domain_key", extra_body={"domain_key": "domain_pk_1"})
    said(
        "object_above_max_properties",
        "workflow.state_variables",
        workflow={"id": "wf_demo", "state_variables": {str(n): n for n in range(65)}},
    )
    said(
        "integer_above_max_value",
        "chatkit_configuration.file_upload.max_file_size",
        chatkit_configuration={"file_upload": {"max_file_size": 513}},
    )
    error = refused(openai.NotFoundError, client.beta.chatkit.sessions.create, user="ada", workflow={"id": "wf_none"})
    assert str(error.body["message"]) == "Workflow with id 'wf_none' not found."
    assert error.request_id.startswith("req_")


def threads(client):
    chatkit = client.beta.chatkit.threads
    everything = [known(thread) for thread in chatkit.list(limit=2)]
    ids = [thread.id for thread in everything]
    assert len(ids) == len(set(ids)) > 4
    assert [thread.created_at for thread in everything] == sorted((t.created_at for t in everything), reverse=True)
    assert [thread.id for thread in chatkit.list(limit=3, order="asc")] == ids[::-1]
    assert known(chatkit.retrieve(ids[0])) == everything[0]
    user = everything[0].user
    assert [t.id for t in chatkit.list(user=user)] == [t.id for t in everything if t.user == user]
    assert chatkit.list(user="nobody").data == []
    page = chatkit.list(limit=2, before=ids[4])
    assert ([t.id for t in page.data], page.has_more) == (ids[2:4], True)
    page = chatkit.list(limit=2, before=ids[2])
    assert ([t.id for t in page.data], page.has_more) == (ids[:2], False)
    assert chatkit.list(limit=0).data == []
    refused(openai.NotFoundError, chatkit.retrieve, "cthr_none")
    refused(openai.BadRequestError, chatkit.list, after="cthr_none")
    refused(openai.BadRequestError, chatkit.list, limit=101)
    refused(openai.BadRequestError, chatkit.list, extra_query={"order": "up"})
    kinds = set()
    for thread_id in ids:
        newest_first = [known(item) for item in chatkit.list_items(thread_id, limit=3)]
        oldest_first = list(chatkit.list_items(thread_id, limit=4, order="asc"))
        assert newest_first == oldest_first[::-1]
        assert {item.thread_id for item in newest_first} == {thread_id}
        kinds |= {item.type for item in newest_first}
    assert kinds == {
        "chatkit." + kind
        for kind in ("user_message", "assistant_message", "widget", "client_tool_call", "task", "task_group")
    }
    refused(openai.NotFoundError, chatkit.list_items, "cthr_none")
    assert known(chatkit.delete(ids[-1])).deleted is True
    refused(openai.NotFoundError, chatkit.retrieve, ids[-1])
    refused(openai.NotFoundError, chatkit.delete, ids[-1])


def conditions(client):
    def under(scenario, kind):
        listed = client.with_options(default_headers={"X-Emulate": scenario}, timeout=5).beta.chatkit.threads.list
        return refused(kind, listed)

    assert under("expired-key", openai.AuthenticationError).code == "invalid_api_key"
    assert under("unsupported-region", openai.PermissionDeniedError).code == "unsupported_country_region_territory"
    assert under("workflow-not-found", openai.NotFoundError).code == "workflow_not_found"
    assert under("rate-limited, retry-after=7", openai.RateLimitError).response.headers["retry-after"] == "7"
    assert under("quota-exceeded", openai.RateLimitError).code == "insufficient_quota"
    assert under("server-error", openai.InternalServerError).status_code == 500
    assert under("overloaded", openai.InternalServerError).status_code == 503
    assert under("no-such-scenario", openai.BadRequestError).code == "unknown_scenario"
    under("dropped", openai.APIConnectionError)
    under("cut", Exception)
    waiting = client.with_options(default_headers={"X-Emulate": "silent"}, timeout=0.2)
    refused(openai.APITimeoutError, waiting.beta.chatkit.threads.list)


def models(client):
    names = [known(model).id for model in client.models.list()]
    assert known(client.models.retrieve(names[0])).object == "model"
    refused(openai.NotFoundError, client.models.retrieve, "tea-1")


WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
IMAGE = "data:image/png;base64,iVBORw0KGgo="


def responses(client):
    create = client.responses.create
    whole = known(create(model="gpt-5", input="Hello there"))
    assert (whole.output_text, whole.status, whole.usage.total_tokens > 1) == ("Hello there", "completed", True)
    assert known(client.responses.retrieve(whole.id)).output_text == "Hello there"
    assert known(create(model="gpt-5", input="More", previous_response_id=whole.id)).previous_response_id == whole.id
    client.responses.delete(whole.id)
    refused(openai.NotFoundError, client.responses.retrieve, whole.id)
    refused(openai.BadRequestError, create, model="gpt-5", input="More", previous_response_id="resp_none")
    refused(openai.BadRequestError, create, model="", input="Hello")
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": IMAGE, "detail": "auto"},
    ]
    assert create(model="gpt-5", input=[{"role": "user", "content": content}]).output_text == "What is this? [1 images]"
    form = {"format": {"type": "json_schema", "name": "weather", "schema": WEATHER, "strict": True}}
    assert create(model="gpt-5", input="Paris", text=form).output_text == '{"city": "Paris"}'

    def streamed(**named):
        return [known(event) for event in create(model="gpt-5", stream=True, **named)]

    events = streamed(input="think and call")
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    reasoning, message, call = events[-1].response.output
    assert (reasoning.type, reasoning.summary[0].text) == ("reasoning", "They want the weather.")
    assert (message.type, message.content[0].text) == ("message", "One moment.")
    assert (call.type, call.name, call.arguments) == ("function_call", "get_weather", '{"city": "Paris"}')
    for kind, text in (
        ("output_text", "One moment."),
        ("function_call_arguments", call.arguments),
        ("reasoning_summary_text", "They want the weather."),
    ):
        assert "".join(event.delta for event in events if event.type == f"response.{kind}.delta") == text
    output = [
        {"role": "user", "content": "think and call"},
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": "rain"},
    ]
    assert create(model="gpt-5", input=output).output_text == "It says: rain"
    [refusal] = streamed(input="a bomb")[-1].response.output
    assert (refusal.content[0].type, refusal.content[0].refusal) == ("refusal", "I cannot help with that.")
    assert refused(openai.RateLimitError, create, model="gpt-5", input="too much").code == "rate_limit_exceeded"
    broken = client.with_options(default_headers={"X-Emulate": "stream-error"})
    last = list(broken.responses.create(model="gpt-5", input="a long sentence of words", stream=True))[-1]
    assert (known(last).type, last.code) == ("error", "server_error")


def completions(client):
    create = client.chat.completions.create

    def ask(text, **named):
        return create(model="gpt-5", messages=[{"role": "user", "content": text}], **named)

    whole = known(ask("Hello there"))
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("Hello there", "stop")
    chunks = [known(chunk) for chunk in ask("Hello there, you", stream=True, stream_options={"include_usage": True})]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello there, you"
    assert chunks[-1].usage.total_tokens > 1
    call = ask("think and call").choices[0].message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Paris"}')
    pieces = [chunk.choices[0].delta for chunk in ask("think and call", stream=True)]
    arguments = "".join(piece.tool_calls[0].function.arguments for piece in pieces if piece.tool_calls)
    assert arguments == '{"city": "Paris"}'
    messages = [
        {"role": "user", "content": "think and call"},
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ]
    assert create(model="gpt-5", messages=messages).choices[0].message.content == "It says: rain"
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    assert ask(content).choices[0].message.content == "What is this? [1 images]"
    form = {"type": "json_schema", "json_schema": {"name": "weather", "schema": WEATHER, "strict": True}}
    assert ask("Paris", response_format=form).choices[0].message.content == '{"city": "Paris"}'
    assert ask("a bomb").choices[0].message.refusal == "I cannot help with that."
    refused(openai.RateLimitError, ask, "too much")
    refused(openai.BadRequestError, create, model="gpt-5", messages=[])
    broken = client.with_options(default_headers={"X-Emulate": "stream-error"})
    stream = broken.chat.completions.create(model="gpt-5", messages=messages, stream=True)
    refused(openai.APIError, list, stream)


def files(client):
    made = known(client.files.create(file=("notes.txt", b"oolong"), purpose="user_data"))
    assert (made.bytes, made.filename, made.status) == (6, "notes.txt", "processed")
    assert [known(file).id for file in client.files.list()] == [made.id]
    assert client.files.content(made.id).read() == b"oolong"
    assert known(client.files.retrieve(made.id)) == made
    assert known(client.files.delete(made.id)).deleted is True
    refused(openai.NotFoundError, client.files.retrieve, made.id)
    refused(openai.BadRequestError, client.files.create, file=("a.txt", b"x"), purpose="tea")


def transcriptions(client):
    create = client.audio.transcriptions.create
    sound = ("voice.webm", b"\0" * 20)
    assert known(create(file=sound, model="gpt-transcribe")).text == "A recording of 20 bytes, voice.webm."
    done = [known(event) for event in create(file=sound, model="gpt-transcribe", stream=True)][-1]
    assert (done.type, done.text) == ("transcript.text.done", "A recording of 20 bytes, voice.webm.")
    refused(openai.BadRequestError, create, file=("voice.txt", b"x"), model="gpt-transcribe")


SCRIPT = """
- when: think and call
  think: They want the weather.
  say: One moment.
  call: get_weather
  arguments: {city: Paris}
- after: get_weather
  say: "It says: {output}"
- when: a bomb
  refuse: I cannot help with that.
- when: too much
  error: rate-limited
"""
"""The script that the emulator has to run (`--script`)."""

CHECKS = (sessions, session_refusals, conditions, threads, models, responses, completions, files, transcriptions)


def main(url):
    """Run every check against the emulator at `url`."""
    with client_of(url) as client:
        for check in CHECKS:
            check(client)
            sys.stdout.write(f"openai {openai.__version__}: {check.__name__} ok\n")


if __name__ == "__main__":
    sys.stdout.write(SCRIPT) if sys.argv[1] == "--script" else main(sys.argv[1])
