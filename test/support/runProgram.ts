import * as path from "node:path";
import { secrets as allSecrets } from "../../components/secrets/secrets";
import { fixedResults } from "../../preview/engine/invokes";
import { RecordProgramOptions, Recording, recordProgram } from "./mocks";
import { asTexts, projectDirectory, secrets, shippedConfig, withChanges } from "./stackConfig";

const getCluster = "aws:eks/getCluster:getCluster";

export interface ProgramOptions {
  withAws?: boolean;
  /** Outputs that providers compute. If set, the program is deployed, not previewed. */
  computed?: RecordProgramOptions["computed"];
}

const secretConfigKeys = allSecrets.map(({ key }) => `monitoring:${key}`);

/**
 * Runs the `index.ts` of the project for one of its stacks with all secrets set and some configuration
 * keys replaced (`undefined` removes a key). The only provider function that it can call is the lookup
 * of the EKS cluster, which `withAws: false` disables.
 */
export function runProgram(
  stack: "dev" | "prod",
  changes: Record<string, unknown> = {},
  { withAws = true, computed }: ProgramOptions = {},
): Promise<Recording> {
  const config = withChanges({ ...shippedConfig(stack), ...secrets[stack] }, changes);
  const answer = fixedResults(String(config["aws:region"]));
  return recordProgram(freshProgram, {
    stack,
    preview: computed === undefined,
    ...(computed && { computed }),
    config: asTexts(config),
    secretConfig: secretConfigKeys,
    call: withAws ? { [getCluster]: (inputs) => answer({ token: getCluster, inputs }) } : {},
  });
}

/**
 * Loads `index.ts` again, because Node.js runs a module only once per process. The imported modules
 * have no side effects and can stay in the cache.
 */
function freshProgram(): unknown {
  const program = path.join(projectDirectory, "index.ts");
  delete require.cache[program];
  return require(program);
}
