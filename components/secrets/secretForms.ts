/** Required format of a secret. Values that cannot work, such as a name instead of a URL, are errors. */
export interface SecretForm {
  pattern: RegExp;
  rule: string;
}

// Files and commands often add a trailing newline, which all of these systems ignore.
export const httpsUrl: SecretForm = {
  pattern: /^https:\/\/[^\s/]\S*\s*$/,
  rule: "must be a URL that starts with https://",
};
// Services inside the cluster often have no certificate.
export const httpUrl: SecretForm = {
  pattern: /^https?:\/\/[^\s/]\S*\s*$/,
  rule: "must be a URL that starts with https:// or http://",
};
