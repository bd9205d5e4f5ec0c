import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { StructuredInput, StructuredInputItem, StructuredInputSubmission } from '../api/wire';
import { icon } from '../icons/icon';
import { closedReason, isBusy } from '../state/chat';
import { awaitedForm } from '../state/turns';
import { focusInstead } from './directives';
import type { Ui } from './ui';

/** The field in which a choice's own answer is typed, beside the field of the choices. */
const OWN_ANSWER = ':own';

/** Whether these questions stand in place of the composer: nothing else can be said before they are answered. */
export function isAwaited(item: StructuredInputItem, { state }: Ui): boolean {
  return item === awaitedForm(state.conversation.items) && !closedReason(state.conversation.thread);
}

/** The questions in place of the composer, if there are any. */
export function awaitedFormView(ui: Ui): TemplateResult | null {
  const item = awaitedForm(ui.state.conversation.items);
  return item && isAwaited(item, ui) ? formView(item, ui) : null;
}

/** Questions of the assistant: answered, or passed over. The form's own fields hold what is chosen. */
export function formView(item: StructuredInputItem, ui: Ui): TemplateResult {
  if (item.status !== 'pending') return answeredView(item, ui);
  const send = (input: StructuredInputSubmission) => {
    // What keeps it from arriving is shown in the conversation; the form is still there then.
    void ui.chat.submitForm(item.id, input).then(
      () => ui.focusComposer(),
      () => undefined,
    );
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    send(answersOf(item.inputs, new FormData(event.currentTarget as HTMLFormElement)));
  };
  return html`<form
    class="card form"
    part="form"
    tabindex="-1"
    aria-label=${ui.t('form.title')}
    @submit=${submit}
    ${focusInstead('.composer-input')}
  >
    <div class="form-fields">${item.inputs.map((input) => inputView(input, ui))}</div>
    <div class="form-buttons">${buttonsView(() => send({ status: 'skipped', answers: {} }), ui)}</div>
  </form>`;
}

/** Stop while an answer is being written, which the composer is not there to offer. */
function buttonsView(skip: () => void, { state, chat, t }: Ui): TemplateResult {
  if (isBusy(state)) {
    const { allowCancel } = state.conversation;
    return html`<button type="button" class="button" ?disabled=${!allowCancel} @click=${() => chat.stop()}>
      ${icon('ui:stop')}${t('composer.stop')}
    </button>`;
  }
  const closed = closedReason(state.conversation.thread) !== null;
  return html`<button type="button" class="button" ?disabled=${closed} @click=${skip}>${t('form.skip')}</button>
    <button type="submit" class="button button-primary" ?disabled=${closed}>${t('form.submit')}</button>`;
}

/** What the fields of a form say, as the protocol wants it: a question left empty was skipped. */
export function answersOf(inputs: readonly StructuredInput[], data: FormData): StructuredInputSubmission {
  const answers = inputs.map(({ id }) => {
    const values = [...data.getAll(id), ...data.getAll(id + OWN_ANSWER)]
      .filter((value) => typeof value === 'string')
      .map((value) => value.trim())
      .filter((value) => value !== '');
    return [id, { values, skipped: values.length === 0 }] as const;
  });
  return { status: 'answered', answers: Object.fromEntries(answers) };
}

function inputView(input: StructuredInput, ui: Ui): TemplateResult {
  if (input.type === 'freeform') {
    return html`<label class="field">
      <span class="field-question" dir="auto">${input.question}</span>
      ${input.description ? html`<span class="field-note" dir="auto">${input.description}</span>` : nothing}
      <textarea name=${input.id} rows="2" dir="auto" placeholder=${ui.t('form.answer')}></textarea>
    </label>`;
  }
  const type = input.multiple ? 'checkbox' : 'radio';
  return html`<fieldset class="field">
    <legend class="field-question" dir="auto">${input.question}</legend>
    ${input.options.map(
      ({ value }) => html`<label class="choice"
        ><input type=${type} name=${input.id} value=${value} /><span dir="auto">${value}</span></label
      >`,
    )}
    <input
      type="text"
      name=${input.id + OWN_ANSWER}
      dir="auto"
      aria-label=${ui.t('form.other')}
      placeholder=${ui.t('form.other')}
      @input=${input.multiple ? nothing : clearChoice}
    />
  </fieldset>`;
}

/** Where one answer is allowed, typing one's own takes the chosen one back. */
function clearChoice(event: InputEvent): void {
  const fieldset = (event.currentTarget as HTMLElement).closest('fieldset');
  for (const choice of fieldset?.querySelectorAll<HTMLInputElement>('input[type=radio]') ?? []) choice.checked = false;
}

function answeredView(item: StructuredInputItem, { t }: Ui): TemplateResult {
  return html`<dl class="card form" part="form">
    ${item.inputs.map(({ question, answer }) => {
      const values = answer?.skipped ? [] : (answer?.values ?? []);
      return html`<div class="field">
        <dt class="field-question" dir="auto">${question}</dt>
        <dd dir="auto">${values.length > 0 ? values.join(', ') : html`<em>${t('form.skipped')}</em>`}</dd>
      </div>`;
    })}
  </dl>`;
}
