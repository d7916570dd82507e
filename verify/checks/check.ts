import { firstOf } from "../../preview/output/firstOf";
import type { Settings } from "../../stacks/config/parseConfiguration";
import type { Api } from "../cluster/api";
import { reasonOf } from "../cluster/cluster";

export type Status = "pass" | "warn" | "fail";

/** Result of a check. */
export interface Finding {
  status: Status;
  /** What the check observed. */
  evidence: string;
  /** Command to run next if the check did not pass. */
  next?: string;
}

export interface Result extends Finding {
  name: string;
}

/** APIs that checks use. A getter opens a port-forward on first use. */
export interface Apis {
  kubernetes: Api;
  prometheus: () => Promise<Api>;
  alertmanager: () => Promise<Api>;
  grafana: () => Promise<Api>;
  loki: () => Promise<Api>;
}

export interface Check {
  name: string;
  run: (apis: Apis, settings: Settings) => Promise<Finding>;
  /** Command to run next if the check could not run. */
  next: string;
}

export const pass = (evidence: string): Finding => ({ status: "pass", evidence });

/** Runs the checks in order. A check that cannot run counts as failed. */
export async function runChecks(
  checks: Check[],
  apis: Apis,
  settings: Settings,
  onResult: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    const result = { name: check.name, ...(await runCheck(check, apis, settings)) };
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runCheck(check: Check, apis: Apis, settings: Settings): Promise<Finding> {
  try {
    const finding = await check.run(apis, settings);
    return finding.status === "pass" ? finding : { next: check.next, ...finding };
  } catch (error) {
    return {
      status: "fail",
      evidence: `could not be checked: ${reasonOf(error)}`,
      next: check.next,
    };
  }
}

/** Formats a list for use in a sentence, shortened after five items. */
export function listed(items: string[]): string {
  return firstOf(items, 5);
}
