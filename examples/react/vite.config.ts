import { defineConfig } from 'vite';

/** Where `teahouse serve` listens while `npm run dev` runs. */
const teahouse = 'http://127.0.0.1:9000';

export default defineConfig({
  // `/assets` belongs to the element.
  build: { assetsDir: 'shop' },
  server: {
    proxy: Object.fromEntries(['/chatkit', '/assets', '/docs'].map((path) => [path, teahouse])),
  },
});
