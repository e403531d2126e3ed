import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('making the adapters loads nothing of the AWS SDK', () => {
  const index = new URL('../../src/aws/index.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (url.includes('/@aws-sdk/') || url.includes('/@smithy/')) console.log(url);
        return next(url, context);
      },
    });
    const { createAws } = await import(${JSON.stringify(index)});
    createAws({ endpointUrl: 'http://127.0.0.1:1' });`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }), '');
});
