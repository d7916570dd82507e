import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../../../tools/paths.cjs";
import { TestStack } from "../engine/stack";
import { projectDirectory, secrets } from "../stackConfig";
import type { List, Secret } from "../../../verify/cluster/objects";
import { ChartRepository } from "./chartRepository";
import { ControlPlane, type ControlPlaneOptions } from "./controlPlane";
import { FakeNode } from "./fakeNode";

/** A real API server with a chart repository, for stacks with the real Kubernetes provider. */
export class Ground {
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), "cluster-"));
  #controlPlane?: ControlPlane;
  #node?: FakeNode;
  #repository?: ChartRepository;

  static async start(options?: ControlPlaneOptions): Promise<Ground> {
    const ground = new Ground();
    try {
      await ground.#start(options);
      return ground;
    } catch (error) {
      await ground.stop();
      throw error;
    }
  }

  private constructor() {}

  async #start(options?: ControlPlaneOptions): Promise<void> {
    const controlPlane = await ControlPlane.start(this.#folder, options);
    this.#controlPlane = controlPlane;
    this.#node = new FakeNode(controlPlane.api, controlPlane);
    await this.#node.start();
    const { certificate: cert, key } = controlPlane;
    this.#repository = await ChartRepository.start(this.#folder, { cert, key });
  }

  get controlPlane(): ControlPlane {
    return running(this.#controlPlane);
  }

  get api() {
    return this.controlPlane.api;
  }

  get kubeconfig() {
    return this.controlPlane.kubeconfig;
  }

  /** Runs a program of the tools against this cluster. */
  async run(tool: "helm" | "kubectl", ...args: string[]): Promise<void> {
    const env = { ...process.env, KUBECONFIG: this.kubeconfig };
    await promisify(execFile)(toolPath(tool), args, { env });
  }

  /** URL of the repository with a small chart in place of each pinned one. */
  get chartRepository(): string {
    return running(this.#repository).url;
  }

  /** Stops pods from becoming ready, so that a release waits for them. */
  pauseNode(): void {
    running(this.#node).paused = true;
  }

  resumeNode(): void {
    running(this.#node).paused = false;
  }

  /** Each Helm release and its status, such as `monitoring/loki pending-install`. */
  async releases(): Promise<string[]> {
    const secrets = "/api/v1/secrets?labelSelector=owner%3Dhelm";
    const { items } = await this.api.json<List<Secret>>(secrets);
    return items.map(({ metadata: { namespace, labels } }) =>
      [`${namespace}/${labels?.["name"]}`, labels?.["status"]].join(" "),
    );
  }

  /** Output of the Python programs that jobs ran. */
  get output(): string {
    return running(this.#node).output;
  }

  /** A stack of this project for this cluster. Resources of AWS are fakes. */
  stack(name: "dev" | "prod", config: Record<string, string> = {}): Promise<TestStack> {
    const url = this.chartRepository;
    return TestStack.create({
      project: projectDirectory,
      stack: name,
      config: {
        "monitoring:cluster.mode": "kubeconfig",
        "monitoring:cluster.kubeconfig": this.kubeconfig,
        "monitoring:prometheus.repository": url,
        "monitoring:loki.repository": url,
        "monitoring:loki.collectorRepository": url,
        "monitoring:datadog.repository": url,
        ...config,
      },
      secrets: secrets[name],
      providers: { kubernetes: toolPath("pulumi-resource-kubernetes") },
      environment: { SSL_CERT_FILE: this.controlPlane.certificate },
    });
  }

  async stop(): Promise<void> {
    await this.#repository?.stop();
    await this.#node?.stop();
    await this.#controlPlane?.stop();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

function running<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the cluster is not running");
  return part;
}
