import { Hono } from 'hono';
import { type ApprovalOptions, approvalRoutes } from './approvals.ts';
import { type InboxOptions, inboxRoutes } from './inbox.ts';
import { type PageOptions, pageRoutes } from './pages.ts';

/** What is served besides the answers of hooks: alarms and reports, which prove themselves by their signatures, approvals by token, and pages. */
export function apiOf(parts: {
  readonly inbox?: InboxOptions | undefined;
  readonly approvals?: ApprovalOptions | undefined;
  readonly pages?: PageOptions | undefined;
}): (request: Request) => Response | Promise<Response> {
  const app = new Hono();
  if (parts.inbox) app.route('/api/v1/inbox', inboxRoutes(parts.inbox));
  if (parts.approvals) app.route('/api/v1', approvalRoutes(parts.approvals));
  if (parts.pages) app.route('/', pageRoutes(parts.pages));
  app.notFound((context) => context.json({ error: { message: 'there is nothing at this address' } }, 404));
  return (request) => app.fetch(request);
}
