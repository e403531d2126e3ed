interface Wake {
  readonly wakeAt: number;
  readonly actor: string;
}

/** When each actor wants to be woken, as far as this process knows. */
export class Wakes {
  readonly #wakes = new Map<string, number>();
  /** How often each was touched: what was read before the last touch is outdated. */
  readonly #touches = new Map<string, number>();

  /** Something happened to these actors: they are due, so that their ticks tell when the right time is. */
  touch(actors: readonly string[]): void {
    for (const actor of actors) {
      this.#wakes.set(actor, 0);
      this.#touches.set(actor, (this.#touches.get(actor) ?? 0) + 1);
    }
  }

  /** Runs `tick`, and remembers the time it answers where nothing happened to the actor meanwhile. */
  async after(actor: string, tick: () => Promise<number | null>): Promise<number | null> {
    const touches = this.#touches.get(actor);
    const wakeAt = await tick();
    if (this.#touches.get(actor) !== touches) return wakeAt;
    if (wakeAt !== null) this.#wakes.set(actor, wakeAt);
    else {
      this.#wakes.delete(actor);
      this.#touches.delete(actor);
    }
    return wakeAt;
  }

  /** Actors whose time had come at `now`, in the order of that time, from behind `after` on. */
  due(now: number, after: Wake, limit: number): Wake[] {
    return [...this.#wakes]
      .map(([actor, wakeAt]) => ({ actor, wakeAt }))
      .filter((each) => each.wakeAt <= now && inOrder(after, each) < 0)
      .sort(inOrder)
      .slice(0, limit);
  }

  /** The earliest time behind `now` that an actor waits for; null where none does. */
  next(now: number): number | null {
    let next: number | null = null;
    for (const wakeAt of this.#wakes.values()) if (wakeAt > now && (next === null || wakeAt < next)) next = wakeAt;
    return next;
  }
}

function inOrder(a: Wake, b: Wake): number {
  if (a.wakeAt !== b.wakeAt) return a.wakeAt - b.wakeAt;
  if (a.actor === b.actor) return 0;
  return a.actor < b.actor ? -1 : 1;
}
