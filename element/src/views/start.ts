import type { StartScreenPrompt } from '@openai/chatkit';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../icons/icon';
import { choicesIn } from '../state/choices';
import { userContent } from '../state/content';
import type { Ui } from './ui';

/** A thread that has not begun: the greeting and what one may start with. */
export function startView(ui: Ui): TemplateResult {
  const { greeting, prompts = [] } = ui.options.startScreen ?? {};
  return html`<div class="start" part="start-screen">
    <h2 class="greeting" part="greeting" dir="auto">${greeting ?? ui.t('start.greeting')}</h2>
    ${prompts.length > 0
      ? html`<ul class="prompts" part="prompts" role="list">
          ${prompts.map((prompt) => promptView(prompt, ui))}
        </ul>`
      : nothing}
  </div>`;
}

function promptView(prompt: StartScreenPrompt, ui: Ui): TemplateResult {
  const begin = () => {
    const message = ui.chat.composing.chosen({ content: userContent(prompt.prompt) }, choicesIn(ui.chat.state, ui.options));
    void ui.chat.send(message).catch(() => undefined);
    ui.focusComposer();
  };
  return html`<li>
    <button type="button" class="prompt" part="prompt" @click=${begin}>
      ${prompt.icon ? icon(prompt.icon) : nothing}<span dir="auto">${prompt.label}</span>
    </button>
  </li>`;
}
