/** The least that is thinkable: text into elements, without Markdown, menus or anything else. */
const list = document.createElement('div');
const input = document.createElement('textarea');
list.className = 'list';

function add(text) {
  const message = document.createElement('div');
  message.className = 'message';
  message.append(text);
  list.append(message);
  return message;
}

export const contestant = {
  mount(messages) {
    for (const { text } of messages) add(text);
    document.body.append(list, input);
    list.scrollTop = list.scrollHeight;
  },
  ready: () => input.isConnected,
  tail: () => list.lastElementChild?.textContent ?? '',
  ask(deltas) {
    add('Go on');
    const message = add('');
    let text = '';
    let frame = 0;
    const draw = () => {
      frame = 0;
      message.append(text);
      text = '';
      list.scrollTop = list.scrollHeight;
    };
    deltas(
      (delta) => {
        text += delta;
        frame ||= requestAnimationFrame(draw);
      },
      () => undefined,
    );
  },
};
