// Prints the first port of a range that cannot be listened on; nothing when all are free.
// Connecting is tried too: where address reuse is on, a second listener on another address would be let in.
import net from 'node:net';

const answers = port => new Promise(resolve => {
  const socket = net.connect({ port, host: '127.0.0.1', timeout: 500 });
  const end = answer => { socket.destroy(); resolve(answer); };
  socket.once('connect', () => end(true)).once('error', () => end(false)).once('timeout', () => end(true));
});

const canListen = port => new Promise(resolve => {
  const server = net.createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

const [first, last] = process.argv.slice(2).map(Number);
for (let port = first; port <= last; port++) {
  if (port > 65535 || await answers(port) || !await canListen(port)) {
    console.log(port);
    break;
  }
}
