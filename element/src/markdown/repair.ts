/**
 * Guesses, while text is arriving, what its unfinished end is going to be, so that a reader does not see markers flicker:
 * `**bol` is shown in bold, `[text](htt` as its text, a lone `-` not yet at all. The guesses are only ever shown; what is
 * finished is lexed as it is.
 */
import { formula } from './lexer';
import { pending } from './render';

const fence = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)$/gm;
const lastLine = /(?:^|\n)([^\n]*)$/;
const onlyMarkers = /^[ \t>]*(?:[-=*+_~`#|:>]+|\d{1,3}[.)]?)[ \t]*$/;
const blockStart = /^[ \t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|)/;
const beginningOfTag = /<\/?(?:s(?:u[bp]?)?|k(?:bd?)?|br?)?\s*\/?$/i;
const tableHead = /(?:^|\n[ \t]*\n)(\|(?=[|\t ]*[^\s|])[^\n]*)(?:\n[ \t:|-]*)?$/;

/** The tail of a text that is still growing, with its open ends closed. */
export function repair(tail: string): string {
  const fenced = openFence(tail);
  if (fenced !== undefined) return withoutPartialFence(tail, fenced);
  const formula = withClosedFormula(tail);
  if (formula !== undefined) return formula;
  const head = tableHead.exec(tail)?.[1];
  if (head !== undefined) return tail.slice(0, tail.lastIndexOf(head)) + asTable(head);
  const text = withoutLoneMarkers(tail).replace(beginningOfTag, '');
  const start = lastSegment(text);
  return text.slice(0, start) + closeSpans(text.slice(start));
}

/** The fence that is open at the end, if one is. */
function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const [, marker = '', info = ''] of text.matchAll(fence)) {
    if (open === undefined) {
      if (!info.includes('`') || marker.startsWith('~')) open = marker;
    } else if (marker.startsWith(open) && info.trim() === '') {
      open = undefined;
    }
  }
  return open;
}

/** A formula may have empty lines in it when its delimiter stands alone in its line; it is not endless. */
const formulaStart = /^ {0,3}(\$\$|\\\[)([^\n]*)$/gm;
const LONGEST_FORMULA = 5_000;

/** The text with the block of a formula closed that is open at its end, if one is. */
function withClosedFormula(text: string): string | undefined {
  let after = 0;
  for (const { 1: opening = '', 2: line = '', index } of text.matchAll(formulaStart)) {
    if (index < after) continue;
    const closing = opening === '$$' ? '$$' : '\\]';
    const start = text.indexOf(opening, index) + 2;
    const end = text.indexOf(closing, start);
    if (end !== -1) {
      after = end + 2;
    } else if (text.length - start < LONGEST_FORMULA && (line.trim() === '' || !/\n[ \t]*\n/.test(text.slice(start)))) {
      // Half of the closing delimiter is not part of it, and with nothing in it there is nothing to show.
      const begun = text.replace(/[$\\]$/, '').trimEnd();
      return begun.length <= start ? text.slice(0, index) : `${begun}\n${closing}`;
    }
  }
  return undefined;
}

function withoutPartialFence(text: string, open: string): string {
  const line = lastLine.exec(text)?.[1] ?? '';
  const marker = line.replace(/^[ \t>]+/, '');
  const isPartial = marker !== '' && marker.length < open.length && open.startsWith(marker);
  return isPartial ? text.slice(0, text.length - line.length).replace(/\n$/, '') : text;
}

function withoutLoneMarkers(text: string): string {
  const line = lastLine.exec(text)?.[1] ?? '';
  return line !== '' && onlyMarkers.test(line) ? text.slice(0, text.length - line.length) : text;
}

/** A table is one only with its second line; until that is there, its columns are those of the first. */
function asTable(head: string): string {
  const row = head.trimEnd().replace(/\|$/, '');
  const columns = row.replace(/\\\|/g, '').split('|').length - 1;
  return `${closeSpans(row)}|\n${'|-'.repeat(columns)}|`;
}

/** Where the last run of inline text begins: emphasis does not reach across blocks, items and cells. */
function lastSegment(text: string): number {
  let start = text.length;
  while (start > 0) {
    const previous = start > 1 ? text.lastIndexOf('\n', start - 2) + 1 : 0;
    const line = text.slice(previous, start);
    if (line.trim() === '' && start < text.length) return start;
    start = previous;
    if (blockStart.test(line)) break;
  }
  const isRow = text.slice(start).trimStart().startsWith('|');
  return isRow ? text.lastIndexOf('|') + 1 : start;
}

/** More openers than people nest are asterisks and underscores that mean something else. */
const DEEPEST = 8;

interface Opener {
  readonly marker: string;
  length: number;
}

/** Closes what is open in a run of inline text, or takes away what nothing follows yet. */
function closeSpans(text: string, inLink = false): string {
  const open: Opener[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '\\' || character === '$') {
      at += formulaAt(text, at) || (character === '\\' ? 2 : 1);
      if (at > text.length) return closed(text.slice(0, -1), open);
    } else if (character === '`') {
      const end = endOfCode(text, at);
      if (end === undefined) return closed(closeCode(text, at), open);
      at = end;
    } else if (character === '[' && !inLink && mayBeLink(text, at)) {
      const end = endOfLink(text, at);
      if (end === undefined) return closed(closeLink(text, at), open);
      at = end;
    } else if ('*_~'.includes(character)) {
      const length = runLength(text, at);
      if (at + length === text.length) return closed(text.slice(0, at), open);
      delimiterRun(text, at, length, open);
      at += length;
    } else {
      at += 1;
    }
  }
  return closed(text, open);
}

function closed(text: string, open: readonly Opener[]): string {
  if (open.length === 0 || open.length === DEEPEST) return text;
  const closers = open.map(({ marker, length }) => marker.repeat(length)).reverse();
  const content = text.trimEnd();
  // A closer does not close behind a space, nor right behind its opener.
  return /[*_~]$/.test(content) ? content.replace(/[*_~]+$/, '') : content + closers.join('') + text.slice(content.length);
}

function delimiterRun(text: string, at: number, length: number, open: Opener[]): void {
  const marker = text.charAt(at);
  if (marker === '~' && length !== 2) return;
  const before = text.charAt(at - 1);
  const after = text.charAt(at + length);
  const withinWord = marker === '_' && isWord(before) && isWord(after);
  const opener = open.findLast((entry) => entry.marker === marker);
  if (opener && before.trim() !== '' && !withinWord) {
    opener.length -= length;
    open.splice(open.indexOf(opener) + (opener.length > 0 ? 1 : 0));
  } else if (after.trim() !== '' && !withinWord && open.length < DEEPEST) {
    open.push({ marker, length });
  }
}

function endOfCode(text: string, at: number): number | undefined {
  const length = runLength(text, at);
  for (let end = text.indexOf('`', at + length); end !== -1; ) {
    const closing = runLength(text, end);
    if (closing === length) return end + closing;
    end = text.indexOf('`', end + closing);
  }
  return undefined;
}

function closeCode(text: string, at: number): string {
  const length = runLength(text, at);
  const content = text.slice(at + length).replace(/`+$/, '');
  return content.trim() === '' ? text.slice(0, at) : text.slice(0, at + length) + content + '`'.repeat(length);
}

/** Not an index as in `list[0]`, a footnote, nor the box of a task. */
function mayBeLink(text: string, at: number): boolean {
  return !isWord(text.charAt(at - 1)) && !/^\[(?:\^|[ xX]?\]?$)/.test(text.slice(at, at + 4));
}

/** Behind a complete link or behind brackets that are none; undefined when a link may be unfinished. */
function endOfLink(text: string, at: number): number | undefined {
  const label = balanced(text, at, '[', ']');
  if (label === undefined || label === text.length) return undefined;
  if (text.charAt(label) === '(') return balanced(text, label, '(', ')');
  if (text.charAt(label) === '[') return balanced(text, label, '[', ']');
  return label;
}

function closeLink(text: string, at: number): string {
  if (text.charAt(at - 1) === '!') return text.slice(0, at - 1);
  const end = balanced(text, at, '[', ']');
  const label = text.slice(at + 1, end === undefined ? text.length : end - 1);
  return label.trim() === '' ? text.slice(0, at) : `${text.slice(0, at)}[${closeSpans(label, true)}](${pending})`;
}

/** The index behind the bracket that closes the one at `at`. */
function balanced(text: string, at: number, opening: string, closing: string): number | undefined {
  let depth = 0;
  for (let n = at; n < text.length; n += 1) {
    const character = text.charAt(n);
    if (character === '\\') n += 1;
    else if (character === opening) depth += 1;
    else if (character === closing && (depth -= 1) === 0) return n + 1;
  }
  return undefined;
}

function formulaAt(text: string, at: number): number {
  formula.lastIndex = at;
  return formula.exec(text)?.[0].length ?? 0;
}

function runLength(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === text.charAt(at)) end += 1;
  return end - at;
}

function isWord(character: string): boolean {
  return /[a-z0-9]/i.test(character);
}
