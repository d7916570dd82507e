import { SECRET } from "../engine/values";

/** Shorter strings occur by chance, so they are hidden only if they are the whole value. */
const SHORTEST = 6;

/**
 * Returns a function that hides secrets in any value: inside longer strings, in base64, and escaped as
 * JSON or in a URL. This is the last line of defense, because values that are marked as secret have
 * already been hidden.
 */
export function redactor(secrets: string[]): <T>(value: T) => T {
  const forms = [
    ...new Set(
      secrets
        .filter((secret) => secret.length >= SHORTEST)
        .flatMap((secret) => [
          secret,
          JSON.stringify(secret).slice(1, -1),
          Buffer.from(secret).toString("base64"),
          encodeURIComponent(secret),
        ]),
    ),
  ].sort((a, b) => b.length - a.length);
  const whole = new Set(secrets.filter((secret) => secret !== ""));
  const redactText = (text: string): string => {
    if (whole.has(text)) return SECRET;
    return forms.reduce(
      (result, form) => (result.includes(form) ? result.replaceAll(form, SECRET) : result),
      text,
    );
  };
  const redact = (value: unknown): unknown => {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [redactText(key), redact(item)]),
    );
  };
  return <T>(value: T) => (forms.length + whole.size === 0 ? value : (redact(value) as T));
}
