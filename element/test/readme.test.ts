import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { themeProperties } from '../src/theme/theme';

const root = join(import.meta.dirname, '..');
const readAll = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');

const unique = (names: Iterable<string>) => [...new Set(names)].sort();
const properties = unique(Object.keys(themeProperties({})));
const parts = unique([...readAll('src/views', '.ts').matchAll(/\bpart[=:] ?["']([a-z-]+)["']/g)].map(([, name]) => name ?? ''));

describe.each(['README.md', 'README.zh.md'])('%s', (name) => {
  const text = readFileSync(join(root, name), 'utf8');
  const table = text.slice(text.indexOf('| `--chatkit'));

  test('names every property of the theme, and no other', () => {
    expect(unique([...table.matchAll(/`(--chatkit-[a-z-]+)`/g)].map(([, property]) => property ?? ''))).toEqual(properties);
  });

  test('names every part, and no other', () => {
    const named = text.slice(text.lastIndexOf('::part()`') + '::part()`'.length);
    expect(unique([...named.matchAll(/`([a-z-]+)`/g)].map(([, part]) => part ?? ''))).toEqual(parts);
  });
});

test('the stylesheets use only properties of the theme', () => {
  const used = unique([...readAll('src/styles', '.css').matchAll(/var\((--chatkit-[a-z-]+)/g)].map(([, property]) => property ?? ''));
  expect(used.filter((property) => !properties.includes(property))).toEqual([]);
});
