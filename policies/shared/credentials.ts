/**
 * Patterns of credentials in any field, by the name that violations use for the kind of credential. No
 * pattern starts with an unbounded repetition, so search time is linear in the length of the text.
 */
const patterns: Record<string, RegExp> = {
  // The webhook's path is the secret, so it is also matched without the host, which may be in another
  // field.
  "Slack webhook":
    /\bhooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w/+-]{6,}|\bT[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{20,32}\b/gi,
  "Slack token": /\bxox[abceoprs]-[\w-]{10,}|\bxapp-\d-[\w-]{10,}/gi,
  "chat webhook":
    /\bdiscord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]{20,}|[\w-]\.webhook\.office\.com\/webhookb2\/[\w@/-]{20,}|[\w-]\.logic\.azure\.com\/[^\s"']{0,300}[?&]sig=[\w%-]{10,}|\bchat\.googleapis\.com\/v1\/spaces\/[^\s"']{0,300}[?&]token=[\w%-]{10,}/gi,
  // The username for a mail server may look the same; see `isMailUserField`.
  "AWS access key ID":
    /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b(?<!(?:auth_?username|\bsmtp\b[^[]{0,300}\buser|SMTP_USER(?:NAME)?)["']?[ \t]{0,9}[:=][ \t]{0,9}["']?[A-Z2-7]{20})/g,
  "Datadog application key": /\bddapp_[A-Za-z0-9]{30,}/g,
  "Grafana token": /\bgl(?:sa|c)_[A-Za-z0-9_+/=]{20,}/g,
  "GitHub token": /\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}/g,
  "vendor token":
    /\bglpat-[\w-]{20,}|\bNRAK-[A-Z0-9]{27}|\b[0-9a-f]{36}NRAL\b|\bdt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{32,}|\bSG\.[\w-]{20,24}\.[\w-]{39,45}|\bsk_live_[A-Za-z0-9]{20,}|\bAIza[\w-]{35}|\bhvs\.[\w-]{24,}|\bhc[a-z]ik_[a-z0-9]{50,}/g,
  "private key": /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g,
  "JSON web token": /\.(?<=\beyJ[\w-]{8,}\.)eyJ[\w-]{8,}\.[\w-]{8,}/g,
  "URL with a password":
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{1,100}:(?![$<{%*\[])[^\s/@"'<>]{1,200}@[\w.[-]/gi,
  // A user ID with a group ID looks the same, so numbers are excluded.
  "user and password":
    /(?<![\w-])(?:-u|--user)[ =]["']?(?!\d{1,9}:\d)[\w.@-]{1,60}:(?![$<{%*])[^\s"'$]{3,100}/g,
  "bearer token": /\bBearer (?=[A-Za-z_.~+/-]{0,60}\d)[\w.~+/-]{20,400}=*/g,
};

/**
 * Patterns of field names without separators, and of the values that are credentials in such a field.
 */
const fields: [kind: string, name: RegExp, value: RegExp][] = [
  [
    "API key",
    /(?:api|app|application|routing|service|integration|license|pagerduty|opsgenie|datadog|newrelic|sentry|victorops)key$/,
    /^(?:[0-9a-f]{32}|[0-9a-f]{40}|(?=[A-Z]*\d)R[0-9A-Z]{31}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
  ],
  ["AWS secret access key", /secret(?:access)?key$/, /^[A-Za-z0-9/+=]{40}$/],
  // References are not credentials: ${VAR}, $(VAR), $__file{…}, {{ … }}, <…>, and paths of mounted
  // files.
  [
    "password",
    /(?:password|passwd|passphrase|[a-z]pwd)$/,
    /^(?!\$|\{\{|<|\/|%|\*+$|\[secret\]$).+/s,
  ],
  ["token", /token$/, /^(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[\w:.~+=-]{24,200}$|^[0-9a-f]{32,64}$/],
  // In Prometheus and Alertmanager, `authorization.credentials` contains the token.
  [
    "token",
    /^credentials$/,
    /^(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[\w.~+=-]{20,200}$|^[0-9a-f]{32,64}$/,
  ],
  ["storage key", /(?:account|storage|access)key$/, /^[A-Za-z0-9+/]{86}==$/],
  [
    "token",
    /(?:bearertoken|authtoken|accesstoken|apitoken|clientsecret)$/,
    /^(?!\$|\{\{|<|\/|%|\*+$|\[secret\]$)\S{8,}$/,
  ],
];

const namedPatterns = Object.entries(patterns);

/**
 * Matches words without separators that are too short to be a credential. Most strings in a resource are
 * such words, so this check determines how fast the search is.
 */
const shortWord = /^[\w.-]{0,14}$/;

const base64Words = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** Returns the kind of credential that a text contains, in plain text or base64. */
export function credentialIn(text: string): string | undefined {
  if (shortWord.test(text)) return undefined;
  if (text.length > MAX_KNOWN_LENGTH) return search(text, 2);
  if (!known.has(text)) {
    if (known.size >= 20_000) known.clear();
    known.set(text, search(text, 2));
  }
  return known.get(text);
}

/** Cached results of {@link credentialIn}, because most short strings occur many times in a stack. */
const known = new Map<string, string | undefined>();
const MAX_KNOWN_LENGTH = 1_000;

function search(text: string, depth: number): string | undefined {
  if (shortWord.test(text)) return undefined;
  // JSON may escape `/` as `\/`.
  const plainText = text.includes("\\/") ? text.replaceAll("\\/", "/") : text;
  for (const [kind, pattern] of namedPatterns) {
    if (plainText.search(pattern) >= 0) return kind;
  }
  const inFields = credentialLine(plainText) ?? basicHeader(plainText);
  if (inFields !== undefined || depth === 0) return inFields;
  const rewritten = [percentDecoded(plainText), ...concatenated(plainText)];
  for (const form of rewritten.filter((text) => text !== undefined)) {
    const kind = search(form, 0);
    if (kind !== undefined) return kind;
  }
  for (const [word] of plainText.matchAll(base64Words)) {
    const kind = encodedCredential(word, depth - 1);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/**
 * Matches the end of every name in {@link fields}. This check is fast, and few fields have such a name.
 */
const fieldName = /(?:key|word|passwd|phrase|pwd|token|secret|^credentials)$/;

/**
 * Matches references that a controller, plugin or application resolves: `vault:secret/data/db#password`.
 */
const reference =
  /^(?:vault:[\w-]+\/|(?:ref\+|op:|awssm:|gcpsm:|azurekeyvault:|secretref\+|akv:)|arn:aws[\w-]*:(?:secretsmanager|ssm):|projects\/[^/]+\/secrets\/|ENC\[)/i;

/** Whether a value looks like an AWS access key ID. Amazon SES usernames have the same format. */
export function isAccessKeyId(value: unknown): boolean {
  return typeof value === "string" && /^AKIA\w{16}$/.test(value);
}

/**
 * Whether a field contains a mail server username. Amazon SES usernames look like access key IDs, but
 * they are not credentials.
 */
export function isMailUserField(path: string): boolean {
  return /(?:auth_?username|smtp[\w".\]]*[._]user(?:name)?)$/i.test(path);
}

/** Returns the kind of credential in a field, judging by its name and the format of its value. */
export function credentialField(name: string, value: string): string | undefined {
  // DB_PASS is a password; COMPASS is not.
  const isPass = /(?:^|[_.-])(?:pass|pw)$/i.test(name) && !/^(?:true|false|\d)$/i.test(value);
  const plainName = isPass ? "password" : name.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (!fieldName.test(plainName) || reference.test(value)) return undefined;
  const field = fields.find(([, names, values]) => names.test(plainName) && values.test(value));
  return field?.[0];
}

/** Redacts all recognized credentials in a text. */
export function redact(text: string): string {
  return Object.values(patterns)
    .reduce((rest, pattern) => rest.replace(pattern, "[redacted]"), text)
    .replace(base64Words, (word) => (encodedCredential(word, 1) ? "[redacted]" : word));
}

/** Returns the kind of credential in adjacent strings that code may concatenate. */
export function credentialInParts(parts: string[]): string | undefined {
  if (parts.length < 2 || parts.length > 12) return undefined;
  const whole = parts.join("");
  if (whole.length > 400 || !partial.test(whole)) return undefined;
  for (const separator of separators) {
    const text = parts.join(separator);
    const kind = Object.keys(patterns).find(
      (name) => !/password|bearer/.test(name) && text.search(patterns[name] ?? /$^/) >= 0,
    );
    if (kind !== undefined) return kind;
  }
  return undefined;
}

const separators = ["", "/", "-", "."];
/** Quick check for the start of a credential. */
const partial =
  /xox|xapp|hooks\.slack|A[KSB]IA|gl(?:sa|c)_|gh[pousr]_|github_pat|PRIVATE KEY|discord|office\.com|ddapp_|eyJ/i;

/** Returns the text with its string literals joined, once for each separator that code may use. */
function concatenated(text: string): string[] {
  if (!/["'`]\s{0,9}[+.~]{1,2}\s{0,9}["'`]|\bjoin\b|\bprintf\b|\bconcat\b/i.test(text)) return [];
  const between = /["'`]\s{0,9}(?:[+.~,]{1,2}\s{0,9})?["'`]/g;
  return separators.map((separator) => text.replace(between, separator));
}

function percentDecoded(text: string): string | undefined {
  if (!/%[0-9a-f]{2}/i.test(text)) return undefined;
  return text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Recognizes a basic authentication header, which contains the username and password in base64. */
function basicHeader(text: string): string | undefined {
  if (!/\bBasic /i.test(text)) return undefined;
  for (const [, word = ""] of text.matchAll(/\bBasic ([A-Za-z0-9+/]{6,400}={0,2})/gi)) {
    const decoded = Buffer.from(word, "base64").toString("latin1");
    if (/^[\x21-\x39\x3b-\x7e]{1,100}:[\x20-\x7e]{1,200}$/.test(decoded)) return "password";
  }
  return undefined;
}

/** Returns the kind of credential in a command's arguments and variables. */
function credentialArgument(text: string): string | undefined {
  if (!text.includes("=") && !text.includes("-")) return undefined;
  const argument =
    /(?<![^\s"';&|?(])(?:--?([A-Za-z][\w.-]{2,60})(?:=|[ \t]{1,9})|([A-Za-z_]\w{2,60})=)(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"';&|)]+))/g;
  for (const [, flag, variable = "", ...values] of text.matchAll(argument)) {
    const value = values.find((candidate) => candidate !== undefined) ?? "";
    if (value.startsWith("-") || isExpression(values[2])) continue;
    const kind = credentialField(flag ?? variable, value);
    if (kind !== undefined) return kind;
  }
  const header = /(?:-H|--header)[ =]?["']?([A-Za-z][\w-]{2,60}): ?([^\s"']+)/g;
  for (const [, name = "", value = ""] of text.matchAll(header)) {
    const kind = credentialField(name, value);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** Whether an unquoted value is code that reads the credential: `os.environ[`, `sys.env(`. */
function isExpression(value: string | undefined): boolean {
  return (
    value !== undefined &&
    /^[A-Za-z_][\w.]*[[(]|^(?:process\.env|local|remote|var|config|secrets?)\.[\w.]+$/.test(value)
  );
}

/**
 * Returns the kind of credential in a configuration file's text, such as an alertmanager.yaml in a
 * ConfigMap.
 */
function credentialLine(text: string): string | undefined {
  if (!text.includes("\n") && !text.includes("{")) return credentialArgument(text);
  const line =
    /(?<![$.\w-])["']?([A-Za-z][\w.-]{2,60})["']?[ \t]*[:=](?!=)[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"',}#]+))/g;
  for (const [, name = "", ...values] of text.matchAll(line)) {
    const value = values.find((candidate) => candidate !== undefined) ?? "";
    const kind = isExpression(values[2]) ? undefined : credentialField(name, value);
    if (kind !== undefined) return kind;
  }
  return credentialArgument(text);
}

/** Returns the kind of credential in a base64 word, if the word encodes text. */
function encodedCredential(word: string, depth: number): string | undefined {
  const decoded = Buffer.from(word, "base64").toString("latin1");
  return /^[\t\n\r\x20-\x7e]{8,}$/.test(decoded) ? search(decoded, depth) : undefined;
}
