import type { ProtocolName } from '../catalog.ts';
import type { Protocol } from '../protocol.ts';
import { awsJson } from './aws-json.ts';
import { awsQuery } from './aws-query.ts';
import { restJson1 } from './rest-json.ts';
import { restXml } from './rest-xml.ts';
import { rpcv2Cbor, rpcv2Json } from './rpc-v2.ts';

export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  restJson1,
  restXml,
  awsJson1_0: awsJson('application/x-amz-json-1.0'),
  awsJson1_1: awsJson('application/x-amz-json-1.1'),
  awsQuery,
  rpcv2Cbor,
  rpcv2Json,
};
