import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Draft, Tag } from '../../src/state/draft';
import { draftText, emptyDraft, joined, saysSomething, textContent, together, trimmed } from '../../src/state/draft';

const tea: Tag = { type: 'input_tag', id: 'tea', text: 'Longjing', data: {} };
const text = (written: string) => ({ type: 'input_text', text: written }) as const;
const part = fc.oneof(fc.string({ maxLength: 4 }).map(text), fc.constant(tea));

describe('a draft', () => {
  test.each<[string, Partial<Draft>, boolean]>([
    ['nothing', {}, false],
    ['spaces', { content: textContent(' \n ') }, false],
    ['a word', { content: textContent('tea') }, true],
    ['a tag alone', { content: [tea] }, true],
    ['a file alone', { attachments: [{ type: 'file', id: 'atc_1', name: 'a.txt', mime_type: 'text/plain' }] }, true],
    ['a quotation alone', { quotedText: 'said before' }, false],
  ])('with %s says something: %#', (_, draft, expected) => {
    expect(saysSomething({ ...emptyDraft, ...draft })).toBe(expected);
  });

  test('is sent without spaces at its ends, and with those in between', () => {
    expect(trimmed([text('  '), tea, text(' or  '), tea, text(' \n')])).toEqual([tea, text(' or  '), tea]);
    expect(trimmed(textContent('  a b '))).toEqual([text('a b')]);
  });

  test('joins texts and keeps what is said and every tag', () => {
    fc.assert(
      fc.property(fc.array(part), (content) => {
        const result = joined(content);
        expect(draftText({ ...emptyDraft, content: result })).toBe(draftText({ ...emptyDraft, content }));
        expect(result.filter(({ type }) => type === 'input_tag')).toHaveLength(content.filter(({ type }) => type === 'input_tag').length);
        for (const [index, { type, text: written }] of result.entries()) {
          expect(written).not.toBe('');
          if (index > 0 && type === 'input_text') expect(result[index - 1]?.type).toBe('input_tag');
        }
        expect(joined(result)).toEqual(result);
      }),
    );
  });

  test('that comes back stands before what was typed meanwhile, and brings no file twice', () => {
    const file = { type: 'file', id: 'atc_1', name: 'a.txt', mime_type: 'text/plain' } as const;
    const first = { content: [tea], quotedText: 'before', attachments: [file] };
    const second = { content: textContent('and more'), attachments: [file] };
    expect(together(first, second)).toEqual({ content: [tea, text('\nand more')], quotedText: 'before', attachments: [file] });
    expect(together(emptyDraft, second)).toEqual(second);
  });
});
