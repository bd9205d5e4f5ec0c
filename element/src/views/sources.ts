import type { Entity } from '@openai/chatkit';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { EntitySource } from '../api/wire';
import type { NumberedSource } from '../state/sources';
import type { Ui } from './ui';

/** The sources of an answer, numbered as in its text. They open beside the chat, so that it stays as it is. */
export function sourcesView(sources: readonly NumberedSource[], ui: Ui): TemplateResult | typeof nothing {
  if (sources.length === 0) return nothing;
  return html`<section class="sources" part="sources" aria-label=${ui.t('sources.title')}>
    <h4 class="sources-title">${ui.t('sources.title')}</h4>
    <ol class="sources-list" role="list">
      ${sources.map((source) => html`<li>${sourceView(source, ui)}</li>`)}
    </ol>
  </section>`;
}

function sourceView(source: NumberedSource, ui: Ui): TemplateResult {
  const inside = html`<span class="source-number">${source.number}</span>
    <span class="source-text">
      <span class="source-title" dir="auto">${source.title}</span>
      ${source.origin ? html`<span class="source-origin" dir="auto">${source.origin}</span>` : nothing}
    </span>`;
  const description = source.description ?? source.title;
  const open = source.entity && entityOpener(source.entity, ui);
  if (open) {
    return html`<button type="button" class="source" part="source" title=${description} @click=${open}>${inside}</button>`;
  }
  if (!source.href) return html`<span class="source" part="source" title=${description}>${inside}</span>`;
  const href = ui.address(source.href);
  return html`<a class="source" part="source" href=${href} target="_blank" rel="noopener noreferrer" title=${description}
    >${inside}</a
  >`;
}

/** Tells the page that one of its entities was chosen, where it wants to know. */
function entityOpener({ id, title, icon, group, interactive, data }: EntitySource, { options }: Ui): (() => void) | undefined {
  const { onClick } = options.entities ?? {};
  if (!onClick) return undefined;
  const entity: Entity = {
    id,
    title,
    interactive,
    ...(icon !== undefined && { icon }),
    ...(group !== undefined && { group }),
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)])),
  };
  return () => {
    onClick(entity);
  };
}
