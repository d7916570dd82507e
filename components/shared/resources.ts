import { SizePreset } from "./sizePreset";

/** Requests and limits of one container, as Kubernetes writes them. */
export interface Resources {
  requests: { cpu: string; memory: string };
  limits: { memory: string };
}

/**
 * Memory is limited at its request, so that a node never promises memory twice; CPU is requested
 * but not limited, because a limit throttles a collector exactly when there is most to collect.
 */
export function resources(cpu: string, memory: string): Resources {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** Resources of one workload for each size preset. */
export type SizeTable = Record<SizePreset, Resources>;
