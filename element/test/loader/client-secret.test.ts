import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { clientSecret } from '../../src/loader/client-secret';
import { SessionError } from '../../src/loader/session-error';

const URL_OF_SESSIONS = 'https://shop.example/api/chatkit/session';

/** A server that makes numbered sessions, or does what it is told next. */
class Server {
  readonly bodies: Record<string, unknown>[] = [];
  readonly next: (() => Response | Promise<Response>)[] = [];
  life = 600;

  readonly fetch = vi.fn((_url: unknown, init?: RequestInit): Promise<Response> => {
    this.bodies.push(JSON.parse(init?.body as string) as Record<string, unknown>);
    const given = this.next.shift();
    if (given) return Promise.resolve(given());
    const number = this.bodies.length;
    const session = { client_secret: `ek_${number}`, session_id: `cksess_${number}`, expires_in: this.life };
    return Promise.resolve(Response.json(session));
  });

  refuses(status: number, error: Record<string, unknown> = {}, headers: Record<string, string> = {}): void {
    this.next.push(() => Response.json({ error }, { status, headers }));
  }
}

let server: Server;
let get: (current?: string | null) => Promise<string>;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  get = clientSecret({ url: URL_OF_SESSIONS, fetch: server.fetch });
});

afterEach(() => {
  vi.useRealTimers();
  setOnline(true);
});

function setOnline(is: boolean): void {
  Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => is });
  if (is) dispatchEvent(new Event('online'));
}

/** What a promise came to, while timers run on. */
async function outcome(promise: Promise<string>): Promise<unknown> {
  const settled = promise.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return settled;
}

describe('clientSecret', () => {
  it('asks once for the first secret, and gives it to a second element', async () => {
    expect(await get(null)).toBe('ek_1');
    expect(await get()).toBe('ek_1');
    expect(server.bodies).toEqual([{}]);
  });

  it('asks once however many ask at the same time', async () => {
    expect(await Promise.all([get(null), get(null), get('old')])).toEqual(['ek_1', 'ek_1', 'ek_1']);
    expect(server.bodies).toHaveLength(1);
  });

  it('gets another secret for one that no longer works, and names the session to the server', async () => {
    const first = await get(null);
    expect(await get(first)).toBe('ek_2');
    expect(server.bodies).toEqual([{}, { instead_of: 'cksess_1' }]);
    expect(await get(first)).toBe('ek_2'); // a second element finds out later
  });

  it('does not give out a secret shortly before its end', async () => {
    await get(null);
    vi.advanceTimersByTime(596_000);
    expect(await get(null)).toBe('ek_2');
  });

  it('asks anew each time where a server does not say how long a secret lives', async () => {
    server.next.push(() => Response.json({ client_secret: 'ek_starter', expires_after: null }));
    expect(await get(null)).toBe('ek_starter');
    expect(await get(null)).toBe('ek_2');
  });

  it('tries again what may pass', async () => {
    server.refuses(503, { code: 'hosted_resting' });
    server.next.push(() => Promise.reject(new TypeError('Failed to fetch')));
    server.next.push(() => new Response('<html>Bad gateway</html>', { status: 502 }));
    expect(await outcome(get(null))).toBe('ek_4');
  });

  it('waits as long as the server asks', async () => {
    server.refuses(429, { code: 'hosted_rate_limited' }, { 'Retry-After': '7' });
    const secret = get(null);
    await vi.advanceTimersByTimeAsync(6900);
    expect(server.bodies).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await secret).toBe('ek_2');
  });

  it.each([
    [502, { code: 'workflow_not_found', message: 'Not found.', doc_url: '/docs/en/errors/workflow_not_found', request_id: 'req_1' }],
    [403, { code: 'origin_not_allowed', message: 'No.' }],
    [500, { code: 'hosted_request_invalid', message: 'version: …' }],
  ])('does not repeat what will not pass (%i), and hands on the reason', async (status, error) => {
    server.refuses(status, error);
    const problem = (await outcome(get(null))) as SessionError;
    expect(problem).toBeInstanceOf(SessionError);
    expect(problem).toMatchObject({ status, code: error.code, message: error.message, retry: false });
    expect(server.bodies).toHaveLength(1);
    expect(await get(null)).toBe('ek_2'); // the failure is not kept
  });

  it('gives up in the end', async () => {
    server.fetch.mockRejectedValue(new TypeError('Failed to fetch'));
    const problem = (await outcome(get(null))) as SessionError;
    expect(problem.code).toBe('unreachable');
    expect(server.fetch.mock.calls.length).toBeGreaterThan(3);
    expect(server.fetch.mock.calls.length).toBeLessThan(12);
  });

  it('says what came when it was no secret', async () => {
    for (const body of ['{}', '[]', 'null', '{"client_secret":7}', 'x']) {
      server.next.push(() => new Response(body));
      expect(await outcome(get(null))).toMatchObject({ code: 'no_secret' });
    }
  });

  it('waits without a network, and goes on when it is back', async () => {
    setOnline(false);
    const secret = get(null);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.fetch).not.toHaveBeenCalled();
    setOnline(true);
    expect(await secret).toBe('ek_1');
  });

  it('does not wait for a network for ever', async () => {
    setOnline(false);
    expect(await outcome(get(null))).toMatchObject({ code: 'offline' });
  });

  it('sends what a server of one’s own wants beside it', async () => {
    const own = clientSecret({
      url: URL_OF_SESSIONS,
      fetch: server.fetch,
      headers: { Authorization: 'Bearer mine' },
      body: { workflow: { id: 'wf_1' } },
      locale: 'zh-CN',
    });
    await own(null);
    expect(server.bodies).toEqual([{ workflow: { id: 'wf_1' } }]);
    const [, init] = server.fetch.mock.calls[0] ?? [];
    expect(init).toMatchObject({
      credentials: 'include', // another origin
      headers: { Authorization: 'Bearer mine', 'Accept-Language': 'zh-CN' },
    });
  });
});
