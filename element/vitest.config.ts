import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __CHUNKS__: '{}', __VERSION__: '"test"' },
  test: {
    environment: 'jsdom',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    restoreMocks: true,
    // Property tests on a machine that has other things to do.
    testTimeout: 30_000,
  },
});
