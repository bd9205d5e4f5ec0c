/** `<openai-chatkit>`, with a server that is a function: the network is nobody's merit. */
const NOW = '2026-01-01T00:00:00Z';
const bytes = new TextEncoder();
const json = (value) => new Response(JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });

function item({ role, text }, n) {
  const made = { id: `item_${n}`, thread_id: 'thr_1', created_at: NOW };
  if (role === 'ai') return { ...made, type: 'assistant_message', content: [{ type: 'output_text', text, annotations: [] }] };
  return { ...made, type: 'user_message', content: [{ type: 'input_text', text }], attachments: [], inference_options: {} };
}

let items = [];
let answer = null;
/** How many items a page has; all of them, unless a server that pages is meant. */
export let pageSize = Infinity;
export const setPageSize = (size) => (pageSize = size);

function page(after) {
  const end = after === undefined ? items.length : items.findIndex(({ id }) => id === after);
  const from = Math.max(0, end - pageSize);
  const data = items.slice(from, end);
  return { data, has_more: from > 0, ...(from > 0 && { after: data[0].id }) };
}

const thread = () => ({ id: 'thr_1', created_at: NOW, status: { type: 'active' }, metadata: {} });

async function fetch(url, { body }) {
  const { type, params } = JSON.parse(body);
  if (type === 'threads.get_by_id') return json({ ...thread(), items: page() });
  if (type === 'threads.list') return json({ data: [], has_more: false });
  if (type === 'items.list') {
    const { data, ...rest } = page(params.after);
    return json({ data: data.toReversed(), ...rest });
  }
  const stream = new ReadableStream({
    start(controller) {
      const send = (event) => controller.enqueue(bytes.encode(`data: ${JSON.stringify(event)}\n\n`));
      const message = item({ role: 'ai', text: '' }, 'answer');
      if (type === 'threads.create') send({ type: 'thread.created', thread: { ...thread(), items: page() } });
      send({ type: 'thread.item.done', item: item({ role: 'user', text: 'Go on' }, 'question') });
      send({ type: 'thread.item.added', item: message });
      let text = '';
      answer(
        (delta) => {
          text += delta;
          const update = { type: 'assistant_message.content_part.text_delta', content_index: 0, delta };
          send({ type: 'thread.item.updated', item_id: message.id, update });
        },
        () => {
          send({ type: 'thread.item.done', item: { ...message, content: [{ type: 'output_text', text, annotations: [] }] } });
          controller.close();
        },
      );
    },
  });
  return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
}

const chat = document.createElement('openai-chatkit');

export const contestant = {
  mount(messages) {
    items = messages.map(item);
    const options = { api: { url: '/chatkit', domainKey: '', fetch }, ...(items.length > 0 && { initialThread: 'thr_1' }) };
    if (!chat.isConnected) document.body.append(chat);
    if (chat.setOptions) chat.setOptions(options);
    else customElements.whenDefined('openai-chatkit').then(() => chat.setOptions(options));
  },
  ready: () => chat.shadowRoot?.querySelector('textarea, [role=textbox]')?.matches(':enabled, [contenteditable]') ?? false,
  tail: () => chat.shadowRoot?.querySelector('.turn:last-of-type')?.textContent ?? '',
  ask(deltas) {
    answer = deltas;
    void chat.sendUserMessage({ text: 'Go on' });
  },
};
export { chat };
