/**
 * Declarations in a PrometheusRule's annotations. A rule group namespace of Amazon Managed Service for
 * Prometheus has no annotations, so it contains them as comments at the start of its text: `#
 * observability.policy/services: {}`.
 */
export type RuleDeclarations = Record<string, string>;

/** Annotation that declares the namespace of the services that the rules cover. */
export const namespaceDeclaration = "observability.policy/namespace";

export function withDeclarations(ruleFile: string, declarations: RuleDeclarations): string {
  const comments = Object.entries(declarations).map(([name, value]) => `# ${name}: ${value}\n`);
  return comments.join("") + ruleFile;
}

export function declarationsIn(ruleFile: string): RuleDeclarations {
  const lines = ruleFile.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  return Object.fromEntries(
    lines.slice(0, end).flatMap((line) => {
      const [, name, value] = /^# (\S+): (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}
