// The Node.js runtime's side of the Lambda Runtime API.
'use strict';

const net = require('node:net');
const { describe } = require('./errors.cjs');

/**
 * A client for exactly one server over one connection: its answers always carry a Content-Length. An answer and the
 * request for the next invocation leave together, which saves a round trip.
 */
class RuntimeClient {
  constructor(address) {
    const [host, port] = address.split(':');
    this.host = address;
    this.waiting = [];
    this.chunks = [];
    this.size = 0;
    this.needed = 0;
    this.socket = net.connect(Number(port), host);
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => {});
    // Without its Runtime API a runtime has no purpose: whoever started it has ended.
    this.socket.on('close', () => process.exit(1));
  }

  request(method, route, body = '', headers = '') {
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
    const head = `${method} /2018-06-01/runtime/${route} HTTP/1.1\r\nHost: ${this.host}\r\n${length}${headers}\r\n`;
    this.socket.write(typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head), body]));
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  read(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    let bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    this.needed = 0;
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) break;
      const headers = {};
      for (const line of bytes.latin1Slice(0, end).split('\r\n').slice(1)) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const after = end + 4 + Number(headers['content-length'] ?? 0);
      if (bytes.length < after) {
        this.needed = after;
        break;
      }
      this.waiting.shift()?.({ headers, body: bytes.subarray(end + 4, after) });
      bytes = bytes.subarray(after);
    }
    this.chunks = bytes.length === 0 ? [] : [bytes];
    this.size = bytes.length;
  }

  next() {
    return this.request('GET', 'invocation/next');
  }

  respond(id, body) {
    // Where there is no /proc the parent cannot read the memory of this process by itself.
    const rss = process.platform === 'linux' ? '' : `Lambda-Runtime-Max-Rss-Kb: ${process.resourceUsage().maxRSS}\r\n`;
    return this.request('POST', `invocation/${id}/response`, body, rss);
  }

  fail(route, error) {
    const described = describe(error);
    const type = /^[\x20-\x7e]*$/.test(described.errorType) ? described.errorType : 'Error';
    return this.request('POST', route, JSON.stringify(described), `Lambda-Runtime-Function-Error-Type: ${type}\r\n`);
  }
}

module.exports = { RuntimeClient };
