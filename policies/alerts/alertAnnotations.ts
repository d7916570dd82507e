import { judgeAlerts } from "./eachRule";
import { InProd, environmentProperty, isProd } from "../engine/environment";
import { PlainMap, UNKNOWN, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Rule, canContainRules, rulesOf } from "../facts/rules";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation, configSet } from "../engine/violation";

export interface AlertAnnotationsConfig extends InProd {
  runbookBaseUrl?: string;
}

export const alertAnnotations: ResourcePolicy<AlertAnnotationsConfig> = {
  scope: "resource",
  name: "alert-annotations",
  description: "Every alert says what is wrong, and links to what to do about it.",
  why: "Whoever is woken at three needs a sentence and a link, not a label set; a runbook at example.com helps nobody.",
  remediation: "give the alert the annotations summary, description and runbook_url (https)",
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    environment: environmentProperty,
    runbookBaseUrl: {
      type: "string",
      description:
        "https URL under which remediation finds the runbook of an alert, as `<url>/<alert>.md`. Default: nothing is remediated.",
    },
  },
  appliesTo: canContainRules,
  judge,
  remediate,
};

function judge(resource: Resource, config: AlertAnnotationsConfig): Verdict {
  if (!isProd(resource, config)) return holds;
  return judgeAlerts(resource, (alert) => [
    ...missingText(alert, "summary", "one line that says what is wrong with what"),
    ...missingText(alert, "description", "one or two sentences with the current value"),
    ...runbookViolation(alert, config),
  ]);
}

function missingText({ annotations, where }: Rule, name: string, what: string): Violation[] {
  const text = annotations[name];
  if (text === UNKNOWN || (typeof text === "string" && text.trim() !== "")) return [];
  return [
    {
      problem: `the alert has no ${name}`,
      where,
      bound: what,
      fix: `annotations.${name}: "…"`,
    },
  ];
}

function runbookViolation(alert: Rule, config: AlertAnnotationsConfig): Violation[] {
  const problem = runbookProblem(alert.annotations["runbook_url"]);
  if (problem === undefined) return [];
  const own = ownRunbook(alert, config);
  return [
    {
      problem,
      where: `${alert.where}, annotations.runbook_url`,
      bound: "an https URL of a page that exists",
      fix: `${configSet("alerts.runbookBaseUrl", "https://…")}, or annotations.runbook_url: ${own ?? "https://…"}`,
    },
  ];
}

function runbookProblem(url: unknown): string | undefined {
  if (url === UNKNOWN) return undefined;
  if (typeof url !== "string" || url.trim() === "") return "the alert has no runbook_url";
  if (!/^https:\/\/\S+$/.test(url)) return "the runbook_url is not an https URL";
  return isPlaceholder(url) ? "the runbook_url is a placeholder" : undefined;
}

/** Whether a URL only stands where a real one should. */
function isPlaceholder(url: string): boolean {
  const host = /^https:\/\/(?:[^/@]*@)?([^/:?#]*)/.exec(url)?.[1]?.toLowerCase() ?? "";
  return (
    !host.includes(".") ||
    /(^|\.)(example|test|invalid|localhost)$/.test(host) ||
    /(^|\.)example\.(com|org|net)$/.test(host) ||
    /[<>]|\b(todo|tbd|fixme|changeme|change-me|placeholder|your-?(org|company|domain|team)|xxx+)\b/i.test(
      url,
    )
  );
}

function ownRunbook({ alert }: Rule, { runbookBaseUrl }: AlertAnnotationsConfig) {
  if (runbookBaseUrl === undefined) return undefined;
  const url = `${runbookBaseUrl.replace(/\/$/, "")}/${alert}.md`;
  return runbookProblem(url) === undefined ? url : undefined;
}

function remediate(resource: Resource, props: PlainMap, config: AlertAnnotationsConfig): boolean {
  if (!isProd(resource, config)) return false;
  return rulesOf(resource)
    .rules.filter((rule) => rule.alert !== undefined)
    .map((alert) => {
      const url = ownRunbook(alert, config);
      if (url === undefined || runbookProblem(alert.annotations["runbook_url"]) === undefined) {
        return false;
      }
      return setAt(props, [...alert.path, "annotations", "runbook_url"], url);
    })
    .some(Boolean);
}
