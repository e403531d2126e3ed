/** Which host keeps a state, by how its place is written: a path, `s3://bucket/prefix`, `restate://host:port`. */
export function kindOf(place: string): 'file' | 's3' | 'restate' {
  if (place.startsWith('s3://')) return 's3';
  return /^restates?:/.test(place) ? 'restate' : 'file';
}
