import { Hono } from 'hono';
import { type ApprovalOptions, approvalRoutes } from './approvals.ts';
import { type InboxOptions, inboxRoutes } from './inbox.ts';

/** What is served under `/api/`: alarms and reports, which prove themselves by their signatures, and approvals by token. */
export function apiOf(parts: {
  readonly inbox?: InboxOptions | undefined;
  readonly approvals?: ApprovalOptions | undefined;
}): (request: Request) => Response | Promise<Response> {
  const app = new Hono();
  if (parts.inbox) app.route('/api/v1/inbox', inboxRoutes(parts.inbox));
  if (parts.approvals) app.route('/api/v1', approvalRoutes(parts.approvals));
  app.notFound((context) => context.json({ error: { message: 'there is nothing at this address' } }, 404));
  return (request) => app.fetch(request);
}
