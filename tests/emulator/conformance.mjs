// What the official Node SDK does with the emulator. Needs `openai` and nothing else; see conformance.py.
//
//     node conformance.mjs http://127.0.0.1:9100/v1

import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { VERSION } from "openai/version";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });
const workflow = { id: "wf_demo" };

const collect = async (pages) => {
  const found = [];
  for await (const thing of pages) found.push(thing);
  return found;
};

/** The error with which a call ends. */
const refused = async (kind, call) => {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof kind, `${kind.name} was expected, not ${error}`);
    return error;
  }
  assert.fail(`${kind.name} was expected`);
};

const checks = {
  async sessions() {
    const { sessions } = client.beta.chatkit;
    const session = await sessions.create({ user: "ada", workflow, expires_after: { anchor: "created_at", seconds: 60 } });
    assert.deepEqual([session.object, session.status, session.user], ["chatkit.session", "active", "ada"]);
    assert.equal((await sessions.cancel(session.id)).status, "cancelled");
    const late = { anchor: "created_at", seconds: 1800 };
    const error = await refused(OpenAI.BadRequestError, () => sessions.create({ user: "ada", workflow, expires_after: late }));
    assert.deepEqual([error.code, error.param], ["integer_above_max_value", "expires_after.seconds"]);
    await refused(OpenAI.NotFoundError, () => sessions.create({ user: "ada", workflow: { id: "wf_none" } }));
  },

  async threads() {
    const { threads } = client.beta.chatkit;
    const all = await collect(threads.list({ limit: 2 }));
    const ids = all.map((thread) => thread.id);
    assert.ok(ids.length > 4);
    assert.deepEqual((await collect(threads.list({ limit: 3, order: "asc" }))).map((thread) => thread.id), ids.toReversed());
    assert.deepEqual(await threads.retrieve(ids[0]), all[0]);
    const page = await threads.list({ limit: 2, before: ids[4] });
    assert.deepEqual(page.data.map((thread) => thread.id), ids.slice(2, 4));
    const newest = await collect(threads.listItems(ids[0], { limit: 3 }));
    assert.deepEqual(newest, (await collect(threads.listItems(ids[0], { order: "asc" }))).toReversed());
    assert.equal((await threads.delete(ids.at(-1))).deleted, true);
    await refused(OpenAI.NotFoundError, () => threads.retrieve(ids.at(-1)));
  },

  async responses() {
    const create = (input, more) => client.responses.create({ model: "gpt-5", input, ...more });
    assert.equal((await create("Hello there")).output_text, "Hello there");
    const events = await collect(await create("think and call", { stream: true }));
    const { output } = events.at(-1).response;
    assert.deepEqual(output.map((item) => item.type), ["reasoning", "message", "function_call"]);
    const deltas = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
    assert.equal(deltas.join(""), "One moment.");
    assert.equal((await create("a bomb")).output[0].content[0].type, "refusal");
    await refused(OpenAI.RateLimitError, () => create("too much"));
  },

  async completions() {
    const ask = (content, more) =>
      client.chat.completions.create({ model: "gpt-5", messages: [{ role: "user", content }], ...more });
    assert.equal((await ask("Hello there")).choices[0].message.content, "Hello there");
    const chunks = await collect(await ask("Hello there, you", { stream: true }));
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), "Hello there, you");
    const [call] = (await ask("think and call")).choices[0].message.tool_calls;
    assert.deepEqual([call.function.name, call.function.arguments], ["get_weather", '{"city": "Paris"}']);
  },

  async files() {
    const made = await client.files.create({ file: await toFile(Buffer.from("oolong"), "notes.txt"), purpose: "user_data" });
    assert.deepEqual([made.bytes, made.filename], [6, "notes.txt"]);
    assert.equal(await (await client.files.content(made.id)).text(), "oolong");
    assert.equal((await client.files.delete(made.id)).deleted, true);
    const sound = await toFile(Buffer.alloc(20), "voice.webm");
    const heard = await client.audio.transcriptions.create({ file: sound, model: "gpt-transcribe" });
    assert.equal(heard.text, "A recording of 20 bytes, voice.webm.");
  },

  async conditions() {
    const under = (scenario, kind) =>
      refused(kind, () => client.models.list({ headers: { "X-Emulate": scenario }, timeout: 5000 }));
    assert.equal((await under("expired-key", OpenAI.AuthenticationError)).code, "invalid_api_key");
    assert.equal((await under("unsupported-region", OpenAI.PermissionDeniedError)).status, 403);
    assert.equal((await under("rate-limited, retry-after=7", OpenAI.RateLimitError)).headers.get("retry-after"), "7");
    await under("server-error", OpenAI.InternalServerError);
    await under("dropped", OpenAI.APIConnectionError);
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`openai-node ${VERSION}: ${name} ok`);
}
