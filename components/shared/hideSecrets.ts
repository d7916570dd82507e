import { credentialIn } from "../../policies/shared/credentials";

/** What stands for a value that may be a secret, wherever people can see it. */
export const HIDDEN = "[hidden]";

/** Fields whose value is taken for a secret, whatever it looks like. */
const secretNames = /key|token|secret|password|passwd|credential|webhook|heartbeatUrl/i;
/** Fields that only name where a secret is, or say something about it. */
const harmlessNames =
  /^(existingSecret|existingSecretKeys|keyRevision|kmsKeyArn|configSecretName|mountedSecretNames)$/;
/** Keys without any mark of their own, such as Datadog's. */
const bareKey = /(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40})(?![0-9a-f])/i;
const slackHost = /hooks\.slack(?:-gov)?\.com/i;

/** Deeper than any setting: what is below is no help to anybody. */
const maxDepth = 10;

/**
 * A value as a message may show it. People put secrets in wrong places, and a message about that
 * ends up in the logs of a pipeline: whatever has the name or the form of a secret is hidden.
 */
export function hideSecrets(path: (string | number)[], value: unknown): unknown {
  const named = path.some(
    (key) => typeof key === "string" && secretNames.test(key) && !harmlessNames.test(key),
  );
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
