/** A bundle of the project or the policy pack in a directory. */
export interface Bundle {
  directory: string;
  /** File with the sources outside `node_modules`. */
  sources: string;
  /** File with the packages that those sources import. */
  packages: string;
}

/** Either the preview with a project's program, or a policy pack. */
export type BundleKind = "program" | "pack";

/** Content hashes by file. */
export type Hashes = Record<string, string>;

/** The last bundle of an entry, and the files that it depends on. */
export interface Manifest {
  bundle: Bundle;
  /** The sources in `bundle.sources`, and the files that build a bundle. */
  inputs: Hashes;
  /** The `package.json` of each package in `bundle.packages`. */
  packageInputs: Hashes;
  /** Package modules that `bundle.packages` exports. */
  entries: string[];
}

export const cacheFolder: string;
export function hash(content: string | Uint8Array): string;
export function hashFile(file: string): string;
export function isUnchanged(hashes: Hashes): boolean;
export function manifestFile(kind: BundleKind, directory: string): string;
export function prepareBundle(kind: BundleKind, directory: string): Bundle;
export function readManifest(file: string): Manifest | undefined;
export function runBundle(bundle: Bundle): unknown;
export function writeFile(file: string, content: string | Uint8Array): void;
