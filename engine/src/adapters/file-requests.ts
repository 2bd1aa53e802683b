import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../api/index.js';
import type { ModelRequest, Requests } from '../ports/requests.js';

/** Requests as files in a folder beside the checkpoint, so that they survive until a pipeline runs. */
export class FileRequests implements Requests {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  put(request: ModelRequest, now: number): void {
    makeFolder(this.directory);
    const name = `${String(now).padStart(15, '0')}-${process.pid}.json`;
    // Whole or not at all: the pipeline may look at any moment.
    writeFileSync(join(this.directory, `${name}.part`), JSON.stringify(request));
    renameSync(join(this.directory, `${name}.part`), join(this.directory, name));
  }

  pending(): { id: string; request: ModelRequest }[] {
    let names: string[];
    try {
      names = readdirSync(this.directory);
    } catch {
      return [];
    }
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((id) => {
        try {
          return [{ id, request: JSON.parse(readFileSync(join(this.directory, id), 'utf8')) as ModelRequest }];
        } catch {
          this.done(id);
          return [];
        }
      });
  }

  done(id: string): void {
    rmSync(join(this.directory, id), { force: true });
  }
}
