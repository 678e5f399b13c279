/**
 * What a daemon remembers of configurations: a file is read again each time, but understood again only when one of
 * the answers that this rests on (texts of files, names in directories, variables) is another one.
 */

import type { ConfigIo } from '../config/index.ts';

type Question = 'readFile' | 'list' | 'env';

interface Answered {
  readonly question: Question;
  readonly of: string;
  readonly answer: string | undefined;
}

interface Kept<T> {
  readonly answers: readonly Answered[];
  readonly value: T;
}

export class Memory<T> {
  readonly #most: number;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** `key` tells apart what is read besides the answers: the file, the caller's directory, the definitions. */
  recall(key: string, io: ConfigIo, read: (io: ConfigIo) => T): T {
    const kept = this.#kept.get(key);
    if (kept?.answers.every((answered) => isStillSo(io, answered))) return kept.value;
    const listener = new Listener(io);
    const value = read(listener);
    this.#kept.delete(key);
    // What was drawn by lot is to be drawn again.
    if (listener.drew) return value;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= this.#most) this.#kept.delete(oldest);
    this.#kept.set(key, { answers: listener.answers, value });
    return value;
  }
}

/** What cannot be read any more is for a reader to complain of, who knows the line that asks for it. */
function isStillSo(io: ConfigIo, { question, of, answer }: Answered): boolean {
  try {
    return ask(io, question, of) === answer;
  } catch {
    return false;
  }
}

function ask(io: ConfigIo, question: Question, of: string): string | undefined {
  return question === 'list' ? io.list(of)?.join('/') : io[question](of);
}

class Listener implements ConfigIo {
  readonly answers: Answered[] = [];
  drew = false;
  readonly #io: ConfigIo;

  constructor(io: ConfigIo) {
    this.#io = io;
  }

  get cwd() {
    return this.#io.cwd;
  }

  readFile(of: string): string | undefined {
    const answer = this.#io.readFile(of);
    this.answers.push({ question: 'readFile', of, answer });
    return answer;
  }

  list(of: string): readonly string[] | undefined {
    const names = this.#io.list(of);
    this.answers.push({ question: 'list', of, answer: names?.join('/') });
    return names;
  }

  env(of: string): string | undefined {
    const answer = this.#io.env(of);
    this.answers.push({ question: 'env', of, answer });
    return answer;
  }

  nibble(): number {
    this.drew = true;
    return this.#io.nibble();
  }
}
