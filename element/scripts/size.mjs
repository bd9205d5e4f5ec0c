/** Prints what the built files weigh, and fails when a first chat costs more than it may. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const BUDGET = 75_000;
const output = fileURLToPath(new URL('../../src/teahouse/static/', import.meta.url));

/** @param {Buffer} bytes */
function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

/** @param {string} name @param {number} raw @param {number} packed */
function row(name, raw, packed) {
  return `${name.padEnd(40)}${raw.toLocaleString('en').padStart(10)}${packed.toLocaleString('en').padStart(10)}`;
}

const names = (await readdir(output, { recursive: true })).filter((name) => /\.(js|css|html|svg)$/.test(name)).sort();
console.log(`${'file'.padEnd(40)}${'bytes'.padStart(10)}${'brotli'.padStart(10)}`);
let element = Number.POSITIVE_INFINITY;
for (const name of names) {
  const bytes = await readFile(join(output, name));
  const packed = brotli(bytes);
  if (name === 'chatkit.js') element = packed;
  console.log(row(name, bytes.length, packed));
}

if (element > BUDGET) {
  console.error(`chatkit.js is ${element} bytes with brotli; a first chat may cost ${BUDGET}.`);
  process.exit(1);
}
