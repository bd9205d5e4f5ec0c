/**
 * Numbered markers in the text.
 *
 * A citation stands at an offset into the text, but what an offset means to the structure is known only after lexing, and
 * lexing strips indentation. So a mark is put into the text first and travels through the lexer: OBJECT REPLACEMENT
 * CHARACTERs around the citation's position in the list, its digits written as variation selectors. The character
 * counts as a symbol, so emphasis opens and closes beside it as beside punctuation, and it has no meaning in Markdown.
 */

/** A numbered reference to a source. */
export interface Citation {
  /** Where it stands: a count of Unicode code points, as the server counts. */
  readonly index: number;
  /** What is shown, usually the number of the source. */
  readonly label: string;
  /** Where the source is, if it is anywhere. */
  readonly href?: string;
  readonly title: string;
}

const EDGE = '\uFFFC';
const ZERO = 0xfe00;
const mark = /\uFFFC([\uFE00-\uFE0F]+)\uFFFC/;
const marks = new RegExp(mark, 'g');

const delimiters = '*_~`$';
const linePrefix = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)*(?:#{1,6}[ \t]+)?/;
const quotation = /^[ \t>]+/;
const structure = /^(?:`{3,}|~{3,}|=+|[*_\s]+|[-:|\s]+)$/;

/** Takes our mark's character out of a text that brings it along; the length, and so every offset, stays. */
export function withoutForeignMarks(text: string): string {
  return text.includes(EDGE) ? text.replaceAll(EDGE, '\u200B') : text;
}

/** A text in pieces: strings, and the positions of the citations between them. */
export function splitAtMarks(text: string): (string | number)[] {
  if (!text.includes(EDGE)) return [text];
  return text.split(mark).map((piece, n) => (n % 2 ? position(piece) : piece));
}

/** The positions of the citations marked in a text. */
export function citationsIn(text: string): number[] {
  return splitAtMarks(text).filter((piece) => typeof piece === 'number');
}

/** A text without marks. */
export function withoutMarks(text: string): string {
  return text.includes(EDGE) ? text.replace(marks, '') : text;
}

/** How many UTF-16 units of `text` come before each citation; undefined where the text is not that long yet. */
export function offsets(text: string, citations: readonly Citation[]): (number | undefined)[] {
  const found = new Array<number | undefined>(citations.length).fill(undefined);
  const order = citations.map((_, n) => n).sort((a, b) => indexOf(citations, a) - indexOf(citations, b));
  let points = 0;
  let units = 0;
  for (const n of order) {
    const index = Math.max(0, indexOf(citations, n));
    while (points < index && units < text.length) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
      points += 1;
    }
    if (points < index) break;
    found[n] = units;
  }
  return found;
}

/** Puts the marks into `source`, of which only what comes at or after `from` is returned. */
export function insertMarks(source: string, from: number, at: readonly (number | undefined)[]): string {
  const placed = at
    .flatMap((offset, n) => (offset === undefined || offset < from ? [] : [{ n, at: anchor(source, offset) }]))
    // A place before `from` has its mark already: it was put there when that text was last read.
    .filter((place) => place.at >= from)
    .sort((a, b) => a.at - b.at || a.n - b.n);
  let text = '';
  let end = from;
  for (const place of placed) {
    text += source.slice(end, place.at) + EDGE + digits(place.n) + EDGE;
    end = place.at;
  }
  return text + source.slice(end);
}

/**
 * The nearest place for a mark that does not break what stands there: behind a word rather than before the next line,
 * never within a run of asterisks, a list's bullet, a table's rule or a fence.
 */
function anchor(source: string, offset: number): number {
  let at = beyondDelimiters(source, offset);
  if (source[at - 1] === ']' && /[([]/.test(source[at] ?? '')) return at - 1;
  for (;;) {
    at = beforeSpace(source, at);
    if (at === 0) return afterFirstPrefix(source);
    const start = source.lastIndexOf('\n', at - 1) + 1;
    const line = lineFrom(source, start);
    const prefix = linePrefix.exec(line)?.[0].length ?? 0;
    if (at - start < prefix || isStructure(line)) at = start;
    else if (source[at - 1] === '|' && line.trimStart().startsWith('|')) at -= 1;
    else return at;
  }
}

function beyondDelimiters(source: string, offset: number): number {
  let at = offset;
  while (at > 0 && source[at] === source[at - 1] && delimiters.includes(source[at] ?? ' ')) at += 1;
  return source[at - 1] === '\\' ? Math.min(at + 1, source.length) : at;
}

function beforeSpace(source: string, offset: number): number {
  let at = offset;
  while (at > 0 && /\s/.test(source.charAt(at - 1))) at -= 1;
  return at;
}

/** Nothing comes before it: the text of the first line is the nearest there is, the end where that has none. */
function afterFirstPrefix(source: string): number {
  const line = lineFrom(source, 0);
  if (isStructure(line) || /^\s*(?:`{3}|~{3}|\|)/.test(line)) return source.length;
  return linePrefix.exec(line)?.[0].length ?? 0;
}

/** Whether a line is a fence, a rule, an underline or a table's delimiter row, which must stay as they are. */
function isStructure(line: string): boolean {
  return structure.test(line.replace(quotation, '').trimEnd());
}

function lineFrom(source: string, start: number): string {
  const end = source.indexOf('\n', start);
  return source.slice(start, end === -1 ? source.length : end);
}

function indexOf(citations: readonly Citation[], n: number): number {
  return citations[n]?.index ?? 0;
}

function digits(n: number): string {
  return n.toString(16).replace(/./g, (digit) => String.fromCharCode(ZERO + parseInt(digit, 16)));
}

function position(code: string): number {
  return parseInt(code.replace(/./g, (digit) => (digit.charCodeAt(0) - ZERO).toString(16)), 16);
}
