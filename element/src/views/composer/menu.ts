import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { icon } from '../../icons/icon';
import type { Choices } from '../../state/choices';
import { choicesIn } from '../../state/choices';
import { focusOnce } from '../directives';
import type { LocalState, Ui } from '../ui';

/** Which menus the composer has. */
export type MenuName = NonNullable<LocalState['menu']>;

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly icon?: string | undefined;
  readonly description?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly chosen: boolean;
  readonly choose: () => void;
}

/** What opens a menu. It stays focused in spirit: closing gives the focus back. */
export function menuButton(name: MenuName, label: string, content: unknown, ui: Ui): TemplateResult {
  const open = ui.local.menu === name;
  return html`<button
    type="button"
    class="choice-button"
    part="menu-button"
    data-menu=${name}
    aria-label=${label}
    title=${label}
    aria-haspopup="menu"
    aria-expanded=${String(open)}
    @click=${() => ui.setLocal({ menu: open ? null : name })}
  >
    ${content}
  </button>`;
}

/** The menu that is open, above the composer. */
export function menuView(ui: Ui): TemplateResult | typeof nothing {
  const { menu } = ui.local;
  if (menu === null) return nothing;
  const entries = entriesOf(menu, choicesIn(ui.state, ui.options), ui);
  const first = Math.max(0, entries.findIndex(({ chosen }) => chosen));
  return html`<div
    class="popup popup-${menu}"
    part="menu"
    role="menu"
    aria-label=${ui.t(`composer.${menu}`)}
    @keydown=${(event: KeyboardEvent) => onKeydown(event, ui)}
    @focusout=${(event: FocusEvent) => onFocusout(event, ui)}
  >
    ${repeat(entries, ({ id }) => id, (entry, index) => entryView(entry, index === first, ui))}
  </div>`;
}

function entriesOf(menu: MenuName, { tool, model }: Choices, { options, chat }: Ui): Entry[] {
  const { tools = [], models = [] } = options.composer ?? {};
  if (menu === 'models') {
    return models.map((entry) => ({
      ...entry,
      chosen: entry === model,
      choose: () => chat.composing.selectModel(entry.id),
    }));
  }
  return tools
    .filter(({ pinned }) => !pinned)
    .map((entry) => ({
      ...entry,
      chosen: entry === tool,
      choose: () => chat.composing.selectTool(entry === tool ? null : entry.id),
    }));
}

function entryView({ label, icon: name, description, disabled = false, chosen, choose }: Entry, first: boolean, ui: Ui): TemplateResult {
  const onClick = () => {
    if (disabled) return;
    choose();
    ui.setLocal({ menu: null });
    ui.focusComposer();
  };
  return html`<button
    type="button"
    class="popup-entry"
    part="menu-entry"
    role="menuitemradio"
    tabindex="-1"
    aria-checked=${String(chosen)}
    aria-disabled=${disabled ? 'true' : nothing}
    @click=${onClick}
    ${first ? focusOnce() : nothing}
  >
    ${name ? icon(name) : nothing}
    <span class="popup-text" dir="auto">
      <span>${label}</span>
      ${description ? html`<span class="popup-note">${description}</span>` : nothing}
    </span>
    ${chosen ? icon('ui:done') : nothing}
  </button>`;
}

function onKeydown(event: KeyboardEvent, ui: Ui): void {
  const entries = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.popup-entry')];
  const at = entries.indexOf(event.target as HTMLElement);
  const moves: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const to = moves[event.key];
  if (to !== undefined) entries.at(to % entries.length)?.focus();
  else if (event.key === 'Escape') close(event, ui);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function close(event: KeyboardEvent, ui: Ui): void {
  const root = (event.currentTarget as HTMLElement).getRootNode() as ShadowRoot;
  root.querySelector<HTMLElement>(`[data-menu=${ui.local.menu}]`)?.focus();
  ui.setLocal({ menu: null });
}

/** Whoever goes elsewhere is done with the menu; its button closes it by itself. */
function onFocusout({ currentTarget, relatedTarget }: FocusEvent, ui: Ui): void {
  const inside = relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget);
  const isButton = relatedTarget instanceof HTMLElement && relatedTarget.dataset.menu === ui.local.menu;
  if (!inside && !isButton) ui.setLocal({ menu: null });
}
