import 'reflect-metadata';
import { messageOf } from '../kernel/errors.js';

type Command = { main(args: string[]): Promise<number> };

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'agents:check': () => import('./agents-check.js'),
  'audit:check': () => import('./audit-check.js'),
  call: () => import('./call.js'),
  'config:check': () => import('./config-check.js'),
  demo: () => import('./demo.js'),
  'docs:generate': () => import('./docs-generate.js'),
  doctor: () => import('./doctor.js'),
  'eval:speech': () => import('./eval-speech.js'),
  jobs: () => import('./jobs.js'),
  keys: () => import('./keys.js'),
  models: () => import('./models.js'),
  'packages:check': () => import('./packages-check.js'),
};

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const [name = '', ...args] = process.argv.slice(2);
const load = commands[name];
const known = `There are ${Object.keys(commands).join(', ')}; each has --help.`;
try {
  if (load) process.exitCode = await (await load()).main(args);
  else if (['--help', '-h'].includes(name)) process.stdout.write(`${known}\n`);
  else {
    process.stderr.write(name === '' ? `A command is missing. ${known}\n` : `Unknown command "${name}". ${known}\n`);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
