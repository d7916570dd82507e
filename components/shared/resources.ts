import { SizePreset } from "./sizePreset";

/** Requests and limits of one container, in Kubernetes format. */
export interface Resources {
  requests: { cpu: string; memory: string };
  limits: { memory: string };
}

/**
 * Returns requests and limits. The memory limit equals the request, so pods never overcommit a node's
 * memory. CPU has no limit, because a limit throttles a workload exactly when it needs CPU the most.
 */
export function resources(cpu: string, memory: string): Resources {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** Resources of one workload, by size preset. */
export type SizeTable = Record<SizePreset, Resources>;

type CpuAndMemory = [cpu: string, memory: string];

/** Returns the {@link resources} of one workload for each size preset. */
export function sizeTable(
  small: CpuAndMemory,
  medium: CpuAndMemory,
  large: CpuAndMemory,
): SizeTable {
  return { small: resources(...small), medium: resources(...medium), large: resources(...large) };
}
