import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './load.js';

const SECRET = 'sixteen-characters';

function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('the pusher', () => {
  it.each([
    [{}, []],
    [{ PUSHER_URL: 'ws://pusher:8000', PUSHER_SECRET: SECRET, PARLEY_ROLE: 'voice' }, []],
    [{ PUSHER_SECRET: SECRET, PARLEY_ROLE: 'pusher' }, []],
    [{ PARLEY_ROLE: 'pusher' }, ['PUSHER_SECRET']],
    [{ PUSHER_URL: 'wss://pusher.example.com' }, ['PUSHER_SECRET']],
    [{ PARLEY_ROLE: 'voice' }, ['PUSHER_URL']],
    [{ PUSHER_URL: 'http://pusher:8000', PUSHER_SECRET: SECRET }, ['PUSHER_URL']],
    [{ PUSHER_URL: 'ws://me:mine@pusher:8000', PUSHER_SECRET: SECRET }, ['PUSHER_URL']],
    [{ PUSHER_SECRET: 'short' }, ['PUSHER_SECRET']],
    [{ PUSHER_SECRET: 'with a space in between' }, ['PUSHER_SECRET']],
  ])('with %j has the problems %j', (env, names) => {
    expect(problems(env).map((problem) => problem.split(':')[0])).toEqual(names);
    expect(problems(env).join()).not.toContain(SECRET);
  });
});
