import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { markdown } from '../markdown';
import type { Ui } from '../ui';

/** What is said below the composer, if anything. */
export function disclaimerView(ui: Ui): TemplateResult | typeof nothing {
  const { disclaimer } = ui.options;
  if (!disclaimer?.text) return nothing;
  return html`<div class="disclaimer ${disclaimer.highContrast ? 'disclaimer-strong' : ''}" part="disclaimer" dir="auto">
    ${markdown({ text: disclaimer.text, final: true, ofPage: true }, ui)}
  </div>`;
}
