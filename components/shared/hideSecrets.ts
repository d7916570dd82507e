import { credentialIn } from "../../policies/shared/credentials";
import type { Path } from "../../policies/shared/path";

/** Placeholder in messages for a value that may be a secret. */
export const HIDDEN = "[hidden]";

/** Names of fields whose values are always treated as secret. */
const secretNames = /key|token|secret|password|passwd|credential|webhook|heartbeatUrl/i;
/** Names that match the pattern above, but only refer to a secret. */
const harmlessNames =
  /^(existingSecret|existingSecretKeys|keyRevision|kmsKeyArn|configSecretName|mountedSecretNames|tlsSecretName)$/;
/** Keys without a recognizable prefix, such as Datadog keys. */
const bareKey = /(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40})(?![0-9a-f])/i;
const slackHost = /hooks\.slack(?:-gov)?\.com/i;

/** No setting is nested more deeply, and deeper values would not help the reader. */
const maxDepth = 10;

/**
 * Returns a value for use in a message. Users put secrets in the wrong places, and messages end up in
 * pipeline logs, so this hides every value that has the name or form of a secret.
 *
 * Unlike `redact` in the policies, which keeps the rest of a text so that a violation stays readable,
 * this function hides the whole value. Unlike the preview's redactor, it has no list of the actual
 * secrets.
 */
export function hideSecrets(path: Path, value: unknown): unknown {
  // Users choose the names of labels, and label values are public.
  const labels = path.indexOf("labels");
  const named = path
    .slice(0, labels < 0 ? undefined : labels)
    .some((key) => typeof key === "string" && secretNames.test(key) && !harmlessNames.test(key));
  return named && value !== undefined ? HIDDEN : hidden(value, maxDepth);
}

function hidden(value: unknown, depth: number): unknown {
  if (typeof value === "string") return looksSecret(value) ? HIDDEN : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.map((item) => hidden(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      looksSecret(key) ? HIDDEN : key,
      secretNames.test(key) && !harmlessNames.test(key) ? HIDDEN : hidden(item, depth - 1),
    ]),
  );
}

function looksSecret(text: string): boolean {
  return bareKey.test(text) || slackHost.test(text) || credentialIn(text) !== undefined;
}
