import { createHash, createHmac } from 'node:crypto';

type Source = string | ArrayBuffer | ArrayBufferView;

/** Node's SHA-256 in the form that AWS's signer asks for; for comparing signatures. */
export class Sha256 {
  readonly #secret: Source | undefined;
  #bytes = Buffer.alloc(0);

  constructor(secret?: Source) {
    this.#secret = secret;
  }

  update(data: Source): void {
    this.#bytes = Buffer.concat([this.#bytes, bytesOf(data)]);
  }

  async digest(): Promise<Uint8Array> {
    const hash = this.#secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(this.#secret));
    return hash.update(this.#bytes).digest();
  }

  reset(): void {
    this.#bytes = Buffer.alloc(0);
  }
}

function bytesOf(data: Source): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
