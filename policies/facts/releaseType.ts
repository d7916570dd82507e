/** Type of a Helm release that the Kubernetes provider installs. */
export const releaseType = "kubernetes:helm.sh/v3:Release";
