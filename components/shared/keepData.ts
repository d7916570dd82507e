import * as pulumi from "@pulumi/pulumi";
import { Checked } from "./problems";

/**
 * Sets `deleteDataOnDestroy` to false in a component's settings if the caller sets the `protect` or
 * `retainOnDelete` option.
 */
export function keepData<T extends { deleteDataOnDestroy: boolean }>(
  checked: Checked<T>,
  opts: pulumi.ResourceOptions = {},
): Checked<T> {
  const isKept = opts.protect === true || opts.retainOnDelete === true;
  if (!isKept || checked.settings === undefined) return checked;
  return { settings: { ...checked.settings, deleteDataOnDestroy: false } };
}
