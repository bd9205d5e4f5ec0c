import { describe, expect, test } from 'vitest';

import { acceptedWords, pickerTypes, refusalOf, sizeWords } from '../../src/attachments/limits';

const MB = 1024 ** 2;
const file = (name: string, type: string, size = 1) => ({ name, type, size });

describe('which files are taken', () => {
  const accept = { 'image/*': ['.png'], 'application/pdf': ['pdf'], 'text/csv': [] };

  test.each([
    [file('a.png', 'image/png'), null],
    [file('a.gif', 'image/gif'), null],
    [file('a.PDF', ''), null],
    [file('a.csv', 'text/csv'), null],
    [file('a.csv', 'application/vnd.ms-excel'), { why: 'type' }],
    [file('a.exe', 'application/x-msdownload'), { why: 'type' }],
    [file('a.pdf', 'application/pdf', 0), { why: 'empty' }],
  ])('%o', (given, refusal) => {
    expect(refusalOf(given, { enabled: true, accept })).toEqual(refusal);
  });

  test('without a list every type is', () => {
    expect(refusalOf(file('a.exe', ''), { enabled: true })).toBeNull();
  });
});

describe('how large files may be', () => {
  const sizes = { 'image/*': 2 * MB, 'image/gif': MB, '*': 5 * MB };

  test.each([
    ['image/gif', MB],
    ['image/png', 2 * MB],
    ['text/plain', 5 * MB],
    ['', 5 * MB],
  ])('%s by type', (type, limit) => {
    const options = { enabled: true, maxSize: sizes };
    expect(refusalOf(file('a', type, limit), options)).toBeNull();
    expect(refusalOf(file('a', type, limit + 1), options)).toEqual({ why: 'size', limit });
  });

  test('100 MB where nothing is said', () => {
    expect(refusalOf(file('a', '', 100 * MB), { enabled: true, maxSize: { 'image/*': 1 } })).toBeNull();
    expect(refusalOf(file('a', '', 100 * MB + 1), { enabled: true })).toEqual({ why: 'size', limit: 100 * MB });
  });
});

test('the picker is told types and endings', () => {
  expect(pickerTypes({ enabled: true, accept: { 'image/*': ['.png', 'jpg'], '*/*': [] } })).toBe('image/*,.png,.jpg');
  expect(pickerTypes({ enabled: true })).toBe('');
  expect(acceptedWords({ enabled: true, accept: { 'image/*': [], 'application/pdf': ['.pdf'] } })).toBe('image/*, .pdf');
});

test('sizes are said in the language of the reader', () => {
  expect(sizeWords(1.5 * MB, 'en')).toBe('1.5 MB');
  expect(sizeWords(300, 'en')).toBe('1 kB');
  expect(sizeWords(1.5 * MB, 'de')).toBe('1,5 MB');
});
