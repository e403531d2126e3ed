import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

export interface Issue {
  readonly key: string;
  readonly fields: unknown;
  status: string;
  priority: string;
  readonly comments: unknown[];
}

/** From a status: the id and name of the way, and where it leads. */
const WAYS: Readonly<Record<string, readonly (readonly [string, string, string])[]>> = {
  Open: [
    ['11', 'Start work', 'In Progress'],
    ['31', 'Close', 'Done'],
  ],
  'In Progress': [['31', 'Close', 'Done']],
  Done: [['41', 'Reopen', 'Open']],
};

/**
 * Jira Cloud's REST v3. Contract: Basic with email and token, else 401; a description is a document, never a text, and a
 * summary has at most 255 characters, else 400; the search by JQL is a POST and finds an issue only once it is indexed, the
 * older search answers 410; a transition that the status does not have answers 400, one that it has 204 without a body.
 */
export class JiraVendor implements Vendor {
  static readonly email = 'bot@example.com';
  static readonly token = 'jira-api-token';
  readonly issues: Issue[] = [];
  /** So many searches more find nothing: the index lags behind. */
  lag = 0;

  handle({ method, path, headers, json }: Received): Reply {
    const auth = Buffer.from(`${JiraVendor.email}:${JiraVendor.token}`).toString('base64');
    if (headers.authorization !== `Basic ${auth}`) return { status: 401, body: 'Client must be authenticated' };
    const rest = path.replace('/rest/api/3', '');
    if (rest === '/search') return { status: 410 };
    if (rest === '/search/jql' && method === 'POST') return this.#search(textAt(json, 'jql'));
    if (rest === '/project/OPS') return { status: 200, body: { key: 'OPS', name: 'Operations' } };
    if (rest === '/issue' && method === 'POST') return this.#create(at(json, 'fields'));
    const [, key, more] = /^\/issue\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? [];
    const issue = this.issues.find((each) => each.key === key);
    if (!issue) return { status: 404, body: { errorMessages: ['Issue does not exist'], errors: {} } };
    if (more === undefined && method === 'PUT') {
      issue.priority = textAt(json, 'fields', 'priority', 'name');
      return { status: 204 };
    }
    const ways = WAYS[issue.status] ?? [];
    if (more === 'transitions' && method === 'GET')
      return { status: 200, body: { transitions: ways.map(([id, name, to]) => ({ id, name, to: { name: to } })) } };
    if (more === 'comment' && method === 'GET') return { status: 200, body: { comments: issue.comments } };
    if (more === 'comment') return this.#comment(issue, at(json, 'body'));
    const way = ways.find(([id]) => id === textAt(json, 'transition', 'id'));
    if (more !== 'transitions' || !way) return bad({ transition: 'is not valid for this issue' });
    const added = at(json, 'update', 'comment') as readonly unknown[] | undefined;
    for (const each of added ?? []) {
      const reply = this.#comment(issue, at(each, 'add', 'body'));
      if (reply.status !== 201) return reply;
    }
    issue.status = way[2];
    return { status: 204 };
  }

  reads({ path }: Received): boolean {
    return path.endsWith('/search/jql');
  }

  seen(): readonly string[] {
    return this.issues.flatMap(({ fields, comments }) => [
      `${textAt(fields, 'summary')} ${JSON.stringify(at(fields, 'description'))}`,
      ...comments.map((each) => JSON.stringify(each)),
    ]);
  }

  #search(jql: string): Reply {
    const [, label] = /labels = "([^"]+)"/.exec(jql) ?? [];
    this.lag -= 1;
    const found = (this.lag >= 0 ? [] : this.issues).filter(({ fields }) =>
      (at(fields, 'labels') as readonly string[]).includes(label ?? ''),
    );
    return {
      status: 200,
      body: {
        issues: found.map(({ key, fields }) => ({ key, fields: { description: at(fields, 'description') } })),
        isLast: true,
      },
    };
  }

  #create(fields: unknown): Reply {
    if (at(fields, 'description', 'type') !== 'doc')
      return bad({ description: 'Operation value must be an Atlassian Document' });
    const summary = textAt(fields, 'summary');
    if (summary === '' || summary.length > 255 || summary.includes('\n')) return bad({ summary: 'is not valid' });
    if (textAt(fields, 'project', 'key') !== 'OPS') return bad({ project: 'valid project is required' });
    const key = `OPS-${this.issues.length + 1}`;
    this.issues.push({ key, fields, status: 'Open', priority: textAt(fields, 'priority', 'name'), comments: [] });
    return { status: 201, body: { id: String(10_000 + this.issues.length), key, self: `https://x/${key}` } };
  }

  #comment(issue: Issue, body: unknown): Reply {
    if (textAt(body, 'type') !== 'doc') return bad({ comment: 'must be an Atlassian Document' });
    issue.comments.push({ body });
    return { status: 201, body: { id: String(issue.comments.length) } };
  }
}

function bad(errors: object): Reply {
  return { status: 400, body: { errorMessages: [], errors } };
}
