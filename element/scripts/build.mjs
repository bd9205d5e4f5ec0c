/**
 * Builds the element and the page into src/teahouse/static/ of the repository.
 *
 *   chatkit.js               a classic script: the element with everything a first chat needs
 *   loader.js                a classic script: loads this element or OpenAI's, and says why when neither comes
 *   assets/<name>-<hash>.js  what is needed later; one ESM chunk for each file in src/chunks/
 *   assets/katex-…woff2      the fonts of formulas
 *   index.html page.* …      the page at /
 *   licenses.txt             the licences of the packages that are inside
 *   *.br *.gz                each of them compressed, so that the server need not
 *
 * A classic script cannot be split by the bundler, so the chunks are built first and their hashed names
 * are written into chatkit.js (`__CHUNKS__`, read by src/chunks.ts).
 */
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

import { build } from 'esbuild';

const here = fileURLToPath(new URL('..', import.meta.url));
const source = join(here, 'src');
const output = join(here, '..', 'src', 'teahouse', 'static');

/** @type {import('esbuild').Plugin} */
const inlineStyles = {
  name: 'inline-styles',
  setup(bundler) {
    bundler.onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => {
      const file = path.replace(/\?inline$/, '');
      const folder = file.startsWith('.') ? resolveDir : join(here, 'node_modules');
      return { path: join(folder, file), namespace: 'inline-style' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'inline-style' }, async ({ path }) => {
      const result = await build({
        entryPoints: [path],
        bundle: true,
        external: ['*.woff2', '*.woff', '*.ttf'],
        minify: true,
        write: false,
        target: 'es2022',
        logLevel: 'warning',
      });
      return { contents: result.outputFiles[0]?.text ?? '', loader: 'text', watchFiles: [path] };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  outdir: output,
  plugins: [inlineStyles],
};

/** The folders in node_modules whose code is in what was built. @type {Set<string>} */
const packages = new Set();

/** @param {import('esbuild').Metafile} metafile */
function notePackages({ outputs }) {
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
      if (name && bytesInOutput > 0) packages.add(name);
    }
  }
}

/** Builds src/chunks/*.ts and returns where each one went. */
async function buildChunks() {
  const files = (await readdir(join(source, 'chunks'))).filter((name) => name.endsWith('.ts'));
  if (files.length === 0) return {};
  const { metafile } = await build({
    ...shared,
    entryPoints: files.map((name) => join(source, 'chunks', name)),
    format: 'esm',
    splitting: true,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/part-[hash]',
    metafile: true,
  });
  notePackages(metafile);
  /** @type {Record<string, string>} */
  const chunks = {};
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint?.startsWith('src/chunks/')) continue;
    chunks[basename(entryPoint, '.ts')] = relative(output, join(here, path)).replaceAll('\\', '/');
  }
  return chunks;
}

/** @param {Record<string, string>} chunks */
async function buildElement(chunks) {
  const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
  const { metafile } = await build({
    ...shared,
    entryPoints: { chatkit: join(source, 'index.ts') },
    format: 'iife',
    metafile: true,
    banner: { js: '/*! Teahouse, Apache-2.0. What it contains of others: licenses.txt */' },
    define: { __CHUNKS__: JSON.stringify(chunks), __VERSION__: JSON.stringify(version) },
  });
  notePackages(metafile);
}

async function buildLoader() {
  const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
  await build({
    ...shared,
    entryPoints: { loader: join(source, 'loader', 'index.ts') },
    format: 'iife',
    banner: { js: '/*! Teahouse, Apache-2.0 */' },
    define: { __VERSION__: JSON.stringify(version) },
  });
}

async function buildPage() {
  const page = join(source, 'page');
  await build({
    ...shared,
    entryPoints: { page: join(page, 'page.ts'), 'page-style': join(page, 'page.css') },
    entryNames: 'page',
    format: 'esm',
  });
  for (const name of ['index.html', 'favicon.svg']) await cp(join(page, name), join(output, name));
}

/** KaTeX's fonts, beside the part that uses them; browsers without WOFF2 do not run the element either. */
async function copyFonts() {
  const katex = join(here, 'node_modules', 'katex');
  const { version } = JSON.parse(await readFile(join(katex, 'package.json'), 'utf8'));
  const fonts = (await readdir(join(katex, 'dist', 'fonts'))).filter((name) => name.endsWith('.woff2'));
  const copies = fonts.map((name) => cp(join(katex, 'dist', 'fonts', name), join(output, 'assets', `katex-${version}-${name}`)));
  await Promise.all(copies);
}

/** Writes what the packages inside ask for: their licences, with the names of those who wrote them. */
async function writeLicenses() {
  const texts = [...packages].sort().map(async (name) => {
    const folder = join(here, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(folder, file), 'utf8') : '';
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  await writeFile(join(output, 'licenses.txt'), (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`));
}

/** Writes the compressed neighbours of every file; Brotli's default is its highest quality. */
async function compress() {
  const names = await readdir(output, { recursive: true, withFileTypes: true });
  // WOFF2 is compressed already.
  const files = names.filter((entry) => entry.isFile() && !entry.name.endsWith('.woff2')).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file);
      await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes));
      await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
    }),
  );
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
await buildElement(await buildChunks());
await buildLoader();
await buildPage();
await copyFonts();
await writeLicenses();
await compress();
