import { checkAlerts } from "./checkRules";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, stringProperty } from "../engine/properties";
import { UNKNOWN } from "../facts/plain";
import { Rule, canContainRules } from "../facts/rules";
import { hasExampleHost, hostOf } from "../facts/address";

const properties = {
  runbookBaseUrl: stringProperty(
    "https URL of the runbooks. Remediation sets `<url>/<alert>.md`. Default: remediation sets nothing.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const alertAnnotations = resourcePolicy({
  name: "alert-annotations",
  description: "In production, each alert has a summary, a description and a runbook URL.",
  why: "Without a summary and a runbook, the on-call engineer has only a set of labels to diagnose an incident.",
  remediation: "set the alert's annotations summary, description and runbook_url (https)",
  severity: "medium",
  baseline: { enforcementLevel: "advisory" },
  prodOnly: true,
  config: properties,
  appliesTo: canContainRules,
  check: (resource, config) =>
    checkAlerts(resource, (alert) => [
      checkText(alert, "summary", "one line with subject and condition"),
      checkText(alert, "description", "one or two sentences with the current value"),
      checkRunbook(alert, config),
    ]),
  remediate: true,
});

function checkText({ annotations }: Rule, name: string, bound: string) {
  const text = annotations[name];
  if (text === UNKNOWN || (typeof text === "string" && text.trim() !== "")) return undefined;
  return { problem: `the alert has no ${name}`, bound, fix: `annotations.${name}: "…"` };
}

function checkRunbook(alert: Rule, config: Config): ViolationFinding | undefined {
  const problem = runbookProblem(alert.annotations["runbook_url"]);
  if (problem === undefined) return undefined;
  const url = configuredRunbook(alert, config);
  return {
    problem,
    path: [...alert.path, "annotations", "runbook_url"],
    where: `${alert.where}, annotations.runbook_url`,
    bound: "the https URL of an existing page",
    setting: { path: "alerts.runbookBaseUrl", value: "https://…" },
    fix: `annotations.runbook_url: ${url ?? "https://…"}`,
    set: url,
  };
}

function runbookProblem(url: unknown): string | undefined {
  if (url === UNKNOWN) return undefined;
  if (typeof url !== "string" || url.trim() === "") return "the alert has no runbook_url";
  // The URL is unknown until Prometheus renders the template.
  if (/^\s*\{\{/.test(url)) return undefined;
  const known = url.replace(/\{\{.*?\}\}/g, "x");
  if (!/^https:\/\/\S+$/.test(known)) return "the runbook_url is not an https URL";
  return isPlaceholder(known) ? "the runbook_url is a placeholder" : undefined;
}

function isPlaceholder(url: string): boolean {
  const host = hostOf(url);
  return (
    !host.includes(".") ||
    /(^|\.)(example|test|invalid|localhost)$/.test(host) ||
    hasExampleHost(host) ||
    /[<>]|\b(todo|tbd|fixme|changeme|change-me|placeholder|your-?(org|company|domain|team)|xxx+)\b/i.test(
      url,
    )
  );
}

function configuredRunbook({ alert }: Rule, { runbookBaseUrl }: Config): string | undefined {
  if (runbookBaseUrl === undefined) return undefined;
  const url = `${runbookBaseUrl.replace(/\/$/, "")}/${alert}.md`;
  return runbookProblem(url) === undefined ? url : undefined;
}
