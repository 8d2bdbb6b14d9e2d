/** Depositary receipts that the feed calls common stock, or does not classify: symbol → start of the issuer's name. */
const UNLABELLED_ADRS: ReadonlyMap<string, string> = new Map([
  ['AKO/A', 'embotelladora andina'],
  ['AKO/B', 'embotelladora andina'],
  ['AMRN', 'amarin'],
  ['ASR', 'grupo aeroportuario del sureste'],
  ['BBVA', 'banco bilbao vizcaya'],
  ['BCS', 'barclays'],
  ['BP', 'bp p.l.c'],
  ['BVN', 'buenaventura'],
  ['CCU', 'compania cervecerias'],
  ['CHT', 'chunghwa telecom'],
  ['DEO', 'diageo'],
  ['E', 'eni s.p.a'],
  ['EMBJ', 'embraer'],
  ['EQNR', 'equinor'],
  ['FMX', 'fomento economico mexicano'],
  ['GGB', 'gerdau'],
  ['HDB', 'hdfc bank'],
  ['HMC', 'honda motor'],
  ['HMY', 'harmony gold'],
  ['HSBC', 'hsbc holdings'],
  ['IBN', 'icici bank'],
  ['ING', 'ing group'],
  ['KB', 'kb financial'],
  ['KEP', 'korea electric power'],
  ['KT', 'kt corporation'],
  ['MUFG', 'mitsubishi ufj'],
  ['NTZ', 'natuzzi'],
  ['NVO', 'novo nordisk'],
  ['NVS', 'novartis'],
  ['PAC', 'grupo aeroportuario del pacifico'],
  ['PAM', 'pampa energia'],
  ['PSO', 'pearson'],
  ['PUK', 'prudential public'],
  ['RDY', "dr. reddy's"],
  ['RIO', 'rio tinto'],
  ['SID', 'companhia siderurgica nacional'],
  ['SKM', 'sk telecom'],
  ['SNN', 'smith & nephew'],
  ['SQM', 'sociedad quimica y minera'],
  ['TEO', 'telecom argentina'],
  ['TGS', 'transportadora de gas del sur'],
  ['TKC', 'turkcell'],
  ['TLK', 'pt telekomunikasi'],
  ['TM', 'toyota motor'],
  ['TSM', 'taiwan semiconductor'],
  ['TV', 'grupo televisa'],
  ['UMC', 'united microelectronics'],
  ['WIT', 'wipro'],
  ['YPF', 'ypf'],
]);

/** Countries whose companies are listed by receipts, unless they say what they list. */
const RECEIPT_COUNTRIES: ReadonlySet<string> = new Set([
  'belgium',
  'chile',
  'finland',
  'indonesia',
  'japan',
  'norway',
  'philippines',
  'south korea',
  'spain',
  'turkey',
]);
const NAMES_ITS_SHARES = /\b(inc|incorporated|ordinary|common shares?|class [a-z])\b/i;
/** The same of countries that also have companies founded in the United States. */
const MIXED_COUNTRIES: ReadonlySet<string> = new Set(['argentina', 'brazil', 'denmark', 'india', 'mexico', 'taiwan']);
const FOUNDED_ABROAD = /\bcorp(oration)?\b/i;

/** Whether a security whose name does not say so is a depositary receipt. */
export function isReceipt(symbol: string, name: string, country: string | null): boolean {
  return isUnlabelledAdr(symbol, name) || isFromReceiptCountry(name, country);
}

function isFromReceiptCountry(name: string, country: string | null): boolean {
  if (country === null || name === '' || NAMES_ITS_SHARES.test(name)) return false;
  const known = country.toLowerCase();
  return RECEIPT_COUNTRIES.has(known) || (MIXED_COUNTRIES.has(known) && !FOUNDED_ABROAD.test(name));
}

function isUnlabelledAdr(symbol: string, name: string): boolean {
  const issuer = UNLABELLED_ADRS.get(symbol);
  return issuer !== undefined && name.toLowerCase().startsWith(issuer);
}
