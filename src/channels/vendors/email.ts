import { Readable } from 'node:stream';
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { ConfigOf } from '../../app/channels-schema.ts';
import type { Outgoing } from '../../app/ports/channels.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, firstRef, messageTag, type Tools, withSecrets } from '../adapter.ts';
import { isLoopbackAddress } from '../address.ts';
import { cutBytes, cutChars, escapeHtml, oneLine } from '../text.ts';

/**
 * Mail by SMTP. All receivers get it in one transaction, so that it is sent or not, never half. Whether the server may
 * have taken it is known by whether it had begun to read the text (DATA, RFC 5321).
 */
const CONNECT_MS = 5_000;
const SILENCE_MS = 15_000;
const TEXT_BYTES = 500_000;
const SUBJECT_CHARACTERS = 250;

interface Mail {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
  /** The id of the mail that it belongs to. */
  readonly first?: string | undefined;
  /** Whether the receivers may see each other's addresses. */
  readonly open: boolean;
}

export function createEmail(config: ConfigOf<'email'>, tools: Tools): Adapter {
  const domain = config.from.split('@').at(-1)!;
  const send = (mail: Mail): Promise<SendAnswer> =>
    withSecrets(tools, { password: config.password }, async ({ password }) =>
      transmit(config, password, await composed(config, mail), mail.id, tools.timeoutMs ?? SILENCE_MS),
    );
  const mailOf = (outgoing: Outgoing): Mail => {
    const { message, subject, about } = outgoing;
    return {
      id: `<${about.facts.id}.${messageTag(message.id)}@${domain}>`,
      subject,
      text: message.text,
      at: message.createdAt,
      first: firstRef(outgoing)?.split(' ')[0],
      open: message.audience !== 'customers' && message.audience !== 'x',
    };
  };
  return {
    replaySafe: false,
    canReconcile: false,
    deliver: (outgoing) => send(mailOf(outgoing)),
    preview: async (outgoing) => (await composed(config, mailOf(outgoing))).toString('utf8'),
    remind: ({ key, incident, told }) =>
      send({
        id: `<${incident}.${messageTag(key)}@${domain}>`,
        subject: `${incident}: ${told}`,
        text: told,
        at: tools.clock.now(),
        open: true,
      }),
  };
}

/** The mail as it goes over the wire. */
async function composed(config: ConfigOf<'email'>, mail: Mail): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const text = cutBytes(mail.text, TEXT_BYTES);
  const domain = config.from.split('@').at(-1)!;
  const thread = mail.first === undefined ? {} : { inReplyTo: mail.first, references: mail.first };
  const composer = new MailComposer({
    from: config.from,
    ...(mail.open ? { to: config.to } : {}),
    ...(config.replyTo === undefined ? {} : { replyTo: config.replyTo }),
    subject: cutChars(oneLine(mail.subject), SUBJECT_CHARACTERS),
    messageId: mail.id,
    date: new Date(mail.at),
    ...thread,
    headers: {
      ...(mail.open ? {} : { To: 'undisclosed-recipients:;' }),
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `<incidents.${domain}>`,
      ...(config.unsubscribeUrl === undefined
        ? {}
        : { 'List-Unsubscribe': `<${config.unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
    text,
    html: htmlOf(text),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

function htmlOf(text: string): string {
  const paragraphs = text.split('\n').map((line) => `<p>${escapeHtml(line)}</p>`);
  return `<!doctype html><html><body style="font-family:sans-serif">${paragraphs.join('\n')}</body></html>`;
}

async function transmit(
  config: ConfigOf<'email'>,
  password: string | undefined,
  body: Buffer,
  ref: string,
  silenceMs: number,
): Promise<SendAnswer> {
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  const { user, from, to } = config;
  const connection = new SMTPConnection(optionsOf(config, silenceMs));
  let dataBegun = false;
  return new Promise((resolve) => {
    const done = (answer: SendAnswer): void => {
      connection.close();
      resolve(answer);
    };
    const failed = (error: unknown): void => done(failureOf(error, config, dataBegun));
    // Read only once the server has asked for it.
    const text = new Readable({
      read() {
        dataBegun = true;
        this.push(body);
        this.push(null);
      },
    });
    const send = (): void =>
      connection.send({ from, to: [...to] }, text, (error, info) => {
        if (error) return failed(error);
        const missed = info?.rejected ?? [];
        done({
          outcome: 'accepted',
          ref: missed.length === 0 ? ref : `${ref} (not to ${missed.length} of ${to.length}: the server refused them)`,
        });
      });
    connection.on('error', failed);
    connection.connect((error) => {
      if (error) return failed(error);
      if (user === undefined) return send();
      connection.login({ credentials: { user, pass: password ?? '' } }, (refused) =>
        refused ? failed(refused) : send(),
      );
    });
  });
}

function optionsOf(
  { host, port, tls = true, allowInsecureLoopback }: ConfigOf<'email'>,
  silenceMs: number,
): SMTPConnectionOptions {
  const secure = port === 465;
  const free = !tls || (allowInsecureLoopback === true && (host === 'localhost' || isLoopbackAddress(host)));
  return {
    host,
    port: port ?? 587,
    secure,
    requireTLS: !secure && !free,
    ignoreTLS: !secure && free,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: silenceMs,
    allowInternalNetworkInterfaces: true,
    logger: false,
  };
}

/** 4xx: not now; 5xx: never (RFC 5321, 4.2.1). No answer after the text was begun: nobody can say. */
function failureOf(error: unknown, { host, port = 587 }: ConfigOf<'email'>, dataBegun: boolean): SendAnswer {
  const fields: { code?: unknown; responseCode?: unknown; response?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  const status = typeof fields.responseCode === 'number' ? fields.responseCode : undefined;
  const response = typeof fields.response === 'string' ? oneLine(fields.response).slice(0, 200) : '';
  const server = `the mail server ${host}:${port}`;
  const code = codeOf(fields.code, error);
  if (code === 'ETLS')
    return {
      outcome: 'refused',
      told: `${server} offers no TLS: use port 465, or tls: false in a network of your own`,
    };
  if (status !== undefined && status >= 500) {
    const next = code === 'EAUTH' ? ': check user and password' : ': check sender and receivers';
    return { outcome: 'refused', told: `${server} refused it (${response})${next}` };
  }
  if (status !== undefined && status >= 400)
    return { outcome: 'later', told: `${server} cannot take it now (${response})`, afterMs: null };
  if (dataBegun) return { outcome: 'inDoubt', told: `${server} fell silent after it got the text (${code})` };
  if (code === 'EAUTH') return { outcome: 'refused', told: `${server} takes no such login: check user and password` };
  return { outcome: 'later', told: `${server} cannot be reached (${code})`, afterMs: null };
}

/** Node's own code where there is one (`ECONNREFUSED`): nodemailer's says only that it was the socket. */
function codeOf(code: unknown, error: unknown): string {
  const named = typeof code === 'string' ? code : 'failed';
  if (named !== 'ESOCKET' && named !== 'ECONNECTION') return named;
  return /\bE[A-Z]{5,}\b/.exec(error instanceof Error ? error.message : '')?.[0] ?? named;
}
