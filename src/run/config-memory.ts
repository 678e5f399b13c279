/**
 * What a daemon remembers of the configurations that it read: a file is read again each time, but understood again
 * only when one of the answers that it was made of (texts of files, names in directories, variables) is another one.
 */

import type { Config, ConfigIo } from '../config/index.ts';

type Question = 'readFile' | 'list' | 'env';

interface Answered {
  readonly question: Question;
  readonly of: string;
  readonly answer: string | undefined;
}

interface Memory {
  readonly answers: readonly Answered[];
  readonly config: Config;
}

const most = 256;
const memories = new Map<string, Memory>();

/** `key` tells apart what is read besides the answers: the file, the caller's directory, the definitions. */
export function remembered(key: string, io: ConfigIo, read: (io: ConfigIo) => Config): Config {
  const memory = memories.get(key);
  if (memory?.answers.every(({ question, of, answer }) => ask(io, question, of) === answer))
    return memory.config;
  const listener = new Listener(io);
  const config = read(listener);
  if (memories.size >= most) memories.clear();
  // What was drawn by lot is to be drawn again.
  if (listener.drew) memories.delete(key);
  else memories.set(key, { answers: listener.answers, config });
  return config;
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
