import { describe, expect, it } from '@jest/globals';
import { serverAddress } from './server-address.js';

describe('the server that a command talks to', () => {
  it.each([
    ['http://voice.example.com', 'http://voice.example.com'],
    ['wss://voice.example.com:8443', 'https://voice.example.com:8443'],
    ['ws://127.0.0.1:8311', 'http://127.0.0.1:8311'],
    ['localhost:8311', 'http://localhost:8311'],
    ['voice.example.com', 'http://voice.example.com'],
    ['[::1]:8000', 'http://[::1]:8000'],
  ])('is the one that is named: %s', (given, origin) => {
    expect(serverAddress(given, { PORT: '9000' }).origin).toBe(origin);
  });

  it.each([
    [{}, 'http://localhost:8000'],
    [{ PORT: '8311' }, 'http://localhost:8311'],
    [{ PORT: '0' }, 'http://localhost:8000'],
  ])('is this machine’s with %j if none is', (env, origin) => {
    expect(serverAddress(undefined, env).origin).toBe(origin);
  });

  it.each(['ftp://localhost', 'http://', 'localhost:many', ''])('is not %j, and that is said', (given) => {
    expect(() => serverAddress(given, {})).toThrow(`--url was given "${given}", but allowed is an address such as`);
  });
});
