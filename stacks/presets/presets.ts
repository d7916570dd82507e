import { dev } from "./dev";
import { prod } from "./prod";

/** The presets, keyed by name. `policies/config.<name>.json` configures the policies for each of them. */
export const presets = { dev, prod };
export type PresetName = keyof typeof presets;
