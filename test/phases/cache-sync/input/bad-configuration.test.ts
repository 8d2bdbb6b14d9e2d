import { expect } from 'chai';
import type { DeepPartial } from '../../../../src/config/load.js';
import type { ConfigInput } from '../../../../src/config/schema/index.js';
import { selectUniverses } from '../../../../phases/cache-sync/universes/select-universes.js';
import { RULES } from '../../../../phases/cache-sync/universes/rules/index.js';
import { thrownBy } from '../../../config/config-folder.js';
import { configOf, marketOf } from '../../../support/market.js';
import { useBadInput, MARKET, withThemes } from './bad-input-fixture.js';

describe('bad input', () => {
  useBadInput();

  describe('in the configuration', () => {
    it('is refused where a theme lists a thousand symbols, or a group of recent IPOs has the key of them all', () => {
      const symbols = Array.from({ length: 1000 }, (_, index) => `S${index}`);

      const long = thrownBy(() => withThemes({ key: 'all', title: 'All', symbols }));
      const ipos = thrownBy(() =>
        configOf({ universes: { recentIpos: { groups: [{ sectors: ['energy'], keys: ['recent_ipos'] }] } } }),
      );

      expect(long).to.include({ code: 'EOD_CONFIG_INVALID' });
      expect(long.message).to.include('themes[0].symbols').and.include('500');
      expect(ipos).to.include({ code: 'EOD_CONFIG_INVALID' });
      expect(ipos.message).to.include('groups[0].keys[0] is made by the code; choose another key');
    });

    const collisions: [string, DeepPartial<ConfigInput['universes']>][] = [
      [
        'a band has the key of the banded list of another',
        {
          bands: [
            { key: 'large', title: 'Large', minUsd: 2e9 },
            { key: 'large_banded', title: 'Small', minUsd: 1e6 },
          ],
          banding: [{ universe: 'large', publish: 'both' }],
        },
      ],
      [
        'an ETF category has the title and key of a complete list',
        { etfCategories: [{ key: 'all_etfs', title: 'complete', types: ['growth'] }] },
      ],
    ];
    for (const [what, universes] of collisions) {
      it(`is refused where ${what}, naming both`, async () => {
        const config = configOf({ universes });

        const refused: unknown = await selectUniverses(RULES, await marketOf(MARKET), config).catch(
          (error: unknown) => error,
        );

        expect(refused).to.include({ code: 'EOD_CONFIG_INVALID' });
        expect(refused)
          .to.have.property('message')
          .that.matches(/^".+" and ".+" would both be .+\/(large_banded|all_etfs)$/);
      });
    }
  });
});
