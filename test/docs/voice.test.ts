import { expect } from 'chai';
import { findWords } from '../../.ci/voice.js';

describe('the check of words', () => {
  it('finds each word with its file and line, in any case, and not within another one', () => {
    const text = ['// Nobody waits for it.', "const user = 'nobody';", '// It goes on, and a manewver is none.'].join(
      '\n',
    );

    expect(findWords('src/a.ts', text)).to.deep.equal(['src/a.ts:1: Nobody', 'src/a.ts:3: goes on']);
  });

  it('finds nothing in plain technical English', () => {
    expect(findWords('src/a.ts', '// The relay retries until Redis answers.')).to.deep.equal([]);
  });
});
