/** The ceiling: a bare `ws` server that sends every message back and looks at none of them. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const http = createServer((_, response) => response.end('ok'));
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });

sockets.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }));
});
process.on('SIGTERM', () => process.exit(0));
http.listen(Number(process.env.PORT), '127.0.0.1');
