import { LokiMode } from "./enums";
import { LokiSettings } from "./settings";
import { Resources, resources, sizeTable } from "../shared/resources";
import { SizePreset } from "../shared/sizePreset";

/**
 * Number of ingesters that store each log line. In the monolithic modes, this is also the number of
 * replicas.
 */
export const replicationFactors: Record<LokiMode, number> = {
  singleBinary: 1,
  highAvailability: 3,
  distributed: 3,
};

/** Resources of each replica in the monolithic modes. */
export const monolithicSizes = sizeTable(["250m", "1Gi"], ["1", "4Gi"], ["2", "8Gi"]);

export interface Part {
  replicas: number;
  resources: Resources;
}

/**
 * Replicas and resources of the components in `distributed` mode. The number of ingesters is a multiple
 * of the replication factor.
 */
export const distributedSizes = {
  small: {
    distributor: part(2, "250m", "512Mi"),
    ingester: part(3, "500m", "4Gi"),
    querier: part(2, "500m", "2Gi"),
    queryFrontend: part(2, "100m", "256Mi"),
    queryScheduler: part(2, "50m", "128Mi"),
    indexGateway: part(2, "100m", "512Mi"),
    compactor: part(1, "250m", "1Gi"),
    ruler: part(1, "250m", "512Mi"),
    chunksCacheMb: 1024,
    resultsCacheMb: 256,
  },
  medium: {
    distributor: part(3, "500m", "1Gi"),
    ingester: part(3, "2", "8Gi"),
    querier: part(4, "1", "3Gi"),
    queryFrontend: part(2, "250m", "512Mi"),
    queryScheduler: part(2, "100m", "256Mi"),
    indexGateway: part(2, "250m", "1Gi"),
    compactor: part(1, "500m", "2Gi"),
    ruler: part(2, "500m", "1Gi"),
    chunksCacheMb: 4096,
    resultsCacheMb: 512,
  },
  large: {
    distributor: part(3, "1", "2Gi"),
    ingester: part(6, "2", "12Gi"),
    querier: part(8, "2", "4Gi"),
    queryFrontend: part(2, "500m", "1Gi"),
    queryScheduler: part(2, "250m", "512Mi"),
    indexGateway: part(3, "500m", "2Gi"),
    compactor: part(1, "1", "4Gi"),
    ruler: part(2, "1", "2Gi"),
    chunksCacheMb: 8192,
    resultsCacheMb: 1024,
  },
} satisfies Record<SizePreset, Record<string, Part | number>>;

/**
 * Returns the maximum memory for replaying the write-ahead log after a crash: three quarters of the
 * limit.
 */
export function replayCeiling(settings: LokiSettings): string {
  const { limits } =
    settings.mode === LokiMode.Distributed
      ? distributedSizes[settings.size].ingester.resources
      : monolithicSizes[settings.size];
  return `${Number(limits.memory.replace("Gi", "")) * 768}MB`;
}

function part(replicas: number, cpu: string, memory: string): Part {
  return { replicas, resources: resources(cpu, memory) };
}
