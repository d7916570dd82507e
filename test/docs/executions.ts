import type { Command } from "./commands";

/** How a command in the documentation is tested. */
export const How = {
  /** A step of .ci/run. */
  Ci: "ci",
  /** Run by test/docs/commands.test.ts in a copy of the project. */
  Preview: "preview",
  /** Run by test/docs/commands.test.ts in a copy of the project, with files of the test. */
  Files: "files",
  /** Run by test/e2e/readme.test.ts with the real Pulumi engine. */
  Engine: "engine",
  /** Run by test/program/runbooks.test.ts against the configuration loader. */
  Loader: "loader",
  /** test/docs checks that its objects are deployed; test/e2e/kubectl.test.ts runs it on an API server. */
  Kubectl: "kubectl",
  /** A command without arguments; test/e2e/readme.test.ts runs it with `--help`. */
  Mention: "mention",
  /** Run by test/e2e/languages.test.ts in projects in other languages. */
  Languages: "languages",
  /** Run by test/e2e/policyCommand.test.ts from the package, with other files. */
  Package: "package",
  /** Run by test/integration with other files or labels. */
  Integration: "integration",
  /** Run by test/integration/serviceCommand.test.ts in a copy of the stack files. */
  Service: "service",
  /** A script that package.json has; other tests check that its output is current. */
  Script: "script",
  /** Not run: it needs an account or the source code of a service. */
  Manual: "manual",
} as const;
export type How = (typeof How)[keyof typeof How];

interface Execution {
  pattern: RegExp;
  how: How;
  /** Pages to which the rule applies. Default: all. */
  file?: RegExp;
  /** Whether the rule applies to commands in the text. Default: to all commands. */
  inline?: boolean;
}

/** The first match applies. */
const executions: Execution[] = [
  {
    pattern: /^npm (ci|test|run (lint|tools|test:rules|test:mutations|test:integration|test:e2e))$/,
    how: How.Ci,
  },
  { pattern: /^(npm --prefix observability ci$|pulumi package add )/, how: How.Languages },
  {
    pattern:
      /^npm run (bench( -- --write)?|golden|pictures|docs|api|preview|policies|verify|open|rescue|adopt|deploy)$/,
    how: How.Script,
  },
  { pattern: /^node --require tsx\/cjs test\/e2e\/states\/record\.ts$/, how: How.Manual },
  // test/verify runs them against a fake cluster, and with a fake CLI.
  {
    pattern: /^npm run (verify|open|rescue|adopt|deploy) -- (\w+ )?--stack prod( \w+)?$/,
    how: How.Script,
  },
  // test/docs/commands.test.ts previews this stack, which the commands before it create.
  { pattern: /^npm run preview -- --stack laptop$/, how: How.Script },
  { pattern: /^npm run service -- add checkout --stack laptop$/, how: How.Script },
  { pattern: /^npm run service$/, how: How.Script },
  { pattern: /^npm run service -- add checkout --stack prod( |$)/, how: How.Service },
  // In a repository of the test.
  {
    pattern:
      /^npm run preview -- --stack prod --against HEAD( --charts charts| --backtest (http:\/\/localhost:9090|\.\/snapshot))?$/,
    how: How.Integration,
  },
  { pattern: /^npm run preview -- --stack \w+( |$)/, how: How.Preview },
  { pattern: /^npm run policies -- rules alertmanager\.yaml$/, how: How.Files },
  // test/preview/files runs them with other files.
  { pattern: /^npm run policies -- <file>\.\.\.$/, how: How.Script },
  { pattern: /^npx @ticketing\/observability /, how: How.Package },
  { pattern: /^helm template shop .* \| npm run -s policies -- -$/, how: How.Script },
  {
    pattern: /^(kind (create|delete)|k3d cluster create|kubectl delete namespace) /,
    how: How.Manual,
  },
  { pattern: /^pulumi config set --(path|secret)$/, how: How.Mention, inline: true },
  { pattern: /^pulumi config set --secret slackWebhookUrl$/, how: How.Mention },
  { pattern: /^pulumi (preview|import)$/, how: How.Mention, inline: true },
  { pattern: /^helm (template|pull|get values|rollback)$/, how: How.Mention, inline: true },
  { pattern: /^promtool (check|test) rules$/, how: How.Integration, inline: true },
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
    how: How.Manual,
  },
  { pattern: /^aws dynamodb describe-table --table-name TABLE --query '[^']+'$/, how: How.Manual },
  {
    pattern: /^aws dynamodb update-table --table-name TABLE --billing-mode PAY_PER_REQUEST$/,
    how: How.Manual,
  },
  {
    pattern: /^logcli query (--addr=\S+ )?--from=[\dT:-]+Z (--to=[\dT:-]+Z )?'\{[^']+\}'$/,
    how: How.Integration,
  },
  { pattern: /^go install github\.com\/DataDog\/orchestrion@latest$/, how: How.Manual },
  { pattern: /^orchestrion (pin|go build \.\/\.\.\.)$/, how: How.Manual },
];

/** How a command is tested; undefined if no rule matches. */
export function howIsExecuted({ file, text, inline }: Command): How | undefined {
  return executions.find(
    (rule) =>
      rule.pattern.test(text) &&
      (rule.file === undefined || rule.file.test(file)) &&
      (rule.inline === undefined || rule.inline === inline),
  )?.how;
}
