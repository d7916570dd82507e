import * as pulumi from "@pulumi/pulumi";

/** A taint of nodes that pods tolerate. */
export interface Toleration {
  /** Key of the taint. Default: every key, with the operator `Exists`. */
  key?: pulumi.Input<string> | undefined;
  /** `Equal` requires the value of the taint, `Exists` only its key. Default: `Equal`. */
  operator?: string;
  /** Value of the taint. Default: the empty value. */
  value?: pulumi.Input<string> | undefined;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect. */
  effect?: string;
}
