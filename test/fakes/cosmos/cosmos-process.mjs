// The emulator, which is CommonJS and of another package, as a process: it tells its port.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../emulators/package.json', import.meta.url));
const server = require('@vercel/cosmosdb-server').createHttpServer();
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
