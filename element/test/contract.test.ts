/**
 * Every key of the official types, read from the published declarations, has a test that shows its behaviour. A new
 * version that adds a key fails here until somebody has handled it; so does a test that was renamed or removed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const declarations = join(import.meta.dirname, '..', 'node_modules', '@openai', 'chatkit', 'types', 'index.d.ts');
const program = ts.createProgram([declarations], { strict: true, skipLibCheck: true, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
const checker = program.getTypeChecker();
const source = program.getSourceFile(declarations);

function typeNamed(name: string): ts.Type {
  let found: ts.Type | undefined;
  source?.forEachChild((node) => {
    if ((ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name.text === name) found = checker.getTypeAtLocation(node);
  });
  if (!found) throw new Error(`The types no longer have ${name}.`);
  return found;
}

/** Whether a type is an object the page fills with named fields; widgets have tests of their own. */
function hasFields(type: ts.Type): boolean {
  const isPlain = Boolean(type.flags & ts.TypeFlags.Object) && type.getCallSignatures().length === 0 && !checker.isArrayType(type);
  return isPlain && !type.getStringIndexType() && type.getProperties().some(({ declarations: places = [] }) => places.some((place) => place.getSourceFile() === source));
}

function keysOf(type: ts.Type, path = ''): string[] {
  const parts = type.isUnion() ? type.types : [type];
  const keys = parts.filter(hasFields).flatMap((part) =>
    part.getProperties().flatMap((property) => {
      const below = path === '' ? property.name : `${path}.${property.name}`;
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(property));
      const entries = (inner.isUnion() ? inner.types : [inner]).filter((part) => checker.isArrayType(part));
      const element = entries.map((list) => checker.getTypeArguments(list as ts.TypeReference)[0]).find((entry) => entry !== undefined);
      return [below, ...keysOf(inner, below), ...(element ? keysOf(element, `${below}[]`) : [])];
    }),
  );
  return [...new Set(keys)];
}

const ownMembers = (name: string) =>
  typeNamed(name).getProperties().filter(({ declarations: places = [] }) => places.some((place) => place.getSourceFile() === source)).map(({ name: key }) => key);

/** A test by its file and its name; below it what it shows. */
type Table = Readonly<Record<string, string>>;

const WRONG = 'element/test/element/options.test.ts: are none in options that use all there is';
const browser = (file: string, name: string) => `tests/browser/test_${file}.py: test_${name}`;
const element = (name: string) => `element/test/element/chatkit-element.test.ts: ${name}`;

const OPTIONS: Table = {
  [element('shows what to use instead of a workflow hosted by OpenAI')]: 'api api.getClientSecret',
  [browser('options', 'the_domain_key_is_taken_and_ignored')]: 'api.url api.domainKey',
  [browser('options', 'the_pages_own_fetch_carries_every_request')]: 'api.fetch',
  [WRONG]: `api.uploadStrategy api.uploadStrategy.type api.uploadStrategy.uploadUrl frameTitle theme theme.typography
    theme.typography.fontSources theme.typography.fontSources[].family theme.typography.fontSources[].src
    theme.typography.fontSources[].weight theme.typography.fontSources[].style theme.typography.fontSources[].display
    theme.typography.fontSources[].unicodeRange composer.attachments composer.attachments.enabled composer.attachments.maxSize
    composer.attachments.maxCount composer.attachments.accept`,
  [browser('scrolling', 'with_auto_scroll_a_reader_at_the_end_goes_along_and_one_who_left_it_stays')]: 'thread thread.autoScroll',
  [browser('options', 'the_locale_of_the_options_is_that_of_the_interface_and_of_every_request')]: 'locale',
  'element/test/theme/theme.test.ts: may be a bare colour scheme, and is light when nothing is said': 'theme.colorScheme',
  'element/test/theme/theme.test.ts: puts a readable text on the accent': 'theme.color.accent theme.color.accent.primary theme.color.accent.level',
  'element/test/theme/theme.test.ts: takes the page’s surface colours': 'theme.color theme.color.surface theme.color.surface.background theme.color.surface.foreground',
  'element/test/theme/theme.test.ts: keeps a fallback behind the page’s fonts': 'theme.typography.fontFamily theme.typography.fontFamilyMono',
  'element/test/theme/theme.test.ts: says the same properties whatever the options': `theme.radius theme.density theme.color.grayscale
    theme.color.grayscale.hue theme.color.grayscale.tint theme.color.grayscale.shade theme.typography.baseSize`,
  [element('wait for the thread that is being loaded')]: 'initialThread',
  'element/test/chat/chat.test.ts: is left alone by a page that has no tools': 'onClientTool',
  [browser('options', 'the_header_has_the_pages_own_buttons_or_is_not_there')]: `header header.enabled header.title
    header.title.enabled header.title.text header.leftAction header.leftAction.icon header.leftAction.onClick
    header.rightAction header.rightAction.icon header.rightAction.onClick`,
  [browser('history', 'what_the_options_do_not_show_is_not_there')]: 'history history.enabled history.showDelete history.showRename',
  [browser('options', 'the_start_screen_greets_and_suggests')]: `startScreen startScreen.greeting startScreen.prompts
    startScreen.prompts[].label startScreen.prompts[].prompt startScreen.prompts[].prompt[].type
    startScreen.prompts[].prompt[].text startScreen.prompts[].prompt[].id startScreen.prompts[].prompt[].group
    startScreen.prompts[].prompt[].data startScreen.prompts[].prompt[].interactive startScreen.prompts[].icon`,
  [browser('options', 'new_options_while_an_answer_arrives_do_not_disturb_it')]: 'threadItemActions threadItemActions.feedback threadItemActions.retry',
  [browser('choices', 'a_tool_is_chosen_with_the_keyboard_for_one_message')]: `composer composer.placeholder composer.tools
    composer.tools[].id composer.tools[].label composer.tools[].icon composer.tools[].shortLabel composer.tools[].placeholderOverride`,
  [browser('choices', 'a_pinned_tool_is_one_click_and_a_second_takes_it_back')]: 'composer.tools[].pinned',
  [element('a tool that persists stays, until the options no longer have it')]: 'composer.tools[].persistent',
  [browser('choices', 'a_model_is_chosen_for_all_that_follows_and_one_that_is_disabled_is_not')]: `composer.models
    composer.models[].id composer.models[].label composer.models[].description composer.models[].disabled composer.models[].default`,
  'element/test/element/options.test.ts: options of later versions are found': 'widgets widgets.onAction',
  [browser('dictation', 'what_is_said_stands_at_the_caret')]: 'composer.dictation composer.dictation.enabled',
  [browser('options', 'the_disclaimer_is_markdown_below_the_composer')]: 'disclaimer disclaimer.text disclaimer.highContrast',
  [browser('mentions', 'a_mention_is_found_chosen_written_around_and_sent')]: 'entities entities.onTagSearch entities.onClick entities.onRequestPreview',
  [browser('mentions', 'the_button_begins_a_mention')]: 'entities.showComposerMenu',
  [browser('mentions', 'a_command_may_lead_to_another_and_to_a_tag')]: 'commands commands.enabled commands.onSearch commands.onSelect',
};

const METHODS: Table = {
  [browser('options', 'new_options_keep_the_conversation_and_the_draft')]: 'setOptions',
  [browser('methods', 'the_composer_is_filled_and_focused_by_the_page')]: 'focusComposer',
  [element('setThreadId opens a thread, or a new one')]: 'setThreadId',
  [element('sendCustomAction needs a thread, and goes to it')]: 'sendCustomAction',
  [element('sendUserMessage sends its own tool, model and attachments, not those of the composer')]: 'sendUserMessage',
  [element('setComposerValue selects a tool and a model for the next message, and says so')]: 'setComposerValue',
  [element('showHistory and hideHistory open and close the list, and say so')]: 'showHistory hideHistory',
  [browser('methods', 'what_is_sent_during_an_answer_is_refused_and_not_lost_in_silence')]: 'fetchUpdates',
  [browser('events', 'events_bubble_out_of_shadow_roots')]: 'addEventListener removeEventListener',
};

const EVENTS: Table = {
  [browser('events', 'a_first_turn_tells_of_the_thread_then_of_the_answers_begin_and_end')]:
    'chatkit.ready chatkit.thread.change chatkit.response.start chatkit.response.end',
  [element('says which option has a wrong value, in the console and as chatkit.error, and lives')]: 'chatkit.error',
  [browser('events', 'effects_of_the_server_reach_the_page')]: 'chatkit.effect',
  [browser('events', 'links_of_the_chats_own_kind_reach_the_page_and_open_nothing')]: 'chatkit.deeplink',
  [browser('events', 'the_history_says_when_it_opens_and_closes')]: 'chatkit.history.open chatkit.history.close',
  [browser('events', 'loading_a_thread_is_told_from_its_start_to_its_end')]: 'chatkit.thread.load.start chatkit.thread.load.end',
  [browser('choices', 'a_tool_is_chosen_with_the_keyboard_for_one_message')]: 'chatkit.tool.change',
  'element/test/chat/chat.test.ts: may call for an effect on the page, and say things nobody here knows, logged once each': 'chatkit.log',
};

const listed = (table: Table) => Object.values(table).flatMap((keys) => keys.split(/\s+/)).sort();

describe.each([
  ['ChatKitOptions', keysOf(typeNamed('ChatKitOptions')), OPTIONS],
  ['OpenAIChatKit', ownMembers('OpenAIChatKit'), METHODS],
  ['ChatKitEvents', ownMembers('ChatKitEvents'), EVENTS],
])('%s', (_, keys, table) => {
  test('has a test for each of its keys, and no test for a key it does not have', () => {
    expect(listed(table)).toEqual([...new Set(keys)].sort());
  });

  test.each(Object.keys(table))('is shown by %s', (place) => {
    const [file = '', name = ''] = place.split(/: (.*)/);
    expect(readFileSync(join(root, file), 'utf8')).toContain(name);
  });
});
