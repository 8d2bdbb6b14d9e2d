import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';

/** Runs `action`, which must throw a `PipelineError` of that code. */
export function expectCode(action: () => unknown, code: string): PipelineError {
  try {
    action();
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(PipelineError);
    expect((thrown as PipelineError).code).to.equal(code);
    return thrown as PipelineError;
  }
  throw new Error(`expected ${code}, nothing was thrown`);
}
