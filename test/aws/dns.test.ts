import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createAws } from '../../src/aws/index.ts';

const ROUTE = { zone: 'Z1', name: 'api.shop.example', sets: { 'eu-west-1': 'eu', 'us-east-1': 'us' } };
const NS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

interface Zone {
  readonly weights: Record<string, number>;
  /** Looks before a change is in sync. */
  pending: number;
  refuse: boolean;
  readonly changes: string[];
}

/** Route 53's three operations over its own XML, as far as a change of weights needs them. */
async function route53(zone: Zone) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    response.setHeader('content-type', 'text/xml');
    const info = (status: string) =>
      `<ChangeInfo><Id>/change/C1</Id><Status>${status}</Status><SubmittedAt>2026-01-05T12:00:00Z</SubmittedAt></ChangeInfo>`;
    if (request.method === 'POST') {
      zone.changes.push(body);
      if (zone.refuse) {
        response.statusCode = 403;
        return response.end(
          `<ErrorResponse ${NS}><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`,
        );
      }
      for (const [, set = '', weight] of body.matchAll(
        /<SetIdentifier>(.*?)<\/SetIdentifier>[\s\S]*?<Weight>(\d+)<\/Weight>/g,
      ))
        zone.weights[set] = Number(weight);
      return response.end(
        `<ChangeResourceRecordSetsResponse ${NS}>${info('PENDING')}</ChangeResourceRecordSetsResponse>`,
      );
    }
    if (request.url?.includes('/change/')) {
      zone.pending -= 1;
      return response.end(
        `<GetChangeResponse ${NS}>${info(zone.pending < 0 ? 'INSYNC' : 'PENDING')}</GetChangeResponse>`,
      );
    }
    const sets = Object.entries(zone.weights).map(
      ([set, weight]) =>
        `<ResourceRecordSet><Name>api.shop.example.</Name><Type>CNAME</Type><SetIdentifier>${set}</SetIdentifier><Weight>${weight}</Weight><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>${set}.shop.example</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`,
    );
    const other = '<ResourceRecordSet><Name>zzz.shop.example.</Name><Type>A</Type><TTL>30</TTL></ResourceRecordSet>';
    return response.end(
      `<ListResourceRecordSetsResponse ${NS}><ResourceRecordSets>${sets.join('')}${other}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>`,
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const aws = createAws({ endpointUrl, region: 'eu-west-1' });
  return {
    dns: aws.dns,
    async close() {
      aws.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a region gets weight 0, everything else of its record stays, and it is read back once it is everywhere', async () => {
  const zone: Zone = { weights: { eu: 50, us: 50 }, pending: 2, refuse: false, changes: [] };
  const { dns, close } = await route53(zone);
  try {
    const told = await dns.isolate(ROUTE, 'eu-west-1');
    assert.equal(told, 'api.shop.example was read back with weights eu CNAME 0, us CNAME 50');
    assert.match(zone.changes[0] ?? '', /<Action>UPSERT<\/Action>[\s\S]*eu\.shop\.example[\s\S]*/);
    assert.match(zone.changes[0] ?? '', /<TTL>30<\/TTL>/);
    assert.doesNotMatch(zone.changes[0] ?? '', /us\.shop\.example/);
    await dns.isolate(ROUTE, 'eu-west-1');
    assert.equal(zone.changes.length, 1);
  } finally {
    await close();
  }
});

test('nothing is changed where nobody else would get traffic, where there is no such record, or where AWS refuses', async () => {
  const zone: Zone = { weights: { eu: 50, us: 0 }, pending: 0, refuse: false, changes: [] };
  const { dns, close } = await route53(zone);
  try {
    await assert.rejects(dns.isolate(ROUTE, 'eu-west-1'), /no other region of api\.shop\.example would get traffic/);
    await assert.rejects(dns.isolate(ROUTE, 'ap-south-1'), /has no weighted record for ap-south-1/);
    zone.weights.us = 10;
    zone.refuse = true;
    await assert.rejects(dns.isolate(ROUTE, 'eu-west-1'), /AccessDenied|no/);
    assert.equal(zone.weights.eu, 50);
  } finally {
    await close();
  }
});
