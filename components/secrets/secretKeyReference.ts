/** A key of a Kubernetes Secret in the same namespace as the object that refers to it. */
export interface SecretKeyReference {
  /** Name of the Secret. */
  name: string;
  /** Key in the Secret. */
  key: string;
}
