import type { ColorScheme, ThemeOption } from '@openai/chatkit';
import { describe, expect, test } from 'vitest';

import { contrastingText, luminance, parseColor } from '../../src/theme/color';
import { normalizeTheme, schemeOf, themeProperties } from '../../src/theme/theme';

/** The luminance of a grey of ours: of a colour without chroma it is the lightness cubed. */
function luminanceOf(property: string | undefined): number {
  const lightness = /^oklch\(([\d.]+)/.exec(property ?? '')?.[1];
  return Number(lightness) ** 3;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

const properties = (theme: ThemeOption) => themeProperties(theme) as Record<string, string>;

describe.each<ColorScheme>(['light', 'dark'])('in the %s scheme', (colorScheme) => {
  test.each([-4, 0, 4] as const)('text reads on every background (shade %i)', (shade) => {
    const theme = properties({ colorScheme, color: { grayscale: { hue: 200, tint: 9, shade } } });
    for (const background of ['background', 'surface', 'surface-raised', 'hover', 'bubble', 'code']) {
      for (const text of ['text', 'muted']) {
        const ratio = contrast(luminanceOf(theme[`--chatkit-${text}`]), luminanceOf(theme[`--chatkit-${background}`]));
        expect([background, text, ratio >= 4.5]).toEqual([background, text, true]);
      }
    }
    expect(contrast(luminanceOf(theme['--chatkit-faint']), luminanceOf(theme['--chatkit-background']))).toBeGreaterThan(4.2);
  });
});

describe('the theme', () => {
  test('may be a bare colour scheme, and is light when nothing is said', () => {
    expect(schemeOf(normalizeTheme('dark'))).toBe('dark');
    expect(schemeOf(normalizeTheme(undefined))).toBe('light');
    expect(schemeOf(normalizeTheme({}))).toBe('light');
  });

  test('without an accent uses the colour of the text', () => {
    expect(properties({})['--chatkit-accent']).toBe('var(--chatkit-text)');
  });

  test('puts a readable text on the accent', () => {
    const on = (primary: string) => properties({ color: { accent: { primary, level: 3 } } })['--chatkit-on-own'];
    expect([on('#ffee00'), on('#223366'), on('rebeccapurple')]).toEqual(['black', 'white', 'white']);
  });

  test('takes the page’s surface colours', () => {
    const theme = properties({ color: { surface: { background: '#faf7f0', foreground: '#402010' } } });
    expect([theme['--chatkit-background'], theme['--chatkit-text']]).toEqual(['#faf7f0', '#402010']);
  });

  test('keeps a fallback behind the page’s fonts', () => {
    expect(properties({ typography: { fontFamily: 'Inter' } })['--chatkit-font']).toMatch(/^Inter, .*sans-serif$/);
  });

  test('says the same properties whatever the options', () => {
    const names = (theme: ThemeOption) => Object.keys(properties(theme)).sort();
    expect(names({ colorScheme: 'dark', radius: 'sharp', density: 'compact', color: { accent: { primary: 'red', level: 2 } } })).toEqual(names({}));
  });

  test('falls back where a page without types says nonsense', () => {
    const odd = { radius: 'spiky', density: 'thick', color: { accent: { primary: '#123456', level: 9 } } } as unknown as ThemeOption;
    expect(Object.values(properties(odd))).not.toContainEqual(expect.stringContaining('undefined'));
  });
});

describe('colours', () => {
  test.each([
    ['#fff', [1, 1, 1]], ['#ff0000', [1, 0, 0]], ['#0f08', [0, 1, 0]], ['rgb(0, 0, 255)', [0, 0, 1]],
    ['rgba(100% 0% 0% / 0.5)', [1, 0, 0]], ['hsl(120, 100%, 50%)', [0, 1, 0]], ['hsl(240deg 100% 50%)', [0, 0, 1]],
  ])('%s is read', (color, rgb) => expect(parseColor(color)).toEqual(rgb));

  test.each(['#12345', 'tomato', 'rgb(a b c)', 'hsl()', 'oklch(0.5 0.1 20)', ''])('%j is not', (color) => {
    expect(parseColor(color)).toBeUndefined();
  });

  test('white and black are as far apart as can be', () => {
    expect(contrast(luminance([1, 1, 1]), luminance([0, 0, 0]))).toBeCloseTo(21);
    expect([contrastingText('#000'), contrastingText('#fff')]).toEqual(['white', 'black']);
  });
});
