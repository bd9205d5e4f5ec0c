import lit from 'eslint-plugin-lit';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['node_modules/', 'src/api/wire.ts'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { lit },
    rules: {
      ...lit.configs['flat/recommended'].rules,
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // The wire decides what exists: its types promise more than a foreign server keeps.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Build nodes; markup from text is how scripts get in.' },
        { property: 'outerHTML', message: 'Build nodes; markup from text is how scripts get in.' },
        { property: 'insertAdjacentHTML', message: 'Build nodes; markup from text is how scripts get in.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests press the keys old browsers know, and read what a request was given as it is.
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
);
