import * as assert from "node:assert/strict";
import { validSettings } from "./validSettings";
import { lokiValues } from "../../../components/loki/values";
import { Values } from "../../../policies/shared/mergeValues";
import { unknownKeys } from "../../charts/unknownKeys";

function valuesOf(args: object = {}): Values {
  return lokiValues(validSettings({ mode: "distributed", ...args }));
}

const parts = [
  ...["distributor", "ingester", "querier", "queryFrontend", "queryScheduler"],
  ...["indexGateway", "compactor", "ruler"],
];

describe("lokiValues of the mode distributed", () => {
  for (const size of ["small", "medium", "large"]) {
    it(`sets resources for every component, ${size}`, () => {
      const values = valuesOf({ size });
      assert.equal(values["deploymentMode"], "Distributed");
      assert.equal(values["singleBinary"].replicas, 0);
      for (const part of parts) {
        assert.ok(values[part].replicas > 0, part);
        assert.ok(values[part].resources.limits.memory, part);
      }
      assert.equal(values["compactor"].replicas, 1, "two would both rewrite the index");
      assert.equal(values["ingester"].replicas % 3, 0, "three copies of each line");
      assert.equal(values["loki"].commonConfig.replication_factor, 3);
    });

    it(`gives each cache a fifth more memory than it allocates, ${size}`, () => {
      for (const cache of ["chunksCache", "resultsCache"]) {
        const { allocatedMemory, resources } = valuesOf({ size })[cache];
        assert.equal(resources.limits.memory, `${Math.ceil(allocatedMemory * 1.2)}Mi`, cache);
      }
    });

    it(`limits the replay of the write-ahead log to the memory of an ingester, ${size}`, () => {
      const { ingester, loki } = valuesOf({ size });
      const gigabytes = Number.parseInt(ingester.resources.limits.memory, 10);
      assert.equal(loki.ingester.wal.replay_memory_ceiling, `${gigabytes * 768}MB`);
    });
  }

  it("has volumes with the configured size and StorageClass", () => {
    const values = valuesOf({ volumeGb: 70, storageClassName: "io2" });
    for (const part of ["ingester", "compactor"]) {
      const [claim] = values[part].persistence.claims;
      assert.deepEqual([claim.name, claim.size, claim.storageClass], ["data", "70Gi", "io2"], part);
    }
    for (const part of ["indexGateway", "ruler"]) {
      const { size, storageClass } = values[part].persistence;
      assert.deepEqual([size, storageClass], ["70Gi", "io2"], part);
    }
    for (const part of ["ingester", "indexGateway", "compactor"]) {
      assert.equal(values[part].persistence.enabled, true, part);
      assert.equal(values[part].persistence.enableStatefulSetAutoDeletePVC, false, part);
    }
  });

  it("has the same name and port as in the other modes", () => {
    const [service] = valuesOf()["extraObjects"];
    assert.equal(service.metadata.name, "loki");
    assert.equal(service.spec.ports[0].port, 3100);
    assert.equal(valuesOf()["gateway"].enabled, true);
  });

  it("mounts the rules into the ruler", () => {
    assert.equal(valuesOf()["ruler"].extraVolumes[0].configMap.name, "loki-rules");
    assert.equal(valuesOf()["ingester"].extraVolumes, undefined);
  });

  it("uses only keys that the chart has", () => {
    // Read by the chart's templates, though its values.yaml only has it as a comment.
    assert.deepEqual(unknownKeys("loki", valuesOf()), []);
  });
});
