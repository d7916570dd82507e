interface CredentialPattern {
  /** Name of the credential in a violation. */
  kind: string;
  pattern: RegExp;
}

/** Patterns of texts that are credentials in any field. */
const patterns: CredentialPattern[] = [
  {
    kind: "Slack webhook",
    pattern: /\bhooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w/+-]{6,}/gi,
  },
  { kind: "Slack token", pattern: /\bxox[abceoprs]-[\w-]{10,}|\bxapp-\d-[\w-]{10,}/gi },
  {
    kind: "chat webhook",
    pattern:
      /\bdiscord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]{20,}|\b[\w-]+\.webhook\.office\.com\/webhookb2\/[\w@/-]{20,}/gi,
  },
  { kind: "AWS access key id", pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g },
  { kind: "Datadog application key", pattern: /\bddapp_[A-Za-z0-9]{30,}/g },
  { kind: "Grafana token", pattern: /\bgl(?:sa|c)_[A-Za-z0-9_+/=]{20,}/g },
  { kind: "GitHub token", pattern: /\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}/g },
  { kind: "private key", pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g },
  { kind: "JSON web token", pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g },
  {
    kind: "URL with a password",
    pattern:
      /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{1,100}:(?![$<{%*\[])[^\s/@"'<>]{1,200}@[\w.[-]/gi,
  },
];

interface CredentialField {
  kind: string;
  name: RegExp;
  value: RegExp;
}

/** Field names without separators, and the condition under which their value is a credential. */
const fields: CredentialField[] = [
  {
    kind: "API key",
    name: /(?:api|app|application|routing|service|integration|license)key$/,
    value: /^(?:[0-9a-f]{32}|[0-9a-f]{40})$/i,
  },
  {
    kind: "AWS secret access key",
    name: /secret(?:access)?key$/,
    value: /^[A-Za-z0-9/+=]{40}$/,
  },
  {
    kind: "password",
    name: /(?:password|passwd|passphrase)$/,
    // References are not credentials: ${VAR}, $(VAR), $__file{…}, {{ … }}, <…>, and paths of mounted files.
    value: /^(?!\$|\{\{|<|\/|%|\*+$|\[secret\]$).+/s,
  },
  {
    kind: "token",
    name: /(?:bearertoken|authtoken|accesstoken|apitoken|clientsecret)$/,
    value: /^(?!\$|\{\{|<|\/|%|\*+$|\[secret\]$)\S{8,}$/,
  },
];

/** The kind of credential that a text contains, in plain text or in base64. */
export function credentialIn(text: string, depth = 2): string | undefined {
  // JSON escapes `/` as `\/`, and YAML folds long lines.
  const plainText = text.includes("\\/") ? text.replaceAll("\\/", "/") : text;
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = 0;
    if (pattern.test(plainText)) return kind;
  }
  const inLines = credentialLine(plainText);
  if (inLines !== undefined) return inLines;
  if (depth === 0) return undefined;
  for (const [encoded] of plainText.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) {
    const decoded = decode(encoded);
    const kind = decoded === undefined ? undefined : credentialIn(decoded, depth - 1);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** The kind of credential in a field, by its name and the format of its value. */
export function credentialField(name: string, value: string): string | undefined {
  const plainName = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  return fields.find((field) => field.name.test(plainName) && field.value.test(value))?.kind;
}

/** A text with all recognized credentials redacted. */
export function redact(text: string): string {
  const clear = patterns.reduce((rest, { pattern }) => rest.replace(pattern, "[redacted]"), text);
  return clear.replace(/[A-Za-z0-9+/_-]{16,}={0,2}/g, (word) => {
    const decoded = decode(word);
    return decoded !== undefined && credentialIn(decoded, 1) !== undefined ? "[redacted]" : word;
  });
}

/** Parses configuration in a text, such as an alertmanager.yaml in a ConfigMap. */
function credentialLine(text: string): string | undefined {
  if (!text.includes("\n") && !text.includes("{")) return undefined;
  const line =
    /(?<![$.\w-])["']?([A-Za-z][\w.-]{2,60})["']?[ \t]*[:=](?!=)[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"',}#]+))/g;
  for (const [, name = "", ...values] of text.matchAll(line)) {
    const value = values.find((candidate) => candidate !== undefined) ?? "";
    const kind = credentialField(name, value);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** Decodes base64 that contains text. */
function decode(word: string): string | undefined {
  const decoded = Buffer.from(word, "base64").toString("latin1");
  return /^[\t\n\r\x20-\x7e]{8,}$/.test(decoded) ? decoded : undefined;
}
