import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import type { Api } from "../../../verify/cluster/api";
import { connect } from "../../../verify/cluster/cluster";
import { toolPath } from "../../../tools/paths.cjs";
import { Server, eventually } from "../server";
import { kubeconfigOf } from "../kubeconfig";
import { freePorts } from "../ports";
import { configuration } from "../stackConfig";

const token = "admin-token";

/** Controllers of cloud and storage, whose work `FakeNode` does. */
const disabledControllers = [
  "node-lifecycle-controller",
  "persistentvolume-attach-detach-controller",
  "persistentvolume-binder-controller",
  "persistentvolume-expander-controller",
];

export interface ControlPlaneOptions {
  /** Size of the database of etcd. Default: that of etcd, 2 GB. */
  etcdMegabytes?: number;
}

/** A real API server and controller manager on loopback, with etcd in a folder. */
export class ControlPlane {
  private constructor(
    /** Path of a kubeconfig for an administrator. */
    readonly kubeconfig: string,
    /** Path of the certificate of the API server, which is its own authority. */
    readonly certificate: string,
    readonly key: string,
    readonly api: Api,
    readonly url: URL,
    private readonly etcd: string,
    private readonly servers: Server[],
    private readonly launchApiServer: () => Server,
    private apiServer: Server,
  ) {}

  static async start(folder: string, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    fs.mkdirSync(folder, { recursive: true });
    const file = (name: string) => path.join(folder, name);
    const [client, peer, port] = await freePorts(3);
    const etcd = `http://127.0.0.1:${client}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    fs.writeFileSync(file("accounts.key"), privateKey.export({ type: "pkcs8", format: "pem" }));
    fs.writeFileSync(file("accounts.pub"), publicKey.export({ type: "spki", format: "pem" }));
    fs.writeFileSync(file("tokens.csv"), `${token},admin,admin,system:masters\n`);
    const server = `https://127.0.0.1:${port}`;
    const certificate = file("certificates/apiserver.crt");
    const cluster = { server, "certificate-authority": certificate };
    fs.writeFileSync(file("kubeconfig"), kubeconfigOf("test", cluster, token));

    const servers: Server[] = [];
    const start = (tool: "etcd" | "kube-apiserver" | "kube-controller-manager", args: string[]) => {
      const started = Server.start(toolPath(tool), args, file(`${tool}.log`));
      servers.push(started);
      return started;
    };
    try {
      start("etcd", [
        ...["--data-dir", file("etcd"), "--unsafe-no-fsync", "--log-level", "error"],
        ...["--listen-client-urls", etcd, "--advertise-client-urls", etcd],
        ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
        ...["--initial-cluster", `default=${peerUrl}`],
        ...["--quota-backend-bytes", String((options.etcdMegabytes ?? 0) * 1024 ** 2)],
      ]);
      const launchApiServer = () =>
        start("kube-apiserver", [
          ...[`--etcd-servers=${etcd}`, `--cert-dir=${file("certificates")}`],
          ...["--bind-address=127.0.0.1", `--secure-port=${port}`],
          ...["--authorization-mode=RBAC", `--token-auth-file=${file("tokens.csv")}`],
          ...["--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged"],
          "--service-account-issuer=https://kubernetes.default.svc",
          `--service-account-key-file=${file("accounts.pub")}`,
          `--service-account-signing-key-file=${file("accounts.key")}`,
        ]);
      const apiServer = launchApiServer();
      await eventually("the API server wrote its certificate", () => fs.existsSync(certificate));
      const api = await eventually("the API server is ready", async () => {
        const { kubernetes } = await connectTo(file("kubeconfig"));
        await kubernetes.text("/readyz");
        return kubernetes;
      });
      start("kube-controller-manager", [
        ...[`--kubeconfig=${file("kubeconfig")}`, "--leader-elect=false", "--secure-port=0"],
        `--service-account-private-key-file=${file("accounts.key")}`,
        `--root-ca-file=${certificate}`,
        `--controllers=*,${disabledControllers.map((name) => `-${name}`).join(",")}`,
      ]);
      const key = file("certificates/apiserver.key");
      return new ControlPlane(
        file("kubeconfig"),
        certificate,
        key,
        api,
        new URL(server),
        etcd,
        servers,
        launchApiServer,
        apiServer,
      );
    } catch (error) {
      for (const server of servers) await server.stop("SIGKILL");
      throw error;
    }
  }

  async killApiServer(): Promise<void> {
    await this.apiServer.stop("SIGKILL");
  }

  /** Starts the API server again after it was killed. */
  async startApiServer(): Promise<void> {
    this.apiServer = this.launchApiServer();
    await eventually("the API server is ready", () => this.api.text("/readyz"));
  }

  /** Frees the space of deleted objects in a full etcd, which then accepts new ones. */
  async freeSpace(): Promise<void> {
    const call = async (method: string, body: object) => {
      const response = await fetch(`${this.etcd}/v3/${method}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await response.json()) as { header: { member_id: string; revision: string } };
    };
    const { header } = await call("maintenance/status", {});
    await call("kv/compaction", { revision: header.revision, physical: true });
    await call("maintenance/defragment", {});
    const alarm = { action: "DEACTIVATE", memberID: header.member_id, alarm: "NOSPACE" };
    await call("maintenance/alarm", alarm);
  }

  async stop(): Promise<void> {
    for (const server of this.servers.toReversed()) await server.stop("SIGKILL");
  }
}

async function connectTo(kubeconfig: string) {
  const cluster = { mode: "kubeconfig", name: "test", kubeconfig };
  const { settings } = parseConfiguration(configuration("prod", { cluster }));
  if (settings === undefined) throw new Error("the configuration of the test is invalid");
  return connect(settings);
}
