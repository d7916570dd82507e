import type { Settings } from "../../stacks/config/parseConfiguration";
import { type Check, type Result, pass } from "./check";
import type { Api } from "../cluster/api";
import { releasesOf, revisionOf, revisionsOf } from "../cluster/helm";

/** Returns the only result for a stack without any installed release; undefined for any other stack. */
export async function notDeployed(
  kubernetes: Api,
  settings: Settings,
  stack: string,
): Promise<Result | undefined> {
  const releases = releasesOf(settings);
  const revisions = Promise.all(releases.map((release) => revisionsOf(kubernetes, release)));
  // If they cannot be read, each check reports that.
  const installed = await revisions.catch(() => undefined);
  if (installed === undefined || installed.some(({ length }) => length > 0)) return undefined;
  const namespaces = [...new Set(releases.map(({ namespace }) => namespace))];
  return {
    name: "deployment",
    status: "fail",
    evidence: `nothing is deployed yet in the namespace ${namespaces.join(" or ")}`,
    next: `npm run deploy -- --stack ${stack}`,
  };
}

/** Checks that the last operation of each Helm release succeeded. */
export function releaseChecks(settings: Settings): Check[] {
  return releasesOf(settings).map((release) => ({
    name: `release ${release.namespace}/${release.name}`,
    next: `helm history ${release.name} -n ${release.namespace}`,
    run: async ({ kubernetes }) => {
      const [last] = await revisionsOf(kubernetes, release);
      if (last === undefined) {
        return {
          status: "fail",
          evidence:
            "is not installed: the stack was not deployed to this cluster, or not completely",
        };
      }
      const status = last.metadata.labels?.["status"] ?? "unknown";
      const evidence = `revision ${revisionOf(last)} is ${status}`;
      // Pulumi compares the release with its own state, and does not detect the status of manual
      // operations.
      return status === "deployed" ? pass(evidence) : { status: "fail", evidence };
    },
  }));
}
