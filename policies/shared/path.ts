/** Path to a value in plain data: `["prometheus", "retentionDays"]`. */
export type Path = (string | number)[];

/** Formats a path as `services[0].slo.latencyMs`, quoting only the keys that need it. */
export function formatPath(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}
