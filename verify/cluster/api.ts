/** A response from an HTTP API. */
export interface ApiResponse {
  status: number;
  text: string;
}

export interface ApiRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request to a path that is relative to the URL of the API. */
export type Send = (path: string, request?: ApiRequest) => Promise<ApiResponse>;

/** Number of seconds after which a request fails. */
export const requestTimeoutSeconds = 20;

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * Client for the HTTP API of Kubernetes, Prometheus, Alertmanager, Loki or Grafana. Most responses are
 * JSON.
 */
export class Api {
  constructor(
    /** Name of the API, for messages. */
    readonly name: string,
    readonly send: Send,
  ) {}

  /** Returns the text of a response. Any status other than 2xx is an error. */
  async text(path: string, request: ApiRequest = {}): Promise<string> {
    const { status, text } = await this.send(path, request);
    if (status >= 200 && status < 300) return text;
    const reason = text.trim().slice(0, 200);
    throw new ApiError(
      `${this.name} answered ${request.method ?? "GET"} ${path.split("?")[0]} with ${status}${reason === "" ? "" : `: ${reason}`}`,
      status,
    );
  }

  /** Returns the JSON of a response, or undefined if the path does not exist. */
  async find<T>(path: string, request?: ApiRequest): Promise<T | undefined> {
    try {
      return await this.json<T>(path, request);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async json<T>(path: string, request?: ApiRequest): Promise<T> {
    return JSON.parse(await this.text(path, request)) as T;
  }

  /** Sends a value as JSON. */
  async post(path: string, value: unknown): Promise<string> {
    return this.text(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
  }
}

/** Returns a function that sends requests to a URL, with additional headers. */
export function sendTo(url: string, extraHeaders: Record<string, string> = {}): Send {
  return async (path, { method = "GET", headers, body } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...extraHeaders, ...headers },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(requestTimeoutSeconds * 1000),
    });
    return { status: response.status, text: await response.text() };
  };
}
