import * as pulumi from "@pulumi/pulumi";

/**
 * Returns the settings of a component with `deleteDataOnDestroy` set to false if the caller sets
 * the option `protect` or `retainOnDelete`.
 */
export function keepData<T extends { deleteDataOnDestroy: boolean }>(
  settings: T,
  opts: pulumi.ResourceOptions = {},
): T {
  const isKept = opts.protect === true || opts.retainOnDelete === true;
  return isKept ? { ...settings, deleteDataOnDestroy: false } : settings;
}
