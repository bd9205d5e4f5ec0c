import { describe, expect, test } from 'vitest';

import type { Annotation, Thread, ThreadItem } from '../../src/api/wire';
import { byDay, emptyHistory, firstPage, nextPage } from '../../src/state/history';
import { openableHref, parseChatLink } from '../../src/state/links';
import { sourcesOf } from '../../src/state/sources';
import { answerText, awaitedForm, spokenText, turnsOf } from '../../src/state/turns';
import { appendWidgetText, widgetText } from '../../src/state/widget';
import { answer, page, question, thread, toolCall } from '../wire';

const hidden = { ...toolCall('x'), id: 'h', type: 'hidden_context_item', content: 'secret' } as unknown as ThreadItem;
const endOfTurn = { ...question(''), id: 'end', type: 'end_of_turn' } as unknown as ThreadItem;
const unheardOf = { ...question(''), id: 'new', type: 'hologram' } as unknown as ThreadItem;

describe('turns', () => {
  test('a message and what answers it belong together', () => {
    const turns = turnsOf([question('a', '1'), answer('b', '2'), answer('c', '3'), question('d', '4')]);
    expect(turns.map(({ key, answers }) => [key, answers.length])).toEqual([['1', 2], ['4', 0]]);
  });

  test('hidden, silent and unheard-of items are never shown', () => {
    const turns = turnsOf([question('a', '1'), hidden, unheardOf]);
    expect(turns).toMatchObject([{ key: '1', answers: [] }]);
  });

  test('a call of the page is shown until it has been answered', () => {
    const shown = (call: ThreadItem) => turnsOf([question('a', '1'), call])[0]?.answers.length;
    expect(shown(toolCall('x'))).toBe(1);
    expect(shown({ ...toolCall('x'), status: 'completed' })).toBe(0);
  });

  test('questions wait for an answer while nothing is said after them', () => {
    const form: ThreadItem = { id: 'f', thread_id: 'thr_1', created_at: '', type: 'structured_input', status: 'pending', inputs: [] };
    expect(awaitedForm([question('a', '1'), form])).toBe(form);
    expect(awaitedForm([question('a', '1'), form, endOfTurn])).toBe(form);
    expect(awaitedForm([question('a', '1'), { ...form, status: 'skipped' }])).toBeNull();
    expect(awaitedForm([form, question('a', '1')])).toBeNull();
  });

  test('a thread may begin with the assistant, and a turn may be ended early', () => {
    const turns = turnsOf([answer('Welcome', '1'), endOfTurn, answer('Again', '2')]);
    expect(turns.map(({ key, question: asked }) => [key, asked])).toEqual([['1', null], ['2', null]]);
  });

  test('a copy gives all the assistant wrote', () => {
    expect(answerText([answer('# One', '1'), toolCall('x'), answer('Two', '2')])).toBe('# One\n\nTwo');
  });

  test('what is announced has no marks and no addresses', () => {
    expect(spokenText('## Tea\n\n- **Longjing** [here](https://x.y)\n- `pu-erh`')).toBe('Tea Longjing here pu-erh');
  });
});

describe('sources', () => {
  const cite = (source: Partial<Annotation['source']>, index?: number) =>
    ({ type: 'annotation', source: { title: 'T', ...source }, ...(index !== undefined && { index }) }) as Annotation;
  const annotated = (...annotations: Annotation[]) => {
    const item = answer('Some text');
    return { ...item, content: item.content.map((part) => ({ ...part, annotations })) };
  };

  test('are numbered in the order of their mentions, each once', () => {
    const { list, mentions } = sourcesOf([
      annotated(cite({ type: 'url', url: '/b' }, 7), cite({ type: 'url', url: '/a' }, 2), cite({ type: 'url', url: '/a' }, 9)),
    ]);
    expect(list.map(({ number, href }) => [number, href])).toEqual([[1, '/a'], [2, '/b']]);
    expect([...mentions.values()][0]?.map(({ index, source }) => [index, source.number])).toEqual([[2, 1], [7, 2], [9, 1]]);
  });

  test('go on counting through the messages of one answer', () => {
    const { list } = sourcesOf([
      { ...annotated(cite({ type: 'file', filename: 'a.pdf' })), id: '1' },
      { ...annotated(cite({ type: 'entity', id: 'e' })), id: '2' },
    ]);
    expect(list.map(({ number, origin }) => [number, origin])).toEqual([[1, 'a.pdf'], [2, undefined]]);
  });

  test('a source without a place stands at the end of its text', () => {
    const { mentions } = sourcesOf([annotated(cite({ type: 'url', url: '/a' }))]);
    expect([...mentions.values()][0]?.[0]?.index).toBe('Some text'.length);
  });

  test('name the host of another site', () => {
    const { list } = sourcesOf([annotated(cite({ type: 'url', url: 'https://tea.example/x' }))]);
    expect(list[0]?.origin).toBe('tea.example');
  });
});

describe('links', () => {
  test.each(['https://a.example', 'http://a.example', 'mailto:a@b.example', '/docs/x#y', 'docs', '?q=1', '//a.example'])(
    '%s may be opened',
    (url) => expect(openableHref(url)).toBe(url),
  );

  test.each(['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'https://', undefined])(
    '%j may not',
    (url) => expect(openableHref(url)).toBeUndefined(),
  );

  test('of the chat’s own kind have a name and values', () => {
    expect(parseChatLink('chatkit-link://ask?text=What%20is%20%E8%8C%B6%3F&from=x')).toEqual({
      name: 'ask',
      data: { text: 'What is 茶?', from: 'x' },
    });
    expect(parseChatLink('chatkit-link://home')).toEqual({ name: 'home', data: {} });
    expect(parseChatLink('https://a.example')).toBeUndefined();
  });
});

describe('widgets', () => {
  const card = { type: 'Card', children: [{ type: 'Row', children: [{ type: 'Text', id: 'status', value: 'Wor' }] }] } as never;

  test('take streamed text where the id is, and leave everything else as it is', () => {
    expect(widgetText(appendWidgetText(card, 'status', 'king'))).toEqual(['Working']);
    expect(appendWidgetText(card, 'nowhere', 'x')).toBe(card);
  });
});

describe('the list of threads', () => {
  const at = (id: string, created_at: string): Thread => thread({ id, created_at });
  const now = new Date(2026, 2, 30, 12);
  const iso = (...when: [number, number, number, number]) => new Date(...when).toISOString();

  test('is grouped by the reader’s own days', () => {
    const days = byDay(
      [at('a', iso(2026, 2, 30, 9)), at('b', iso(2026, 2, 30, 0)), at('c', iso(2026, 2, 29, 23)), at('d', iso(2026, 1, 1, 1))],
      now,
    );
    expect(days.map(({ daysAgo, threads }) => [daysAgo, threads.map(({ id }) => id)])).toEqual([
      [0, ['a', 'b']],
      [1, ['c']],
      [57, ['d']],
    ]);
  });

  test('grows by pages, without what is already there', () => {
    const first = firstPage(page([thread({ id: 'a' }), thread({ id: 'b' })], 'b'));
    const both = nextPage(first, page([thread({ id: 'b' }), thread({ id: 'c' })]));
    expect(first.after).toBe('b');
    expect(both).toMatchObject({ after: null, loaded: true });
    expect(both.threads.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(emptyHistory.loaded).toBe(false);
  });
});
