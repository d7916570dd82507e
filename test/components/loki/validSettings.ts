import * as assert from "node:assert/strict";
import { LokiSettings, lokiSettings } from "../../../components/loki/settings";

const required = {
  cluster: "ticketing-prod",
  environment: "prod",
  bucket: "ticketing-loki-chunks",
  region: "us-east-1",
};

/** Returns the settings of Loki with these arguments in addition to the required ones. */
export function validSettings(args: object = {}): LokiSettings {
  const checked = lokiSettings({ ...required, ...args });
  assert.deepEqual(checked.problems, undefined);
  return checked.settings;
}
