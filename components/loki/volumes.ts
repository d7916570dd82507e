import { defined } from "../shared/defined";
import { Values } from "../../policies/shared/mergeValues";
import { LokiSettings } from "./settings";

/** Size and StorageClass of a volume of Loki. */
export function lokiVolume({ volumeGb, storageClassName }: LokiSettings): Values {
  return defined({ size: `${volumeGb}Gi`, storageClass: storageClassName || undefined });
}

/** Whether the volumes outlive the StatefulSet. They always outlive a smaller number of replicas. */
export function volumeRetention({ protectData }: LokiSettings): Values {
  return {
    enableStatefulSetAutoDeletePVC: !protectData,
    whenDeleted: "Delete",
    whenScaled: "Retain",
  };
}
