/** Fields of Kubernetes objects that the commands use. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Service {
  metadata: ObjectMeta;
  spec: {
    selector?: Record<string, string>;
    ports?: { port: number; targetPort?: number | string }[];
  };
}

export interface Pod {
  metadata: ObjectMeta;
  spec?: {
    serviceAccountName?: string;
    containers?: {
      name: string;
      ports?: { name?: string; containerPort: number }[];
      env?: { name: string; value?: string }[];
    }[];
  };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: {
      name: string;
      ready: boolean;
      state?: { waiting?: { reason?: string } };
    }[];
  };
}

export interface Secret {
  metadata: ObjectMeta;
  /** Values in base64. */
  data?: Record<string, string>;
}

export interface DaemonSet {
  metadata: ObjectMeta;
  status?: { desiredNumberScheduled?: number; numberReady?: number };
}

export interface ServiceAccount {
  metadata: ObjectMeta;
}

export interface List<T> {
  items: T[];
}

/** Whether a pod is ready to receive requests. */
export function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === "Ready" && value === "True",
  );
}
