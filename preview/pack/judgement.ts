import { type JudgedEnvironment, judgedEnvironment } from "../../policies/engine/environment";
import type { Resource } from "../../policies/facts/resource";
import type { ConfiguredPolicy, PolicyReport } from "./policyReport";

/** The results of the policies, as shown in reports. */
export interface Judgement extends Omit<PolicyReport, "remediated"> {
  environment: JudgedEnvironment;
}

export function judgementOf(
  resources: Resource[],
  { remediated: _remediated, ...report }: Omit<PolicyReport, "remediated"> & Partial<PolicyReport>,
): Judgement {
  return { environment: environmentOf(resources, report.policies), ...report };
}

/** Whether all mandatory policies passed. */
export function hasPassed({ violations }: Pick<Judgement, "violations">): boolean {
  return violations.every((violation) => violation.level === "advisory");
}

/** Returns the header line that states the environment. */
export function environmentRow({ environment }: Judgement): [name: string, value: string] {
  return ["judged as", `${environment.judged}, by ${environment.source}`];
}

/** Returns the environment that the policies assume for the resources. */
function environmentOf(resources: Resource[], policies: ConfiguredPolicy[]): JudgedEnvironment {
  const configured = policies
    .map(({ settings }) => settings["environment"])
    .filter((name) => typeof name === "string");
  return judgedEnvironment(configured.length > 0 ? [] : resources, configured);
}
