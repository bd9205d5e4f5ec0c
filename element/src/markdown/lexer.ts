/**
 * Markdown to tokens: marked's lexer with three additions and nothing else of it.
 *
 * - Formulas (`$…$`, `$$…$$`, `\(…\)`, `\[…\]`) are tokens of their own, so that `_`, `*` and `\` in them stay.
 * - `**…**` around Chinese or Japanese punctuation is bold. CommonMark's rule looks for spaces, which these scripts
 *   do not have: `他说**“你好”**了` would show its asterisks.
 * - A footnote (`[^1]: …`) is a paragraph and its mark is text, where marked sees the definition of a link.
 */
import type { MarkedToken, MarkedOptions, Token, Tokens } from 'marked';
import { Hooks, Lexer, Tokenizer } from 'marked';

export interface MathToken {
  readonly type: 'math';
  readonly raw: string;
  readonly text: string;
}

export type MarkdownToken = MarkedToken | MathToken;

/** Where reference links lead, by label. */
export type LinkDefinitions = Readonly<Lexer['tokens']['links']>;

export interface Lexed {
  readonly tokens: MarkdownToken[];
  /** The definitions given, and those found. */
  readonly links: LinkDefinitions;
}

type Extensions = NonNullable<MarkedOptions['extensions']>;
type TokenizerExtension = (this: { lexer: Lexer }, source: string) => { type: string; raw: string } | undefined;

/**
 * A formula within a line. A dollar before a digit or after a space is money: `$5 and $10`.
 * Lengths are bounded, for each `\(` that is never closed is looked for.
 */
export const formula =
  /\$\$[^$]{1,2000}?\$\$|\$(?![\s$])(?:\\.|[^$\\\n]){1,500}?(?<!\s)\$(?!\d)|\\\([^]{1,2000}?\\\)|\\\[[^]{1,2000}?\\\]/y;
const formulaBlock = /^ {0,3}(?:\$\$[^]{1,5000}?\$\$|\\\[[^]{1,5000}?\\\])[ \t]*(?:\n|$)/;
/** Whether there may be a formula in a text: most have none. */
export const mayHoldFormula = /\$|\\[([]/;
const footnote = /^ {0,3}\[\^[^\]\n]+\]:[^\n]*(?:\n(?! {0,3}\[\^)[ \t]*[^\s][^\n]*)*/;
const boldCjk = /^\*\*(?=[^\s*])([^*`\n]*[^\s*])\*\*(?!\*)/;
const cjkPunctuationAtEnds = /^[\u3000-\u303F\uFF00-\uFF65“‘—…]|[\u3000-\u303F\uFF00-\uFF65”’—…]$/;

/** Lexes a piece of Markdown that begins where a block begins; `links` are the definitions known already. */
export function lex(source: string, links: LinkDefinitions = {}): Lexed {
  const options = mayHoldFormula.test(source) ? withFormulas : withoutFormulas;
  const lexer = new Lexer({ ...options, tokenizer: new BoundedTokenizer() });
  Object.assign(lexer.tokens.links, links);
  lexer.lex(source);
  return { tokens: known(lexer.tokens), links: lexer.tokens.links };
}

/** The type of marked's tokens admits any; ours are those of its own lexer and of the extensions below. */
export function known(tokens: Token[] | undefined): MarkdownToken[] {
  return (tokens ?? []) as MarkdownToken[];
}

/**
 * The time that emphasis takes grows with the square of the runs of `*` and `_` that stand in one block; twelve kilobytes
 * of `**a_` took eleven seconds. Of a text that goes beyond this budget the rest is without emphasis: nobody means such a
 * text. A paragraph of six hundred runs is within it, and so are two hundred paragraphs with forty each.
 */
const EMPHASIS = 400_000;

class BoundedTokenizer extends Tokenizer {
  #left = EMPHASIS;
  readonly #counted = new Set<string>();

  /** `masked` is the whole block, the same at each of its runs. */
  override emStrong(source: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    if (!this.#counted.has(masked)) {
      this.#counted.add(masked);
      this.#left -= (masked.match(/\*+|_+/g)?.length ?? 0) ** 2;
    }
    return this.#left < 0 ? undefined : super.emStrong(source, masked, before);
  }
}

const inlineFormula: TokenizerExtension = (source) => {
  formula.lastIndex = 0;
  const raw = formula.exec(source)?.[0];
  return raw === undefined ? undefined : { type: 'math', raw, text: raw } satisfies MathToken;
};

const blockFormula: TokenizerExtension = (source) => {
  const raw = formulaBlock.exec(source)?.[0];
  return raw === undefined ? undefined : { type: 'math', raw, text: raw.trim() } satisfies MathToken;
};

const strongCjk: TokenizerExtension = function (source) {
  const [raw, text] = boldCjk.exec(source) ?? [];
  if (raw === undefined || text === undefined || !cjkPunctuationAtEnds.test(text)) return undefined;
  return { type: 'strong', raw, text, tokens: this.lexer.inlineTokens(text) };
};

const footnoteParagraph: TokenizerExtension = function (source) {
  const raw = footnote.exec(source)?.[0];
  return raw === undefined ? undefined : { type: 'paragraph', raw, text: raw, tokens: this.lexer.inline(raw) };
};

const withoutFormulas = options({ block: [footnoteParagraph], inline: [strongCjk] });
const withFormulas = options(
  { block: [footnoteParagraph, blockFormula], inline: [inlineFormula, strongCjk], startInline: [(source) => source.indexOf('$')] },
  new (class extends Hooks {
    /** Emphasis must not begin or end inside a formula. The mask has to keep the length. */
    override emStrongMask(source: string): string {
      return source.replace(new RegExp(formula, 'g'), (match) => 'a'.repeat(match.length));
    }
  })(),
);

function options(extensions: Partial<Extensions>, hooks: Hooks | null = null): MarkedOptions {
  return { gfm: true, extensions: { renderers: {}, childTokens: {}, ...extensions }, hooks };
}
