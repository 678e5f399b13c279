/** What takes back the steps of something that is made in several: all of them or none. */

type Inverse = () => Promise<void> | void;

/** Inverses run backwards; one that fails does not keep the others from being tried. */
export class Undo {
  #inverses: Inverse[] = [];

  push(inverse: Inverse): void {
    this.#inverses.push(inverse);
  }

  async run(): Promise<void> {
    for (const inverse of this.#inverses.splice(0).reverse()) {
      try {
        await inverse();
      } catch {
        // The first failure is told; what is left then is for the next command on the name, which finds it partial.
      }
    }
  }
}

/** Does all of `work`, or takes back what it pushed. */
export async function undoing<T>(work: (undo: Undo) => Promise<T>): Promise<T> {
  const undo = new Undo();
  try {
    return await work(undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}
