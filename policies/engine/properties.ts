import { ConfigProperty } from "./description";

type ValueOf<Property> = Property extends ConfigProperty<infer Value> ? Value : never;

type OptionalNames<Properties> = {
  [Name in keyof Properties]: undefined extends ValueOf<Properties[Name]> ? Name : never;
}[keyof Properties];

/** The configuration that a policy receives, derived from the properties that it declares. */
export type ConfigOf<Properties> = {
  [Name in Exclude<keyof Properties, OptionalNames<Properties>>]: ValueOf<Properties[Name]>;
} & { [Name in OptionalNames<Properties>]?: ValueOf<Properties[Name]> };

interface Bounds {
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

/** Declares a number, which must be greater than 0 unless `bounds` says otherwise. */
export function numberProperty(
  defaultValue: number,
  description: string,
  bounds: Bounds = { exclusiveMinimum: 0 },
): ConfigProperty<number> {
  return { type: "number", ...bounds, default: defaultValue, description };
}

/** Declares a list of strings. If `allowed` is set, every string must be one of its items. */
export function listProperty<Item extends string = string>(
  defaultValue: readonly NoInfer<Item>[],
  description: string,
  allowed?: readonly Item[],
): ConfigProperty<Item[]> {
  const items = { type: "string" as const, ...(allowed && { enum: [...allowed] }) };
  return { type: "array", items, default: [...defaultValue], description };
}

/** Declares an optional string. */
export function stringProperty(description: string): ConfigProperty<string | undefined> {
  return { type: "string", description };
}

/** Declares an optional map of strings. */
export function stringMapProperty(
  description: string,
): ConfigProperty<Record<string, string> | undefined> {
  return { type: "object", additionalProperties: { type: "string" }, description };
}
