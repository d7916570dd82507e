import { defined } from "../shared/defined";
import { Values } from "../../policies/shared/mergeValues";
import { LokiMode } from "./enums";
import { LokiSettings } from "./settings";
import { distributedSizes, replicationFactors } from "./sizes";
import { lokiName } from "./urls";
import { growVolumes } from "../shared/growVolumes";

/** Returns the size and StorageClass of a Loki volume. */
export function lokiVolume({ volumeGb, storageClassName }: LokiSettings): Values {
  return defined({ size: `${volumeGb}Gi`, storageClass: storageClassName || undefined });
}

/**
 * Returns the number of volumes across all replicas. Each volume has the size `volumeGb`, with either
 * kind of storage.
 */
export function lokiVolumeCount({ mode, size }: LokiSettings): number {
  if (mode !== LokiMode.Distributed) return replicationFactors[mode];
  const { ingester, indexGateway, compactor, ruler } = distributedSizes[size];
  return ingester.replicas + indexGateway.replicas + compactor.replicas + ruler.replicas;
}

/**
 * Returns chart values that determine whether the volumes outlive their StatefulSet. They always outlive
 * a scale-down.
 */
export function volumeRetention({ deleteDataOnDestroy }: LokiSettings): Values {
  return {
    enableStatefulSetAutoDeletePVC: deleteDataOnDestroy,
    whenDeleted: "Delete",
    whenScaled: "Retain",
  };
}

const image = '{{ include "loki.image" (dict "ctx" . "component" .Values.sidecar.image) }}';

/** Returns objects that let an upgrade change `volumeGb` and `storageClassName`. */
export function lokiVolumeGrowth(settings: LokiSettings): Values[] {
  const volumes = (statefulSet: string, claimTemplate: string, values: string) => ({
    statefulSet,
    claimTemplate,
    size: `{{ ${values}.size }}`,
    storageClass: `{{ ${values}.storageClass }}`,
    setting: "volumeGb",
  });
  return growVolumes(
    settings,
    image,
    settings.mode === LokiMode.Distributed
      ? [
          volumes(`${lokiName}-ingester`, "data", "(first .Values.ingester.persistence.claims)"),
          volumes(`${lokiName}-index-gateway`, "data", ".Values.indexGateway.persistence"),
          volumes(`${lokiName}-compactor`, "data", "(first .Values.compactor.persistence.claims)"),
          volumes(`${lokiName}-ruler`, "data", ".Values.ruler.persistence"),
        ]
      : [volumes(lokiName, "storage", ".Values.singleBinary.persistence")],
  );
}
