// The engine's door, before it is open.

import type { Door } from '../../api/index.js';
import type { Answering } from '../outside.js';

/** The door of the engine, which opens once the pipeline listens. */
export class LaterDoor implements Door {
  private open!: (answering: Answering) => void;
  private readonly answering: Promise<Answering>;

  constructor() {
    this.answering = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async mount(prefix: string, handler: Parameters<Door['mount']>[1]): Promise<string> {
    return (await this.answering).mount(prefix, handler);
  }

  opensTo(answering: Answering): void {
    this.open(answering);
  }
}
