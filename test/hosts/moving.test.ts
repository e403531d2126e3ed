import { movingLaws } from './moving.ts';
import { newBucket, newFile } from './place.ts';

movingLaws('from file to file', async () => [await newFile(), await newFile()]);
movingLaws('from file to S3', async () => [await newFile(), await newBucket()]);
movingLaws('from S3 to file', async () => [await newBucket(), await newFile()]);
