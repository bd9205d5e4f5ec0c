import type {
  ChatKitOptions,
  ColorOption,
  ComposerOption,
  CustomApiConfig,
  FontObject,
  HeaderOption,
  HostedApiConfig,
  ModelOption,
  StartScreenPrompt,
  ThemeOption,
  ToolOption,
  TypographyOption,
} from '@openai/chatkit';

import type { UploadConfig } from '../attachments/uploads';
import { scriptUrl } from '../chunks';
import { matchLocale } from '../i18n';
import type { Findings, Rule } from './rules';
import { anything, callback, either, fields, filled, flag, list, matching, numberIn, oneOf, orNull, record, text } from './rules';

/** A rule for every key of an official type, checked by the compiler: a key it gains, or loses, fails here. */
type Rules<Options> = { readonly [Key in keyof Required<Options>]: Rule };

const of = <Options extends object>(rules: Rules<Options>, needed: readonly (keyof Options & string)[] = []): Rule =>
  fields(rules, needed);

const scheme = oneOf('light', 'dark');
const count = numberIn(0, Infinity);
const headerAction = of<NonNullable<HeaderOption['leftAction']>>({ icon: filled, onClick: callback }, ['icon', 'onClick']);

const strategy = either(
  '{ type: "two_phase" } or { type: "direct", uploadUrl }',
  fields({ type: oneOf('two_phase') }, ['type']),
  fields({ type: oneOf('direct'), uploadUrl: filled }, ['type', 'uploadUrl']),
);

const api = of<Required<CustomApiConfig & HostedApiConfig>>({
  url: filled,
  fetch: callback,
  // Nothing is verified with it here.
  domainKey: anything,
  uploadStrategy: strategy,
  getClientSecret: callback,
});

const theme = of<ThemeOption>({
  colorScheme: scheme,
  typography: of<TypographyOption>({
    baseSize: oneOf(14, 15, 16, 17, 18),
    fontSources: list(
      of<FontObject>(
        {
          family: filled,
          src: filled,
          weight: either('a text or a number', text, count),
          style: oneOf('normal', 'italic', 'oblique'),
          display: oneOf('auto', 'block', 'swap', 'fallback', 'optional'),
          unicodeRange: text,
        },
        ['family', 'src'],
      ),
    ),
    fontFamily: text,
    fontFamilyMono: text,
  }),
  radius: oneOf('pill', 'round', 'soft', 'sharp'),
  density: oneOf('compact', 'normal', 'spacious'),
  color: of<ColorOption>({
    grayscale: of<NonNullable<ColorOption['grayscale']>>({ hue: numberIn(0, 360), tint: numberIn(0, 9), shade: numberIn(-4, 4) }),
    accent: of<NonNullable<ColorOption['accent']>>({ primary: filled, level: oneOf(0, 1, 2, 3) }, ['primary']),
    surface: of<NonNullable<ColorOption['surface']>>({ background: filled, foreground: filled }),
  }),
});

const prompt = of<StartScreenPrompt>(
  {
    label: filled,
    prompt: either('a text, or a list of input_text and input_tag', filled, list(record)),
    icon: filled,
  },
  ['label', 'prompt'],
);

const tool = of<ToolOption>(
  { id: filled, label: filled, icon: filled, shortLabel: text, placeholderOverride: text, pinned: flag, persistent: flag },
  ['id', 'label'],
);

const model = of<ModelOption>({ id: filled, label: filled, description: text, disabled: flag, default: flag }, ['id', 'label']);

const composer = of<ComposerOption>({
  placeholder: text,
  attachments: of<NonNullable<ComposerOption['attachments']>>({
    enabled: flag,
    maxSize: either('a number of bytes, or one for each MIME type', count, record),
    maxCount: count,
    accept: record,
  }),
  tools: list(tool),
  models: list(model),
  dictation: of<NonNullable<ComposerOption['dictation']>>({ enabled: flag }),
});

const options = of<ChatKitOptions>({
  api,
  locale: matching('one of the locales of ChatKit, such as "en", "zh-CN" or "pt-BR"', (tag) => matchLocale(tag) !== undefined),
  theme: either('"light", "dark" or an object', scheme, theme),
  frameTitle: text,
  initialThread: orNull(filled),
  onClientTool: callback,
  header: of<HeaderOption>({
    enabled: flag,
    title: of<NonNullable<HeaderOption['title']>>({ enabled: flag, text }),
    leftAction: headerAction,
    rightAction: headerAction,
  }),
  history: of<NonNullable<ChatKitOptions['history']>>({ enabled: flag, showDelete: flag, showRename: flag }),
  startScreen: of<NonNullable<ChatKitOptions['startScreen']>>({ greeting: text, prompts: list(prompt) }),
  threadItemActions: of<NonNullable<ChatKitOptions['threadItemActions']>>({ feedback: flag, retry: flag }),
  composer,
  disclaimer: of<NonNullable<ChatKitOptions['disclaimer']>>({ text, highContrast: flag }),
  entities: of<NonNullable<ChatKitOptions['entities']>>({
    onTagSearch: callback,
    showComposerMenu: flag,
    onClick: callback,
    onRequestPreview: callback,
  }),
  commands: of<NonNullable<ChatKitOptions['commands']>>({ enabled: flag, onSearch: callback, onSelect: callback }),
  widgets: of<NonNullable<ChatKitOptions['widgets']>>({ onAction: callback }),
  thread: of<NonNullable<ChatKitOptions['thread']>>({ autoScroll: flag }),
});

/** What can be used of the options a page gave, and what cannot. Never throws. */
export function checkedOptions(given: unknown): { readonly usable: Partial<ChatKitOptions>; readonly findings: Findings } {
  const findings: Findings = { wrong: [], unknown: [] };
  const usable = options(given ?? {}, '', findings) as Partial<ChatKitOptions> | undefined;
  return { usable: usable ?? {}, findings };
}

/** What the page asks for that this version does not have yet, by the option's name. */
export function optionsToCome({ widgets }: Partial<ChatKitOptions>): string[] {
  const asked: Record<string, unknown> = {
    'widgets.onAction': widgets?.onAction,
  };
  return Object.keys(asked).filter((name) => asked[name]);
}

/** How files are taken: as the page says, and announced first where it does not say how they are sent. */
export function uploadConfig({ api, composer }: ChatKitOptions): UploadConfig | null {
  if (!composer?.attachments?.enabled) return null;
  const strategy = ('uploadStrategy' in api ? api.uploadStrategy : undefined) ?? { type: 'two_phase' };
  return { options: composer.attachments, strategy };
}

/** Whether the options are for a workflow hosted by OpenAI, which this element cannot reach. */
export function isHosted({ api }: ChatKitOptions): boolean {
  return 'getClientSecret' in api && !('url' in api);
}

/** The server beside the script: what the element talks to when the page says nothing else. */
export function defaultOptions(): ChatKitOptions {
  return { api: { url: new URL('chatkit', scriptUrl).href, domainKey: '' } };
}
