import * as pulumi from "@pulumi/pulumi";
import { Checked, formatArgumentProblems } from "./problems";

/**
 * Returns the checked settings of a component, or throws one error that lists every problem. Call it
 * before `super()`, so that a component with a problem registers nothing.
 */
export function settingsOrThrow<T>(component: string, name: string, checked: Checked<T>): T {
  if (checked.problems !== undefined) {
    const message = formatArgumentProblems(`${component} "${name}"`, checked.problems);
    // If an Output throws, Pulumi prints the stack of the error, so the stack is only the message.
    // Pulumi also prepends the name of each input that contains the Output to the message.
    const constant = { get: () => message, set: () => undefined };
    throw Object.defineProperties(new pulumi.RunError(message), {
      message: constant,
      stack: constant,
    });
  }
  return checked.settings;
}
