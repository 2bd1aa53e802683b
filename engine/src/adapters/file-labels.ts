// What people say of episodes, as lines of a file in the data folder.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LabelEvent, MemoryLabels } from '../ports/labels.js';

/**
 * Keeps labels in a file that is only ever appended to, a JSON object a line: several processes may say something, and each hears what the
 * others have said. A line that was cut by a crash is passed over.
 */
export class FileLabels extends MemoryLabels {
  private readonly path: string;
  private seen = '';
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string, now: () => number) {
    super(now);
    this.path = path;
  }

  protected override keep(event: LabelEvent): Promise<void> {
    const done = this.writing.then(() => this.append(event));
    this.writing = done.catch(() => {});
    return done;
  }

  protected override async refresh(): Promise<void> {
    await this.writing;
    if (!existsSync(this.path)) return;
    const { size, mtimeMs, ino } = await stat(this.path);
    const stamp = `${size} ${mtimeMs} ${ino}`;
    if (stamp === this.seen) return;
    await this.read();
    this.seen = stamp;
  }

  private async append(event: LabelEvent): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a+');
    try {
      const { size } = await file.stat();
      const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
      // Behind a line that a crash has cut a new one begins.
      await file.appendFile(`${last === '\n' ? '' : '\n'}${JSON.stringify(event)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.read();
  }

  private async read(): Promise<void> {
    const text = await readFile(this.path, 'utf8');
    this.forget();
    for (const line of text.split('\n')) {
      const event = eventOf(line);
      if (event) this.take(event);
    }
  }
}

function eventOf(line: string): LabelEvent | undefined {
  try {
    const event = JSON.parse(line) as Partial<LabelEvent> | null;
    const known = event && ('undo' in event || ('label' in event && (event.label === 'anomaly' || event.label === 'normal')));
    return known && typeof event.episode === 'string' ? (event as LabelEvent) : undefined;
  } catch {
    return undefined;
  }
}
