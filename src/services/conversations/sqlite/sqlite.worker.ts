import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../kernel/errors.js';
import { WORKER_READY } from '../../../speech/pool/supervised-worker.js';
import { SqliteConversations } from './sqlite-conversations.js';
import type { SqliteAnswer, SqliteOrder, SqliteRequest, SqliteWorkerData } from './sqlite-protocol.js';

const port = parentPort!;
const { file, ttlMs } = workerData as SqliteWorkerData;
const conversations = new SqliteConversations(file, ttlMs);

port.on('message', ({ number, order }: SqliteRequest) => {
  let answer: SqliteAnswer;
  try {
    answer = { number, result: carryOut(order) };
  } catch (error) {
    answer = { number, error: messageOf(error) };
  }
  port.postMessage(answer);
});
port.postMessage(WORKER_READY);

function carryOut(order: SqliteOrder): unknown {
  switch (order.do) {
    case 'get':
      return conversations.get(order.tenant, order.id, order.now);
    case 'list':
      return conversations.list(order.query, order.now);
    case 'unfinished':
      return conversations.unfinished(order.query, order.now);
    case 'put':
      return conversations.put(order.record, order.summary, order.version, order.now);
    case 'remove':
      return conversations.remove(order.tenant, order.id);
    case 'purge':
      return conversations.purge(order.now);
    default:
      return conversations.count();
  }
}
