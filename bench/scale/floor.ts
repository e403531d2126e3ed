/**
 * The least that moving an alias safely takes on this machine: a row of a release's size is committed, then one call is
 * made, by a program that does nothing else. `node floor.ts FILE ENDPOINT`, with a channel to its parent.
 */
import { Agent, request } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { keyOf, REGION } from './world.ts';

/** From the parent: do it once more, with the fresh function `n`. */
export interface FloorOrder {
  readonly n: number;
}

/** To the parent, when it is done: when it began, in epoch milliseconds with fractions. */
export interface FloorNews {
  readonly n: number;
  readonly atMs: number;
}

const [file, endpoint] = process.argv.slice(2);
if (!file || !endpoint) throw new Error('FILE and ENDPOINT are expected');

const db = new DatabaseSync(file);
db.exec('pragma journal_mode = wal; pragma synchronous = full; create table state (n integer primary key, body text)');
const insert = db.prepare('insert into state (n, body) values (?, ?)');
const body = 'x'.repeat(7_000);
const agent = new Agent({ keepAlive: true });
const authorization = `AWS4-HMAC-SHA256 Credential=bench/20260101/${REGION}/lambda/aws4_request, SignedHeaders=host, Signature=0`;
const write = JSON.stringify({ FunctionVersion: '1', RoutingConfig: {}, RevisionId: 'revision-1' });

process.on('message', ({ n }: FloorOrder) => {
  const atMs = performance.timeOrigin + performance.now();
  insert.run(n, body);
  const { function: name, alias } = keyOf(n, 'fresh');
  const url = `${endpoint}/2015-03-31/functions/${name}/aliases/${alias}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const call = request(url, { method: 'PUT', agent, headers }, (answer) => {
    if (answer.statusCode !== 200) throw new Error(`the call was answered with ${answer.statusCode}`);
    answer.resume().on('end', () => process.send?.({ n, atMs } satisfies FloorNews));
  });
  call.end(write);
});
