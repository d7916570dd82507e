import { releaseType } from "../../policies/facts/releaseType";
import { mustPulumi, pulumi } from "../pulumi/pulumiCli";
import type { Obstacle } from "./obstacle";

interface Resource {
  type: string;
  urn: string;
  inputs?: { namespace?: string; name?: string };
}

/** A stack's state in the format of `pulumi stack export`. */
export interface State {
  deployment: { pending_operations?: { type: string; resource: Resource }[] };
}

export async function readState(stack: string): Promise<State> {
  return JSON.parse(await mustPulumi(["stack", "export", "--stack", stack])) as State;
}

/** Returns the lock and the pending operations that an interrupted update left in a stack's state. */
export async function stateObstacles(stack: string, state: State): Promise<Obstacle[]> {
  return [...(await lockOf(stack)), ...pendingOperations(stack, state)];
}

/** Returns the Helm releases that an interrupted update was installing, as `namespace/name`. */
export function pendingInstallations({ deployment }: State): string[] {
  return (deployment.pending_operations ?? []).flatMap(({ type, resource }) =>
    type === "creating" && resource.type === releaseType
      ? `${resource.inputs?.namespace}/${resource.inputs?.name}`
      : [],
  );
}

/** The CLI's backend: Pulumi Cloud, or a folder or bucket with files. */
interface Backend {
  url: string;
}

/** Returns the stack's lock, with its owner if the backend reports one. */
async function lockOf(stack: string): Promise<Obstacle[]> {
  const { url } = JSON.parse(await mustPulumi(["whoami", "--json"])) as Backend;
  const reason = /^https?:/.test(url) ? await updateInProgress(stack) : await lockFile(stack);
  if (reason === undefined) return [];
  const [, owner] = /created by (.*)/.exec(reason) ?? [];
  return [
    {
      what: `The stack is locked${owner === undefined ? " by another update" : ` by ${owner}`}`,
      repair: "Remove the lock (pulumi cancel), if that process is no longer running",
      run: async () => {
        await mustPulumi(["cancel", "--stack", stack, "--yes"]);
      },
    },
  ];
}

async function updateInProgress(stack: string): Promise<string | undefined> {
  const stacks = JSON.parse(await mustPulumi(["stack", "ls", "--json"])) as {
    name: string;
    updateInProgress?: boolean;
  }[];
  const entry = stacks.find(({ name }) => name.split("/").at(-1) === stack.split("/").at(-1));
  return entry?.updateInProgress === true ? "" : undefined;
}

/**
 * Returns the error of an operation that takes the lock, because no other operation reports it. Renaming
 * the stack to its current name is harmless: without a lock, it fails and changes nothing.
 */
async function lockFile(stack: string): Promise<string | undefined> {
  const { out, err } = await pulumi(["stack", "rename", stack, "--stack", stack]);
  return /currently locked by[\s\S]*/.exec(out + err)?.[0];
}

function pendingOperations(stack: string, state: State): Obstacle[] {
  const { pending_operations: pending = [], ...deployment } = state.deployment;
  if (pending.length === 0) return [];
  const named = pending.map(({ type, resource: { urn } }) => `${type} ${urn.split("::").at(-1)}`);
  return [
    {
      what: `The state has pending operations: ${named.join(", ")}`,
      repair: "Remove them from the state: the next `pulumi up` repeats them",
      run: async () => {
        await mustPulumi(
          ["stack", "import", "--stack", stack],
          JSON.stringify({ ...state, deployment }),
        );
      },
    },
  ];
}
