/** Programming language of a service. */
export const ServiceLanguage = {
  Go: "go",
  Python: "python",
  Java: "java",
  Node: "node",
  Other: "other",
} as const;
export type ServiceLanguage = (typeof ServiceLanguage)[keyof typeof ServiceLanguage];
