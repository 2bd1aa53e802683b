// The engine's door, before it is open.

import type { Door } from '../../api/index.js';
import type { Answering } from '../outside.js';

/** Where a pipeline does not listen, nothing is shown to anybody. */
export const NOWHERE: Pick<Answering, 'mount'> = { mount: async () => '' };

/** The door of the engine, which opens once the pipeline listens. */
export class LaterDoor implements Door {
  private open!: (answering: Pick<Answering, 'mount'>) => void;
  private readonly answering: Promise<Pick<Answering, 'mount'>>;

  constructor() {
    this.answering = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async mount(...what: Parameters<Door['mount']>): Promise<string> {
    return (await this.answering).mount(...what);
  }

  opensTo(answering: Pick<Answering, 'mount'>): void {
    this.open(answering);
  }
}
