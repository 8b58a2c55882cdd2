import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { Writable } from 'node:stream';
import { withoutControl } from './without-control.js';

it('keeps what somebody has made up in the line it belongs to', () => {
  let written = '';
  const terminal = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written += chunk.toString();
      done();
    },
  });
  const pretty = PinoPretty({ destination: terminal, sync: true, singleLine: true, colorize: false });
  const logger = pino({ hooks: { logMethod: withoutControl } }, pretty);
  const forged = 'x\n[12:00:00.000] INFO: "boss" (admin of "parley") DELETE\r\u001b[2K\u0085\u2028y';
  logger.info(forged);
  logger.info({ session_id: forged }, 'of %s', forged);
  logger.error({ err: new Error(forged) }, forged);
  const lines = written.split('\n').filter((line) => line.startsWith('['));
  expect(lines).toHaveLength(3);
  for (const control of ['\r', '\u001b']) expect(written).not.toContain(control);
});
