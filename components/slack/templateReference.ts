/** Returns a reference to one of the message templates, such as `slack.title`. */
export function template(name: string): string {
  return `{{ template "observability.${name}" . }}`;
}
