import type { Settings } from "../../stacks/config/parseConfiguration";
import { type Check, pass } from "../check";
import { releasesOf, revisionOf, revisionsOf } from "../cluster/helm";

/** One check for each Helm release: its last operation succeeded. */
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
      // Pulumi compares the release with its own state, and does not notice the status of manual
      // operations.
      return status === "deployed" ? pass(evidence) : { status: "fail", evidence };
    },
  }));
}
