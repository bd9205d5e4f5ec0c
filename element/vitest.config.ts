import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __CHUNKS__: '{}', __VERSION__: '"test"' },
  test: {
    environment: 'jsdom',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
  },
});
