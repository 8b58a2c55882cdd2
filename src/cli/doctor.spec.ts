import { expect, it, jest } from '@jest/globals';
import { main } from './doctor.js';

it.each([
  [['rediss'], 'There is no area "rediss"'],
  [['redis', '--jsno'], "Unknown option '--jsno'"],
])('npm run doctor -- %j is told what it could be', async (args, words) => {
  let said = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
  const code = await main(args).finally(() => write.mockRestore());
  expect(code).toBe(2);
  expect(said).toContain(words);
  expect(said).toContain('<area>   look at these only: machine, disk, ports, redis, agents,');
});
