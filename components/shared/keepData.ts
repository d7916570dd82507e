import * as pulumi from "@pulumi/pulumi";

/**
 * The settings of a component, which keep its data if an option of the caller does: `protect` and
 * `retainOnDelete` override `deleteDataOnDestroy`.
 */
export function keepData<T extends { deleteDataOnDestroy: boolean }>(
  settings: T,
  opts: pulumi.ResourceOptions = {},
): T {
  const isKept = opts.protect === true || opts.retainOnDelete === true;
  return isKept ? { ...settings, deleteDataOnDestroy: false } : settings;
}
