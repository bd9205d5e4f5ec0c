/**
 * What is measured, the same for all. A contestant is an object:
 *
 *   mount(messages)   puts the chat on the page, with these messages; resolves at once
 *   ready()           whether one can type
 *   tail()            the text of the last message on show
 *   ask(deltas)       begins an answer; `deltas` calls back with each piece, and at the end
 */
const LONGEST_WAIT = 120_000; // ms
const PACE = 5; // ms between two deltas: 200 a second

const WORDS = 'The leaves of **green tea** are heated soon after picking, so that they *do not* oxidise; see `pan firing`. ';
const CODE = '```python\ndef brew(minutes: int) -> str:\n    return f"{minutes} minutes"\n```\n\n';
const TABLE = '| tea | from |\n| --- | ---: |\n| Longjing | Hangzhou |\n| Keemun | Qimen |\n\n';
const LIST = '- heat the water to 80 °C\n- wait **two** minutes\n- pour\n\n';

/** One paragraph after another, with a heading, a list, code or a table now and then. */
export function markdown(n) {
  const more = ['', LIST, '', CODE, '', TABLE, '## How to steep\n\n'][n % 7];
  return `${WORDS.repeat(2 + (n % 3))}\n\n${more}`;
}

/** A thread of so many messages, half of them questions. */
export function thread(count) {
  return Array.from({ length: count }, (_, n) => ({
    role: n % 2 ? 'ai' : 'user',
    text: n % 2 ? `${markdown(n)}Answer ${n}.` : `Question ${n}?`,
  }));
}

/** An answer in so many pieces, a word or so each. */
export function pieces(count) {
  let text = '';
  for (let n = 0; text.length < count * 6; n += 1) text += markdown(n);
  const cut = Array.from({ length: count - 1 }, (_, n) => text.slice(n * 6, n * 6 + 6));
  return [...cut, '\n\nThat is all.'];
}

/** Calls back once a frame until it is told that it is enough. Resolves to when that was. */
function until(isDone) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const look = () => {
      if (isDone()) resolve(performance.now());
      else if (performance.now() - begun > LONGEST_WAIT) reject(new Error('It took too long.'));
      else requestAnimationFrame(look);
    };
    look();
  });
}

const settled = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** The longest task while something is done, in ms; those under 50 are not told, and count as 0. */
async function watched(work) {
  let longest = 0;
  const note = (list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver(note);
  observer.observe({ type: 'longtask' });
  const result = await work();
  await settled();
  note({ getEntries: () => observer.takeRecords() });
  observer.disconnect();
  return { ...result, longest: Math.round(longest) };
}

/** From the beginning of the page to where one can type, in ms. */
export async function ready(contestant) {
  contestant.mount([]);
  return { ready: Math.round(await until(() => contestant.ready())) };
}

/** From when a thread is wanted to its newest message, in ms. */
export async function open(contestant, count) {
  const messages = thread(count);
  return watched(async () => {
    const begun = performance.now();
    contestant.mount(messages);
    await until(() => contestant.tail().includes(`Answer ${count - 1}.`));
    await settled();
    return { shown: Math.round(performance.now() - begun) };
  });
}

/** An answer as a model gives it. `begun` and `ended` are called around it. */
export async function stream(contestant, count, begun, ended) {
  await until(() => contestant.ready());
  const deltas = pieces(count);
  return watched(async () => {
    let frames = 0;
    let isOver = false;
    const frame = () => {
      frames += 1;
      if (!isOver) requestAnimationFrame(frame);
    };
    let last = 0;
    let first = 0;
    await begun();
    contestant.ask((push, end) => {
      first = performance.now();
      requestAnimationFrame(frame);
      let sent = 0;
      const timer = setInterval(() => {
        const due = Math.min(deltas.length, Math.floor((performance.now() - first) / PACE));
        for (; sent < due; sent += 1) push(deltas[sent]);
        if (sent < deltas.length) return;
        clearInterval(timer);
        last = performance.now();
        end();
      }, PACE);
    });
    // Looked for only once it can be there, for looking costs as well.
    await until(() => last > 0);
    // Who is later than that is told to be so late: the others' figures are not to be lost.
    const shown = await until(() => contestant.tail().includes('That is all.')).catch(() => performance.now());
    isOver = true;
    await ended();
    return { lag: Math.round(shown - last), fps: Math.round((frames * 1000) / (shown - first)) };
  });
}
