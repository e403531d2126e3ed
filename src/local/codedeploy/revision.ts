import { createHash } from 'node:crypto';
import type { RevisionLocation } from '@aws-sdk/client-codedeploy';
import type { ObjectSource } from '../links.ts';
import { DeploymentFailure, refuse } from './errors.ts';

/** Checks that a revision names its content; what the content says is read when the deployment starts. */
export function checkRevision(revision: RevisionLocation | undefined): RevisionLocation {
  if (!revision) throw refuse('RevisionRequiredException', 'The revision is required');
  const { revisionType, s3Location, string, appSpecContent } = revision;
  const invalid = (message: string) => refuse('InvalidRevisionException', message);
  if (revisionType === 'S3') {
    const { bucket, key, bundleType } = s3Location ?? {};
    if (!bucket || !key) throw invalid('The S3 location needs a bucket and a key');
    if (bundleType !== 'YAML' && bundleType !== 'JSON') {
      throw invalid(`The bundle type ${bundleType ?? 'null'} is not valid for Lambda: it must be YAML or JSON`);
    }
    return revision;
  }
  const inline = revisionType === 'String' ? string : revisionType === 'AppSpecContent' ? appSpecContent : undefined;
  if (revisionType !== 'String' && revisionType !== 'AppSpecContent') {
    throw invalid(
      `The revision type ${revisionType ?? 'null'} is not valid for Lambda: it must be S3, AppSpecContent or String`,
    );
  }
  if (!inline?.content) throw invalid(`A revision of type ${revisionType} needs its content`);
  const { content, sha256 } = inline;
  if (sha256 && createHash('sha256').update(content).digest('hex') !== sha256.toLowerCase()) {
    throw invalid('The SHA256 hash does not match the content');
  }
  return revision;
}

/** The AppSpec's text. Throws REVISION_MISSING where S3 has no such object. */
export function readRevision({ s3Location, string, appSpecContent }: RevisionLocation, objects: ObjectSource): string {
  const inline = string?.content ?? appSpecContent?.content;
  if (inline !== undefined) return inline;
  const { bucket = '', key = '', version } = s3Location ?? {};
  const bytes = objects.read(bucket, key, version);
  if (bytes) return Buffer.from(bytes).toString('utf8');
  throw new DeploymentFailure('REVISION_MISSING', `The revision s3://${bucket}/${key} could not be found`);
}
