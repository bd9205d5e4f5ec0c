import type { ChatKitOptions, CustomApiConfig } from '@openai/chatkit';

import { scriptUrl } from '../chunks';
import type { UploadConfig } from '../attachments/uploads';

/**
 * Which options there are, checked against the official types by the compiler: a key they gain, or lose, fails here.
 * `null` marks what the page fills freely: values, functions, lists, records.
 */
type Shape<Options> = { readonly [Key in keyof Required<Options>]: ShapeOf<NonNullable<Options[Key]>> };
type ShapeOf<Value> = Value extends readonly unknown[] | ((...args: never[]) => unknown) | string | number | boolean
  ? null
  : Value extends object
    ? Shape<Value> | null
    : null;

type AnyApi = CustomApiConfig & { getClientSecret?: unknown };

const SHAPE: Shape<Omit<ChatKitOptions, 'api' | 'theme'>> & { api: Shape<AnyApi>; theme: object } = {
  api: { url: null, fetch: null, domainKey: null, uploadStrategy: null, getClientSecret: null },
  locale: null,
  theme: {
    colorScheme: null,
    typography: { baseSize: null, fontSources: null, fontFamily: null, fontFamilyMono: null },
    radius: null,
    density: null,
    color: {
      grayscale: { hue: null, tint: null, shade: null },
      accent: { primary: null, level: null },
      surface: { background: null, foreground: null },
    },
  },
  frameTitle: null,
  initialThread: null,
  onClientTool: null,
  header: {
    enabled: null,
    title: { enabled: null, text: null },
    leftAction: { icon: null, onClick: null },
    rightAction: { icon: null, onClick: null },
  },
  history: { enabled: null, showDelete: null, showRename: null },
  startScreen: { greeting: null, prompts: null },
  threadItemActions: { feedback: null, retry: null },
  composer: {
    placeholder: null,
    attachments: { enabled: null, maxSize: null, maxCount: null, accept: null },
    tools: null,
    models: null,
    dictation: { enabled: null },
  },
  disclaimer: { text: null, highContrast: null },
  entities: { onTagSearch: null, showComposerMenu: null, onClick: null, onRequestPreview: null },
  commands: { enabled: null, onSearch: null, onSelect: null },
  widgets: { onAction: null },
  thread: { autoScroll: null },
};

type AnyShape = { readonly [key: string]: AnyShape | null };

/** An option the page gave that does not exist. */
export interface UnknownOption {
  readonly path: string;
  readonly allowed: readonly string[];
}

/** The options that are not in the official types, with those that are allowed in their place. */
export function unknownOptions(options: object): UnknownOption[] {
  return unknownKeys(options, SHAPE as unknown as AnyShape, '');
}

function unknownKeys(value: unknown, shape: AnyShape, path: string): UnknownOption[] {
  if (typeof value !== 'object' || value === null) return [];
  const allowed = Object.keys(shape);
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = `${path}${key}`;
    if (!Object.hasOwn(shape, key)) return inner === undefined ? [] : [{ path: below, allowed }];
    const innerShape = shape[key];
    return innerShape ? unknownKeys(inner, innerShape, `${below}.`) : [];
  });
}

/** What the page asks for that this version does not have yet, by the option's name. */
export function optionsToCome({ composer, entities, commands, widgets }: ChatKitOptions): string[] {
  const asked: Record<string, unknown> = {
    'composer.dictation': composer?.dictation?.enabled,
    'composer.tools': composer?.tools?.length,
    'composer.models': composer?.models?.length,
    'entities.onTagSearch': entities?.onTagSearch,
    'entities.onClick': entities?.onClick,
    'entities.onRequestPreview': entities?.onRequestPreview,
    'commands.enabled': commands?.enabled,
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
