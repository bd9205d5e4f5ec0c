import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { useState } from 'react';

interface Props {
  readonly basket: number;
  readonly dark: boolean;
  readonly onAdd: (tins: number) => void;
}

/**
 * The chat. Its options are written in place, as one would: every render makes new objects and closures, and the chat
 * does not notice unless a value in them is another one.
 */
export function Support({ basket, dark, onAdd }: Props) {
  const [busy, setBusy] = useState(false);
  const { control, sendUserMessage, focusComposer } = useChatKit({
    // The key belongs to OpenAI's own element, whose types ask for it; ours ignores it.
    api: { url: '/chatkit', domainKey: 'local-dev' },
    theme: { colorScheme: dark ? 'dark' : 'light', radius: 'round', color: { accent: { primary: '#2f7d4f', level: 2 } } },
    frameTitle: 'Tea shop support',
    initialThread: threadInAddress(),
    header: { title: { text: 'Ask us about tea' } },
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: {
      greeting: 'What would you like to know?',
      prompts: [
        { label: 'What is Teahouse?', prompt: 'What is Teahouse?', icon: 'sparkle' },
        { label: 'What is in my basket?', prompt: `I have ${basket} tins of tea. What next?`, icon: 'suitcase' },
      ],
    },
    composer: { placeholder: 'Ask about tea' },
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    disclaimer: { text: 'Answers come from the [documentation](/docs).' },
    onClientTool: ({ name, params }) => {
      if (name !== 'add_to_basket') return { error: `There is no tool ${name}.` };
      const tins = Number(params.tins);
      onAdd(tins);
      return { basket: basket + tins };
    },
    onReady: () => void focusComposer(),
    onResponseStart: () => setBusy(true),
    onResponseEnd: () => setBusy(false),
    onThreadChange: ({ threadId }) => putThreadInAddress(threadId),
    onDeeplink: ({ name, data }) => {
      if (name === 'ask') void sendUserMessage({ text: String(data?.text) });
    },
    onError: ({ error }) => console.warn('Chat:', error.message),
  });

  return (
    <aside aria-label="Support">
      <p className="buttons">
        <button disabled={busy} onClick={() => void sendUserMessage({ text: 'What is Teahouse?', newThread: true })}>
          What is Teahouse?
        </button>
      </p>
      <ChatKit control={control} className="chat" />
    </aside>
  );
}

function threadInAddress(): string | null {
  return new URL(location.href).searchParams.get('thread');
}

function putThreadInAddress(threadId: string | null): void {
  const address = new URL(location.href);
  if (threadId) address.searchParams.set('thread', threadId);
  else address.searchParams.delete('thread');
  history.replaceState(null, '', address);
}
