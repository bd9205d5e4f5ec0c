import type { ToolOption } from '@openai/chatkit';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../../icons/icon';
import type { Choices } from '../../state/choices';
import { iconButton } from '../controls';
import type { Ui } from '../ui';
import { selectionIn } from './editor';
import { menuButton } from './menu';

/** Whether there is anything to choose below the text. */
export function hasBar({ options }: Ui): boolean {
  const { tools = [], models = [] } = options.composer ?? {};
  return tools.length > 0 || models.length > 0 || offersMentions(options);
}

/** What is sent along with the text: files and tools at its beginning, the model at its end. */
export function barView(ui: Ui, { tool, model }: Choices, attach: unknown): TemplateResult {
  const { tools = [], models = [] } = ui.options.composer ?? {};
  const inMenu = tools.some(({ pinned }) => !pinned);
  return html`<div class="composer-bar" part="composer-bar">
    ${attach} ${offersMentions(ui.options) ? mentionButton(ui) : nothing}
    ${inMenu ? menuButton('tools', ui.t('composer.tools'), icon('ui:tools'), ui) : nothing}
    ${tools.filter(({ pinned }) => pinned).map((entry) => toolButton(entry, entry === tool, ui))}
    ${tool && !tool.pinned ? toolButton(tool, true, ui) : nothing}
    <span class="composer-space"></span>
    ${models.length > 0
      ? menuButton(
          'models',
          ui.t('composer.model', { name: model?.label ?? '' }),
          html`<span class="choice-label" dir="auto">${model?.label ?? ui.t('composer.models')}</span>${icon('ui:more')}`,
          ui,
        )
      : nothing}
  </div>`;
}

function offersMentions({ entities }: Ui['options']): boolean {
  return Boolean(entities?.onTagSearch && entities.showComposerMenu);
}

/** Types an @ for those who would not think of it. */
function mentionButton(ui: Ui): TemplateResult {
  const onClick = (event: Event) => {
    const input = (event.currentTarget as HTMLElement).closest('form')?.querySelector<HTMLElement>('.composer-input');
    if (input) ui.suggestions.mention(selectionIn(input), ui);
  };
  return iconButton({ icon: 'ui:mention', label: ui.t('composer.mention'), onClick, part: 'mention-button' });
}

/** A tool that is pinned, or selected. Its name shows as far as there is room. */
function toolButton({ id, label, shortLabel, icon: name }: ToolOption, selected: boolean, ui: Ui): TemplateResult {
  const title = selected ? ui.t('composer.unselect', { name: label }) : label;
  const onClick = () => {
    ui.chat.composing.selectTool(selected ? null : id);
    ui.focusComposer();
  };
  return html`<button
    type="button"
    class="choice-button ${selected ? 'choice-selected' : ''}"
    part="tool-button"
    aria-label=${label}
    title=${title}
    aria-pressed=${String(selected)}
    @click=${onClick}
  >
    ${name ? icon(name) : nothing}<span class="choice-label" dir="auto">${shortLabel ?? label}</span>${selected ? icon('ui:close') : nothing}
  </button>`;
}
