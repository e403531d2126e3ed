import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { deploy } from './harness.ts';

const PYTHON = spawnSync('python3', ['--version']).status === 0 ? {} : { skip: 'python3 is not on the PATH' };
const spec = { runtime: 'python3.13', handler: 'handler.handler' };

test('a Python handler gets event and context and answers JSON', PYTHON, async (t) => {
  const code = `
import decimal, os
def handler(event, context):
    return {
        "event": event, "half": decimal.Decimal("0.5"), "id": context.aws_request_id,
        "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb, "group": context.log_group_name,
        "version": context.function_version, "who": context.client_context.custom["who"],
        "left": 0 < context.get_remaining_time_in_millis() <= 3000, "env": os.environ["AWS_EXECUTION_ENV"],
    }
`;
  const { call } = await deploy(t, { 'handler.py': code }, spec);
  const clientContext = Buffer.from('{"custom":{"who":"me"}}').toString('base64');
  const outcome = await call({ n: 'é' }, { clientContext });
  assert.deepEqual(outcome.json, {
    event: { n: 'é' },
    half: 0.5,
    id: outcome.requestId,
    arn: 'arn:aws:lambda:eu-central-1:111111111111:function:checkout:live',
    memory: '128',
    group: '/aws/lambda/checkout',
    version: '7',
    who: 'me',
    left: true,
    env: 'AWS_Lambda_python3.13',
  });
});

const failures: readonly [string, string, string, string, string][] = [
  [
    'a raised exception',
    'def handler(e, c):\n    raise Exception("Failed: some_error_msg")',
    'handler.handler',
    'Exception',
    'Failed: some_error_msg',
  ],
  [
    'a missing module',
    '',
    'nowhere.handler',
    'Runtime.ImportModuleError',
    "Unable to import module 'nowhere': No module named 'nowhere'",
  ],
  [
    'a missing dependency',
    'import nobodys_package',
    'handler.handler',
    'Runtime.ImportModuleError',
    "Unable to import module 'handler': No module named 'nobodys_package'",
  ],
  [
    'a missing handler',
    '',
    'handler.nothing',
    'Runtime.HandlerNotFound',
    "Handler 'nothing' missing on module 'handler'",
  ],
  [
    'a handler name without a dot',
    '',
    'handler',
    'Runtime.MalformedHandlerName',
    "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
  ],
  [
    'an answer that is no JSON',
    'def handler(e, c):\n    return object()',
    'handler.handler',
    'Runtime.MarshalError',
    'Unable to marshal response: Object of type object is not JSON serializable',
  ],
];

for (const [name, code, handler, errorType, errorMessage] of failures) {
  test(`a Python function fails with ${name}`, PYTHON, async (t) => {
    const { call } = await deploy(t, { 'handler.py': code }, { ...spec, handler });
    const outcome = await call();
    const { stackTrace, requestId, ...error } = outcome.json as Record<string, unknown>;
    assert.deepEqual(error, { errorMessage, errorType });
    assert.ok(Array.isArray(stackTrace));
    assert.equal(requestId, handler === 'handler.handler' && !code.startsWith('import') ? outcome.requestId : '');
    assert.equal(outcome.status, 'error');
    assert.equal(outcome.functionError, 'Unhandled');
    assert.ok(outcome.log.includes(`[ERROR] ${errorType}: ${errorMessage}\nTraceback (most recent call last):`));
  });
}

test('a Python syntax error names file and line', PYTHON, async (t) => {
  const { call } = await deploy(t, { 'handler.py': 'def handler(:\n' }, spec);
  const { errorType, stackTrace } = (await call()).json as { errorType: string; stackTrace: string[] };
  assert.equal(errorType, 'Runtime.UserCodeSyntaxError');
  assert.match(stackTrace[0] ?? '', /handler\.py" Line 1/);
});

test('a Python trace begins in the function, and the function may exit', PYTHON, async (t) => {
  const code = `
import sys
def handler(event, context):
    if event: sys.exit(3)
    raise ValueError("v")
`;
  const { call } = await deploy(t, { 'handler.py': code }, spec);
  const { stackTrace } = (await call()).json as { stackTrace: string[] };
  assert.equal(stackTrace.length, 1);
  assert.match(stackTrace[0] ?? '', /handler\.py", line 5, in handler/);
  const ended = await call({ exit: true });
  assert.match(ended.text, /Runtime exited with error: exit status 3/);
});

test('print is written as it is, logging with level, time and request', PYTHON, async (t) => {
  const code = `
import logging
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed")
    logger.info("RequestId log message")
    logger.debug("not at INFO")
    logger.warning("two\\nlines")
`;
  const { call, lines } = await deploy(t, { 'handler.py': code }, spec);
  const { requestId } = await call();
  assert.ok(lines.includes('printed'));
  const logged = lines.filter((line) => line.startsWith('[')).map((line) => line.split('\t'));
  assert.deepEqual(
    logged.map(([level, , ...rest]) => [level, ...rest]),
    [
      ['[INFO]', requestId, 'RequestId log message'],
      ['[WARNING]', requestId, 'two\nlines'],
    ],
  );
  assert.match(logged[0]?.[1] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('Python logging with the JSON format', PYTHON, async (t) => {
  const code = `
import logging
def handler(event, context):
    try:
        raise KeyError("k")
    except KeyError:
        logging.getLogger("mine").exception("went wrong", extra={"order": 7})
`;
  const { call, lines } = await deploy(t, { 'handler.py': code }, { ...spec, logFormat: 'JSON' });
  const { requestId } = await call();
  const record = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'ERROR');
  const { timestamp, stackTrace, location, ...rest } = record;
  assert.deepEqual(rest, {
    level: 'ERROR',
    message: 'went wrong',
    logger: 'mine',
    errorType: 'KeyError',
    errorMessage: "'k'",
    requestId,
    order: 7,
  });
  assert.ok(timestamp.endsWith('Z') && stackTrace.length === 1 && location.endsWith(':handler:7'));
});

test('no Python line is lost', PYTHON, async (t) => {
  const code =
    'import sys\ndef handler(e, c):\n    for n in range(4):\n        print("out", n)\n        print("err", n, file=sys.stderr)';
  const { call } = await deploy(t, { 'handler.py': code }, spec);
  const callMany = async () => {
    for (let n = 0; n < 100; n++) assert.equal((await call()).log.match(/(out|err) \d/g)?.length, 8);
  };
  await Promise.all([callMany(), callMany(), callMany()]);
});

/** What the runtime relies on in botocore: where sessions make clients, and what tells the versions apart. */
const botocore = (configprovider: string) => ({
  'botocore/__init__.py': '',
  'botocore/configprovider.py': configprovider,
  'botocore/session.py': `
import botocore.configprovider

class Model:
    service_id = "CloudWatch Logs"

class Session:
    def get_service_model(self, service_name, api_version=None):
        return Model()

    def create_client(self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None,
                      endpoint_url=None, aws_access_key_id=None, config=None):
        return [service_name, region_name, endpoint_url, aws_access_key_id, config]
`,
  'handler.py': `
from botocore.session import Session
first = Session().create_client("logs")
def handler(event, context):
    given = Session().create_client(service_name="logs", region_name="eu-west-1", endpoint_url="http://given", config=2)
    in_order = Session().create_client("logs", "eu-west-1", None, True, None, None, "key", 3)
    return [first, given, in_order]
`,
});
const LOCAL = 'http://127.0.0.1:4566';
const endpoints: readonly [string, string, Record<string, string>, string | null][] = [
  ['an older botocore is led to the local AWS', '', {}, LOCAL],
  ['and to another place for one service', '', { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://logs' }, 'http://logs'],
  ['and nowhere where that is asked for', '', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, null],
  ['a botocore that reads the variables is left as it is', 'class ConfiguredEndpointProvider: pass', {}, null],
];
for (const [what, configprovider, environment, url] of endpoints) {
  test(what, PYTHON, async (t) => {
    const { call } = await deploy(t, botocore(configprovider), { ...spec, endpoint: LOCAL, environment });
    assert.deepEqual((await call({})).json, [
      ['logs', null, url, null, null],
      ['logs', 'eu-west-1', 'http://given', null, 2],
      ['logs', 'eu-west-1', url, 'key', 3],
    ]);
  });
}
