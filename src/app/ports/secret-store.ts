/** Secrets that AWS keeps. Errors are {@link AwsProblem}s. */
export interface SecretStore {
  /** Of Secrets Manager, by name or ARN: its text. */
  secret(name: string): Promise<string>;
  /** Of the Parameter Store, by name or ARN: its value, decrypted. */
  parameter(name: string): Promise<string>;
}
