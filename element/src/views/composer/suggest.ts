import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../../icons/icon';
import type { Ui } from '../ui';
import type { Suggesting, Suggestion } from './suggestions';

/** What can be mentioned or done, above the composer, while one types. */
export function suggestionsView(ui: Ui): TemplateResult | typeof nothing {
  const { showing } = ui.suggestions;
  if (!showing) return nothing;
  return html`<div class="popup popup-wide" part="menu" @mousedown=${keepFocus}>
    <div id="suggestions" role="listbox" aria-label=${ui.t(`suggest.${showing.kind}`)} aria-busy=${String(showing.status === 'loading')}>
      ${groupsOf(showing.entries).map(
        ([group, entries]) => html`<div role="group" aria-label=${group || nothing}>
          ${group ? html`<div class="popup-group" dir="auto" aria-hidden="true">${group}</div>` : nothing}
          ${entries.map((entry) => entryView(entry, showing, ui))}
        </div>`,
      )}
    </div>
    <p class="popup-state" role="status">${stateOf(showing, ui)}</p>
  </div>`;
}

/** What one is told: that it is searched, how many there are, that there is none, or that it failed. */
function stateOf({ status, entries }: Suggesting, { t }: Ui): unknown {
  if (status === 'failed') return t('suggest.failed');
  if (status === 'loading') return entries.length > 0 ? nothing : html`<span class="shimmer">${t('suggest.loading')}</span>`;
  if (entries.length === 0) return t('suggest.empty');
  return html`<span class="hidden">${t('suggest.count', { count: entries.length })}</span>`;
}

function entryView(entry: Suggestion, { entries, active }: Suggesting, ui: Ui): TemplateResult {
  const index = entries.indexOf(entry);
  return html`<div
    class="popup-entry"
    part="menu-entry"
    id="suggestion-${index}"
    role="option"
    aria-selected=${String(index === active)}
    @click=${() => ui.suggestions.choose(ui, index)}
  >
    ${entry.icon ? icon(entry.icon) : nothing}
    <span class="popup-text" dir="auto">
      <span>${entry.label}</span>
      ${entry.description ? html`<span class="popup-note">${entry.description}</span>` : nothing}
    </span>
  </div>`;
}

/** The entries by their groups, in the order in which the groups begin. */
function groupsOf(entries: readonly Suggestion[]): [string, Suggestion[]][] {
  const groups = new Map<string, Suggestion[]>();
  for (const entry of entries) {
    const group = entry.group ?? '';
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return [...groups];
}

/** A finger or a mouse chooses; the composer keeps the focus, and a phone its keyboard. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}
