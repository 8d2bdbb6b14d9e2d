import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';
import { toDatabaseError } from '../../src/db/database-error.js';

/** An error as the driver or Node throws it. */
function thrown(message: string, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), fields);
}

const server = (message: string, code: string): Error => thrown(message, { severity: 'ERROR', code });

describe('an error of database work', () => {
  for (const defect of [
    new TypeError("Cannot read properties of undefined (reading 'symbol')"),
    new SyntaxError('Unterminated string in JSON at position 12'),
    thrown('ENOENT: no such file or directory', { code: 'ENOENT', syscall: 'open' }),
  ]) {
    it(`is a defect when neither driver nor server made it: ${defect.message}`, () => {
      const error = toDatabaseError(defect);

      expect(error).to.include({ code: 'EOD_INTERNAL', message: defect.message, cause: defect });
    });
  }

  for (const [message, sqlState] of [
    ['unterminated quoted string at or near "\'"', '42601'],
    ['canceling statement due to lock timeout', '55P03'],
    ['invalid input syntax for type json: "ECONNRESET, connection terminated"', '22P02'],
  ] as const) {
    it(`is a failed phase when the server answered: ${message}`, () => {
      const error = toDatabaseError(server(message, sqlState));

      expect(error).to.deep.include({ code: 'EOD_PHASE_FAILED', message, context: { sqlState } });
      expect(error.hint).to.include('tickstock db status');
    });
  }

  it('says how a certificate of a private authority is trusted', () => {
    const error = toDatabaseError(
      thrown('self-signed certificate in certificate chain', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    );

    expect(error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(error.hint).to.include('sslrootcert=FILE');
  });

  it('says so when another program was in the way', () => {
    const error = toDatabaseError(server('deadlock detected', '40P01'));

    expect(error).to.include({
      code: 'EOD_PHASE_FAILED',
      message: 'another program changed the same rows: deadlock detected',
      hint: 'run the same command again; nothing half-written was kept',
    });
  });

  for (const lost of [
    thrown('Connection terminated unexpectedly'),
    thrown('timeout exceeded when trying to connect'),
    thrown('The server does not support SSL connections'),
    thrown('write EPIPE', { code: 'EPIPE', syscall: 'write' }),
    thrown('connect ENOENT /run/.s.PGSQL.5432', { code: 'ENOENT', syscall: 'connect' }),
    server('terminating connection due to idle-in-transaction timeout', '25P03'),
  ]) {
    it(`is a database out of reach when the connection failed: ${lost.message}`, () => {
      expect(toDatabaseError(lost)).to.include({ code: 'EOD_DB_UNAVAILABLE', retryable: true });
    });
  }

  it('never hides what a phase found', () => {
    const finding = new PipelineError('EOD_SOURCE_INVALID', 'the file is cut short');

    expect(toDatabaseError(thrown('Connection terminated'), finding)).to.equal(finding);
  });
});
