/**
 * Measures what one more piece of a streaming answer costs, in Chromium.
 *
 *     node benchmarks/markdown/run.mjs
 *
 * CHROMIUM names the browser where it is not /usr/bin/chromium.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const { build } = createRequire(new URL('../../element/package.json', import.meta.url))('esbuild');

const folder = await mkdtemp(join(tmpdir(), 'teahouse-markdown-'));
try {
  await build({
    entryPoints: [join(here, 'page.ts')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    minify: true,
    target: 'es2022',
    charset: 'utf8',
  });
  const page = join(folder, 'page.html');
  await writeFile(page, '<!doctype html><meta charset="utf-8"><body><script src="page.js"></script>');
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const profile = `--user-data-dir=${join(folder, 'profile')}`;
  const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const { stdout } = await promisify(execFile)(browser, [...flags, profile, '--dump-dom', `file://${page}`]);
  report(JSON.parse(/<body>(\[.*\])<\/body>/s.exec(stdout)?.[1] ?? '[]'));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {{ name: string, mean: number, first: number, last: number, p99: number, chunks: number }[]} costs */
function report(costs) {
  if (costs.length === 0) throw new Error('The page wrote no result.');
  console.log('milliseconds a chunk                          mean   first tenth   last tenth      p99   measured');
  for (const { name, mean, first, last, p99, chunks } of costs) {
    const numbers = [mean, first, last, p99].map((value) => value.toFixed(3));
    const [a = '', b = '', c = '', d = ''] = numbers;
    console.log(`${name.padEnd(42)}${a.padStart(8)}${b.padStart(14)}${c.padStart(13)}${d.padStart(9)}${String(chunks).padStart(11)}`);
  }
}
