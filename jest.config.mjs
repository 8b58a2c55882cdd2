/** Those that measure what a caller waits for, and those that work a browser or calls in real time for long: one at a time. */
const timed = process.env.PARLEY_TESTS === 'timed';

/** ESM jest; bin/parley.mjs adds --experimental-vm-modules. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/bench/src'],
  modulePathIgnorePatterns: ['<rootDir>/test/emulators/node_modules'],
  testRegex: timed ? '\\.timed\\.ts$' : '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/support/fail-on-console.ts', '<rootDir>/test/support/own-data.ts'],
  testTimeout: 20_000,
  // Many tests wait for speech in real time: on two cores jest would run one at a time, and two leave them half idle.
  maxWorkers: timed ? 1 : 3,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
