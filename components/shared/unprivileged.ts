import { Values } from "../../policies/shared/mergeValues";

/** Security context of a container that needs no Linux capabilities and writes only to its volumes. */
export const unprivileged: Values = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
