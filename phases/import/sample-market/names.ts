import type { RandomStream } from './random.js';

// Plants, weather and animals combined with endings of English villages: they sound like companies and are not names of real ones.
const BEGINNINGS = words(`
  Alder Amber Arbor Aspen Barley Bracken Bram Briar Clover Coral Dapple Dawn Dove Drift Elder Ember Fallow Fennel Fern
  Finch Flax Frost Gale Gannet Gorse Gull Hazel Heather Heron Holly Ibis Ivy Jasper Juniper Kelp Kestrel Kite Larch
  Lark Laurel Linden Lupin Mallow Maple Marten Merlin Mist Moor Moth Nettle Nimbus Oat Olive Osprey Otter Pearl Pebble
  Petrel Pike Plover Poplar Quail Quince Rain Reed Robin Rowan Rush Rye Sable Saffron Sedge Sorrel Sparrow Spruce
  Starling Swallow Sycamore Tansy Tarn Teasel Teal Tern Thistle Thorn Thyme Umber Vetch Vole Wagtail Walnut Whin Willow
  Wren Yarrow Yew Zephyr
`);
const ENDINGS = words(`
  beck borne bury by combe cote croft dale dell don fell firth fleet garth ham haugh hithe holm holt hope hurst
  keld kirk leigh ling low mere minster ness nock rigg shaw sike slade stead stow thorpe thwaite tor wath wick wold
`);
const COMPANY_FORMS = words('Inc Inc Inc Corp Corp Holdings Group Co Ltd plc');

/** An invented company name, `Thornwick Semiconductor Corp`. Not unique: the caller draws again. */
export function drawCompanyName(random: RandomStream, industryWords: readonly string[]): string {
  const place = random.pick(BEGINNINGS) + random.pick(ENDINGS);
  return `${place} ${random.pick(industryWords)} ${random.pick(COMPANY_FORMS)}`;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Of ten tickers one has two letters, four have three, five have four: about as on the exchanges. */
const TICKER_LENGTHS = [2, 3, 3, 3, 3, 4, 4, 4, 4, 4];
const TRIES_FROM_NAME = 6;

/** A ticker that is not in `taken`, from letters of the name while possible, then from any; adds it to `taken`. */
export function drawTicker(random: RandomStream, name: string, taken: Set<string>): string {
  const letters = name.toUpperCase().replaceAll(/[^A-Z]/g, '');
  for (let tries = 0; ; tries++) {
    const length = random.pick(TICKER_LENGTHS);
    const ticker = tries < TRIES_FROM_NAME ? abbreviate(random, letters, length) : anyLetters(random, length);
    if (taken.has(ticker)) continue;
    taken.add(ticker);
    return ticker;
  }
}

/** The first letter, then others in the order of the name. */
function abbreviate(random: RandomStream, letters: string, length: number): string {
  let ticker = letters.slice(0, 1);
  let from = 1;
  while (ticker.length < length) {
    const room = letters.length - from - (length - ticker.length) + 1;
    from += random.below(Math.min(room, 4));
    ticker += letters.charAt(from++);
  }
  return ticker;
}

function anyLetters(random: RandomStream, length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(random.below(LETTERS.length))).join('');
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
