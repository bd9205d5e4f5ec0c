import { describe, expect, it, vi } from 'vitest';

import { isOwnImage, safeImage, safeLink } from '../../src/markdown/links';
import { rendered } from './support';

const refused = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  ' javascript:alert(1)',
  'java\u0000script:alert(1)',
  'javascript&colon;alert(1)',
  'javascript&#58;alert(1)',
  'javascript&#x3A;alert(1)',
  '&#106;avascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'blob:https://x.example/1',
  'view-source:https://x.example',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  'x-custom:thing',
];

describe('a link', () => {
  it.each(refused)('is only text when it leads to %j', (address) => {
    const { element } = rendered(`[label](<${address.replace(/\n/g, '&#10;')}>) ![image](<${address.replace(/\n/g, '&#10;')}>)`);
    expect(element.querySelector('[href], [src]')).toBeNull();
    expect(element.textContent).toContain('label');
  });

  it.each(refused.filter((address) => !address.includes('&')))('may not lead to %j', (address) => {
    expect(safeLink(address)).toBeUndefined();
  });

  it.each(['https://x.example/a?b=c#d', 'http://x.example', 'mailto:me@x.example', 'tel:+861', '/a:b', 'a/b', '?q=1:2', '#a', '',
    'chatkit-link://ask?text=a'])('may lead to %j', (address) => {
    expect(safeLink(address)).toBe(address);
  });

  it('opens another site in a new tab that knows nothing of this one', () => {
    const [external, own, relative] = rendered(`[a](https://x.example) [b](${location.origin}/b) [c](/c)`).element.querySelectorAll('a');
    expect([external?.target, external?.rel]).toEqual(['_blank', 'noopener noreferrer']);
    expect([own?.target, relative?.target]).toEqual(['', '']);
  });

  it('is made of bare addresses, too', () => {
    const hrefs = [...rendered('https://x.example/a_b_c, www.y.example me@z.example <chatkit-link://a>').element.querySelectorAll('a')];
    expect(hrefs.map((link) => link.getAttribute('href'))).toEqual([
      'https://x.example/a_b_c',
      'http://www.y.example',
      'mailto:me@z.example',
      'chatkit-link://a',
    ]);
  });
});

describe('an image', () => {
  it.each(['data:text/html,x', 'data:image/svg+xml,<svg onload=alert(1)>', 'javascript:x', '//evil.example/i.png'])(
    'is never loaded from %j',
    (address) => expect(safeImage(address)).toBeUndefined(),
  );

  it.each(['/i.png', 'data:image/png;base64,AA==', 'data:image/webp;base64,AA=='])('may be loaded from %j', (address) => {
    expect(safeImage(address)).toBe(address);
    expect(isOwnImage(address)).toBe(true);
  });

  it('of another site is a link with its description', () => {
    const { element } = rendered('![a cup](https://x.example/cup.png)');
    expect(element.querySelector('img')).toBeNull();
    expect(element.querySelector('a')?.textContent).toBe('a cup');
  });

  it('of another site is shown where that site is allowed', () => {
    const allowImage = vi.fn((url: string) => url.startsWith('https://x.example/'));
    const { element } = rendered('![a](https://x.example/a.png) ![b](https://y.example/b.png)', { allowImage });
    expect([...element.querySelectorAll('img')].map((image) => image.alt)).toEqual(['a']);
    expect(allowImage).toHaveBeenCalledTimes(2);
  });

  it('by itself has a box of its own size', () => {
    const { element } = rendered('![a](/a.png)\n\nwith ![b](/b.png) text');
    expect([...element.children].map((child) => child.className)).toEqual(['figure', '']);
    expect(element.querySelector('img')?.getAttribute('loading')).toBe('lazy');
  });
});
