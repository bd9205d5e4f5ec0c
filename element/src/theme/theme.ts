import type { ColorScheme, ThemeOption } from '@openai/chatkit';

import { contrastingText } from './color';

/**
 * From the `theme` option to CSS custom properties. These are the element's whole appearance: the stylesheets use
 * nothing else, and a page may set any of them on `openai-chatkit` itself, which wins over what is computed here.
 */
export type ThemeProperties = Readonly<Record<`--chatkit-${string}`, string>>;

type Scheme = Readonly<Record<keyof typeof LIGHT, number>>;

/** Lightness (OKLCH, 0 to 1) of each grey, light. Text against background is 4.5:1 or more, tested. */
const LIGHT = {
  background: 1,
  surface: 1,
  'surface-raised': 1,
  hover: 0.965,
  pressed: 0.935,
  bubble: 0.962,
  code: 0.975,
  border: 0.922,
  'border-strong': 0.87,
  text: 0.22,
  muted: 0.46,
  faint: 0.54,
};

const DARK: Scheme = {
  background: 0.205,
  surface: 0.245,
  'surface-raised': 0.27,
  hover: 0.275,
  pressed: 0.315,
  bubble: 0.285,
  code: 0.175,
  border: 0.3,
  'border-strong': 0.39,
  text: 0.94,
  muted: 0.74,
  faint: 0.66,
};

const SIGNALS: Readonly<Record<ColorScheme, ThemeProperties>> = {
  light: {
    '--chatkit-danger': 'oklch(0.5 0.19 27)',
    '--chatkit-danger-soft': 'oklch(0.97 0.016 20)',
    '--chatkit-warning': 'oklch(0.5 0.11 70)',
    '--chatkit-warning-soft': 'oklch(0.975 0.03 85)',
    '--chatkit-info': 'oklch(0.48 0.13 250)',
    '--chatkit-info-soft': 'oklch(0.972 0.015 250)',
    '--chatkit-link': 'oklch(0.48 0.15 255)',
    '--chatkit-focus': 'oklch(0.55 0.18 255)',
    '--chatkit-shadow': '0 1px 2px rgb(0 0 0 / 0.04), 0 4px 16px rgb(0 0 0 / 0.05)',
    '--chatkit-scrim': 'rgb(0 0 0 / 0.28)',
    '--chatkit-code-keyword': 'oklch(0.5 0.2 300)',
    '--chatkit-code-string': 'oklch(0.48 0.12 150)',
    '--chatkit-code-number': 'oklch(0.5 0.15 45)',
    '--chatkit-code-title': 'oklch(0.48 0.15 255)',
    '--chatkit-code-comment': 'oklch(0.54 0.01 250)',
    '--chatkit-code-meta': 'oklch(0.48 0.13 200)',
  },
  dark: {
    '--chatkit-danger': 'oklch(0.76 0.13 22)',
    '--chatkit-danger-soft': 'oklch(0.28 0.05 22)',
    '--chatkit-warning': 'oklch(0.82 0.12 80)',
    '--chatkit-warning-soft': 'oklch(0.29 0.04 80)',
    '--chatkit-info': 'oklch(0.79 0.1 250)',
    '--chatkit-info-soft': 'oklch(0.28 0.04 255)',
    '--chatkit-link': 'oklch(0.78 0.11 250)',
    '--chatkit-focus': 'oklch(0.72 0.14 255)',
    '--chatkit-shadow': '0 1px 2px rgb(0 0 0 / 0.2), 0 4px 20px rgb(0 0 0 / 0.22)',
    '--chatkit-scrim': 'rgb(0 0 0 / 0.55)',
    '--chatkit-code-keyword': 'oklch(0.78 0.13 305)',
    '--chatkit-code-string': 'oklch(0.8 0.12 150)',
    '--chatkit-code-number': 'oklch(0.8 0.12 60)',
    '--chatkit-code-title': 'oklch(0.79 0.11 250)',
    '--chatkit-code-comment': 'oklch(0.66 0.01 250)',
    '--chatkit-code-meta': 'oklch(0.8 0.1 200)',
  },
};

/** Corner radii in px: bubbles, controls, cards, the composer. */
const RADII = {
  pill: { bubble: 20, control: 999, card: 16, composer: 26 },
  round: { bubble: 16, control: 12, card: 12, composer: 18 },
  soft: { bubble: 10, control: 8, card: 8, composer: 10 },
  sharp: { bubble: 2, control: 2, card: 2, composer: 2 },
} as const;

const DENSITY = { compact: '0.8', normal: '1', spacious: '1.2' } as const;

/** How much of the accent reaches the user's own messages, by `accent.level`. */
const BUBBLE_TINT = ['0%', '10%', '18%', '100%'] as const;

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", ' +
  '"Noto Sans CJK SC", "Apple SD Gothic Neo", sans-serif';
const FONT_MONO = 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Noto Sans Mono", monospace';

/** The option in its long form: a bare colour scheme is a theme that says nothing else. */
export function normalizeTheme(theme: ColorScheme | ThemeOption | undefined): ThemeOption {
  return typeof theme === 'string' ? { colorScheme: theme } : (theme ?? {});
}

/** The scheme to draw in. The official default is light, whatever the system prefers. */
export function schemeOf(theme: ThemeOption): ColorScheme {
  return theme.colorScheme === 'dark' ? 'dark' : 'light';
}

/** Every custom property of a theme. */
export function themeProperties(theme: ThemeOption): ThemeProperties {
  const scheme = schemeOf(theme);
  return {
    ...SIGNALS[scheme],
    ...grays(scheme, theme),
    ...surface(theme),
    ...accent(theme),
    ...shape(theme),
    ...typography(theme),
  };
}

function grays(scheme: ColorScheme, theme: ThemeOption): ThemeProperties {
  const { hue = 0, tint = 0, shade = 0 } = theme.color?.grayscale ?? {};
  const entries = Object.entries(scheme === 'dark' ? DARK : LIGHT).map(([name, lightness]) => {
    // Shade moves the backgrounds only: text keeps its contrast.
    const isText = name === 'text' || name === 'muted' || name === 'faint';
    const shaded = isText ? lightness : Math.min(1, lightness + shade * 0.008);
    return [`--chatkit-${name}`, `oklch(${round(shaded)} ${round(tint * 0.0035)} ${round(hue)})`];
  });
  return Object.fromEntries(entries) as ThemeProperties;
}

function surface(theme: ThemeOption): ThemeProperties {
  const { background, foreground } = theme.color?.surface ?? {};
  return {
    ...(background && {
      '--chatkit-background': background,
      '--chatkit-surface': `color-mix(in oklch, ${background} 96%, var(--chatkit-text))`,
      '--chatkit-surface-raised': background,
    }),
    ...(foreground && { '--chatkit-text': foreground }),
  };
}

function accent(theme: ThemeOption): ThemeProperties {
  const chosen = theme.color?.accent;
  if (!chosen) {
    return {
      '--chatkit-accent': 'var(--chatkit-text)',
      '--chatkit-on-accent': 'var(--chatkit-background)',
      '--chatkit-own': 'var(--chatkit-bubble)',
      '--chatkit-on-own': 'var(--chatkit-text)',
    };
  }
  const full = chosen.level === 3;
  const tint = BUBBLE_TINT[chosen.level] ?? BUBBLE_TINT[0];
  return {
    '--chatkit-accent': chosen.primary,
    '--chatkit-on-accent': contrastingText(chosen.primary),
    '--chatkit-own': full ? chosen.primary : `color-mix(in oklch, ${chosen.primary} ${tint}, var(--chatkit-bubble))`,
    '--chatkit-on-own': full ? contrastingText(chosen.primary) : 'var(--chatkit-text)',
  };
}

function shape(theme: ThemeOption): ThemeProperties {
  const { bubble, control, card, composer } = RADII[theme.radius ?? 'pill'] ?? RADII.pill;
  return {
    '--chatkit-radius-bubble': `${bubble}px`,
    '--chatkit-radius-control': `${control}px`,
    '--chatkit-radius-card': `${card}px`,
    '--chatkit-radius-composer': `${composer}px`,
    '--chatkit-density': DENSITY[theme.density ?? 'normal'] ?? DENSITY.normal,
  };
}

function typography(theme: ThemeOption): ThemeProperties {
  const { baseSize = 16, fontFamily, fontFamilyMono } = theme.typography ?? {};
  return {
    '--chatkit-font-size': `${baseSize}px`,
    '--chatkit-font': fontFamily ? `${fontFamily}, ${FONT}` : FONT,
    '--chatkit-font-mono': fontFamilyMono ? `${fontFamilyMono}, ${FONT_MONO}` : FONT_MONO,
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
