import { readFile } from 'node:fs';
import { expect } from 'chai';
import { nextTurn, TimeSlice } from '../../src/core/time-slice.js';

describe('a turn of the event loop', () => {
  it('is over once the work has held the loop for some milliseconds', () => {
    const slice = new TimeSlice();

    hold(20);

    expect(slice.isOver).to.equal(true);
  });

  it('lets what is due go first when the next one is asked for', async () => {
    const done: string[] = [];
    setTimeout(() => done.push('timer'), 1);

    hold(5);
    await new TimeSlice().next();
    done.push('work');

    expect(done).to.deep.equal(['timer', 'work']);
  });

  it('lets what is due go first also in work that input has called, which would go on in the same turn', async () => {
    const done: string[] = [];
    await new Promise((resolve) => readFile(import.meta.filename, resolve));
    setTimeout(() => done.push('timer'), 1);

    hold(5);
    await nextTurn();
    done.push('work');

    expect(done).to.deep.equal(['timer', 'work']);
  });
});

function hold(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
