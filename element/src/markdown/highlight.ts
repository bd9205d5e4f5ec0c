/**
 * Colours code with highlight.js; a part of its own that is loaded with the first finished code block.
 * Languages beyond the usual ones are loaded when they are met. Nodes are made from highlight.js's token tree, since its
 * `value` is markup.
 */
import type { LanguageFn } from 'highlight.js';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import markdown from 'highlight.js/lib/languages/markdown';
import nginx from 'highlight.js/lib/languages/nginx';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import shell from 'highlight.js/lib/languages/shell';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

import { element } from './dom';

const common: Readonly<Record<string, LanguageFn>> = {
  bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, markdown, nginx, php, python,
  ruby, rust, shell, sql, swift, typescript, xml, yaml,
};

type Load = () => Promise<{ default: LanguageFn }>;

const rare: Readonly<Record<string, Load>> = {
  clojure: () => import('highlight.js/lib/languages/clojure'),
  cmake: () => import('highlight.js/lib/languages/cmake'),
  dart: () => import('highlight.js/lib/languages/dart'),
  elixir: () => import('highlight.js/lib/languages/elixir'),
  erlang: () => import('highlight.js/lib/languages/erlang'),
  fsharp: () => import('highlight.js/lib/languages/fsharp'),
  graphql: () => import('highlight.js/lib/languages/graphql'),
  groovy: () => import('highlight.js/lib/languages/groovy'),
  haskell: () => import('highlight.js/lib/languages/haskell'),
  http: () => import('highlight.js/lib/languages/http'),
  julia: () => import('highlight.js/lib/languages/julia'),
  latex: () => import('highlight.js/lib/languages/latex'),
  less: () => import('highlight.js/lib/languages/less'),
  lua: () => import('highlight.js/lib/languages/lua'),
  makefile: () => import('highlight.js/lib/languages/makefile'),
  matlab: () => import('highlight.js/lib/languages/matlab'),
  nix: () => import('highlight.js/lib/languages/nix'),
  objectivec: () => import('highlight.js/lib/languages/objectivec'),
  ocaml: () => import('highlight.js/lib/languages/ocaml'),
  perl: () => import('highlight.js/lib/languages/perl'),
  powershell: () => import('highlight.js/lib/languages/powershell'),
  protobuf: () => import('highlight.js/lib/languages/protobuf'),
  r: () => import('highlight.js/lib/languages/r'),
  scala: () => import('highlight.js/lib/languages/scala'),
  scss: () => import('highlight.js/lib/languages/scss'),
  vbnet: () => import('highlight.js/lib/languages/vbnet'),
  wasm: () => import('highlight.js/lib/languages/wasm'),
};

/** The other names of the rare languages; the common ones know theirs themselves. */
const aliases: Readonly<Record<string, string>> = {
  clj: 'clojure', ex: 'elixir', erl: 'erlang', fs: 'fsharp', gql: 'graphql', hs: 'haskell', jl: 'julia', tex: 'latex',
  mk: 'makefile', make: 'makefile', objc: 'objectivec', ml: 'ocaml', pl: 'perl', ps1: 'powershell', pwsh: 'powershell',
  proto: 'protobuf', sass: 'scss', vb: 'vbnet', wat: 'wasm',
};

for (const [name, language] of Object.entries(common)) hljs.registerLanguage(name, language);

/** A piece of highlight.js's result: text, or a scope with pieces in it. */
type Piece = string | { readonly scope?: string; readonly children: readonly Piece[] };

/** The code as text and `hl-…` spans; null for a language nobody here knows. */
export async function highlight(code: string, language: string): Promise<DocumentFragment | null> {
  const name = await load(language.toLowerCase());
  if (name === undefined) return null;
  const { _emitter: emitter } = hljs.highlight(code, { language: name, ignoreIllegals: true });
  const { rootNode } = emitter as unknown as { rootNode: { children: readonly Piece[] } };
  const fragment = document.createDocumentFragment();
  fragment.append(...rootNode.children.map(node));
  return fragment;
}

async function load(language: string): Promise<string | undefined> {
  if (hljs.getLanguage(language)) return language;
  const name = aliases[language] ?? language;
  const definition = Object.hasOwn(rare, name) ? await rare[name]?.() : undefined;
  if (!definition) return undefined;
  hljs.registerLanguage(name, definition.default);
  return name;
}

function node(piece: Piece): Node {
  if (typeof piece === 'string') return document.createTextNode(piece);
  const children = piece.children.map(node);
  // `title.function` is a kind of title; a style sheet needs no more than the kind.
  const kind = piece.scope?.split('.', 1)[0];
  return element('span', kind ? { class: `hl-${kind}` } : {}, ...children);
}
