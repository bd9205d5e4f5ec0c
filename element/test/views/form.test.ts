import { expect, test } from 'vitest';

import type { StructuredInput } from '../../src/api/wire';
import { answersOf } from '../../src/views/form';

const inputs: StructuredInput[] = [
  { id: 'tea', type: 'multiple_choice', question: 'Which?', options: [{ value: 'Green' }, { value: 'Black' }], multiple: true },
  { id: 'note', type: 'freeform', question: 'Anything else?' },
];

test('a form answers with what was chosen and typed, and skips what was left empty', () => {
  const data = new FormData();
  data.append('tea', 'Green');
  data.append('tea:own', '  White ');
  data.append('note', ' ');
  expect(answersOf(inputs, data)).toEqual({
    status: 'answered',
    answers: { tea: { values: ['Green', 'White'], skipped: false }, note: { values: [], skipped: true } },
  });
});
