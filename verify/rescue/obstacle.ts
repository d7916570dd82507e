/** What an interrupted update left, and its repair. */
export interface Obstacle {
  /** What it is: the subject of a sentence. */
  what: string;
  /** What the repair does, as an imperative sentence. */
  repair: string;
  run: () => Promise<void>;
}
