import type { PageTarget } from '../app/ports/page-target.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** Readers and CDNs ask again after this: a page during an incident must not be an hour old. */
const CACHE_CONTROL = 'public, max-age=30';

/** The files of a static site in S3: written without conditions, for the newest page is the right one. */
export function createSite(clients: Clients, bucket: string, prefix: string): PageTarget {
  return {
    place: `s3://${bucket}/${prefix}`,
    async write(path, text, contentType) {
      await call('s3:PutObject', async () => {
        const s3 = await clients.s3();
        await s3.putObject({
          Bucket: bucket,
          Key: `${prefix}${path}`,
          Body: text,
          ContentType: contentType,
          CacheControl: CACHE_CONTROL,
        });
      });
    },
  };
}
