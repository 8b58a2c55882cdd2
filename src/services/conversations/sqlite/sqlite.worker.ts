import { parentPort, workerData } from 'node:worker_threads';
import { serveOrders } from '../../sqlite/sqlite-thread.js';
import { SqliteConversations } from './sqlite-conversations.js';
import type { SqliteOrder, SqliteWorkerData } from './sqlite-protocol.js';

const { file, ttlMs } = workerData as SqliteWorkerData;
const conversations = new SqliteConversations(file, ttlMs);

serveOrders(parentPort!, carryOut);

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
