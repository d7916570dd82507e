import { defined } from "../shared/defined";
import { Values } from "../../policies/shared/mergeValues";
import { LokiMode } from "./options";
import { LokiSettings } from "./settings";
import { distributedSizes } from "./sizes";

/** Size and StorageClass of a volume of Loki. */
export function lokiVolume({ volumeGb, storageClassName }: LokiSettings): Values {
  return defined({ size: `${volumeGb}Gi`, storageClass: storageClassName || undefined });
}

/** Number of volumes of all replicas. Each has the size `volumeGb`, with either storage. */
export function lokiVolumeCount({ mode, size }: LokiSettings): number {
  if (mode === LokiMode.SingleBinary) return 1;
  if (mode === LokiMode.HighAvailability) return 3;
  const { ingester, indexGateway, compactor, ruler } = distributedSizes[size];
  return ingester.replicas + indexGateway.replicas + compactor.replicas + ruler.replicas;
}

/** Whether the volumes outlive the StatefulSet. They always outlive a reduction of replicas. */
export function volumeRetention({ deleteDataOnDestroy }: LokiSettings): Values {
  return {
    enableStatefulSetAutoDeletePVC: deleteDataOnDestroy,
    whenDeleted: "Delete",
    whenScaled: "Retain",
  };
}
