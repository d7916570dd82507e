/** A bundle of the project or the policy pack in a directory. */
export interface Bundle {
  directory: string;
  /** File with the sources outside `node_modules`. */
  own: string;
  /** File with the packages that they import. */
  packages: string;
}

/** Either the preview with the program of a project, or a policy pack. */
export type BundleKind = "program" | "pack";

/** The content of a manifest: a bundle, and the hash of each file that it was built from. */
export interface Manifest {
  inputs: Record<string, string>;
  bundle: Bundle;
}

export const cacheFolder: string;
export function hash(content: string | Uint8Array): string;
export function hashFile(file: string): string;
export function manifestFile(kind: BundleKind, directory: string): string;
export function prepareBundle(kind: BundleKind, directory: string): Bundle;
export function runBundle(bundle: Bundle): unknown;
export function writeFile(file: string, content: string | Uint8Array): void;
