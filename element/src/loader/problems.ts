import { SessionError } from './session-error';

/** What can keep a chat from appearing. */
export type ProblemCode =
  | 'script_blocked'
  | 'script_late'
  | 'element_not_defined'
  | 'frame_refused'
  | 'frame_late'
  | 'session_refused'
  | 'insecure_context'
  | 'offline';

/** Why a loader failed. `code` is stable: compare with it, not with the message. */
export class LoadProblem extends Error {
  override readonly name = 'LoadProblem';
  readonly code: ProblemCode;

  constructor(code: ProblemCode, cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

const PAGES: Readonly<Record<ProblemCode, string>> = {
  script_blocked: 'problems/cdn-blocked-in-china',
  script_late: 'problems/script-not-ready',
  element_not_defined: 'problems/script-not-ready',
  frame_refused: 'problems/domain-allowlist',
  frame_late: 'problems/domain-allowlist',
  session_refused: 'problems/session-expires',
  insecure_context: 'problems/crypto-randomuuid',
  offline: 'problems/script-not-ready',
};

/** The address of the page about a problem. */
export function pageOf({ code, cause }: LoadProblem, language: 'en' | 'zh', base: string): string {
  if (cause instanceof SessionError && cause.docUrl) return new URL(cause.docUrl, base).href;
  return new URL(`docs/${language}/${PAGES[code]}`, base).href;
}

/** Whether an error of the official element says that OpenAI's list of allowed hosts does not have this one. */
export function isAboutTheDomain(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, message } = error as { name?: unknown; message?: unknown };
  return /domain\s*verification/i.test(`${String(name)} ${String(message)}`);
}
