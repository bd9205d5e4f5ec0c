/** deep-chat, as its documentation has it: history as a property, answers from a handler. */
const chat = document.createElement('deep-chat');
chat.style.width = '100%';
chat.style.height = '100%';
let answer = null;
chat.connect = {
  stream: true,
  handler: (_body, signals) => {
    signals.onOpen();
    answer(
      (text) => void signals.onResponse({ text }),
      () => signals.onClose(),
    );
  },
};

export const contestant = {
  mount(messages) {
    chat.history = messages;
    document.body.append(chat);
  },
  ready: () => chat.shadowRoot?.querySelector('#text-input')?.isContentEditable ?? false,
  tail: () => [...(chat.shadowRoot?.querySelectorAll('.message-bubble') ?? [])].at(-1)?.textContent ?? '',
  ask(deltas) {
    answer = deltas;
    chat.submitUserMessage({ text: 'Go on' });
  },
};
