import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { readAlarmMessage } from '../app/incident/alarm-message.ts';
import { type AlarmPorts, type Report, type Taken, takeAlarm, takeReport } from '../app/incident/alarms.ts';
import { keyOf, verify } from '../channels/standard-webhooks.ts';
import { createSnsVerifier, readSnsMessage, type SnsMessage } from './sns.ts';

/** Where alarms and reports come in. Mounted under `/api/v1/inbox`; who may speak is proved by what is signed. */
export interface InboxOptions {
  readonly ports: () => Promise<AlarmPorts>;
  readonly now: () => number;
  /** Topics that are listened to; their subscriptions are confirmed, all others are refused. */
  readonly topics: readonly string[];
  /** The secrets of the webhook (`whsec_…`), read anew each time; none where it is not set up. */
  readonly secrets: () => Promise<readonly string[]>;
  /** The origin of a local AWS. */
  readonly localOrigin?: string;
  readonly report: (problem: string) => void;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** SNS sends at most 256 KB; an alarm takes two. */
const MAX_BODY_BYTES = 300_000;
const MAX_REPORT_BYTES = 20_480;

const line = (max: number) => z.string().trim().min(1).max(max);
const ReportBody = z.object({
  type: z.literal('incident.report'),
  data: z.strictObject({
    title: line(200),
    service: line(200),
    components: z.array(line(200)).min(1).max(50).optional(),
    breach: z.string().max(2_000).optional(),
    beganAt: z.iso.datetime({ offset: true }).optional(),
    private: z.boolean().optional(),
    severity: z.enum(['SEV-1', 'SEV-2', 'SEV-3']).optional(),
    facts: z
      .array(z.enum(['allInvocationsFailing', 'dataLoss', 'securityExposure']))
      .max(3)
      .optional(),
    alias: z
      .strictObject({
        account: z.string().regex(/^\d{12}$/),
        region: z.string().regex(/^[a-z0-9-]{1,30}$/),
        function: z.string().regex(/^[\w:.-]{1,250}$/),
        alias: z.string().regex(/^[\w-]{1,128}$/),
      })
      .optional(),
  }),
});

/** `POST /sns`: CloudWatch alarms by SNS · `POST /webhook`: a report, signed by the rules of Standard Webhooks. */
export function inboxRoutes(options: InboxOptions): Hono {
  const app = new Hono();
  const { now, topics, localOrigin, report } = options;
  const sns = createSnsVerifier({
    now,
    ...(localOrigin === undefined ? {} : { localOrigin }),
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  const tooLarge = (context: Context) => problem(context, 413, `at most ${MAX_BODY_BYTES} bytes are read`);

  app.post('/sns', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (context) => {
    const message = readSnsMessage(await context.req.text());
    if (!message) return problem(context, 400, 'this is no message of SNS');
    if (!topics.includes(message.TopicArn))
      return problem(
        context,
        403,
        'this topic is not listened to: write it into the configuration, as incidents: inbox: topics',
      );
    const verified = await sns.verify(message);
    if (!verified.ok) return problem(context, 403, verified.told);
    if (message.Type === 'Notification') return context.json(await takeSns(message));
    if (message.Type === 'UnsubscribeConfirmation') {
      report(`SNS says that the subscription to ${message.TopicArn} has ended: its alarms are not heard any more`);
      return context.json({ did: 'nothing', incident: null });
    }
    if (!(await sns.confirm(message))) return problem(context, 502, 'SNS did not confirm the subscription');
    report(`the subscription to ${message.TopicArn} is confirmed`);
    return context.json({ did: 'nothing', incident: null });
  });

  app.post('/webhook', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (context) => {
    const body = await context.req.text();
    if (Buffer.byteLength(body) > MAX_REPORT_BYTES)
      return problem(context, 413, `at most ${MAX_REPORT_BYTES} bytes are read`);
    const keys = (await options.secrets()).map(keyOf).filter((key) => key !== undefined);
    if (keys.length === 0) return problem(context, 403, 'no secret is set up for reports');
    const headers = Object.fromEntries(
      [...context.req.raw.headers].map(([name, value]) => [name.toLowerCase(), value]),
    );
    const verified = verify(headers, body, keys, now());
    if (!verified.ok) return problem(context, 401, verified.told);
    const read = ReportBody.safeParse(parsed(body));
    if (!read.success) {
      const [issue] = read.error.issues;
      return problem(context, 422, `${(issue?.path ?? []).map(String).join('.') || 'the body'}: ${issue?.message}`);
    }
    // Sent again, it bears the same id and finds its incident open.
    return context.json(await takeReport(await options.ports(), reportOf(verified.id, read.data)));
  });

  app.onError((error, context) => {
    report(`a message for the incidents could not be taken: ${error.message}`);
    // SNS and webhooks are sent again after this.
    return problem(context, 503, 'it could not be stored; send it again');
  });
  app.notFound((context) => problem(context, 404, 'there is nothing at this address'));
  return app;

  async function takeSns(message: SnsMessage): Promise<Taken> {
    const alarm = readAlarmMessage(message.Message);
    if (!alarm) {
      report(`SNS brought something that is no alarm of CloudWatch's, by ${message.TopicArn}`);
      return { did: 'nothing', incident: null };
    }
    return takeAlarm(await options.ports(), alarm);
  }
}

function reportOf(id: string, { data }: z.infer<typeof ReportBody>): Report {
  const { alias } = data;
  return {
    id,
    title: data.title,
    service: data.service,
    components: data.components ?? null,
    breach: data.breach ?? null,
    beganAt: data.beganAt === undefined ? null : Date.parse(data.beganAt),
    private: data.private === true,
    facts: data.facts ?? [],
    severity: data.severity ?? null,
    subject: alias ? { alias, releaseId: null, stable: null, candidate: null, weightPercent: null } : null,
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function problem(context: Context, status: 400 | 401 | 403 | 404 | 413 | 422 | 502 | 503, message: string): Response {
  return context.json({ error: { message } }, status);
}
