import { movingLaws } from './moving.ts';
import { newFile } from './place.ts';

movingLaws('from file to file', async () => [await newFile(), await newFile()]);
