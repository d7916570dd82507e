import { Values } from "../../policies/shared/mergeValues";

/** ID of the user and the group `nobody`, which own no files. */
export const nobody = 65534;

/** Security context of a container that needs no Linux capabilities and writes only to its volumes. */
export const unprivileged: Values = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
