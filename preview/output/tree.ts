import type { RecordedResource } from "../engine/recordedResource";

/** The parts of a recorded resource that the tree shows. */
export type TreeResource = Pick<
  RecordedResource,
  "type" | "name" | "urn" | "parent" | "external"
> & { options: Pick<RecordedResource["options"], "protect" | "retainOnDelete"> };

export interface TreeLine {
  /** The indented type, such as `├─ kubernetes:core/v1:Secret`. */
  type: string;
  name: string;
  /** Markers such as `[protected]`. */
  marks: string;
}

/** Maximum number of children of the same type that the tree shows under a parent. */
const SHOWN = 20;

/** Returns the resources as a tree, as in `pulumi preview`, with children under their component. */
export function resourceTree(resources: TreeResource[], stack: TreeResource): TreeLine[] {
  const known = new Set(resources.map((resource) => resource.urn));
  const children = new Map<string, TreeResource[]>();
  for (const resource of resources) {
    const parent =
      resource.parent !== undefined && known.has(resource.parent) ? resource.parent : stack.urn;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [resource]);
    else siblings.push(resource);
  }
  const lines: TreeLine[] = [line("", stack)];
  const descend = (urn: string, indent: string): void => {
    const entries = shortened(children.get(urn) ?? []);
    entries.forEach((entry, index) => {
      const last = index === entries.length - 1;
      const branch = `${indent}${last ? "└─ " : "├─ "}`;
      if ("more" in entry) {
        lines.push({
          type: `${branch}+${entry.more} more`,
          name: shortType(entry.type),
          marks: "",
        });
      } else {
        lines.push(line(branch, entry));
        descend(entry.urn, `${indent}${last ? "   " : "│  "}`);
      }
    });
  };
  descend(stack.urn, "");
  return lines;
}

function shortened(siblings: TreeResource[]): (TreeResource | { more: number; type: string })[] {
  const counts = new Map<string, number>();
  for (const { type } of siblings) counts.set(type, (counts.get(type) ?? 0) + 1);
  const seen = new Map<string, number>();
  return siblings.flatMap((resource): (TreeResource | { more: number; type: string })[] => {
    const count = counts.get(resource.type) ?? 0;
    const index = (seen.get(resource.type) ?? 0) + 1;
    seen.set(resource.type, index);
    if (index <= SHOWN) return [resource];
    // The last line shows the number of hidden resources.
    return index === count ? [{ more: count - SHOWN, type: resource.type }] : [];
  });
}

function line(branch: string, resource: TreeResource): TreeLine {
  const marks = [
    ...(resource.options.protect ? ["[protected]"] : []),
    ...(resource.options.retainOnDelete ? ["[retained]"] : []),
    ...(resource.external ? ["[existing]"] : []),
  ];
  return { type: branch + shortType(resource.type), name: resource.name, marks: marks.join(" ") };
}

/** Shortens `aws:s3/bucket:Bucket` to `aws:s3:Bucket`, like the Pulumi CLI. */
export function shortType(type: string): string {
  const [pkg, module, name] = type.split(":");
  if (pkg === undefined || module === undefined || name === undefined) return type;
  const [folder, file] = module.split("/");
  const repeats = file !== undefined && file.toLowerCase() === name.toLowerCase();
  return [pkg, repeats ? folder : module, name].join(":");
}
