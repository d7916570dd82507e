import * as assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Loki } from "./loki";
import { eventually } from "../../../support/server";

/**
 * Asserts that the queries of docs/logs.md return the right lines. `write` and `read` can be different
 * components of the same Loki; `service` must not have logs yet.
 */
export async function assertDocumentedQueries(
  write: Loki,
  read: Loki,
  service: string,
): Promise<void> {
  const at = Date.now() - 30_000;
  const push = async (app: string, lines: string[]) => {
    const values = lines.map((line, index): [string, string] => [`${at + index}000000`, line]);
    assert.equal(await write.push({ namespace: "ticketing", app }, values), 204);
  };
  const lines = async (logql: string, from?: number, to?: number) =>
    (await read.query(logql, from, to)).map(({ line }) => line);

  await push(service, [
    "2026-01-01 ERROR no stock left",
    "INFO reserved",
    '{"msg": "slow query", "duration": "1.5s"}',
    '{"msg": "slow query", "duration": "900ms"}',
  ]);
  await push("api-gateway", ["GET /a status=503", "GET /b status=200", "GET /c status=499"]);
  assert.deepEqual(await lines(`{namespace="ticketing", app="${service}"} |= "ERROR"`), [
    "2026-01-01 ERROR no stock left",
  ]);
  assert.deepEqual(await lines('{namespace="ticketing"} |= "slow query" | json | duration > 1s'), [
    '{"msg": "slow query", "duration": "1.5s"}',
  ]);
  assert.deepEqual(
    await lines('{namespace="ticketing", app="api-gateway"} |~ "status=[5][0-9][0-9]"'),
    ["GET /a status=503"],
  );
  // The time range is not part of the query, and `| __timestamp__ >= …` is not valid.
  await assert.rejects(lines('{namespace="ticketing"} | __timestamp__ >= "2024-01-01T00:00:00Z"'));
  const written = `{namespace="ticketing", app=~"${service}|api-gateway"}`;
  assert.equal((await lines(written, at - 1, at + 10)).length, 7);
  assert.deepEqual(await lines(written, at + 10, at + 20), []);
  assert.deepEqual(await lines('{app="api-gateway"}', at + 1, at + 2), ["GET /b status=200"]);
}

/**
 * Waits until a query returns exactly the written lines. For some time after a change of pods, queries
 * can lack lines that are in the bucket, because they do not know the newest files of the index.
 */
export async function assertStoredOnce(
  read: () => Promise<string[]>,
  written: string[],
): Promise<void> {
  await eventually(
    "a query returns exactly the written lines",
    async () => {
      const lines = await read();
      if (isDeepStrictEqual(lines, written)) return true;
      const missing = written.filter((line) => !lines.includes(line)).length;
      throw new Error(`${lines.length} lines, ${missing} of ${written.length} are missing`);
    },
    90,
  );
}
