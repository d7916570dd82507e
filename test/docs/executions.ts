import type { Command } from "./commands";

/** How it is known that a command of the documentation works. */
export const How = {
  /** It is a step of .ci/run. */
  Ci: "ci",
  /** test/docs/commands.test.ts runs it in a copy of the project. */
  Preview: "preview",
  /** test/e2e/readme.test.ts runs it with the real Pulumi engine. */
  Engine: "engine",
  /** test/program/runbooks.test.ts runs it against the loader of the configuration. */
  Loader: "loader",
  /** Names are known to be deployed (test/docs), and kubectl takes the arguments (test/e2e). */
  Kubectl: "kubectl",
  /** It names a command without its arguments; test/e2e/readme.test.ts asks for its help. */
  Mention: "mention",
  /** test/integration runs it on other files or labels. */
  Integration: "integration",
  /** Read by a person: it needs an account, or the sources of a service. */
  Read: "read",
} as const;
export type How = (typeof How)[keyof typeof How];

interface Execution {
  pattern: RegExp;
  how: How;
  /** Only in these pages. */
  file?: RegExp;
  /** Only where it stands in a line of text. */
  inline?: boolean;
}

/** The first that fits decides. */
const executions: Execution[] = [
  {
    pattern: /^npm (ci|test|run (tools|test:rules|test:mutations|test:integration|test:e2e))$/,
    how: How.Ci,
  },
  { pattern: /^npm run preview -- --stack \w+( |$)/, how: How.Preview },
  { pattern: /^pulumi config set --(path|secret)$/, how: How.Mention, inline: true },
  { pattern: /^pulumi preview$/, how: How.Mention, inline: true },
  { pattern: /^helm (template|get values)$/, how: How.Mention, inline: true },
  { pattern: /^promtool check rules$/, how: How.Integration, inline: true },
  { pattern: /^amtool check-config$/, how: How.Integration, inline: true },
  { pattern: /^amtool config routes test --config\.file=\S+( \w+=\S+)+$/, how: How.Integration },
  { pattern: /^amtool template render --template\.glob=/, how: How.Integration },
  { pattern: /^kubectl edit pvc$/, how: How.Mention, inline: true },
  { pattern: /^kubectl exec daemonset\/…$/, how: How.Mention, inline: true },
  { pattern: /^pulumi config set /, how: How.Loader, file: /^docs\/runbooks\// },
  { pattern: /^pulumi /, how: How.Engine },
  { pattern: /^kubectl /, how: How.Kubectl },
  {
    pattern: /^aws eks list-pod-identity-associations --cluster-name <cluster>$/,
    how: How.Read,
  },
  { pattern: /^aws dynamodb describe-table --table-name TABLE --query '[^']+'$/, how: How.Read },
  {
    pattern: /^aws dynamodb update-table --table-name TABLE --billing-mode PAY_PER_REQUEST$/,
    how: How.Read,
  },
  {
    pattern: /^logcli query (--addr=\S+ )?--from=[\dT:-]+Z (--to=[\dT:-]+Z )?'\{[^']+\}'$/,
    how: How.Integration,
  },
  { pattern: /^go install github\.com\/DataDog\/orchestrion@latest$/, how: How.Read },
  { pattern: /^orchestrion (pin|go build \.\/\.\.\.)$/, how: How.Read },
];

/** How a command is executed; undefined for one that no test knows. */
export function howIsExecuted({ file, text, inline }: Command): How | undefined {
  return executions.find(
    (one) =>
      one.pattern.test(text) &&
      (one.file === undefined || one.file.test(file)) &&
      (one.inline === undefined || one.inline === inline),
  )?.how;
}
