// A pre-traffic hook as it is written for CodeDeploy: it answers by PutLifecycleEventHookExecutionStatus. Switchback calls it
// with the same two ids, and tells it besides which version to try.
import { CodeDeploy } from '@aws-sdk/client-codedeploy';

export async function handler(event) {
  const passed = event.CandidateVersion === undefined || /^\d+$/.test(event.CandidateVersion);
  await new CodeDeploy({}).putLifecycleEventHookExecutionStatus({
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: passed ? 'Succeeded' : 'Failed',
  });
}
