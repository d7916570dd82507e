import { Checked, formatArgumentProblems } from "./problems";
import { runError } from "./runError";

/**
 * Returns a component's checked settings, or throws one error that lists every problem. Call it before
 * `super()`, so that a component with a problem registers nothing.
 */
export function settingsOrThrow<T>(component: string, name: string, checked: Checked<T>): T {
  if (checked.problems !== undefined) {
    throw runError(formatArgumentProblems(`${component} "${name}"`, checked.problems));
  }
  return checked.settings;
}
