/** Joins the first items of a list that is too long for a table cell or a sentence. */
export function firstOf(items: string[], most = 6): string {
  const rest = items.length - most;
  return `${items.slice(0, most).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
