import { afterEach, expect, it } from '@jest/globals';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { diagnose } from '../../src/cli/doctor/diagnose.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { faults } from './whole-deployment.js';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  server = undefined;
});

/** What is said of a collector that answers 200 with this. */
async function said(headers: Record<string, string>, body: string): Promise<string[]> {
  server = createServer((_, response) => response.writeHead(200, headers).end(body)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server!.once('listening', resolve));
  const settings = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const found = faults(await diagnose(settings, new SystemClock(), ['collector']));
  return (found['collector traces'] ?? []).map(({ verdict, says, advice }) => `${verdict}: ${says}. ${advice}`);
}

it.each([
  ['protobuf with nothing in it', { 'content-type': 'application/x-protobuf' }, ''],
  ['protobuf', { 'content-type': 'application/x-protobuf' }, '\n\u0000'],
  ['JSON', { 'content-type': 'application/json; charset=utf-8' }, '{"partialSuccess":{}}'],
  ['nothing', {}, ''],
  ['nothing, as text', { 'content-type': 'text/plain' }, ''],
])('a collector may answer %s', async (_, headers, body) => {
  expect(await said(headers, body)).toEqual([]);
});

it.each([
  ['a page', { 'content-type': 'text/html; charset=utf-8' }, '<!doctype html><title>Welcome</title>'],
  ['words', { 'content-type': 'text/plain' }, 'ok'],
  ['what it does not name', {}, 'ok'],
])('who answers 200 with %s is no collector', async (_, headers, body) => {
  expect(await said(headers, body)).toEqual([
    'problem: what answers there, 200, is no collector. Give the address of OTLP over HTTP, usually with port 4318',
  ]);
});
