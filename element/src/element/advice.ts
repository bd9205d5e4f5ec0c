import type { ChatKitOptions } from '@openai/chatkit';

import type { ChatKitError } from '../errors';
import { NotSupportedError, OptionsError } from '../errors';
import { checkedOptions, defaultOptions, isHosted, optionsToCome } from './options';

/** Makes options usable, and tells the page's developer, once each, what in them is wrong or does nothing. */
export class Advice {
  readonly #report: (error: ChatKitError) => void;
  readonly #said = new Set<string>();

  /** @param report - hears of what is wrong, beside the console. */
  constructor(report: (error: ChatKitError) => void) {
    this.#report = report;
  }

  /** The options without what cannot be used; the server beside the script where they name none. */
  on(given: unknown): ChatKitOptions {
    const { usable, findings } = checkedOptions(given);
    for (const { path, allowed } of findings.unknown) {
      this.#say('warn', `There is no option "${path}". Allowed here: ${allowed.join(', ')}.`);
    }
    for (const wrong of findings.wrong) this.#warn(new OptionsError(wrong));
    for (const name of optionsToCome(usable)) {
      this.#say('info', `This version does not have the option "${name}" yet; it is ignored.`);
    }
    const options = withServer(usable);
    if (options.api !== usable.api) this.#say('warn', `setOptions was given no usable api; using ${(options.api as { url: string }).url}.`);
    if (isHosted(options)) this.#explainHosted();
    return options;
  }

  #explainHosted(): void {
    const error = new NotSupportedError('sessions of workflows hosted by OpenAI (api.getClientSecret)');
    if (this.#say('error', 'api.getClientSecret is for workflows hosted by OpenAI. Use api.url, the address of your ChatKit server.')) {
      this.#report(error);
    }
  }

  #warn(error: OptionsError): void {
    if (this.#say('warn', error.message)) this.#report(error);
  }

  /** Says it, unless it was said. Gives whether it was new. */
  #say(level: 'warn' | 'info' | 'error', message: string): boolean {
    if (this.#said.has(message)) return false;
    this.#said.add(message);
    console[level](`<openai-chatkit> ${message}`);
    return true;
  }
}

function withServer(options: Partial<ChatKitOptions>): ChatKitOptions {
  const { api } = options;
  if (api && ('url' in api || 'getClientSecret' in api)) return { ...options, api };
  return { ...options, api: { ...(api as object | undefined), ...defaultOptions().api } };
}
