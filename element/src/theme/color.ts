/** Colours as far as contrast needs them: the relative luminance of what a page may write. */

type Rgb = readonly [red: number, green: number, blue: number];

/** The text colour that reads best on a background; white where the background cannot be read. */
export function contrastingText(background: string): 'black' | 'white' {
  const rgb = parseColor(background);
  // Both colours are 4.58:1 at this luminance: on either side one of them always passes AA.
  return rgb && luminance(rgb) > 0.179 ? 'black' : 'white';
}

/** Red, green and blue (0 to 1) of a hex, rgb() or hsl() colour; `undefined` for anything else. */
export function parseColor(color: string): Rgb | undefined {
  const text = color.trim().toLowerCase();
  return parseHex(text) ?? parseRgb(text) ?? parseHsl(text);
}

/** WCAG 2 relative luminance. */
export function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function parseHex(text: string): Rgb | undefined {
  const digits = /^#([0-9a-f]{3,8})$/.exec(text)?.[1];
  if (!digits || digits.length === 5 || digits.length === 7) return undefined;
  const long = digits.length < 6 ? digits.replace(/./g, '$&$&') : digits;
  const channel = (at: number) => Number.parseInt(long.slice(at, at + 2), 16) / 255;
  return [channel(0), channel(2), channel(4)];
}

function parseRgb(text: string): Rgb | undefined {
  const inside = /^rgba?\(([^)]*)\)$/.exec(text)?.[1];
  const [red, green, blue] = inside?.split(/[\s,/]+/).filter(Boolean) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  const channel = (value: string) => clamp(value.endsWith('%') ? parseFloat(value) / 100 : parseFloat(value) / 255);
  return finite([channel(red), channel(green), channel(blue)]);
}

function parseHsl(text: string): Rgb | undefined {
  const inside = /^hsla?\(([^)]*)\)$/.exec(text)?.[1];
  const [hue, saturation, lightness] = inside?.split(/[\s,/]+/).filter(Boolean).map(parseFloat) ?? [];
  if (hue === undefined || saturation === undefined || lightness === undefined) return undefined;
  const light = lightness / 100;
  const amplitude = (saturation / 100) * Math.min(light, 1 - light);
  const channel = (offset: number) => {
    const turn = (offset + hue / 30) % 12;
    return clamp(light - amplitude * Math.max(-1, Math.min(turn - 3, 9 - turn, 1)));
  };
  return finite([channel(0), channel(8), channel(4)]);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function finite(rgb: Rgb): Rgb | undefined {
  return rgb.every(Number.isFinite) ? rgb : undefined;
}
