import * as path from "node:path";
import { standInAnswers } from "../../preview/engine/invokes";
import { RecordProgramOptions, Recording, recordProgram } from "./mocks";
import { asTexts, projectDirectory, secrets, shippedConfig, withChanges } from "./stackConfig";

const getCluster = "aws:eks/getCluster:getCluster";

export interface ProgramOptions {
  withAws?: boolean;
  /** What providers compute; with it the program is deployed rather than previewed. */
  computed?: RecordProgramOptions["computed"];
}

/**
 * Runs the project's own `index.ts` for one of its stacks, all secrets set, some keys of the
 * configuration replaced (`undefined` takes a key out). The one question it may ask of AWS is where
 * the cluster is; `withAws: false` leaves even that unanswered.
 */
export function runProgram(
  stack: "dev" | "prod",
  changes: Record<string, unknown> = {},
  { withAws = true, computed }: ProgramOptions = {},
): Promise<Recording> {
  const config = withChanges({ ...shippedConfig(stack), ...secrets[stack] }, changes);
  const answer = standInAnswers(String(config["aws:region"]));
  return recordProgram(freshProgram, {
    stack,
    preview: computed === undefined,
    ...(computed && { computed }),
    config: asTexts(config),
    secretConfig: Object.keys(secrets[stack]),
    call: withAws ? { [getCluster]: (inputs) => answer({ token: getCluster, inputs }) } : {},
  });
}

/**
 * A module runs once in a process, a program once for each stack. Only `index.ts` does anything when
 * it is loaded; what it imports can stay.
 */
function freshProgram(): unknown {
  const program = path.join(projectDirectory, "index.ts");
  delete require.cache[program];
  return require(program);
}
