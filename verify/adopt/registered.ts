import * as fs from "node:fs";
import * as path from "node:path";
import { inTemporaryFolder } from "../../preview/output/temporaryFolder";
import { mustPulumi } from "../pulumi/pulumiCli";
import { isObject, pathOf } from "./kubernetesObject";

/** File format of `pulumi import --file`. */
export interface ImportFile {
  resources: ImportEntry[];
}

export interface ImportEntry {
  type: string;
  /** Unique in the file. */
  name: string;
  /** Name in the program, if it differs. */
  logicalName?: string;
  component?: boolean;
  /** Name of the parent's entry. */
  parent?: string;
  id?: string;
}

/** A resource that the next `pulumi up` would create. */
export interface Registered {
  entry: ImportEntry;
  inputs: Record<string, unknown>;
}

export interface Registration {
  file: ImportFile;
  resources: Registered[];
  /** Paths of all Kubernetes objects of the program, including those in the state. */
  objects: Set<string>;
  /** Plain-text configuration of the stack, such as `aws:region`. */
  config: Record<string, string>;
}

interface Preview {
  config: Record<string, string>;
  steps: { urn: string; newState?: { type: string; inputs?: Record<string, unknown> } }[];
}

/** Returns everything that the next `pulumi up` would create, and the file for importing it. */
export async function registration(stack: string): Promise<Registration> {
  return inTemporaryFolder("adopt", async (folder) => {
    const saved = path.join(folder, "import.json");
    const out = await mustPulumi([
      ...["preview", "--stack", stack, "--json", "--show-sames", "--import-file", saved],
    ]);
    const { config, steps } = JSON.parse(out) as Preview;
    const read = JSON.parse(fs.readFileSync(saved, "utf8")) as Partial<ImportFile>;
    // The CLI writes null if there is nothing to create.
    const file = { ...read, resources: read.resources ?? [] };
    const inputs = new Map(
      steps.map(({ urn, newState }) => [
        `${newState?.type} ${urn.split("::").at(-1)}`,
        newState?.inputs ?? {},
      ]),
    );
    const resources = file.resources
      .filter(({ component }) => component !== true)
      .map((entry) => ({
        entry,
        inputs: inputs.get(`${entry.type} ${entry.logicalName ?? entry.name}`) ?? {},
      }));
    const objects = steps.flatMap(({ newState }) => {
      const { type = "", inputs = {} } = newState ?? {};
      return isObject(type, inputs) ? [pathOf(inputs)] : [];
    });
    return { file, resources, objects: new Set(objects), config };
  });
}

/** Returns the import file for the given resources and the components that contain them. */
export function importFile(file: ImportFile, adopted: Map<ImportEntry, string>): ImportFile {
  const parents = new Set([...adopted.keys()].map(({ parent }) => parent));
  const resources = file.resources
    .filter((entry) => (entry.component === true ? parents.has(entry.name) : adopted.has(entry)))
    .map((entry) => {
      const id = adopted.get(entry);
      return id === undefined ? entry : { ...entry, id };
    });
  return { ...file, resources };
}
