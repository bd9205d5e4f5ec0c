/** Runs in the browser: streams one document through each way of showing it and writes down what a chunk costs. */
import { MarkdownView } from '../../element/src/markdown';
import { lex } from '../../element/src/markdown/lexer';
import { makeDocument } from './document';

const SIZE = 40_000;
const CHUNK = 16;

interface Cost {
  readonly name: string;
  /** Milliseconds a chunk: on average, in the first tenth of the document, in the last, and the 99th percentile. */
  readonly mean: number;
  readonly first: number;
  readonly last: number;
  readonly p99: number;
  readonly chunks: number;
}

function newView(): MarkdownView {
  const view = new MarkdownView({
    onLink: () => undefined,
    loadHighlighter: () => Promise.resolve({ highlight: () => Promise.resolve(null) }),
    copy: () => Promise.resolve(true),
    copyLabel: 'Copy',
    copiedLabel: 'Copied',
  });
  document.body.append(view.element);
  return view;
}

/** Shows the text as it grows; `every` leaves chunks out where one costs too much to measure them all. */
function measure(name: string, text: string, every: number, show: (text: string) => void): Cost {
  const times: number[] = [];
  for (let end = CHUNK; end < text.length; end += CHUNK * every) {
    const started = performance.now();
    show(text.slice(0, end));
    times.push(performance.now() - started);
  }
  const tenth = Math.ceil(times.length / 10);
  const sorted = [...times].sort((a, b) => a - b);
  return {
    name,
    mean: mean(times),
    first: mean(times.slice(0, tenth)),
    last: mean(times.slice(-tenth)),
    p99: sorted[Math.floor(times.length * 0.99)] ?? 0,
    chunks: times.length,
  };
}

function mean(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

function streaming(text: string): Cost {
  const view = newView();
  const cost = measure('MarkdownView, growing', text, 1, (so) => view.update(so, { final: false }));
  view.element.remove();
  return cost;
}

function relexing(text: string): Cost {
  return measure('the whole text lexed again', text, 10, (so) => void lex(so));
}

function rerendering(text: string): Cost {
  return measure('the whole text lexed and rendered again', text, 20, (so) => {
    const view = newView();
    view.update(so, { final: true });
    view.element.remove();
  });
}

const text = makeDocument(SIZE);
streaming(text); // warms up
document.title = 'done';
document.body.textContent = JSON.stringify([streaming(text), relexing(text), rerendering(text)]);
