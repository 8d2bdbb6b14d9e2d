import { expect } from 'chai';
import { CacheSyncPhase } from '../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, writeListings } from '../../support/market.js';
import { readMembers, readOpenHolds } from './publish/published-state.js';
import { CONFIG, MARKET, useSyncedMonday } from './modes-fixture.js';

describe('a mode of cache sync', () => {
  let test: TestDatabase;
  const { run, ...synced } = useSyncedMonday();

  beforeEach(() => {
    test = synced.test();
  });

  describe('with universes held', () => {
    const WITHOUT_CAPS = MARKET.map((listing) => ({ ...listing, cap: null, active: listing.symbol === 'AAPL' }));

    beforeEach(async () => {
      await writeListings(test.database, TUESDAY, WITHOUT_CAPS);
      await run('full', CONFIG, { session: TUESDAY });
    });

    it('settles the holds of its own universes and leaves the others open', async () => {
      const before = await readOpenHolds(test.database);

      const report = await run('themes', CONFIG, { session: TUESDAY, force: true });

      expect(before).to.include.members(['2026-06-23 chips', '2026-06-23 mega_cap']);
      expect(await readOpenHolds(test.database)).to.deep.equal(before.filter((hold) => !hold.endsWith(' chips')));
      expect(await readMembers(test.database, 'chips')).to.deep.equal([]);
      expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
      expect(report.held).to.equal(false);
    });

    it('says only of its own universes that they are held, when it repeats what is known', async () => {
      const themes = await run('themes', CONFIG, { session: TUESDAY });
      const ipos = await run('ipos', CONFIG, { session: TUESDAY });

      expect(themes).to.include({ changed: false, held: true });
      expect(themes.counters['held']).to.equal(1);
      expect(themes.warnings.filter((warning) => warning.includes(' held: '))).to.deep.equal([
        'stock_universe/themes/chips held: nothing was selected for it, so it keeps its 2 members',
      ]);
      expect(themes.details['tasks']).to.deep.equal({
        theme_rebalancing: { status: 'completed_with_holds', changes: 0 },
      });
      expect(ipos).to.include({ changed: false, held: false });
    });

    it('is not undone by the next full sync of the same input, which says what is still held', async () => {
      await run('themes', CONFIG, { session: TUESDAY, force: true });

      const report = await run('full', CONFIG, { session: TUESDAY });

      expect(report).to.include({ changed: false, held: true });
      expect(report.details['held']).to.include('stock_universe/market_cap/mega_cap');
      expect(report.details['held']).not.to.include('stock_universe/themes/chips');
    });
  });

  describe('before a full sync of the session', () => {
    const refuse = async (work: Promise<unknown>): Promise<PipelineError> => {
      const error: unknown = await work.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(PipelineError);
      return error as PipelineError;
    };

    for (const mode of ['market_cap', 'themes', 'ipos'] as const) {
      it(`${mode} is refused with the command to run first`, async () => {
        const phase = new CacheSyncPhase(test.database, CONFIG, new TradingCalendar());

        const refusal = await refuse(phase.assertRunnable(TUESDAY, mode));
        const later = await refuse(run(mode, CONFIG, { session: TUESDAY }));
        await phase.assertRunnable(MONDAY, mode);
        await phase.assertRunnable(TUESDAY, 'full');

        expect(refusal.code).to.equal('EOD_PHASE_NEEDS');
        expect(refusal.message).to.equal(
          `cache sync in mode ${mode} needs a full one first, which has not completed for 2026-06-23: ` +
            'the newest one is of 2026-06-22',
        );
        expect(refusal.hint).to.equal('run `tickstock run --session 2026-06-23 --phase cache-sync`');
        expect(later.code).to.equal('EOD_PHASE_NEEDS');
      });
    }

    it('themes is refused in an empty database too', async () => {
      const other = await createTestDatabase();
      const phase = new CacheSyncPhase(other.database, CONFIG, new TradingCalendar());

      const refusal = await refuse(phase.assertRunnable(MONDAY, 'themes'));

      expect(refusal.message).to.include('there is none at all');
      await other.drop();
    });
  });

  it('market_cap never reaches an earlier session either', async () => {
    await run('full', CONFIG, { session: TUESDAY });
    const phase = new CacheSyncPhase(test.database, CONFIG, new TradingCalendar());

    const refusal: unknown = await phase.assertRunnable(MONDAY, 'market_cap').catch((error: unknown) => error);

    expect((refusal as PipelineError).code).to.equal('EOD_SESSION_NOT_NEWEST');
  });
});
