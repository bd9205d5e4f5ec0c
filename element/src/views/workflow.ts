import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { FileSource, Task, URLSource, Workflow } from '../api/wire';
import { icon } from '../icons/icon';
import type { MessageKey } from '../i18n';
import { hostOf } from '../markdown';
import { openableHref } from '../state/links';
import { markdown } from './markdown';
import type { Ui } from './ui';

/** What the assistant did on the way to its answer: a line to open, the steps inside. */
export function workflowView(workflow: Workflow, working: boolean, ui: Ui): TemplateResult {
  const { summary, tasks, expanded } = workflow;
  const summaryIcon = summary && 'icon' in summary ? summary.icon : undefined;
  return html`<details class="workflow" part="workflow" ?open=${expanded}>
    <summary class=${working ? 'shimmer' : ''}>
      ${summaryIcon ? icon(summaryIcon) : nothing}<span dir="auto">${workflowTitle(workflow, working, ui)}</span
      >${icon('ui:more')}
    </summary>
    <ol class="tasks" role="list">
      ${tasks.map((task) => html`<li>${taskView(task, ui)}</li>`)}
    </ol>
  </details>`;
}

/** A task: its state, its title, and what there is to know about it. */
export function taskView(task: Task, ui: Ui): TemplateResult {
  const { t } = ui;
  const loading = task.status_indicator === 'loading';
  const state = loading ? t('task.loading') : task.status_indicator === 'complete' ? t('task.complete') : '';
  return html`<div class="task" part="task">
    <span class="task-state ${loading ? 'task-loading' : ''}" role=${state ? 'img' : nothing} aria-label=${state || nothing}
      >${task.status_indicator === 'complete' ? icon('ui:done') : taskIcon(task)}</span
    >
    <div class="task-body">
      <span class="task-title ${loading ? 'shimmer' : ''}" dir="auto">${taskTitle(task, ui)}</span>
      ${taskContent(task, ui)}
    </div>
  </div>`;
}

function workflowTitle({ type, summary, tasks }: Workflow, working: boolean, ui: Ui): string {
  const { t } = ui;
  if (summary && 'title' in summary) return summary.title;
  if (summary) return t('workflow.thought', { duration: durationText(summary.duration, ui.locale) });
  const current = working ? tasks.at(-1) : undefined;
  if (current) return taskTitle(current, ui);
  return t(type === 'reasoning' ? 'workflow.reasoning' : 'workflow.title');
}

/** A number of seconds in words of the reader's language. */
function durationText(seconds: number, locale: string): string {
  const whole = Math.max(1, Math.round(seconds));
  const [value, unit] = whole < 60 ? [whole, 'second'] : [Math.round(whole / 60), 'minute'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

const TITLES: Partial<Record<Task['type'], MessageKey>> = {
  web_search: 'task.search',
  file: 'task.files',
  image: 'task.image',
  thought: 'task.thought',
};

function taskTitle(task: Task, { t }: Ui): string {
  if (task.title) return task.title;
  if (task.type === 'web_search' && task.title_query) return task.title_query;
  const key = Object.hasOwn(TITLES, task.type) ? TITLES[task.type] : undefined;
  return key ? t(key) : '';
}

function taskIcon(task: Task): unknown {
  if (task.type === 'custom' && task.icon) return icon(task.icon);
  return html`<span class="dot"></span>`;
}

function taskContent(task: Task, ui: Ui): unknown {
  switch (task.type) {
    case 'custom':
    case 'thought':
      return task.content
        ? html`<div class="task-text" dir="auto">${markdown({ text: task.content, final: true }, ui)}</div>`
        : nothing;
    case 'web_search':
      return html`${chips(task.queries)}${links(task.sources, ui)}`;
    case 'file':
      return chips(task.sources.map(({ filename, title }: FileSource) => title || filename));
    default:
      return nothing;
  }
}

function chips(labels: readonly string[]): unknown {
  if (labels.length === 0) return nothing;
  return html`<div class="task-chips">${labels.map((label) => html`<span class="chip" dir="auto">${label}</span>`)}</div>`;
}

function links(sources: readonly URLSource[], { address }: Ui): unknown {
  if (sources.length === 0) return nothing;
  return html`<div class="task-chips">
    ${sources.map(({ url, title }) => {
      const href = openableHref(url);
      if (href === undefined) return html`<span class="chip" dir="auto">${title}</span>`;
      return html`<a class="chip" href=${address(href)} target="_blank" rel="noopener noreferrer" dir="auto"
        >${title} <span class="chip-origin">${hostOf(address(href))}</span></a
      >`;
    })}
  </div>`;
}
