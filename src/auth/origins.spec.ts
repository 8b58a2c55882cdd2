import { describe, expect, it } from '@jest/globals';
import { isOurName, mayCome } from './origins.js';

const server = {
  host: 'Parley.lan',
  publicUrl: 'https://voice.example.com',
  allowedOrigins: ['https://desk.example.com'],
  corsOrigins: ['https://board.example.com:8443'],
};

describe('the name a server is asked by', () => {
  it.each([
    'localhost:8000',
    'LOCALHOST',
    'app.localhost:8000',
    '127.0.0.1:8000',
    '[::1]:8000',
    '192.168.1.7',
    'parley.lan:8000',
    'voice.example.com',
    'desk.example.com',
    'board.example.com',
    undefined,
  ])('may be %s', (host) => {
    expect(isOurName(host, server)).toBe(true);
  });

  it.each([
    'evil.example.com:8000',
    'localhost.evil.example.com',
    'evil-localhost',
    '127.0.0.1.evil.example.com',
    '',
    'x y',
  ])('is not %s', (host) => {
    expect(isOurName(host, server)).toBe(false);
  });

  it('may be any where all pages may come', () => {
    expect(isOurName('evil.example.com', { ...server, allowedOrigins: ['*'] })).toBe(true);
  });
});

it('makes a page that has its name lead here none of ours, where nothing else keeps it out', () => {
  const rebound = { origin: 'http://evil.example.com:8000', host: 'evil.example.com:8000' };
  expect(mayCome(rebound, server, [], true)).toBe(false);
  expect(mayCome(rebound, server, [], false)).toBe(true);
  const ours = { origin: 'http://localhost:8000', host: 'localhost:8000' };
  expect(mayCome(ours, server, [], true)).toBe(true);
});
