/** Settings that only some kinds have, and whether this kind requires them. */
export type NeededSettings<Name extends string> = Partial<Record<Name, "required" | "optional">>;
